//! An external tenant: Microsoft mails nobody there, and nothing may look as if it did.

use super::{FROM, rows, sent};
use crate::support::{Ended, Practice, Workdir};

const SHEET: &str = "email,display_name\na@partner.example,Ada\nb@partner.example,Ben\n";
const EXTERNAL: &str = "external_tenant = true";

#[test]
fn a_run_says_that_microsoft_mails_nobody_and_claims_no_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, EXTERNAL);
    workdir.write("guests.csv", SHEET);
    let rehearsed = practice.run(&workdir, "guests.csv", &["--dry-run"]);
    let rehearsed = rehearsed.expect_code(0).says("external tenant");
    assert!(
        rehearsed.stderr.contains("2 rows ask"),
        "{}",
        rehearsed.stderr
    );
    let first = workdir.table("guests.dry-run.csv").0;
    assert!(first.iter().all(|row| row["mail"] == "none"), "{first:?}");

    let run = practice.run(&workdir, "guests.csv", &["--rate", "max"]);
    run.expect_code(0).says("external tenant");
    assert!(
        rows(&workdir)
            .values()
            .all(|row| row["mail"] == "none" && !row["redeem_url"].is_empty())
    );
    assert_eq!(practice.view("")["mails"], 0);

    // The same people get a mail of our own afterwards.
    workdir.write("mail.toml", format!("[message]\ndelivery = \"graph\"\nfrom = \"{FROM}\"\nper_minute = 0\ntemplate = \"app.txt\"\n"));
    workdir.write(
        "app.txt",
        "Subject: Come in\n{{ display_name }}: {{ redirect_url }}\n",
    );
    super::mail(&practice, &workdir, &[]).expect_code(0);
    assert_eq!(sent(&practice).len(), 2);
}

#[test]
fn a_mail_without_the_redeem_link_is_for_external_tenants_only() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir
        .write("guests.csv", SHEET)
        .write("app.txt", "Subject: Come in\n{{ display_name }}: {{ redirect_url }}\n")
        .write("mail.toml", format!("[message]\ndelivery = \"graph\"\nfrom = \"{FROM}\"\nper_minute = 0\ntemplate = \"app.txt\"\n"));
    Ended::of(&mut super::invite(&practice, &workdir, &[]))
        .expect_code(2)
        .says("does not name the redeem link");
    assert_eq!(practice.view("")["invitations"], 0);
}

#[test]
fn words_that_nobody_would_read_are_refused() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, EXTERNAL);
    workdir.write("guests.csv", "email,message\na@partner.example,Welcome\n");
    let run = practice.run(&workdir, "guests.csv", &[]);
    run.expect_code(3).says("external tenant");
    assert_eq!(practice.view("")["invitations"], 0);
}
