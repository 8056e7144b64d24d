//! Any bytes: rows, or a clear refusal; and a sheet that nobody repairs is written again as it was. `cargo +nightly fuzz run sheet_text -- -max_total_time=600`
#![no_main]

use guestlist::Rules;
use guestlist::Understanding;
use guestlist::Hidden;
use guestlist::Repair;
use guestlist::Sheet;
use guestlist::SheetOptions;
use guestlist::rewrite;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let encodings = [
        None,
        Some("windows-1252"),
        Some("utf-16le"),
        Some("shift_jis"),
    ];
    let encoding = encodings[bytes.first().copied().unwrap_or(0) as usize % encodings.len()];
    let options = SheetOptions {
        encoding: encoding.map(str::to_owned),
        hidden: Some(Hidden::Include),
        ..SheetOptions::default()
    };
    let Ok(sheet) = Sheet::spool_to_check(&mut &bytes[..], "fuzz", &options) else {
        return;
    };
    let mut understanding = Understanding::new(&sheet, &Rules::default());
    let mut last = 0;
    let mut mentioned = 0;
    let mut whole = true;
    for row in sheet.rows().expect("the file has not changed") {
        let Ok(row) = row else {
            whole = false;
            break;
        };
        assert!(row.number > last, "rows ascend");
        last = row.number;
        mentioned += (0..row.found()).map(|column| plain_scan(row.cell(column))).sum::<u64>();
        understanding.understand(&row);
    }
    let places = understanding.addresses();
    assert!(places.total >= mentioned, "an address of a row is in no place");
    if whole && sheet.encoding() == "UTF-8" && sheet.tab().is_none() {
        let text = String::from_utf8_lossy(bytes);
        assert!(places.total >= plain_scan(&text), "an address of the file is in no place");
    }
    let mut again = Vec::new();
    let written = rewrite(&sheet, &mut |_| Repair::default(), &mut again);
    if written.is_ok() && sheet.encoding() == "UTF-8" && sheet.tab().is_none() {
        assert!(again == bytes, "nothing was to be repaired");
    }
});

/// Addresses in the plainest form, found without the reader: a letter or digit, an at sign, a domain with a dot.
fn plain_scan(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let is_address = |at: usize| {
        let after = &bytes[at + 1..];
        let domain = after
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        at > 0
            && bytes[at - 1].is_ascii_alphanumeric()
            && domain > 0
            && after.get(domain) == Some(&b'.')
            && after.get(domain + 1).is_some_and(u8::is_ascii_alphabetic)
    };
    let at_signs = (0..bytes.len()).filter(|at| bytes[*at] == b'@');
    at_signs.filter(|at| is_address(*at)).count() as u64
}
