//! Mails of our own after a reset: the reset itself is silent, and the mail with the link leaves once.

use super::{BEN, CHLOE, NEW_BEN, NEW_CHLOE, command, mails, resets};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};

const TEMPLATE: &str = "Subject: {{ display_name }}, sign in again\nDear {{ display_name }},\n{{ note }}\n{{ redeem_url }}\n";

fn by(workdir: &Workdir, message: &str, more: &str) {
    workdir.write("words.txt", TEMPLATE).write(
        "mail.toml",
        format!("[message]\n{message}\nfrom = \"Northwind <mia.keller@northwind.example>\"\ntemplate = \"words.txt\"\nper_minute = 0\n{more}"),
    );
    workdir.write("resets.csv", super::TWO);
}

fn reset(practice: &Practice, workdir: &Workdir) -> Ended {
    let more = ["--yes", "--max-resets", "9", "--config", "mail.toml"];
    Ended::of(&mut command(practice, workdir, &more))
}

#[test]
fn graph_carries_them_once_with_the_words_of_the_row() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by(&workdir, "delivery = \"graph\"", "");
    for _ in 0..2 {
        reset(&practice, &workdir).expect_code(0);
        let own = practice.view(&format!("/own-mails?address={NEW_BEN}"));
        assert_eq!(own["total"], 1, "{own}");
        let content = own["mails"][0]["content"].as_str().unwrap();
        let row = &workdir.table("resets.results.csv").0[0];
        assert!(
            content.contains(&row["redeem_url"]) && content.contains("first"),
            "{content}"
        );
        assert_eq!((&*row["outcome"], &*row["mail"]), ("reset", "handed-over"));
        assert_eq!((mails(&practice, NEW_BEN), resets(&practice)), (0, 2));
    }
}

#[test]
fn what_is_not_taken_is_due_and_what_is_lost_is_never_sent_again() {
    let workdir = Workdir::new();
    let script = "[[script]]\nkind = \"sendMail\"\nfault = \"lost_after\"\n";
    let practice = Practice::start(&workdir, script);
    by(&workdir, "delivery = \"graph\"", "");
    for _ in 0..2 {
        reset(&practice, &workdir);
        let table = workdir.table("resets.results.csv");
        assert_eq!(table.0[0]["mail"], "unknown");
        assert_eq!(table.0[1]["mail"], "handed-over");
        for new in [NEW_BEN, NEW_CHLOE] {
            assert_eq!(
                practice.view(&format!("/own-mails?address={new}"))["total"],
                1
            );
        }
    }
    assert_eq!(resets(&practice), 2);
    let _ = (BEN, CHLOE);
}

#[test]
fn a_template_that_cannot_be_filled_resets_nobody() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by(&workdir, "delivery = \"graph\"", "");
    workdir.write(
        "words.txt",
        "Subject: x\n{{ cost_centre }} {{ redeem_url }}\n",
    );
    reset(&practice, &workdir)
        .expect_code(3)
        .says("2 rows have no mail");
    assert_eq!(resets(&practice), 0);
}

#[test]
fn a_mail_server_that_is_full_gets_them_with_the_next_run() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = SmtpSink::start(|_| Reply::Take);
    let smtp = format!(
        "[smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\n",
        sink.port
    );
    by(&workdir, "delivery = \"smtp\"", &smtp);
    reset(&practice, &workdir).expect_code(0);
    assert_eq!(
        workdir.table("resets.results.csv").0[1]["mail"],
        "handed-over"
    );
}
