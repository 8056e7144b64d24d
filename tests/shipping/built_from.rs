//! `guestlist --version`, and how the build finds out which commit a release is built from.

use super::build_script::built_from;
use crate::support::{Workdir, missing};
use std::{fs, path::Path, process::Command};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn words(package: &Path, is_release: bool, variables: &[(&str, &str)]) -> String {
    let env = |name: &str| {
        let found = variables.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    built_from(package, is_release, &env).words
}

#[test]
fn both_ways_to_ask_for_the_version_say_the_same() {
    let folder = Workdir::new();
    let [flag, short, verb] = ["--version", "-V", "version"].map(|word| folder.run(&[word]));
    assert_eq!((flag.code, flag.stderr.as_str()), (0, ""));
    assert_eq!(flag.stdout, verb.stdout);
    assert_eq!(flag.stdout, short.stdout);
    let version = concat!("guestlist ", env!("CARGO_PKG_VERSION"));
    assert!(flag.stdout.starts_with(version), "{}", flag.stdout);
    assert_eq!(flag.stdout.lines().count(), 1);
}

#[test]
fn a_packager_says_commit_and_date() {
    let package = tempfile::tempdir().unwrap();
    let said = |variables: &[(&str, &str)]| words(package.path(), true, variables);
    assert_eq!(said(&[]), "");
    assert_eq!(said(&[("GUESTLIST_COMMIT", "v1-2")]), " (v1-2)");
    assert_eq!(said(&[("GUESTLIST_DATE", "2026-11-26")]), " (2026-11-26)");
    let both = [
        ("GUESTLIST_COMMIT", "abc"),
        ("SOURCE_DATE_EPOCH", "951782400"),
    ];
    assert_eq!(said(&both), " (abc, 2000-02-29)");
    for (time, day) in [
        ("0", "1970-01-01"),
        ("-1", "1969-12-31"),
        ("1709164800", "2024-02-29"),
        ("1735689599", "2024-12-31"),
        ("4107542400", "2100-03-01"),
    ] {
        assert_eq!(said(&[("SOURCE_DATE_EPOCH", time)]), format!(" ({day})"));
    }
    // What is no plain word is left out: it would stand in a message.
    for odd in ["", " ", "a\nb", "\u{1b}[2J", "a\"b"] {
        assert_eq!(said(&[("GUESTLIST_COMMIT", odd)]), "", "{odd:?}");
        assert_eq!(said(&[("SOURCE_DATE_EPOCH", odd)]), "", "{odd:?}");
    }
}

#[test]
fn a_packaged_crate_knows_its_commit() {
    let package = tempfile::tempdir().unwrap();
    let file = package.path().join(".cargo_vcs_info.json");
    let said = |json: &str| {
        fs::write(&file, json).unwrap();
        words(package.path(), false, &[])
    };
    let clean = format!(
        "{{\n  \"git\": {{\n    \"sha1\": \"{COMMIT}\"\n  }},\n  \"path_in_vcs\": \"\"\n}}"
    );
    assert_eq!(said(&clean), " (0123456789ab)");
    let dirty = format!("{{\"git\": {{\"sha1\": \"{COMMIT}\", \"dirty\": true}}}}");
    assert_eq!(said(&dirty), " (0123456789ab with changes)");
    for broken in ["", "{}", "{\"git\": {\"sha1\"", "{\"sha1\": \"none\"}"] {
        assert_eq!(said(broken), "", "{broken}");
    }
}

#[test]
fn git_is_asked_for_a_release_only_and_only_about_this_checkout() {
    let outer = tempfile::tempdir().unwrap();
    let package = outer.path().join("guestlist");
    fs::create_dir_all(package.join("src")).unwrap();
    for file in ["build.rs", "Cargo.toml", "Cargo.lock", "src/main.rs"] {
        fs::write(package.join(file), "").unwrap();
    }
    let git = |folder: &Path, arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "A Tester");
            git.env(format!("GIT_{who}_EMAIL"), "tester@example.org");
            git.env(format!("GIT_{who}_DATE"), "2026-01-31T23:30:00-0200");
        }
        git.output().is_ok_and(|output| output.status.success())
    };
    if !git(&package, &["--version"]) {
        missing("git", "install the package git");
        return;
    }
    // A package that was unpacked inside somebody else's checkout is not built from their commit.
    assert!(git(outer.path(), &["init", "-q"]));
    assert!(git(outer.path(), &["add", "."]));
    assert!(git(outer.path(), &["commit", "-q", "-m", "outer"]));
    assert_eq!(words(&package, true, &[]), "");

    assert!(git(&package, &["init", "-q"]));
    assert_eq!(words(&package, true, &[]), "", "nothing is committed");
    assert!(git(&package, &["add", "."]));
    assert!(git(&package, &["commit", "-q", "-m", "one"]));
    assert_eq!(words(&package, false, &[]), "", "a debug build");
    let clean = words(&package, true, &[]);
    let commit = clean.strip_prefix(" (").unwrap();
    let commit = commit.strip_suffix(", 2026-02-01)").unwrap();
    assert!(commit.len() == 12 && commit.chars().all(|c| c.is_ascii_hexdigit()));
    let earlier = [("SOURCE_DATE_EPOCH", "0")];
    let expected = format!(" ({commit}, 1970-01-01)");
    assert_eq!(words(&package, true, &earlier), expected);

    fs::write(package.join("notes.txt"), "not compiled").unwrap();
    assert_eq!(words(&package, true, &[]), clean);
    fs::write(package.join("src/main.rs"), "fn main() {}").unwrap();
    let expected = format!(" ({commit} with changes, 2026-02-01)");
    assert_eq!(words(&package, true, &[]), expected);

    // A commit is noticed, on whichever branch; every file that is watched is there, or each build would be a new one.
    let watched = built_from(&package, true, &|_| None).watched;
    for path in &watched {
        assert!(package.join(path).exists(), "{path}");
    }
    assert!(watched.iter().any(|path| path.ends_with("HEAD")));
    assert!(watched.iter().any(|path| path.contains("refs/heads/")));
    assert_eq!(built_from(&package, false, &|_| None).watched, ["build.rs"]);
}
