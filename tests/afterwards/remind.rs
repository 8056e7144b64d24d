//! Who is mailed again, who is not, and what stops it.

use super::{change, days_pass, invite, ledger, mails, remind, status};
use crate::support::{Ended, Guests, Practice, Workdir};

fn invited_long_ago(weather: &str, people: usize) -> (Workdir, Practice) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, weather);
    workdir.write("guests.csv", Guests::new().people(people));
    invite(&workdir, &practice);
    days_pass(&workdir, 20);
    (workdir, practice)
}

#[test]
fn only_pending_guests_who_were_mailed_long_ago_are_mailed_again() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let there = r#"[{"address": "others@partner.example", "standing": "pending"}]"#;
    practice.post("/people", there);
    workdir.write(
        "guests.csv",
        format!(
            "email,send\n{},\n{},\n{},\nsilent@partner.example,false\nothers@partner.example,\n{},\n",
            Guests::address(1),
            Guests::address(2),
            Guests::address(3),
            Guests::address(4)
        ),
    );
    invite(&workdir, &practice);
    days_pass(&workdir, 20);
    workdir.write("late.csv", "email\nlate@partner.example\n");
    practice
        .run(&workdir, "late.csv", &["--rate", "max"])
        .expect_code(0);
    change(&practice, "accept", &Guests::address(2));
    // Another account has got the address of the third.
    let taken = format!(
        r#"[{{"address": "{}", "standing": "member"}}]"#,
        Guests::address(3)
    );
    practice.post("/people", &taken);

    // Without anybody to ask, the list is all there is.
    let list = Ended::of(&mut practice.verb(&workdir, &["remind"]))
        .expect_code(2)
        .says("nobody was mailed");
    assert!(
        list.stdout.contains("3 of 5 pending guests"),
        "{}",
        list.stdout
    );
    assert!(
        list.stdout.contains("1 was never mailed"),
        "{}",
        list.stdout
    );
    assert!(
        list.stdout.contains("1 was invited less than 14d ago"),
        "{}",
        list.stdout
    );
    assert_eq!(practice.view("/mails")["total"], 5);

    let told = remind(&workdir, &practice, &[]).expect_code(4).json();
    assert_eq!((&told["due"], &told["reminded"]), (&3.into(), &2.into()));
    assert_eq!(told["others"]["address-moved"], 1);
    for (address, expected) in [
        (Guests::address(1), 2),
        (Guests::address(2), 1),
        (Guests::address(3), 1),
        (Guests::address(4), 2),
        ("silent@partner.example".to_owned(), 0),
        ("others@partner.example".to_owned(), 0),
        ("late@partner.example".to_owned(), 1),
    ] {
        assert_eq!(mails(&practice, &address), expected, "{address}");
    }
    // Not again within a week, and only twice in all.
    remind(&workdir, &practice, &["guests.csv"]).expect_code(4);
    assert_eq!(mails(&practice, &Guests::address(1)), 2);
    days_pass(&workdir, 7);
    remind(&workdir, &practice, &["guests.csv"]).expect_code(4);
    assert_eq!(mails(&practice, &Guests::address(1)), 3);
    days_pass(&workdir, 30);
    let told = remind(&workdir, &practice, &[]).json();
    assert_eq!(told["left_out"]["often-enough"], 2);
    assert_eq!(mails(&practice, &Guests::address(1)), 3);
    // The newest link is the one that is kept.
    let shown = status(
        &workdir,
        &practice,
        &[&Guests::address(1), "--show-link", "--json"],
    )
    .json();
    let link = serde_json::json!([shown["redeem_url"]]).to_string();
    assert_eq!(practice.post("/links", &link)["known"], 1);
    // Invitations go on as before.
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    assert_eq!(mails(&practice, &Guests::address(1)), 3);
}

/// The mail leads where the invitation led, in its language, also when no sheet is named.
#[test]
fn a_reminder_says_what_the_invitation_said() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,redirect_url,language,message\nkim@partner.example,https://northwind.example/start,,Welcome!\nlea@partner.example,,fr-FR,\n",
    );
    invite(&workdir, &practice);
    for (days, sheet) in [(20, vec!["guests.csv"]), (7, vec![])] {
        days_pass(&workdir, days);
        assert_eq!(
            remind(&workdir, &practice, &sheet).expect_code(0).json()["reminded"],
            2
        );
    }
    let view = practice.view("/mails");
    let words = |address: &str, key: &str| -> Vec<serde_json::Value> {
        let mails = view["addresses"][address].as_array().unwrap().iter();
        mails.map(|mail| mail[key].clone()).collect()
    };
    // The words stand on the sheet only.
    assert_eq!(
        words("kim@partner.example", "words"),
        [
            "Welcome!".into(),
            "Welcome!".into(),
            serde_json::Value::Null
        ]
    );
    assert_eq!(
        words("lea@partner.example", "language"),
        ["fr-FR", "fr-FR", "fr-FR"]
    );
    let kept: String = rusqlite::Connection::open(workdir.path("guestlist.db"))
        .unwrap()
        .query_row(
            "SELECT redirect_url FROM person WHERE key = 'kim@partner.example'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(kept, "https://northwind.example/start");
}

#[test]
fn a_lost_answer_counts_as_a_mail() {
    for (fault, mailed) in [
        ("lost_after", 2),
        ("lost_before", 1),
        ("throttled_after", 2),
        ("swapped", 2),
    ] {
        let (workdir, practice) = invited_long_ago("", 2);
        let script = format!(r#"{{"script": [{{"kind": "invitations", "fault": "{fault}"}}]}}"#);
        practice.post("/weather", &script);
        let told = remind(&workdir, &practice, &[]).expect_code(4).json();
        assert_eq!(
            (&told["reminded"], &told["unknown"]),
            (&1.into(), &1.into()),
            "{fault}"
        );
        for days in [0, 6] {
            days_pass(&workdir, days);
            let told = remind(&workdir, &practice, &[]).expect_code(0).json();
            assert_eq!(told["due"], 0, "{fault}");
        }
        assert_eq!(mails(&practice, &Guests::address(1)), mailed, "{fault}");
        days_pass(&workdir, 1);
        remind(&workdir, &practice, &[]).expect_code(0);
        assert_eq!(mails(&practice, &Guests::address(1)), mailed + 1, "{fault}");
    }
}

#[test]
fn a_refusal_is_no_mail_and_what_stops_invitations_stops_reminders() {
    let (workdir, practice) = invited_long_ago("", 3);
    practice.post("/weather", r#"{"block_after": 0}"#);
    let told = remind(&workdir, &practice, &[]).expect_code(7);
    assert_eq!(told.json()["reminded"], 0);
    assert!(told.stderr.contains("support ticket"), "{}", told.stderr);
    practice.post("/lift", "");
    practice.post("/weather", "");
    let told = remind(&workdir, &practice, &[]).expect_code(0).json();
    assert_eq!(told["reminded"], 3);
    // Its run has no rows: it never takes the place of results.
    let run = told["run"].as_str().unwrap();
    for verb in ["results", "status"] {
        let mut command = if verb == "status" {
            practice.verb(&workdir, &["status", "--run", run])
        } else {
            workdir.command(&["results", "--run", run, "--ledger", "guestlist.db"])
        };
        Ended::of(&mut command)
            .expect_code(2)
            .says("tells nothing about the rows of a sheet");
    }
    assert_eq!(workdir.table("guests.results.csv").0.len(), 3);
}

#[test]
fn an_answer_for_another_user_stops_everything() {
    let (workdir, practice) = invited_long_ago("", 3);
    practice.post(
        "/weather",
        r#"{"script": [{"kind": "invitations", "fault": "silent_failure"}]}"#,
    );
    let told = remind(&workdir, &practice, &[]).expect_code(7);
    assert!(
        told.stderr.contains("answered for another user"),
        "{}",
        told.stderr
    );
    assert_eq!(told.json()["others"]["not-attempted"], 2);
    assert_eq!(mails(&practice, &Guests::address(2)), 1);
}

#[test]
fn caps_end_it_and_the_next_run_goes_on() {
    let (workdir, practice) = invited_long_ago("", 5);
    let told = remind(&workdir, &practice, &["--max-mails", "2"]);
    assert_eq!(told.code, 2, "given twice");
    let mut capped = practice.verb(&workdir, &["remind", "--yes", "--max-mails", "2", "--json"]);
    let told = Ended::of(&mut capped)
        .expect_code(8)
        .says("--max-mails 2 is reached; 3 guests more are due");
    assert_eq!(told.json()["reminded"], 2);
    // Reminders count in the cap of a day, together with invitations.
    let mut daily = practice.verb(
        &workdir,
        &["remind", "--yes", "--max-mails", "10", "--json"],
    );
    daily.env("GUESTLIST_INVITE_DAILY_CAP", "3");
    assert_eq!(Ended::of(&mut daily).expect_code(8).json()["reminded"], 1);
    workdir.write("more.csv", "email\nnew@partner.example\n");
    practice
        .run(&workdir, "more.csv", &["--daily-cap", "3"])
        .expect_code(8);
    assert_eq!(
        remind(&workdir, &practice, &[]).expect_code(0).json()["reminded"],
        2
    );
    for number in 1..=5 {
        assert_eq!(mails(&practice, &Guests::address(number)), 2);
    }
}

#[test]
fn a_restored_ledger_waits_for_a_week() {
    let (workdir, practice) = invited_long_ago("", 2);
    workdir
        .run(&["ledger", "backup", "copy.db", "--ledger", "guestlist.db"])
        .expect_code(0);
    remind(&workdir, &practice, &[]).expect_code(0);
    std::fs::rename(workdir.path("copy.db"), workdir.path("guestlist.db")).unwrap();
    for days in [0, 6] {
        days_pass(&workdir, days);
        remind(&workdir, &practice, &[])
            .expect_code(5)
            .says("this ledger may be older than its tenant");
    }
    assert_eq!(mails(&practice, &Guests::address(1)), 2);
    days_pass(&workdir, 1);
    remind(&workdir, &practice, &[]).expect_code(0);
    assert_eq!(mails(&practice, &Guests::address(1)), 3);
}

/// The results of the run that the ledger does not know lie where an earlier run was told to write them.
#[test]
fn results_that_an_earlier_run_named_tell_that_the_ledger_was_restored() {
    for about in [&["guests.csv"][..], &[]] {
        let workdir = Workdir::new();
        let practice = Practice::start(&workdir, "");
        std::fs::create_dir(workdir.path("told")).unwrap();
        let named = ["--rate", "max", "-o", "told/all.csv"];
        workdir.write("guests.csv", Guests::new().people(2));
        practice.run(&workdir, "guests.csv", &named).expect_code(0);
        std::fs::copy(workdir.path("guestlist.db"), workdir.path("copy.db")).unwrap();
        workdir.write("guests.csv", Guests::new().people(3));
        practice.run(&workdir, "guests.csv", &named).expect_code(0);
        for file in ["guestlist.db-wal", "guestlist.db-shm"] {
            let _ = std::fs::remove_file(workdir.path(file));
        }
        std::fs::rename(workdir.path("copy.db"), workdir.path("guestlist.db")).unwrap();
        days_pass(&workdir, 20);
        remind(&workdir, &practice, about)
            .expect_code(5)
            .says("this ledger may be older than its tenant");
        // The invitation itself asks silently first.
        practice
            .run(&workdir, "guests.csv", &["--rate", "max"])
            .says("may not know every earlier invitation");
    }
}

/// A sponsor who is gone by now does not keep the reminder of the guest.
#[test]
fn a_reminder_does_not_repeat_the_sponsors_of_the_row() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,sponsors\na@one.example,james.oneill@northwind.example\n",
    );
    invite(&workdir, &practice);
    change(&practice, "purge", "james.oneill@northwind.example");
    days_pass(&workdir, 20);
    let told = remind(&workdir, &practice, &["guests.csv"]).expect_code(0);
    assert_eq!(told.json()["reminded"], 1);
    assert_eq!(mails(&practice, "a@one.example"), 2);
}

#[test]
fn a_rebuilt_ledger_waits_for_a_week_too() {
    let (workdir, practice) = invited_long_ago("", 2);
    workdir
        .run(&["results", "--ledger", "guestlist.db", "-o", "all.csv"])
        .expect_code(0);
    std::fs::remove_file(workdir.path("guestlist.db")).unwrap();
    std::fs::remove_file(workdir.path("guests.results.csv")).unwrap();
    workdir
        .run(&["ledger", "import", "all.csv", "--ledger", "guestlist.db"])
        .expect_code(0);
    let told = remind(&workdir, &practice, &[]).expect_code(0).json();
    assert_eq!(told["left_out"]["imported-lately"], 2);
    days_pass(&workdir, 7);
    assert_eq!(
        remind(&workdir, &practice, &[]).expect_code(0).json()["reminded"],
        2
    );
}

#[test]
fn a_person_on_the_terminal_sees_the_list_first() {
    let (workdir, practice) = invited_long_ago("", 2);
    let command = practice.verb(&workdir, &["remind"]);
    let Some(mut terminal) = crate::support::Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for("Mail 2 guests of Northwind Practice");
    terminal.type_line("no");
    let (code, screen) = terminal.end();
    assert_eq!(code, 2, "{screen}");
    assert!(
        screen.contains(&Guests::address(1)) && screen.contains("20 days"),
        "{screen}"
    );
    assert_eq!(mails(&practice, &Guests::address(1)), 1);
    let Some(mut terminal) = crate::support::Terminal::open(&workdir, &command) else {
        return;
    };
    terminal.wait_for("(yes/no)");
    terminal.type_line("yes");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains("2 guests were mailed"), "{screen}");
    assert_eq!(mails(&practice, &Guests::address(1)), 2);
}

/// Only the object may go to standard output; whoever is asked sees the list all the same.
#[test]
fn with_json_a_person_sees_the_list_on_stderr_before_the_question() {
    let (workdir, practice) = invited_long_ago("", 2);
    let command = practice.verb(&workdir, &["remind", "--json"]);
    let to_file = workdir.inside(&["sh", "-c", "exec \"$@\" >told.json", "sh"], &command);
    let Some(mut terminal) = crate::support::Terminal::open(&workdir, &to_file) else {
        return;
    };
    terminal.wait_for("(yes/no)");
    terminal.type_line("yes");
    let (code, screen) = terminal.end();
    assert_eq!(code, 0, "{screen}");
    assert!(screen.contains(&Guests::address(1)), "{screen}");
    let told: serde_json::Value = serde_json::from_str(&workdir.read("told.json")).unwrap();
    assert_eq!(told["reminded"], 2);
}

/// A copy that nobody marked: the results beside the sheet tell of a run that it does not know.
#[test]
fn results_of_an_unknown_run_make_it_wait() {
    let (workdir, practice) = invited_long_ago("", 2);
    std::fs::copy(workdir.path("guestlist.db"), workdir.path("copy.db")).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    for file in ["guestlist.db-wal", "guestlist.db-shm"] {
        let _ = std::fs::remove_file(workdir.path(file));
    }
    std::fs::rename(workdir.path("copy.db"), workdir.path("guestlist.db")).unwrap();
    for sheet in [vec!["guests.csv"], vec![]] {
        remind(&workdir, &practice, &sheet)
            .expect_code(5)
            .says("a run that this ledger does not know");
    }
    assert_eq!(mails(&practice, &Guests::address(1)), 1);
}

#[test]
fn a_clock_that_was_years_behind_makes_nobody_old() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    invite(&workdir, &practice);
    for change in [
        "UPDATE event SET at = 946684800000",
        "UPDATE person SET invited_at = 946684800000",
    ] {
        ledger(&workdir).execute(change, []).unwrap();
    }
    let told = remind(&workdir, &practice, &[]).expect_code(0).json();
    assert_eq!(told["left_out"]["not-old"], 2);
    let told = remind(&workdir, &practice, &["--older-than", "0d"])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["mailed-lately"], 2);
    assert_eq!(mails(&practice, &Guests::address(1)), 1);
}

#[test]
fn a_storm_of_throttles_ends_it_and_uses_up_nobodys_reminder() {
    let (workdir, practice) = invited_long_ago("", 8);
    let storm = r#"{"faults": {"invitations": {"throttled": 1.0, "retry_after": "0"}}}"#;
    practice.post("/weather", storm);
    let told = remind(&workdir, &practice, &[]).expect_code(5);
    assert!(
        told.stderr.contains("asked to wait 3 times in a row"),
        "{}",
        told.stderr
    );
    assert_eq!(told.json()["others"]["not-attempted"], 5);
    assert_eq!(told.json()["stopped_by"], "unreachable");
    practice.post("/weather", "");
    let told = remind(&workdir, &practice, &[]).expect_code(0).json();
    assert_eq!(
        (&told["reminded"], &told["left_out"]["mailed-lately"]),
        (&5.into(), &3.into())
    );
    // Two reminders for everybody, the throttled ones left out.
    for days in [7, 7] {
        days_pass(&workdir, days);
        remind(&workdir, &practice, &[]).expect_code(0);
    }
    for number in 1..=8 {
        assert_eq!(mails(&practice, &Guests::address(number)), 3);
    }
}

/// Guests whom the ledger has mailed, and whose domain the tenant has forbidden since.
fn mailed(workdir: &Workdir, practice: &Practice, addresses: &[&str]) {
    for address in addresses {
        let person = format!(r#"[{{"address": "{address}", "standing": "pending"}}]"#);
        practice.post("/people", &person);
        let found = practice.view(&format!("/people?address={address}"));
        let id = found["people"][0]["id"].as_str().unwrap();
        ledger(workdir)
            .execute(
                "INSERT INTO person (key, email, state, user_id, mail, invited_at)
                 SELECT ?1, ?1, 'invited', ?2, 'requested', max(invited_at) FROM person",
                [*address, id],
            )
            .unwrap();
    }
}

#[test]
fn a_refusal_holds_for_a_while_and_one_of_a_domain_for_all_of_it() {
    let (workdir, practice) = invited_long_ago("", 2);
    let addresses = [
        "a@blocked.example",
        "b@blocked.example",
        "c@blocked.example",
    ];
    mailed(&workdir, &practice, &addresses);
    days_pass(&workdir, 20);
    let told = remind(&workdir, &practice, &[]).expect_code(4).json();
    assert_eq!(
        (&told["due"], &told["reminded"], &told["others"]["refused"]),
        (&5.into(), &2.into(), &3.into())
    );
    let asked = |address: &str| {
        let posts = practice.view(&format!("/invitations?address={address}"));
        posts["total"].as_u64().unwrap()
    };
    assert_eq!(addresses.map(asked), [1, 0, 0]);
    let told = remind(&workdir, &practice, &[]).expect_code(4).json();
    assert_eq!(
        (&told["due"], &told["left_out"]["refused-lately"]),
        (&2.into(), &1.into())
    );
    assert_eq!(addresses.map(asked), [1, 1, 0]);
    days_pass(&workdir, 7);
    remind(&workdir, &practice, &[]).expect_code(4);
    assert_eq!(addresses.map(asked), [2, 1, 0]);
}

#[test]
fn too_many_refusals_end_it() {
    let (workdir, practice) = invited_long_ago("", 1);
    mailed(
        &workdir,
        &practice,
        &["a@blocked.example", "b@sealed.example", "c@blocked.example"],
    );
    days_pass(&workdir, 20);
    let mut command = practice.verb(&workdir, &["remind", "--yes", "--max-mails", "9", "--json"]);
    command.env("GUESTLIST_INVITE_MAX_FAILURES", "1");
    let told = Ended::of(&mut command)
        .expect_code(5)
        .says("2 of 3 guests who were asked about ended badly");
    assert_eq!(told.json()["others"]["not-attempted"], 1);
}

#[test]
fn an_import_is_no_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email,name\nkim@partner.example,Kim Lee\n");
    invite(&workdir, &practice);
    days_pass(&workdir, 20);
    remind(&workdir, &practice, &[]).expect_code(0);
    std::fs::remove_file(workdir.path("guestlist.db")).unwrap();
    workdir
        .run(&[
            "ledger",
            "import",
            "guests.results.csv",
            "--ledger",
            "guestlist.db",
        ])
        .expect_code(0);
    let told = status(&workdir, &practice, &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["guests"][0]["last_mail"], serde_json::Value::Null);
}

/// The sheet's words go out as `invite` lets them, and a link is not replaced by one that leads elsewhere.
#[test]
fn what_the_ledger_does_not_know_is_said_and_changes_no_link() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(
        "guests.csv",
        "email,redirect_url,message\nkim@partner.example,https://northwind.example/start,Welcome!\n",
    );
    invite(&workdir, &practice);
    days_pass(&workdir, 20);
    let link = || -> String {
        let read = "SELECT redeem_url FROM person";
        ledger(&workdir)
            .query_row(read, [], |row| row.get(0))
            .unwrap()
    };
    let kept = link();
    let mut app = practice.verb(
        &workdir,
        &["remind", "guests.csv", "--yes", "--max-mails", "9"],
    );
    app.env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_TENANT_ID", &practice.tenant)
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    Ended::of(&mut app)
        .expect_code(3)
        .says("Microsoft would drop it silently");
    assert_eq!(mails(&practice, "kim@partner.example"), 1);
    ledger(&workdir)
        .execute("UPDATE person SET redirect_url = NULL, language = NULL", [])
        .unwrap();
    let told = Ended::of(&mut practice.verb(&workdir, &["remind"])).expect_code(2);
    assert!(
        told.stdout
            .contains("1 of them was invited before the ledger kept"),
        "{}",
        told.stdout
    );
    remind(&workdir, &practice, &[]).expect_code(0);
    assert_eq!(mails(&practice, "kim@partner.example"), 2);
    assert_eq!(link(), kept);
}

#[test]
fn microsoft_reminds_nobody_in_an_external_tenant() {
    let (workdir, practice) = invited_long_ago("", 2);
    practice.post("/weather", r#"{"external_tenant": true}"#);
    let told = remind(&workdir, &practice, &[]).expect_code(2).json();
    let error = told["error"].as_str().unwrap();
    assert!(error.contains("external tenant"), "{error}");
    assert_eq!(practice.view("/mails")["total"], 2);
    // The list says it, too.
    let list = Ended::of(&mut practice.verb(&workdir, &["remind"])).expect_code(2);
    list.says("external tenant");
}

#[test]
fn a_reminder_that_says_something_else_tells_it_first() {
    let (workdir, practice) = invited_long_ago("", 2);
    let more = ["guests.csv", "--message-file", "words.txt"];
    workdir.write("words.txt", "Still waiting for you.\n");
    let told = remind(&workdir, &practice, &more).expect_code(0);
    let said = told.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("rows 2 and 3: the words of the mail are others"),
        "{said}"
    );
    let mails = practice.view(&format!("/mails?address={}", Guests::address(1)));
    let words: Vec<_> = mails["addresses"][Guests::address(1)]
        .as_array()
        .unwrap()
        .iter()
        .map(|mail| mail["words"].as_str())
        .collect();
    assert_eq!(words, [None, Some("Still waiting for you.")]);
}

#[test]
fn the_numbers_add_up_and_everybody_who_is_not_reminded_is_named() {
    let (workdir, practice) = invited_long_ago("", 4);
    change(&practice, "accept", &Guests::address(2));
    change(&practice, "disable", &Guests::address(3));
    let adds_up = |told: &serde_json::Value| {
        let sum = |key: &str| -> u64 {
            told[key]
                .as_object()
                .unwrap()
                .values()
                .map(|n| n.as_u64().unwrap())
                .sum()
        };
        assert_eq!(told["people"].as_u64().unwrap(), sum("states"), "{told}");
        let pending = told["due"].as_u64().unwrap() + sum("left_out");
        assert_eq!(told["pending"].as_u64().unwrap(), pending, "{told}");
    };
    // Nobody can be asked: the list is in the object.
    let list = Ended::of(&mut practice.verb(&workdir, &["remind", "--json"]))
        .expect_code(2)
        .json();
    adds_up(&list);
    assert_eq!(list["list"].as_array().unwrap().len(), 2);
    assert_eq!(
        list["states"],
        serde_json::json!({"accepted": 1, "disabled": 1, "pending": 2})
    );
    assert!(
        list["error"]
            .as_str()
            .unwrap()
            .contains("nobody was mailed")
    );

    let one = [
        "remind",
        "guests.csv",
        "--yes",
        "--json",
        "--max-mails",
        "1",
    ];
    let told = Ended::of(&mut practice.verb(&workdir, &one))
        .expect_code(8)
        .json();
    adds_up(&told);
    let left = told["not_reminded"].as_array().unwrap();
    assert_eq!((left.len(), &left[0]["why"]), (1, &"not-attempted".into()));
    assert!(left[0]["row"].is_u64() && left[0]["user_id"].is_string());
    let told = remind(&workdir, &practice, &[]).expect_code(0).json();
    adds_up(&told);
    assert_eq!(told["not_due"][0]["why"], "mailed-lately");
}
