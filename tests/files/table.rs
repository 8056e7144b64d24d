//! Every file that the program opens × everything that can stand at its path: what happens, as `docs/files.md` tells it.
//!
//! Each cell is a run of the program. It must end by itself, change nothing behind a link, and leave what it refuses.

use super::planted::{ALL, Planted, Standing, mode};
use crate::support::{Ended, Guests, Practice, Workdir};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const DOC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/files.md");
/// Longer than any of these runs takes; one that waits for a reader would wait for ever.
const PATIENCE: Duration = Duration::from_secs(60);
const BEGIN: &str = "<!-- what happens: compared by a test -->\n";
const END: &str = "<!-- end -->";

/// A file, a name in the folder, and the run that opens it.
struct Row {
    title: &'static str,
    place: &'static str,
    /// Before the run, where the file is not there already.
    holds: Option<&'static str>,
    arguments: &'static [&'static str],
    written: bool,
}

const fn written(
    title: &'static str,
    place: &'static str,
    holds: Option<&'static str>,
    arguments: &'static [&'static str],
) -> Row {
    Row {
        title,
        place,
        holds,
        arguments,
        written: true,
    }
}

const fn given(
    title: &'static str,
    place: &'static str,
    holds: Option<&'static str>,
    arguments: &'static [&'static str],
) -> Row {
    Row {
        title,
        place,
        holds,
        arguments,
        written: false,
    }
}

const INVITE: &[&str] = &[
    "invite",
    "guests.csv",
    "--sandbox",
    "--tolerate",
    "invalid",
    "--ledger",
    "practice.db",
];
const DOCTOR: &[&str] = &["doctor", "--tenant", "TENANT"];

const ROWS: &[Row] = &[
    written("the ledger", "practice.db", None, INVITE),
    written("beside it: `-wal`", "practice.db-wal", Some(""), INVITE),
    written("`-shm`", "practice.db-shm", Some(""), INVITE),
    written("`-journal`", "practice.db-journal", Some(""), INVITE),
    written("`.lock`", "practice.db.lock", None, INVITE),
    written(
        "the people of the practice tenant",
        "practice.people.jsonl",
        None,
        INVITE,
    ),
    written(
        "which settings are trusted",
        "guestlist/trusted-settings.json",
        None,
        &["config", "trust"],
    ),
    written("results", "guests.practice.csv", None, INVITE),
    written(
        "the previous results",
        "guests.practice.previous.csv",
        None,
        INVITE,
    ),
    written("rows to fix", "guests.practice.to-fix.csv", None, INVITE),
    written(
        "`check --fix`",
        "fixed.csv",
        Some("email\n"),
        &["check", "fine.csv", "--fix", "fixed.csv"],
    ),
    written(
        "`ledger backup`",
        "copy.db",
        Some("a copy"),
        &["ledger", "backup", "copy.db", "--ledger", "practice.db"],
    ),
    given("the sheet", "fine.csv", None, &["check", "fine.csv"]),
    given(
        "settings",
        "settings.toml",
        Some("[columns]\nemail = \"email\"\n"),
        &["check", "fine.csv", "--config", "settings.toml"],
    ),
    given("a secret", "secret.txt", None, DOCTOR),
    given(
        "a certificate with its key",
        "app.pem",
        Some("no key in here"),
        DOCTOR,
    ),
    given("a federated token", "token.jwt", Some("a.b.c"), DOCTOR),
    given(
        "a CA file",
        "ca.pem",
        Some("no certificate in here"),
        DOCTOR,
    ),
    given(
        "weather",
        "weather.toml",
        None,
        &[
            "invite",
            "fine.csv",
            "--sandbox",
            "--weather",
            "weather.toml",
            "--dry-run",
        ],
    ),
    given(
        "results to import",
        "guests.practice.csv",
        None,
        &[
            "ledger",
            "import",
            "guests.practice.csv",
            "--ledger",
            "new.db",
        ],
    ),
];

/// A folder in which two runs have been made, so that every file is there.
fn prepared(practice: &Practice) -> Workdir {
    let workdir = Workdir::new();
    workdir
        .write(
            "guests.csv",
            Guests::new().people(1).row("nobody", "Nobody"),
        )
        .write("fine.csv", Guests::new().people(1))
        .write("weather.toml", "")
        .write("guestlist.toml", "[sheet]\nheader_row = 1\n")
        .write("secret.txt", &practice.client_secret);
    for _ in 0..2 {
        workdir.run(INVITE).expect_code(0);
    }
    Ended::of(&mut at_home(&workdir, &["config", "trust"])).expect_code(0);
    workdir
}

/// A copy of it, so that no cell sees another.
fn copy_of(prepared: &Workdir) -> Workdir {
    let workdir = Workdir::new();
    for entry in fs::read_dir(prepared.path("")).unwrap() {
        let entry = entry.unwrap();
        let copy = workdir.path("").join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&copy).unwrap();
            for inner in fs::read_dir(entry.path()).unwrap() {
                let inner = inner.unwrap();
                copy_file(&inner.path(), &copy.join(inner.file_name()));
            }
        } else {
            copy_file(&entry.path(), &copy);
        }
    }
    workdir
}

/// With its time: rows to fix that seem to be edited are left alone.
fn copy_file(from: &Path, to: &Path) {
    fs::copy(from, to).unwrap();
    let changed = fs::metadata(from).unwrap().modified().unwrap();
    let file = fs::File::options().append(true).open(to).unwrap();
    file.set_modified(changed).unwrap();
}

fn command(workdir: &Workdir, row: &Row, practice: &Practice) -> Command {
    let mut arguments = row.arguments.to_vec();
    if row.arguments == DOCTOR {
        arguments[2] = &practice.tenant;
        arguments.extend([
            "--graph-url",
            &practice.url,
            "--authority-url",
            &practice.url,
        ]);
        arguments.extend(["--config", "app.toml"]);
        let method = match row.place {
            "app.pem" => "method = \"certificate\"\ncertificate = \"app.pem\"",
            "token.jwt" => "method = \"workload-identity\"\nfederated_token_file = \"token.jwt\"",
            _ => "method = \"client-secret\"\nclient_secret = { file = \"secret.txt\" }",
        };
        let id = &practice.client_id;
        workdir.write(
            "app.toml",
            format!("[auth]\nclient_id = \"{id}\"\n{method}\n"),
        );
        if row.place == "ca.pem" {
            arguments.extend(["--ca-file", "ca.pem"]);
        }
    }
    at_home(workdir, &arguments)
}

/// With the user's data folder inside the folder.
fn at_home(workdir: &Workdir, arguments: &[&str]) -> Command {
    let mut command = workdir.command(arguments);
    command.env("XDG_DATA_HOME", workdir.path(""));
    command
}

/// What the program made of it, in a word or two; none where this user cannot plant it.
fn cell(prepared: &Workdir, practice: &Practice, row: &Row, planted: Planted) -> Option<String> {
    let what = format!("{} is {}", row.title, planted.title());
    let workdir = copy_of(prepared);
    let (place, victim) = (workdir.path(row.place), workdir.path("victim"));
    if let Some(text) = row.holds {
        workdir.write(row.place, text);
    }
    let text = fs::read(&place).unwrap_or_else(|error| panic!("{what}: {error}"));
    if row.written && row.place != "fixed.csv" && row.place != "copy.db" {
        assert!(
            row.holds.is_some() || mode(&place) == 0o600,
            "{what}: {:o}",
            mode(&place)
        );
    }
    if !planted.plant(&place, &victim) {
        return None;
    }
    let (before, behind) = (Standing::at(&place), fs::read(&victim).ok());
    let feeder = (!row.written && planted == Planted::Pipe).then(|| Feeder::into(&place, &text));
    let ended = in_time(&what, command(&workdir, row, practice));
    drop(feeder);
    let after = Standing::at(&place);
    let said = format!("{what}\n{}{}", ended.stdout, ended.stderr);
    let same = before == after;
    // Behind another name: read perhaps, and never written.
    assert_eq!(behind, fs::read(&victim).ok(), "{said}");
    if !row.written {
        assert!(same, "{said}");
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let refused = words.contains(", not a file")
            || words.contains("not a regular file")
            || words.contains("is a folder");
        assert!(
            refused
                || planted.is_the_file()
                || planted == Planted::Link
                || planted == Planted::Pipe,
            "{said}"
        );
        return Some(if refused { "refused" } else { "read" }.to_owned());
    }
    if ended.code == 2 {
        assert!(same, "{said}");
        assert!(ended.stderr.contains("hint"), "{said}");
        return Some("refused".to_owned());
    }
    assert_eq!(ended.code, 0, "{said}");
    let (Some(before), Some(after)) = (before, after) else {
        // SQLite takes its own files away at the end.
        return Some("used".to_owned());
    };
    if !before.is_file() {
        assert!(same, "{said}");
        return Some("left alone".to_owned());
    }
    let private = mode(&place) == 0o600;
    Some(match (before.is_the_same_file(&after), planted) {
        (true, Planted::Readable) if private => "used, then private".to_owned(),
        (true, Planted::Readable) if row.place == "practice.db" => {
            "used; `doctor` warns".to_owned()
        }
        (true, _) if ended.stderr.contains(row.place) => "left alone".to_owned(),
        (true, _) => "used".to_owned(),
        (false, _) => {
            assert!(private, "{said}: {:o}", mode(&place));
            "replaced".to_owned()
        }
    })
}

/// Runs it, and does not wait for ever.
fn in_time(what: &str, mut command: Command) -> Ended {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("{what}: the program waits for ever");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Writes into a pipe, for as long as this lives.
struct Feeder(Child);

impl Feeder {
    fn into(place: &Path, text: &[u8]) -> Self {
        let text = String::from_utf8(text.to_vec()).unwrap();
        let child = Command::new("sh")
            .args(["-c", "printf %s \"$1\" > \"$2\"", "sh", &text])
            .arg(place)
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Feeder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_happens_is_what_the_page_says() {
    let home = Workdir::new();
    let practice = Practice::start(&home, "");
    let prepared = prepared(&practice);
    let cells: BTreeMap<(usize, usize), Option<String>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|turn| {
                let (prepared, practice) = (&prepared, &practice);
                scope.spawn(move || {
                    let all = (0..ROWS.len())
                        .flat_map(|row| (0..ALL.len()).map(move |column| (row, column)));
                    all.filter(|(row, column)| (row + column) % 2 == turn)
                        .map(|(row, column)| {
                            (
                                (row, column),
                                cell(prepared, practice, &ROWS[row], ALL[column]),
                            )
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });

    let page = fs::read_to_string(DOC).unwrap();
    let begin = page.find(BEGIN).unwrap() + BEGIN.len();
    let end = begin + page[begin..].find(END).unwrap();
    let told: Vec<Vec<&str>> = page[begin..end]
        .lines()
        .skip(2)
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut table = format!(
        "| what stands there: | {} |\n|---{}|\n",
        ALL.map(Planted::title).join(" | "),
        "|---".repeat(ALL.len())
    );
    for (number, row) in ROWS.iter().enumerate() {
        let _ = write!(table, "| {} |", row.title);
        for (column, planted) in ALL.iter().enumerate() {
            let cell = cells[&(number, column)].clone().unwrap_or_else(|| {
                println!(
                    "skipped: {} as {} (it takes root to make one)",
                    row.title,
                    planted.title()
                );
                let told = told.get(number).and_then(|cells| cells.get(column + 1));
                told.copied().unwrap_or("?").to_owned()
            });
            let _ = write!(table, " {cell} |");
        }
        table.push('\n');
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        fs::write(DOC, format!("{}{table}{}", &page[..begin], &page[end..])).unwrap();
        return;
    }
    assert_eq!(
        table,
        page[begin..end],
        "docs/files.md is out of date: INSTA_UPDATE=always writes it"
    );
}
