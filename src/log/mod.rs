//! The log: events and diagnostics become lines, on stderr or in a file.
//!
//! A line is written whole, holds no secret and no address, and no text of others acts on a terminal. Must not decide what
//! is an event; `events` does.

mod file; // a file that is rotated
mod line; // one event as one line

pub(crate) use file::LogFile;

use crate::events::{EVENTS, FAILURES, MESSAGES};
use line::Fields;
use tracing::{Event, Level, Metadata, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
};

/// Where log lines go, and which.
pub(crate) struct Sink {
    pub json: bool,
    pub level: Level,
    /// Instead of the level, for everything that is no event.
    pub directives: Option<Targets>,
    /// Whether the events of the run are wanted, and not only diagnostics.
    pub events: bool,
    /// Whether failures are wanted, which the screen shows in words.
    pub failures: bool,
    /// Whether it takes the place of the screen.
    pub messages: bool,
    pub write: Box<dyn Fn(&str) + Send + Sync>,
}

impl Sink {
    fn wants(&self, metadata: &Metadata<'_>) -> bool {
        let (level, target) = (metadata.level(), metadata.target());
        match target {
            MESSAGES => self.messages,
            FAILURES => self.failures,
            EVENTS => self.events && *level <= self.level,
            // Libraries log addresses and URLs at levels below a warning, so those lines are dropped at any level.
            _ if *level > Level::WARN && !target.starts_with("guestlist") => false,
            _ => match &self.directives {
                Some(directives) => directives.would_enable(target, level),
                None => *level <= self.level,
            },
        }
    }

    /// The finest level that it may want.
    fn finest(&self) -> LevelFilter {
        let screen = if self.messages {
            LevelFilter::INFO
        } else {
            LevelFilter::ERROR
        };
        let level = if self.directives.is_some() {
            LevelFilter::TRACE
        } else {
            LevelFilter::from_level(self.level)
        };
        level.max(screen)
    }
}

/// Everything that is logged, for each sink that wants it.
pub(crate) struct Logs(Vec<Sink>);

impl Logs {
    #[cfg(test)]
    pub(crate) fn of(sinks: Vec<Sink>) -> Self {
        Self(sinks)
    }

    /// Begins to log. A second start in one process keeps the first one's logs.
    pub(crate) fn start(sinks: Vec<Sink>) {
        let subscriber = tracing_subscriber::registry().with(Self(sinks));
        let _ = tracing::subscriber::set_global_default(subscriber);
    }
}

impl<S: Subscriber> Layer<S> for Logs {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        !metadata.is_span() && self.0.iter().any(|sink| sink.wants(metadata))
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.iter().map(Sink::finest).max()
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let fields = Fields::of(event);
        for sink in self.0.iter().filter(|sink| sink.wants(metadata)) {
            (sink.write)(&fields.line(*metadata.level(), sink.json));
        }
    }
}

#[cfg(test)]
mod tests;
