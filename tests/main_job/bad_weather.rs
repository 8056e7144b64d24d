//! 429 with a Retry-After however it is written, 503 on reads: the run ends complete, and nothing of a kind
//! is asked for before its time.

use crate::support::{Guests, Practice, Workdir};
use std::time::Instant;

/// Runs sixty guests through the weather; says how long that took and what the tenant saw.
fn sixty(weather: &str) -> (f64, serde_json::Value) {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, weather);
    workdir.write(
        "guests.csv",
        Guests::new()
            .people(57)
            .row("dana.fox@adatum.example", "Dana")
            .row("ben.carter@fabrikam.example", "Ben")
            .row("sofia.rossi@mailbox.example", "Sofia"),
    );
    let began = Instant::now();
    let told = practice
        .run(
            &workdir,
            "guests.csv",
            &[
                "--rate",
                "max",
                "--workers",
                "8",
                "--precheck",
                "each",
                "--json",
            ],
        )
        .expect_code(0)
        .json();
    let took = began.elapsed().as_secs_f64();
    assert_eq!(told["outcomes"]["invited"], 57);
    let table = workdir.table("guests.results.csv");
    assert_eq!(table.0.len(), 60);
    for row in table.with_outcome("invited") {
        assert!(!row["redeem_url"].is_empty());
        assert_eq!(row["verified"], "found");
    }
    assert_eq!(practice.view("/mails")["total"], 57, "one mail each");
    let requests = practice.view("/requests");
    assert_eq!(requests["early"], serde_json::json!([]));
    (took, requests["kinds"].clone())
}

fn throttled(retry_after: &str) -> (f64, serde_json::Value) {
    sixty(&format!(
        "[[script]]\nkind = \"invitations\"\nskip = 20\ncount = 3\nfault = \"throttled\"\nretry_after = \"{retry_after}\"\n"
    ))
}

#[test]
fn a_retry_after_in_whole_seconds_is_waited_for() {
    let (took, kinds) = throttled("2");
    assert_eq!(kinds["invitations"]["throttled"], 3);
    assert!(took >= 2.0, "{took}");
}

#[test]
fn a_retry_after_in_decimals_is_waited_for() {
    let (took, kinds) = throttled("1.75");
    assert_eq!(kinds["invitations"]["throttled"], 3);
    assert!(took >= 1.75, "{took}");
}

#[test]
fn a_retry_after_that_is_a_date_is_waited_for() {
    let weather = "[throttle]\nretry_after = \"date\"\n[[script]]\nkind = \"invitations\"\nskip = 20\ncount = 3\nfault = \"throttled\"\n";
    let (_, kinds) = sixty(weather);
    assert_eq!(kinds["invitations"]["throttled"], 3);
}

#[test]
fn throttled_reads_are_asked_again_in_time() {
    let weather = "\
        [[script]]\nkind = \"batch\"\ncount = 2\nfault = \"throttled\"\nretry_after = \"1\"\n\
        [[script]]\nkind = \"users\"\nskip = 10\ncount = 3\nfault = \"throttled\"\nretry_after = \"1.5\"\n\
        [[script]]\nkind = \"getByIds\"\ncount = 1\nfault = \"throttled\"\nretry_after = \"1\"\n";
    let (took, kinds) = sixty(weather);
    for (kind, throttled) in [("batch", 2), ("users", 3), ("getByIds", 1)] {
        assert_eq!(kinds[kind]["throttled"], throttled, "{kind}");
    }
    // The waits may overlap; that none was cut short is what `early` says.
    assert!(took >= 1.5, "{took}");
}

#[test]
fn reads_that_answer_503_are_asked_again() {
    let weather = "\
        [[script]]\nkind = \"organization\"\nfault = \"unavailable\"\nstatus = 503\nretry_after = \"1\"\n\
        [[script]]\nkind = \"batch\"\nfault = \"unavailable\"\nstatus = 503\n\
        [[script]]\nkind = \"users\"\nskip = 30\ncount = 4\nfault = \"unavailable\"\nstatus = 503\nbody = \"html\"\n\
        [[script]]\nkind = \"getByIds\"\nfault = \"unavailable\"\nstatus = 503\nbody = \"empty\"\n";
    let (_, kinds) = sixty(weather);
    for (kind, unavailable) in [
        ("organization", 1),
        ("batch", 1),
        ("users", 4),
        ("getByIds", 1),
    ] {
        assert_eq!(kinds[kind]["unavailable"], unavailable, "{kind}");
    }
}

#[test]
fn the_documented_throttle_is_met_without_an_early_request() {
    let weather = "[throttle]\ninvitations_per_5s = 150\nscale = 0.2\nretry_after = \"integer\"\n";
    let (took, kinds) = sixty(weather);
    assert!(kinds["invitations"]["throttled"].as_u64().unwrap() > 0);
    assert!(took < 60.0, "{took}");
}
