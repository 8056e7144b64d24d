//! Why a run stopped, in words: what happened, what to do about it, who can, and the command to run afterwards.

use crate::{
    engine::{Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    graph::{Author, Fault},
    ui::{
        self,
        text::{number, plural},
    },
};
use jiff::{SignedDuration, Timestamp};

/// What the message is made of.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Stopped<'a> {
    pub reason: &'a StopReason,
    pub tenant: &'a str,
    /// POSTs to /invitations in the last 24 hours.
    pub asked_today: usize,
    /// Rows that the run did not reach.
    pub left: u64,
    pub now: Timestamp,
}

/// Why a run stopped, what to do about it, and who can.
pub(in crate::commands) fn stopped(about: &Stopped<'_>) -> Failure {
    let Stopped {
        reason,
        tenant,
        asked_today,
        left,
        now,
    } = *about;
    let failure = |what: String| Failure::new(reason.exit(), what);
    let again = "the same command continues where this run stopped";
    let quoted = |fault: &Fault| {
        let whose = match fault.author {
            Some(Author::Graph) => "in Microsoft's own words",
            Some(Author::Unclear | Author::Between) => "in the words of the answer",
            None => "the reason given",
        };
        format!("{whose}: {}", ui::text::printable_line(&fault.message))
    };
    match reason {
        StopReason::OwnMail { what, hints, .. } => {
            let mut failure = failure(what.clone());
            failure.hints.clone_from(hints);
            failure.hint("the same command sends the mails that are due")
        }
        StopReason::Interrupted => failure("interrupted".into()).hint(again),
        StopReason::Refused { exit, fault } => {
            let entry = fault.entry();
            let mut failure = failure(format!("{fault}: {}", entry.meaning));
            if !fault.message.is_empty() {
                failure = failure.hint(quoted(fault));
            }
            let advice = fault.advice();
            let mut failure = failure.hint(advice.fix);
            if !advice.who.is_empty() {
                failure = failure.hint(format!("who can: {}", advice.who));
            }
            if *exit == Exit::TenantRefused {
                failure = failure.hint(format!(
                    "for a support ticket: tenant {}, {}, {asked_today} invitations asked for in the last 24 hours",
                    tenant,
                    fault.reference()
                ));
            } else if fault.request_id.is_some() {
                failure = failure.hint(format!("for support: {}", fault.reference()));
            }
            if fault.is_from_between() && fault.class.stops_whoever_says_it() {
                failure = failure.hint(
                    "something between here and Graph answered with these words: look at it first, they may be older than today",
                );
            }
            failure.hint(format!("after that, {again}"))
        }
        StopReason::AnsweredBetween { in_a_row, fault } => {
            let entry = fault.entry();
            let status = fault
                .status
                .map_or(String::new(), |status| format!(", the last with HTTP {status}"));
            let mut failure = failure(format!(
                "something between here and Graph answered {in_a_row} invitations in a row{status} [{}]",
                fault.code
            ));
            if let Some(answered_by) = &fault.answered_by {
                failure = failure.hint(format!(
                    "the server that answered calls itself {}",
                    ui::text::printable_line(answered_by)
                ));
            }
            if !fault.message.is_empty() {
                failure = failure.hint(quoted(fault));
            }
            failure
                .hint(entry.fix)
                .hint(format!("who can: {}", entry.who))
                .hint(format!(
                    "these people may have been invited all the same, so nobody else was asked; after that, {again}, and looks for them first"
                ))
        }
        StopReason::Unreachable { why } => failure(format!("Graph cannot be asked now: {why}")).hint(again),
        StopReason::TooManyFailures { bad, of } => failure(format!("{bad} of {of} people asked for in this run ended badly")).hint(
            "look at error and hint in the results first: failed attempts in a row make Microsoft suspicious; [invite] max_failures, which is --max-failures of `guestlist invite`, sets the limit",
        ),
        StopReason::MaxInvites { cap } => failure(format!("--max-invites {cap} is reached")).hint(again),
        StopReason::DailyCap { cap, room_at } => failure(format!(
            "--daily-cap {cap} is reached; the next place opens at {}",
            room_at.strftime("%F %T UTC")
        ))
        .hint(format!("{again}{}", through(left, *cap, now))),
        StopReason::TimeUsed => failure("--max-duration is used up".into()).hint(again),
        StopReason::CanaryNotFound { missing } => failure(format!(
            "Graph confirmed the first invitations, and {missing} of these guests cannot be found in the directory"
        ))
        .hint("nobody else was asked; run the same command in an hour: it looks again before it goes on"),
        StopReason::LedgerFailed { why, advice, .. } => failure(why.clone())
            .hint(format!("{advice}; nothing was sent that the ledger does not know"))
            .hint(again),
        StopReason::LedgerGone => failure("the ledger was deleted, moved or replaced while this run used it".into())
            .hint("put it back where it was, if it was moved: it knows everybody who was asked")
            .hint("otherwise put its newest backup there, or nothing, and take the newest results into it with `guestlist ledger import`, before anybody else is invited or mailed: they know who was asked"),
        StopReason::TakenOver { by } => failure(format!("another run has taken over the ledger: {by}"))
            .hint("this run has stopped; that one goes on with what this one knew, and asks nobody a second time")
            .hint("who started it? Perhaps the lock file beside the ledger was deleted: leave it where it is"),
        StopReason::Sheet(problem) => failure(format!("{} [{}]", problem.message, problem.code)).hint(problem.fix.clone()),
    }
}

/// Preparing can be stopped at any time, because nothing has been sent.
pub(in crate::commands) async fn unless_stopped<T>(
    stop: &Stop,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        biased;
        () = stop.raised() => Err(before_anything_was_sent(stop)),
        done = work => done,
    }
}

/// The run was stopped while it was being prepared.
pub(super) fn before_anything_was_sent(stop: &Stop) -> Failure {
    match stop.reason() {
        None | Some(StopReason::Interrupted) => {
            Failure::new(Exit::Interrupted, "interrupted; nothing was sent")
        }
        Some(StopReason::TimeUsed) => Failure::new(
            Exit::TimeUsed,
            "--max-duration is used up; nothing was sent",
        ),
        Some(reason) => Failure::new(
            reason.exit(),
            format!("the run was stopped ({}); nothing was sent", reason.word()),
        ),
    }
}

/// What a person must do before running the same command again, in a few words. `stopped` says it in full.
pub(super) fn first(reason: &StopReason) -> Option<&'static str> {
    match reason {
        StopReason::LedgerGone => {
            Some("first put the ledger back, or import the results into a new one; then run")
        }
        StopReason::TakenOver { .. } => Some("when the other run has ended, run"),
        StopReason::AnsweredBetween { .. } => {
            Some("when Graph's own answers come through again, run")
        }
        StopReason::Refused { exit, .. } if *exit != Exit::TryAgain => {
            Some("when what stopped this run is put right, run")
        }
        StopReason::LedgerFailed { .. } => Some("when the ledger can be written again, run"),
        StopReason::Refused { .. }
        | StopReason::Interrupted
        | StopReason::Unreachable { .. }
        | StopReason::TooManyFailures { .. }
        | StopReason::MaxInvites { .. }
        | StopReason::DailyCap { .. }
        | StopReason::TimeUsed
        | StopReason::CanaryNotFound { .. }
        | StopReason::OwnMail { .. }
        | StopReason::Sheet(_) => None,
    }
}

/// When a nightly run with this cap will have finished the sheet.
fn through(left: u64, cap: u64, now: Timestamp) -> String {
    if left == 0 || cap == 0 {
        return String::new();
    }
    let nights = left.div_ceil(cap);
    let day = i64::try_from(nights)
        .ok()
        .and_then(|nights| {
            now.checked_add(SignedDuration::from_hours(24 * nights))
                .ok()
        })
        .map(|day| format!(", about {}", day.strftime("%F")))
        .unwrap_or_default();
    format!(
        "; {} of the sheet are left: with one run a day they take {}{day}",
        number(left),
        plural(nights, "day")
    )
}

#[cfg(test)]
mod tests;
