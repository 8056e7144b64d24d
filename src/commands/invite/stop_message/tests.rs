//! Of two reasons to stop the graver is told, whichever came first: the exit code and the words of every pair.

use super::{Stopped, first, stopped};
use crate::{
    engine::{Stop, StopReason},
    exit::Exit,
    graph::{Author, Class, Fault, catalogue},
    pace::TooLong,
    problem::{Code, Problem},
};
use jiff::Timestamp;
use std::{fmt::Write, time::Duration};

fn refused(code: Code, class: Class) -> StopReason {
    let mut fault = Fault::new(code, class, "");
    fault.request_id = Some("r-1".into());
    StopReason::of(&fault).unwrap()
}

fn now() -> Timestamp {
    "2026-11-26T04:00:00Z".parse().unwrap()
}

/// The next kind of reason after this one: a new one cannot be left out, as this would not compile.
fn next(after: &StopReason) -> Option<StopReason> {
    let problem = Problem::error(catalogue::REFUSED, "the sheet changed while it was read")
        .fix("run the same command again");
    Some(match after {
        StopReason::Interrupted => refused(catalogue::SUSPICIOUS, Class::Tenant),
        StopReason::Refused { .. } => {
            let mut fault = Fault::new(catalogue::NOT_GRAPH, Class::NotGraph, "Blocked by policy");
            fault.author = Some(Author::Between);
            fault.status = Some(403);
            fault.answered_by = Some("Server: Filter/7, Via: 1.1 proxy-3".into());
            StopReason::AnsweredBetween {
                in_a_row: 5,
                fault: Box::new(fault),
            }
        }
        StopReason::AnsweredBetween { .. } => StopReason::Unreachable {
            why: "no row came further for 15 minutes".into(),
        },
        StopReason::Unreachable { .. } => StopReason::TooManyFailures { bad: 6, of: 9 },
        StopReason::TooManyFailures { .. } => StopReason::MaxInvites { cap: 5 },
        StopReason::MaxInvites { .. } => StopReason::DailyCap {
            cap: 5,
            room_at: now(),
        },
        StopReason::DailyCap { .. } => StopReason::TimeUsed,
        StopReason::TimeUsed => StopReason::CanaryNotFound { missing: 2 },
        StopReason::CanaryNotFound { .. } => ledger(Exit::Unexpected),
        StopReason::LedgerFailed { .. } => StopReason::LedgerGone,
        StopReason::LedgerGone => StopReason::TakenOver {
            by: "invite guests.csv, since 04:00".into(),
        },
        StopReason::TakenOver { .. } => StopReason::Sheet(Box::new(problem)),
        StopReason::Sheet(_) => StopReason::OwnMail {
            exit: Exit::Permission,
            what: "the mail server mail.contoso.com:587 does not accept the sign-in".into(),
            hints: vec!["check [smtp] user and password".into()],
        },
        StopReason::OwnMail { .. } => return None,
    })
}

fn ledger(exit: Exit) -> StopReason {
    StopReason::LedgerFailed {
        why: format!("the ledger failed with {}", exit as u8),
        advice: "make space, or mend the disk",
        exit,
    }
}

/// Every kind of reason, and those again that have more than one exit code.
fn reasons() -> Vec<StopReason> {
    let mut reasons: Vec<StopReason> =
        std::iter::successors(Some(StopReason::Interrupted), next).collect();
    reasons.extend([
        refused(catalogue::NO_SUCH_GRAPH, Class::Address),
        refused(catalogue::MAY_NOT_INVITE, Class::Permission),
        TooLong {
            wait: Duration::from_secs(3_600),
        }
        .into(),
        ledger(Exit::TryAgain),
    ]);
    reasons.sort_by_key(|reason| reason.exit().rank());
    reasons
}

/// What a run says that heard these reasons in this order.
fn told(order: [&StopReason; 2]) -> (u8, String) {
    let stop = Stop::default();
    for reason in order {
        stop.raise(reason.clone());
    }
    let reason = stop.reason().unwrap();
    let failure = stopped(&Stopped {
        reason: &reason,
        tenant: "11111111-2222-3333-4444-555555555555",
        asked_today: 12,
        left: 7,
        now: now(),
    });
    assert_eq!(failure.exit, reason.exit());
    let words = [vec![failure.what], failure.hints].concat().join("\n    ");
    (reason.exit().code(), format!("{}: {words}", reason.word()))
}

#[test]
fn of_every_two_reasons_the_graver_is_told_whichever_came_first() {
    let reasons = reasons();
    let mut page = String::new();
    for reason in &reasons {
        let (code, words) = told([reason, reason]);
        let _ = writeln!(page, "{code} {words}");
        if let Some(first) = first(reason) {
            let _ = writeln!(page, "    next: 7 rows are not done yet; {first}");
        }
    }
    page.push_str("\nfirst, then: the exit code and the reason told\n");
    for first in &reasons {
        for second in &reasons {
            let (code, words) = told([first, second]);
            let (other, other_words) = told([second, first]);
            assert_eq!(code, other, "{first:?} {second:?}");
            if first.exit() != second.exit() {
                assert_eq!(words, other_words);
            }
            if code == 7 {
                assert!(words.contains("for a support ticket: tenant"), "{words}");
            }
            let _ = writeln!(
                page,
                "{} {}, {} {}: {code} {}",
                first.exit().code(),
                first.word(),
                second.exit().code(),
                second.word(),
                words.split(':').next().unwrap(),
            );
        }
    }
    insta::assert_snapshot!(page);
}
