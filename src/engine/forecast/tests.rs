//! The forecast beside a run of the pacer itself, on a paused clock, with answers that take their time.

use super::*;
use crate::pace::{Kind, PROVEN_RATE, Pace, Rate, VERIFIED_FOR_A_STEP};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};

const WORKERS: u64 = 12;
/// An answer takes between these.
const ANSWERS: std::ops::Range<u64> = 100..500;
/// A look at the new guests takes this long.
const LOOK: Duration = Duration::from_millis(400);

fn planned(invitations: u64) -> Planned {
    Planned {
        invitations,
        relinks: 0,
        changes: 0,
        caps: CapLimits {
            in_this_run: None,
            daily: None,
            wait: Duration::ZERO,
        },
        recent: Vec::new(),
        now: "2026-03-01T08:00:00Z".parse().unwrap(),
        closed: Duration::ZERO,
        ends_after: None,
    }
}

fn pace(rate: Rate, verified: u64) -> PaceOptions {
    PaceOptions {
        rate,
        verified,
        ..PaceOptions::default()
    }
}

/// How long it really takes, and how many invitations leave.
async fn reality(planned: &Planned, options: &PaceOptions) -> (Duration, u64) {
    let pace = Pace::new(options);
    let start = Instant::now();
    let counted = CapCount::new(planned.caps, planned.recent.clone());
    let (counted, answered) = (Arc::new(Mutex::new(counted)), Arc::new(AtomicU64::new(0)));
    let left = Arc::new(AtomicU64::new(planned.invitations));
    let changes_each = planned.changes / planned.invitations;
    let workers: Vec<_> = (0..WORKERS)
        .map(|seed| {
            let (pace, left) = (pace.clone(), left.clone());
            let (counted, answered) = (counted.clone(), answered.clone());
            let (now, ends_after, verified) = (planned.now, planned.ends_after, options.verified);
            tokio::spawn(async move {
                let mut luck = fastrand::Rng::with_seed(seed);
                while left
                    .fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    loop {
                        let mut counted = counted.lock().await;
                        match counted.room(after(now, start.elapsed())) {
                            Admission::Taken => break,
                            Admission::After(wait) => sleep(wait).await,
                            Admission::Never(_) => return,
                        }
                    }
                    pace.before_invitation().await.unwrap();
                    if ends_after.is_some_and(|end| start.elapsed() > end) {
                        return;
                    }
                    let sent_at = Instant::now();
                    sleep(Duration::from_millis(luck.u64(ANSWERS))).await;
                    pace.answered(Kind::Invitation, sent_at);
                    let all = answered.fetch_add(1, Relaxed) + 1;
                    for _ in 0..changes_each {
                        pace.before_change(1).await.unwrap();
                    }
                    if all.is_multiple_of(VERIFIED_FOR_A_STEP) {
                        let pace = pace.clone();
                        tokio::spawn(async move {
                            sleep(LOOK).await;
                            pace.verified(verified + all);
                        });
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    let took = start.elapsed();
    // Whoever waits then learns of it later here than in a run.
    (
        planned.ends_after.map_or(took, |end| took.min(end)),
        answered.load(Relaxed),
    )
}

async fn compare(what: &str, planned: impl Fn() -> Planned, options: &PaceOptions) -> Forecast {
    let (took, invited) = reality(&planned(), options).await;
    let forecast = Forecast::of(planned(), options);
    println!("{what}: {took:.1?} for {invited}; {forecast:?}");
    let off = (forecast.takes.as_secs_f64() - took.as_secs_f64()).abs();
    assert!(
        off <= took.as_secs_f64() * 0.05 + 2.0,
        "{what}: {took:?} instead of {:?}",
        forecast.takes
    );
    let close = forecast.invitations.abs_diff(invited);
    assert!(
        close * 50 <= invited,
        "{what}: {invited} instead of {}",
        forecast.invitations
    );
    forecast
}

#[tokio::test(start_paused = true)]
async fn a_run_takes_as_long_as_the_forecast_says() {
    let auto = pace(Rate::Auto, 0);
    for rows in [1, 30, 60, 300, 1_000, 5_000] {
        let forecast = compare(&format!("auto, {rows}"), || planned(rows), &auto).await;
        let seconds = forecast.takes.as_secs();
        match rows {
            300 => assert!((130..=140).contains(&seconds), "{seconds}"),
            5_000 => assert!((715..=735).contains(&seconds), "{seconds}"),
            _ => {}
        }
    }
    for verified in [49, 50, 120, PROVEN_RATE] {
        let options = pace(Rate::Auto, verified);
        compare(&format!("auto after {verified}"), || planned(400), &options).await;
    }
    for rate in [0.5, 2.0, 20.0] {
        let options = pace(Rate::PerSecond(rate), 0);
        compare(&format!("{rate} a second"), || planned(700), &options).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_limits_are_in_the_forecast() {
    for rows in [2_000, 10_000] {
        let options = pace(Rate::PerSecond(25.0), 0);
        let forecast = compare("limits", || planned(rows), &options).await;
        assert_eq!(forecast.held_by_limits, rows == 10_000);
    }
    // Each invitation is followed by three changes, and all are writes.
    let with_changes = || Planned {
        changes: 6_000,
        ..planned(2_000)
    };
    let forecast = compare("changes", with_changes, &pace(Rate::Auto, PROVEN_RATE)).await;
    assert!(forecast.held_by_limits);
    let lowered = PaceOptions {
        invites_per_5s: 10,
        ..pace(Rate::PerSecond(5.0), 0)
    };
    compare("a lowered limit", || planned(500), &lowered).await;
}

#[tokio::test(start_paused = true)]
async fn caps_are_in_the_forecast() {
    let auto = pace(Rate::Auto, 0);
    let capped = |in_this_run, daily, minutes: u64| CapLimits {
        in_this_run,
        daily,
        wait: Duration::from_secs(minutes * 60),
    };
    let in_this_run = || Planned {
        caps: capped(Some(100), None, 0),
        ..planned(300)
    };
    let forecast = compare("--max-invites", in_this_run, &auto).await;
    assert_eq!(
        (forecast.invitations, forecast.ended_by),
        (100, Some(EndedBy::MaxInvites(100)))
    );
    // Ninety of yesterday's count; thirty of them leave room within the hour.
    let recent = |planned: &Planned| -> Vec<Timestamp> {
        let day_ago = planned.now - SignedDuration::from_hours(24);
        (0..90)
            .map(|n| day_ago + SignedDuration::from_mins(2 * (n + 1)))
            .collect()
    };
    let daily = |minutes: u64| {
        move || Planned {
            caps: capped(None, Some(200), minutes),
            recent: recent(&planned(1)),
            ..planned(300)
        }
    };
    let forecast = compare("--daily-cap", daily(0), &auto).await;
    let ended = (forecast.invitations, forecast.ended_by);
    assert_eq!(ended, (110, Some(EndedBy::DailyCap(200))));
    assert!(forecast.cap_wait.is_zero());
    let forecast = compare("--daily-cap with a wait", daily(90), &auto).await;
    assert_eq!(
        (forecast.invitations, forecast.ended_by),
        (200, Some(EndedBy::DailyCap(200)))
    );
    assert!(forecast.cap_wait > Duration::from_secs(60 * 60));
    let for_a_minute = || Planned {
        ends_after: Some(Duration::from_secs(60)),
        ..planned(300)
    };
    let forecast = compare("--max-duration", for_a_minute, &auto).await;
    assert_eq!(forecast.ended_by, Some(EndedBy::MaxDuration));
}

#[test]
fn without_a_rate_nothing_is_foretold() {
    let fast = PaceOptions {
        invites_per_5s: 0,
        writes_per_150s: 0,
        ..pace(Rate::Max, 0)
    };
    let forecast = Forecast::of(planned(1_000), &fast);
    assert_eq!((forecast.rates, forecast.takes), (None, Duration::ZERO));
}

#[test]
fn silent_invitations_for_links_take_their_time_and_raise_no_rate() {
    let auto = pace(Rate::Auto, 0);
    let with = |invitations: u64, relinks: u64| {
        let planned = Planned {
            relinks,
            ..planned(invitations)
        };
        Forecast::of(planned, &auto)
    };
    // Nobody of them is verified, so the rate stays at one a second.
    let links = with(0, 300);
    assert_eq!(links.invitations, 300);
    assert!((295..=305).contains(&links.takes.as_secs()), "{links:?}");
    let (alone, both) = (with(300, 0), with(300, 300));
    assert_eq!(both.invitations, 600);
    // Each step of the rate comes after twice as many requests.
    let slower = both.takes.as_secs_f64() / alone.takes.as_secs_f64();
    assert!((1.9..=2.1).contains(&slower), "{alone:?} {both:?}");
    assert_eq!(alone.rates, both.rates);
}
