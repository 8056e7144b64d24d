//! What a person reads at the end of a run.

use super::*;
use crate::ui::{
    run_report::{ThisRunReport, outcome_counts, sample},
    style::plain,
};
use unicode_width::UnicodeWidthStr;

const NOBODY: BTreeSet<u64> = BTreeSet::new();

fn summary(report: &RunReport) -> Summary<'_> {
    Summary {
        report,
        dry_run: false,
        stopped: None,
        first: None,
        again: "guestlist invite guests.csv",
        fix: Some("guestlist invite guests.to-fix.csv"),
        by_hand: const { &NOBODY },
        when_done: Some("guestlist invite guests.csv"),
        problems: &[],
        notes: &[],
    }
}

fn shown(summary: &Summary<'_>) -> String {
    let text = plain(&summary.text());
    assert!(text.lines().all(|line| line.width() <= 80), "{text}");
    text
}

#[test]
fn a_run_with_rows_to_fix_names_the_file_and_the_command() {
    let report = sample();
    insta::assert_snapshot!(shown(&summary(&report)), @"
    Contoso: 1,000 rows in 2 min 5 s

          860  invited          840 in this run, 20 in earlier ones
           70  exists-pending   a guest, has not redeemed yet
           45  exists-accepted  a guest, has redeemed
           10  exists-member    an internal user of the tenant
            5  duplicate        the same person as another row, or corrected since
           10  invalid          must be corrected in the sheet

    mails     800 requested from Microsoft in this run
    requests  1,024, 3 throttled, 5 retried
    results   guests.results.csv
    to fix    guests.to-fix.csv
    ledger    guestlist.db
    run       2026-11-22-0200-7f3a

    next      correct the 10 rows in guests.to-fix.csv, save it, then run
                guestlist invite guests.to-fix.csv
    ");
}

#[test]
fn few_rows_are_named_with_the_sheet_and_the_same_command() {
    let next = |by_hand: &[u64], outcomes: &[(Outcome, u64)], dry_run| {
        let report = RunReport {
            sheet: "hr/externals.xlsx".into(),
            outcomes: outcome_counts(outcomes.iter().copied()),
            to_fix: Some("hr/externals.to-fix.xlsx".into()),
            ..sample()
        };
        let by_hand = by_hand.iter().copied().collect();
        let summary = Summary {
            by_hand: &by_hand,
            dry_run,
            again: "guestlist invite hr/externals.xlsx",
            fix: Some("guestlist invite hr/externals.to-fix.xlsx"),
            ..summary(&report)
        };
        let text = shown(&summary);
        text[text.find("\nnext").unwrap() + 1..].to_owned()
    };
    let (done, invalid) = ((Outcome::Invited, 400), Outcome::Invalid);
    assert_eq!(
        next(&[17, 44, 92], &[done, (invalid, 3)], false),
        "next      correct rows 17, 44 and 92 in externals.xlsx, save it, and run the
          same command; or correct them in hr/externals.to-fix.xlsx, which says
          what is wrong, save it, and run
            guestlist invite hr/externals.to-fix.xlsx
"
    );
    let both = next(&[17], &[(invalid, 1), (Outcome::Unknown, 2)], false);
    assert!(both.starts_with("next      correct row 17 in externals.xlsx, save it, and run"));
    assert!(both.ends_with(
        "next      2 rows are not done yet; the same command goes on with them
            guestlist invite hr/externals.xlsx
"
    ));
    assert_eq!(
        next(
            &[17, 18],
            &[(invalid, 1), (Outcome::ExistsDeleted, 1)],
            false
        ),
        "next      see to rows 17 and 18: hr/externals.to-fix.xlsx says what to do;
          correct it, save it, then run
            guestlist invite hr/externals.to-fix.xlsx
"
    );
    insta::assert_snapshot!(next(&(2..14).collect::<Vec<_>>(), &[(invalid, 240)], false), @"
    next      correct the 240 rows in hr/externals.to-fix.xlsx, save it, then run
                guestlist invite hr/externals.to-fix.xlsx
    ");
}

#[test]
fn a_stopped_run_says_why_and_how_to_go_on() {
    let report = RunReport {
        outcomes: outcome_counts([(Outcome::Invited, 100), (Outcome::NotAttempted, 900)]),
        this_run: ThisRunReport {
            invited: 100,
            ..ThisRunReport::default()
        },
        stopped_by: Some("daily-cap".into()),
        to_fix: None,
        ..sample()
    };
    let summary = Summary {
        stopped: Some(
            "the daily cap of 100 invitations is reached; there is room again at 02:00 UTC",
        ),
        ..summary(&report)
    };
    insta::assert_snapshot!(shown(&summary), @"
    Contoso: 1,000 rows in 2 min 5 s

          100  invited          all in this run
          900  not-attempted    not reached

    mails     none requested in this run
    requests  1,024, 3 throttled, 5 retried
    results   guests.results.csv
    ledger    guestlist.db
    run       2026-11-22-0200-7f3a

    stopped   the daily cap of 100 invitations is reached; there is room again at
              02:00 UTC

    next      900 rows are not done yet; the same command goes on with them
                guestlist invite guests.csv
    ");
}

#[test]
fn rows_without_an_answer_are_not_called_not_invited() {
    let unknown = |requested, n| {
        let report = RunReport {
            rows: n + requested,
            outcomes: outcome_counts([(Outcome::Unknown, n), (Outcome::Invited, requested)]),
            this_run: ThisRunReport {
                invited: requested,
                mails_requested: requested,
                mails_unknown: n,
                ..ThisRunReport::default()
            },
            ..sample()
        };
        shown(&summary(&report))
    };
    let text = unknown(0, 2);
    assert!(
        text.contains("mails     none confirmed; 2 may have been mailed"),
        "{text}"
    );
    let text = unknown(5, 1);
    assert!(
        text.contains(
            "mails     5 requested from Microsoft in this run; 1 more may have been mailed"
        ),
        "{text}"
    );
}

#[test]
fn a_finished_sheet_leads_to_status() {
    let report = RunReport {
        rows: 25,
        outcomes: outcome_counts([(Outcome::Invited, 25)]),
        this_run: ThisRunReport::default(),
        to_fix: None,
        elapsed_seconds: 0.42,
        ..sample()
    };
    insta::assert_snapshot!(shown(&summary(&report)), @"
    Contoso: 25 rows in 0.4 s

           25  invited          all in earlier runs

    mails     none: nobody was invited in this run
    requests  1,024, 3 throttled, 5 retried
    results   guests.results.csv
    ledger    guestlist.db
    run       2026-11-22-0200-7f3a

    next      every row is done; to see who has redeemed, run
                guestlist invite guests.csv
    ");
}

#[test]
fn a_dry_run_says_that_nothing_was_changed_and_names_the_real_command() {
    let report = RunReport {
        rows: 3,
        outcomes: outcome_counts([(Outcome::WouldInvite, 2), (Outcome::ExistsMember, 1)]),
        to_fix: None,
        results: Some("guests.dry-run.csv".into()),
        ..sample()
    };
    let notes = ["whether somebody was deleted not long ago cannot be told: the app may not read deleted users".to_owned()];
    let summary = Summary {
        dry_run: true,
        notes: &notes,
        ..summary(&report)
    };
    insta::assert_snapshot!(shown(&summary), @"
    Contoso: dry run of 3 rows in 2 min 5 s, nothing was changed

            1  exists-member    an internal user of the tenant
            2  would-invite     would be invited

    requests  1,024, 3 throttled, 5 retried
    results   guests.dry-run.csv
    ledger    guestlist.db
    run       2026-11-22-0200-7f3a
    note      whether somebody was deleted not long ago cannot be told: the app may
              not read deleted users

    next      to invite 2 people, run
                guestlist invite guests.csv
    ");
}

#[test]
fn rows_that_were_not_selected_are_not_called_open() {
    let report = RunReport {
        rows: 10,
        outcomes: outcome_counts([(Outcome::Invited, 1), (Outcome::NotAttempted, 9)]),
        this_run: ThisRunReport {
            invited: 1,
            not_selected: 9,
            ..ThisRunReport::default()
        },
        to_fix: None,
        ..sample()
    };
    let text = shown(&summary(&report));
    assert!(text.contains("9  not-attempted    not selected"), "{text}");
    assert!(!text.contains("not done yet"), "{text}");
}

#[test]
fn rows_that_were_not_selected_are_not_called_done() {
    let mut report = RunReport {
        outcomes: outcome_counts([(Outcome::Invited, 1), (Outcome::NotAttempted, 5)]),
        to_fix: None,
        ..sample()
    };
    report.this_run.not_selected = 5;
    assert!(!shown(&summary(&report)).contains("every row is done"));
}

#[test]
fn what_is_wrong_is_told_with_its_rows() {
    let report = sample();
    let problems = [RunErrorShown::sample()];
    let summary = Summary {
        problems: &problems,
        ..summary(&report)
    };
    let text = shown(&summary);
    assert!(
        text.contains("problems  rows 11 and 12: `Event team` is not an address or an object id"),
        "{text}"
    );
}

#[test]
fn a_dry_run_that_stopped_does_not_say_that_there_is_nobody_to_invite() {
    let report = RunReport {
        rows: 3,
        outcomes: outcome_counts([(Outcome::NotAttempted, 3)]),
        to_fix: None,
        ..sample()
    };
    let summary = Summary {
        dry_run: true,
        stopped: Some("Graph cannot be reached"),
        ..summary(&report)
    };
    let text = shown(&summary);
    assert!(!text.contains("nobody to invite"), "{text}");
    assert!(text.contains("3 rows were not looked at"), "{text}");
}

#[test]
fn nobody_else_is_said_only_where_somebody_is_in_order() {
    let next = |outcomes: &[(Outcome, u64)]| {
        let report = RunReport {
            outcomes: outcome_counts(outcomes.iter().copied()),
            ..sample()
        };
        shown(&Summary {
            dry_run: true,
            ..summary(&report)
        })
    };
    let (invalid, twice) = ((Outcome::Invalid, 3), (Outcome::Duplicate, 1));
    let all_are_wrong = next(&[invalid, twice]);
    assert!(!all_are_wrong.contains("nobody"), "{all_are_wrong}");
    assert!(
        all_are_wrong.contains("correct the 3 rows"),
        "{all_are_wrong}"
    );
    let others_are_there = next(&[invalid, (Outcome::ExistsAccepted, 2)]);
    assert!(
        others_are_there.contains("there is nobody else to invite"),
        "{others_are_there}"
    );
}
