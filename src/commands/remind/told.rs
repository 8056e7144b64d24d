//! What became of the guests who were due, in numbers, in words and as JSON.

use crate::{engine::ReminderOutcome, exit::Exit, failure::Failure, outcome::GuestState, ui::text};
use std::collections::BTreeMap;

/// The others by a stable word and by what a person reads.
pub(super) type Others = BTreeMap<(&'static str, String), u64>;

/// How many were reminded, how many are unknown, and what became of the others.
pub(super) fn counts(outcomes: &[ReminderOutcome]) -> (u64, u64, Others) {
    let (mut reminded, mut unknown) = (0, 0);
    let mut others = Others::new();
    for outcome in outcomes {
        let what = match outcome {
            ReminderOutcome::Reminded => {
                reminded += 1;
                continue;
            }
            ReminderOutcome::Unknown => {
                unknown += 1;
                continue;
            }
            ReminderOutcome::State(GuestState::Accepted) => "redeemed meanwhile".to_owned(),
            ReminderOutcome::State(state) => format!("not pending any more ({state})"),
            ReminderOutcome::AddressMoved => {
                "not mailed, as the address leads to another user or to nobody".to_owned()
            }
            ReminderOutcome::MailedMeanwhile => "mailed by another run meanwhile".to_owned(),
            ReminderOutcome::NotPerformed(code, why) => {
                format!("refused by Graph [{code}]: {}", text::printable_line(why))
            }
            ReminderOutcome::MailNotSent(why) => format!("not sent: {}", text::printable_line(why)),
            ReminderOutcome::NotLookedUp(why) => {
                format!("not looked up: {}", text::printable_line(why))
            }
            ReminderOutcome::NotAttempted => "left for the next run".to_owned(),
        };
        *others.entry((outcome.word(), what)).or_default() += 1;
    }
    (reminded, unknown, others)
}

/// Why a guest who was due was not reminded, as a stable word; none for those who were.
pub(super) fn not_reminded(outcome: &ReminderOutcome) -> Option<&'static str> {
    (*outcome != ReminderOutcome::Reminded).then(|| outcome.word())
}

pub(super) fn for_somebody_else(row: Option<u64>) -> Failure {
    let whom = row.map_or_else(
        || "a pending guest".to_owned(),
        |row| format!("the guest of row {row}"),
    );
    Failure::new(
        Exit::TenantRefused,
        format!("Graph was asked to remind {whom}, and answered for another user: nobody else was mailed"),
    )
    .hint("the address may have been given to another account a moment ago: look at both in the Entra admin center before anybody is reminded again")
    .hint("`guestlist status ADDRESS` shows the request ids for a support ticket")
}
