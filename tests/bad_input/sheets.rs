//! Sheets that cannot be read, or cannot be understood without guessing.

use super::page::Page;
use crate::support::Workdir;
use std::{fmt::Write, time::Instant};

#[test]
fn a_sheet_that_cannot_be_used_is_refused_with_what_to_do() {
    let workdir = Workdir::new();
    std::fs::create_dir(workdir.path("folder")).unwrap();
    workdir
        .write("empty.csv", "")
        .write("blank.csv", "\n\n  \n")
        .write("header.csv", "email,display_name\n")
        .write("no-address.csv", "name,town\nAda,London\n")
        .write(
            "two-addresses.csv",
            "email,E-Mail,name\na@partner.example,b@partner.example,Ada\n",
        )
        .write(
            "latin.csv",
            b"email,display_name\nrene@partner.example,Ren\xe9\n",
        )
        .write("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10")
        .write(
            "word-twice.csv",
            "email,display_name,display_name\na@partner.example,A,B\n",
        );
    let mut page = Page::new(&workdir);
    for (title, sheet) in [
        ("a sheet that is missing", "missing.csv"),
        ("a folder", "folder"),
        ("an empty file", "empty.csv"),
        ("blank lines only", "blank.csv"),
        ("a header and nothing below", "header.csv"),
        ("no column with addresses", "no-address.csv"),
        ("two columns with addresses", "two-addresses.csv"),
        ("one name twice", "word-twice.csv"),
        ("an encoding that is not UTF-8", "latin.csv"),
        ("something else altogether", "picture.csv"),
    ] {
        page.mistake(title, 3, &["invite", sheet, "--sandbox"]);
    }
    workdir.write("guests.csv", "email\nada@partner.example\n");
    page.mistake(
        "an encoding that nobody knows",
        3,
        &["invite", "guests.csv", "--sandbox", "--encoding", "klingon"],
    );
    page.mistake(
        "a column that is not there",
        3,
        &[
            "invite",
            "guests.csv",
            "--sandbox",
            "--map",
            "email=E-Mail privat",
        ],
    );
    page.compare("sheets");
}

/// The sheet after the quote is lost, so that it is known neither which rows these are nor whose addresses.
#[test]
fn a_quote_that_is_never_closed_is_told_where_it_opens_and_soon() {
    let workdir = Workdir::new();
    let mut sheet =
        "email,display_name\nada@partner.example,Ada\nbo@partner.example,\"Bo\n".to_owned();
    for number in 0..600_000 {
        let _ = writeln!(sheet, "guest-{number:06}@partner.example,Guest {number}");
    }
    workdir.write("guests.csv", sheet);
    let mut page = Page::new(&workdir);
    let began = Instant::now();
    let said = page.mistake(
        "a quote that is never closed",
        3,
        &["invite", "guests.csv", "--sandbox"],
    );
    assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    assert!(
        said.stderr.len() < 2_000,
        "a message, not the sheet: {}",
        said.stderr.len()
    );
    assert!(said.stderr.contains("row 3"), "{}", said.stderr);
    page.compare("quote");
}

#[test]
fn a_row_with_nul_bytes_is_named_and_the_others_are_invited() {
    let workdir = Workdir::new();
    workdir.write(
        "guests.csv",
        b"email,display_name\nada@partner.example,A\0da\nbo@partner.example,Bo\n",
    );
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(4);
    let table = workdir.table("guests.practice.csv");
    assert_eq!(table.0[0]["outcome"], "invalid");
    assert!(table.0[0]["error"].contains("U+0000"), "{:?}", table.0[0]);
    assert_eq!(table.0[1]["outcome"], "invited");
}

/// Only that row is wrong; everybody else is invited.
#[test]
fn a_cell_of_two_megabytes_is_named_and_not_shown() {
    let workdir = Workdir::new();
    let cell = "x".repeat(2 * 1024 * 1024);
    workdir.write(
        "guests.csv",
        format!("email,display_name\nada@partner.example,{cell}\nbo@partner.example,Bo\n"),
    );
    let said = workdir.run(&["invite", "guests.csv", "--sandbox"]);
    assert!(
        [3, 4].contains(&said.code),
        "{}: {}",
        said.code,
        said.stderr
    );
    assert!(said.stderr.len() < 4_000, "{} bytes", said.stderr.len());
    if said.code == 3 {
        let said = said.says("row 2");
        assert!(said.stderr.contains("hint"), "{}", said.stderr);
        assert!(!workdir.exists("guests.practice.csv"));
    } else {
        let table = workdir.table("guests.practice.csv");
        assert_eq!(table.0[0]["outcome"], "invalid");
        assert_eq!(table.0[1]["outcome"], "invited");
    }
}

#[test]
fn invalid_rows_beyond_the_limit_refuse_the_whole_sheet() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\nada@partner.example\nwrong\nworse\n");
    let mut page = Page::new(&workdir);
    page.mistake(
        "more invalid rows than --max-invalid allows",
        3,
        &["invite", "guests.csv", "--sandbox", "--max-invalid", "50%"],
    );
    page.compare("invalid");
}
