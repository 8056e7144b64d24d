//! The screen: what a person reads and answers.
//!
//! Data goes to stdout, everything else to stderr. Only this module and the commands print. Texts are made by pure
//! functions, so that tests can read them as a person would.

mod doctor;
mod excerpt;
mod failure;
mod guest_status;
mod opening;
mod outcome_words;
pub(crate) mod problems;
mod progress;
mod question;
mod reminders;
mod run_report;
mod screen;
mod story;
mod stream;
mod style;
mod summary;
pub(crate) mod text;

#[cfg(test)]
pub(crate) use doctor::Finding;
pub(crate) use doctor::{Check, Checkup};
pub(crate) use failure::usage_text;
pub(crate) use guest_status::{GuestGroup, StatusShown, status_text};
pub(crate) use opening::{LedgerSeen, ledger_line};
pub(crate) use progress::{Phase, Progress, ProgressMode, ProgressView, Waiting};
pub(crate) use question::{Answer, FirstMail, MailPlan, Question, TenantShown};
pub(crate) use reminders::{ReminderLine, RemindersShown, reminded_text, reminders_text};
pub(crate) use run_report::{
    RequestTotals, RunReport, TenantReport, ThisRunReport, outcome_counts,
};
pub use screen::Out;
pub(crate) use screen::{
    LogLines, Messages, look, show_failure, stderr_is_terminal, stdin_is_terminal, tell,
};
pub(crate) use story::{Story, StoryLine, story_text};
pub(crate) use summary::Summary;
