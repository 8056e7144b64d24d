//! What `docs/data-protection.md` says of files and logs.

use crate::support::{Ended, Practice, Workdir};
use std::{collections::BTreeSet, fs, path::Path};

const WORDS: &str = "Welcome to the house of mirrors";

fn everything_below(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            names.extend(everything_below(&entry.path()));
        }
        names.insert(entry.file_name().into_string().unwrap());
    }
    names
}

#[test]
fn the_most_detailed_log_names_nobody_and_only_the_documented_files_are_left() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        format!(
            "email,display_name,message\nana.lima@partner.example,Ana Lima,{WORDS}\nnobody,Bo,\n"
        ),
    );
    fs::create_dir(workdir.path("temporary")).unwrap();
    let mut run = practice.invite(&workdir, "guests.csv", &["-vvv", "--tolerate", "invalid"]);
    run.env("TMPDIR", workdir.path("temporary"));
    let told = Ended::of(&mut run).expect_code(0);
    let said = told.stdout + &told.stderr;
    let link = &workdir.table("guests.results.csv").0[0]["redeem_url"];
    assert!(link.starts_with("https://"), "{link}");
    for secret in [
        "ana.lima",
        "Ana Lima",
        WORDS,
        link.as_str(),
        practice.user_token.as_str(),
    ] {
        assert!(!said.contains(secret), "{secret:?} in:\n{said}");
    }

    let ledger = fs::read(workdir.path("guestlist.db")).unwrap();
    let holds = |text: &str| {
        ledger
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    assert!(holds("ana.lima@partner.example") && holds(link));
    assert!(!holds(WORDS) && !holds(&practice.user_token));

    let left = everything_below(&workdir.path(""));
    let documented = [
        "guestlist.db",
        "guestlist.db.lock",
        "guests.csv",
        "guests.results.csv",
        "guests.to-fix.csv",
        "temporary",
        "weather.toml",
    ];
    for name in &left {
        assert!(documented.contains(&name.as_str()), "{name} in {left:?}");
    }
}
