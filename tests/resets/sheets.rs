//! What can be wrong with a sheet of resets: one clear message each, and nothing is sent.

use super::{BEN, CHLOE, NEW_BEN, person, reset};
use crate::support::{Practice, Workdir, client};
use serde_json::json;
use std::fmt::Write;

#[test]
fn every_mistake_is_told_and_nothing_is_sent() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let mut page = String::new();
    for (what, sheet) in [
        ("one column", format!("email\n{BEN}\n")),
        ("no new address column", format!("email,name\n{BEN},Ben\n")),
        ("nobody named", format!("name,new_email\nBen,{NEW_BEN}\n")),
        (
            "two columns for the same",
            format!("email,mail,new_email\n{BEN},{BEN},{NEW_BEN}\n"),
        ),
        ("no rows", "email,new_email\n".to_owned()),
        ("an empty new address", format!("email,new_email\n{BEN},\n")),
        (
            "an empty old address",
            format!("email,new_email\n,{NEW_BEN}\n"),
        ),
        (
            "no address",
            format!("email,new_email\n{BEN},ben at newfirm\n"),
        ),
        (
            "two addresses in a cell",
            format!("email,new_email\n{BEN},a@x.example b@x.example\n"),
        ),
        ("no id", format!("user_id,new_email\n17,{NEW_BEN}\n")),
        (
            "a person twice",
            format!("email,new_email\n{BEN},{NEW_BEN}\n{BEN},b@x.example\n"),
        ),
        (
            "an address twice",
            format!("email,new_email\n{BEN},{NEW_BEN}\n{CHLOE},{NEW_BEN}\n"),
        ),
        (
            "a guest under two addresses",
            "email,new_email\nhugo.new@litware.example,h1@x.example\nhugo.stone@litware.example,h2@x.example\n".to_owned(),
        ),
        (
            "swapped columns",
            format!("new_email,email\n{BEN},{NEW_BEN}\n{CHLOE},c@newfirm.example\n"),
        ),
        (
            "somebody else's address",
            format!("email,new_email\n{BEN},{CHLOE}\n"),
        ),
        (
            "a member's second address",
            format!("email,new_email\n{BEN},sofia.rossi@mailbox.example\n"),
        ),
        (
            "the tenant's own domain",
            format!("email,new_email\n{BEN},ben.carter@northwind.example\n"),
        ),
        (
            "nobody there",
            format!("email,new_email\nnobody@nowhere.example,{NEW_BEN}\n"),
        ),
        (
            "an internal user",
            "email,new_email\nanna.berg@northwind.example,anna@x.example\n".to_owned(),
        ),
        (
            "a bad landing page",
            format!("email,new_email,redirect_url\n{BEN},{NEW_BEN},here\n"),
        ),
        (
            "a bad language",
            format!("email,new_email,language\n{BEN},{NEW_BEN},German\n"),
        ),
        (
            "neither yes nor no",
            format!("email,new_email,send\n{BEN},{NEW_BEN},perhaps\n"),
        ),
        (
            "too many cells",
            format!("email,new_email\n{BEN},{NEW_BEN},more\n"),
        ),
        (
            "several at once",
            format!(
                "email,new_email\nnobody@nowhere.example,n@x.example\n{BEN},{CHLOE}\n{CHLOE},c@northwind.example\n"
            ),
        ),
        (
            "a guest who was deleted",
            format!("email,new_email\nmona.reed@fabrikam.example,{NEW_BEN}\n"),
        ),
    ] {
        workdir.write("resets.csv", &sheet);
        let told = reset(&practice, &workdir, &["-q"]).expect_code(3);
        writeln!(page, "## {what}\n{}\n", told.stderr.trim_end()).unwrap();
    }
    let requests = practice.view("/requests");
    for kind in ["userUpdate", "invitations"] {
        assert!(requests["kinds"][kind].is_null(), "{requests}");
    }
    assert!(!workdir.exists("resets.results.csv"));
    insta::assert_snapshot!("refused-sheets", page);
}

/// Nobody is reset by a guess: the row has to say who is meant.
#[test]
fn an_old_address_of_two_users_is_refused_and_an_object_id_says_who_is_meant() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let chloe = person(&practice, CHLOE)["id"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}", practice.user_token);
    let changed = client::ask(
        "PATCH",
        &format!("{}/v1.0/users/{chloe}", practice.url),
        &[
            ("authorization", &bearer),
            ("content-type", "application/json"),
        ],
        &format!("{{\"otherMails\": [\"{CHLOE}\", \"shared@x.example\", \"{BEN}\"]}}"),
    );
    assert_eq!(changed.status, 204, "{}", changed.body);
    workdir.write("resets.csv", format!("email,new_email\n{BEN},{NEW_BEN}\n"));
    reset(&practice, &workdir, &[])
        .expect_code(3)
        .says("[GL262]")
        .says(&chloe);
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN]));
    let ben = person(&practice, BEN)["id"].as_str().unwrap().to_owned();
    workdir.write(
        "resets.csv",
        format!("user_id,email,new_email\n{ben},{BEN},{NEW_BEN}\n"),
    );
    reset(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(person(&practice, BEN)["other_mails"], json!([BEN, NEW_BEN]));
}
