//! A resumed run that would ask otherwise than the first one says so before it asks: which rows, what then and what now.

use super::{by_graph, invite, mail};
use crate::support::{Ended, Practice, Workdir};

const MOVED: &str = "https://elsewhere.example/start";

fn one_line(ended: &Ended) -> String {
    let text = format!("{} {}", ended.stderr, ended.stdout);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Two guests were asked for, and nobody knows what came of it.
fn unknown(workdir: &Workdir) -> Practice {
    let practice = Practice::start(workdir, "[faults.invitations]\nlost_before = 1.0\n");
    workdir.write(
        "guests.csv",
        "email,display_name,language\na@partner.example,Ada,de\nb@partner.example,Ben,de\n",
    );
    let more = [
        "--rate",
        "max",
        "--settle",
        "0s",
        "--precheck",
        "off",
        "--accept-second-mail",
    ];
    let run = practice.run(workdir, "guests.csv", &more);
    assert!(run.code != 0, "{}", run.stderr);
    practice.post("/weather", "");
    practice
}

#[test]
fn an_unsettled_row_is_told_with_its_landing_page_and_language() {
    let workdir = Workdir::new();
    let practice = unknown(&workdir);
    workdir.write(
        "guests.csv",
        "email,display_name,language\na@partner.example,Ada,fr\nb@partner.example,Ben,de\n",
    );
    let more = [
        "--rate",
        "max",
        "--ask-again-after",
        "0s",
        "--redirect-url",
        MOVED,
    ];
    for dry in [true, false] {
        let mut more = more.to_vec();
        if dry {
            more.push("--dry-run");
        }
        let said = one_line(&practice.run(&workdir, "guests.csv", &more));
        for part in [
            "rows 2 and 3: the guest was asked for with the landing page https://myapplications.microsoft.com",
            MOVED,
            "row 2: the language of the first request was de, and it is fr now",
        ] {
            assert!(said.contains(part), "no {part:?} in {said}");
        }
    }
    // What is through is not told again.
    let said = one_line(&practice.run(&workdir, "guests.csv", &["--rate", "max"]));
    assert!(!said.contains("landing page"), "{said}");
}

#[test]
fn other_words_in_microsofts_mail_are_told() {
    let workdir = Workdir::new();
    let practice = unknown(&workdir);
    workdir.write("words.txt", "Welcome, {{ display_name }}\n");
    let more = [
        "--rate",
        "max",
        "--ask-again-after",
        "0s",
        "--message-file",
        "words.txt",
    ];
    let said = one_line(&practice.run(&workdir, "guests.csv", &more));
    assert!(
        said.contains("the words of the mail are others than those of the first request"),
        "{said}"
    );
}

#[test]
fn a_mail_sent_later_tells_what_it_says_otherwise() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    by_graph(&workdir);
    workdir.write("guests.csv", super::sheet(3));
    let silent = ["--send", "false"];
    Ended::of(&mut invite(&practice, &workdir, &silent)).expect_code(0);
    let same = mail(&practice, &workdir, &["--only", "2"]).expect_code(0);
    assert!(!one_line(&same).contains("landing page"), "{}", same.stdout);
    let settings = workdir.read("mail.toml");
    workdir.write(
        "mail.toml",
        format!("{settings}[invite]\nredirect_url = \"{MOVED}\"\n"),
    );
    let said = one_line(&mail(&practice, &workdir, &[]).expect_code(0));
    assert!(
        said.contains("rows 3 and 4: the guest was asked for with the landing page"),
        "{said}"
    );
}
