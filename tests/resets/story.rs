//! The ordinary case: two calls, everything kept, one mail; run again, it changes nothing.

use super::{BEN, CHLOE, NEW_BEN, NEW_CHLOE, TWO, command, mails, person, reset, resets};
use crate::support::{Ended, Practice, Workdir};
use serde_json::json;

#[test]
fn a_reset_keeps_the_id_the_groups_and_the_other_addresses_and_mails_once() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("resets.csv", TWO);
    let before = person(&practice, BEN);
    reset(&practice, &workdir, &[])
        .expect_code(0)
        .says("2 reset");
    let after = person(&practice, BEN);
    for kept in [
        "id",
        "user_principal_name",
        "groups",
        "mail",
        "sponsors",
        "proxy_addresses",
    ] {
        assert_eq!(before[kept], after[kept], "{kept}");
    }
    assert_eq!(after["other_mails"], json!([BEN, NEW_BEN]));
    assert_eq!(after["external_user_state"], "PendingAcceptance");
    assert_eq!((mails(&practice, NEW_BEN), mails(&practice, BEN)), (1, 0));
    let table = workdir.table("resets.results.csv");
    for (row, (old, new)) in table.0.iter().zip([(BEN, NEW_BEN), (CHLOE, NEW_CHLOE)]) {
        assert_eq!(row["outcome"], "reset");
        assert_eq!(row["this_run"], "reset");
        assert_eq!((&*row["email"], &*row["sheet_email"]), (new, old));
        assert_eq!(row["redemption"], "PendingAcceptance");
        assert_eq!(row["mail"], "requested");
        let known = practice.view(&format!(
            "/links?url={}",
            url::form_urlencoded::byte_serialize(row["redeem_url"].as_bytes()).collect::<String>()
        ));
        assert_eq!(known["user_id"], row["user_id"].as_str());
    }
    // The same command again.
    let again = reset(&practice, &workdir, &["--json"])
        .expect_code(0)
        .json();
    assert_eq!(again["outcomes"]["reset"], 2);
    assert_eq!((resets(&practice), mails(&practice, NEW_BEN)), (2, 1));
    let links = |table: &crate::support::Table| -> Vec<String> {
        table
            .0
            .iter()
            .map(|row| row["redeem_url"].clone())
            .collect()
    };
    assert_eq!(links(&table), links(&workdir.table("resets.results.csv")));
    // On purpose they are reset once more.
    reset(&practice, &workdir, &["--again"]).expect_code(0);
    assert_eq!((resets(&practice), mails(&practice, NEW_BEN)), (4, 2));
}

#[test]
fn by_object_id_with_own_words_and_silently() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let id = person(&practice, BEN)["id"].as_str().unwrap().to_owned();
    let chloe = person(&practice, CHLOE)["id"].as_str().unwrap().to_owned();
    workdir.write(
        "resets.csv",
        format!("user_id;new_email;message;language;send\n{id};{NEW_BEN};Hello Ben;de-DE;\n{chloe};{NEW_CHLOE};;;no\n"),
    );
    reset(&practice, &workdir, &[]).expect_code(0);
    let mail = &practice.view("/mails")["addresses"][NEW_BEN][0];
    assert_eq!(mail["words"], "Hello Ben");
    assert_eq!(mails(&practice, NEW_CHLOE), 0);
    let table = workdir.read("resets.results.csv");
    assert!(table.starts_with("row;outcome;email"), "{table}");
    assert_eq!(resets(&practice), 2);
}

#[test]
fn a_dry_run_changes_nothing_and_a_list_is_all_there_is_without_a_yes() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("resets.csv", TWO);
    let list = Ended::of(&mut command(&practice, &workdir, &[])).expect_code(2);
    assert!(
        list.stdout.contains(&format!("{BEN} -> {NEW_BEN}")),
        "{}",
        list.stdout
    );
    list.says("nobody was reset");
    Ended::of(&mut command(&practice, &workdir, &["--yes"]))
        .expect_code(2)
        .says("--max-resets");
    Ended::of(&mut command(&practice, &workdir, &["-n"]))
        .expect_code(0)
        .says("nothing was sent");
    assert_eq!(
        workdir.table("resets.dry-run.csv").outcomes()["would-reset"],
        2
    );
    assert!(!workdir.exists("resets.results.csv"));
    let requests = practice.view("/requests");
    for kind in ["userUpdate", "invitations"] {
        assert!(requests["kinds"][kind].is_null(), "{requests}");
    }
}

#[test]
fn at_most_as_many_as_allowed_and_the_same_command_goes_on() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("resets.csv", TWO);
    let one = ["--yes", "--max-resets", "1"];
    let first = Ended::of(&mut command(&practice, &workdir, &one)).expect_code(8);
    first.says("--max-resets 1 is reached; 1 guest is left");
    assert_eq!(
        workdir.table("resets.results.csv").outcomes()["not-attempted"],
        1
    );
    Ended::of(&mut command(&practice, &workdir, &one)).expect_code(0);
    assert_eq!((resets(&practice), mails(&practice, NEW_CHLOE)), (2, 1));
    // The daily cap counts over all verbs.
    workdir.write("guests.csv", "email\nsomebody@partner.example\n");
    practice
        .run(
            &workdir,
            "guests.csv",
            &["--daily-cap", "2", "--cap-wait", "1s"],
        )
        .expect_code(8);
}

#[test]
fn results_of_a_run_of_resets_are_told_where_they_are() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("resets.csv", TWO);
    let run = reset(&practice, &workdir, &["--json"])
        .expect_code(0)
        .json()["run"]
        .clone();
    let run = run.as_str().unwrap();
    workdir
        .run(&["results", "--run", run, "--ledger", "guestlist.db"])
        .expect_code(2)
        .says("resets.results.csv")
        .says("guestlist reset-redemption resets.csv");
}

#[test]
fn other_verbs_know_of_a_reset() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email\nana@partner.example\n");
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    practice.post("/accept", r#"{"address": "ana@partner.example"}"#);
    workdir.write(
        "resets.csv",
        "email,new_email\nana@partner.example,ana@newfirm.example\n",
    );
    reset(&practice, &workdir, &[]).expect_code(0);
    for address in ["ana@newfirm.example", "ana@partner.example"] {
        let told = Ended::of(&mut practice.verb(&workdir, &["status", address])).expect_code(0);
        assert!(
            told.stdout.contains("the redemption was reset"),
            "{}",
            told.stdout
        );
    }
    // Nobody is reminded at the address that was left.
    super::super::afterwards::days_pass(&workdir, 30);
    let told = super::super::afterwards::remind(&workdir, &practice, &[])
        .expect_code(0)
        .json();
    assert_eq!(told["left_out"]["reset"], 1, "{told}");
    assert_eq!(mails(&practice, "ana@partner.example"), 1);
    // The next list holds the new address: somebody who is there.
    workdir.write("guests.csv", "email\nana@newfirm.example\n");
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.0[0]["outcome"], "exists-pending");
    assert_eq!(mails(&practice, "ana@newfirm.example"), 1);
    let runs = Ended::of(&mut workdir.command(&["runs", "--json", "--ledger", "guestlist.db"]));
    assert!(runs.stdout.contains("reset-redemption"), "{}", runs.stdout);
}

#[test]
fn reset_alone_says_what_may_be_meant() {
    let workdir = Workdir::new();
    for typed in [&["reset"][..], &["reset", "guests.csv", "--yes"]] {
        let told = workdir.run(typed).expect_code(2);
        told.says("`guestlist reset-redemption SHEET`");
    }
}

#[test]
fn on_a_terminal_the_number_is_typed() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("resets.csv", TWO);
    for (typed, done) in [("yes", 0), ("3", 0), ("2", 2)] {
        let command = command(&practice, &workdir, &[]);
        let Some(mut terminal) = crate::support::Terminal::open(&workdir, &command) else {
            return;
        };
        terminal.wait_for("Type the number of guests to go on");
        terminal.type_line(typed);
        let (code, screen) = terminal.end();
        assert_eq!(code, if done == 0 { 2 } else { 0 }, "{screen}");
        assert_eq!(resets(&practice), done, "{typed}: {screen}");
    }
}

#[test]
fn nobody_who_was_forgotten_is_reset() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email\nana@partner.example\n");
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    workdir
        .run(&[
            "ledger",
            "forget",
            "ana@partner.example",
            "--yes",
            "--ledger",
            "guestlist.db",
        ])
        .expect_code(0);
    workdir.write(
        "resets.csv",
        "email,new_email\nana@partner.example,ana@newfirm.example\n",
    );
    reset(&practice, &workdir, &[])
        .expect_code(3)
        .says("[GL261]");
    assert_eq!(resets(&practice), 0);
}
