//! What happened and what is next, in sentences for somebody who has never seen a terminal.
//!
//! Must not hold an address or a link.

use super::{problems::rows, tally::Tally};
use crate::{
    events::Traffic,
    outcome::{Attention, Mail, Outcome},
    own_files::Rehearsal,
    ui::{
        RunReport,
        text::{duration, number, plural, plural_of},
    },
};
use jiff::Timestamp;
use std::time::Duration;

/// What the ledger remembers of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunFacts {
    pub id: String,
    pub sheet: Option<String>,
    pub started_at: Timestamp,
    /// None where the run was killed, or is still under way.
    pub ended_at: Option<Timestamp>,
    pub exit_code: Option<u8>,
    /// Why it ended before the sheet did, in one word.
    pub stopped_by: Option<String>,
    pub requests: Option<u64>,
    pub traffic: Traffic,
    pub mails_requested: u64,
    pub mails_handed_over: u64,
    /// Rows of the sheet, where the run came to its end.
    pub sheet_rows: Option<u64>,
    pub to_fix: Option<String>,
    pub rehearsal: Rehearsal,
}

impl RunFacts {
    /// What a run told about itself at its end.
    pub(crate) fn add(&mut self, report: &RunReport) {
        self.exit_code = Some(report.exit_code);
        self.stopped_by.clone_from(&report.stopped_by);
        self.requests = Some(report.requests.total);
        self.mails_requested = report.this_run.mails_requested;
        self.mails_handed_over = report.this_run.mails_handed_over;
        self.sheet_rows = Some(report.rows);
        self.to_fix.clone_from(&report.to_fix);
    }

    pub(super) fn notices(&self) -> Vec<String> {
        let mut notices = Vec::new();
        if self.rehearsal.dry_run {
            notices.push(
                "This was a dry run: nothing was changed, nobody was invited, no mail was sent."
                    .to_owned(),
            );
        }
        if self.rehearsal.practice {
            notices.push(
                "This was practice: the tenant is the built-in one, and nobody got a mail."
                    .to_owned(),
            );
        }
        if self.ended_at.is_none() && !self.rehearsal.dry_run {
            notices.push("This run was killed, or is still under way: rows that it did not come to are missing here. The same command goes on with them.".to_owned());
        }
        notices
    }
}

pub(crate) fn run_happened(run: &RunFacts, tally: &Tally) -> Vec<String> {
    let mut told = Vec::new();
    let rows = plural(tally.rows, "row");
    let is_dry = run.rehearsal.dry_run;
    let would = tally.of(Outcome::WouldInvite);
    let not_done = tally.with_tone(Attention::Hand) + tally.with_tone(Attention::Open);
    told.push(match (is_dry, not_done) {
        (true, _) => format!(
            "Of {rows}, {} would be invited.",
            plural_of(would, "person", "people")
        ),
        (false, 0) if tally.not_selected == 0 => format!("All of the {rows} are done."),
        (false, 0) => format!(
            "Every selected row is done; {} not selected.",
            plural_of(tally.not_selected, "row was", "rows were")
        ),
        (false, _) => format!(
            "Of {rows}, {} done and {} not.",
            plural_of(
                tally.rows.saturating_sub(not_done + tally.not_selected),
                "is",
                "are"
            ),
            plural_of(not_done, "is", "are")
        ),
    });
    if !is_dry {
        told.push(invited(run, tally));
    }
    told.extend(stopped(run));
    let throttled = run.traffic.throttled_by_graph();
    if throttled > 0 {
        told.push(format!(
            "Graph asked to slow down {}; the run waited, and nothing was lost by it.",
            times(throttled)
        ));
    }
    if tally.unfinished > 0 {
        told.push(format!(
            "{} something that an invitation cannot carry, such as a group or the profile.",
            plural_of(tally.unfinished, "guest still lacks", "guests still lack")
        ));
    }
    if tally.never_seen > 0 {
        told.push(format!(
            "{} confirmed by Graph and never appeared in the directory.",
            plural_of(tally.never_seen, "guest was", "guests were")
        ));
    }
    told.push(when(run));
    told
}

/// `once`, `7 times`.
pub(super) fn times(n: u64) -> String {
    match n {
        1 => "once".to_owned(),
        n => format!("{} times", number(n)),
    }
}

fn invited(run: &RunFacts, tally: &Tally) -> String {
    let before = tally.of(Outcome::Invited).saturating_sub(tally.invited_now);
    let now = match tally.invited_now {
        0 => "Nobody was invited in this run".to_owned(),
        n => format!(
            "{} invited in this run",
            plural_of(n, "person was", "people were")
        ),
    };
    let before = match before {
        0 => String::new(),
        n => format!(", {} in earlier ones", number(n)),
    };
    let mails = match (run.mails_requested, run.mails_handed_over) {
        (0, 0) if tally.invited_now == 0 => String::new(),
        (0, 0) => " No mail was asked for.".to_owned(),
        (asked, 0) => format!(
            " Microsoft was asked to send {}.",
            plural(asked, "invitation mail")
        ),
        (_, own) => format!(
            " A mail server took over {} of our own; whether they arrived is not known.",
            plural(own, "mail")
        ),
    };
    let links = match tally.links {
        0 => String::new(),
        n => format!(" The ledger keeps {}.", plural(n, "redeem link")),
    };
    format!("{now}{before}.{mails}{links}")
}

fn when(run: &RunFacts) -> String {
    let started = run.started_at.strftime("%F %H:%M");
    let asked = match run.requests {
        Some(requests) => format!(" and made {}", plural(requests, "request")),
        None => String::new(),
    };
    match run.ended_at {
        Some(ended_at) => {
            let took = ended_at.duration_since(run.started_at);
            let took = duration(Duration::try_from(took).unwrap_or_default());
            format!("The run began on {started} UTC, took {took}{asked}.")
        }
        None => format!("The run began on {started} UTC."),
    }
}

/// Why a run ended before its sheet did, by the word that it remembered.
fn stopped(run: &RunFacts) -> Option<String> {
    let why = match run.stopped_by.as_deref()? {
        "interrupted" => "somebody interrupted it",
        "tenant-refused" => "the tenant refuses invitations as a whole, and asking again does harm",
        "try-again" => "Graph asked for a longer wait than a run should take",
        "permission" => "the sign-in is not allowed to do this, or failed",
        "settings" => "the settings do not fit the tenant",
        "not-graph" => "something between this machine and Graph answered in its place",
        "unreachable" => "Graph could not be reached",
        "failures" => "too many requests ended badly",
        "max-invites" => "the number of invitations for one run (--max-invites) was reached",
        "daily-cap" => "the number of invitations for a day (--daily-cap) was reached",
        "max-duration" => "its time (--max-duration) was used up",
        "canary" => {
            "Graph confirmed the first invitations, and these guests could not be found in the directory"
        }
        "ledger" => "the ledger could not be written",
        "ledger-gone" => "the ledger was deleted, moved or replaced while it was used",
        "taken-over" => "another run took over the ledger",
        "sheet" => "the sheet changed while it was read",
        "mail" => "mail of our own could not go on",
        _ => "it was stopped",
    };
    let exit = run
        .exit_code
        .map_or(String::new(), |code| format!(" (exit code {code})"));
    Some(format!("The run ended before the sheet did{exit}: {why}."))
}

pub(crate) fn run_next(run: &RunFacts, tally: &Tally) -> Vec<String> {
    let mut next = Vec::new();
    let by_hand = tally.with_tone(Attention::Hand);
    if by_hand > 0 {
        let place = match &run.to_fix {
            Some(file) => format!(
                " What is wrong stands in `{file}`: correct it there, save, and invite that file."
            ),
            None => " Correct the sheet, save, and run the same command.".to_owned(),
        };
        let named = rows(&tally.by_hand, by_hand);
        let must = plural(by_hand, "row");
        next.push(format!("{must} must be corrected by hand: {named}.{place}"));
    }
    if run.rehearsal.dry_run {
        let would = tally.of(Outcome::WouldInvite);
        if would > 0 {
            next.push(format!(
                "The same command without --dry-run invites {}.",
                plural_of(would, "person", "people")
            ));
        }
        return next;
    }
    let open = tally.with_tone(Attention::Open);
    if open > 0 {
        let first = match run.stopped_by.as_deref() {
            Some(
                "tenant-refused" | "permission" | "settings" | "not-graph" | "ledger"
                | "ledger-gone",
            ) => {
                "when what stopped the run is put right, the same command goes on with what is left"
            }
            _ => "the same command goes on with what is left",
        };
        next.push(format!(
            "{} not done yet: {first}.",
            plural_of(open, "row is", "rows are")
        ));
    }
    let due = tally.mail(Mail::Due);
    if due > 0 {
        next.push(format!(
            "{} not left yet: the same command sends them.",
            plural_of(due, "mail has", "mails have")
        ));
    }
    if next.is_empty() {
        next.push("Nothing has to be done for this sheet.".to_owned());
    }
    next
}

pub(crate) fn everybody_happened(people: u64, runs: u64, first: Option<Timestamp>) -> Vec<String> {
    let since = first.map_or(String::new(), |first| {
        format!(" since {}", first.strftime("%F"))
    });
    vec![format!(
        "The ledger knows {} from {}{since}.",
        plural_of(people, "person", "people"),
        plural(runs, "run")
    )]
}
