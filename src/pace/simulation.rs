//! The pacer against a server that throttles as Microsoft documents it, on a paused clock.
//!
//! Test code only.

mod server; // what throttles, and who asks

mod throttle_share; // how many requests are refused, over many kinds of servers

use super::{Kind, PROVEN_RATE, Pace, PaceOptions, Rate, TooLong};
use server::{Limit, Server, run};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long the documented limits make `rows` take for somebody who knows them and has no latency.
fn best_possible_seconds(rows: usize) -> f64 {
    let mut sent: Vec<f64> = Vec::with_capacity(rows);
    for i in 0..rows {
        let short = i.checked_sub(150).map_or(0.0, |j| sent[j] + 5.0);
        let long = i.checked_sub(3_000).map_or(0.0, |j| sent[j] + 150.0);
        sent.push(short.max(long));
    }
    sent[rows - 1]
}

fn documented() -> Vec<Limit> {
    vec![Limit::new(150, 5), Limit::new(3_000, 150)]
}

fn without_ceilings(rate: Rate) -> PaceOptions {
    PaceOptions {
        rate,
        invites_per_5s: 0,
        writes_per_150s: 0,
        resource_units_per_10s: 0,
        ..PaceOptions::default()
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_allowance_is_used_and_hardly_ever_overdrawn() {
    for rate in [Rate::Max, Rate::PerSecond(100.0)] {
        let pace = Pace::new(&PaceOptions {
            rate,
            ..PaceOptions::default()
        });
        let told = run(&pace, &Server::new(documented()), 8_700, 32).await;
        let used = best_possible_seconds(8_700) / told.seconds;
        assert!(used >= 0.97, "{rate:?}: {used:.4} of the allowed rate");
        let refused = f64::from(told.throttled) / f64::from(told.requests);
        assert!(
            refused <= 0.005,
            "{rate:?}: {refused:.4} of the requests refused"
        );
        assert_eq!(told.too_early, 0, "{rate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_uneven_way_to_the_server_is_learnt() {
    let pace = Pace::new(&PaceOptions {
        rate: Rate::Max,
        ..PaceOptions::default()
    });
    let server = Server::far_away(documented(), 200);
    let told = run(&pace, &server, 8_700, 32).await;
    let used = best_possible_seconds(8_700) / told.seconds;
    assert!(used >= 0.94, "{used:.4} of the allowed rate");
    assert!(told.throttled <= 10, "{} refused", told.throttled);
}

#[tokio::test(start_paused = true)]
async fn the_invitation_window_alone_is_kept_too() {
    let pace = Pace::new(&PaceOptions {
        writes_per_150s: 0,
        ..without_ceilings(Rate::Max)
    });
    assert_eq!(pace.current_rate(), None);
    let pace = Pace::new(&PaceOptions {
        rate: Rate::Max,
        writes_per_150s: 0,
        ..PaceOptions::default()
    });
    let told = run(&pace, &Server::new(vec![Limit::new(150, 5)]), 3_000, 16).await;
    assert!(3_000.0 / told.seconds >= 0.97 * 30.0, "{} s", told.seconds);
    assert_eq!(told.throttled, 0);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_nobody_documented_is_found() {
    for rate in [Rate::Max, Rate::PerSecond(50.0)] {
        let pace = Pace::new(&without_ceilings(rate));
        let told = run(&pace, &Server::new(vec![Limit::new(150, 10)]), 6_000, 16).await;
        let goodput = 6_000.0 / told.seconds;
        assert!(goodput >= 0.8 * 15.0, "{rate:?}: {goodput:.2}/s");
        let refused = f64::from(told.throttled) / f64::from(told.requests);
        assert!(
            refused <= 0.02,
            "{rate:?}: {refused:.4} of the requests refused"
        );
        assert_eq!(told.too_early, 0, "{rate:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_opens_gently_and_reaches_its_target() {
    let pace = Pace::new(&PaceOptions {
        verified: PROVEN_RATE,
        ..without_ceilings(Rate::Auto)
    });
    assert_eq!(pace.current_rate(), Some(1.0));
    let server = Server::new(Vec::new());
    run(&pace, &server, 3, 8).await;
    assert!(
        server.start.elapsed() >= Duration::from_millis(900),
        "a blast at the start"
    );
    run(&pace, &server, 100, 8).await;
    assert_eq!(pace.current_rate(), Some(8.0));
    assert_eq!(pace.rising_target(), None);
}

#[tokio::test(start_paused = true)]
async fn auto_rises_with_what_is_verified_and_a_throttle_takes_a_step_back() {
    let pace = Pace::new(&without_ceilings(Rate::Auto));
    let server = Server::new(Vec::new());
    run(&pace, &server, 60, 2).await;
    assert_eq!(pace.current_rate(), Some(1.0));
    pace.verified(100);
    assert_eq!(pace.current_rate(), Some(1.0), "a jump");
    run(&pace, &server, 60, 2).await;
    assert_eq!(pace.current_rate(), Some(2.25));
    let sent_at = Instant::now();
    for _ in 0..8 {
        pace.throttled(Kind::Invitation, sent_at, None).unwrap();
    }
    pace.gate().await.unwrap();
    run(&pace, &server, 60, 2).await;
    assert_eq!(pace.current_rate(), Some(1.5), "one step for one burst");
    pace.verified(PROVEN_RATE);
    run(&pace, &server, 300, 8).await;
    assert!(pace.current_rate().unwrap() > 7.5);
}

#[tokio::test(start_paused = true)]
async fn while_the_server_throttles_verified_guests_raise_nothing() {
    let pace = Pace::new(&without_ceilings(Rate::Auto));
    let server = Server::new(Vec::new());
    pace.verified(100);
    run(&pace, &server, 60, 2).await;
    let sent_at = Instant::now();
    let wait = Duration::from_secs(30);
    pace.throttled(Kind::Invitation, sent_at, Some(wait))
        .unwrap();
    let cut = pace.current_rate().unwrap();
    assert!(cut < 2.25);
    pace.verified(PROVEN_RATE);
    for _ in 0..29 {
        sleep(Duration::from_secs(1)).await;
        // Answers to what was under way.
        pace.answered(Kind::Invitation, sent_at);
        assert_eq!(pace.current_rate(), Some(cut));
    }
    pace.before_invitation().await.unwrap();
    assert!(sent_at.elapsed() >= wait);
    assert_eq!(pace.current_rate(), Some(cut));
}

#[tokio::test(start_paused = true)]
async fn auto_slows_down_before_it_is_throttled_and_comes_back() {
    let pace = Pace::new(&PaceOptions {
        verified: PROVEN_RATE,
        ..without_ceilings(Rate::Auto)
    });
    let server = Server::new(Vec::new());
    run(&pace, &server, 100, 8).await;
    assert_eq!(pace.current_rate(), Some(8.0));
    // Less than 0.8 says nothing, and one busy time is one sign.
    pace.limit_is_used(0.79, Instant::now());
    assert_eq!(pace.current_rate(), Some(8.0));
    for _ in 0..50 {
        pace.limit_is_used(0.93, Instant::now());
    }
    assert_eq!(pace.current_rate(), Some(7.593_75));
    for wanted in [5.062_5, 3.375, 2.25, 1.5, 1.0, 1.0] {
        sleep(Duration::from_secs(31)).await;
        pace.limit_is_used(1.2, Instant::now());
        assert_eq!(pace.current_rate(), Some(wanted));
    }
    // Nothing was closed, and further verified guests raise the rate again.
    assert_eq!(pace.closed(), None);
    pace.verified(PROVEN_RATE + 50);
    run(&pace, &server, 60, 8).await;
    assert_eq!(pace.current_rate(), Some(1.5));

    // A rate that somebody named uses the limits in full.
    let named = Pace::new(&without_ceilings(Rate::PerSecond(8.0)));
    run(&named, &server, 100, 8).await;
    named.limit_is_used(0.95, Instant::now());
    assert_eq!(named.current_rate(), Some(8.0));
}

/// POSTs in 15 minutes to a server that throttles every one and says this.
async fn asked_in_a_quarter_of_an_hour(retry_after: Option<Duration>, workers: u32) -> u32 {
    let pace = Pace::new(&without_ceilings(Rate::Max));
    let end = Instant::now() + Duration::from_secs(15 * 60);
    let asked = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (0..workers)
        .map(|_| {
            let (pace, asked) = (pace.clone(), asked.clone());
            tokio::spawn(async move {
                while tokio::time::timeout_at(end, pace.before_invitation())
                    .await
                    .is_ok()
                {
                    let sent_at = Instant::now();
                    asked.fetch_add(1, Ordering::Relaxed);
                    sleep(Duration::from_millis(50)).await;
                    pace.throttled(Kind::Invitation, sent_at, retry_after)
                        .unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    asked.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn a_server_that_throttles_for_ever_is_asked_ever_more_seldom() {
    for retry_after in [Some(Duration::ZERO), Some(Duration::from_secs(1)), None] {
        let alone = asked_in_a_quarter_of_an_hour(retry_after, 1).await;
        assert!((19..=20).contains(&alone), "{retry_after:?}: {alone}");
        let eight = asked_in_a_quarter_of_an_hour(retry_after, 8).await;
        assert!(eight <= 8 * 20, "{retry_after:?}: {eight}");
    }
}

#[tokio::test(start_paused = true)]
async fn one_burst_of_refusals_cuts_once() {
    let pace = Pace::new(&without_ceilings(Rate::PerSecond(8.0)));
    run(&pace, &Server::new(Vec::new()), 100, 8).await;
    let sent_at = Instant::now();
    sleep(Duration::from_millis(100)).await;
    for _ in 0..64 {
        pace.throttled(Kind::Invitation, sent_at, Some(Duration::from_secs(2)))
            .unwrap();
    }
    let rate = pace.current_rate().unwrap();
    assert!((rate - 5.6).abs() < 0.01, "{rate}");
    pace.gate().await.unwrap();
    pace.throttled(
        Kind::Invitation,
        Instant::now(),
        Some(Duration::from_secs(2)),
    )
    .unwrap();
    assert!(pace.current_rate().unwrap() < rate);
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_the_rate_grows_by_five_percent_a_second_and_only_when_it_is_the_limit() {
    let pace = Pace::new(&without_ceilings(Rate::PerSecond(8.0)));
    let server = Server::new(Vec::new());
    run(&pace, &server, 100, 8).await;
    pace.throttled(
        Kind::Invitation,
        Instant::now(),
        Some(Duration::from_secs(1)),
    )
    .unwrap();
    pace.gate().await.unwrap();
    let cut = pace.current_rate().unwrap();
    for _ in 0..10 {
        sleep(Duration::from_secs(1)).await;
        pace.before_invitation().await.unwrap();
        pace.answered(Kind::Invitation, Instant::now());
    }
    let idle = pace.current_rate().unwrap();
    assert!(idle <= cut * 1.051, "{idle} after idling at {cut}");
    run(&pace, &server, 60, 8).await;
    let busy = pace.current_rate().unwrap();
    assert!(
        busy > idle * 1.3 && busy <= 8.0,
        "{busy} after work at {idle}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_success_does_not_reopen_the_gate() {
    let pace = Pace::new(&without_ceilings(Rate::Max));
    let start = Instant::now();
    pace.throttled(Kind::Invitation, start, Some(Duration::from_secs(30)))
        .unwrap();
    pace.answered(Kind::Invitation, Instant::now());
    pace.before_invitation().await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(30));
    assert!(pace.current_rate().is_some(), "a throttle teaches a rate");
}

#[tokio::test(start_paused = true)]
async fn refusals_without_a_wait_close_the_gate_for_longer_each_time() {
    let pace = Pace::new(&without_ceilings(Rate::Max));
    let mut waits = Vec::new();
    for _ in 0..4 {
        let before = Instant::now();
        pace.throttled(Kind::Invitation, before, None).unwrap();
        pace.gate().await.unwrap();
        waits.push(before.elapsed());
        // Reads that go well in between say nothing about invitations.
        pace.answered(Kind::Read, Instant::now());
    }
    assert!(waits.is_sorted() && waits[3] >= 4 * waits[0], "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_patience_is_an_error_for_everybody() {
    let pace = Pace::new(&PaceOptions::default());
    let wait = Duration::from_secs(601);
    assert_eq!(
        pace.throttled(Kind::Invitation, Instant::now(), Some(wait)),
        Err(TooLong { wait })
    );
    assert!(pace.before_invitation().await.is_err());
    assert!(pace.before_read(1).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn reads_keep_their_ceiling() {
    let pace = Pace::new(&PaceOptions {
        resource_units_per_10s: 100,
        ..PaceOptions::default()
    });
    let start = Instant::now();
    for _ in 0..5 {
        pace.before_read(20).await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    pace.before_read(20).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn at_full_speed_nobody_waits() {
    let pace = Pace::new(&without_ceilings(Rate::Max));
    let start = Instant::now();
    for _ in 0..100_000 {
        pace.before_invitation().await.unwrap();
        pace.before_read(20).await.unwrap();
        pace.gate().await.unwrap();
        pace.answered(Kind::Invitation, Instant::now());
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(pace.current_rate(), None);
}

mod bounds {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Event {
        Invite,
        Answer,
        Throttle { seconds: u64, sent_before: u64 },
        Pause(u64),
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            4 => Just(Event::Invite),
            4 => Just(Event::Answer),
            1 => (0_u64..5, 0_u64..3_000)
                .prop_map(|(seconds, sent_before)| Event::Throttle { seconds, sent_before }),
            2 => (0_u64..3_000).prop_map(Event::Pause),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_rate_stays_between_the_slowest_and_the_target(
            target in 0.2_f64..200.0,
            events in prop::collection::vec(event(), 1..200),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                sleep(Duration::from_secs(10)).await;
                let pace = Pace::new(&without_ceilings(Rate::PerSecond(target)));
                let born = Instant::now();
                for event in events {
                    let before = pace.current_rate().unwrap();
                    match event {
                        Event::Invite => pace.before_invitation().await.unwrap(),
                        Event::Answer => {
                            pace.answered(Kind::Invitation, Instant::now());
                            prop_assert!(pace.current_rate().unwrap() <= before * 2.0 + 1e-9);
                        }
                        Event::Throttle { seconds, sent_before } => {
                            let now = Instant::now();
                            let sent_at = now.checked_sub(Duration::from_millis(sent_before))
                                .unwrap_or(born).max(born);
                            pace.throttled(Kind::Invitation, sent_at, Some(Duration::from_secs(seconds))).unwrap();
                            prop_assert!(pace.current_rate().unwrap() <= before);
                        }
                        Event::Pause(millis) => sleep(Duration::from_millis(millis)).await,
                    }
                    let rate = pace.current_rate().unwrap();
                    prop_assert!((0.1 - 1e-9..=target + 1e-9).contains(&rate), "{rate}");
                }
                Ok(())
            })?;
        }
    }
}
