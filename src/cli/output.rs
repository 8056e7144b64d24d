//! The flags for output, the logs, and the final message and exit code of a command.
//!
//! Logs go to stderr. They must not hold an address: they say "row 17".

use super::{Format, headings};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    settings::Env,
    ui,
};
use anstream::ColorChoice;
use clap::{Args, ValueEnum};
use std::io::ErrorKind;
use tracing::{Level, Metadata};
use tracing_subscriber::{EnvFilter, Layer, filter::filter_fn, fmt, layer::SubscriberExt};

/// A variable for directives such as `guestlist::graph=debug`.
const LOG: &str = "GUESTLIST_LOG";

#[derive(Debug, Clone, Default, Args)]
pub struct OutputOptions {
    /// Say more; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = headings::TELLING)]
    pub verbose: u8,
    /// Say less: only what needs attention; twice for errors only
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "verbose", help_heading = headings::TELLING)]
    pub quiet: u8,
    /// How log lines on stderr look [default: text]
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = headings::TELLING, hide_short_help = true)]
    pub log_format: Option<Format>,
    /// Whether to use colour; NO_COLOR is obeyed [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN", help_heading = headings::TELLING, hide_short_help = true)]
    pub color: Option<Color>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl OutputOptions {
    pub fn level(&self) -> Level {
        match (self.verbose, self.quiet) {
            (0, 0 | 1) => Level::WARN,
            (0, _) => Level::ERROR,
            (1, _) => Level::INFO,
            (2, _) => Level::DEBUG,
            _ => Level::TRACE,
        }
    }

    /// Sets up colour and logs, before anything is printed.
    pub fn start(&self, env: &Env<'_>) -> Result<()> {
        match self.color {
            None | Some(Color::Auto) => ColorChoice::Auto,
            Some(Color::Always) => ColorChoice::Always,
            Some(Color::Never) => ColorChoice::Never,
        }
        .write_global();
        let directives = env(LOG).unwrap_or_else(|| format!("warn,guestlist={}", self.level()));
        let filter = EnvFilter::try_new(directives)
            .map_err(|error| Failure::usage(format!("{LOG} cannot be understood: {error}")))?;
        let json = self.log_format == Some(Format::Json);
        // Without colours, because a log line may hold text of a server, which must not look like text of ours.
        let lines = fmt::layer()
            .with_writer(move || ui::LogLines { json })
            .with_ansi(false);
        let lines = if json {
            lines.json().flatten_event(true).boxed()
        } else {
            lines.with_target(false).boxed()
        };
        let subscriber = tracing_subscriber::registry()
            .with(filter)
            .with(lines.with_filter(filter_fn(is_logged)));
        // A second start in one process keeps the first one's logs.
        let _ = tracing::subscriber::set_global_default(subscriber);
        Ok(())
    }
}

/// Libraries log addresses and URLs at levels below a warning. Those lines are dropped at any verbosity.
fn is_logged(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::WARN || event.target().starts_with("guestlist")
}

/// Prints why a command failed, and returns its exit code.
pub fn end(ended: anyhow::Result<Exit>) -> Exit {
    let error = match ended {
        Ok(exit) => return exit,
        Err(error) if is_broken_pipe(&error) => return Exit::Done,
        Err(error) => error,
    };
    let failure = Failure::from(error);
    // If stderr is closed, the exit code still reports the failure.
    ui::show_failure(&failure);
    failure.exit
}

/// Whether the reader of our output closed it, as `head` does; a closed pipe is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_left_is_no_error() {
        let gone = std::io::Error::from(ErrorKind::BrokenPipe);
        let told = anyhow::Error::new(gone).context("the template cannot be written");
        assert_eq!(end(Err(told)), Exit::Done);
        let refused = anyhow::Error::new(Failure::new(Exit::SheetRefused, "no rows"));
        assert_eq!(end(Err(refused)), Exit::SheetRefused);
        assert_eq!(end(Ok(Exit::CapReached)), Exit::CapReached);
    }

    #[test]
    fn verbosity_has_five_steps() {
        let level = |verbose, quiet| {
            let telling = OutputOptions {
                verbose,
                quiet,
                ..OutputOptions::default()
            };
            telling.level()
        };
        assert_eq!(level(0, 0), Level::WARN);
        assert_eq!(level(0, 2), Level::ERROR);
        assert_eq!(level(1, 0), Level::INFO);
        assert_eq!(level(2, 0), Level::DEBUG);
        assert_eq!(level(9, 0), Level::TRACE);
    }
}
