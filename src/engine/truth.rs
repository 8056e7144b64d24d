//! Which of several asks made a guest, and so whether a mail is out: the guest's creation time tells.
//!
//! Pure. All times are the server's. When in doubt about a mail the answer is `Unknown`, never "not mailed".

use super::outcome::Mail;
use crate::ledger::{Ask, AskKind};
use jiff::{SignedDuration, Timestamp};

/// Clocks and indexes may disagree by this much before a guest counts as older than our ask.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(2);
/// Servers tell times in whole seconds, and their clock is known to us to a second or two.
const SLACK: SignedDuration = SignedDuration::from_secs(3);
/// Asks closer together than this cannot be told apart by the time that a guest was made.
const TELLABLE: SignedDuration = SignedDuration::from_secs(4);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    /// The guest was there before we asked; whether our asks mailed is in `mail`.
    OlderThanUs { mail: Mail },
    /// One of our asks made the guest.
    Ours { mail: Mail },
}

/// What asks without a settled answer did, given when the guest was created. `asks` are oldest first.
pub(super) fn truth(created: Option<Timestamp>, asks: &[Ask]) -> Truth {
    // A relink is for somebody who is there already: it made nobody, however close to the creation it was sent.
    let asks: Vec<&Ask> = asks
        .iter()
        .filter(|ask| ask.kind != AskKind::Relink)
        .collect();
    let any_mailed = asks.iter().any(|ask| ask.mails);
    let unsure = if any_mailed {
        Mail::Unknown
    } else {
        Mail::None
    };
    let Some(first) = asks.first() else {
        return Truth::OlderThanUs { mail: Mail::None };
    };
    let Some(created) = created else {
        return Truth::Ours { mail: unsure };
    };
    if created + TOLERANCE < first.server_at {
        return Truth::OlderThanUs { mail: unsure };
    }
    // An ask is sent after its intent, so it cannot have made a guest who is older than that.
    let maker = asks
        .iter()
        .rposition(|ask| ask.server_at <= created + SLACK)
        .unwrap_or(0);
    let mut earliest = maker;
    while earliest > 0
        && asks[earliest]
            .server_at
            .duration_since(asks[earliest - 1].server_at)
            < TELLABLE
    {
        earliest -= 1;
    }
    let mail = if asks[earliest..=maker].iter().all(|ask| ask.mails) {
        Mail::Requested
    } else if asks[earliest..].iter().any(|ask| ask.mails) {
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
            kind: if mails {
                AskKind::Invite
            } else {
                AskKind::Probe
            },
            at: at(second),
            server_at: at(second),
            mails,
        }
    }

    #[test]
    fn the_last_ask_that_is_not_younger_than_the_guest_made_the_guest() {
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
        // A slow server made the guest long after it was asked, and before it was asked again.
        assert_eq!(
            ours(50),
            Truth::Ours {
                mail: Mail::Requested
            }
        );
    }

    #[test]
    fn asks_in_the_same_seconds_cannot_be_told_apart() {
        let asks = [ask(0, true), ask(60, false), ask(61, true)];
        assert_eq!(
            truth(Some(at(60)), &asks),
            Truth::Ours {
                mail: Mail::Unknown
            }
        );
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
    fn a_relink_that_was_cut_short_made_nobody() {
        let relink = Ask {
            kind: AskKind::Relink,
            ..ask(0, false)
        };
        assert_eq!(
            truth(Some(at(-30)), &[relink]),
            Truth::OlderThanUs { mail: Mail::None }
        );
    }

    #[test]
    fn a_relink_right_after_a_slow_invitation_made_nobody_either() {
        let relink = |second| Ask {
            kind: AskKind::Relink,
            ..ask(second, false)
        };
        let asks = [ask(0, true), relink(7), relink(8)];
        let mailed = Truth::Ours {
            mail: Mail::Requested,
        };
        for created in [0, 4, 6, 7] {
            assert_eq!(truth(Some(at(created)), &asks), mailed, "{created}");
        }
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
