//! The lines of the progress at several widths.

use super::*;
use std::sync::{Arc, Mutex};

fn inviting() -> Progress {
    Progress {
        phase: Phase::Inviting,
        total: Some(1_000),
        done: 412,
        invited: 380,
        existing: 20,
        not_done: 12,
        ..Progress::default()
    }
}

fn now() -> Timestamp {
    "2026-11-26T13:00:00Z".parse().unwrap()
}

fn waiting(why: WaitReason, millis: i64) -> Waiting {
    let until = now() + jiff::SignedDuration::from_millis(millis);
    Waiting { why, until }
}

#[test]
fn the_line_says_how_far_how_fast_and_what_is_going_on() {
    let said = |progress: &Progress| status(progress, Some(7.96), now());
    assert_eq!(
        said(&inviting()),
        "412 of 1,000 · inviting · 1 min left · 8.0/s · 12 not done · 380 invited · 20 already here"
    );
    let states = Progress {
        phase: Phase::States,
        done: 20,
        ..Progress::default()
    };
    assert_eq!(status(&states, None, now()), "20 · reading who has come");
    let looking = Progress {
        phase: Phase::Looking,
        looking_up: 40,
        ..Progress::default()
    };
    assert_eq!(status(&looking, None, now()), "0 · looking up 40 people");
    let settling = Progress {
        phase: Phase::Settling,
        done: 997,
        parked: 3,
        ..inviting()
    };
    assert!(said(&settling).starts_with("997 of 1,000 · settling 3 unknown rows · "));
    assert!(!said(&settling).contains("3 unknown ·"));
}

#[test]
fn a_wait_is_named_with_its_reason_and_its_end() {
    let said = |why, millis| {
        let progress = Progress {
            waiting: Some(waiting(why, millis)),
            parked: 2,
            ..inviting()
        };
        status(&progress, Some(7.96), now())
    };
    assert_eq!(
        said(WaitReason::RetryAfter, 11_200),
        "412 of 1,000 · waiting 12 s, asked to by Graph · 12 not done · 2 unknown · 380 invited · 20 already here"
    );
    for (why, millis, words) in [
        (
            WaitReason::DailyCap,
            65 * 60_000,
            "waiting for room under the daily cap until 14:05 UTC",
        ),
        (
            WaitReason::SlowDown,
            4_000,
            "waiting 4 s, asked to slow down by Graph",
        ),
        (
            WaitReason::Outage,
            4_000,
            "Graph accepts nothing now, next try in 4 s",
        ),
        (
            WaitReason::SignIn,
            500,
            "waiting 1 s for the sign-in service",
        ),
        (WaitReason::RetryAfter, 500_000, "waiting 8 min 20 s, asked"),
        (WaitReason::RetryAfter, 0, "· inviting · "),
    ] {
        let said = said(why, millis);
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn on_a_narrow_terminal_every_number_that_is_shown_is_whole() {
    let shown = |progress: &Progress, width: usize| {
        let (length, room) = layout(width);
        let text = fitting(&parts(progress, Some(7.96), now()), room);
        assert!(text.chars().count() <= room, "{width}: {text}");
        (length, text)
    };
    let text = |length, text: &str| (length, text.to_owned());
    assert_eq!(
        shown(&inviting(), 140),
        text(
            20,
            "412 of 1,000 · inviting · 1 min left · 8.0/s · 12 not done · 380 invited · 20 already here"
        )
    );
    assert_eq!(
        shown(&inviting(), 80),
        text(
            10,
            "412 of 1,000 · inviting · 1 min left · 8.0/s · 12 not done"
        )
    );
    assert_eq!(
        shown(&inviting(), 40),
        text(0, "412 of 1,000 · inviting · 1 min left")
    );
    let waits = Progress {
        waiting: Some(waiting(WaitReason::RetryAfter, 12_000)),
        ..inviting()
    };
    assert_eq!(
        shown(&waits, 80),
        text(
            10,
            "412 of 1,000 · waiting 12 s, asked to by Graph · 12 not done"
        )
    );
    assert_eq!(
        shown(&waits, 40),
        text(0, "412/1,000 · waits 12 s · 12 not done")
    );
    let cap = Progress {
        waiting: Some(waiting(WaitReason::DailyCap, 65 * 60_000)),
        ..inviting()
    };
    assert_eq!(
        shown(&cap, 80),
        text(
            10,
            "412 of 1,000 · waiting for room under the daily cap until 14:05 UTC"
        )
    );
    assert_eq!(shown(&cap, 40), text(0, "412/1,000 · cap until 14:05 UTC"));
    for width in 0..200 {
        shown(&waits, width);
        shown(&cap, width);
        shown(&inviting(), width);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_terminal_there_is_a_line_every_half_minute() {
    let (sender, numbers) = watch::channel(inviting());
    let (stop, stopped) = oneshot::channel::<()>();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let seen = lines.clone();
    let view = tokio::spawn(show_lines(numbers, stopped, move |line| {
        seen.lock().unwrap().push(line);
    }));
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert!(lines.lock().unwrap().is_empty(), "a short run says nothing");
    sender.send_modify(|progress| progress.done = 652);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(
        *lines.lock().unwrap(),
        [
            "652 of 1,000 · inviting · 45 s left · 8.0/s · 12 not done · 380 invited · 20 already here"
        ]
    );
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(lines.lock().unwrap().len(), 3);
    drop(stop);
    view.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn speed_forgets_what_is_long_ago_and_other_phases() {
    let mut speed = Speed::default();
    let mut progress = inviting();
    let mut last = None;
    for second in 0..60 {
        progress.done = if second < 30 {
            second * 100
        } else {
            3_000 + (second - 30) * 2
        };
        last = speed.measure(&progress, Instant::now());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((last.unwrap() - 2.0).abs() < 0.01, "{last:?}");
    progress.phase = Phase::Verifying;
    assert_eq!(speed.measure(&progress, Instant::now()), None);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(speed.measure(&progress, Instant::now()).is_some());
    progress.waiting = Some(waiting(WaitReason::RetryAfter, 1_000));
    assert_eq!(speed.measure(&progress, Instant::now()), None);
}

#[tokio::test]
async fn a_view_ends_when_it_is_told_to() {
    let (_sender, numbers) = watch::channel(inviting());
    for mode in [ProgressMode::Bar, ProgressMode::Lines, ProgressMode::Hidden] {
        let view = ProgressView::start(numbers.clone(), mode);
        tokio::time::timeout(Duration::from_secs(5), view.finish())
            .await
            .unwrap();
    }
}
