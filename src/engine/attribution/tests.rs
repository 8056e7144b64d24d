//! What asks did, told by when the guest was made.

use super::*;
use jiff::Timestamp;
use proptest::prelude::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
}

fn second(second: i64) -> Timestamp {
    at(second * 1_000)
}

fn exactly(seconds: i64) -> Made {
    Made {
        earliest: second(seconds),
        latest: second(seconds),
    }
}

fn ask(kind: AttemptKind, seconds: i64, mails: bool, end: AttemptEnd) -> InvitationAttempt {
    InvitationAttempt {
        kind,
        at: second(seconds),
        mails,
        saw: PriorLookup::NotFound,
        end,
        assumed: false,
    }
}

fn mailing(seconds: i64) -> InvitationAttempt {
    ask(
        AttemptKind::Invite,
        seconds,
        true,
        AttemptEnd::GivenUp(second(seconds + 1)),
    )
}

fn answered(seconds: i64) -> InvitationAttempt {
    ask(
        AttemptKind::Probe,
        seconds,
        false,
        AttemptEnd::Answered(second(seconds + 1)),
    )
}

fn lost(seconds: i64) -> InvitationAttempt {
    ask(
        AttemptKind::Probe,
        seconds,
        false,
        AttemptEnd::GivenUp(second(seconds + 1)),
    )
}

fn throttled(seconds: i64) -> InvitationAttempt {
    ask(
        AttemptKind::Invite,
        seconds,
        true,
        AttemptEnd::Throttled(second(seconds + 1)),
    )
}

#[test]
fn a_guest_made_well_before_the_silent_ask_was_made_by_the_mailing_one() {
    let asks = [mailing(0), answered(60)];
    for (made, mail) in [
        (0, Mail::Requested),
        (30, Mail::Requested),
        (56, Mail::Requested),
        (57, Mail::Unknown),
        (58, Mail::Unknown),
        (59, Mail::None),
        (60, Mail::None),
        (62, Mail::None),
        (63, Mail::Unknown),
        (500, Mail::Unknown),
    ] {
        assert_eq!(mail_of(Some(exactly(made)), &asks, None), mail, "{made}");
    }
}

#[test]
fn a_conclusion_holds_for_the_whole_interval() {
    let asks = [mailing(0), answered(60)];
    let between = |earliest, latest| {
        Some(Made {
            earliest: second(earliest),
            latest: second(latest),
        })
    };
    assert_eq!(mail_of(between(0, 56), &asks, None), Mail::Requested);
    assert_eq!(mail_of(between(0, 58), &asks, None), Mail::Unknown);
    assert_eq!(mail_of(between(59, 62), &asks, None), Mail::None);
    assert_eq!(mail_of(between(58, 61), &asks, None), Mail::Unknown);
    assert_eq!(mail_of(between(60, 63), &asks, None), Mail::Unknown);
}

#[test]
fn without_a_time_only_asks_of_one_kind_tell() {
    assert_eq!(
        mail_of(None, &[mailing(0), answered(60)], None),
        Mail::Unknown
    );
    assert_eq!(mail_of(None, &[mailing(0)], None), Mail::Requested);
    assert_eq!(
        mail_of(None, &[throttled(0), mailing(9)], None),
        Mail::Requested
    );
    assert_eq!(mail_of(None, &[lost(0), answered(60)], None), Mail::None);
    assert_eq!(mail_of(None, &[], None), Mail::None);
}

#[test]
fn a_silent_ask_whose_answer_was_lost_proves_nothing_by_itself() {
    let asks = [mailing(0), lost(60), answered(120)];
    assert_eq!(mail_of(Some(exactly(1)), &asks, None), Mail::Requested);
    assert_eq!(mail_of(Some(exactly(60)), &asks, None), Mail::Unknown);
    assert_eq!(mail_of(Some(exactly(110)), &asks, None), Mail::Unknown);
    assert_eq!(mail_of(Some(exactly(120)), &asks, None), Mail::None);
}

#[test]
fn a_mailing_ask_after_the_guest_was_there_cannot_be_told() {
    let asks = [mailing(0), answered(60), mailing(180)];
    assert_eq!(mail_of(Some(exactly(60)), &asks, None), Mail::Unknown);
    assert_eq!(mail_of(Some(exactly(1)), &asks, None), Mail::Requested);
    // Neither can a throttled one: the guest is there already, so no look-up tells whether the throttle was true.
    let asks = [mailing(0), answered(60), throttled(180)];
    assert_eq!(mail_of(Some(exactly(60)), &asks, None), Mail::Unknown);
}

#[test]
fn relinks_made_nobody() {
    let relink = |seconds| {
        ask(
            AttemptKind::Relink,
            seconds,
            false,
            AttemptEnd::GivenUp(second(seconds + 1)),
        )
    };
    let asks = [mailing(0), relink(7), relink(8)];
    assert!(!depends_on_time(&asks, None));
    assert_eq!(mail_of(None, &asks, None), Mail::Requested);
    let only_relinks = [relink(0)];
    assert!(!is_ours(Some(exactly(100)), &only_relinks));
    assert_eq!(mail_of_older(&only_relinks), Mail::None);
}

#[test]
fn a_guest_is_ours_by_the_look_up_or_by_the_time() {
    let seen = |saw| [InvitationAttempt { saw, ..mailing(10) }];
    assert!(is_ours(None, &seen(PriorLookup::NotFound)));
    assert!(
        is_ours(Some(exactly(-900)), &seen(PriorLookup::NotFound)),
        "whatever the clock says"
    );
    for saw in [PriorLookup::Unknown, PriorLookup::Found] {
        assert!(!is_ours(None, &seen(saw)));
        assert!(!is_ours(Some(exactly(9)), &seen(saw)));
        assert!(!is_ours(Some(exactly(10)), &seen(saw)));
        assert!(is_ours(Some(exactly(11)), &seen(saw)));
    }
    // Of whichever run.
    assert!(is_ours(
        None,
        &[
            InvitationAttempt {
                saw: PriorLookup::Unknown,
                ..mailing(0)
            },
            answered(60)
        ]
    ));
    assert_eq!(mail_of_older(&seen(PriorLookup::Unknown)), Mail::Unknown);
}

/// A restored ledger does not know the silent ask that made the guest, nor does an imported one.
#[test]
fn requested_is_said_only_where_all_asks_are_known() {
    let asks = [mailing(0)];
    let lookup_failed = Some(SilentFirst {
        since: second(10),
        until: second(600),
    });
    assert!(depends_on_time(&asks, lookup_failed));
    assert_eq!(
        mail_of(Some(exactly(20)), &asks, lookup_failed),
        Mail::Unknown
    );
    assert_eq!(mail_of(None, &asks, lookup_failed), Mail::Unknown);
    assert_eq!(
        mail_of(Some(exactly(1)), &asks, lookup_failed),
        Mail::Requested,
        "made while everything was known"
    );
    let claimed = InvitationAttempt {
        assumed: true,
        ..mailing(0)
    };
    for asks in [&[claimed][..], &[claimed, answered(60)]] {
        assert_eq!(mail_of(Some(exactly(1)), asks, None), Mail::Unknown);
    }
    assert_eq!(
        mail_of(Some(exactly(60)), &[claimed, answered(60)], lookup_failed),
        Mail::None,
        "whoever was made by the silent ask had not been mailed before"
    );
    assert_eq!(mail_of(None, &[lost(0)], lookup_failed), Mail::None);
    let later = [mailing(700)];
    assert!(!depends_on_time(&later, lookup_failed));
    assert_eq!(mail_of(None, &later, lookup_failed), Mail::Requested);
}

proptest! {
    /// "Not mailed" is said only of a guest who can have been made by a silent ask alone.
    #[test]
    fn never_called_not_mailed_when_the_mailing_ask_made_the_guest(
        gap in 6_000_i64..200_000,
        took in 0_i64..2_000,
        // When the mailing ask was performed: at the latest when its answer was given up, six seconds before the silent one.
        performed in 0_i64..1_000_000,
        early in 0_i64..2_000,
        late in 0_i64..2_000,
    ) {
        let mailed = InvitationAttempt { end: AttemptEnd::GivenUp(at(1_000)), ..ask(AttemptKind::Invite, 0, true, AttemptEnd::Open) };
        let silent_at = 1_000 + gap;
        let silent = InvitationAttempt {
            at: at(silent_at),
            end: AttemptEnd::Answered(at(silent_at + took)),
            ..answered(0)
        };
        let performed = performed % 1_001;
        let made = Made { earliest: at(performed - early), latest: at(performed + late) };
        prop_assert_ne!(mail_of(Some(made), &[mailed, silent], None), Mail::None);
    }

    /// "Requested" is said only when the guest was there before anything silent was asked.
    #[test]
    fn never_called_requested_when_the_silent_ask_made_the_guest(
        gap in 6_000_i64..200_000,
        took in 0_i64..2_000,
        performed in 0_i64..2_000,
        early in 0_i64..10_000,
        late in 0_i64..10_000,
    ) {
        let silent_at = 1_000 + gap;
        let silent = InvitationAttempt {
            at: at(silent_at),
            end: AttemptEnd::Answered(at(silent_at + took)),
            ..answered(0)
        };
        let performed = silent_at + performed.min(took);
        let made = Made { earliest: at(performed - early), latest: at(performed + late) };
        prop_assert_ne!(mail_of(Some(made), &[mailing(0), silent], None), Mail::Requested);
    }
}
