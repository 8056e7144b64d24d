//! Which of several asks made a guest, and so whether a mail is out.
//!
//! Pure. All times are by our clock. When in doubt about a mail the answer is `Unknown`, never "not mailed".

use super::{calibration::Made, outcome::Mail};
use crate::ledger::{Ask, AskEnd, AskKind, Saw};
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
pub(super) fn depends_on_time(asks: &[Ask]) -> bool {
    makers(asks).any(|ask| ask.mails) && makers(asks).any(|ask| !ask.mails)
}

/// What our asks did about a mail for a guest whom one of them made. `asks` are oldest first; `made` is none where the
/// creation time, or the clock that it is by, is not known.
pub(super) fn mail_of(made: Option<Made>, asks: &[Ask]) -> Mail {
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
