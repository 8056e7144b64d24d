//! Workbooks as spreadsheet programs write them, put together here part by part.

mod told;

use crate::sheet::{Flaw, Hidden, Refused, Sheet, SheetOptions};
use std::{
    fmt::Write as _,
    io::{Cursor, Write},
};
use zip::{ZipWriter, write::SimpleFileOptions};

fn zipped(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An XLSX file whose sheets hold this XML; the second of each pair is `<sheetData>` and what follows it.
fn xlsx(sheets: &[(&str, &str)]) -> Vec<u8> {
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    let mut list = String::new();
    let mut targets =
        format!("<Relationship Id=\"rs\" Type=\"{rels}/styles\" Target=\"styles.xml\"/>");
    let mut parts: Vec<(String, String)> = Vec::new();
    for (index, (name, data)) in sheets.iter().enumerate() {
        let state = if name.starts_with('.') {
            " state=\"hidden\""
        } else {
            ""
        };
        let number = index + 1;
        write!(
            list,
            "<sheet name=\"{name}\" sheetId=\"{number}\"{state} r:id=\"r{index}\"/>"
        )
        .unwrap();
        write!(targets, "<Relationship Id=\"r{index}\" Type=\"{rels}/worksheet\" Target=\"worksheets/sheet{index}.xml\"/>").unwrap();
        parts.push((
            format!("xl/worksheets/sheet{index}.xml"),
            format!("<worksheet {main} xmlns:r=\"{rels}\">{data}</worksheet>"),
        ));
        parts.push((
            format!("xl/worksheets/_rels/sheet{index}.xml.rels"),
            format!("<Relationships {package}><Relationship Id=\"link\" Type=\"{rels}/hyperlink\" Target=\"mailto:bo@example.org\" TargetMode=\"External\"/></Relationships>"),
        ));
    }
    parts.push((
        "xl/workbook.xml".into(),
        format!("<workbook {main} xmlns:r=\"{rels}\"><sheets>{list}</sheets></workbook>"),
    ));
    parts.push((
        "xl/_rels/workbook.xml.rels".into(),
        format!("<Relationships {package}>{targets}</Relationships>"),
    ));
    parts.push((
        "xl/styles.xml".into(),
        format!("<styleSheet {main}><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
    ));
    parts.push((
        "[Content_Types].xml".into(),
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".into(),
    ));
    parts.push(("_rels/.rels".into(), format!("<Relationships {package}><Relationship Id=\"m\" Type=\"{rels}/officeDocument\" Target=\"/xl/workbook.xml\"/></Relationships>")));
    let parts: Vec<(&str, &str)> = parts
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_str()))
        .collect();
    zipped(&parts)
}

fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn guests() -> String {
    let header = text("A1", "E-Mail")
        + &text("B1", "Name")
        + &text("C1", "Telefon")
        + &text("D1", "Beginn")
        + &text("E1", "Senden");
    let anna = text("A2", "anna@example.org")
        + &text("B2", "Anna 🙂")
        + "<c r=\"C2\"><v>491701234567</v></c><c r=\"D2\" s=\"1\"><v>46082</v></c><c r=\"E2\" t=\"b\"><v>1</v></c>";
    let bo = text("A4", "Bo Berg")
        + "<c r=\"B4\" t=\"str\"><f>A4</f><v>Bo Berg</v></c><c r=\"C4\" t=\"e\"><v>#N/A</v></c>";
    format!(
        "<sheetData><row r=\"1\">{header}</row><row r=\"2\">{anna}</row><row r=\"4\" hidden=\"1\">{bo}</row></sheetData>\
         <hyperlinks><hyperlink ref=\"A4\" r:id=\"link\"/></hyperlinks>"
    )
}

fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", &content),
        (
            "META-INF/manifest.xml",
            "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>",
        ),
    ])
}

fn ods_guests() -> Vec<u8> {
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let header = ["E-Mail", "Name", "Telefon", "Beginn", "Senden"]
        .map(cell)
        .concat();
    let anna = cell("anna@example.org")
        + &cell("Anna 🙂")
        + "<table:table-cell office:value-type=\"float\" office:value=\"491701234567\"><text:p>491701234567</text:p></table:table-cell>\
           <table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-01\"><text:p>01.03.26</text:p></table:table-cell>\
           <table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"><text:p>WAHR</text:p></table:table-cell>";
    let bo = cell("<text:a xlink:href=\"mailto:bo@example.org\">Bo Berg</text:a>")
        + &cell("Bo Berg")
        + &cell("#N/A");
    ods(&format!(
        "<table:table table:name=\"Gäste\"><table:table-row>{header}</table:table-row><table:table-row>{anna}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>\
         <table:table-row table:visibility=\"filter\">{bo}</table:table-row>\
         <table:table-row table:number-rows-repeated=\"1048572\"><table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row></table:table>"
    ))
}

fn open(bytes: &[u8], options: &SheetOptions) -> Result<Sheet, Refused> {
    Sheet::spool(&mut &bytes[..], "book", options)
}

fn rows(bytes: &[u8], options: &SheetOptions) -> Vec<String> {
    match open(bytes, options) {
        Ok(sheet) => sheet
            .rows()
            .unwrap()
            .map(|row| row.unwrap())
            .map(|row| {
                format!(
                    "{}:{} {}",
                    row.number,
                    row.line,
                    row.cells().collect::<Vec<_>>().join("|")
                )
            })
            .collect(),
        Err(refused) => refused
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.code, problem.message))
            .collect(),
    }
}

fn hidden(hidden: Hidden) -> SheetOptions {
    SheetOptions {
        hidden: Some(hidden),
        ..SheetOptions::default()
    }
}

#[test]
fn cells_are_read_as_a_person_reads_them_in_both_formats() {
    let expected = [
        "2:2 anna@example.org|Anna 🙂|491701234567|2026-03-01|TRUE",
        "4:4 bo@example.org|Bo Berg|#N/A||",
    ];
    assert_eq!(
        rows(&xlsx(&[("Gäste", &guests())]), &hidden(Hidden::Include)),
        expected
    );
    assert_eq!(rows(&ods_guests(), &hidden(Hidden::Include)), expected);
}

#[test]
fn hidden_rows_are_noticed_and_asked_about() {
    for book in [xlsx(&[("Gäste", &guests())]), ods_guests()] {
        let asked = rows(&book, &SheetOptions::default());
        assert_eq!(
            asked,
            ["GL023 1 row is hidden in the workbook, by a filter or by hand: 4"]
        );
        assert_eq!(rows(&book, &hidden(Hidden::Skip)).len(), 1);
        assert_eq!(
            open(&book, &hidden(Hidden::Skip))
                .unwrap()
                .hidden_rows()
                .rows(),
            1
        );
    }
}

#[test]
fn a_formula_without_its_result_is_not_an_empty_cell() {
    let header = text("A1", "E-Mail") + &text("B1", "Name");
    let formula = |place: &str, formula: &str| format!("<c r=\"{place}\"><f>{formula}</f><v/></c>");
    let book = xlsx(&[(
        "People",
        &format!(
            "<sheetData><row r=\"1\">{header}</row><row r=\"2\">{}{}</row><row r=\"3\">{}{}</row></sheetData>",
            formula("A2", "P!A1"),
            formula("B2", "P!B1&amp;&quot;x&quot;"),
            text("A3", "bo@example.org"),
            "<c r=\"B3\" t=\"str\"><f>HYPERLINK(\"https://x.org\",\"Bo\")</f><v>Bo</v></c>",
        ),
    )]);
    let expected = ["2:2 =P!A1|=P!B1&\"x\"", "3:3 bo@example.org|Bo"];
    assert_eq!(rows(&book, &SheetOptions::default()), expected);
    let sheet = open(&book, &SheetOptions::default()).unwrap();
    let flaws: Vec<_> = sheet.rows().unwrap().map(|row| row.unwrap().flaw).collect();
    assert_eq!(flaws, [Some(Flaw::NotComputed), None]);
    let cell =
        "<table:table-cell office:value-type=\"string\"><text:p>email</text:p></table:table-cell>";
    let book = ods(&format!(
        "<table:table table:name=\"x\"><table:table-row>{cell}</table:table-row>\
         <table:table-row><table:table-cell table:formula=\"of:=[.B1]\"/></table:table-row></table:table>"
    ));
    assert_eq!(rows(&book, &SheetOptions::default()), ["2:2 =[.B1]"]);
}

#[test]
fn an_address_behind_a_formula_link_is_read() {
    let header = text("A1", "E-Mail");
    let link = "<c r=\"A2\" t=\"str\"><f>HYPERLINK(\"mailto:ana@example.org?subject=Hi\",\"Ana Lima\")</f><v>Ana Lima</v></c>";
    let book = xlsx(&[(
        "People",
        &format!("<sheetData><row r=\"1\">{header}</row><row r=\"2\">{link}</row></sheetData>"),
    )]);
    assert_eq!(
        rows(&book, &SheetOptions::default()),
        ["2:2 ana@example.org"]
    );
}

#[test]
fn the_only_sheet_with_addresses_is_found_and_several_are_asked_about() {
    let notes = format!(
        "<sheetData><row r=\"1\">{}</row></sheetData>",
        text("A1", "Ideas")
    );
    let one = [
        ("Notes", notes.as_str()),
        ("People", &guests()),
        (".Old", &guests()),
    ];
    let options = hidden(Hidden::Include);
    let sheet = open(&xlsx(&one), &options).unwrap();
    assert_eq!(
        (sheet.tab(), sheet.encoding(), sheet.header().row),
        (Some("People"), "XLSX", 1)
    );
    let two = xlsx(&[("May", &guests()), ("June", &guests())]);
    assert_eq!(
        rows(&two, &options),
        ["GL022 several sheets of the workbook have an address column: `May`, `June`"]
    );
    let named = |name: &str| SheetOptions {
        sheet: Some(name.to_owned()),
        ..options.clone()
    };
    assert_eq!(rows(&two, &named("june")).len(), 2);
    assert_eq!(
        rows(&two, &named("Jun")),
        ["GL021 the workbook has no sheet `Jun`; it has `May`, `June`"]
    );
}

#[test]
fn what_cannot_be_read_is_one_clear_problem() {
    let code = |bytes: &[u8]| {
        open(bytes, &SheetOptions::default()).unwrap_err().problems[0]
            .code
            .as_str()
    };
    let good = xlsx(&[("People", &guests())]);
    assert_eq!(code(&good[..good.len() / 2]), "GL018");
    assert_eq!(code(&zipped(&[("word/document.xml", "<w/>")])), "GL011");
    assert_eq!(code(&xlsx(&[("People", "<sheetData/>")])), "GL003");
    let mut protected = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    protected.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(code(&protected), "GL019");
    let encrypted = zipped(&[
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", "\u{7}not XML"),
        (
            "META-INF/manifest.xml",
            "<m:manifest xmlns:m=\"x\"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>",
        ),
    ]);
    assert_eq!(code(&encrypted), "GL019");
    let broken = xlsx(&[(
        "People",
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>email</is>",
    )]);
    assert_eq!(code(&broken), "GL018");
}

#[test]
fn a_few_bytes_that_stand_for_a_billion_cells_are_refused() {
    let code = |bytes: &[u8]| {
        open(bytes, &SheetOptions::default()).unwrap_err().problems[0]
            .code
            .as_str()
    };
    let cell = "<table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"16384\"><text:p>x</text:p></table:table-cell>";
    let rows = format!(
        "<table:table table:name=\"x\"><table:table-row table:number-rows-repeated=\"1000000\">{cell}</table:table-row></table:table>"
    );
    assert_eq!(code(&ods(&rows)), "GL020");
    let spaces = "<table:table table:name=\"x\"><table:table-row><table:table-cell office:value-type=\"string\"><text:p><text:s text:c=\"4000000000\"/></text:p></table:table-cell></table:table-row></table:table>";
    assert_eq!(code(&ods(spaces)), "GL020");
    // Little is in it, and much lies between.
    let sparse = "<table:table table:name=\"x\"><table:table-row table:number-rows-repeated=\"900000\"><table:table-cell/></table:table-row>\
        <table:table-row><table:table-cell table:number-columns-repeated=\"60\"/><table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    assert_eq!(code(&ods(sparse)), "GL020");
    let repeated = format!(
        "<table:table table:name=\"x\"><table:table-row><table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"3000\"><text:p>{}</text:p></table:table-cell></table:table-row></table:table>",
        "x".repeat(100_000)
    );
    assert_eq!(code(&ods(&repeated)), "GL020");
    let far = (1..2000).fold(String::new(), |far, row| {
        far + &format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")
    });
    assert_eq!(
        code(&xlsx(&[("x", &format!("<sheetData>{far}</sheetData>"))])),
        "GL020"
    );
}

#[test]
fn xml_that_never_ends_is_refused_and_not_waited_for() {
    let code = |bytes: &[u8]| {
        open(bytes, &SheetOptions::default()).unwrap_err().problems[0]
            .code
            .as_str()
    };
    let row = "<table:table-row><table:table-cell office:value-type=\"string\"><text:p>email</text:p></table:table-cell></table:table-row>";
    let cut = ods(&format!("<table:table table:name=\"x\">{row}"));
    let content = format!("<office:document-content><table:table table:name=\"x\">{row}");
    let open_ended = zipped(&[
        ("mimetype", ""),
        ("content.xml", &content),
        ("META-INF/manifest.xml", "<m/>"),
    ]);
    let stray_quote = ods(&format!(
        "<table:t\"able table:name=\"x\">{row}</table:table>"
    ));
    let endless = ods(
        "<table:table table:name=\"x\"><table:table-row table:number-rows-repeated=\"99999999999999999999\"><table:table-cell office:value-type=\"string\"><text:p>x</text:p></table:table-cell></table:table-row></table:table>",
    );
    assert_eq!(
        [cut, open_ended, stray_quote].map(|book| code(&book)),
        ["GL018"; 3]
    );
    assert_eq!(code(&endless), "GL020");
    let sheet =
        "<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>email</t></is></c></row>";
    let parts = xlsx(&[("People", sheet)]);
    // The worksheet closes over an open sheetData.
    assert_eq!(code(&parts), "GL018");
}
