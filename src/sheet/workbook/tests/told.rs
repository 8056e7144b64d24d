//! What a workbook shows otherwise than it is read, and what is told of it.

use super::*;
use crate::problem::Problem;

fn told(book: &[u8]) -> Vec<String> {
    match Sheet::spool_to_check(&mut &book[..], "book", &SheetOptions::default()) {
        Ok(sheet) => sheet
            .refusals()
            .iter()
            .chain(sheet.hints())
            .map(|problem: &Problem| format!("{} {}", problem.code, problem.message))
            .collect(),
        Err(refused) => refused
            .problems
            .iter()
            .map(|problem| format!("{} {}", problem.code, problem.message))
            .collect(),
    }
}

/// A table of texts, by rows.
fn sheet_data(table: &[&[&str]]) -> String {
    let mut data = String::new();
    for (row, cells) in table.iter().enumerate() {
        let number = row + 1;
        write!(data, "<row r=\"{number}\">").unwrap();
        for (column, cell) in cells.iter().enumerate() {
            let place = format!("{}{number}", crate::sheet::column_letter(column));
            data += &text(&place, cell);
        }
        data += "</row>";
    }
    format!("<sheetData>{data}</sheetData>")
}

#[test]
fn merged_cells_are_told_where_they_matter() {
    let data = sheet_data(&[
        &["Guests", "", ""],
        &["email", "company", "colour"],
        &["anna@example.org", "Firm", "red"],
        &["bo@example.org", "", ""],
    ]);
    let merged =
        |areas: &str| xlsx(&[("People", &format!("{data}<mergeCells>{areas}</mergeCells>"))]);
    let quiet = merged("<mergeCell ref=\"A1:C1\"/><mergeCell ref=\"C3:C4\"/>");
    assert_eq!(told(&quiet), [""; 0]);
    let loud = told(&merged(
        "<mergeCell ref=\"A1:C1\"/><mergeCell ref=\"B3:B4\"/>",
    ));
    assert!(
        loud.len() == 1 && loud[0].starts_with("GL046") && loud[0].ends_with("B3:B4"),
        "{loud:?}"
    );
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let spanned = "<table:table-cell table:number-rows-spanned=\"2\" office:value-type=\"string\"><text:p>Firm</text:p></table:table-cell>";
    let book = ods(&format!(
        "<table:table table:name=\"x\"><table:table-row>{}{}</table:table-row><table:table-row>{}{spanned}</table:table-row>\
         <table:table-row>{}<table:covered-table-cell/></table:table-row></table:table>",
        cell("email"),
        cell("company"),
        cell("anna@example.org"),
        cell("bo@example.org"),
    ));
    let loud = told(&book);
    assert!(loud.len() == 1 && loud[0].ends_with("B2:B3"), "{loud:?}");
}

#[test]
fn addresses_behind_links_are_told_and_counted() {
    let data = sheet_data(&[
        &["email", "name"],
        &["Bo Berg", "Bo"],
        &["anna@example.org", "Anna"],
        &["cora@example.org", "Cora"],
        &["Bo@Example.org", "Bo"],
    ]);
    let links = ["A2", "A3", "B4", "A5"]
        .map(|place| format!("<hyperlink ref=\"{place}\" r:id=\"link\"/>"))
        .concat();
    let book = xlsx(&[("People", &format!("{data}<hyperlinks>{links}</hyperlinks>"))]);
    let told = told(&book);
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("row 2: the cell shows a name"), "{told:?}");
    assert!(
        told[1].contains("row 3: the cell shows one address"),
        "{told:?}"
    );
    assert!(
        told[2].contains("row 4: a cell links to an address"),
        "{told:?}"
    );
    let sheet = open(&book, &SheetOptions::default()).unwrap();
    assert_eq!(sheet.left_out(), 2);
    let first = sheet.rows().unwrap().next().unwrap().unwrap();
    assert_eq!(first.cell(0), "bo@example.org");
}

#[test]
fn a_package_may_have_other_folders_and_backslashes() {
    let data = sheet_data(&[&["email"], &["anna@example.org"]]);
    let main = "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"";
    let rels = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"";
    for (folder, slash) in [("", "/"), ("book/", "/"), ("xl/", "\\"), ("xl/", "/")] {
        let root = format!(
            "<Relationships {package}><Relationship Id=\"m\" Type=\"{rels}/officeDocument\" Target=\"{folder}workbook.xml\"/></Relationships>"
        );
        let targets = format!(
            "<Relationships {package}><Relationship Id=\"r\" Type=\"{rels}/worksheet\" Target=\"sheets/one.xml\"/></Relationships>"
        );
        let workbook = format!(
            "<workbook {main} xmlns:r=\"{rels}\"><sheets><sheet name=\"x\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
        );
        let sheet = format!("<worksheet {main}>{data}</worksheet>");
        let parts = [
            ("_rels/.rels".to_owned(), root),
            (format!("{folder}_rels/workbook.xml.rels"), targets),
            (format!("{folder}workbook.xml"), workbook),
            (format!("{folder}sheets/one.xml"), sheet),
        ];
        let parts: Vec<(String, String)> = parts
            .into_iter()
            .map(|(name, content)| (name.replace('/', slash), content))
            .collect();
        let parts: Vec<(&str, &str)> = parts
            .iter()
            .map(|(name, content)| (name.as_str(), content.as_str()))
            .collect();
        let read = rows(&zipped(&parts), &SheetOptions::default());
        assert_eq!(read, ["2:2 anna@example.org"], "{folder} {slash}");
    }
    let other = zipped(&[
        ("word/document.xml", "<w/>"),
        ("_rels/.rels", "<Relationships/>"),
    ]);
    assert!(told(&other)[0].contains("a Word document"));
}

#[test]
fn hidden_columns_and_rows_of_an_open_document_are_told() {
    let cell = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let row = |visible: &str, cells: [&str; 2]| {
        format!(
            "<table:table-row{visible}>{}{}</table:table-row>",
            cell(cells[0]),
            cell(cells[1])
        )
    };
    let book = ods(&format!(
        "<table:table table:name=\"x\"><table:table-column/><table:table-column table:visibility=\"collapse\"/>{}{}{}</table:table>",
        row("", ["email", "sponsors"]),
        row("", ["anna@example.org", "mia@example.com"]),
        row(
            " table:visibility=\"collapse\"",
            ["bo@example.org", "mia@example.com"]
        ),
    ));
    let told = told(&book);
    assert!(
        told.iter()
            .any(|line| line.starts_with("GL042") && line.contains("sponsors")),
        "{told:?}"
    );
    assert!(
        told.iter()
            .any(|line| line.starts_with("GL023") && line.contains('3')),
        "{told:?}"
    );
}

#[test]
fn addresses_on_other_tabs_are_told_and_counted() {
    let people = sheet_data(&[&["email"], &["anna@example.org"]]);
    let notes = sheet_data(&[&["Ideas"], &["ask bo@example.org"], &["x"]]);
    let book = xlsx(&[("People", &people), ("Notes", &notes)]);
    let told = told(&book);
    assert!(
        told.len() == 1 && told[0].contains("`Notes` (1)"),
        "{told:?}"
    );
    assert_eq!(open(&book, &SheetOptions::default()).unwrap().left_out(), 1);
}

#[test]
fn a_formula_with_an_empty_text_as_its_result_is_an_empty_cell() {
    let header = text("A1", "email") + &text("B1", "name");
    // As LibreOffice, Excel and Excel with shared formulas write them.
    for empty in [
        "<c r=\"A3\" t=\"str\"><f aca=\"false\">IF(B9=\"\",\"\",B9)</f><v></v></c>",
        "<c r=\"A3\" t=\"str\"><f>IF(B9=\"\",\"\",B9)</f><v/></c>",
        "<c r=\"A3\" t=\"str\"><f t=\"shared\" ref=\"A3:A9\" si=\"0\">B9&amp;\"\"</f><v></v></c>",
        "<c r=\"A3\" t=\"str\"><f t=\"shared\" si=\"0\"/><v></v></c>",
    ] {
        let book = xlsx(&[(
            "People",
            &format!(
                "<sheetData><row r=\"1\">{header}</row><row r=\"2\">{}</row><row r=\"3\">{empty}</row></sheetData>",
                text("A2", "anna@example.org")
            ),
        )]);
        let read = rows(&book, &SheetOptions::default());
        assert_eq!(read, ["2:2 anna@example.org|"], "{empty}");
    }
}

#[test]
fn more_columns_than_a_workbook_has_with_the_results_are_told() {
    let far = |column: usize| {
        let cell = text(&format!("{}1", crate::sheet::column_letter(column)), "far");
        let header = format!("<row r=\"1\">{}{cell}</row>", text("A1", "email"));
        let row = format!("<row r=\"2\">{}</row>", text("A2", "anna@example.org"));
        told(&xlsx(&[(
            "People",
            &format!("<sheetData>{header}{row}</sheetData>"),
        )]))
    };
    assert_eq!(far(16_365), [""; 0]);
    assert!(far(16_366)[0].starts_with("GL047"), "{:?}", far(16_366));
}
