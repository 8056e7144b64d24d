//! Tokens that end every few seconds, from an endpoint that fails half of the time.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Ended, Practice, Workdir};

#[test]
fn short_lived_tokens_from_a_failing_endpoint_are_refreshed_one_at_a_time() {
    let workdir = Workdir::new();
    proofs::sheet(&workdir, 150);
    let practice = Practice::start(
        &workdir,
        "token_lifetime = 3\n[latency]\nmin_ms = 5\nmax_ms = 60\n[faults.token]\nunavailable = 0.4\nlost_before = 0.1\nlost_ms = 100",
    );
    let pace = ["--rate", "15", "--workers", "12"];
    let mut command = practice.invite_as_app(&workdir, SHEET, &pace);
    Ended::of(&mut command).expect_code(0);
    let proof = proofs::finished(&practice, &workdir.table(RESULTS), 150);
    assert_eq!(proof.unsure, 0);
    let requests = practice.view("/requests");
    assert_eq!(requests["most_tokens_under_way"], 1);
    let asked = requests["kinds"]["token"]["requests"].as_u64().unwrap();
    assert!(asked >= 4, "the token was refreshed on the way: {asked}");
}
