//! `guestlist generate`: the completions for a shell, and the manual pages, made from the command line itself.
//!
//! What is hidden on the help screens is in neither.

mod man; // a page for each command
mod words; // what a page says beside the flags

use crate::{
    cli::{Cli, Generate},
    exit::Exit,
    failure::{Failure, Result},
    ui,
};
use clap::CommandFactory;
use clap_complete::{Generator, Shell};
use std::{fs, io::Write, path::Path};

const NAME: &str = "guestlist";

pub(crate) fn run(typed: &Generate) -> Result<Exit> {
    let (files, out) = match typed {
        Generate::Completions { shell, out } => (vec![completions(*shell)], out),
        Generate::Man { out } => (man::pages(command())?, out),
    };
    match out {
        Some(folder) => write_into(folder, &files)?,
        None => print(&files)?,
    }
    Ok(Exit::Done)
}

/// A file to be made: its name, and what is in it.
struct Generated {
    name: String,
    bytes: Vec<u8>,
}

/// The command line without what is hidden.
fn command() -> clap::Command {
    let whole = Cli::command();
    let about = whole.get_about().cloned().unwrap_or_default();
    clap::Command::new(NAME)
        .about(about)
        .version(crate::version::VERSION)
        .arg_required_else_help(true)
        .subcommand_required(true)
        .args(whole.get_arguments().filter(|arg| !arg.is_hide_set()))
        .subcommands(whole.get_subcommands().filter(|sub| !sub.is_hide_set()))
}

fn completions(shell: Shell) -> Generated {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut bytes);
    Generated {
        name: shell.file_name(NAME),
        bytes,
    }
}

fn print(files: &[Generated]) -> Result<()> {
    let mut out = ui::Out::stdout();
    for file in files {
        out.write_all(&file.bytes)
            .map_err(|error| Failure::of_io("cannot write what was asked for", &error))?;
    }
    out.finish()
}

/// They are for everybody who may read the folder: nothing in them is about a person.
fn write_into(folder: &Path, files: &[Generated]) -> Result<()> {
    let cannot =
        |path: &Path, error| Failure::of_io(format!("cannot write {}", path.display()), &error);
    fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
    for file in files {
        let path = folder.join(&file.name);
        fs::write(&path, &file.bytes).map_err(|error| cannot(&path, error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Completions show what is hidden below the first level too, so nothing may be hidden there.
    #[test]
    fn nothing_that_is_hidden_is_left() {
        fn look(command: &clap::Command) {
            for arg in command.get_arguments() {
                assert!(
                    !arg.is_hide_set(),
                    "{} {}",
                    command.get_name(),
                    arg.get_id()
                );
            }
            for sub in command.get_subcommands() {
                assert!(!sub.is_hide_set(), "{}", sub.get_name());
                look(sub);
            }
        }
        assert!(Cli::command().find_subcommand("reset").is_some());
        assert!(command().find_subcommand("reset").is_none());
        look(&command());
    }

    #[test]
    fn it_is_the_command_line_that_is_parsed() {
        let (whole, ours) = (Cli::command(), command());
        let flags = |command: &clap::Command| -> Vec<String> {
            command
                .get_arguments()
                .map(|arg| arg.get_id().to_string())
                .collect()
        };
        assert_eq!(flags(&whole), flags(&ours));
        let subs = |command: &clap::Command| command.get_subcommands().count();
        assert_eq!(subs(&whole), subs(&ours) + 1);
    }
}
