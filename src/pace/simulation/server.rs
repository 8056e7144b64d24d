//! A server that throttles as Microsoft documents it, and workers that ask it, on a paused clock.
//!
//! Test code only. It counts refused requests too, and answers after a latency that varies; workers are greedy.

use super::super::{Kind, Pace};
use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

/// Arrivals that a server lets through in a window of time. Refused ones count too.
pub(super) struct Limit {
    arrivals: u32,
    window: Duration,
    model: Model,
}

enum Model {
    /// No window holds more.
    Window(VecDeque<Instant>),
    /// It begins full, refills evenly, and a refused arrival leaves a debt of at most a tenth.
    Bucket(f64, Instant),
}

impl Limit {
    pub(super) fn new(arrivals: u32, seconds: u64) -> Self {
        Self {
            arrivals,
            window: Duration::from_secs(seconds),
            model: Model::Window(VecDeque::new()),
        }
    }

    pub(super) fn bucket(arrivals: u32, seconds: u64) -> Self {
        Self {
            model: Model::Bucket(f64::from(arrivals), Instant::now()),
            ..Self::new(arrivals, seconds)
        }
    }

    /// How long to stay away, when this arrival is one too many.
    fn arrival(&mut self, now: Instant) -> Option<Duration> {
        let most = self.arrivals as usize;
        match &mut self.model {
            Model::Window(seen) => {
                while seen.front().is_some_and(|at| *at + self.window <= now) {
                    seen.pop_front();
                }
                let refused = seen.len() >= most;
                seen.push_back(now);
                let keep = seen.len() - seen.len().min(most);
                refused.then(|| seen[keep] + self.window - now)
            }
            Model::Bucket(level, at) => {
                let full = f64::from(self.arrivals);
                let per_second = full / self.window.as_secs_f64();
                let before = (*level + (now - *at).as_secs_f64() * per_second).min(full);
                (*level, *at) = ((before - 1.0).max(-full / 10.0), now);
                (before < 1.0).then(|| Duration::from_secs_f64((1.0 - *level) / per_second))
            }
        }
    }
}

pub(super) struct Server {
    limits: Mutex<Vec<Limit>>,
    closed_until: Mutex<Instant>,
    luck: Mutex<fastrand::Rng>,
    requests: AtomicU32,
    throttled: AtomicU32,
    /// Requests that were sent although an answer received before had said "not yet".
    too_early: AtomicU32,
    last_success: AtomicU64,
    pub(super) start: Instant,
    /// Milliseconds that a request or an answer travels at most.
    longest_way: u64,
}

impl Server {
    pub(super) fn new(limits: Vec<Limit>) -> Arc<Self> {
        Self::far_away(limits, 40)
    }

    pub(super) fn far_away(limits: Vec<Limit>, longest_way: u64) -> Arc<Self> {
        Self::with_luck(limits, longest_way, 7)
    }

    pub(super) fn with_luck(limits: Vec<Limit>, longest_way: u64, seed: u64) -> Arc<Self> {
        let start = Instant::now();
        Arc::new(Self {
            limits: Mutex::new(limits),
            closed_until: Mutex::new(start),
            luck: Mutex::new(fastrand::Rng::with_seed(seed)),
            requests: AtomicU32::new(0),
            throttled: AtomicU32::new(0),
            too_early: AtomicU32::new(0),
            last_success: AtomicU64::new(0),
            start,
            longest_way,
        })
    }

    async fn travel(&self) {
        let millis = self.luck.lock().unwrap().u64(5..self.longest_way);
        sleep(Duration::from_millis(millis)).await;
    }

    async fn ask(&self) -> Result<(), Duration> {
        if Instant::now() < *self.closed_until.lock().unwrap() {
            self.too_early.fetch_add(1, Ordering::Relaxed);
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.travel().await;
        let refused = {
            let mut limits = self.limits.lock().unwrap();
            let now = Instant::now();
            limits
                .iter_mut()
                .filter_map(|limit| limit.arrival(now))
                .max()
        };
        self.travel().await;
        let Some(wait) = refused else {
            let millis = self.start.elapsed().as_millis() as u64;
            self.last_success.fetch_max(millis, Ordering::Relaxed);
            return Ok(());
        };
        self.throttled.fetch_add(1, Ordering::Relaxed);
        let wait = Duration::from_secs(wait.as_secs() + 1);
        let mut closed = self.closed_until.lock().unwrap();
        *closed = (*closed).max(Instant::now() + wait);
        Err(wait)
    }
}

pub(super) struct Told {
    pub seconds: f64,
    pub requests: u32,
    pub throttled: u32,
    pub too_early: u32,
}

pub(super) async fn run(pace: &Pace, server: &Arc<Server>, rows: u32, workers: u32) -> Told {
    let left = Arc::new(AtomicU32::new(rows));
    // As the engine does: a few workers go ahead, and more follow with the answers.
    let places = Arc::new(Semaphore::new(5));
    let answers = Arc::new(AtomicU32::new(0));
    let workers: Vec<_> = (0..workers)
        .map(|_| {
            let (pace, server, left) = (pace.clone(), server.clone(), left.clone());
            let (places, answers) = (places.clone(), answers.clone());
            tokio::spawn(async move {
                let mine = |left: u32| left.checked_sub(1);
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, mine)
                    .is_ok()
                {
                    let _place = places.acquire().await.unwrap();
                    loop {
                        pace.before_invitation().await.unwrap();
                        sleep(Duration::from_millis(2)).await; // The intent becomes durable.
                        pace.gate().await.unwrap();
                        let sent_at = Instant::now();
                        match server.ask().await {
                            Ok(()) => {
                                pace.answered(Kind::Invitation, sent_at);
                                if answers.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
                                    places.add_permits(1);
                                }
                                break;
                            }
                            Err(wait) => pace
                                .throttled(Kind::Invitation, sent_at, Some(wait))
                                .unwrap(),
                        }
                    }
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    Told {
        seconds: server.last_success.load(Ordering::Relaxed) as f64 / 1_000.0,
        requests: server.requests.load(Ordering::Relaxed),
        throttled: server.throttled.load(Ordering::Relaxed),
        too_early: server.too_early.load(Ordering::Relaxed),
    }
}
