//! A tenant that stands elsewhere, reached as a nightly job reaches its own, gives what the built-in one gives.

use crate::support::{Ended, Practice, Table, Workdir};

/// One of each kind: new, with words, pending, redeemed, internal, disabled, of a refused domain, wrong, twice.
const SHEET: &str = "\
email,display_name,message,language,sponsors,cc,send
ada@partner.example,Ada,,en-GB,,,
bo@partner.example,Bo,Welcome Bo,,anna.berg@northwind.example,cy@partner.example,
cy@partner.example,Cy,,,,,no
dana.fox@adatum.example,Dana,,,,,
ben.carter@fabrikam.example,Ben,,,,,
sofia.rossi@mailbox.example,Sofia,,,,,
finn.gray@adatum.example,Finn,,,,,
eve@blocked.example,Eve,,,,,
not an address,Nobody,,,,,
ADA@partner.example,Ada again,,,,,
";

/// What a row became, apart from what each tenant makes up.
fn fates(table: &Table) -> Vec<[String; 6]> {
    let told = ["row", "outcome", "email", "mail", "error_code", "this_run"];
    table
        .0
        .iter()
        .map(|row| told.map(|column| row[column].clone()))
        .collect()
}

#[test]
fn an_app_in_a_separate_tenant_does_what_the_sandbox_does() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", SHEET);
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(4);

    let practice = Practice::start(&workdir, "");
    let mut command = practice.invite_as_app(&workdir, "guests.csv", &[]);
    command.env("GUESTLIST_MESSAGE_WHEN_DROPPED", "send-anyway");
    Ended::of(&mut command)
        .expect_code(4)
        .says("Microsoft drops it");

    let there = workdir.table("guests.results.csv");
    assert_eq!(there.0.len(), 10);
    assert_eq!(fates(&there), fates(&workdir.table("guests.practice.csv")));
    for row in there.with_outcome("invited") {
        let link = url::form_urlencoded::byte_serialize(row["redeem_url"].as_bytes());
        let known = practice.view(&format!("/links?url={}", link.collect::<String>()));
        assert_eq!(known["user_id"], row["user_id"].as_str(), "{row:?}");
    }
    // The words are gone, as Microsoft does it; everything else of the mail is as the sheet says.
    let mails = practice.view("/mails");
    assert_eq!(mails["total"], 2);
    let bo = &mails["addresses"]["bo@partner.example"][0];
    assert_eq!(bo["words_dropped"], true);
    assert_eq!(bo["cc"], "cy@partner.example");
    assert_eq!(
        mails["addresses"]["ada@partner.example"][0]["language"],
        "en-GB"
    );
}

#[test]
fn an_app_whose_words_would_be_dropped_is_refused_before_anything_is_sent() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", SHEET);
    Ended::of(&mut practice.invite_as_app(&workdir, "guests.csv", &[]))
        .expect_code(3)
        .says("1 row carries a message")
        .says("when_dropped");
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(!workdir.exists("guests.results.csv"));

    // A user's words arrive.
    practice.run(&workdir, "guests.csv", &[]).expect_code(4);
    let mails = practice.view("/mails?address=bo@partner.example");
    assert_eq!(
        mails["addresses"]["bo@partner.example"][0]["words"],
        "Welcome Bo"
    );
}
