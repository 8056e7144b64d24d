//! The page about a run: with the run, afterwards, about everybody; private, and replaced only where it is ours.

use crate::support::{Guests, Workdir};

const SHEET: &str = "guests.csv";

fn invited(workdir: &Workdir, more: &[&str]) -> crate::support::Ended {
    workdir.write(
        SHEET,
        Guests::new()
            .people(3)
            .row("no-address", "<script>alert(1)</script>"),
    );
    workdir.run(&[&["invite", SHEET, "--sandbox", "--rate", "max"], more].concat())
}

#[test]
fn a_run_writes_its_page_and_the_ledger_writes_the_same_one_later() {
    let workdir = Workdir::new();
    invited(&workdir, &["--report", "page.html"])
        .expect_code(4)
        .says("a page about this run: page.html");
    let page = workdir.read("page.html");
    assert!(
        page.contains("Of 4 rows, 3 are done and 1 is not."),
        "{page}"
    );
    assert!(page.contains("guest-0001@partner.example"));
    assert!(!page.contains("<script>alert"));
    // Links are masked, and nothing points anywhere.
    assert!(!page.contains("redeem?") && !page.contains("http:"));
    workdir
        .run(&["report", "--sandbox"])
        .expect_code(0)
        .says("guests.practice.report.html");
    let later = workdir.read("guests.practice.report.html");
    let rows = |page: &str| page[page.find("<tbody>").unwrap()..].to_owned();
    let without_time = |page: &str| rows(page).split("<footer>").next().unwrap().to_owned();
    assert_eq!(without_time(&later), without_time(&page));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        for name in ["page.html", "guests.practice.report.html"] {
            let mode = std::fs::metadata(workdir.path(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }
}

#[test]
fn links_everybody_and_standard_output_are_asked_for() {
    let workdir = Workdir::new();
    invited(&workdir, &[]).expect_code(4);
    let with_links = workdir
        .run(&["report", "--sandbox", "--with-links", "-o", "-"])
        .expect_code(0);
    assert_eq!(
        with_links
            .stdout
            .matches("rel=\"noopener noreferrer\"")
            .count(),
        3
    );
    assert!(
        with_links.stdout.starts_with("<!doctype html>") && with_links.stdout.ends_with("</html>")
    );
    workdir.run(&["status", "--sandbox"]).expect_code(0);
    workdir
        .run(&["report", "--sandbox", "--all"])
        .expect_code(0)
        .says("report about everybody: guestlist.practice.report.html");
    let page = workdir.read("guestlist.practice.report.html");
    assert!(page.contains("The ledger knows 3 people from 1 run"));
    assert!(
        page.contains("partner.example</th><td class=\"n\">3"),
        "{page}"
    );
}

#[test]
fn a_file_of_somebody_else_is_not_replaced_and_ours_is() {
    let workdir = Workdir::new();
    workdir.write("page.html", "<p>mine</p>");
    // Before anybody is invited.
    invited(&workdir, &["--report", "page.html"])
        .expect_code(2)
        .says("was not written by guestlist");
    assert!(!workdir.exists("guests.practice.csv"));
    invited(&workdir, &["--report", "-"])
        .expect_code(2)
        .says("--report needs a file");
    invited(&workdir, &["--report", "new.html"]).expect_code(4);
    workdir
        .run(&["report", "--sandbox", "-o", "page.html"])
        .expect_code(2)
        .says("was not written by guestlist");
    assert_eq!(workdir.read("page.html"), "<p>mine</p>");
    workdir
        .run(&["report", "--sandbox", "-o", "new.html"])
        .expect_code(0);
    assert!(
        !workdir.exists("new.previous.html"),
        "one more copy would name people"
    );
    workdir
        .run(&["report", "--sandbox", "-o", "guestlist.practice.db"])
        .expect_code(2)
        .says("over the ledger");
}

#[test]
fn a_dry_run_says_that_it_was_one() {
    let workdir = Workdir::new();
    invited(&workdir, &["--dry-run", "--report", "page.html"]).expect_code(4);
    let page = workdir.read("page.html");
    assert!(page.contains("This was a dry run") && page.contains("3 people would be invited"));
}

#[test]
fn the_page_and_the_list_of_runs_tell_the_same_throttles_and_waits() {
    let workdir = Workdir::new();
    workdir.write(
        "weather.toml",
        "[replication]\nfilters_ms = 0\nby_id_ms = 0\n[[script]]\nkind = \"invitations\"\nskip = 1\ncount = 2\nfault = \"throttled\"\nretry_after = \"1\"\n",
    );
    let more = ["--weather", "weather.toml", "--report", "page.html"];
    invited(&workdir, &more).expect_code(4);
    let told = workdir
        .run(&["runs", "last", "--sandbox", "--json"])
        .expect_code(0)
        .json();
    let throttles = told["throttles"].as_object().unwrap().values();
    let count: u64 = throttles.map(|it| it["count"].as_u64().unwrap()).sum();
    assert_eq!(count, 2, "{told}");
    let slices = told["timeline"]["slices"].as_array().unwrap();
    let drawn: u64 = slices
        .iter()
        .map(|it| it["throttled"].as_u64().unwrap())
        .sum();
    assert_eq!(drawn, count, "{told}");
    let waits = told["waits"].as_object().unwrap();
    assert!(waits.contains_key("retry-after"), "{told}");
    let waited = waits
        .values()
        .filter(|it| it["seconds"].as_f64().unwrap() > 0.0);
    let waited = waited.count();
    workdir
        .run(&["report", "--sandbox", "-o", "later.html"])
        .expect_code(0);
    for name in ["page.html", "later.html"] {
        let page = workdir.read(name);
        for words in [
            "Graph asked to slow down 2 times; the run waited",
            "</span> Graph asked to slow down 2 times</p>",
            " as the server asked</p>",
            "3 invitations between ",
        ] {
            assert!(page.contains(words), "{name}: {words}");
        }
        let lanes = page.matches("<svg class=\"low\"").count();
        assert_eq!(lanes, 1 + waited, "{name}");
    }
}
