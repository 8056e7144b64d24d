//! Parses the command line, and reports what is wrong with it.
//!
//! The parser repeats what was typed; control characters in it must not reach a terminal.

use super::{Cli, double_click, wrong_verb};
use crate::{exit::Exit, failure::Failure, ui, visible::visible};
use clap::{
    CommandFactory, Error, Parser,
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
            None => ui::tell(ui::usage_text(
                &message(&said, &typed),
                hint(&said, &typed).as_deref(),
            )),
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

/// What to type instead, where the parser's own message does not say it.
fn hint(said: &Error, typed: &[OsString]) -> Option<String> {
    let command = command_of(typed)?;
    let wrong = match said.get(ContextKind::InvalidArg)? {
        ContextValue::String(one) => one.clone(),
        ContextValue::Strings(several) => several.first()?.clone(),
        _ => return None,
    };
    match said.kind() {
        ErrorKind::MissingRequiredArgument => Some(match wrong.as_str() {
            "<SHEET>" => format!(
                "name the sheet, as in `guestlist {command} guests.csv`; - reads it from standard input"
            ),
            "<CODE>..." => "`guestlist explain all` lists the codes".to_owned(),
            "<FILE>" | "<RESULTS>..." => {
                format!("name the file behind `{command}`; --help says more")
            }
            _ => return None,
        }),
        ErrorKind::UnknownArgument if !wrong.starts_with('-') => {
            let word = visible(&wrong);
            match command.as_str() {
                "results" | "report" => Some(format!(
                    "it takes no sheet, but a run: `guestlist {command} --run ID`, or without --run the last one"
                )),
                "ledger new" => Some(format!(
                    "name the ledger by its flag: `guestlist ledger new --ledger {word}`"
                )),
                "invite" | "check" | "mail" | "remind" | "leavers" | "reset-redemption"
                | "cleanup" | "status" | "doctor" => Some(
                    "it takes one sheet: run it once for each; a name with blanks needs quotation marks"
                        .to_owned(),
                ),
                _ => None,
            }
        }
        ErrorKind::UnknownArgument if typed.first().is_some_and(|first| *first == *wrong) => {
            Some(format!(
                "flags of a command stand behind it: `guestlist {command} … {}`",
                visible(&wrong)
            ))
        }
        _ => None,
    }
}

/// The command that was typed, with the word below it: `ledger new`.
fn command_of(typed: &[OsString]) -> Option<String> {
    let root = Cli::command();
    let mut words = typed.iter().filter_map(|word| word.to_str());
    let command = words.find_map(|word| root.find_subcommand(word))?;
    let below = words.next().and_then(|word| command.find_subcommand(word));
    Some(match below {
        Some(below) => format!("{} {}", command.get_name(), below.get_name()),
        None => command.get_name().to_owned(),
    })
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
    fn a_wrong_command_line_says_what_to_type_instead() {
        let hint = |line: &str| {
            let typed: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let said = read(typed.iter().cloned()).unwrap_err();
            hint(&said, &typed).unwrap_or_default()
        };
        for (typed, instead) in [
            ("invite", "`guestlist invite guests.csv`"),
            ("invite --sandbox", "`guestlist invite guests.csv`"),
            ("leavers", "`guestlist leavers guests.csv`"),
            ("explain", "`guestlist explain all`"),
            ("invite a.csv b.csv", "one sheet"),
            ("results guests.csv", "`guestlist results --run ID`"),
            ("report last", "`guestlist report --run ID`"),
            ("ledger new x.db", "`guestlist ledger new --ledger x.db`"),
            ("--sandbox invite a.csv", "`guestlist invite … --sandbox`"),
            ("ledger backup", "`ledger backup`"),
        ] {
            let hint = hint(typed);
            assert!(hint.contains(instead), "{typed}: {hint}");
        }
    }

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
