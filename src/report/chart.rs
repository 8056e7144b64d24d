//! Invitations and throttling over time, as bars of a drawing.
//!
//! Must not know how the drawing is written.

use super::happened::times;
use crate::ui::text::{number, plural};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MomentKind {
    Invited,
    /// Graph asked to slow down.
    Throttled,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub at: Timestamp,
    pub kind: MomentKind,
}

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
    most: String,
    width: usize,
    invited: Vec<Bar>,
    throttled: Vec<Bar>,
    from: String,
    to: String,
    numbers: Vec<Numbers>,
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
}

impl Chart {
    /// None where nobody was invited and nothing was throttled.
    pub(crate) fn of(moments: &[Moment]) -> Option<Self> {
        let seconds = |moment: &Moment| moment.at.as_second();
        let first = moments.iter().map(seconds).min()?;
        let last = moments.iter().map(seconds).max()?;
        let (step, step_name) = STEPS
            .into_iter()
            .find(|(step, _)| last / step - first / step < MOST_BARS)
            .unwrap_or((last - first + 1, "the whole time"));
        let start = first.div_euclid(step) * step;
        let bars = usize::try_from((last - start) / step + 1).ok()?;
        let mut counts = vec![(0u64, 0u64); bars];
        for moment in moments {
            let at = usize::try_from((seconds(moment) - start) / step).ok()?;
            let (invited, throttled) = counts.get_mut(at)?;
            match moment.kind {
                MomentKind::Invited => *invited += 1,
                MomentKind::Throttled => *throttled += 1,
            }
        }
        let name = |at: usize| named(start + step * i64::try_from(at).unwrap_or(0), step);
        let bar = |most: u64, at: usize, count: u64, what: &str| {
            let height = (count * 100 / most.max(1)).max(u64::from(count > 0) * 2);
            Bar {
                x: at * PITCH + 1,
                y: 100 - height,
                height,
                label: format!("{}: {what}", name(at)),
            }
        };
        let most = counts.iter().map(|(invited, _)| *invited).max()?;
        let most_throttled = counts.iter().map(|(_, throttled)| *throttled).max()?;
        let drawn = counts.iter().enumerate();
        let invited = drawn
            .clone()
            .filter(|(_, (invited, _))| *invited > 0)
            .map(|(at, (n, _))| bar(most, at, *n, &plural(*n, "invitation")))
            .collect();
        let throttled = drawn
            .filter(|(_, (_, throttled))| *throttled > 0)
            .map(|(at, (_, n))| bar(most_throttled, at, *n, &slowed(*n)))
            .collect();
        let total: u64 = counts.iter().map(|(invited, _)| invited).sum();
        let total_throttled: u64 = counts.iter().map(|(_, throttled)| throttled).sum();
        let (from, to) = (named(first, step), named(last, step));
        Some(Self {
            told: format!(
                "{} between {from} and {to} UTC; Graph asked to slow down {}.",
                plural(total, "invitation"),
                match total_throttled {
                    0 => "never".to_owned(),
                    n => times(n),
                }
            ),
            step: step_name,
            most: plural(most, "invitation"),
            width: bars * PITCH,
            invited,
            throttled,
            numbers: counts
                .iter()
                .enumerate()
                .map(|(at, (invited, throttled))| Numbers {
                    from: name(at),
                    invited: number(*invited),
                    throttled: number(*throttled),
                })
                .collect(),
            from,
            to,
        })
    }
}

fn slowed(n: u64) -> String {
    format!("Graph asked to slow down {}", times(n))
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
