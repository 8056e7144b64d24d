//! 3 Remembering: what was asked and what was answered, for every person, across runs and edited sheets.
//!
//! One SQLite file belongs to one tenant. Only the recorder (engine) writes while a run is under way;
//! the intent is durable before a request leaves, the answer before its row is done.

// A blank line stands between the modules, so that formatting keeps their order.

mod error; // what can go wrong with it, and what to do

mod schema; // the tables, and how older files become today's

mod connection; // how SQLite opens the file

mod file; // found or made, locked, bound to its tenant

mod draft; // made under another name, published when it is complete

mod tenant; // one tenant for one ledger

mod lock; // one run for one ledger

mod silent_first; // a ledger that may be older than the world

mod reader; // the connection that reads, and its questions about people

mod writer; // the connection that writes, and its transactions

mod person; // what is known about one person

mod attempt; // what is not known about an attempt

mod events; // intents and answers

mod follow_ups; // what was done for guests after their invitations

mod guest_states; // in which state guests were when they were read last

mod reminders; // whom a reminder was sent

mod resets; // whose redemption was reset

mod own_mail; // mails of our own

mod mail_books; // questions about them

mod origin; // whether a run of this ledger made a guest

mod deletions; // guests who were deleted

mod sheet_people; // who stood on the runs of a sheet

mod forget; // people who are to be forgotten

mod forgotten; // and what stays of them

mod rows; // what runs told about their rows

mod run_errors;
mod runs; // runs // what went wrong in a run

mod sheets; // how sheets were read, and which rows were corrected

mod import; // what results files say

mod story; // everything about one person, in order

mod timeline; // throttles, waits and retries of a run

mod units; // times and words as the tables hold them

#[cfg(test)]
mod tests;

pub(crate) use attempt::{AttemptEnd, AttemptKind, InvitationAttempt, PriorLookup};
pub(crate) use deletions::{DeletionAnswered, DeletionEnd, DeletionIntent, OpenDeletion};
pub(crate) use draft::Draft;
pub(crate) use error::{LedgerError, Result};
pub(crate) use events::{Answered, EventKind, Found, Intent, IntentId, NoIntent, RefusedAttempt};
pub(crate) use file::{Ledger, NewLedger};
pub(crate) use follow_ups::{FollowUpKey, FollowUpRecord, KnownFollowUp};
pub(crate) use forget::ToForget;
pub(crate) use forgotten::Forgotten;
pub(crate) use guest_states::{KeptState, KnownGuest};
pub(crate) use import::{Claim, Imported};
pub(crate) use lock::RunLock;
pub(crate) use origin::{NotOurs, Origin};
pub(crate) use own_mail::{
    AskedBefore, MailAnswer, MailIntent, MailIntentId, MailKind, NoMailIntent, OwnMailState,
};
pub(crate) use person::{Person, PersonState};
pub(crate) use reader::Reader;
pub(crate) use reminders::{MailHistory, ReminderAnswered, ReminderEnd, ReminderIntent};
pub(crate) use resets::{
    OpenReset, ResetAnswered, ResetCall, ResetEnd, ResetHistory, ResetIntent, ResetPerson,
    StateBefore,
};
pub(crate) use rows::OpenEnds;
pub(crate) use run_errors::RunError;
pub(crate) use runs::{NOT_BEGUN, RunRecord, RunStart};
pub(crate) use sheet_people::{SheetRuns, Stood};
pub(crate) use sheets::{Corrected, Reading, ToCorrect, WrittenToFix};
pub(crate) use silent_first::{SilentFirst, UnknownRuns};
pub(crate) use story::{KnownName, StoryEvent};
pub(crate) use tenant::Tenant;
pub(crate) use writer::Writer;
