//! `check --preview`: mails as they would be made, without a network; and templates for Microsoft's own mail.

use super::{FROM, rows};
use crate::support::{Practice, Workdir};

const PEOPLE: &str = "email,display_name,language,team,send\n\
    ada@partner.example,Ada,de,Blau,\n\
    silent@partner.example,Si,,,false\n\
    zoe@partner.example,Zo\u{eb},en,Red <&>,\n\
    ben@partner.example,Ben,,Green,\n";

fn words(workdir: &Workdir) {
    std::fs::create_dir_all(workdir.path("words")).unwrap();
    workdir
        .write("guests.csv", PEOPLE)
        .write(
            "words/de.txt",
            "Subject: Hallo {{ display_name }}\nTeam {{ team }}: {{ redeem_url }}\n",
        )
        .write(
            "words/default.txt",
            "Subject: Hello {{ display_name }}\nTeam {{ team }} of {{ tenant_name }}: {{ redeem_url }}\n",
        )
        .write(
            "words/default.html",
            "<p>{{ team }} <a href=\"{{ redeem_url }}\">in</a></p>\n",
        );
}

fn own(workdir: &Workdir, delivery: &str) {
    workdir.write(
        "mail.toml",
        format!("[message]\ndelivery = \"{delivery}\"\nfrom = \"Northwind <{FROM}>\"\ntemplate = \"words\"\n"),
    );
}

#[test]
fn mails_of_our_own_are_shown_with_both_parts() {
    let workdir = Workdir::new();
    words(&workdir);
    // Neither a mail server nor its password has to be there.
    own(&workdir, "smtp");
    let preview = [
        "check",
        "guests.csv",
        "--preview",
        "2",
        "--config",
        "mail.toml",
    ];
    let shown = workdir.run(&preview).expect_code(0).stdout;
    let shown = &shown[shown.find("2 of 3 mails").expect("no preview")..];
    insta::assert_snapshot!(shown);

    let json = workdir.run(&[&preview[..], &["--json"]].concat());
    let json = json.expect_code(0).json();
    let mails = json["preview"].as_array().unwrap();
    assert_eq!((mails.len(), &mails[0]["row"]), (2, &2.into()));
    assert!(
        mails[1]["html"]
            .as_str()
            .unwrap()
            .contains("Red &lt;&amp;&gt;")
    );
}

#[test]
fn mails_of_microsofts_are_shown_with_the_words_of_ones_own() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,message,language\na@partner.example,Welcome on board,\nb@partner.example,,de\n",
    );
    let shown = workdir.run(&["check", "guests.csv", "--preview", "5"]);
    let shown = shown.expect_code(0).stdout;
    let shown = &shown[shown.find("2 of 2 mails").expect("no preview")..];
    insta::assert_snapshot!(shown);
}

#[test]
fn what_cannot_be_shown_is_an_error_with_a_way_on() {
    let workdir = Workdir::new();
    words(&workdir);
    let preview = |more: &[&str]| {
        let usual = ["check", "guests.csv", "--preview", "3"];
        workdir.run(&[&usual, more].concat())
    };
    workdir.write("none.toml", "[message]\ndelivery = \"none\"\n");
    preview(&["--config", "none.toml"])
        .expect_code(2)
        .says("nobody is mailed");
    preview(&["--message-file", "no-such.txt"])
        .expect_code(2)
        .says("no-such.txt");
    workdir.write("wide.txt", "{{ shoe_size }}\n");
    preview(&["--message-file", "wide.txt"])
        .expect_code(3)
        .says("row 2 (Ada)")
        .says("shoe_size");
    workdir.write("link.txt", "{{ redeem_url }}\n");
    preview(&["--message-file", "link.txt"])
        .expect_code(3)
        .says("carries the link by itself");
    workdir.write("page.html", "<p>{{ team }}</p>\n");
    preview(&["--message-file", "page.html"])
        .expect_code(2)
        .says("plain text");
    workdir.write("silent.csv", "email,send\na@partner.example,false\n");
    let silent = workdir
        .run(&["check", "silent.csv", "--preview", "1"])
        .expect_code(0);
    assert!(
        silent
            .stdout
            .contains("no row of the sheet is to be mailed"),
        "{}",
        silent.stdout
    );
}

#[test]
fn a_file_that_nobody_trusts_gives_no_words_and_that_is_said() {
    let workdir = Workdir::new();
    words(&workdir);
    workdir.write("guestlist.toml", "[message]\ntemplate = \"words\"\n");
    let shown = workdir.run(&["check", "guests.csv", "--preview", "1"]);
    let shown = shown.expect_code(0).says("[message] template");
    assert!(
        shown.stdout.contains("Microsoft's own text"),
        "{}",
        shown.stdout
    );
}

#[test]
fn microsofts_mail_carries_the_words_of_the_template_of_each_row() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write(
            "guests.csv",
            PEOPLE
                .replace("team,", "team,message,")
                .replace("Blau,", "Blau,Servus,")
                .replace("Red <&>,", "Red <&>,,")
                .replace("Green,", "Green,,")
                .replace("Si,,,", "Si,,,,"),
        )
        .write(
            "words.txt",
            "Dear {{ display_name }}, team {{ team }} of {{ tenant_name }} waits.\n",
        );
    let more = ["--message-file", "words.txt", "--rate", "max"];
    practice.run(&workdir, "guests.csv", &more).expect_code(0);
    let words = |address: &str| {
        let view = practice.view(&format!("/mails?address={address}"));
        view["addresses"][address][0]["words"]
            .as_str()
            .map(str::to_owned)
    };
    assert_eq!(words("ada@partner.example").as_deref(), Some("Servus"));
    assert_eq!(
        words("zoe@partner.example").unwrap(),
        "Dear Zo\u{eb}, team Red <&> of Northwind Practice waits."
    );
    assert!(words("ben@partner.example").unwrap().contains("team Green"));
    assert_eq!(rows(&workdir)["silent@partner.example"]["mail"], "none");
    assert_eq!(practice.view("")["mails"], 3);
}

#[test]
fn an_app_would_lose_the_words_of_a_template() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write(
            "guests.csv",
            "email\na@partner.example\nb@partner.example\n",
        )
        .write("words.txt", "Welcome to {{ tenant_name }}.\n");
    let more = ["--message-file", "words.txt"];
    let run = crate::support::Ended::of(&mut practice.invite_as_app(&workdir, "guests.csv", &more));
    run.expect_code(3).says("2 rows carry a message");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn an_undefined_variable_in_row_700_of_a_thousand_is_named_for_microsofts_mail_too() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let mut sheet = "email,display_name,team\n".to_owned();
    for row in 2..=1_001 {
        let team = if row == 700 { "" } else { "Blue" };
        sheet += &format!("guest-{row}@partner.example,Guest {row},{team}\n");
    }
    workdir
        .write("guests.csv", sheet)
        .write("words.txt", "You are in team {{ team }}.\n");
    let more = ["--message-file", "words.txt", "--rate", "max"];
    let run = practice.run(&workdir, "guests.csv", &more);
    run.expect_code(3)
        .says("row 700 (Guest 700)")
        .says("`team`");
    assert_eq!(practice.view("")["invitations"], 0);
    let check = ["check", "guests.csv", "--message-file", "words.txt"];
    workdir
        .run(&check)
        .expect_code(3)
        .says("row 700 (Guest 700)");
}
