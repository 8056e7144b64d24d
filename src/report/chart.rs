//! Invitations over time, and below them when Graph asked to slow down and when nothing was sent, as bars of a drawing.
//!
//! Must not know how the drawing is written.

use super::happened::times;
use crate::{
    events::Traffic,
    ui::{
        in_seconds,
        text::{number, plural},
        why_waited,
    },
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// A drawing has at most as many bars.
const MOST_BARS: i64 = 60;
const STEPS: [(i64, &str); 20] = [
    (1, "1 second"),
    (2, "2 seconds"),
    (5, "5 seconds"),
    (10, "10 seconds"),
    (15, "15 seconds"),
    (30, "30 seconds"),
    (60, "1 minute"),
    (120, "2 minutes"),
    (300, "5 minutes"),
    (600, "10 minutes"),
    (900, "15 minutes"),
    (1_800, "30 minutes"),
    (HOUR, "1 hour"),
    (2 * HOUR, "2 hours"),
    (6 * HOUR, "6 hours"),
    (12 * HOUR, "12 hours"),
    (DAY, "1 day"),
    (7 * DAY, "7 days"),
    (30 * DAY, "30 days"),
    (365 * DAY, "365 days"),
];
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// The width of one bar with the gap beside it.
const PITCH: usize = 10;

#[derive(Debug, Serialize)]
pub(crate) struct Chart {
    told: String,
    step: &'static str,
    most: Option<String>,
    width: usize,
    invited: Vec<Bar>,
    /// Below the invitations, on the same axis.
    lanes: Vec<Lane>,
    from: String,
    to: String,
    numbers: Vec<Numbers>,
}

#[derive(Debug, Serialize)]
struct Lane {
    told: String,
    tone: &'static str,
    bars: Vec<Bar>,
}

#[derive(Debug, Serialize)]
struct Bar {
    x: usize,
    y: u64,
    height: u64,
    label: String,
}

#[derive(Debug, Serialize)]
struct Numbers {
    from: String,
    invited: String,
    throttled: String,
    waited: String,
}

/// The bars of one kind, on an axis that all kinds share.
struct Axis {
    start: i64,
    step: i64,
    bars: usize,
}

impl Axis {
    fn of(seconds: impl Iterator<Item = i64> + Clone) -> Option<(Self, &'static str)> {
        let (first, last) = (seconds.clone().min()?, seconds.max()?);
        let (step, name) = STEPS
            .into_iter()
            .find(|(step, _)| last.div_euclid(*step) - first.div_euclid(*step) < MOST_BARS)
            .unwrap_or((last - first + 1, "the whole time"));
        let start = first.div_euclid(step) * step;
        let bars = usize::try_from((last - start) / step + 1).ok()?;
        Some((Self { start, step, bars }, name))
    }

    /// The bar for a second; one outside belongs to the bar at that end.
    fn at(&self, second: i64) -> usize {
        let at = (second - self.start).div_euclid(self.step.max(1));
        usize::try_from(at).unwrap_or(0).min(self.bars - 1)
    }

    fn name(&self, at: usize) -> String {
        let at = i64::try_from(at).unwrap_or(0);
        named(self.start + self.step * at, self.step)
    }

    /// `most` is as high as the drawing.
    fn bars(&self, amounts: &[f64], most: f64, label: impl Fn(f64) -> String) -> Vec<Bar> {
        let drawn = amounts.iter().enumerate().filter(|(_, n)| **n > 0.0);
        drawn
            .map(|(at, n)| {
                let height = ((n / most * 100.0) as u64).clamp(2, 100);
                Bar {
                    x: at * PITCH + 1,
                    y: 100 - height,
                    height,
                    label: format!("{}: {}", self.name(at), label(*n)),
                }
            })
            .collect()
    }
}

impl Chart {
    /// None where nothing happened, or all of it at once.
    pub(crate) fn of(invited: &[Timestamp], traffic: &Traffic) -> Option<Self> {
        let slices = &traffic.timeline.slices;
        let seconds = invited.iter().map(|at| at.as_second());
        let (axis, step) = Axis::of(seconds.clone().chain(slices.iter().flat_map(|slice| {
            let end = traffic.timeline.end_of(slice).as_second();
            [slice.from.as_second(), end - 1]
        })))?;
        // A single bar shows nothing that the sentences do not say.
        if axis.bars < 2 && axis.step == 1 {
            return None;
        }
        let nothing = vec![0.0; axis.bars];
        let (mut invitations, mut throttles) = (nothing.clone(), nothing.clone());
        for second in seconds {
            invitations[axis.at(second)] += 1.0;
        }
        for slice in slices {
            throttles[axis.at(slice.from.as_second())] += slice.throttled as f64;
        }
        let highest = |amounts: &[f64]| amounts.iter().copied().fold(0.0, f64::max);
        let most = highest(&invitations);
        let mut lanes = Vec::new();
        let slowed_down = traffic.throttled_by_graph();
        if slowed_down > 0 {
            lanes.push(Lane {
                told: slowed(slowed_down),
                tone: "slow",
                bars: axis.bars(&throttles, highest(&throttles), |n| slowed(n as u64)),
            });
        }
        let mut waited = nothing.clone();
        let (settled, waits): (Vec<_>, Vec<_>) = traffic
            .waits
            .iter()
            .partition(|(reason, _)| *reason == SETTLE);
        for (reason, waits) in waits.into_iter().chain(settled) {
            let mut amounts = nothing.clone();
            for slice in slices {
                let at = axis.at(slice.from.as_second());
                amounts[at] += slice.waited.get(reason).copied().unwrap_or(0.0);
            }
            if reason != SETTLE {
                waited
                    .iter_mut()
                    .zip(&amounts)
                    .for_each(|(sum, n)| *sum += n);
            }
            if waits.seconds > 0.0 {
                lanes.push(Lane {
                    told: waited_for(waits.seconds, reason),
                    tone: "wait",
                    bars: axis.bars(&amounts, axis.step as f64, |n| waited_for(n, reason)),
                });
            }
        }
        let (from, to) = (axis.name(0), axis.name(axis.bars - 1));
        let told = format!(
            "{} between {from} and {to} UTC; {}.",
            plural(invited.len() as u64, "invitation"),
            match slowed_down {
                0 => "Graph never asked to slow down".to_owned(),
                n => slowed(n),
            }
        );
        Some(Self {
            told,
            step,
            most: (most > 0.0).then(|| plural(most as u64, "invitation")),
            width: axis.bars * PITCH,
            invited: axis.bars(&invitations, most, |n| plural(n as u64, "invitation")),
            lanes,
            numbers: (0..axis.bars)
                .map(|at| Numbers {
                    from: axis.name(at),
                    invited: number(invitations[at] as u64),
                    throttled: number(throttles[at] as u64),
                    waited: format!("{:.0} s", waited[at]),
                })
                .collect(),
            from,
            to,
        })
    }
}

/// While lost answers are found out, others go on: this is no wait of the run.
const SETTLE: &str = "settle";

fn slowed(n: u64) -> String {
    format!("Graph asked to slow down {}", times(n))
}

fn waited_for(seconds: f64, reason: &str) -> String {
    if reason == SETTLE {
        return format!(
            "it took {} to find out what became of lost answers, while others went on",
            in_seconds(seconds)
        );
    }
    format!("waited {} {}", in_seconds(seconds), why_waited(reason))
}

/// A time as exact as the bars are.
fn named(second: i64, step: i64) -> String {
    let at = Timestamp::UNIX_EPOCH
        .checked_add(SignedDuration::from_secs(second))
        .unwrap_or_default();
    let form = if step >= DAY {
        "%F"
    } else if step >= 60 {
        "%F %H:%M"
    } else {
        "%F %H:%M:%S"
    };
    at.strftime(form).to_string()
}
