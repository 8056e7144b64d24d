//! Commands that are advised while the practice tenant is used go on in it.
//!
//! Changes only what stands in backticks as a command of this program.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
};

/// The commands that take `--sandbox` and go on from one another. `ledger` is named with its file, and others work on
/// no tenant.
const VERBS: [&str; 10] = [
    "invite",
    "status",
    "mail",
    "remind",
    "reset-redemption",
    "leavers",
    "cleanup",
    "results",
    "report",
    "runs",
];
const COMMAND: &str = "`guestlist ";
const FLAG: &str = " --sandbox";

/// Whether this process works in the built-in practice tenant.
static PRACTICE: AtomicBool = AtomicBool::new(false);

/// From now on every command that is advised carries `--sandbox`.
pub(crate) fn advise_practice() {
    PRACTICE.store(true, Relaxed);
}

/// The text, in practice with commands that go on in practice.
pub(super) fn advised(text: &str) -> Cow<'_, str> {
    if PRACTICE.load(Relaxed) && text.contains(COMMAND) {
        Cow::Owned(with_sandbox(text))
    } else {
        Cow::Borrowed(text)
    }
}

fn with_sandbox(text: &str) -> String {
    let mut pieces = text.split(COMMAND);
    let mut changed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        changed.push_str(COMMAND);
        let (command, rest) = piece.split_at(piece.find('`').unwrap_or(piece.len()));
        changed.push_str(command);
        let verb = command.split_whitespace().next().unwrap_or_default();
        if VERBS.contains(&verb) && !command.contains(FLAG.trim_start()) {
            changed.push_str(FLAG);
        }
        changed.push_str(rest);
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_go_on_in_practice() {
        for (text, changed) in [
            (
                "from 2026-12-01 on `guestlist remind` mails the guest again; `guestlist explain GL103` says why",
                "from 2026-12-01 on `guestlist remind --sandbox` mails the guest again; `guestlist explain GL103` says why",
            ),
            (
                "`guestlist status a@b.example --sandbox --show-link` and `guestlist cleanup guests.leavers.csv`",
                "`guestlist status a@b.example --sandbox --show-link` and `guestlist cleanup guests.leavers.csv --sandbox`",
            ),
            (
                "`guestlist ledger backup FILE`",
                "`guestlist ledger backup FILE`",
            ),
            (
                "a name with `guestlist remind",
                "a name with `guestlist remind --sandbox",
            ),
        ] {
            assert_eq!(with_sandbox(text), changed);
        }
    }
}
