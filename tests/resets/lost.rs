//! Lost answers and kills: the reset is settled by looking, and the guest is mailed at most once.

use super::{BEN, NEW_BEN, command, mails, person, reset, resets, weather};
use crate::support::{Practice, Workdir};
use serde_json::json;
use std::{
    process::Stdio,
    time::{Duration, Instant},
};

const ONE: &str = "email,new_email\nben.carter@fabrikam.example,ben@newfirm.example\n";

#[test]
fn the_answer_of_either_call_may_be_lost_before_or_after_it_was_done() {
    for (kind, fault) in [
        ("userUpdate", "lost_before"),
        ("userUpdate", "lost_after"),
        ("userUpdate", "unavailable_after"),
        ("invitations", "lost_before"),
        ("invitations", "lost_after"),
        ("invitations", "unavailable"),
        ("invitations", "unavailable_after"),
        ("invitations", "cut"),
        ("invitations", "no_link"),
        ("invitations", "throttled"),
        ("invitations", "throttled_after"),
        ("invitations", "forged_after"),
    ] {
        let workdir = Workdir::new();
        let script = format!("[[script]]\nkind = \"{kind}\"\nfault = \"{fault}\"\n");
        let practice = Practice::start(&workdir, &script);
        workdir.write("resets.csv", ONE);
        let mut runs = 0;
        while reset(&practice, &workdir, &[]).code != 0 {
            runs += 1;
            assert!(runs < 4, "{kind} {fault}");
            std::thread::sleep(Duration::from_millis(1_100));
        }
        let what = format!("{kind} {fault}");
        assert_eq!(mails(&practice, NEW_BEN), 1, "{what}");
        assert_eq!(
            person(&practice, BEN)["other_mails"],
            json!([BEN, NEW_BEN]),
            "{what}"
        );
        let row = &workdir.table("resets.results.csv").0[0];
        assert_eq!(row["outcome"], "reset", "{what}");
        assert!(row["redeem_url"].starts_with("https://"), "{what}");
        assert_eq!(row["mail"], "requested", "{what}");
    }
}

#[test]
fn killed_between_the_two_calls_it_goes_on() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "[latency]\ninvitations_ms = 60000");
    workdir.write("resets.csv", ONE);
    let yes = ["--yes", "--max-resets", "1"];
    let mut process = command(&practice, &workdir, &yes)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while person(&practice, BEN)["other_mails"] != json!([BEN, NEW_BEN]) {
        assert!(began.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(20));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    weather(&practice, "");
    // What the killed run may have asked is looked for before anything is asked again.
    let mut runs = 0;
    while reset(&practice, &workdir, &[]).code != 0 {
        runs += 1;
        assert!(runs < 4);
        std::thread::sleep(Duration::from_millis(1_100));
    }
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN, NEW_BEN]));
    let updates = practice.view("/follow-ups")["kinds"].clone();
    assert!(mails(&practice, NEW_BEN) <= 1, "{updates}");
    assert_eq!(workdir.table("resets.results.csv").0[0]["outcome"], "reset");
    assert!((1..=2).contains(&resets(&practice)));
}

#[test]
fn an_address_that_graph_does_not_know_everywhere_yet_is_waited_for() {
    let workdir = Workdir::new();
    let lag = "[replication]\nother_mails_ms = 2000\nchanges_ms = 500\n";
    let practice = Practice::start(&workdir, lag);
    workdir.write("resets.csv", ONE);
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(mails(&practice, NEW_BEN), 1);
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN, NEW_BEN]));
    // Another reset at once, while readings may still show the first state.
    weather(&practice, "[replication]\nchanges_ms = 20000\n");
    workdir.write(
        "resets.csv",
        "email,new_email\nben.carter@fabrikam.example,ben@third.example\n",
    );
    reset(&practice, &workdir, &[]).expect_code(0);
    workdir.write(
        "resets.csv",
        "email,new_email\nben.carter@fabrikam.example,ben@fourth.example\n",
    );
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(
        person(&practice, BEN)["other_mails"],
        json!([BEN, NEW_BEN, "ben@third.example", "ben@fourth.example"])
    );
}

#[test]
fn when_it_cannot_be_told_nobody_is_mailed_again() {
    let workdir = Workdir::new();
    let script = "[[script]]\nkind = \"invitations\"\nfault = \"lost_before\"\n";
    let practice = Practice::start(&workdir, script);
    workdir.write("resets.csv", ONE);
    let mut slow = command(&practice, &workdir, &["--yes", "--max-resets", "1"]);
    slow.env("GUESTLIST_INVITE_ASK_AGAIN_AFTER", "1h");
    for _ in 0..2 {
        crate::support::Ended::of(&mut slow)
            .expect_code(4)
            .says("1 unknown");
    }
    assert_eq!((mails(&practice, NEW_BEN), resets(&practice)), (0, 0));
    let row = &workdir.table("resets.results.csv").0[0];
    assert_eq!((&*row["outcome"], &*row["mail"]), ("unknown", "unknown"));
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!((mails(&practice, NEW_BEN), resets(&practice)), (1, 1));
}
