//! A command that does not exist: says which one was probably meant.
//!
//! Must not run anything: a guess could mail people.

use super::Cli;
use crate::{failure::Failure, nearest::nearest, ui::text::list, visible::visible};
use clap::CommandFactory;
use std::{ffi::OsString, path::Path};

/// What a person may have wanted, and the command for it. SHEET stands for what was typed after the word.
type Meant = &'static [(&'static str, &'static str)];

const INVITE: Meant = &[
    (
        "to invite everybody on a sheet",
        "`guestlist invite SHEET --dry-run` shows what would happen, `guestlist invite SHEET` does it",
    ),
    (
        "to find what is wrong with a sheet",
        "`guestlist check SHEET`",
    ),
];
const INVITE_OR_IMPORT: Meant = &[
    ("to invite everybody on a sheet", "`guestlist invite SHEET`"),
    (
        "to rebuild a lost ledger from results files",
        "`guestlist ledger import RESULTS`",
    ),
];
const CHECK: Meant = &[(
    "to find what is wrong with a sheet",
    "`guestlist check SHEET`",
)];
const DRY_RUN: Meant = &[(
    "to see what would happen to each row",
    "`guestlist invite SHEET --dry-run`",
)];
const STATUS: Meant = &[(
    "to see who has redeemed",
    "`guestlist status SHEET`, or `guestlist status` for everybody in the ledger",
)];
const REMIND: Meant = &[("to mail pending guests again", "`guestlist remind SHEET`")];
const DELETE: Meant = &[
    (
        "to delete guests whom this ledger invited",
        "`guestlist cleanup`",
    ),
    (
        "to list who is no longer on a sheet",
        "`guestlist leavers SHEET`",
    ),
    (
        "to take a person out of the ledger",
        "`guestlist ledger forget ADDRESS`",
    ),
];
const RUNS: Meant = &[("to list the runs so far", "`guestlist runs`")];
const RESULTS: Meant = &[("to write the results of a run again", "`guestlist results`")];
const NEW_LEDGER: Meant = &[
    ("to make a new ledger", "`guestlist ledger new`"),
    ("to print an empty sheet", "`guestlist template`"),
];
const BACKUP: Meant = &[("to copy the ledger", "`guestlist ledger backup FILE`")];
const FORGET: Meant = &[(
    "to take a person out of the ledger",
    "`guestlist ledger forget ADDRESS`",
)];
const DOCTOR: Meant = &[(
    "to find out whether this machine, sign-in and tenant can do the job",
    "`guestlist doctor SHEET`",
)];
const CONFIG: Meant = &[("to see every setting in force", "`guestlist config`")];
const SANDBOX: Meant = &[
    (
        "to practise with a sheet",
        "`guestlist invite SHEET --sandbox`",
    ),
    ("to serve the practice tenant", "`guestlist sandbox`"),
];
const TEMPLATE: Meant = &[(
    "to print an empty sheet with every column",
    "`guestlist template`",
)];
const EXPLAIN: Meant = &[(
    "to read what a code or a message of Microsoft means",
    "`guestlist explain CODE`",
)];
const SIGN_IN: Meant = &[
    (
        "to sign in as yourself",
        "run `az login` first, or set AZURE_CLIENT_ID; the commands sign in by themselves",
    ),
    ("to see whether signing in works", "`guestlist doctor`"),
];

/// Words that people type for a command, because other programs call it so.
const OTHER_WORDS: &[(&str, Meant)] = &[
    (
        "send add bulk bulk-invite bulkinvite upload run start go execute apply create guest guests inviteall invite-all onboard new-guest provision",
        INVITE,
    ),
    ("import load", INVITE_OR_IMPORT),
    ("validate verify lint test fix repair clean parse", CHECK),
    (
        "dry-run dryrun plan preview simulate what-if whatif",
        DRY_RUN,
    ),
    ("list ls show who pending stat state users people", STATUS),
    ("resend re-send reminder reminders nudge again", REMIND),
    (
        "delete remove rm del purge revoke uninvite cancel offboard",
        DELETE,
    ),
    ("log logs history last", RUNS),
    ("export output result links", RESULTS),
    ("init setup new db database", NEW_LEDGER),
    ("backup save dump", BACKUP),
    ("restore", INVITE_OR_IMPORT),
    ("forget erase gdpr anonymize anonymise", FORGET),
    (
        "diagnose diag preflight health healthcheck ping probe permissions",
        DOCTOR,
    ),
    ("settings setting configure conf set env", CONFIG),
    (
        "practice practise demo mock server serve try tutorial emulator",
        SANDBOX,
    ),
    ("example sample header headers columns csv", TEMPLATE),
    ("error errors code codes why lookup", EXPLAIN),
    (
        "login signin sign-in auth authenticate connect logout",
        SIGN_IN,
    ),
];

/// What to say about a word that is no command. `before` and `after` are the other words of the line.
pub(super) fn unknown(word: &str, before: &[OsString], after: &[OsString]) -> Failure {
    let root = Cli::command();
    let parent = before.iter().find_map(|word| {
        let named = root.find_subcommand(word.to_str()?)?;
        (named.has_subcommands() && named.get_name() != "help").then_some(named)
    });
    let shown = visible(word);
    if let Some(parent) = parent {
        return unknown_below(parent, word);
    }
    let path = Path::new(word);
    if path.is_file() || looks_like_a_sheet(word) {
        let what = if path.exists() {
            format!("`{shown}` is a file, and no command says what to do with it")
        } else {
            format!(
                "`{shown}` is no command; if it is a file, a command must say what to do with it"
            )
        };
        return hinted(Failure::usage(what), INVITE, Some(word));
    }
    if word.contains('@') {
        return Failure::usage(format!("`{shown}` is an address, and no command says what to do with it"))
            .hint("to see what is known about a person: `guestlist status ADDRESS`")
            .hint("to invite people, put them on a sheet, with a column `email`: `guestlist template` prints an empty one");
    }
    let failure = Failure::usage(format!("there is no command `{shown}`"));
    let lower = word.to_lowercase();
    let named = OTHER_WORDS
        .iter()
        .find(|(words, _)| words.split(' ').any(|known| known == lower));
    if let Some((_, meant)) = named {
        let sheet = after
            .iter()
            .filter_map(|word| word.to_str())
            .find(|word| !word.starts_with('-'));
        return hinted(failure, meant, sheet);
    }
    let commands = root
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(clap::Command::get_name);
    match nearest(&lower, commands) {
        Some(near) => failure.hint(format!("did you mean `guestlist {near}`?")),
        None => failure.hint("`guestlist help` lists the commands; to invite everybody on a sheet: `guestlist invite SHEET`"),
    }
}

/// A word after `ledger` or `config` that neither knows.
fn unknown_below(parent: &clap::Command, word: &str) -> Failure {
    let name = parent.get_name();
    let known: Vec<&str> = parent
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|known| *known != "help")
        .collect();
    let failure = Failure::usage(format!(
        "there is no command `guestlist {name} {}`",
        visible(word)
    ));
    let meant = match (name, word) {
        ("ledger", "create" | "init" | "make" | "start") => Some("new"),
        ("ledger", "copy" | "save" | "export" | "dump") => Some("backup"),
        ("ledger", "restore" | "rebuild" | "load" | "recover") => Some("import"),
        ("ledger", "delete" | "remove" | "erase" | "purge" | "rm") => Some("forget"),
        _ => nearest(word, known.iter().copied()),
    };
    match meant {
        Some(meant) => failure.hint(format!("did you mean `guestlist {name} {meant}`?")),
        None if known.len() == 1 => failure.hint(format!(
            "`guestlist {name}` shows them all, and the only command below it is `guestlist {name} {}`",
            known[0]
        )),
        None => failure.hint(format!("`guestlist {name}` takes {}", list(&known))),
    }
}

fn hinted(failure: Failure, meant: Meant, sheet: Option<&str>) -> Failure {
    // A word that a shell would need quotes for is not repeated.
    let is_plain = |word: &&str| {
        let plain = |c: char| c.is_alphanumeric() || "._-/@+,:\\".contains(c);
        word.chars().all(plain) && word.chars().count() <= 60
    };
    meant.iter().fold(failure, |failure, (what, command)| {
        let command = match sheet
            .filter(is_plain)
            .filter(|word| looks_like_a_sheet(word))
        {
            Some(sheet) => command.replace("SHEET", sheet).replace("RESULTS", sheet),
            None => (*command).to_owned(),
        };
        failure.hint(format!("{what}: {command}"))
    })
}

/// By its ending.
fn looks_like_a_sheet(word: &str) -> bool {
    let ending = Path::new(word)
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| {
        ["csv", "tsv", "txt", "tab", "xlsx", "xlsm", "xls", "ods"].contains(&ending.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> String {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let at = usize::from(words[0] == "ledger" || words[0] == "config");
        let failure = unknown(words[at].to_str().unwrap(), &words[..at], &words[at + 1..]);
        format!("{}\n{}", failure.what, failure.hints.join("\n"))
    }

    #[test]
    fn the_command_that_was_probably_meant_is_named() {
        for (typed, meant) in [
            ("send guests.csv", "`guestlist invite guests.csv`"),
            ("add a@b.org", "`guestlist invite SHEET`"),
            ("import guests.csv", "`guestlist invite guests.csv`"),
            ("import guests.csv", "`guestlist ledger import guests.csv`"),
            ("guests.csv", "`guestlist invite guests.csv`"),
            ("Guests.XLSX", "`guestlist check Guests.XLSX`"),
            ("ada@example.org", "`guestlist status ADDRESS`"),
            ("invit x", "`guestlist invite`"),
            ("resend", "`guestlist remind SHEET`"),
            ("export", "`guestlist results`"),
            ("login", "`az login`"),
            ("ledger create", "`guestlist ledger new`"),
            ("ledger bakcup", "`guestlist ledger backup`"),
            ("ledger frobnicate", "new, backup, import and forget"),
            ("frobnicate", "`guestlist help`"),
        ] {
            let said = said(typed);
            assert!(said.contains(meant), "{typed}: {said}");
        }
    }

    #[test]
    fn no_word_that_is_a_command_stands_for_another() {
        let root = Cli::command();
        let mut seen = std::collections::HashSet::new();
        for word in OTHER_WORDS.iter().flat_map(|(words, _)| words.split(' ')) {
            assert!(root.find_subcommand(word).is_none(), "{word}");
            assert!(seen.insert(word), "{word} stands there twice");
        }
    }

    #[test]
    fn what_was_typed_is_shown_without_its_hidden_characters() {
        assert!(said("inv\u{9b}ite").contains("inv<U+009B>ite"));
        assert!(!said("\u{1b}[2J.csv").contains('\u{1b}'));
        assert!(said("send a;rm.csv").contains("`guestlist invite SHEET`"));
    }
}
