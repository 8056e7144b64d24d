//! `guestlist generate completions`: each shell gets every command and every flag, and nothing that is hidden.

use super::{commands, flags};
use crate::support::Workdir;
#[cfg(unix)]
use crate::support::missing;
use std::fs;
#[cfg(unix)]
use std::process::Command;

const SHELLS: [(&str, &str); 5] = [
    ("bash", "guestlist.bash"),
    ("zsh", "_guestlist"),
    ("fish", "guestlist.fish"),
    ("powershell", "_guestlist.ps1"),
    ("elvish", "guestlist.elv"),
];

#[test]
fn every_command_and_flag_is_completed_in_every_shell() {
    let folder = Workdir::new();
    for (shell, file) in SHELLS {
        let printed = folder.run(&["generate", "completions", shell]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{shell}");
        for (path, command) in commands() {
            let name = path.last().unwrap();
            assert!(printed.stdout.contains(name), "{shell} lacks {name}");
            for flag in flags(&command) {
                // fish writes `-l dry-run`.
                let word = flag.trim_start_matches('-');
                assert!(printed.stdout.contains(word), "{shell} lacks {flag}");
            }
        }
        // A word that is answered with an explanation is no command.
        let hidden = ["reset)", "'reset:", "-a \"reset\"", "'reset'", " reset \""];
        for hidden in hidden {
            assert!(!printed.stdout.contains(hidden), "{shell}: {hidden}");
        }

        let written = folder.run(&["generate", "completions", shell, "--out", "made/here"]);
        assert_eq!((written.code, written.stdout.as_str()), (0, ""));
        let path = folder.path("made/here").join(file);
        assert_eq!(fs::read_to_string(path).unwrap(), printed.stdout);
    }
    let files = fs::read_dir(folder.path("made/here")).unwrap().count();
    assert_eq!(files, SHELLS.len());
}

/// What bash offers after the words of a line, the last of which is being typed.
#[cfg(unix)]
fn offered(line: &str) -> Option<Vec<String>> {
    let folder = Workdir::new();
    folder.run(&["generate", "completions", "bash", "--out", "."]);
    let script = format!(
        "source guestlist.bash || exit 1
COMP_WORDS=({line})
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_guestlist guestlist \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD - 1]}}\"
printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    let mut bash = Command::new("bash");
    // A language that this machine lacks is a warning of bash, and another start file may say anything.
    bash.args(["--norc", "-c", &script])
        .env("LC_ALL", "C")
        .env_remove("BASH_ENV")
        .current_dir(folder.path(""));
    let Ok(output) = bash.output() else {
        missing("bash", "install the package bash");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
    let offered = String::from_utf8(output.stdout).unwrap();
    Some(offered.lines().map(str::to_owned).collect())
}

#[cfg(unix)]
#[test]
fn bash_offers_commands_flags_and_values() {
    for (line, expected) in [
        ("guestlist inv", &["invite"][..]),
        ("guestlist ledger b", &["backup"]),
        ("guestlist invite --dry", &["--dry-run"]),
        ("guestlist invite --precheck s", &["snapshot"]),
        ("guestlist generate completions fi", &["fish"]),
        ("guestlist rese", &["reset-redemption"]),
    ] {
        let Some(offered) = offered(line) else { return };
        assert_eq!(offered, expected, "{line}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_a_mistake_that_is_named() {
    let folder = Workdir::new();
    folder.write("file", "");
    let ended = folder.run(&["generate", "man", "--out", "file/below"]);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("file/below") || ended.stderr.contains("file\\below"));
    assert_eq!(folder.read("file"), "");
}
