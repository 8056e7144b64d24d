//! The flags for output, where the log goes, and the final message and exit code of a command.
//!
//! The screen and the log do not say the same twice: on stderr the events of a run appear only when they are asked for, and
//! as JSON they take the place of the screen.

use super::{Format, headings};
use crate::{
    events,
    exit::Exit,
    failure::{Failure, Result},
    log::{LogFile, Logs, Sink},
    settings::Env,
    ui,
};
use anstream::ColorChoice;
use clap::{Args, ValueEnum};
use std::{io::ErrorKind, path::PathBuf};
use tracing::Level;
use tracing_subscriber::filter::Targets;

/// A variable for directives such as `guestlist::graph=debug`.
const LOG: &str = "GUESTLIST_LOG";

#[derive(Debug, Clone, Default, Args)]
pub struct OutputOptions {
    /// Log each row, wait and throttle; twice for each request too
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = headings::TELLING)]
    pub verbose: u8,
    /// Say less: only what needs attention; twice for errors only
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "verbose", help_heading = headings::TELLING)]
    pub quiet: u8,
    /// How log lines look; with json, stderr holds nothing but JSON lines [default: text]
    #[arg(long, global = true, value_enum, value_name = "FORMAT", help_heading = headings::TELLING, hide_short_help = true)]
    pub log_format: Option<Format>,
    /// Write the log into this file instead of stderr: every event of the run, line after line
    #[arg(long, global = true, value_name = "FILE", help_heading = headings::TELLING, hide_short_help = true)]
    pub log_file: Option<PathBuf>,
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
        let directives = env(LOG)
            .map(|directives| directives.parse::<Targets>())
            .transpose()
            .map_err(|error| Failure::usage(format!("{LOG} cannot be understood: {error}")))?;
        let json = self.log_format == Some(Format::Json);
        let log = match &self.log_file {
            Some(path) => {
                let file = LogFile::open(path, ui::tell)?;
                Some(Sink {
                    json,
                    // What the screen leaves out is in the file all the same.
                    level: self.level().max(Level::INFO),
                    directives: directives.clone(),
                    events: true,
                    failures: true,
                    messages: false,
                    write: Box::new(move |line| file.write(line)),
                })
            }
            None if json => Some(Sink {
                json,
                level: match self.quiet {
                    0 => self.level().max(Level::INFO),
                    _ => self.level(),
                },
                directives: directives.clone(),
                events: true,
                failures: true,
                messages: true,
                write: Box::new(ui::log_line),
            }),
            None => None,
        };
        let screen = Sink {
            json: false,
            level: match &log {
                Some(_) => self.level().min(Level::WARN),
                None => self.level(),
            },
            directives: directives.filter(|_| log.is_none()),
            events: self.verbose > 0 && log.is_none(),
            failures: false,
            messages: false,
            write: Box::new(ui::log_line),
        };
        match log {
            // Then stderr is the log, and messages are part of it.
            Some(log) if log.messages => {
                ui::messages_are_events();
                Logs::start(vec![log]);
            }
            Some(log) => Logs::start(vec![screen, log]),
            None => Logs::start(vec![screen]),
        }
        Ok(())
    }
}

/// Prints why a command failed, and returns its exit code.
pub fn end(ended: anyhow::Result<Exit>) -> Exit {
    let error = match ended {
        Ok(exit) => return ended_with(exit),
        Err(error) if is_broken_pipe(&error) => return ended_with(Exit::Done),
        Err(error) => error,
    };
    let failure = Failure::from(error);
    // If stderr is closed, the exit code still reports the failure.
    ui::show_failure(&failure);
    ended_with(failure.exit)
}

/// The log of a run ends with its end, also of one that was refused.
fn ended_with(exit: Exit) -> Exit {
    events::run_end(exit, events::Ended::default());
    exit
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
