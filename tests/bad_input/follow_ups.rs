//! Mistakes in the columns of what is set after the invitation: the sheet alone, then in the tenant, each with row and
//! column, before anything is sent.

use crate::support::Workdir;
use std::fmt::Write;

/// A row for each mistake; most cells are empty.
fn sheet() -> String {
    let groups: Vec<String> = (1..=30).map(|n| format!("Group {n}")).collect();
    let rows = [
        format!("long@partner.example,{},,,,", "F".repeat(65)),
        format!("dept@partner.example,,{},,,", "D".repeat(65)),
        format!("title@partner.example,,,{},,,", "J".repeat(129)),
        "country@partner.example,,,,Germany,,".into(),
        "place@partner.example,,,,Bavaria,,".into(),
        "number@partner.example,,,12,,,".into(),
        format!("many@partner.example,,,,,,{}", groups.join(";")),
        "two@partner.example,,,,,anna.berg@northwind.example; priya.shah@northwind.example,".into(),
    ];
    format!(
        "email,company,department,job_title,usage_location,manager,groups\n{}\n",
        rows.join("\n")
    )
}

const IN_TENANT: &str = "\
email,manager,groups
unknown-manager@partner.example,nobody@northwind.example,
guest-manager@partner.example,Ben Carter,
unknown-group@partner.example,,Nowhere
comma@partner.example,,\"Project Atlas, Partner Managers\"
twins@partner.example,,Twins
dynamic@partner.example,,All Guests
on-premises@partner.example,,Head Office
roles@partner.example,,Tenant Admins
list@partner.example,,newsletter@northwind.example
mail-enabled@partner.example,,Project Atlas;Site Security
fine@partner.example,Anna Berg,Project Atlas
";

#[test]
fn profile_manager_and_groups() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet());
    let allow = ["--allow", "manager,groups"];
    let checked = workdir
        .run(&[&["check", "guests.csv"], &allow[..]].concat())
        .expect_code(3);
    let mut page = format!(
        "the sheet alone\n$ guestlist check guests.csv --allow manager,groups\n{}\n",
        checked.stdout
    );

    workdir.write("guests.csv", IN_TENANT);
    let run = [
        "invite",
        "guests.csv",
        "--sandbox",
        "--dry-run",
        "--max-invalid",
        "100%",
    ];
    let ended = workdir.run(&[&run, &allow[..]].concat()).expect_code(4);
    let lines = ended.stderr.lines();
    let told = lines.filter(|line| !line.starts_with("run ") && !line.contains("dry run of"));
    let _ = writeln!(
        page,
        "in the tenant\n$ guestlist {} --allow manager,groups",
        run.join(" ")
    );
    for line in told {
        let _ = writeln!(page, "{line}");
    }
    for row in &workdir.table("guests.practice.dry-run.csv").0 {
        let _ = writeln!(
            page,
            "\nrow {} {} {} {}\n  {}\n  {}",
            row["row"], row["email"], row["outcome"], row["error_code"], row["error"], row["hint"]
        );
    }
    insta::assert_snapshot!("follow-ups", page);
}
