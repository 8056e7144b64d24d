//! The to-fix file is a sheet: what is wrong in it is found again, and what was right stays right.

use crate::support::{Guests, Workdir};
use std::time::{Duration, SystemTime};

#[test]
fn a_row_that_is_wrong_stays_wrong_until_somebody_corrects_it() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email,message,company\n\
         a@partner.example,Hello, and welcome,Fabrikam\n\
         b@partner.example,Hi,Litware\n\
         c@partner.example,\"hello\nd@partner.example,\"hi\"\n",
    );
    let run = [
        "invite",
        "guests.csv",
        "--sandbox",
        "--to-fix",
        "fix.csv",
        "-o",
        "out.csv",
    ];
    workdir
        .run(&run)
        .expect_code(4)
        .says("guestlist invite fix.csv --sandbox");
    for ours in ["fix.csv", "out.csv"] {
        let told = workdir.run(&["check", ours]).expect_code(3);
        assert!(told.stdout.contains("GL116"), "{ours}: {}", told.stdout);
        assert!(workdir.read(ours).contains("Fabrikam"), "{ours}");
        assert!(workdir.read(ours).contains("d@partner.example"), "{ours}");
    }
}

#[test]
fn a_message_that_was_put_together_again_stays_whole() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        "email;display_name;message\nana@@partner.example;Ana;Hi; Ana\nbo@partner.example;Bo;Hallo; Bo; wie geht es\n",
    );
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(4);
    assert!(
        workdir
            .read("guests.practice.csv")
            .contains("\"Hallo; Bo; wie geht es\"")
    );
    let to_fix = workdir.read("guests.practice.to-fix.csv");
    assert!(to_fix.contains("\"Hi; Ana\""), "{to_fix}");
    workdir.write("fixed.csv", to_fix.replace("@@", "@"));
    let told = workdir
        .run(&["check", "fixed.csv", "--json"])
        .expect_code(0)
        .json();
    assert_eq!(told["problems"], serde_json::json!([]));
}

#[test]
fn rows_that_a_person_has_begun_to_correct_are_not_overwritten() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(1).row("bad", "Bo"));
    let run = ["invite", "guests.csv", "--sandbox"];
    workdir.run(&run).expect_code(4);
    let to_fix = "guests.practice.to-fix.csv";
    // Nobody has touched it: written anew.
    workdir.run(&run).expect_code(4);
    assert!(!workdir.exists("guests.practice.to-fix-2.csv"));

    let corrected = workdir.read(to_fix).replace("bad", "bo@partner.example");
    workdir.write(to_fix, &corrected);
    let later = SystemTime::now() + Duration::from_secs(60);
    let file = std::fs::File::options()
        .append(true)
        .open(workdir.path(to_fix));
    file.unwrap().set_modified(later).unwrap();
    for _ in 0..2 {
        workdir
            .run(&run)
            .expect_code(4)
            .says("was edited since it was written, so it stays")
            .says("guests.practice.to-fix-2.csv");
        assert_eq!(workdir.read(to_fix), corrected);
        assert!(workdir.read("guests.practice.to-fix-2.csv").contains("bad"));
    }
    assert!(!workdir.exists("guests.practice.to-fix-3.csv"));
}
