//! `-q` after the invitation: nothing where all is well, and what needs attention where it is not.

use super::{
    days_pass,
    own_words::{Reply, Sink, mailing},
};
use crate::support::{Ended, Guests, Practice, Workdir};

fn says_nothing(ended: Ended) {
    let ended = ended.expect_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn verbs_after_the_invitation_say_nothing_where_all_is_well() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir.write("guests.csv", Guests::new().people(3));
    sink.replies(Reply::Later);
    let mut invite = practice.invite(&workdir, "guests.csv", &["--rate", "max"]);
    Ended::of(mailing(&mut invite, &sink)).expect_code(4);
    let mail = || {
        let verb = ["mail", "guests.csv", "--yes", "--max-mails", "10", "-q"];
        Ended::of(mailing(&mut practice.verb(&workdir, &verb), &sink))
    };
    let told = mail().expect_code(4);
    assert_eq!(told.stdout, "");
    assert!(!told.stderr.is_empty());
    sink.replies(Reply::Taken);
    says_nothing(mail());
    says_nothing(workdir.run(&["results", "--ledger", "guestlist.db", "-q"]));

    days_pass(&workdir, 20);
    let verb = |verb: &[&str]| Ended::of(&mut practice.verb(&workdir, verb));
    says_nothing(verb(&["remind", "--yes", "--max-mails", "10", "-q"]));

    workdir.write("guests.csv", Guests::new().people(2));
    verb(&["leavers", "guests.csv", "--max-leavers", "1", "-q"]).expect_code(0);
    says_nothing(verb(&[
        "cleanup",
        "guests.leavers.csv",
        "--yes",
        "--max-deletes",
        "1",
        "-q",
    ]));
}
