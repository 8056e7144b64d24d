//! Which of several asks made a guest, and so whether a mail is out.
//!
//! Pure. All times are by our clock. When in doubt about a mail the answer is `Unknown`, never "not mailed".

use super::{calibration::Made, outcome::Mail};
use crate::ledger::{Ask, AskEnd, AskKind, Saw, SilentFirst};
use jiff::SignedDuration;

/// A guest made so long before a silent ask was made by an earlier ask.
const BEFORE: SignedDuration = SignedDuration::from_secs(3);
/// Creation times are whole seconds.
const WITHIN: SignedDuration = SignedDuration::from_secs(1);

/// A relink is for somebody who is there already: it made nobody.
fn makers(asks: &[Ask]) -> impl Iterator<Item = &Ask> {
    asks.iter().filter(|ask| ask.kind != AskKind::Relink)
}

/// Whether one of our asks made a guest who was found: nobody had been there before it, or the guest was made after it.
pub(super) fn is_ours(made: Option<Made>, asks: &[Ask]) -> bool {
    let first = makers(asks).next();
    makers(asks).any(|ask| ask.saw == Saw::Nobody)
        || first.is_some_and(|first| made.is_some_and(|made| made.earliest > first.at))
}

/// Whether the creation time is needed to tell what `mail_of` tells.
pub(super) fn depends_on_time(asks: &[Ask], blind: Option<SilentFirst>) -> bool {
    let silent = matters(blind, asks).is_some() || makers(asks).any(|ask| !ask.mails);
    silent && makers(asks).any(|ask| ask.mails)
}

/// What our asks did about a mail for a guest whom one of them made. `asks` are oldest first; `made` is none where the
/// creation time, or the clock that it is by, is not known. `blind`: when runs may have asked, silently too, of which
/// the ledger knows nothing.
pub(super) fn mail_of(made: Option<Made>, asks: &[Ask], blind: Option<SilentFirst>) -> Mail {
    let by_others = makers(asks).any(|ask| ask.assumed)
        || matters(blind, asks).is_some_and(|blind| {
            made.is_none_or(|made| {
                blind.since <= made.latest + WITHIN && made.earliest - WITHIN <= blind.until
            })
        });
    match mail_of_known(made, asks) {
        Mail::Requested if by_others => Mail::Unknown,
        mail => mail,
    }
}

/// Whoever was asked for the first time after it is known to this ledger alone.
fn matters(blind: Option<SilentFirst>, asks: &[Ask]) -> Option<SilentFirst> {
    blind.filter(|blind| makers(asks).any(|ask| ask.at <= blind.until))
}

/// The same where these are all asks that were made.
fn mail_of_known(made: Option<Made>, asks: &[Ask]) -> Mail {
    let Some(silent) = makers(asks).position(|ask| !ask.mails) else {
        return if makers(asks).next().is_some() {
            Mail::Requested
        } else {
            Mail::None
        };
    };
    let mailed_before = silent > 0;
    // Throttled, with the guest there: not performed, as far as is known.
    let mailed_after = makers(asks)
        .skip(silent)
        .any(|ask| ask.mails && !ask.is_throttled());
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
        AskEnd::Answered(answered) if !ask.mails => {
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

/// Whether a guest was there well before this ask.
pub(super) fn is_before(made: Made, ask: &Ask) -> bool {
    made.latest < ask.at - BEFORE
}

/// Whether our asks may have mailed somebody who had been there before them.
pub(super) fn mail_of_older(asks: &[Ask]) -> Mail {
    if makers(asks).any(|ask| ask.mails) {
        Mail::Unknown
    } else {
        Mail::None
    }
}

#[cfg(test)]
#[path = "attribution_tests.rs"]
mod tests;
