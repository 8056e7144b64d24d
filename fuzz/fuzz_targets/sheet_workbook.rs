//! Any XML inside a sound package, and any package: rows, or a clear refusal, within the bounds of memory.
//! `cargo +nightly fuzz run sheet_workbook -- -max_total_time=600 -rss_limit_mb=1024`
#![no_main]

use guestlist::Rules;
use guestlist::Understanding;
use guestlist::Hidden;
use guestlist::Sheet;
use guestlist::SheetOptions;
use libfuzzer_sys::fuzz_target;
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

const RELATIONSHIPS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// Cells of the styles 1 to 3 are a day, a moment and a duration.
const DATES: &[u8] = b"<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"22\"/><xf numFmtId=\"46\"/></cellXfs></styleSheet>";

fuzz_target!(|bytes: &[u8]| {
    let package = match bytes.split_first() {
        Some((0, xml)) => xlsx(xml, b"<sst><si><t>email</t></si></sst>"),
        Some((1, strings)) => xlsx(b"<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>", strings),
        Some((2, content)) => ods(content),
        _ => bytes.to_vec(),
    };
    let options = SheetOptions {
        hidden: Some(Hidden::Skip),
        ..SheetOptions::default()
    };
    if let Ok(sheet) = Sheet::spool(&mut &package[..], "fuzz", &options) {
        let mut understanding = Understanding::new(&sheet, &Rules::default());
        let mut last = 0;
        let mut mentioned = 0;
        for row in sheet
            .rows()
            .expect("the file has not changed")
            .map_while(Result::ok)
        {
            assert!(row.number > last, "rows ascend");
            last = row.number;
            mentioned += row.addresses();
            understanding.understand(&row);
        }
        assert!(understanding.addresses().total >= mentioned, "an address of a row is in no place");
    }
});

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default())
            .expect("a sound name");
        zip.write_all(content).expect("memory takes it");
    }
    zip.finish().expect("a sound archive").into_inner()
}

fn xlsx(sheet: &[u8], strings: &[u8]) -> Vec<u8> {
    let relations = |list: &str| format!("<Relationships>{list}</Relationships>");
    let root = relations(&format!(
        "<Relationship Id=\"a\" Type=\"{RELATIONSHIPS}/officeDocument\" Target=\"xl/workbook.xml\"/>"
    ));
    let book = relations(&format!(
        "<Relationship Id=\"b\" Type=\"{RELATIONSHIPS}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"c\" Type=\"{RELATIONSHIPS}/sharedStrings\" Target=\"sharedStrings.xml\"/>\
         <Relationship Id=\"d\" Type=\"{RELATIONSHIPS}/styles\" Target=\"styles.xml\"/>"
    ));
    let workbook = format!(
        "<workbook xmlns:r=\"{RELATIONSHIPS}\"><sheets><sheet name=\"x\" sheetId=\"1\" r:id=\"b\"/></sheets></workbook>"
    );
    zipped(&[
        ("_rels/.rels", root.as_bytes()),
        ("xl/_rels/workbook.xml.rels", book.as_bytes()),
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/sharedStrings.xml", strings),
        ("xl/styles.xml", DATES),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

fn ods(content: &[u8]) -> Vec<u8> {
    zipped(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content),
        ("META-INF/manifest.xml", b"<manifest/>"),
    ])
}
