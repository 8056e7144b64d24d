//! The screen: what a person reads and answers.
//!
//! Data goes to stdout, everything else to stderr. Only this module and the commands print; texts are
//! made by pure functions, so that tests can read them as a person would.

mod doctor;
mod excerpt;
mod failure;
mod opening;
pub mod problems;
mod progress;
mod question;
mod run_report;
mod screen;
mod stream;
mod style;
mod summary;
pub mod text;
mod words;

pub use doctor::{Check, Checkup, Finding};
pub use failure::{failure_text, usage_text};
pub use opening::{LedgerSeen, ledger_line};
pub use progress::{Phase, Progress, ProgressMode, ProgressView, Waiting};
pub use question::{Answer, FirstMail, MailPlan, Question, TenantShown};
pub use run_report::{RequestTotals, RunReport, TenantReport, ThisRunReport, outcome_counts};
pub use screen::{
    LogLines, Messages, Out, look, show_failure, stderr_is_terminal, stdin_is_terminal, tell,
};
pub use summary::Summary;
pub use words::meaning;
