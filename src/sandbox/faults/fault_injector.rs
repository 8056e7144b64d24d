//! Decides which fault of the weather a request gets: first the script, then the chances.
//!
//! It only decides. `fault_replies` and `invitations` carry the fault out.

use crate::sandbox::{
    faults::{
        fault::{FaultBody, FaultKind, ThrottleName},
        weather::{FaultChances, ScriptStep, Weather},
    },
    messages::request_kind::RequestKind,
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    time::Duration,
};

/// The fault of one request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct InjectedFault {
    pub kind: FaultKind,
    pub status: u16,
    pub body: FaultBody,
    pub throttled_as: ThrottleName,
    pub retry_after: Option<String>,
    /// Time until the connection of a lost answer is closed.
    pub lost_for: Duration,
}

#[derive(Debug)]
pub(crate) struct FaultInjector {
    rng: fastrand::Rng,
    script: Vec<ScriptStep>,
    /// Number of invitations by (hashed) address. Each attempt has its own draw.
    attempts: HashMap<u64, u32>,
}

impl FaultInjector {
    pub(crate) fn new(weather: &Weather) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(weather.seed),
            script: weather.script.clone(),
            attempts: HashMap::new(),
        }
    }

    /// The fault of a request. With an `address` the draw does not depend on the order in which requests arrive.
    pub(crate) fn draw(
        &mut self,
        weather: &Weather,
        request_kind: RequestKind,
        address: Option<&str>,
    ) -> Option<InjectedFault> {
        if let Some(fault) = self.scripted(request_kind) {
            return Some(fault);
        }
        let chances = weather
            .faults
            .get(&request_kind)
            .or_else(|| weather.faults.get(&RequestKind::All))?;
        let mut rng = match address {
            Some(address) => self.rng_of_next_attempt(weather.seed, address),
            None => self.rng.fork(),
        };
        let drawn = rng.f64();
        let mut sum = 0.0;
        let kind = chances.chances().into_iter().find_map(|(kind, chance)| {
            sum += chance;
            (drawn < sum).then_some(kind)
        })?;
        if kind.is_for_invitations() && request_kind != RequestKind::Invitations {
            return None;
        }
        Some(with_details(kind, chances, &mut rng))
    }

    /// Every step of the script counts the request; the first one whose turn it is gives the fault.
    fn scripted(&mut self, request_kind: RequestKind) -> Option<InjectedFault> {
        let mut found = None;
        for step in &mut self.script {
            if step.kind != request_kind && step.kind != RequestKind::All {
                continue;
            }
            if step.skip > 0 {
                step.skip -= 1;
            } else if step.count > 0 && found.is_none() {
                step.count -= 1;
                found = Some(InjectedFault {
                    kind: step.fault,
                    status: step.status.unwrap_or(503),
                    body: step.body,
                    throttled_as: step.throttled_as,
                    retry_after: step.retry_after.clone(),
                    lost_for: Duration::from_millis(step.lost_ms),
                });
            }
        }
        self.script.retain(|step| step.count > 0);
        found
    }

    fn rng_of_next_attempt(&mut self, seed: u64, address: &str) -> fastrand::Rng {
        let mut hasher = siphasher::sip::SipHasher13::new_with_keys(seed, 0);
        address.to_lowercase().hash(&mut hasher);
        let address = hasher.finish();
        let attempt = self.attempts.entry(address).or_default();
        *attempt += 1;
        fastrand::Rng::with_seed(address.wrapping_add(u64::from(*attempt).rotate_left(32)))
    }

    pub(crate) fn latency(&mut self, weather: &Weather) -> Duration {
        let (min, max) = (weather.latency.min_ms, weather.latency.max_ms);
        if max == 0 && min == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.rng.u64(min..=max.max(min)))
    }

    /// A random order, for the answers of a `$batch`.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        self.rng.shuffle(items);
    }
}

/// Draws what the weather leaves open: the status, a mixed body, a mixed throttle.
fn with_details(kind: FaultKind, chances: &FaultChances, rng: &mut fastrand::Rng) -> InjectedFault {
    let body = match chances.body {
        FaultBody::Mixed => match rng.u8(0..3) {
            0 => FaultBody::Json,
            1 => FaultBody::Html,
            _ => FaultBody::Empty,
        },
        body => body,
    };
    let status = match kind {
        FaultKind::ForgedBefore | FaultKind::ForgedAfter => {
            rng.choice(&chances.forged_statuses).copied()
        }
        _ => rng.choice([500, 502, 503, 504]),
    };
    let throttled_as = match chances.throttled_as {
        ThrottleName::Mixed => match rng.u8(0..3) {
            0 => ThrottleName::TooManyRequests,
            1 => ThrottleName::ThrottledTemporarily,
            _ => ThrottleName::ActivityLimit,
        },
        name => name,
    };
    InjectedFault {
        kind,
        status: status.unwrap_or(503),
        body,
        throttled_as,
        retry_after: chances.retry_after.clone(),
        lost_for: Duration::from_millis(chances.lost_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_skips_then_counts_then_ends() {
        let weather = Weather::from_toml(
            "[[script]]\nkind = \"invitations\"\nskip = 2\ncount = 2\nfault = \"throttled\"\nretry_after = \"2.5\"",
        )
        .unwrap();
        let mut injector = FaultInjector::new(&weather);
        assert!(injector.draw(&weather, RequestKind::Users, None).is_none());
        let drawn: Vec<bool> = (0..6)
            .map(|_| {
                injector
                    .draw(&weather, RequestKind::Invitations, Some("a@x"))
                    .is_some()
            })
            .collect();
        assert_eq!(drawn, [false, false, true, true, false, false]);
    }

    #[test]
    fn the_fault_of_an_invitation_does_not_depend_on_the_order() {
        let weather =
            Weather::from_toml("seed = 3\n[faults.invitations]\ncut = 0.5\nbody = \"mixed\"")
                .unwrap();
        let addresses: Vec<String> = (0..200).map(|n| format!("p{n}@x")).collect();
        let mut first = FaultInjector::new(&weather);
        let mut second = FaultInjector::new(&weather);
        let in_order: Vec<_> = addresses
            .iter()
            .map(|address| first.draw(&weather, RequestKind::Invitations, Some(address)))
            .collect();
        let mut in_reverse: Vec<_> = addresses
            .iter()
            .rev()
            .map(|address| second.draw(&weather, RequestKind::Invitations, Some(address)))
            .collect();
        in_reverse.reverse();
        assert_eq!(in_order, in_reverse);
        let hit = in_order.iter().flatten().count();
        assert!((60..140).contains(&hit), "about half of 200: {hit}");
        assert_ne!(
            in_order,
            addresses
                .iter()
                .map(|address| first.draw(&weather, RequestKind::Invitations, Some(address)))
                .collect::<Vec<_>>(),
            "a second attempt has its own draw"
        );
    }
}
