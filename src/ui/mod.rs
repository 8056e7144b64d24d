//! The screen: what a person reads and answers.
//!
//! Data goes to stdout, everything else to stderr. Only this module and the commands print. Texts are made by pure
//! functions, so that tests can read them as a person would.

// What writes. A blank line stands between the modules, so that formatting keeps their order.

mod screen; // stdout and stderr, without breaking the progress bar

mod stream; // the last step before a terminal, a pipe or a log

mod style; // the few colours

pub(crate) mod text; // words, widths and lines

// What is shown, in the order of a run.

pub(crate) mod problems; // the problems of a sheet

mod excerpt; // a piece of a row, with the place of one cell

mod opening; // the first line: which ledger

mod question; // what will happen, and the question before it

mod progress; // how far a run is

mod run_report; // a run in numbers, for scripts

mod run_metrics; // the same for Prometheus

mod run_page; // one run of the ledger

mod summary; // a run in words

mod guest_status; // who has redeemed

mod story; // one person

mod reminders; // who is mailed again

mod leavers; // who left, and who is deleted

mod doctor; // what a check-up found

mod practice; // commands that go on in practice

mod failure; // why a command could not do its job

#[cfg(test)]
pub(crate) use doctor::Finding;
pub(crate) use doctor::{Check, Checkup};
pub(crate) use failure::{failure_object, failure_text, usage_text};
pub(crate) use guest_status::{
    GuestGroup, StatusShown, meaning as guest_state_meaning, status_text,
};
pub(crate) use leavers::{
    AFTERWARDS, DeletionLine, DeletionsShown, LeaversShown, deleted_text, deletions_text,
    leavers_text,
};
pub(crate) use opening::{LedgerSeen, ledger_line};
pub(crate) use practice::advise_practice;
pub(crate) use progress::{Phase, Progress, ProgressMode, ProgressView, Waiting};
pub(crate) use question::{Answer, FirstMail, MailPlan, Question, TenantShown, Words};
pub(crate) use reminders::{ReminderLine, RemindersShown, reminded_text, reminders_text};
pub(crate) use run_metrics::{RunMetrics, is_ours as is_metrics, last_success};
pub(crate) use run_page::{
    RunErrorShown, RunPage, in_seconds, run_page_text, runs_text, why_waited,
};
pub(crate) use run_report::{
    ForecastReport, RequestTotals, RunReport, TenantReport, ThisRunReport, follow_up_counts,
    outcome_counts,
};
pub use screen::Out;
pub(crate) use screen::{
    Messages, failure_as_json, log_line, look, messages_are_events, show_failure,
    stderr_is_terminal, stdin_is_terminal, stdout_is_terminal, tell,
};
pub(crate) use story::{Story, StoryLine, story_text};
pub(crate) use summary::{
    Summary,
    markdown::{FIRST as MARKDOWN, failure_markdown},
};
pub use text::fit_to_terminal;
