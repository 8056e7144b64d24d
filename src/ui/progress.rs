//! How far a run is: a bar on a terminal, a plain line every half minute elsewhere.
//!
//! It reads numbers that the run keeps up to date, and never slows the run down. Must not count anything itself.

use super::{
    screen::{are_messages_events, set_bar, tell},
    text::{estimate, number},
};
use crate::events;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
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
            Self::Settling => "settling open answers",
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
    /// Nothing is sent until this is over.
    pub waiting: Option<Waiting>,
}

/// A wait that the server asked for, or one of our own because it throttles or is unwell.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waiting {
    pub until: Instant,
    pub asked: bool,
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
        bar.set_prefix(now.phase.word());
        let measured = speed.measure(&now, Instant::now());
        let width = terminal_size::terminal_size().map_or(USUAL_WIDTH, |(width, _)| width.0.into());
        let (length, room) = layout(now.phase, width);
        let look = (now.total.is_some(), length);
        if styled_for != Some(look) {
            styled_for = Some(look);
            bar.set_style(style(look.0, look.1));
        }
        bar.set_message(fitting(&parts(&now, measured, Instant::now()), room));
        bar.tick();
    }
    set_bar(None);
    bar.finish_and_clear();
}

/// How long the bar is on a line of this width, and how much room is left for the numbers.
fn layout(phase: Phase, width: usize) -> (usize, usize) {
    let length = match width {
        0..60 => 0,
        60..100 => 10,
        _ => 20,
    };
    // Without a bar something turns, in one column. The last column of the line stays free, because some terminals break
    // the line there.
    let beside = phase.word().len() + length.max(1) + 3;
    (length, width.saturating_sub(beside))
}

fn style(with_total: bool, length: usize) -> ProgressStyle {
    let template = match (with_total, length) {
        (false, _) | (true, 0) => "{prefix} {spinner} {wide_msg}",
        (true, 1..20) => "{prefix} {bar:10} {wide_msg}",
        (true, _) => "{prefix} {bar:20} {wide_msg}",
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
                    line(format!("{}: {}", now.phase.word(), status(&now, measured, at)));
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

/// As many parts as there is room for, whole; the first ones are the most important.
fn fitting(parts: &[Part], room: usize) -> String {
    let joined = |parts: &[Part], text: fn(&Part) -> &str| {
        let texts: Vec<&str> = parts.iter().map(text).collect();
        texts.join(BETWEEN)
    };
    let fits = |text: &String| text.chars().count() <= room;
    (1..=parts.len())
        .rev()
        .find_map(|many| {
            let parts = &parts[..many];
            let long = Some(joined(parts, |part| &part.long));
            let short = || Some(joined(parts, |part| &part.short));
            long.filter(fits).or_else(|| short().filter(fits))
        })
        .unwrap_or_default()
}

/// The numbers in one line, the most important first.
fn status(progress: &Progress, per_second: Option<f64>, now: Instant) -> String {
    fitting(&parts(progress, per_second, now), usize::MAX)
}

fn parts(progress: &Progress, per_second: Option<f64>, now: Instant) -> Vec<Part> {
    let mut parts = vec![match progress.total {
        Some(total) => Part::new(
            format!("{} of {}", number(progress.done), number(total)),
            format!("{}/{}", number(progress.done), number(total)),
        ),
        None => Part::same(number(progress.done)),
    }];
    let waiting = progress
        .waiting
        .map(|waiting| (waiting.until.saturating_duration_since(now), waiting.asked))
        .filter(|(wait, _)| !wait.is_zero());
    if let Some((wait, asked)) = waiting {
        let seconds = number(wait.as_secs_f64().ceil() as u64);
        let short = format!("waits {seconds} s");
        parts.push(if asked {
            Part::new(format!("the server asks to wait {seconds} s"), short)
        } else {
            Part::new(
                format!("the server accepts nothing now, next try in {seconds} s"),
                short,
            )
        });
    } else if let Some(per_second) = per_second {
        parts.push(Part::same(format!("{per_second:.1}/s")));
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
    }
    for (n, word, short) in [
        (progress.invited, "invited", "invited"),
        (progress.existing, "already here", "here"),
        (progress.not_done, "not done", "not done"),
        (progress.parked, "open", "open"),
    ] {
        if n > 0 {
            let n = number(n);
            parts.push(Part::new(format!("{n} {word}"), format!("{n} {short}")));
        }
    }
    parts
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
        if self.phase != Some(progress.phase) {
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
mod tests {
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

    #[tokio::test(start_paused = true)]
    async fn the_line_says_how_far_how_fast_and_how_long() {
        let now = Instant::now();
        assert_eq!(
            status(&inviting(), Some(7.96), now),
            "412 of 1,000 · 8.0/s · 1 min left · 380 invited · 20 already here · 12 not done"
        );
        let looking = Progress {
            done: 20,
            ..Progress::default()
        };
        assert_eq!(status(&looking, None, now), "20");
        let waiting = Progress {
            waiting: Some(Waiting {
                until: now + Duration::from_millis(11_200),
                asked: true,
            }),
            parked: 2,
            ..inviting()
        };
        assert_eq!(
            status(&waiting, Some(7.96), now),
            "412 of 1,000 · the server asks to wait 12 s · 380 invited · 20 already here · 12 not done · 2 open"
        );
        assert!(status(&waiting, Some(1.0), now + Duration::from_secs(12)).contains("1.0/s"));
        let throttled = Progress {
            waiting: Some(Waiting {
                until: now + Duration::from_secs(4),
                asked: false,
            }),
            ..inviting()
        };
        let said = status(&throttled, None, now);
        assert!(
            said.contains("accepts nothing now, next try in 4 s"),
            "{said}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn on_a_narrow_terminal_every_number_that_is_shown_is_whole() {
        let now = Instant::now();
        let shown = |progress: &Progress, width: usize| {
            let (length, room) = layout(progress.phase, width);
            let text = fitting(&parts(progress, Some(7.96), now), room);
            assert!(text.chars().count() <= room, "{width}: {text}");
            (length, text)
        };
        let text = |length, text: &str| (length, text.to_owned());
        assert_eq!(
            shown(&inviting(), 120),
            text(
                20,
                "412 of 1,000 · 8.0/s · 1 min left · 380 invited · 20 already here · 12 not done"
            )
        );
        assert_eq!(
            shown(&inviting(), 80),
            text(10, "412/1,000 · 8.0/s · 1 min left · 380 invited · 20 here")
        );
        assert_eq!(shown(&inviting(), 40), text(0, "412 of 1,000 · 8.0/s"));
        let waiting = Progress {
            waiting: Some(Waiting {
                until: now + Duration::from_secs(12),
                asked: true,
            }),
            ..inviting()
        };
        assert_eq!(shown(&waiting, 40), text(0, "412/1,000 · waits 12 s"));
        for width in 0..200 {
            shown(&waiting, width);
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
                "inviting: 652 of 1,000 · 8.0/s · 45 s left · 380 invited · 20 already here · 12 not done"
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
}
