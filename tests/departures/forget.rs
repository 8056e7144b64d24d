//! Forgetting people: nothing stays in the ledger, and nobody asks them again by mistake.

use super::{change, cleanup, days_pass, invite, ledger, sheet};
use crate::support::{Ended, Guests, Practice, Terminal, Workdir};
use std::fs;

const KIM: &str = "Kim.Stone@Partner.Example";

fn forget(workdir: &Workdir, more: &[&str]) -> Ended {
    let usual = ["ledger", "forget", "--ledger", "guestlist.db"];
    workdir.run(&[&usual, more].concat())
}

fn with_kim() -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=2).row(KIM, "Kim Stone"));
    invite(&workdir, &practice);
    (workdir, practice)
}

/// Whether any file of the database holds it, in any case, in UTF-8 or UTF-16.
pub(super) fn is_in_the_database(workdir: &Workdir, text: &str) -> bool {
    let text = text.to_lowercase();
    let wide: Vec<u8> = text.bytes().flat_map(|byte| [byte, 0]).collect();
    let finds = |bytes: &[u8], wanted: &[u8]| {
        bytes
            .windows(wanted.len())
            .any(|window| window.eq_ignore_ascii_case(wanted))
    };
    fs::read_dir(workdir.path("")).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = fs::read(&path).unwrap_or_default();
        name.starts_with("guestlist.db") && (finds(&bytes, text.as_bytes()) || finds(&bytes, &wide))
    })
}

#[test]
fn nothing_about_the_person_stays_and_the_export_is_complete() {
    let (workdir, practice) = with_kim();
    // A reminder, a reading of states, and a second run.
    days_pass(&workdir, 20);
    super::verb(
        &workdir,
        &practice,
        &["remind", "--yes", "--max-mails", "9"],
    )
    .expect_code(0);
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    let (link, user): (String, String) = ledger(&workdir)
        .query_row(
            "SELECT redeem_url, user_id FROM person WHERE key = ?1",
            [KIM.to_lowercase()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(is_in_the_database(&workdir, KIM));
    workdir
        .run(&["ledger", "backup", "copy.db", "--ledger", "guestlist.db"])
        .expect_code(0);

    // Without a terminal somebody has to say yes.
    forget(&workdir, &[KIM]).expect_code(2).says("--yes");
    assert!(is_in_the_database(&workdir, KIM));
    let ended = forget(
        &workdir,
        &["KIM.stone@partner.example", "--export", "kim.json", "--yes"],
    )
    .expect_code(0)
    .says("1 person is forgotten")
    .says("guests.csv")
    .says("guests.results.csv")
    .says("copy.db");
    assert!(!ended.stderr.contains("guestlist.db"), "{}", ended.stderr);
    for trace in [KIM, "Kim Stone", &link, &user] {
        assert!(!is_in_the_database(&workdir, trace), "{trace}");
    }
    let export = workdir.read("kim.json");
    for trace in [
        KIM,
        "Kim Stone",
        &link,
        &user,
        "remind",
        "\"event\"",
        "\"row\"",
        "\"guest_state\"",
    ] {
        assert!(export.contains(trace), "{trace}: {export}");
    }
    assert!(!export.contains(&Guests::address(1)), "{export}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(workdir.path("kim.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    // The next run does not ask, and says so without making the exit code 4.
    let mails = practice.view("/mails")["total"].clone();
    for more in [vec![], vec!["--retry-refused"], vec!["--again"]] {
        practice
            .run(&workdir, "guests.csv", &more)
            .expect_code(0)
            .says("forgotten on request: nobody asks them");
        assert!(!workdir.path("guests.to-fix.csv").exists(), "{more:?}");
        let row = workdir.table("guests.results.csv").0[2].clone();
        assert_eq!(
            (row["outcome"].as_str(), row["email"].as_str()),
            ("refused", KIM)
        );
        assert_eq!(row["error"], "forgotten on request");
        assert_eq!(row["redeem_url"], "");
        assert!(!is_in_the_database(&workdir, KIM), "{more:?}");
    }
    // A row that was changed asks nobody either.
    workdir.write(
        "guests.csv",
        "email,redirect_url\nkim.stone@partner.example,https://northwind.example/\n",
    );
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    assert_eq!(practice.view("/mails")["total"], mails);
    // Only by name.
    practice
        .run(&workdir, "guests.csv", &["--again", "--only", KIM])
        .expect_code(0);
    assert_eq!(
        workdir.table("guests.results.csv").0[0]["outcome"],
        "exists-pending"
    );
    // Forgotten again, and told that it was so before.
    let told = forget(&workdir, &[KIM, "--yes"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    forget(&workdir, &[KIM, "--yes"])
        .expect_code(0)
        .says("1 person was forgotten before");
}

#[test]
fn whoever_was_reset_to_another_address_is_forgotten_under_both() {
    const NEW: &str = "kim@new-firm.example";
    for (typed, other) in [(KIM, NEW), (NEW, KIM)] {
        let (workdir, practice) = with_kim();
        change(&practice, "accept", KIM);
        workdir.write("resets.csv", format!("email,new_email\n{KIM},{NEW}\n"));
        super::verb(
            &workdir,
            &practice,
            &[
                "reset-redemption",
                "resets.csv",
                "--yes",
                "--max-resets",
                "9",
            ],
        )
        .expect_code(0);
        forget(&workdir, &[typed, "--export", "kim.json", "--yes"])
            .expect_code(0)
            .says(&other.to_lowercase())
            .says("1 person is forgotten");
        let export = workdir.read("kim.json").to_lowercase();
        for address in [KIM, NEW] {
            assert!(!is_in_the_database(&workdir, address), "{typed}: {address}");
            assert!(
                export.contains(&address.to_lowercase()),
                "{typed}: {address}"
            );
        }
        // Neither address is asked again.
        workdir.write("guests.csv", Guests::new().row(KIM, "Kim").row(NEW, "Kim"));
        practice.run(&workdir, "guests.csv", &[]).expect_code(0);
        let rows = workdir.table("guests.results.csv").0;
        assert!(
            rows.iter().all(|row| row["error_code"] == "GL420"),
            "{rows:?}"
        );
    }
}

#[test]
fn an_old_results_file_does_not_bring_anybody_back() {
    let (workdir, _practice) = with_kim();
    forget(&workdir, &[KIM, "--yes"]).expect_code(0);
    workdir
        .run(&[
            "ledger",
            "import",
            "--ledger",
            "guestlist.db",
            "guests.results.csv",
        ])
        .expect_code(0);
    assert!(!is_in_the_database(&workdir, KIM));
}

#[test]
fn whoever_was_not_heard_of_for_long_is_forgotten_by_age() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", sheet(1..=2));
    invite(&workdir, &practice);
    days_pass(&workdir, 200);
    workdir.write("late.csv", sheet([3]));
    practice
        .run(&workdir, "late.csv", &["--rate", "max"])
        .expect_code(0);
    forget(&workdir, &["--older-than", "300d", "--yes"])
        .expect_code(0)
        .says("nothing was changed");
    forget(
        &workdir,
        &["--older-than", "180d", "--yes", "--export", "old.json"],
    )
    .expect_code(0)
    .says("2 people are forgotten");
    assert!(!is_in_the_database(&workdir, &Guests::address(1)));
    assert!(is_in_the_database(&workdir, &Guests::address(3)));
    assert!(workdir.read("old.json").contains(&Guests::address(2)));
    // Nobody of them is ours any more.
    let told = cleanup(&workdir, &practice, &["--older-than", "0s"]).json();
    assert_eq!(told["deleted"], 1, "{told}");
}

#[test]
fn an_unknown_address_changes_nothing() {
    let (workdir, _practice) = with_kim();
    let before = fs::read(workdir.path("guestlist.db")).unwrap();
    forget(&workdir, &["somebody@elsewhere.example", KIM, "--yes"])
        .expect_code(2)
        .says("the ledger knows nobody with the address somebody@elsewhere.example: nothing was changed");
    forget(&workdir, &["no address", "--yes"]).expect_code(2);
    workdir.write("there.json", "mine");
    forget(&workdir, &[KIM, "--yes", "--export", "there.json"])
        .expect_code(2)
        .says("is there already");
    assert!(is_in_the_database(&workdir, KIM));
    let after = fs::read(workdir.path("guestlist.db")).unwrap();
    assert_eq!(before.len(), after.len());
}

#[test]
fn a_person_on_the_terminal_is_asked() {
    let (workdir, _practice) = with_kim();
    for (answer, code) in [("no", 2), ("yes", 0)] {
        let command = workdir.command(&["ledger", "forget", "--ledger", "guestlist.db", KIM]);
        let Some(mut terminal) = Terminal::open(&workdir, &command) else {
            return;
        };
        terminal.wait_for("Forget 1 person");
        terminal.type_line(answer);
        let (ended, screen) = terminal.end();
        assert_eq!(ended, code, "{screen}");
        assert_eq!(is_in_the_database(&workdir, KIM), code != 0);
    }
}
