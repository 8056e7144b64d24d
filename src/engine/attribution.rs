//! Which of several attempts made a guest, and therefore whether a mail is out.
//!
//! Pure functions. All times are by our clock. If it is in doubt whether a mail is out, the answer is `Unknown`, never
//! "not mailed".

use super::calibration::Made;
use crate::{
    ledger::{AttemptEnd, AttemptKind, InvitationAttempt, PriorLookup, SilentFirst},
    outcome::Mail,
};
use jiff::SignedDuration;
use std::time::Duration;

/// A guest who was made this long before a silent attempt was made by an earlier attempt.
const BEFORE: SignedDuration = SignedDuration::from_secs(3);
/// A silent attempt is told from the one before it by the guest's creation time, and servers give times in whole seconds.
/// So this much time passes between the end of the one and the beginning of the other.
pub(super) const APART: Duration = Duration::from_secs(6);
/// Creation times are whole seconds.
const WITHIN: SignedDuration = SignedDuration::from_secs(1);

/// The attempts that can have made a guest. A relink is for a guest who is there already.
fn makers(asks: &[InvitationAttempt]) -> impl Iterator<Item = &InvitationAttempt> {
    asks.iter().filter(|ask| ask.kind != AttemptKind::Relink)
}

/// Whether one of our attempts made the guest who was found: nobody had been there before it, or the guest was made after
/// the first of them.
pub(super) fn is_ours(made: Option<Made>, asks: &[InvitationAttempt]) -> bool {
    let first = makers(asks).next();
    makers(asks).any(|ask| ask.saw == PriorLookup::NotFound)
        || first.is_some_and(|first| made.is_some_and(|made| made.earliest > first.at))
}

/// Whether `mail_of` needs the creation time.
pub(super) fn depends_on_time(
    asks: &[InvitationAttempt],
    unknown_runs: Option<SilentFirst>,
) -> bool {
    let silent = matters(unknown_runs, asks).is_some() || makers(asks).any(|ask| !ask.mails);
    silent && makers(asks).any(|ask| ask.mails)
}

/// Whether one of our attempts mailed a guest whom one of them made. `asks` are oldest first. `made` is none if the creation
/// time, or the clock by which it is given, is not known. `unknown_runs` is the time in which runs that the ledger does not
/// know may have asked, silently too.
pub(super) fn mail_of(
    made: Option<Made>,
    asks: &[InvitationAttempt],
    unknown_runs: Option<SilentFirst>,
) -> Mail {
    let by_others = makers(asks).any(|ask| ask.assumed)
        || matters(unknown_runs, asks).is_some_and(|unknown_runs| {
            made.is_none_or(|made| {
                unknown_runs.since <= made.latest + WITHIN
                    && made.earliest - WITHIN <= unknown_runs.until
            })
        });
    match mail_of_known(made, asks) {
        Mail::Requested if by_others => Mail::Unknown,
        mail => mail,
    }
}

/// The time in which runs that the ledger does not know may have asked. None for a person whom we first asked after it.
fn matters(unknown_runs: Option<SilentFirst>, asks: &[InvitationAttempt]) -> Option<SilentFirst> {
    unknown_runs.filter(|unknown_runs| makers(asks).any(|ask| ask.at <= unknown_runs.until))
}

/// Like `mail_of`, where no run that the ledger does not know has asked.
fn mail_of_known(made: Option<Made>, asks: &[InvitationAttempt]) -> Mail {
    let Some(silent) = makers(asks).position(|ask| !ask.mails) else {
        return if makers(asks).next().is_some() {
            Mail::Requested
        } else {
            Mail::None
        };
    };
    let mailed_before = silent > 0;
    // This includes a throttled one: the guest is there already, so no look-up can tell whether it was performed.
    let mailed_after = makers(asks).skip(silent).any(|ask| ask.mails);
    if !mailed_before && !mailed_after {
        return Mail::None;
    }
    let Some(made) = made else {
        return Mail::Unknown;
    };
    let before_the_first = makers(asks)
        .nth(silent)
        .is_some_and(|silent| is_before(made, silent));
    let by_a_silent_one = makers(asks).any(|ask| match ask.end {
        AttemptEnd::Answered(answered) if !ask.mails => {
            ask.at - WITHIN <= made.earliest && made.latest <= answered + WITHIN
        }
        _ => false,
    });
    if mailed_before && before_the_first {
        Mail::Requested
    } else if by_a_silent_one && !mailed_after {
        Mail::None
    } else {
        Mail::Unknown
    }
}

/// Whether a guest was made well before this attempt.
pub(super) fn is_before(made: Made, ask: &InvitationAttempt) -> bool {
    made.latest < ask.at - BEFORE
}

/// Whether our attempts may have mailed a guest who had been there before them.
pub(super) fn mail_of_older(asks: &[InvitationAttempt]) -> Mail {
    if makers(asks).any(|ask| ask.mails) {
        Mail::Unknown
    } else {
        Mail::None
    }
}

#[cfg(test)]
mod tests;
