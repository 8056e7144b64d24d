//! What `check` shows of the messy sample, to the letter: plain and coloured, 80 columns wide.

use guestlist::{CheckOptions, Format, Look, Out, Rules, SheetOptions, check};
use unicode_width::UnicodeWidthStr;

fn screen(sheet: &str, colour: bool, show_mapping: bool) -> String {
    let options = CheckOptions {
        // Relative, so that lines break in the same places on every machine.
        sheet: sheet.into(),
        reading: SheetOptions::default(),
        rules: Rules::default(),
        format: Format::Text,
        show_mapping,
        look: Look { colour, width: 80 },
        changed_addresses: None,
        fix: None,
        preview: None,
        may_ask: false,
    };
    let mut bytes = Vec::new();
    let mut out = Out::new(&mut bytes);
    check(&options, &mut std::io::empty(), &mut out).unwrap();
    out.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn the_messy_sample_is_shown_as_written_down() {
    for (name, colour, mapping) in [
        ("messy", false, false),
        ("messy-coloured", true, false),
        ("messy-mapping", false, true),
    ] {
        insta::assert_snapshot!(name, screen("samples/messy.csv", colour, mapping));
    }
}

#[test]
fn no_line_is_wider_than_80_columns() {
    for sheet in [
        "samples/messy.csv",
        "samples/portal.csv",
        "samples/guests.csv",
    ] {
        for line in screen(sheet, false, true).lines() {
            assert!(line.width() <= 80, "{} columns: {line}", line.width());
        }
    }
}
