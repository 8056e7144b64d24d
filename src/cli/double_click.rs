//! A double-click on the program, on Windows: its window closes when the program ends, so it says what it is for, and waits.
//!
//! Windows tells only unsafe code which program started this one. Shells leave their variables in the environment of what
//! they start, and the desktop has none of them; where that misleads, somebody presses Enter once, or sees the help.

use crate::ui;

const TEXT: &str = "\
guestlist invites a spreadsheet of people into a Microsoft Entra tenant as guests.
It is used from a terminal: right-click on the folder of your sheet, choose \"Open in Terminal\", and begin with
`.\\guestlist check guests.xlsx`, which needs no tenant, or `.\\guestlist invite guests.xlsx --sandbox`, which is practice.
Press Enter to close this window.";

/// What command prompt, Windows Terminal, shells of Unix, editors and CI leave in the environment.
const OF_SHELLS: [&str; 6] = [
    "PROMPT",
    "WT_SESSION",
    "TERM",
    "SHELL",
    "TERM_PROGRAM",
    "CI",
];

/// Says what to do, and waits for Enter. False where there was no double-click.
pub(super) fn is_answered() -> bool {
    let env = |name: &str| std::env::var(name).ok();
    if !cfg!(windows) || !ui::stdin_is_terminal() || is_from_a_shell(&env) {
        return false;
    }
    ui::tell(TEXT);
    let _ = std::io::stdin().read_line(&mut String::new());
    true
}

fn is_from_a_shell(env: &dyn Fn(&str) -> Option<String>) -> bool {
    // PowerShell adds folders of the user to those that the system has set.
    let is_the_system_s = |folder: &str| {
        ["ProgramFiles", "ProgramW6432", "SystemRoot"]
            .iter()
            .filter_map(|name| env(name))
            .any(|root| folder.to_lowercase().starts_with(&root.to_lowercase()))
    };
    let modules = env("PSModulePath").unwrap_or_default();
    let mut folders = modules.split(';').filter(|folder| !folder.is_empty());
    OF_SHELLS.iter().any(|name| env(name).is_some()) || !folders.all(is_the_system_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_starts_was_not_double_clicked() {
        let modules = r"C:\Program Files\WindowsPowerShell\Modules;C:\WINDOWS\system32\WindowsPowerShell\v1.0\Modules";
        let desktop = [
            ("ProgramFiles", r"C:\Program Files"),
            ("SystemRoot", r"C:\Windows"),
            ("USERPROFILE", r"C:\Users\ada"),
        ];
        let from_a_shell = |name: &str, value: &str| {
            let added = [("PSModulePath", modules), (name, value)];
            is_from_a_shell(&|wanted| {
                let mut all = added.iter().rev().chain(&desktop);
                let found = all.find(|(name, _)| *name == wanted);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(!from_a_shell("PATH", r"C:\Windows"));
        assert!(from_a_shell("PROMPT", "$P$G"), "the command prompt");
        assert!(from_a_shell("WT_SESSION", "0f"), "Windows Terminal");
        assert!(from_a_shell("SHELL", "/usr/bin/bash"), "Git Bash");
        let with_own = format!(r"C:\Users\ada\Dokumente\PowerShell\Modules;{modules}");
        assert!(from_a_shell("PSModulePath", &with_own), "PowerShell");
        let on_a_share = format!(r"\\server\home\ada\Documents\PowerShell\Modules;{modules}");
        assert!(from_a_shell("PSModulePath", &on_a_share), "PowerShell");
    }

    #[test]
    fn it_says_four_lines() {
        assert_eq!(TEXT.lines().count(), 4);
        assert!(TEXT.ends_with("Press Enter to close this window."));
    }
}
