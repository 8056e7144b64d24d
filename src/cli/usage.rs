//! Parses the command line, and reports what is wrong with it.
//!
//! The parser repeats what was typed; control characters in it must not reach a terminal.

use super::{Cli, double_click, wrong_verb};
use crate::{exit::Exit, failure::Failure, ui, visible::visible};
use clap::{
    Error, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::ffi::OsString;

/// The command line as parsed; or the exit code, after the help or the error was printed.
pub fn parse(typed: impl Iterator<Item = OsString>) -> Result<Cli, Exit> {
    let typed: Vec<OsString> = typed.collect();
    if typed.is_empty() && double_click::is_answered() {
        return Err(Exit::Done);
    }
    let said = match read(typed.iter().cloned()) {
        Ok(cli) => return Ok(cli),
        Err(said) => said,
    };
    match said.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // Help and version hold no text that was typed. A closed pipe is not an error.
            let _ = said.print();
        }
        _ => match wrong_command(&said, &typed) {
            Some(failure) => ui::tell(ui::failure_text(&failure)),
            None => ui::tell(ui::usage_text(&message(&said, &typed))),
        },
    }
    Err(if said.use_stderr() {
        Exit::Usage
    } else {
        Exit::Done
    })
}

fn read(typed: impl Iterator<Item = OsString>) -> Result<Cli, Error> {
    Cli::try_parse_from(std::iter::once("guestlist".into()).chain(typed))
}

/// What to say about a command that does not exist.
fn wrong_command(said: &Error, typed: &[OsString]) -> Option<Failure> {
    let Some(ContextValue::String(word)) = said.get(ContextKind::InvalidSubcommand) else {
        return None;
    };
    let at = typed.iter().position(|typed| typed == word.as_str())?;
    Some(wrong_verb::unknown(word, &typed[..at], &typed[at + 1..]))
}

/// The message about what was typed, with its hidden characters spelled out. The parser's own text leaves them out,
/// so it is asked again about the spelled form.
fn message(said: &Error, typed: &[OsString]) -> String {
    let spelled = typed
        .iter()
        .map(|word| visible(&word.to_string_lossy()).into_owned().into());
    let again = read(spelled)
        .err()
        .filter(|again| again.kind() == said.kind());
    again.as_ref().unwrap_or(said).render().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_repeated_with_hidden_characters_spelled_out() {
        for (typed, shown) in [
            (
                ["check", "--en\u{1b}[2J\u{202e}"],
                "'--en<U+001B>[2J<U+202E>'",
            ),
            (
                ["check", "--format=\u{1b}]0;x\u{7}"],
                "'<U+001B>]0;x<U+0007>'",
            ),
        ] {
            let typed = typed.map(OsString::from);
            let said = read(typed.iter().cloned()).unwrap_err();
            let message = message(&said, &typed);
            assert!(message.contains(shown), "{message:?}");
        }
    }
}
