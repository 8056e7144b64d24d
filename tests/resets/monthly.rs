//! The next list of the same people: whoever stands on it under a new address is a hint, with rows that are ready.

use super::{mails, reset};
use crate::support::{Ended, Practice, Workdir};

const FIRST: &str = "email,display_name,company\nana@partner.example,Ana Silva,Partner\nbo@partner.example,Bo Lind,Partner\ncy@partner.example,Cy Fox,Partner\n";
const NEXT: &str = "email,display_name,company\nana@newfirm.example,Ana Silva,Partner\nbo@partner.example,Bo Lind,Partner\ndee@partner.example,Dee Day,Partner\n";

#[test]
fn a_changed_address_is_a_hint_with_a_row_ready() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", FIRST);
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    workdir.write("next.csv", NEXT);
    let told = workdir.run(&["check", "next.csv"]).expect_code(0);
    let lines = "email,new_email\nana@partner.example,ana@newfirm.example";
    assert!(told.stderr.contains(lines), "{}", told.stderr);
    told.says("row 2: Ana Silva, known as ana@partner.example, here ana@newfirm.example");
    let dry = practice.run(&workdir, "next.csv", &["-n"]).expect_code(0);
    assert!(dry.stderr.contains(lines), "{}", dry.stderr);
    let expected = serde_json::json!([{
        "row": 2, "name": "Ana Silva", "old": "ana@partner.example", "new": "ana@newfirm.example",
    }]);
    let told = workdir
        .run(&["check", "next.csv", "--format", "json"])
        .expect_code(0)
        .json();
    assert_eq!(told["changed_addresses"], expected);
    let told = practice
        .run(&workdir, "next.csv", &["-n", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["changed_addresses"], expected);
    // The lines are a sheet.
    workdir.write("resets.csv", format!("{lines}\n"));
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(mails(&practice, "ana@newfirm.example"), 1);
    for verb in [
        workdir.run(&["check", "next.csv"]),
        practice.run(&workdir, "next.csv", &["-n"]),
    ] {
        let told = verb.expect_code(0);
        assert!(!told.stderr.contains("new address"), "{}", told.stderr);
    }
    practice
        .run(&workdir, "next.csv", &["--rate", "max"])
        .expect_code(0);
    assert_eq!(
        workdir.table("next.results.csv").0[0]["outcome"],
        "exists-pending"
    );
    assert_eq!(mails(&practice, "ana@newfirm.example"), 1);
}

#[test]
fn the_same_user_under_another_address_is_one_too() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", "email\nana@partner.example\n");
    practice
        .run(&workdir, "guests.csv", &["--rate", "max"])
        .expect_code(0);
    // An administrator has added the address by hand.
    let id = practice.view("/people?address=ana@partner.example")["people"][0]["id"].clone();
    let url = format!("{}/v1.0/users/{}", practice.url, id.as_str().unwrap());
    let token = format!("Bearer {}", practice.user_token);
    let headers = [
        ("content-type", "application/json"),
        ("authorization", &*token),
    ];
    let body = r#"{"otherMails": ["ana@partner.example", "a.silva@newfirm.example"]}"#;
    assert_eq!(
        crate::support::client::ask("PATCH", &url, &headers, body).status,
        204
    );
    workdir.write("next.csv", "email\na.silva@newfirm.example\n");
    let dry: Ended = practice.run(&workdir, "next.csv", &["-n"]).expect_code(0);
    let lines = "email,new_email\nana@partner.example,a.silva@newfirm.example";
    assert!(dry.stderr.contains(lines), "{}", dry.stderr);
}

#[test]
fn doctor_names_what_a_sheet_of_resets_needs() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Invite.All\", \"User.Read.All\", \"User.Read\", \"Policy.Read.All\"]\n",
    );
    workdir.write("resets.csv", super::TWO);
    let place = [
        "--tenant",
        &practice.tenant,
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ];
    let doctor = |more: &[&str]| {
        let usual = [
            "doctor",
            "resets.csv",
            "--new-ledger",
            "--ledger",
            "guestlist.db",
        ];
        let mut command = workdir.command(&[&usual[..], more, &place].concat());
        command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
        Ended::of(&mut command)
    };
    let told = doctor(&[]);
    assert_eq!(told.code, 6, "{}", told.stdout);
    for said in [
        "User-Mail.ReadWrite.All",
        "User.ReadWrite.All",
        "2 guests are to redeem again",
    ] {
        let words = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(said), "{said}: {}", told.stdout);
    }
    let mail = doctor(&["--ask-admin"]).expect_code(0);
    assert!(
        mail.stdout.contains("User-Mail.ReadWrite.All"),
        "{}",
        mail.stdout
    );
}
