//! A double-click on the program, on Windows: its window closes when the program ends, so it says what it is for, and waits.
//!
//! Whether it was one is told by the program that started this one: the desktop and its folders are `explorer.exe`. Nobody
//! types commands there, so there is nothing to parse.

use crate::ui;

const TEXT: &str = "\
guestlist invites a spreadsheet of people into a Microsoft Entra tenant as guests.
It is used from a terminal: right-click on the folder of your sheet, choose \"Open in Terminal\", and begin with
`.\\guestlist check guests.xlsx`, which needs no tenant, or `.\\guestlist invite guests.xlsx --sandbox`, which is practice.
Press Enter to close this window.";

/// Says what to do, and waits for Enter. False where there was no double-click.
pub(super) fn is_answered() -> bool {
    if !ui::stdin_is_terminal() || !is_started_by_explorer(std::process::id(), &processes()) {
        return false;
    }
    ui::tell(TEXT);
    let _ = std::io::stdin().read_line(&mut String::new());
    true
}

struct Process {
    id: u32,
    parent: u32,
    program: String,
}

fn is_started_by_explorer(own: u32, processes: &[Process]) -> bool {
    let by_id = |id: u32| processes.iter().find(|process| process.id == id);
    by_id(own)
        .and_then(|process| by_id(process.parent))
        .is_some_and(|parent| parent.program.eq_ignore_ascii_case("explorer.exe"))
}

#[cfg(windows)]
fn processes() -> Vec<Process> {
    use winsafe::{HPROCESSLIST, co::TH32CS};
    let Ok(mut list) = HPROCESSLIST::CreateToolhelp32Snapshot(TH32CS::SNAPPROCESS, None) else {
        return Vec::new();
    };
    list.iter_processes()
        .map_while(Result::ok)
        .map(|process| Process {
            id: process.th32ProcessID,
            parent: process.th32ParentProcessID,
            program: process.szExeFile(),
        })
        .collect()
}

/// Elsewhere a double-click starts no program of the terminal, or a terminal that stays.
#[cfg(not(windows))]
fn processes() -> Vec<Process> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_desktop_double_clicks() {
        let list = |parent: &str| {
            [
                (4, 0, "System"),
                (40, 4, parent),
                (41, 40, "guestlist.exe"),
                (42, 4, "explorer.exe"),
            ]
            .map(|(id, parent, program)| Process {
                id,
                parent,
                program: program.to_owned(),
            })
        };
        assert!(is_started_by_explorer(41, &list("Explorer.EXE")));
        for shell in [
            "cmd.exe",
            "powershell.exe",
            "WindowsTerminal.exe",
            "bash.exe",
        ] {
            assert!(!is_started_by_explorer(41, &list(shell)), "{shell}");
        }
        // Whoever started it has ended.
        assert!(!is_started_by_explorer(4, &list("explorer.exe")));
        assert!(!is_started_by_explorer(41, &[]));
    }

    #[test]
    fn it_says_four_lines() {
        assert_eq!(TEXT.lines().count(), 4);
        assert!(TEXT.ends_with("Press Enter to close this window."));
    }
}
