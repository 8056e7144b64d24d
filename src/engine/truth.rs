//! Which of several asks made a guest, and so whether a mail is out: the guest's creation time tells.
//!
//! Pure. All times are the server's. When in doubt about a mail the answer is `Unknown`, never "not mailed".

use super::outcome::Mail;
use crate::ledger::Ask;
use jiff::{SignedDuration, Timestamp};

/// Clocks and indexes may disagree by this much before a guest counts as older than our ask.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// The guest was there before we asked; whether our asks mailed is in `mail`.
    OlderThanUs { mail: Mail },
    /// One of our asks made the guest.
    Ours { mail: Mail },
}

/// What asks without a settled answer did, given when the guest was created. `asks` are oldest first.
pub(super) fn truth(created: Option<Timestamp>, asks: &[Ask]) -> Truth {
    let any_mailed = asks.iter().any(|ask| ask.mails);
    let unsure = if any_mailed {
        Mail::Unknown
    } else {
        Mail::None
    };
    let (Some(created), Some(first)) = (created, asks.first()) else {
        return Truth::Ours { mail: unsure };
    };
    if created + TOLERANCE < first.server_at {
        return Truth::OlderThanUs { mail: unsure };
    }
    let distance = |ask: &Ask| created.duration_since(ask.server_at).abs();
    let maker = (0..asks.len())
        .min_by_key(|index| distance(&asks[*index]))
        .unwrap_or(0);
    let mail = if asks[maker].mails {
        Mail::Requested
    } else if asks[maker + 1..].iter().any(|ask| ask.mails) {
        // A mailing ask after the guest was there leaves no trace that reading could find.
        Mail::Unknown
    } else {
        Mail::None
    };
    Truth::Ours { mail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn ask(second: i64, mails: bool) -> Ask {
        Ask {
            at: at(second),
            server_at: at(second),
            mails,
        }
    }

    #[test]
    fn the_nearest_ask_made_the_guest() {
        let mailing_then_silent = [ask(0, true), ask(60, false)];
        let ours = |created: i64| truth(Some(at(created)), &mailing_then_silent);
        assert_eq!(
            ours(1),
            Truth::Ours {
                mail: Mail::Requested
            }
        );
        assert_eq!(
            ours(-1),
            Truth::Ours {
                mail: Mail::Requested
            }
        );
        assert_eq!(ours(60), Truth::Ours { mail: Mail::None });
    }

    #[test]
    fn a_mailing_ask_after_the_guest_was_there_cannot_be_told() {
        let asks = [ask(0, true), ask(60, false), ask(180, true)];
        assert_eq!(
            truth(Some(at(60)), &asks),
            Truth::Ours {
                mail: Mail::Unknown
            }
        );
        assert_eq!(
            truth(Some(at(1)), &asks),
            Truth::Ours {
                mail: Mail::Requested
            }
        );
    }

    #[test]
    fn an_older_guest_is_not_ours() {
        assert_eq!(
            truth(Some(at(-3600)), &[ask(0, true)]),
            Truth::OlderThanUs {
                mail: Mail::Unknown
            }
        );
        assert_eq!(
            truth(Some(at(-3600)), &[ask(0, false)]),
            Truth::OlderThanUs { mail: Mail::None }
        );
    }

    #[test]
    fn without_a_creation_time_a_mail_may_be_out() {
        assert_eq!(
            truth(None, &[ask(0, true), ask(60, false)]),
            Truth::Ours {
                mail: Mail::Unknown
            }
        );
        assert_eq!(
            truth(None, &[ask(0, false)]),
            Truth::Ours { mail: Mail::None }
        );
    }
}
