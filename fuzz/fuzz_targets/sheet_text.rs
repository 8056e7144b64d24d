//! Any bytes: rows, or a clear refusal; and a sheet that nobody repairs is written again as it was. `cargo +nightly fuzz run sheet_text -- -max_total_time=600`
#![no_main]

use guestlist::guest::{Rules, Understanding};
use guestlist::sheet::{Hidden, Repair, Sheet, SheetOptions, rewrite};
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
    let Ok(sheet) = Sheet::spool(&mut &bytes[..], "fuzz", &options) else {
        return;
    };
    let mut understanding = Understanding::new(&sheet, &Rules::default());
    let mut last = sheet.header().row;
    for row in sheet
        .rows()
        .expect("the file has not changed")
        .map_while(Result::ok)
    {
        assert!(row.number > last, "rows ascend");
        last = row.number;
        understanding.understand(&row);
    }
    let mut again = Vec::new();
    let written = rewrite(&sheet, &mut |_| Repair::default(), &mut again);
    if written.is_ok() && sheet.encoding() == "UTF-8" && sheet.tab().is_none() {
        assert!(again == bytes, "nothing was to be repaired");
    }
});
