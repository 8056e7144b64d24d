//! The first command of the README: the sample into the built-in practice tenant.

use crate::support::Workdir;
use std::path::Path;

#[test]
fn the_sample_ends_well_and_every_invited_row_has_a_link() {
    let workdir = Workdir::new();
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let sample = std::fs::read_to_string(samples.join("guests.csv")).unwrap();
    workdir.write("guests.csv", sample);
    let told = workdir
        .run(&["invite", "guests.csv", "--sandbox", "--json"])
        .expect_code(0)
        .json();
    let table = workdir.table("guests.practice.csv");
    assert_eq!(told["rows"], table.0.len());
    assert!(table.0.len() >= 20);
    assert!(table.0.iter().all(|row| !row["outcome"].is_empty()));
    let invited: Vec<_> = table.with_outcome("invited").collect();
    assert_eq!(told["this_run"]["invited"], invited.len());
    assert!(!invited.is_empty());
    for row in invited {
        assert!(row["redeem_url"].starts_with("https://"), "{row:?}");
        assert_eq!(row["verified"], "found", "{row:?}");
    }
}
