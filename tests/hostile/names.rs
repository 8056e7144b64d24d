//! Names of files, values of flags and columns that hold escape and direction characters.

use super::proof::{HOSTILE, nothing_raw_in};
use crate::support::{Terminal, Workdir};

fn shown(workdir: &Workdir, arguments: &[&str]) -> String {
    let ended = workdir.run(arguments);
    nothing_raw_in("stdout", ended.stdout.as_bytes());
    nothing_raw_in("stderr", ended.stderr.as_bytes());
    let mut all = ended.stdout + &ended.stderr;
    if let Some(terminal) = Terminal::open(workdir, &workdir.command(arguments)) {
        let (_, screen, raw) = terminal.end_raw();
        nothing_raw_in(&format!("the terminal after {arguments:?}"), &raw);
        all.push_str(&screen);
    }
    all
}

/// Columns, cells and mappings, in every way in which `check` and a practice run tell of them.
#[test]
fn a_sheet_whose_columns_and_cells_hold_them() {
    let workdir = Workdir::new();
    let sheet = format!(
        "email{HOSTILE},email,note{HOSTILE},redirect_url\na@partner.example,b{HOSTILE}@partner.example,{HOSTILE},{HOSTILE}\nx,y@partner.example,,ftp://{HOSTILE}\n"
    );
    workdir.write("guests.csv", sheet);
    for arguments in [
        &["check", "guests.csv"][..],
        &["check", "guests.csv", "--show-mapping"],
        &["check", "guests.csv", "--json"],
        &["check", "guests.csv", "--color", "always"],
        &[
            "check",
            "guests.csv",
            "--map",
            &format!("email=email{HOSTILE}"),
        ],
        &[
            "check",
            "guests.csv",
            "--map",
            &format!("email=none{HOSTILE}"),
        ],
        &["invite", "guests.csv", "--sandbox", "--map", "email=email"],
        &[
            "invite",
            "guests.csv",
            "--sandbox",
            "--json",
            "--map",
            "email=email",
        ],
        &["doctor", "guests.csv", "--sandbox"],
        &["doctor", "guests.csv", "--sandbox", "--json"],
    ] {
        let shown = shown(&workdir, arguments);
        assert!(
            shown.contains("pwned") || arguments[0] != "check",
            "{arguments:?}: {shown}"
        );
    }
}

/// A table is data and stays as it is, but not where somebody looks at it.
#[test]
fn results_that_are_written_to_a_terminal() {
    let workdir = Workdir::new();
    let sheet = format!("email,note\na@partner.example,{HOSTILE}\n");
    workdir.write("guests.csv", sheet);
    let arguments = ["invite", "guests.csv", "--sandbox", "-o", "-"];
    let piped = workdir.run(&arguments);
    assert!(piped.stdout.contains(HOSTILE), "{}", piped.stdout);
    for arguments in [
        &arguments[..],
        &["invite", "guests.csv", "--sandbox", "-o", "/dev/tty"],
    ] {
        let Some(terminal) = Terminal::open(&workdir, &workdir.command(arguments)) else {
            return;
        };
        let (_, screen, raw) = terminal.end_raw();
        nothing_raw_in("the terminal", &raw);
        assert!(screen.contains("<U+001B>]0;pwned"), "{screen}");
    }
}

/// Whatever is typed is repeated by somebody: by the parser, by us, by the system.
#[test]
fn flags_and_their_values() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\na@partner.example\n");
    let flag = format!("--{HOSTILE}");
    for arguments in [
        &[HOSTILE][..],
        &[&flag],
        &["check", "guests.csv", "--format", HOSTILE],
        &["check", "guests.csv", "--encoding", HOSTILE],
        &["check", "guests.csv", "--delimiter", HOSTILE],
        &["check", "guests.csv", "--map", HOSTILE],
        &["check", HOSTILE],
        &["check", "guests.csv", "--config", HOSTILE],
        &["invite", "guests.csv", "--tenant", HOSTILE],
        &["invite", "guests.csv", "--sandbox", "--only", HOSTILE],
        &["invite", "guests.csv", "--rate", HOSTILE],
        &[
            "invite",
            "guests.csv",
            "--sandbox",
            "--ledger",
            &format!("{HOSTILE}/a.db"),
        ],
        &[
            "invite",
            "guests.csv",
            "--sandbox",
            "-o",
            &format!("{HOSTILE}/r.csv"),
        ],
        &[
            "invite",
            "guests.csv",
            "--graph-url",
            &format!("https://{HOSTILE}"),
        ],
        &["results", "--run", HOSTILE],
        &["explain", HOSTILE],
        &["sandbox", "--weather", HOSTILE],
    ] {
        let shown = shown(&workdir, arguments);
        // There is no ledger to look for the run in.
        let is_told = arguments[0] != "results";
        assert_eq!(shown.contains("pwned"), is_told, "{arguments:?}: {shown}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files() {
    let workdir = Workdir::new();
    let sheet = format!("g{HOSTILE}.csv");
    workdir.write(&sheet, "email\na@partner.example\nb@\n");
    let ledger = format!("l{HOSTILE}.db");
    for arguments in [
        &["check", &sheet][..],
        &["check", &sheet, "--json"],
        &["invite", &sheet, "--sandbox", "--ledger", &ledger],
        &["invite", &sheet, "--sandbox", "--ledger", &ledger, "--json"],
        &["runs", "--sandbox", "--ledger", &ledger],
        &["runs", "--sandbox", "--ledger", &ledger, "--json"],
        &["results", "--sandbox", "--ledger", &ledger],
    ] {
        assert!(
            shown(&workdir, arguments).contains("pwned"),
            "{arguments:?}"
        );
    }
}

#[test]
fn settings_and_variables() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\na@partner.example\n");
    for settings in [
        format!("[\"{}\"]\n", escaped()),
        format!("[invite]\n\"{}\" = true\n", escaped()),
        format!("[invite]\nledger = \"{}/x.db\"\n", escaped()),
        format!("[tenant]\nid = \"{}\"\n", escaped()),
    ] {
        workdir.write("guestlist.toml", settings);
        let shown = shown(
            &workdir,
            &[
                "invite",
                "guests.csv",
                "--config",
                "guestlist.toml",
                "--yes",
            ],
        );
        assert!(!shown.is_empty());
    }
    for variable in [
        "GUESTLIST_TENANT_ID",
        "GUESTLIST_INVITE_RATE",
        "GUESTLIST_LOG",
        "AZURE_TENANT_ID",
    ] {
        let mut command = workdir.command(&["invite", "guests.csv", "--yes"]);
        let output = command.env(variable, HOSTILE).output().unwrap();
        nothing_raw_in(variable, &output.stderr);
        nothing_raw_in(variable, &output.stdout);
    }
}

fn escaped() -> String {
    HOSTILE
        .chars()
        .map(|c| format!("\\U{:08X}", u32::from(c)))
        .collect()
}
