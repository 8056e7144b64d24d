//! The Azure CLI and whatever opens a browser get the environment without the secrets in it.
#![cfg(unix)]

use crate::support::{Ended, Guests, Practice, Terminal, Workdir};
use std::{fs, os::unix::fs::PermissionsExt, process::Command};

const SECRET: &str = "the-client-secret-of-the-app";

/// A program in front of all others, which writes down its environment.
fn spy(workdir: &Workdir, name: &str) -> String {
    let seen = workdir.path("seen");
    let script = format!(
        "env > '{0}.part'\nmv '{0}.part' '{0}'\nexit 1",
        seen.display()
    );
    program(workdir, name, &script)
}

/// The `PATH` on which this script is found before all others.
fn program(workdir: &Workdir, name: &str, script: &str) -> String {
    let bin = workdir.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let script = format!("#!/bin/sh\n{script}\n");
    fs::write(bin.join(name), script).unwrap();
    fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

fn command(workdir: &Workdir, practice: &Practice, method: &str, path: &str) -> Command {
    workdir.write("guests.csv", Guests::new().people(1));
    workdir.write(
        "settings.toml",
        "[auth]\nclient_id = \"22222222-2222-4333-8444-555555555555\"\nclient_secret = { env = \"OUR_OWN_NAME\" }\n",
    );
    let mut command = workdir.command(&[
        "invite",
        "guests.csv",
        "--dry-run",
        "--config",
        "settings.toml",
        "--tenant",
        &practice.tenant,
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ]);
    command
        .env("PATH", path)
        .env("GUESTLIST_AUTH_METHOD", method)
        .env("DISPLAY", ":0")
        .env("AZURE_CLIENT_SECRET", SECRET)
        .env("GUESTLIST_ACCESS_TOKEN", SECRET)
        .env("GUESTLIST_AUTH_CLIENT_SECRET", SECRET)
        .env("OUR_OWN_NAME", SECRET)
        .env("SYSTEM_ACCESSTOKEN", SECRET)
        .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", SECRET)
        .env("KEPT_BY_ALL", "kept");
    command
}

fn is_clean(workdir: &Workdir) {
    let seen = workdir.read("seen");
    assert!(!seen.contains(SECRET), "{seen}");
    assert!(seen.contains("KEPT_BY_ALL=kept"), "{seen}");
}

#[test]
fn the_azure_cli() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let path = spy(&workdir, "az");
    Ended::of(&mut command(&workdir, &practice, "azure-cli", &path)).expect_code(6);
    is_clean(&workdir);
}

/// Neither memory nor patience is used up by it.
#[test]
fn an_azure_cli_that_never_ends_talking_is_ended() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    for script in ["exec cat /dev/zero", "exec cat /dev/zero >&2"] {
        let path = program(&workdir, "az", script);
        let ended = Ended::of(&mut command(&workdir, &practice, "azure-cli", &path));
        ended.expect_code(6).says("wrote more than 1024 KiB");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let path = spy(&workdir, "xdg-open");
    let Some(mut terminal) =
        Terminal::open(&workdir, &command(&workdir, &practice, "browser", &path))
    else {
        return;
    };
    terminal.wait_for("sign in in the browser");
    for _ in 0..600 {
        if workdir.exists("seen") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    terminal.type_keys("\u{3}");
    terminal.end();
    is_clean(&workdir);
}
