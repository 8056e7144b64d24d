//! Results files are imported in any form in which a sheet can be read.

use super::proofs::{self, RESULTS, SHEET};
use crate::support::{Practice, Workdir};
use std::fs;

const QUICK: [&str; 4] = ["--rate", "max", "--settle", "2s"];

#[test]
fn a_workbook_of_ours_brings_the_same_people_as_a_text() {
    let people = |results: &str| -> String {
        let workdir = Workdir::new();
        proofs::sheet(&workdir, 4);
        let practice = Practice::start(&workdir, "");
        let args = [&QUICK[..], &["-o", results]].concat();
        practice.run(&workdir, SHEET, &args).expect_code(0);
        for file in ["guestlist.db", "guestlist.db-wal", "guestlist.db-shm"] {
            let _ = fs::remove_file(workdir.path(file));
        }
        workdir
            .run(&["ledger", "import", results, "--ledger", "guestlist.db"])
            .expect_code(0)
            .says("4 people taken into the ledger; 0 known already");
        practice.run(&workdir, SHEET, &QUICK).expect_code(0);
        let proof = proofs::finished(&practice, &workdir.table(RESULTS), 4);
        format!("{proof:?}")
    };
    assert_eq!(people("out.csv"), people("out.xlsx"));
}
