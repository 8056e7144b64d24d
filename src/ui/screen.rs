//! The two streams: data on stdout, messages on stderr. Everything that the program prints goes through this file, so that
//! messages do not break the progress bar and no text of others acts on the terminal.
//!
//! A reader that closes the pipe (`| head`) is not an error. Must not compose texts.

#![expect(
    clippy::disallowed_methods,
    reason = "here everything is made safe to show"
)]

use super::{
    failure::{failure_object, failure_text},
    practice::advised,
    problems::Look,
    stream::shown,
    style::plain,
};
use crate::{
    events,
    exit::Exit,
    failure::{Failure, Result},
};
use indicatif::ProgressBar;
use std::{
    io::{self, BufWriter, IsTerminal, Write},
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

/// The bar that is on the screen now: there is one screen in a process.
static BAR: RwLock<Option<ProgressBar>> = RwLock::new(None);

/// Whether stderr is read by a program, as JSON lines.
static EVENTS: AtomicBool = AtomicBool::new(false);

/// From now on messages are events of the log.
pub(crate) fn messages_are_events() {
    EVENTS.store(true, Relaxed);
}

pub(super) fn are_messages_events() -> bool {
    EVENTS.load(Relaxed)
}

pub(crate) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

pub(crate) fn stdin_is_terminal() -> bool {
    io::stdin().is_terminal()
}

/// How problems are shown on stdout: as wide as the terminal, within reason. Colours are taken out where they are
/// not wanted.
pub(crate) fn look() -> Look {
    Look {
        colour: true,
        width: super::text::width(),
    }
}

/// Shows a message on stderr. If stderr is closed, the run goes on.
pub(crate) fn tell(message: impl AsRef<str>) {
    let message = advised(message.as_ref());
    if are_messages_events() {
        return events::message(&plain(&message));
    }
    let _ = writeln!(Messages, "{message}");
}

/// Shows why a command could not do its job.
pub(crate) fn show_failure(failure: &Failure) {
    events::failed(failure);
    if !are_messages_events() {
        tell(failure_text(failure));
    }
}

/// Writes a line of the log, with its line end, to stderr.
pub(crate) fn log_line(line: &str) {
    let _ = write_above_bar(line);
}

/// Prints on standard output, for `--json`, why a command could not do its job.
pub(crate) fn failure_as_json(failure: &Failure) -> Result<()> {
    let mut out = Out::stdout();
    out.json(&failure_object(failure))?;
    out.finish()
}

pub(super) fn set_bar(bar: Option<ProgressBar>) {
    *BAR.write().unwrap_or_else(PoisonError::into_inner) = bar;
}

/// Stderr for messages: what is written in one call appears above the progress bar.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Messages;

fn write_above_bar(text: &str) -> io::Result<()> {
    let write = || anstream::stderr().write_all(text.as_bytes());
    match &*BAR.read().unwrap_or_else(PoisonError::into_inner) {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

impl Write for Messages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        write_above_bar(&shown(&String::from_utf8_lossy(bytes)))
    }

    fn write_fmt(&mut self, arguments: std::fmt::Arguments<'_>) -> io::Result<()> {
        // In one write, so that lines of several threads do not mix.
        self.write_all(arguments.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        anstream::stderr().flush()
    }
}

/// Stdout for data, buffered. After the reader has gone, writing does nothing and succeeds.
pub struct Out<W: Write = anstream::AutoStream<io::Stdout>> {
    inner: BufWriter<W>,
    closed: bool,
    /// The beginning of a character whose other bytes come with the next call.
    begun: Vec<u8>,
}

impl Out {
    pub fn stdout() -> Self {
        Self::new(anstream::stdout())
    }
}

impl<W: Write> Out<W> {
    pub fn new(inner: W) -> Self {
        Self {
            inner: BufWriter::new(inner),
            closed: false,
            begun: Vec::new(),
        }
    }

    /// Whether the reader has closed the pipe, so that long output can end.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Writes a text and a line end.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<()> {
        writeln!(self, "{}", text.as_ref()).map_err(|error| failure(&error))
    }

    /// Writes one JSON value, indented, and a line end.
    pub fn json(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let json = serde_json::to_string_pretty(value)
            .map_err(|error| failure(&io::Error::from(error)))?;
        self.line(crate::visible::json(&json))
    }

    /// To be called at the end: what is still buffered is written, and a failure is told.
    pub fn finish(mut self) -> Result<()> {
        self.flush().map_err(|error| failure(&error))
    }

    fn unless_closed<T>(&mut self, done: io::Result<T>, otherwise: T) -> io::Result<T> {
        match done {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(otherwise)
            }
            done => done,
        }
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let mut text = std::mem::take(&mut self.begun);
        text.extend_from_slice(bytes);
        if let Err(error) = std::str::from_utf8(&text)
            && error.error_len().is_none()
        {
            self.begun = text.split_off(error.valid_up_to());
        }
        let done = self
            .inner
            .write_all(shown(&String::from_utf8_lossy(&text)).as_bytes());
        self.unless_closed(done, ()).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let done = self.inner.flush();
        self.unless_closed(done, ())
    }
}

fn failure(error: &io::Error) -> Failure {
    Failure::new(
        Exit::Unexpected,
        format!("cannot write to standard output: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone(io::ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_a_quiet_success() {
        let mut out = Out::new(Gone(io::ErrorKind::BrokenPipe));
        for _ in 0..10_000 {
            out.line("data").unwrap();
        }
        assert!(out.closed());
        out.finish().unwrap();
    }

    #[test]
    fn a_full_disk_is_told() {
        let mut out = Out::new(Gone(io::ErrorKind::StorageFull));
        out.line("data").unwrap();
        let failure = out.finish().unwrap_err();
        assert!(failure.what.contains("standard output"), "{}", failure.what);
    }

    #[test]
    fn nothing_acts_on_a_terminal_and_no_character_is_torn() {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes);
        for byte in "Zoë 李\u{1b}[2J\u{202e}\u{9b}🎉\n".bytes() {
            out.write_all(&[byte]).unwrap();
        }
        out.json(&serde_json::json!({"name": "a\u{202e}\u{9b}\u{1b}"}))
            .unwrap();
        out.finish().unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "Zoë 李<U+001B>[2J<U+202E><U+009B>🎉\n{\n  \"name\": \"a\\u202e\\u009b\\u001b\"\n}\n"
        );
    }

    #[test]
    fn json_is_one_object_and_a_line_end() {
        let mut bytes = Vec::new();
        let mut out = Out::new(&mut bytes);
        out.json(&serde_json::json!({"rows": 1})).unwrap();
        out.finish().unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), "{\n  \"rows\": 1\n}\n");
    }
}
