//! How many requests are refused under the documented limits when the run does not know them, and how much of the allowed
//! rate is used: servers with a burst and with windows, near and far, over many seeds.

use super::{
    super::{Pace, Rate},
    best_possible_seconds, documented,
    server::{Limit, Server, run},
    without_ceilings,
};

const ROWS: u32 = 8_000;
const SHARE: f64 = 0.005;

/// More with `GUESTLIST_LONG`.
fn seeds() -> std::ops::Range<u64> {
    0..if std::env::var_os("GUESTLIST_LONG").is_some() {
        25
    } else {
        1
    }
}

/// The documented limits as buckets that begin full: a burst passes at once.
fn with_a_burst() -> Vec<Limit> {
    vec![Limit::bucket(150, 5), Limit::bucket(3_000, 150)]
}

/// How long these limits make the rows take for somebody who knows them.
fn best_with_a_burst() -> f64 {
    let rows = f64::from(ROWS);
    ((rows - 150.0) / 30.0).max((rows - 3_000.0) / 20.0)
}

/// Over the seeds of one kind of server; a single unlucky run may be refused twice as often.
async fn check(limits: fn() -> Vec<Limit>, best: f64, least_used: f64) {
    for rate in [Rate::Max, Rate::PerSecond(100.0), Rate::PerSecond(30.0)] {
        for longest_way in [60, 200] {
            let (mut throttled, mut requests) = (0, 0);
            for seed in seeds() {
                let case = format!("{rate:?}, {longest_way} ms, seed {seed}");
                let pace = Pace::new(&without_ceilings(rate));
                let server = Server::with_luck(limits(), longest_way, seed);
                let told = run(&pace, &server, ROWS, 64).await;
                let share = f64::from(told.throttled) / f64::from(told.requests);
                let used = best / told.seconds;
                println!(
                    "{case}: {:.2} % refused, {:.1} % used",
                    share * 100.0,
                    used * 100.0
                );
                assert!(
                    share <= 2.0 * SHARE,
                    "{case}: {share:.4} of the requests refused"
                );
                assert!(
                    used >= least_used,
                    "{case}: {used:.3} of the allowed rate used"
                );
                throttled += told.throttled;
                requests += told.requests;
            }
            let share = f64::from(throttled) / f64::from(requests);
            assert!(
                share <= SHARE,
                "{rate:?}, {longest_way} ms: {share:.4} of all requests refused"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_does_not_mislead() {
    check(with_a_burst, best_with_a_burst(), 0.97).await;
}

#[tokio::test(start_paused = true)]
async fn windows_are_found_too() {
    check(documented, best_possible_seconds(ROWS as usize), 0.85).await;
}
