//! `--rate auto` verifies its guests during the run, and goes faster when they are found.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};

#[test]
fn a_run_verifies_as_it_goes() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 160);
    let practice = Practice::start(&workdir, "");
    practice
        .run(&workdir, SHEET, &["--rate", "max", "--max-invites", "145"])
        .expect_code(8);
    practice.post("/reset", "");
    practice
        .run(&workdir, SHEET, &["--rate", "auto"])
        .expect_code(0);
    let log = practice.view("/log");
    let at = |kind: &str| -> Vec<u64> {
        let entries = log["entries"].as_array().unwrap().iter();
        entries
            .filter(|entry| entry["kind"] == kind)
            .map(|entry| entry["arrived_ms"].as_u64().unwrap())
            .collect()
    };
    let (looks, posts) = (at("getByIds"), at("invitations"));
    assert_eq!(posts.len(), 15);
    // The fifth new guest makes a hundred and fifty: a look before the last is asked for, and one at the end.
    let early = looks
        .iter()
        .filter(|at| **at > posts[4] && **at < posts[14]);
    assert_eq!(early.count(), 1, "{looks:?} {posts:?}");
    assert!(looks.iter().any(|at| *at >= posts[14]));
    proofs::nobody_twice(&practice);
    assert_eq!(workdir.table(RESULTS).outcomes()["invited"], 160);
}
