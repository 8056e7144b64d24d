//! Pipes, devices and folders in the place of settings and secrets are refused at once, and named.
#![cfg(unix)]

use crate::support::{Ended, Guests, Workdir};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

/// Much longer than a refusal takes, and much shorter than for ever.
const AT_ONCE: Duration = Duration::from_secs(30);

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn device(path: &Path) {
    std::os::unix::fs::symlink("/dev/zero", path).unwrap();
}

fn folder(path: &Path) {
    fs::create_dir(path).unwrap();
}

#[track_caller]
fn refused(mut command: Command, code: i32, names: &[&str]) {
    let began = Instant::now();
    let mut ended = Ended::of(&mut command).expect_code(code);
    assert!(began.elapsed() < AT_ONCE, "{}", ended.stderr);
    assert!(ended.stderr.contains("hint"), "{}", ended.stderr);
    for name in names {
        ended = ended.says(name);
    }
}

#[test]
fn settings_that_are_a_pipe_a_device_or_a_folder_are_refused() {
    for (kind, make) in [
        ("a pipe", pipe as fn(&Path)),
        ("a device", device),
        ("a folder", folder),
    ] {
        let workdir = Workdir::new();
        workdir.write("guests.csv", Guests::new().people(1));
        make(&workdir.path("guestlist.toml"));
        make(&workdir.path("named"));
        let says = |name| [name, kind, "--config"];
        refused(
            workdir.command(&["check", "guests.csv"]),
            2,
            &says("guestlist.toml"),
        );
        refused(
            workdir.command(&["invite", "guests.csv", "--sandbox"]),
            2,
            &says("guestlist.toml"),
        );
        refused(
            workdir.command(&["config", "trust"]),
            2,
            &says("guestlist.toml"),
        );
        refused(
            workdir.command(&["check", "guests.csv", "--config", "named"]),
            2,
            &says("named"),
        );
    }
}

#[test]
fn secrets_and_certificates_that_are_none_are_refused() {
    for (kind, make) in [
        ("a pipe", pipe as fn(&Path)),
        ("a device", device),
        ("a folder", folder),
    ] {
        let workdir = Workdir::new();
        workdir.write("guests.csv", Guests::new().people(1));
        make(&workdir.path("special"));
        for (settings, code) in [
            ("client_secret = { file = \"special\" }", 2),
            ("certificate = \"special\"", 6),
            ("federated_token_file = \"special\"", 6),
        ] {
            workdir.write(
                "named.toml",
                format!(
                    "[tenant]\nid = \"contoso.com\"\n[auth]\nclient_id = \"an-app\"\n{settings}\n"
                ),
            );
            refused(
                workdir.command(&[
                    "invite",
                    "guests.csv",
                    "--dry-run",
                    "--config",
                    "named.toml",
                ]),
                code,
                &["special", kind],
            );
        }
    }
}
