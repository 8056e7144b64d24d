//! What the weather does to one request: scripted steps first, then chances.
//!
//! Decides only; the request's handler carries it out.

use super::{
    kind::Kind,
    weather::{Fault, FaultBody, Faults, Step, ThrottleName, Weather},
};
use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    time::Duration,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Fate {
    pub fault: Fault,
    pub status: u16,
    pub body: FaultBody,
    pub throttled_as: ThrottleName,
    pub retry_after: Option<String>,
    pub lost_for: Duration,
}

#[derive(Debug)]
pub struct Fates {
    rng: fastrand::Rng,
    script: Vec<Step>,
    /// Invitations seen by address: each attempt has its own draw.
    attempts: HashMap<u64, u32>,
}

impl Fates {
    pub fn new(weather: &Weather) -> Self {
        Self {
            rng: fastrand::Rng::with_seed(weather.seed),
            script: weather.script.clone(),
            attempts: HashMap::new(),
        }
    }

    /// `person` makes the draw independent of the order in which requests arrive.
    pub fn of(&mut self, weather: &Weather, kind: Kind, person: Option<&str>) -> Option<Fate> {
        if let Some(fate) = self.scripted(kind) {
            return Some(fate);
        }
        let faults = weather
            .faults
            .get(&kind)
            .or_else(|| weather.faults.get(&Kind::All))?;
        let mut rng = match person {
            Some(person) => self.rng_of(weather.seed, person),
            None => self.rng.fork(),
        };
        let drawn = rng.f64();
        let mut reached = 0.0;
        let fault = faults.chances().into_iter().find_map(|(fault, chance)| {
            reached += chance;
            (drawn < reached).then_some(fault)
        })?;
        if only_for_invitations(fault) && kind != Kind::Invitations {
            return None;
        }
        Some(fate(fault, faults, &mut rng))
    }

    fn scripted(&mut self, kind: Kind) -> Option<Fate> {
        let mut found = None;
        for step in &mut self.script {
            if step.kind != kind && step.kind != Kind::All {
                continue;
            }
            if step.skip > 0 {
                step.skip -= 1;
            } else if step.count > 0 && found.is_none() {
                step.count -= 1;
                found = Some(Fate {
                    fault: step.fault,
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

    fn rng_of(&mut self, seed: u64, person: &str) -> fastrand::Rng {
        let mut hasher = siphasher::sip::SipHasher13::new_with_keys(seed, 0);
        person.to_lowercase().hash(&mut hasher);
        let person = hasher.finish();
        let attempt = self.attempts.entry(person).or_default();
        *attempt += 1;
        fastrand::Rng::with_seed(person.wrapping_add(u64::from(*attempt).rotate_left(32)))
    }

    pub fn latency(&mut self, weather: &Weather) -> Duration {
        let (min, max) = (weather.latency.min_ms, weather.latency.max_ms);
        if max == 0 && min == 0 {
            return Duration::ZERO;
        }
        Duration::from_millis(self.rng.u64(min..=max.max(min)))
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.rng.shuffle(items);
    }
}

fn fate(fault: Fault, faults: &Faults, rng: &mut fastrand::Rng) -> Fate {
    let body = match faults.body {
        FaultBody::Mixed => match rng.u8(0..3) {
            0 => FaultBody::Json,
            1 => FaultBody::Html,
            _ => FaultBody::Empty,
        },
        body => body,
    };
    let status = match fault {
        Fault::ForgedBefore | Fault::ForgedAfter => rng.choice(&faults.forged_statuses).copied(),
        _ => rng.choice([500, 502, 503, 504]),
    };
    let throttled_as = match faults.throttled_as {
        ThrottleName::Mixed => match rng.u8(0..3) {
            0 => ThrottleName::TooManyRequests,
            1 => ThrottleName::ThrottledTemporarily,
            _ => ThrottleName::ActivityLimit,
        },
        name => name,
    };
    Fate {
        fault,
        status: status.unwrap_or(503),
        body,
        throttled_as,
        retry_after: faults.retry_after.clone(),
        lost_for: Duration::from_millis(faults.lost_ms),
    }
}

fn only_for_invitations(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::SilentFailure | Fault::StatusError | Fault::NoUser | Fault::NoLink | Fault::Swapped
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_skips_counts_and_ends() {
        let weather = Weather::from_toml(
            "[[script]]\nkind = \"invitations\"\nskip = 2\ncount = 2\nfault = \"throttled\"\nretry_after = \"2.5\"",
        )
        .unwrap();
        let mut fates = Fates::new(&weather);
        assert!(fates.of(&weather, Kind::Users, None).is_none());
        let drawn: Vec<bool> = (0..6)
            .map(|_| fates.of(&weather, Kind::Invitations, Some("a@x")).is_some())
            .collect();
        assert_eq!(drawn, [false, false, true, true, false, false]);
    }

    #[test]
    fn a_persons_fate_does_not_depend_on_the_order() {
        let weather =
            Weather::from_toml("seed = 3\n[faults.invitations]\ncut = 0.5\nbody = \"mixed\"")
                .unwrap();
        let people: Vec<String> = (0..200).map(|n| format!("p{n}@x")).collect();
        let mut forward = Fates::new(&weather);
        let mut backward = Fates::new(&weather);
        let ahead: Vec<_> = people
            .iter()
            .map(|person| forward.of(&weather, Kind::Invitations, Some(person)))
            .collect();
        let mut behind: Vec<_> = people
            .iter()
            .rev()
            .map(|person| backward.of(&weather, Kind::Invitations, Some(person)))
            .collect();
        behind.reverse();
        assert_eq!(ahead, behind);
        let hit = ahead.iter().flatten().count();
        assert!((60..140).contains(&hit), "about half of 200: {hit}");
        assert_ne!(
            ahead,
            people
                .iter()
                .map(|person| forward.of(&weather, Kind::Invitations, Some(person)))
                .collect::<Vec<_>>(),
            "a second attempt has its own draw"
        );
    }
}
