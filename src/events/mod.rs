//! What happens in a run, as log events: the one place for their names, their levels and their fields.
//!
//! Scripts rely on the names and fields: `docs/logs.md` describes each of them, and a test compares the two. An event says
//! "row 17", never whose row it is. Must not decide anything, and must not write: `log` does.

mod parts; // what events are made of
mod timeline; // throttles and waits by time
mod traffic; // throttles, waits and retries of the run, added up

#[cfg(test)]
mod tests;

use crate::{exit::Exit, failure::Failure, outcome::RowResult};
pub(crate) use parts::{Sent, WaitReason};
#[cfg(test)]
pub(crate) use timeline::{Slice, Timeline};
#[cfg(test)]
pub(crate) use traffic::{StopSeen, Throttles, Waits};
pub(crate) use traffic::{Traffic, going_on, traffic};

use parts::{names, rounded};

use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};
use tracing::{debug, error, info, warn};

/// What is shown on the screen anyway, as an event for those who read the screen as JSON.
pub(crate) const MESSAGES: &str = "guestlist::messages";
/// Why a command failed, which the screen shows anyway.
pub(crate) const FAILURES: &str = "guestlist::failures";
/// All other events.
pub(crate) const EVENTS: &str = "guestlist::events";

names! {
    /// The names of the events. A name never changes.
    pub(crate) EventName {
        RunStart = "run-start",
        SignIn = "sign-in",
        Tenant = "tenant",
        Lookup = "lookup",
        Attempt = "attempt",
        Request = "request",
        Throttled = "throttled",
        Wait = "wait",
        Retry = "retry",
        Unanswered = "unanswered",
        Settled = "settled",
        Row = "row",
        Verified = "verified",
        FollowUp = "follow-up",
        Mail = "mail",
        Stop = "stop",
        Error = "error",
        Progress = "progress",
        Message = "message",
        Diagnostic = "diagnostic",
        RunEnd = "run-end",
    }
}

/// The run that events belong to.
struct Run {
    id: String,
    began: Instant,
    ended: bool,
}

/// A process makes one run.
static RUN: RwLock<Option<Run>> = RwLock::new(None);

/// The id of the run, once there is one.
pub(crate) fn run_id() -> Option<String> {
    let run = RUN.read().unwrap_or_else(PoisonError::into_inner);
    run.as_ref().map(|run| run.id.clone())
}

/// A run that begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun<'a> {
    pub run: &'a str,
    pub verb: &'a str,
    pub sheet: Option<&'a str>,
    pub dry_run: bool,
    pub practice: bool,
    pub command: &'a str,
}

pub(crate) fn run_start(begun: &Begun<'_>) {
    traffic::reset();
    *RUN.write().unwrap_or_else(PoisonError::into_inner) = Some(Run {
        id: begun.run.to_owned(),
        began: Instant::now(),
        ended: false,
    });
    info!(
        target: EVENTS,
        event = EventName::RunStart.word(),
        verb = begun.verb,
        sheet = begun.sheet,
        dry_run = begun.dry_run,
        practice = begun.practice,
        command = begun.command,
        version = env!("CARGO_PKG_VERSION"),
        pid = std::process::id(),
    );
}

/// How a run ended. The numbers are those of requests to Graph.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ended<'a> {
    pub stopped_by: Option<&'a str>,
    pub requests: Option<u64>,
    pub throttled: Option<u64>,
    pub retried: Option<u64>,
}

/// Told once a run: what comes later belongs to the same end.
pub(crate) fn run_end(exit: Exit, ended: Ended<'_>) {
    let seconds = {
        let mut run = RUN.write().unwrap_or_else(PoisonError::into_inner);
        let Some(run) = run.as_mut().filter(|run| !run.ended) else {
            return;
        };
        run.ended = true;
        run.began.elapsed()
    };
    let reason = ended.stopped_by.unwrap_or(match exit {
        Exit::Done => "done",
        Exit::SomeRowsNotDone => "rows-not-done",
        other => other.word(),
    });
    info!(
        target: EVENTS,
        event = EventName::RunEnd.word(),
        exit_code = exit.code(),
        reason,
        seconds = rounded(seconds),
        requests = ended.requests,
        throttled = ended.throttled,
        retried = ended.retried,
    );
}

/// Who signed in. `kind`: `app`, `user` or `unknown`.
pub(crate) fn signed_in(method: &str, kind: &str, app_id: Option<&str>, object_id: Option<&str>) {
    info!(
        target: EVENTS,
        event = EventName::SignIn.word(),
        ok = true,
        method,
        kind,
        app_id,
        object_id,
    );
}

pub(crate) fn sign_in_failed(method: &str, code: Option<&str>) {
    error!(target: EVENTS, event = EventName::SignIn.word(), ok = false, method, code);
}

pub(crate) fn tenant(id: &str, name: Option<&str>, domain: Option<&str>) {
    info!(target: EVENTS, event = EventName::Tenant.word(), tenant_id = id, name, domain);
}

/// So many more people are being looked up or, with a negative number, so many fewer. `lookup` tells of the end.
pub(crate) fn looking_up(change: i64) {
    traffic::looking_up(change);
}

/// People were looked up together. `strategy`: `batch`, `snapshot` or `by-id`.
pub(crate) fn lookup(strategy: &str, people: usize, found: Option<usize>, took: Duration) {
    info!(
        target: EVENTS,
        event = EventName::Lookup.word(),
        strategy,
        people,
        found,
        seconds = rounded(took),
    );
}

/// An invitation is about to leave; its intent is durable.
pub(crate) fn attempt(row: u64, kind: &str, mails: bool, client_request_id: &str) {
    debug!(target: EVENTS, event = EventName::Attempt.word(), row, kind, mails, client_request_id);
}

/// A request was sent once. `path` holds no query, and no address.
pub(crate) fn request(sent: &Sent<'_>, method: &str, path: &str, took: Duration) {
    debug!(
        target: EVENTS,
        event = EventName::Request.word(),
        request = sent.request,
        method,
        path,
        row = sent.row,
        status = sent.status,
        request_id = sent.request_id,
        client_request_id = sent.client_request_id,
        seconds = rounded(took),
    );
}

/// The server asked to slow down.
pub(crate) fn throttled(sent: &Sent<'_>, retry_after: Option<Duration>) {
    traffic::throttled(sent.request, sent.row, retry_after);
    warn!(
        target: EVENTS,
        event = EventName::Throttled.word(),
        request = sent.request,
        row = sent.row,
        status = sent.status,
        retry_after_seconds = retry_after.map(rounded),
        code = sent.code,
        request_id = sent.request_id,
        client_request_id = sent.client_request_id,
    );
}

/// Nothing is sent for this long. `longer` is what this adds to a wait that had begun, so that its sum is the whole time.
pub(crate) fn wait(why: WaitReason, wait: Duration, longer: Duration) {
    traffic::waits(why, wait, longer);
    info!(
        target: EVENTS,
        event = EventName::Wait.word(),
        why = why.word(),
        seconds = rounded(wait),
        added_seconds = rounded(longer),
    );
}

/// One more row waits until it is known what its attempts did or, with -1, no longer. `settled` tells of each row.
pub(crate) fn settling(change: i64) {
    traffic::settling(change);
}

/// A request is sent again.
pub(crate) fn retry(sent: &Sent<'_>) {
    traffic::retried(sent.request);
    info!(
        target: EVENTS,
        event = EventName::Retry.word(),
        request = sent.request,
        row = sent.row,
        status = sent.status,
        code = sent.code,
        request_id = sent.request_id,
    );
}

/// The answer to an invitation does not tell what became of it, so that it is found out.
pub(crate) fn unanswered(sent: &Sent<'_>) {
    warn!(
        target: EVENTS,
        event = EventName::Unanswered.word(),
        row = sent.row,
        status = sent.status,
        code = sent.code,
        request_id = sent.request_id,
        client_request_id = sent.client_request_id,
    );
}

/// It was found out, or left to the next run, what became of an invitation without a usable answer.
pub(crate) fn settled(row: u64, known: bool, attempts: usize, took: Duration) {
    info!(
        target: EVENTS,
        event = EventName::Settled.word(),
        row,
        known,
        attempts,
        seconds = rounded(took),
    );
}

/// What became of a row; told when it is durable.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RowEnd<'a> {
    pub row: Option<u64>,
    pub outcome: &'a str,
    pub this_run: Option<&'a str>,
    pub mail: Option<&'a str>,
    pub code: Option<&'a str>,
    pub user_id: Option<&'a str>,
    pub request_id: Option<&'a str>,
}

impl<'a> From<&'a RowResult> for RowEnd<'a> {
    fn from(result: &'a RowResult) -> Self {
        Self {
            row: Some(result.row),
            outcome: result.outcome.word(),
            this_run: result.this_run.map(crate::outcome::ThisRun::word),
            mail: result.mail.map(crate::outcome::Mail::word),
            code: result.error_code.as_deref(),
            user_id: result.user_id.as_deref(),
            request_id: result.request_id.as_deref(),
        }
    }
}

pub(crate) fn row(end: &RowEnd<'_>) {
    info!(
        target: EVENTS,
        event = EventName::Row.word(),
        row = end.row,
        outcome = end.outcome,
        this_run = end.this_run,
        mail = end.mail,
        code = end.code,
        user_id = end.user_id,
        request_id = end.request_id,
    );
}

/// New guests were looked for by id.
pub(crate) fn verified(found: usize, not_yet: usize) {
    info!(target: EVENTS, event = EventName::Verified.word(), found, not_yet);
}

/// What became of one follow-up of a guest.
pub(crate) fn follow_up(row: u64, kind: &str, state: &str, fault: &Sent<'_>) {
    info!(
        target: EVENTS,
        event = EventName::FollowUp.word(),
        row,
        kind,
        state,
        status = fault.status,
        code = fault.code,
        request_id = fault.request_id,
    );
}

/// What became of a mail of our own.
pub(crate) fn mail(row: Option<u64>, kind: &str, state: &str, answer: &Sent<'_>) {
    info!(
        target: EVENTS,
        event = EventName::Mail.word(),
        row,
        kind,
        state,
        status = answer.status,
        code = answer.code,
        request_id = answer.request_id,
    );
}

/// The run is to stop. The gravest of several reasons is that of the end.
pub(crate) fn stop(reason: &str, exit: Exit, fault: &Sent<'_>) {
    traffic::stopped(reason, fault);
    warn!(
        target: EVENTS,
        event = EventName::Stop.word(),
        reason,
        exit_code = exit.code(),
        status = fault.status,
        code = fault.code,
        request_id = fault.request_id,
        client_request_id = fault.client_request_id,
    );
}

/// Why a command could not do its job.
pub(crate) fn failed(failure: &Failure) {
    error!(
        target: FAILURES,
        event = EventName::Error.word(),
        message = failure.what.as_str(),
        hints = failure.hints.join("\n").as_str(),
        exit_code = failure.exit.code(),
    );
}

/// How far the run is.
pub(crate) fn progress(phase: &str, done: u64, total: Option<u64>, per_second: Option<f64>) {
    info!(
        target: MESSAGES,
        event = EventName::Progress.word(),
        phase,
        done,
        total,
        per_second = per_second.map(|speed| (speed * 10.0).round() / 10.0),
    );
}

/// What the screen says.
pub(crate) fn message(text: &str) {
    info!(target: MESSAGES, event = EventName::Message.word(), message = text);
}
