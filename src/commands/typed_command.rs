//! The command line as it was typed, so that a message can show the next command with all its flags.
//!
//! Flags never hold secrets; an address in `--only` is shown back to whoever typed it.

use std::path::Path;

/// Flags that describe one sheet and do not fit another.
const ABOUT_THE_SHEET: [&str; 8] = [
    "-o",
    "--results",
    "--to-fix",
    "--encoding",
    "--delimiter",
    "--sheet",
    "--header-row",
    "--hidden",
];

#[derive(Debug, Clone, Default)]
pub struct TypedCommand(Vec<String>);

impl TypedCommand {
    pub fn of_process() -> Self {
        Self(std::env::args().skip(1).collect())
    }

    pub fn new(arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(arguments.into_iter().map(Into::into).collect())
    }

    /// Everything that was typed. A secret that was put into a URL is masked.
    pub fn whole(&self) -> Option<String> {
        let words: Vec<String> = self.0.iter().map(|word| quoted(word)).collect();
        let command = format!("guestlist {}", words.join(" "));
        (!words.is_empty()).then(|| crate::secrets::masked(&command).into_owned())
    }

    /// The same command; after a dry run, without `--dry-run`.
    pub fn again(&self, sheet: &Path) -> String {
        self.with_sheet(sheet, &sheet.display().to_string())
    }

    /// The same command for a sheet that this program wrote. Flags that name files or tell how the sheet is read are left
    /// out.
    pub fn with_sheet(&self, sheet: &Path, other: &str) -> String {
        let sheet = sheet.display().to_string();
        let mut words = vec!["guestlist".to_owned()];
        let mut arguments = self.0.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-n" | "--dry-run" | "--new-ledger" => {}
                flag if other != sheet && ABOUT_THE_SHEET.contains(&flag) => drop(arguments.next()),
                flag if other != sheet
                    && flag
                        .split_once('=')
                        .is_some_and(|(name, _)| ABOUT_THE_SHEET.contains(&name)) => {}
                argument if argument == sheet => words.push(quoted(other)),
                argument => words.push(quoted(argument)),
            }
        }
        words.join(" ")
    }
}

/// Flags of every verb that opens a ledger or a tenant; all but the first have a value.
const ABOUT_THE_PLACE: [&str; 7] = [
    "--sandbox",
    "--ledger",
    "--config",
    "--tenant",
    "--graph-url",
    "--authority-url",
    "--ca-file",
];

impl TypedCommand {
    /// The command that says who has redeemed, for the same ledger and tenant.
    pub fn status(&self, sheet: &Path) -> String {
        let mut words = vec!["guestlist".to_owned(), "status".to_owned()];
        if sheet != Path::new("-") {
            words.push(quoted(&sheet.display().to_string()));
        }
        let mut arguments = self.0.iter();
        while let Some(argument) = arguments.next() {
            let name = argument
                .split_once('=')
                .map_or(argument.as_str(), |it| it.0);
            if !ABOUT_THE_PLACE.contains(&name) {
                continue;
            }
            words.push(quoted(argument));
            if name == argument && name != ABOUT_THE_PLACE[0] {
                words.extend(arguments.next().map(|value| quoted(value)));
            }
        }
        words.join(" ")
    }
}

/// Quoted for a shell.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+%\\".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if cfg!(windows) {
        format!("\"{word}\"")
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_for_the_status_names_the_same_ledger_and_tenant() {
        let typed = TypedCommand::new([
            "invite",
            "my guests.csv",
            "--ledger",
            "a.db",
            "--rate=max",
            "--tenant=contoso.com",
            "--only",
            "--sandbox@x.example",
            "--yes",
        ]);
        assert_eq!(
            typed.status(Path::new("guests.csv")),
            "guestlist status guests.csv --ledger a.db --tenant=contoso.com"
        );
        let typed = TypedCommand::new(["invite", "-", "--sandbox"]);
        assert_eq!(typed.status(Path::new("-")), "guestlist status --sandbox");
    }

    #[test]
    fn the_next_command_keeps_what_was_typed() {
        let typed = TypedCommand::new([
            "invite",
            "my guests.csv",
            "-n",
            "--tenant",
            "contoso.com",
            "-o",
            "out.csv",
            "--header-row=3",
            "--sheet",
            "People",
        ]);
        let sheet = Path::new("my guests.csv");
        assert_eq!(
            typed.again(sheet),
            "guestlist invite 'my guests.csv' --tenant contoso.com -o out.csv --header-row=3 --sheet People"
        );
        assert_eq!(
            typed.with_sheet(sheet, "fix.csv"),
            "guestlist invite fix.csv --tenant contoso.com"
        );
    }
}
