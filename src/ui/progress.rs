//! How far a run is: a bar on a terminal, a plain line every half minute elsewhere.
//!
//! It reads numbers that the run keeps up to date, and never slows the run down. Must not count anything itself.

use super::{
    screen::{are_messages_events, set_bar, tell},
    text::{duration, estimate, number, plural},
};
use crate::events::{self, WaitReason};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;
use std::{collections::VecDeque, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
    time::{Instant, MissedTickBehavior},
};

const BAR_TICK: Duration = Duration::from_millis(100);
const LINE_TICK: Duration = Duration::from_secs(30);
/// Speed is measured over this long.
const SPEED_SPAN: Duration = Duration::from_secs(15);
/// Where the width of the terminal cannot be read.
const USUAL_WIDTH: usize = 80;

/// What a run is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Reading,
    /// People are looked up.
    Looking,
    Inviting,
    /// Unknown outcomes are settled.
    Settling,
    Verifying,
    /// In which state guests are.
    States,
    Reminding,
    Resetting,
    Deleting,
}

impl Phase {
    fn word(self) -> &'static str {
        match self {
            Self::Reading => "reading the sheet",
            Self::Looking => "looking people up",
            Self::Inviting => "inviting",
            Self::Settling => "settling",
            Self::Verifying => "verifying",
            Self::States => "reading who has come",
            Self::Reminding => "reminding",
            Self::Resetting => "resetting",
            Self::Deleting => "deleting",
        }
    }
}

/// The numbers of a run as they are now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    pub phase: Phase,
    /// Rows in all, once that is known.
    pub total: Option<u64>,
    /// Rows that are finished in this phase.
    pub done: u64,
    pub invited: u64,
    pub existing: u64,
    /// Invalid, refused, failed and the like.
    pub not_done: u64,
    /// Rows whose outcome is unknown and is being settled.
    pub parked: u64,
    /// People who are being looked up.
    pub looking_up: u64,
    /// Nothing is sent until this is over.
    pub waiting: Option<Waiting>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub why: WaitReason,
    pub until: Timestamp,
}

/// What is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressMode {
    Bar,
    Lines,
    Hidden,
}

impl ProgressMode {
    pub(crate) fn choose(quiet: bool, terminal: bool) -> Self {
        match (quiet, terminal) {
            (true, _) => Self::Hidden,
            (false, true) if !are_messages_events() => Self::Bar,
            (false, _) => Self::Lines,
        }
    }
}

/// A running display. It ends with [`finish`](Self::finish), or when it is dropped.
pub(crate) struct ProgressView {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl ProgressView {
    /// Must be called inside a tokio runtime.
    pub(crate) fn start(numbers: watch::Receiver<Progress>, mode: ProgressMode) -> Self {
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(async move {
            match mode {
                ProgressMode::Bar => show_bar(numbers, stopped).await,
                ProgressMode::Lines => show_lines(numbers, stopped, tell).await,
                ProgressMode::Hidden => {}
            }
        });
        Self { stop, task }
    }

    /// Removes the bar from the screen.
    pub(crate) async fn finish(self) {
        drop(self.stop);
        let _ = self.task.await;
    }
}

async fn show_bar(numbers: watch::Receiver<Progress>, mut stopped: oneshot::Receiver<()>) {
    let screen = ProgressDrawTarget::stderr();
    if screen.is_hidden() {
        // A terminal that cannot move its cursor (`TERM=dumb`) reads lines.
        return show_lines(numbers, stopped, tell).await;
    }
    let bar = ProgressBar::with_draw_target(Some(0), screen);
    set_bar(Some(bar.clone()));
    let mut ticks = ticks(BAR_TICK);
    let mut speed = Speed::default();
    let mut styled_for = None;
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            _ = ticks.tick() => {}
        }
        let now = numbers.borrow().clone();
        bar.set_length(now.total.unwrap_or(0));
        bar.set_position(now.done);
        let measured = speed.measure(&now, Instant::now());
        let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0.into());
        let (length, room) = layout(width);
        let look = (now.total.is_some(), length);
        if styled_for != Some(look) {
            styled_for = Some(look);
            bar.set_style(style(look.0, look.1));
        }
        bar.set_message(fitting(&parts(&now, measured, Timestamp::now()), room));
        bar.tick();
    }
    set_bar(None);
    bar.finish_and_clear();
}

/// How long the bar is on a line of this width, and how much room is left for the words beside it.
fn layout(width: usize) -> (usize, usize) {
    let length = match width {
        0..60 => 0,
        60..100 => 10,
        _ => 20,
    };
    // Without a bar something turns, in one column. The last column of the line stays free, because some terminals break
    // the line there.
    (length, width.saturating_sub(length.max(1) + 2))
}

fn style(with_total: bool, length: usize) -> ProgressStyle {
    let template = match (with_total, length) {
        (false, _) | (true, 0) => "{spinner} {wide_msg}",
        (true, 1..20) => "{bar:10} {wide_msg}",
        (true, _) => "{bar:20} {wide_msg}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌░")
}

async fn show_lines(
    numbers: watch::Receiver<Progress>,
    mut stopped: oneshot::Receiver<()>,
    mut line: impl FnMut(String),
) {
    let mut ticks = ticks(LINE_TICK);
    let mut speed = Speed::default();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            at = ticks.tick() => {
                let now = numbers.borrow().clone();
                let measured = speed.measure(&now, at);
                // The first line comes after half a minute.
                if measured.is_none() && !speed.older_than_a_tick() {
                    continue;
                }
                if are_messages_events() {
                    events::progress(now.phase.word(), now.done, now.total, measured);
                } else {
                    line(status(&now, measured, Timestamp::now()));
                }
            }
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// One number with its words, and in fewer letters.
struct Part {
    long: String,
    short: String,
}

impl Part {
    fn new(long: impl Into<String>, short: impl Into<String>) -> Self {
        Self {
            long: long.into(),
            short: short.into(),
        }
    }

    fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self::new(text.clone(), text)
    }
}

const BETWEEN: &str = " · ";

/// The text of a part: in whole words or in fewer letters.
type Form = fn(&Part) -> &str;

/// How many parts come first: how far the run is, and what it is doing.
const FIRST: usize = 2;

/// As many parts as there is room for, whole; the first ones are the most important. What the run is doing stands in whole
/// words wherever they fit.
fn fitting(parts: &[Part], room: usize) -> String {
    let (first, rest) = parts.split_at(FIRST.min(parts.len()));
    let forms: [[Form; FIRST]; 3] = [
        [|count| &count.long, |state| &state.long],
        [|count| &count.short, |state| &state.long],
        [|count| &count.short, |state| &state.short],
    ];
    let texts = |forms: &[Form; FIRST]| -> Vec<&str> {
        first
            .iter()
            .zip(forms)
            .map(|(part, form)| form(part))
            .collect()
    };
    let width = |texts: &[&str]| texts.join(BETWEEN).chars().count();
    let chosen = forms.iter().map(texts).find(|texts| width(texts) <= room);
    let Some(mut chosen) = chosen else {
        // Too narrow for both.
        let alone = first.first().map(|count| count.short.as_str());
        let alone = alone.filter(|count| count.chars().count() <= room);
        return alone.unwrap_or_default().to_owned();
    };
    let (long, mut short) = (chosen.clone(), chosen.clone());
    for part in rest {
        short.push(&part.short);
        if width(&short) > room {
            short.pop();
            break;
        }
    }
    // The same parts in whole words, if they fit too.
    let many = short.len() - long.len();
    chosen.extend(rest[..many].iter().map(|part| part.long.as_str()));
    if width(&chosen) <= room {
        chosen
    } else {
        short
    }
    .join(BETWEEN)
}

/// The numbers in one line, the most important first.
fn status(progress: &Progress, per_second: Option<f64>, now: Timestamp) -> String {
    fitting(&parts(progress, per_second, now), usize::MAX)
}

fn parts(progress: &Progress, per_second: Option<f64>, now: Timestamp) -> Vec<Part> {
    let count = match progress.total {
        Some(total) => Part::new(
            format!("{} of {}", number(progress.done), number(total)),
            format!("{}/{}", number(progress.done), number(total)),
        ),
        None => Part::same(number(progress.done)),
    };
    let waiting = progress.waiting.filter(|waiting| now < waiting.until);
    let mut parts = vec![count];
    match waiting {
        Some(waiting) => parts.push(waiting.part(now)),
        None => parts.push(progress.doing()),
    }
    // The last answers are found out at no steady rate.
    let is_steady = !matches!(progress.phase, Phase::Settling | Phase::Verifying);
    if let (None, Some(per_second)) = (waiting, per_second.filter(|_| is_steady)) {
        let left = progress
            .total
            .map(|total| total.saturating_sub(progress.done) as f64);
        if let Some(left) = left.filter(|left| *left > 0.0 && per_second > 0.0) {
            let seconds = (left / per_second).min(1e8);
            parts.push(Part::same(format!(
                "{} left",
                estimate(Duration::from_secs_f64(seconds))
            )));
        }
        parts.push(Part::same(format!("{per_second:.1}/s")));
    }
    let settling = progress.phase == Phase::Settling && waiting.is_none();
    let parked = if settling { 0 } else { progress.parked };
    for (n, word, short) in [
        (progress.not_done, "not done", "not done"),
        (parked, "unknown", "unknown"),
        (progress.invited, "invited", "invited"),
        (progress.existing, "already here", "here"),
    ] {
        if n > 0 {
            let n = number(n);
            parts.push(Part::new(format!("{n} {word}"), format!("{n} {short}")));
        }
    }
    parts
}

impl Progress {
    /// What the run is doing, where it does not wait.
    fn doing(&self) -> Part {
        match self.phase {
            Phase::Looking if self.looking_up == 1 => Part::same("looking up 1 person"),
            Phase::Looking if self.looking_up > 1 => Part::new(
                format!("looking up {} people", number(self.looking_up)),
                format!("looking up {}", number(self.looking_up)),
            ),
            Phase::Settling if self.parked > 0 => Part::new(
                format!("settling {}", plural(self.parked, "unknown row")),
                format!("settling {}", number(self.parked)),
            ),
            phase => Part::same(phase.word()),
        }
    }
}

impl Waiting {
    fn part(&self, now: Timestamp) -> Part {
        let left = self.until.duration_since(now).as_secs_f64().max(0.0);
        let left = duration(Duration::from_secs_f64(left.ceil()));
        let short = format!("waits {left}");
        match self.why {
            WaitReason::RetryAfter | WaitReason::EarlierRun => {
                Part::new(format!("waiting {left}, asked to by Graph"), short)
            }
            WaitReason::SlowDown => Part::new(
                format!("waiting {left}, asked to slow down by Graph"),
                short,
            ),
            WaitReason::DailyCap => {
                let until = self.until.strftime("%H:%M");
                Part::new(
                    format!("waiting for room under the daily cap until {until} UTC"),
                    format!("cap until {until} UTC"),
                )
            }
            WaitReason::SignIn => {
                Part::new(format!("waiting {left} for the sign-in service"), short)
            }
            WaitReason::Outage | WaitReason::Settle => Part::new(
                format!("Graph accepts nothing now, next try in {left}"),
                short,
            ),
        }
    }
}

/// Rows a second, over the last while of one phase.
#[derive(Default)]
struct Speed {
    phase: Option<Phase>,
    samples: VecDeque<(Instant, u64)>,
    ticks: u32,
}

impl Speed {
    fn measure(&mut self, progress: &Progress, now: Instant) -> Option<f64> {
        self.ticks = self.ticks.saturating_add(1);
        // A wait says nothing about how fast the rows come after it.
        if self.phase != Some(progress.phase) || progress.waiting.is_some() {
            self.phase = Some(progress.phase);
            self.samples.clear();
        }
        self.samples.push_back((now, progress.done));
        // The oldest that is kept is the last one before the span began.
        while self.samples.len() > 2 && now - self.samples[1].0 >= SPEED_SPAN {
            self.samples.pop_front();
        }
        let (since, before) = *self.samples.front()?;
        let seconds = (now - since).as_secs_f64();
        (seconds >= 1.0).then(|| progress.done.saturating_sub(before) as f64 / seconds)
    }

    fn older_than_a_tick(&self) -> bool {
        self.ticks > 1
    }
}

#[cfg(test)]
mod tests;
