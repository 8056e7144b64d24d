//! What each outcome means, in a few words.

use crate::outcome::Outcome;

/// Stands behind a number and the outcome's own word.
pub(crate) fn meaning(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Invited => "invited, and the link is kept",
        Outcome::ExistsPending => "a guest, has not redeemed yet",
        Outcome::ExistsAccepted => "a guest, has redeemed",
        Outcome::ExistsMember => "an internal user of the tenant",
        Outcome::ExistsDisabled => "in the directory, blocked from signing in",
        Outcome::ExistsDeleted => "deleted not long ago: restore or purge first",
        Outcome::Gone => "invited once, no longer in the directory",
        Outcome::Duplicate => "the same person as another row, or corrected since",
        Outcome::Invalid => "must be corrected in the sheet",
        Outcome::Refused => "Microsoft or a policy refuses this person",
        Outcome::Failed => "gave up; nothing happened",
        Outcome::Unknown => "asked, no answer; the next run settles it first",
        Outcome::NotAttempted => "not reached",
        Outcome::WouldInvite => "would be invited",
        Outcome::Reset => "has to redeem again, and the link is kept",
        Outcome::WouldReset => "would have to redeem again",
    }
}
