//! A temporary folder and the program run in it, with an environment that holds nothing but what is given: whatever
//! the user who runs the tests has set, and keeps at home, is not there.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

pub(crate) struct Workdir {
    folder: tempfile::TempDir,
    /// The home folder of the user who runs the program.
    home: tempfile::TempDir,
    /// Where the practice tenant is that was started for this folder last.
    practice: Mutex<Option<String>>,
}

/// How the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Workdir {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            practice: Mutex::default(),
        }
    }

    pub(crate) fn practice_is_at(&self, url: &str) {
        *self.practice.lock().unwrap() = Some(url.to_owned());
    }

    pub(crate) fn practice(&self) -> Option<String> {
        self.practice.lock().unwrap().clone()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> &Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// A results or to-fix file, by column.
    pub(crate) fn table(&self, name: &str) -> Table {
        Table::read(&self.path(name))
    }

    /// The program, ready to run here. Stdin is empty and no terminal.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guestlist"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null());
        for kept in ["PATH", "TMPDIR", "SYSTEMROOT", "TEMP"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        for home in ["HOME", "USERPROFILE", "LOCALAPPDATA"] {
            command.env(home, self.home.path());
        }
        command
    }

    /// Another program that starts this command as its last arguments: in the same folder and environment.
    pub(crate) fn inside(&self, outer: &[&str], command: &Command) -> Command {
        let mut whole = Command::new(outer[0]);
        whole
            .args(&outer[1..])
            .arg(command.get_program())
            .args(command.get_args())
            .current_dir(self.folder.path())
            .env_clear()
            .envs(given(command))
            .stdin(Stdio::null());
        whole
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(&mut self.command(arguments))
    }
}

/// The variables that a command was given.
pub(super) fn given(command: &Command) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)))
}

impl Ended {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The exit code, with everything that was said when it is another one.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Wherever its lines were broken.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = words(&self.stderr);
        assert!(
            said.contains(&words(text)),
            "no {text:?} in stderr:\n{}",
            self.stderr
        );
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

/// A CSV file as rows of named cells.
#[derive(Debug, Clone)]
pub(crate) struct Table(pub Vec<HashMap<String, String>>);

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let mut reader = csv::Reader::from_path(path).unwrap();
        let header = reader.headers().unwrap().clone();
        let rows = reader.records().map(|record| {
            let record = record.unwrap();
            let cells = header.iter().zip(&record);
            cells
                .map(|(name, cell)| {
                    (
                        name.trim_start_matches('\u{feff}').to_owned(),
                        cell.to_owned(),
                    )
                })
                .collect()
        });
        Self(rows.collect())
    }

    /// How many rows ended how.
    pub(crate) fn outcomes(&self) -> HashMap<String, usize> {
        let mut outcomes = HashMap::new();
        for row in &self.0 {
            *outcomes.entry(row["outcome"].clone()).or_default() += 1;
        }
        outcomes
    }

    pub(crate) fn with_outcome<'a>(
        &'a self,
        outcome: &'a str,
    ) -> impl Iterator<Item = &'a HashMap<String, String>> {
        self.0.iter().filter(move |row| row["outcome"] == outcome)
    }
}
