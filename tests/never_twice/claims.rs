//! What was imported or restored is a claim: believed when it has been seen, and never a reason to mail again.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Ended, Practice, Workdir};
use std::{fs, process::Stdio, time::Duration};

const LEDGER: &str = "guestlist.db";
const QUICK: [&str; 6] = ["--rate", "max", "--settle", "2s", "--ask-again-after", "3s"];
/// Filters know a guest long after `--settle`.
const LAG: &str = "[replication]\nfilters_ms = 20000\nby_id_ms = 300\n";

fn lose_ledger(workdir: &Workdir) {
    for file in ["guestlist.db", "guestlist.db-wal", "guestlist.db-shm"] {
        let _ = fs::remove_file(workdir.path(file));
    }
}

fn import(workdir: &Workdir, files: &[&str]) -> Ended {
    workdir.run(&[&["ledger", "import"], files, &["--ledger", LEDGER]].concat())
}

fn posts(practice: &Practice) -> u64 {
    practice.view("/invitations")["total"].as_u64().unwrap()
}

fn people(practice: &Practice) -> usize {
    proofs::mails(practice).len()
}

#[test]
fn answers_that_were_lost_stay_lost_in_an_import() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 5);
    let weather =
        "[[script]]\nkind = \"invitations\"\ncount = 50\nfault = \"lost_after\"\nlost_ms = 50\n";
    let practice = Practice::start(&workdir, &format!("{LAG}{weather}"));
    practice
        .run(
            &workdir,
            SHEET,
            &[
                "--rate",
                "max",
                "--settle",
                "0s",
                "--max-duration",
                "2s",
                "--workers",
                "5",
            ],
        )
        .expect_code(10);
    let table = workdir.table(RESULTS);
    assert_eq!(table.outcomes()["unknown"], 5);
    for row in &table.0 {
        assert!(
            !row["invited_at"].is_empty(),
            "when it was first asked for: {row:?}"
        );
        assert_eq!(row["tenant_id"], practice.tenant);
        assert!(!row["run"].is_empty());
    }
    practice.post("/weather", LAG);
    lose_ledger(&workdir);
    import(&workdir, &[RESULTS])
        .expect_code(0)
        .says("5 people taken into the ledger, 5 of them without an answer");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 5);
    assert_eq!(proof.invited, 5);
}

#[test]
fn a_silent_row_that_was_imported_unanswered_stays_silent() {
    let workdir = Workdir::new();
    workdir.write(SHEET, "email,send\na@partner.example,no\n");
    let lost = "[[script]]\nkind = \"invitations\"\nfault = \"lost_before\"\nlost_ms = 50\n";
    let practice = Practice::start(&workdir, lost);
    let short = ["--rate", "max", "--settle", "0s", "--max-duration", "2s"];
    practice.run(&workdir, SHEET, &short).expect_code(10);
    let row = workdir.table(RESULTS).0.remove(0);
    assert_eq!((&*row["outcome"], &*row["mail"]), ("unknown", "none"));
    lose_ledger(&workdir);
    import(&workdir, &[RESULTS])
        .expect_code(0)
        .says("1 of them without an answer");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let row = workdir.table(RESULTS).0.remove(0);
    assert_eq!((&*row["outcome"], &*row["mail"]), ("invited", "none"));
    assert_eq!(people(&practice), 0);
}

#[test]
fn nobody_who_was_never_seen_counts_as_invited() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 6);
    let elsewhere = Practice::start(&workdir, "");
    elsewhere.run(&workdir, SHEET, &QUICK).expect_code(0);
    drop(elsewhere);
    lose_ledger(&workdir);
    import(&workdir, &[RESULTS])
        .expect_code(0)
        .says("6 people taken");
    let before = workdir.table(RESULTS);

    // Another directory, though by the same name: nobody of them is there.
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(4);
    let table = workdir.table(RESULTS);
    assert_eq!(table.outcomes()["unknown"], 6, "{:?}", table.0[0]);
    assert_eq!((posts(&practice), people(&practice)), (0, 0));
    // What the file knew it knows still.
    for (row, before) in table.0.iter().zip(&before.0) {
        assert_eq!(row["redeem_url"], before["redeem_url"]);
        assert_eq!(row["user_id"], before["user_id"]);
        assert!(row["hint"].contains("cannot be found"), "{row:?}");
    }
    practice
        .run(&workdir, SHEET, &[&QUICK[..], &["--again"]].concat())
        .expect_code(4);
    assert_eq!(posts(&practice), 0, "not seen yet is not gone");

    // A day later it is certain; asked again when somebody says so.
    let text = workdir.read(RESULTS);
    let year = jiff::Timestamp::now().strftime("%Y-").to_string();
    workdir.write(
        "old.csv",
        text.replace(&format!(",{year}"), ",2020-")
            .replace("unknown,p", "invited,p"),
    );
    lose_ledger(&workdir);
    import(&workdir, &["old.csv"]).expect_code(0);
    practice.run(&workdir, SHEET, &QUICK).expect_code(4);
    let gone = workdir.table(RESULTS);
    assert_eq!(gone.outcomes()["gone"], 6, "{:?}", gone.0[0]);
    assert!(gone.0[0]["hint"].contains("--again"));
    practice
        .run(&workdir, SHEET, &[&QUICK[..], &["--again"]].concat())
        .expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 6);
}

#[test]
fn practice_and_dry_runs_are_not_imported_whatever_the_file_is_called() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 3);
    workdir
        .run(&["invite", SHEET, "--sandbox", "-o", "mine.csv"])
        .expect_code(0);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, SHEET, &["-n", "-o", "dry.csv"])
        .expect_code(0);
    fs::copy(
        workdir.path("mine.csv"),
        workdir.path("guests.practice.csv"),
    )
    .unwrap();
    for file in ["mine.csv", "dry.csv", "guests.practice.csv"] {
        import(&workdir, &[file])
            .expect_code(3)
            .says("a dry run or a practice run");
    }
    // A practice ledger takes them.
    workdir
        .run(&[
            "ledger",
            "import",
            "mine.csv",
            "--ledger",
            "new.db",
            "--sandbox",
        ])
        .expect_code(0)
        .says("3 people taken");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 3);
}

#[test]
fn results_of_one_tenant_are_not_taken_for_another() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 4);
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let other = "99999999-2222-3333-4444-555555555555";
    let theirs = workdir.read(RESULTS).replace(&practice.tenant, other);
    workdir.write("theirs.csv", theirs);
    import(&workdir, &["theirs.csv"])
        .expect_code(2)
        .says(other)
        .says(&practice.tenant);
    // A fresh ledger belongs to the tenant of the file from then on.
    workdir
        .run(&["ledger", "import", "theirs.csv", "--ledger", "fresh.db"])
        .expect_code(0);
    let mut wrong = practice.invite_bare(&workdir, SHEET, &["--ledger", "fresh.db"]);
    Ended::of(&mut wrong).expect_code(2).says(other);
    assert_eq!(posts(&practice), 4);
}

/// Five of twenty are invited; what `keep` copies of the ledger is used again after the rest was invited, too.
fn restored(keep: &dyn Fn(&Workdir), results_stay: bool) {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 20);
    let practice = Practice::start(&workdir, "");
    let five = [&QUICK[..], &["--max-invites", "5"]].concat();
    practice.run(&workdir, SHEET, &five).expect_code(8);
    keep(&workdir);
    practice.post("/weather", LAG);
    // At once: the ids of runs tell seconds only, and these runs may share one.
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let before = workdir.table(RESULTS);
    lose_ledger(&workdir);
    fs::copy(workdir.path("copy.db"), workdir.path(LEDGER)).unwrap();
    if !results_stay {
        fs::remove_file(workdir.path(RESULTS)).unwrap();
    }
    practice
        .run(&workdir, SHEET, &QUICK)
        .expect_code(0)
        .says("may not know every earlier invitation");
    let table = workdir.table(RESULTS);
    proofs::finished(&practice, &table, 20);
    if results_stay {
        let users = |table: &crate::support::Table| -> Vec<String> {
            table.0.iter().map(|row| row["user_id"].clone()).collect()
        };
        assert_eq!(users(&before), users(&table));
    }
}

#[test]
fn a_restored_backup_mails_nobody_who_was_invited_after_it_was_made() {
    restored(
        &|workdir| {
            workdir
                .run(&["ledger", "backup", "copy.db", "--ledger", LEDGER])
                .expect_code(0);
        },
        false,
    );
}

#[test]
fn a_ledger_beside_results_of_a_run_that_it_does_not_know_is_older_than_the_world() {
    restored(
        &|workdir| {
            fs::copy(workdir.path(LEDGER), workdir.path("copy.db")).unwrap();
        },
        true,
    );
}

#[test]
fn results_of_an_unknown_run_count_in_every_place_and_after_other_sheets() {
    let workdir = Workdir::new();
    workdir.write("first.csv", "email\nfirst@partner.example\n");
    workdir.write("other.csv", "email\nother@partner.example\n");
    proofs::sheet(&workdir, 8);
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, "first.csv", &QUICK).expect_code(0);
    fs::copy(workdir.path(LEDGER), workdir.path("copy.db")).unwrap();
    practice.post("/weather", LAG);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    lose_ledger(&workdir);
    fs::copy(workdir.path("copy.db"), workdir.path(LEDGER)).unwrap();
    // Newer than the run that the ledger does not know.
    std::thread::sleep(Duration::from_millis(1_100));
    practice.run(&workdir, "other.csv", &QUICK).expect_code(0);
    practice
        .run(
            &workdir,
            SHEET,
            &[&QUICK[..], &["-o", "elsewhere.csv"]].concat(),
        )
        .expect_code(0)
        .says("may not know every earlier invitation");
    proofs::nobody_twice(&practice);
    assert_eq!(people(&practice), 10);
    assert_eq!(workdir.table("elsewhere.csv").outcomes()["invited"], 8);
}

#[test]
fn whoever_is_new_to_a_restored_backup_is_asked_silently_first() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 2);
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    workdir
        .run(&["ledger", "backup", "copy.db", "--ledger", LEDGER])
        .expect_code(0);
    lose_ledger(&workdir);
    fs::copy(workdir.path("copy.db"), workdir.path(LEDGER)).unwrap();
    proofs::sheet(&workdir, 4);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    // Where the clocks cannot be compared, no mail goes out, and the results say so.
    let table = workdir.table(RESULTS);
    proofs::finished(&practice, &table, 4);
    let mails = proofs::mails(&practice);
    for row in &table.0[2..] {
        assert!(
            mails.get(&row["email"]).copied().unwrap_or(0) <= 1,
            "{row:?}"
        );
    }
}

#[test]
fn a_lost_ledger_is_not_made_anew_beside_results_of_its_sheet() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 4);
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let before = workdir.read(RESULTS);
    let links = |text: &str| text.matches("redeem").count();
    let refused = |more: &[&str]| {
        let mut night =
            practice.invite_bare(&workdir, SHEET, &[&["--ledger", LEDGER], more].concat());
        Ended::of(&mut night)
            .expect_code(2)
            .says("guestlist ledger import guests.results.csv --ledger guestlist.db");
        assert_eq!(workdir.read(RESULTS), before);
    };
    lose_ledger(&workdir);
    refused(&[]);
    refused(&["--new-ledger"]);
    workdir.write(LEDGER, "");
    refused(&["--new-ledger"]);
    // Without results an empty file is no ledger either.
    fs::rename(workdir.path(RESULTS), workdir.path("aside.csv")).unwrap();
    let mut night = practice.invite_bare(&workdir, SHEET, &["--ledger", LEDGER]);
    Ended::of(&mut night)
        .expect_code(2)
        .says("is an empty file")
        .says("--new-ledger");
    // Practice does not count, nor do dry runs.
    fs::rename(workdir.path("aside.csv"), workdir.path(RESULTS)).unwrap();
    let mut dry = practice.invite_bare(&workdir, SHEET, &["-n", "--ledger", LEDGER]);
    Ended::of(&mut dry).expect_code(0);
    workdir.run(&["invite", SHEET, "--sandbox"]).expect_code(0);

    import(&workdir, &[RESULTS]).expect_code(0);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    assert_eq!(posts(&practice), 4);
    assert_eq!(links(&workdir.read(RESULTS)), links(&before));
}

#[test]
fn a_link_in_the_results_outlives_the_ledger_that_knew_it() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 4);
    let practice = Practice::start(&workdir, "");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let links = || -> Vec<(String, String)> {
        let cell = |row: &std::collections::HashMap<String, String>| {
            (row["user_id"].clone(), row["redeem_url"].clone())
        };
        workdir.table(RESULTS).0.iter().map(cell).collect()
    };
    let before = links();
    // A ledger that knows nobody: made while the results were elsewhere.
    lose_ledger(&workdir);
    fs::rename(workdir.path(RESULTS), workdir.path("aside.csv")).unwrap();
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    assert!(links().iter().all(|(_, link)| link.is_empty()));
    fs::rename(workdir.path("aside.csv"), workdir.path(RESULTS)).unwrap();
    for more in [
        &[][..],
        &["--only", "p0002@partner.example"],
        &["--max-invites", "1"],
        &["--only", "nobody@partner.example"],
    ] {
        practice
            .run(&workdir, SHEET, &[&QUICK[..], more].concat())
            .expect_code(0);
        assert_eq!(links(), before, "{more:?}");
    }
    practice
        .run(
            &workdir,
            SHEET,
            &[&QUICK[..], &["--links", "none"]].concat(),
        )
        .expect_code(0);
    assert!(links().iter().all(|(_, link)| link.is_empty()));
}

#[test]
fn rows_that_were_left_out_show_what_the_ledger_knows() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 4);
    let practice = Practice::start(&workdir, "");
    let three = [&QUICK[..], &["--max-invites", "3"]].concat();
    practice.run(&workdir, SHEET, &three).expect_code(8);
    let before = workdir.table(RESULTS);
    practice
        .run(
            &workdir,
            SHEET,
            &[&QUICK[..], &["--only", "p0001@partner.example"]].concat(),
        )
        .expect_code(0);
    let table = workdir.table(RESULTS);
    for (row, before) in table.0.iter().zip(&before.0).skip(1) {
        assert_eq!(row["outcome"], "not-attempted");
        assert_eq!(row["this_run"], "not-selected");
        for known in ["redeem_url", "user_id", "mail", "invited_at"] {
            assert_eq!(row[known], before[known], "{known}: {row:?}");
        }
    }
    assert_eq!(table.0[0]["redeem_url"], before.0[0]["redeem_url"]);
    // And an import of them loses nothing.
    lose_ledger(&workdir);
    import(&workdir, &[RESULTS])
        .expect_code(0)
        .says("3 people taken");
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    proofs::finished(&practice, &workdir.table(RESULTS), 4);
}

#[test]
fn a_second_run_without_the_lock_file_takes_over_and_mails_nobody_twice() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 40);
    let practice = Practice::start(
        &workdir,
        &format!("{LAG}[latency]\nmin_ms = 50\nmax_ms = 200\n"),
    );
    let pace = [
        "--rate",
        "8",
        "--workers",
        "8",
        "--settle",
        "2s",
        "--ask-again-after",
        "3s",
    ];
    let first = practice
        .invite(&workdir, SHEET, &pace)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while people(&practice) < 6 {
        std::thread::sleep(Duration::from_millis(20));
    }
    fs::remove_file(workdir.path("guestlist.db.lock")).unwrap();
    let second = practice.run(
        &workdir,
        SHEET,
        &[&pace[..], &["-o", "second.csv"]].concat(),
    );
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8(first.stderr).unwrap();
    assert_eq!(first.status.code(), Some(5), "{said}");
    assert!(said.contains("taken over"), "{said}");
    assert!([0, 4].contains(&second.code), "{}", second.stderr);
    proofs::nobody_twice(&practice);
    practice.run(&workdir, SHEET, &QUICK).expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 40);
    assert_eq!(proof.invited, 40);
}

#[test]
fn a_refused_row_that_was_corrected_is_asked_for_again_and_only_once() {
    let workdir = Workdir::new();
    workdir.write(
        SHEET,
        "email,display_name,message,cc\na@partner.example,Anna,,\nb@sealed.example,Bo,,\n",
    );
    let practice = Practice::start(&workdir, "");
    let run = |sheet: &str| {
        let before = posts(&practice);
        let ended = practice.run(&workdir, sheet, &QUICK);
        (ended.code, posts(&practice) - before)
    };
    assert_eq!(run(SHEET), (4, 2));
    let words =
        |name: &str| workdir.table(name).with_outcome("refused").next().unwrap()["error"].clone();
    let said = words(RESULTS);
    assert!(
        said.contains("cross-tenant access settings. Admins"),
        "Graph's own words: {said}"
    );
    assert_eq!(run(SHEET), (4, 0));
    assert_eq!(words(RESULTS), said, "on later runs too");
    // As the to-fix file is meant to be used.
    let fix = "guests.to-fix.csv";
    let to_fix = workdir.read(fix);
    workdir.write(fix, to_fix.replace("Bo,,", "Bo,Hello,"));
    assert_eq!(run(fix), (4, 0), "words do not count");
    for (cc, asked) in [
        ("x@partner.example", 1),
        ("y@partner.example", 1),
        ("x@partner.example", 0),
        ("", 0),
    ] {
        workdir.write(fix, to_fix.replace("Bo,,", &format!("Bo,,{cc}")));
        assert_eq!(run(fix), (4, asked), "{cc}");
    }
    assert!(workdir.exists("guests.to-fix-2.csv"));
    assert!(!workdir.exists("guests.to-fix.to-fix.csv"));
    assert_eq!(words("guests.to-fix.results.csv"), said);
    let retry = [&QUICK[..], &["--retry-refused"]].concat();
    let before = posts(&practice);
    practice.run(&workdir, fix, &retry).expect_code(4);
    assert_eq!(posts(&practice), before + 1);
}

#[test]
fn in_a_synchronised_folder_the_ledger_lies_in_the_users_own() {
    let workdir = Workdir::new();
    let folder = workdir.path("OneDrive - Contoso/guests");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(SHEET), "email\na@partner.example\n").unwrap();
    for last in ["new, knows nobody yet", "knows 1 person"] {
        let mut command = workdir.command(&["invite", SHEET, "--sandbox"]);
        Ended::of(command.current_dir(&folder))
            .expect_code(0)
            .says("is synchronised by OneDrive: the ledger lies in")
            .says(last);
    }
    let files: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!files.iter().any(|name| name.contains(".db")), "{files:?}");
    // One that is there already is used, with a warning.
    let mut made = workdir.command(&["ledger", "new", "--ledger", "guestlist.practice.db"]);
    Ended::of(made.current_dir(&folder))
        .expect_code(0)
        .says("OneDrive synchronises");
    let mut command = workdir.command(&["invite", SHEET, "--sandbox"]);
    Ended::of(command.current_dir(&folder))
        .says("OneDrive synchronises")
        .says("guestlist.practice.db: knows nobody yet");
}
