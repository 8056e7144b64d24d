//! Finds out which commit a release is built from, for `guestlist --version`.
//!
//! In this order: what a packager says (GUESTLIST_COMMIT, GUESTLIST_DATE; SOURCE_DATE_EPOCH for the date), what cargo wrote
//! into a packaged crate, and for release builds what git says about this checkout. Without any of it the version stands
//! alone: this must never fail a build. A debug build does not ask git, because then each commit would compile it anew.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script runs git, which gets no secret"
)]

use std::{env, fs, path::Path, process::Command};

/// So many digits of a commit are shown.
const SHOWN: usize = 12;

fn main() {
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let built = built_from(Path::new("."), is_release, &|name| env::var(name).ok());
    println!("cargo::rustc-env=GUESTLIST_BUILT_FROM={}", built.words);
    for name in ["GUESTLIST_COMMIT", "GUESTLIST_DATE", "SOURCE_DATE_EPOCH"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    for path in built.watched {
        println!("cargo::rerun-if-changed={path}");
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BuiltFrom {
    /// What follows the version: ` (0123456789ab, 2026-01-31)`, or nothing.
    pub words: String,
    /// The files whose change makes other words.
    pub watched: Vec<String>,
}

struct Source {
    commit: String,
    /// When it was committed, in seconds since 1970, where that is known.
    time: Option<i64>,
}

pub(crate) fn built_from(
    package: &Path,
    is_release: bool,
    env: &dyn Fn(&str) -> Option<String>,
) -> BuiltFrom {
    let given = |name: &str| {
        env(name).filter(|value| {
            let plain = |c: char| c.is_ascii_alphanumeric() || ".-+ ".contains(c);
            !value.trim().is_empty() && value.len() <= 64 && value.chars().all(plain)
        })
    };
    let mut watched = vec!["build.rs".to_owned()];
    let mut source = None;
    if let Some(commit) = given("GUESTLIST_COMMIT") {
        source = Some(Source { commit, time: None });
    } else if let Ok(packed) = fs::read_to_string(package.join(".cargo_vcs_info.json")) {
        watched.push(".cargo_vcs_info.json".to_owned());
        source = packed_commit(&packed).map(|commit| Source { commit, time: None });
    } else if is_release && package.join(".git").exists() {
        source = checkout(package, &mut watched);
    }
    let given_time = given("SOURCE_DATE_EPOCH").and_then(|time| time.trim().parse().ok());
    let time = given_time.or(source.as_ref().and_then(|source| source.time));
    let date = given("GUESTLIST_DATE").or(time.map(day));
    let parts: Vec<String> = source
        .map(|source| source.commit)
        .into_iter()
        .chain(date)
        .map(|part| part.trim().to_owned())
        .collect();
    BuiltFrom {
        words: match parts.join(", ") {
            none if none.is_empty() => none,
            parts => format!(" ({parts})"),
        },
        watched,
    }
}

/// The commit that cargo wrote into a packaged crate.
fn packed_commit(json: &str) -> Option<String> {
    let (_, rest) = json.split_once("\"sha1\"")?;
    let commit = rest.split('"').nth(1)?;
    let is_dirty = json
        .replace(char::is_whitespace, "")
        .contains("\"dirty\":true");
    shown(commit, is_dirty)
}

fn shown(commit: &str, has_changes: bool) -> Option<String> {
    let digits = commit.trim().get(..SHOWN)?;
    let is_commit = digits.chars().all(|c| c.is_ascii_hexdigit());
    let changes = if has_changes { " with changes" } else { "" };
    is_commit.then(|| format!("{digits}{changes}"))
}

fn checkout(package: &Path, watched: &mut Vec<String>) -> Option<Source> {
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["--no-optional-locks", "-C"])
            .arg(package)
            .args(arguments);
        // Inside a hook these name another checkout.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            git.env_remove(name);
        }
        let output = git.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let told = git(&["show", "--no-patch", "--format=%H %ct", "HEAD"])?;
    let (commit, time) = told.split_once(' ')?;
    let compiled = ["src", "build.rs", "Cargo.toml", "Cargo.lock"];
    let status = ["status", "--porcelain", "--untracked-files=no", "--"];
    let changes = git(&[&status[..], &compiled].concat())?;

    watched.extend(compiled.map(str::to_owned));
    let branch = git(&["symbolic-ref", "-q", "HEAD"]).unwrap_or_default();
    for name in ["HEAD", &branch, "packed-refs"] {
        // A file that is not there would make every build a new one.
        let path = git(&["rev-parse", "--git-path", name]).unwrap_or_default();
        if !name.is_empty() && package.join(&path).is_file() {
            watched.push(path);
        }
    }
    Some(Source {
        commit: shown(commit, !changes.is_empty())?,
        time: time.parse().ok(),
    })
}

/// The date, in UTC, of a time in seconds since 1970.
fn day(time: i64) -> String {
    // Days are counted from the first of March of the year 0, so that a leap day is the last of its year.
    let days = time.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{date:02}", year + era * 400 + next)
}
