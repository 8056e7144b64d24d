//! 5 Moving: from the sheet to the ledger, every row to exactly one outcome.
//!
//! The feeder reads, the prechecker looks people up, the workers ask, the settler finds out what attempts without an
//! answer did, and the recorder alone writes. All queues are bounded. Nothing here prints.

// The journey of a row. A blank line stands between the modules, so that formatting keeps their order.

mod run; // puts the parts together, and waits for them

mod options; // what a run is asked to do

mod state; // what every step of a run uses

mod feeder; // 1 the sheet, row by row, with what the ledger knows

mod next_action; // what a row needs

mod outcome_events; // the word and the log event of a reminder or a deletion

mod owed; // what is owed to a guest beside the invitation

mod prechecker; // 2 looks up who is already there

mod lookup_queue; // rows that wait to be looked up, and how they are

mod assumed_attempts; // attempts of runs that this ledger does not know

mod canary; // 3 the first five invitations into a tenant, before the rest

mod worker; // asks for one guest

mod worker_limit; // how many ask at the same time

mod attempt; // one POST: admitted, paced, recorded, sent, answered

mod caps; // how many invitations a run and a day may have

mod forecast; // how long a run takes by its pace and its caps

mod outage; // ends or slows a run whose answers do not tell what happened

mod conclude; // how a row ends

mod parked; // 4 a row whose attempts have no answer that tells

mod settle; // finds out what these attempts did

mod evidence; // what the directory shows about them

mod attribution; // which of several attempts made a guest

mod calibration; // by which clock new guests are dated

mod names; // whom and what a row names in the tenant

mod follow_ups; // 5 what an invitation cannot carry, for each guest

mod verify; // are the new guests in the directory?

mod rate_steps; // a faster rate with every fifty guests that were verified

mod recorder; // 6 the one writer: commits in groups, keeps the totals

mod row_results; // the outcome of a row, in words

mod totals; // the counts of a run

mod remind; // pending guests are mailed again, one after the other

mod reset; // guests have to redeem again, one after the other

mod reset_evidence; // what the directory shows of a reset without an answer

mod cleanup; // guests are deleted, one after the other

mod hold; // what these verbs share: the ledger of the run, the pace, the clock, the stop

mod stop_rules; // when reminding everybody else would do harm

mod look_before_mail; // is the guest pending, and does the address lead there?

pub(crate) mod catalogue; // our codes GL3xx and GL4xx in words

mod stop; // why a run ends early

pub(crate) use caps::CapLimits;
pub(crate) use cleanup::{
    CleanupJob, CleanupReport, DeletionLimits, DeletionOutcome, DeletionTotals, GuestToDelete,
    OpenDeletionsJob, cleanup, settle_deletions,
};
pub(crate) use forecast::{EndedBy, Forecast, Planned};
pub(crate) use look_before_mail::{LastLook, last_look};
pub(crate) use options::{Compose, Existing, MailBy, Options, Precheck, Selection, WordsOf};
pub(crate) use recorder::Unwritten;
pub(crate) use remind::{
    GuestToRemind, ReminderJob, ReminderLimits, ReminderOutcome, ReminderReport, ReminderTotals,
    is_over, remind,
};
pub(crate) use reset::{
    GuestToReset, ResetJob, ResetOutcome, ResetReport, ResetTotals, has_address, not_to_be_reset,
    reset,
};
pub(crate) use reset_evidence::ResetWaits;
pub(crate) use row_results::{
    MAIL_HAS_NOT_LEFT, forgotten as forgotten_row, left_behind, with_link,
};
pub(crate) use run::{REHEARSAL, RunEnd, RunJob, run};
pub use stop::Stop;
pub(crate) use stop::StopReason;
pub(crate) use stop_rules::StopRules;
pub(crate) use totals::RunTotals;
