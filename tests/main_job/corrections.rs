//! Each row that is wrong is corrected in the to-fix file, that file is run as the program says, and the sheet as it was
//! is run once more: then nothing is left to do, and nobody was mailed twice.

use crate::support::{Ended, Workdir};
use calamine::{Reader, Xlsx};
use guestlist::row_problems;
use std::collections::HashMap;

/// One row that is wrong and how a person corrects it: cells of the sheet below, then what stands in the to-fix file and
/// what it becomes.
struct Case {
    code: &'static str,
    row: &'static str,
    wrong: &'static str,
    right: &'static str,
}

const fn case(
    code: &'static str,
    row: &'static str,
    wrong: &'static str,
    right: &'static str,
) -> Case {
    Case {
        code,
        row,
        wrong,
        right,
    }
}

const HEADER: &str = "email,display_name,redirect_url,send,message,language,cc,sponsors,usage_location,user_type,job_title,manager,groups\n";

/// Every code that makes a single row invalid by what stands in its cells.
const CELLS: &[Case] = &[
    case("GL101", ",Nobody", ",Nobody", "nobody@p.example,Nobody"),
    case("GL102", "at.p.example,At", "at.p.example", "at@p.example"),
    case(
        "GL103",
        "two@p.example three@p.example,Two",
        "two@p.example three@p.example",
        "two@p.example",
    ),
    case("GL104", "=A1,Formula", "'=A1", "formula@p.example"),
    case("GL105", "jörg@p.example,Jörg", "jörg@", "joerg@"),
    case(
        "GL106",
        "mark\u{202e}@p.example,Mark",
        "mark\u{202e}@",
        "mark@",
    ),
    case("GL107", "a!b@p.example,Bang", "a!b@", "bang@"),
    case("GL108", "plus+fair@p.example,Plus", "plus+fair@", "plus@"),
    case("GL109", "dots..here@p.example,Dots", "dots..here@", "dots@"),
    case(
        "GL110",
        "domain@nowhere,Domain",
        "domain@nowhere",
        "domain@p.example",
    ),
    case("GL112", "sp ace@p.example,Space", "sp ace@", "space@"),
    case(
        "GL121",
        "please ask text@p.example first,Text",
        "please ask text@p.example first",
        "text@p.example",
    ),
    case(
        "GL130",
        "url@p.example,Url,not a page",
        "not a page",
        "https://p.example",
    ),
    case("GL131", "send@p.example,Send,,perhaps", "perhaps", "true"),
    case(
        "GL134",
        "language@p.example,Language,,,,german",
        "german",
        "de-DE",
    ),
    case("GL136", "cc@p.example,Cc,,,,,nobody", ",nobody,", ",,"),
    case(
        "GL137",
        "ccs@p.example,Ccs,,,,,c1@p.example;c2@p.example",
        "c1@p.example;c2@p.example",
        "c1@p.example",
    ),
    case(
        "GL140",
        "sponsor@p.example,Sponsor,,,,,,Petra",
        ",Petra,",
        ",mia.keller@northwind.example,",
    ),
    case(
        "GL141",
        "six@p.example,Six,,,,,,a@x.example;b@x.example;c@x.example;d@x.example;e@x.example;f@x.example",
        "a@x.example;b@x.example;c@x.example;d@x.example;e@x.example;f@x.example",
        "mia.keller@northwind.example",
    ),
    case(
        "GL143",
        "manager@p.example,Manager,,,,,,,,,,4711",
        ",4711,",
        ",anna.berg@northwind.example,",
    ),
    case(
        "GL144",
        "groups@p.example,Groups,,,,,,,,,,,Group 1;Group 2;Group 3;Group 4;Group 5;Group 6;Group 7;Group 8;Group 9;Group 10;Group 11;Group 12;Group 13;Group 14;Group 15;Group 16;Group 17;Group 18;Group 19;Group 20;Group 21",
        "Group 1;Group 2;Group 3;Group 4;Group 5;Group 6;Group 7;Group 8;Group 9;Group 10;Group 11;Group 12;Group 13;Group 14;Group 15;Group 16;Group 17;Group 18;Group 19;Group 20;Group 21",
        "Project Atlas",
    ),
    case(
        "GL145",
        "place@p.example,Place,,,,,,,Germany at large",
        "Germany at large",
        "DE",
    ),
    case(
        "GL146",
        "type@p.example,Type,,,,,,,,Stranger",
        "Stranger",
        "Guest",
    ),
    case("GL151", "error@p.example,#REF!", "#REF!", "Error"),
    // Found out in the tenant only.
    case(
        "GL301",
        "unknown@p.example,Unknown,,,,,,who@northwind.example",
        "who@northwind.example",
        "mia.keller@northwind.example",
    ),
];

/// Codes of rows that no cell alone can show, each in a sheet of its own below, or in a workbook.
const SHAPES: &[&str] = &[
    "GL111", "GL114", "GL115", "GL116", "GL118", "GL119", "GL133", "GL148", "GL150",
];

/// Codes that leave the row valid.
const NO_ERRORS: &[&str] = &[
    "GL113", "GL117", "GL120", "GL132", "GL135", "GL142", "GL147", "GL149", "GL152", "GL201",
    "GL202", "GL203", "GL204", "GL205", "GL206", "GL207", "GL208", "GL209", "GL210", "GL211",
];

#[test]
fn no_code_of_a_row_is_left_out_here() {
    let told = CELLS.iter().map(|case| case.code);
    let told: Vec<&str> = told
        .chain(SHAPES.iter().copied())
        .chain(NO_ERRORS.iter().copied())
        .collect();
    for entry in row_problems() {
        assert!(told.contains(&entry.code), "{} is in no list", entry.code);
    }
}

/// How many mails the practice tenant has sent to each address.
fn mails(workdir: &Workdir) -> HashMap<String, usize> {
    let mut mails = HashMap::new();
    for line in workdir.read("guestlist.practice.people.jsonl").lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(address) = event["mail"]["address"].as_str() {
            *mails.entry(address.to_owned()).or_default() += 1;
        }
    }
    mails
}

/// The command that a run prints under `next`.
fn told_command(ended: &Ended) -> Vec<String> {
    let line = ended
        .stderr
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("guestlist "));
    line.unwrap_or_else(|| panic!("no command in\n{}", ended.stderr))
        .split(' ')
        .map(|word| word.trim_matches('\'').to_owned())
        .collect()
}

/// Runs the sheet, corrects its to-fix file, runs that as told, and the sheet again.
fn corrected(sheet: &str, more: &[&str], correct: impl Fn(&str) -> String) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("guests.csv", sheet);
    walk(&workdir, more, correct);
    workdir
}

fn walk(workdir: &Workdir, more: &[&str], correct: impl Fn(&str) -> String) {
    let run = [&["invite", "guests.csv", "--sandbox"], more].concat();
    let first = workdir.run(&run).expect_code(4);
    let to_fix = "guests.practice.to-fix.csv";
    workdir.write(to_fix, correct(&workdir.read(to_fix)));
    let command = told_command(&first);
    assert!(command.contains(&to_fix.to_owned()), "{command:?}");
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let fixed = workdir.run(&command);
    assert_eq!(fixed.code, 0, "{}\n{}", fixed.stderr, workdir.read(to_fix));
    let corrected = workdir.read(to_fix);

    let again = workdir.run(&[run.as_slice(), &["--json"]].concat()).json();
    let left = &again["outcomes"]["invalid"];
    assert_eq!(
        again["exit_code"],
        if *left == 0 { 0 } else { 4 },
        "{again}"
    );
    assert_eq!(workdir.read(to_fix), corrected, "the person's work stays");
    for (address, mails) in mails(workdir) {
        assert_eq!(mails, 1, "mails to {address}");
    }
}

/// How many rows of the sheet are still wrong.
fn still_wrong(workdir: &Workdir) -> usize {
    let results = records(&workdir.read("guests.practice.csv"));
    results.iter().filter(|row| row[1] == "invalid").count()
}

#[test]
fn every_error_of_a_cell_can_be_corrected_in_the_to_fix_file() {
    let rows: Vec<String> = CELLS.iter().map(|case| format!("{}\n", case.row)).collect();
    let sheet = format!("{HEADER}fine@p.example,Fine\n{}", rows.concat());
    let workdir = corrected(&sheet, &["--allow", "member,manager,groups"], |to_fix| {
        for case in CELLS {
            let line = to_fix
                .lines()
                .find(|line| line.contains(&format!(",{},", case.code)));
            let line = line.unwrap_or_else(|| panic!("{} is not in\n{to_fix}", case.code));
            assert!(line.contains(case.wrong), "{}: {line}", case.code);
        }
        let lines = to_fix.lines().map(|line| {
            let here = CELLS
                .iter()
                .filter(|case| line.contains(&format!(",{},", case.code)));
            here.fold(line.to_owned(), |line, case| {
                line.replacen(case.wrong, case.right, 1)
            }) + "\n"
        });
        lines.collect()
    });
    let results = workdir.table("guests.practice.csv");
    for row in &results.0[1..] {
        let well = row["outcome"] == "invited"
            || (row["outcome"] == "duplicate"
                && row["hint"].starts_with("corrected and invited as "));
        assert!(well, "{row:?}");
    }
    let at = results
        .0
        .iter()
        .find(|row| row["display_name"] == "At")
        .unwrap();
    assert_eq!(at["outcome"], "duplicate");
    assert_eq!(at["hint"], "corrected and invited as at@p.example");
}

/// The rows of a CSV file, each with as many cells as it has.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader
        .records()
        .map(|record| cells(record.unwrap()))
        .collect()
}

fn written(records: &[Vec<String>]) -> String {
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    for record in records {
        writer.write_record(record).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// A sheet in which this code is told of one row, and how a person corrects that row. What is not corrected stays wrong.
fn shape(code: &str, sheet: &str, correct: impl Fn(&mut Vec<Vec<String>>)) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("other.csv", sheet);
    workdir
        .run(&["invite", "other.csv", "--sandbox"])
        .expect_code(4);
    let to_fix = "other.practice.to-fix.csv";
    assert!(
        workdir.read(to_fix).contains(code),
        "{code} is not in\n{}",
        workdir.read(to_fix)
    );
    let left = workdir
        .run(&["invite", to_fix, "--sandbox", "--json"])
        .expect_code(4)
        .json();
    assert_eq!(
        left["this_run"]["invited"], 0,
        "{code} and nothing corrected"
    );
    corrected(sheet, &[], |to_fix| {
        let mut rows = records(to_fix);
        correct(&mut rows);
        written(&rows)
    })
}

#[test]
fn every_error_of_a_rows_shape_can_be_corrected_in_the_to_fix_file() {
    let long = |count| "x".repeat(count);
    let none_left = |code: &str, sheet: &str, correct: &dyn Fn(&mut Vec<Vec<String>>)| {
        assert_eq!(still_wrong(&shape(code, sheet, correct)), 0, "{code}");
    };
    none_left(
        "GL111",
        &format!(
            "email\n{}@{}.example\n",
            long(60),
            [long(60), long(60), long(60), long(60)].join(".")
        ),
        &|rows| rows[1][0] = "short@p.example".to_owned(),
    );
    none_left(
        "GL133",
        &format!("email,message\na@p.example,{}\n", long(2001)),
        &|rows| {
            rows[1][1] = "Hello".to_owned();
        },
    );
    none_left(
        "GL148",
        &format!("email,name\na@p.example,{}\n", long(257)),
        &|rows| {
            rows[1][1] = "Anna".to_owned();
        },
    );
    none_left("GL115", "email,name\na@p.example,An\0na\n", &|rows| {
        rows[1][1] = "Anna".to_owned();
    });
    none_left(
        "GL116",
        "email,message,company\na@p.example,Hello, and welcome,Firm\nb@p.example,Hi,Firm\n",
        &|rows| {
            rows[1][1] = "Hello, and welcome".to_owned();
            rows[1][2] = rows[1].pop().unwrap();
        },
    );
    none_left(
        "GL118",
        "email,name,company\na@p.example,\"Ann\" x,Firm\nb@p.example,Bo,Firm\n",
        &|rows| {
            rows[1][1] = "Ann".to_owned();
            rows[1].pop();
        },
    );
    none_left(
        "GL119",
        "email,message,company\na@p.example, \"hi, you\",Firm\nb@p.example,Hi,Firm\n",
        &|rows| {
            rows[1][1] = "hi, you".to_owned();
            rows[1][2] = rows[1].pop().unwrap();
        },
    );
    // One row that became two people.
    let swallowed =
        "email,message,company\na@p.example,\"hello\nb@p.example,\"hi\"\nc@p.example,x,Firm\n";
    let workdir = shape("GL114", swallowed, |rows| {
        rows[1].truncate(7);
        rows.push(rows[1].clone());
        rows[1][0] = "a@p.example".to_owned();
        rows[2][0] = "b@p.example".to_owned();
    });
    let results = records(&workdir.read("guests.practice.csv"));
    assert_eq!(
        results[1][4],
        "corrected and invited as a@p.example and b@p.example"
    );
}

#[test]
fn rows_outside_of_the_table_can_be_corrected_in_the_to_fix_file() {
    // A person deletes the row that divides the sheet.
    let workdir = shape(
        "GL036",
        "email,name\na@p.example,Anna\n\nTeam B:,\nb@p.example,Bo\n",
        |rows| {
            rows.remove(1);
        },
    );
    let outcomes = workdir.table("guests.practice.csv").outcomes();
    assert_eq!(
        (
            outcomes["invited"],
            outcomes["duplicate"],
            outcomes["invalid"]
        ),
        (1, 1, 1)
    );
    // Or the other header, and arranges what stands below it.
    shape(
        "GL035",
        "email,assistant\na@p.example,x@p.example\nassistant,email\ny@p.example,b@p.example\n",
        |rows| {
            rows.remove(1);
            rows[1].swap(0, 1);
        },
    );
    // No heading says what cells above the header mean.
    shape(
        "GL037",
        "b@p.example,Bo\n\nemail,name\na@p.example,Anna\n",
        |rows| {
            let cells = rows[1].split_off(6);
            rows[1].splice(0..2, cells);
        },
    );
}

/// The cells of the sheet of a workbook that holds the rows: the last one.
fn cells(workdir: &Workdir, name: &str) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = calamine::open_workbook(workdir.path(name)).unwrap();
    let last = book.sheet_names().len() - 1;
    let range = book.worksheet_range_at(last).unwrap().unwrap();
    let text = |row: &[calamine::Data]| row.iter().map(ToString::to_string).collect();
    range.rows().map(text).collect()
}

fn workbook(cells: &[Vec<String>]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(cells) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_workbook_is_corrected_in_a_workbook() {
    let workdir = Workdir::new();
    let sheet = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/corpus/formulas-without-results.xlsx"
    );
    std::fs::copy(sheet, workdir.path("guests.xlsx")).unwrap();
    let run = ["invite", "guests.xlsx", "--sandbox"];
    let first = workdir.run(&run).expect_code(4);
    let name = "guests.practice.to-fix.xlsx";
    let mut to_fix = cells(&workdir, name);
    let code = to_fix[0].iter().position(|name| name == "_code").unwrap();
    assert_eq!(
        (
            to_fix.len(),
            to_fix[1][code].as_str(),
            to_fix[2][code].as_str()
        ),
        (3, "GL150", "GL150"),
        "{to_fix:?}"
    );
    for (row, email, person) in [(1, "bo@p.example", "Bo"), (2, "ana@example.org", "Ana")] {
        to_fix[row][0] = email.to_owned();
        to_fix[row][1] = person.to_owned();
    }
    workdir.write(name, workbook(&to_fix));
    let command = told_command(&first);
    assert!(command.contains(&name.to_owned()), "{command:?}");
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    workdir.run(&command).expect_code(0);

    workdir.run(&run).expect_code(0);
    let results = cells(&workdir, "guests.practice.xlsx");
    let outcomes: Vec<(&str, bool)> = results[1..]
        .iter()
        .map(|row| {
            (
                row[1].as_str(),
                row[4].starts_with("corrected and invited as "),
            )
        })
        .collect();
    assert_eq!(
        outcomes,
        [("duplicate", true), ("invited", false), ("duplicate", true)]
    );
    assert_eq!(cells(&workdir, name), to_fix, "the person's work stays");
    for (address, mails) in mails(&workdir) {
        assert_eq!(mails, 1, "mails to {address}");
    }
}
