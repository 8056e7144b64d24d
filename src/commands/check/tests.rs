//! Both formats, as a user gets them.

use super::{CheckOptions, check};
use crate::{cli::Format, exit::Exit, guest::Rules, sheet::SheetOptions, ui::problems::Look};
use serde_json::{Value, json};

fn options(sheet: &str, format: Format) -> CheckOptions {
    CheckOptions {
        sheet: sheet.into(),
        reading: SheetOptions::default(),
        rules: Rules::default(),
        format,
        show_mapping: false,
        changed_addresses: None,
        fix: None,
        preview: None,
        may_ask: false,
        look: Look {
            colour: false,
            width: 80,
        },
    }
}

fn checked(options: &CheckOptions, input: &str) -> (Exit, String) {
    let mut out = Vec::new();
    let exit = check(options, &mut input.as_bytes(), &mut out).unwrap();
    (exit, String::from_utf8(out).unwrap())
}

fn sample(name: &str) -> String {
    format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_samples_are_what_they_say() {
    for (name, rows, exit) in [
        ("guests.csv", 25, Exit::Done),
        ("semicolon.csv", 5, Exit::Done),
        ("portal.csv", 3, Exit::Done),
        ("messy.csv", 30, Exit::SheetRefused),
    ] {
        let (code, text) = checked(&options(&sample(name), Format::Json), "");
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((code, &json["rows"]), (exit, &json!(rows)), "{name}");
    }
    let (_, text) = checked(&options(&sample("guests.csv"), Format::Text), "");
    // The folder's name decides where the lines break.
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains(
            "guests.csv: 25 rows, all can be invited 55 addresses: 25 guests, 2 cc, 28 sponsors sponsors are looked up when the tenant is reached next: guestlist invite "
        ),
        "{text}"
    );
}

#[test]
fn the_json_has_the_documented_keys() {
    let (exit, text) = checked(&options("-", Format::Json), "E-Mail;Name\nanna@;Anna\n");
    let json: Value = serde_json::from_str(&text).unwrap();
    let mut keys: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "addresses",
            "delimiter",
            "encoding",
            "mapping",
            "needs_tenant",
            "problems",
            "rows",
            "sheet"
        ]
    );
    assert_eq!(
        (exit, &json["delimiter"], &json["mapping"]),
        (
            Exit::SheetRefused,
            &json!(";"),
            &json!({"email": "E-Mail", "display_name": "Name"})
        )
    );
    let problem = &json["problems"][0];
    assert_eq!(
        (
            &problem["code"],
            &problem["row"],
            &problem["column"],
            &problem["text"]
        ),
        (
            &json!("GL102"),
            &json!(2),
            &json!("E-Mail"),
            &json!("anna@")
        )
    );
}

#[test]
fn a_sheet_that_cannot_be_used_is_refused_in_both_formats() {
    let (exit, text) = checked(&options("no/such.csv", Format::Text), "");
    assert_eq!(exit, Exit::SheetRefused);
    assert!(
        text.starts_with("error[GL001]: there is no file no/such.csv\n"),
        "{text}"
    );
    let (exit, text) = checked(&options("-", Format::Json), "");
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (exit, &json["problems"][0]["code"], &json["encoding"]),
        (Exit::SheetRefused, &json!("GL003"), &Value::Null)
    );
}

#[test]
fn the_mapping_says_what_is_used_and_why() {
    let shown = CheckOptions {
        show_mapping: true,
        ..options("-", Format::Text)
    };
    let (_, text) = checked(&shown, "E-Mail,Notiz,_code,Team\na@x.org,,,\n");
    let squeezed: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert!(
        squeezed.contains(&"A E-Mail email known by its name".to_owned()),
        "{text}"
    );
    assert!(
        squeezed.contains(&"B Notiz - not used: a note is never mailed".to_owned()),
        "{text}"
    );
    assert!(
        squeezed.contains(&"C _code - ignored: its name begins with _".to_owned()),
        "{text}"
    );
}
