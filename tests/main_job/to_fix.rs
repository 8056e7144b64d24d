//! The to-fix file is a sheet: what is wrong in it is found again, and what was right stays right.

use crate::support::Workdir;

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
