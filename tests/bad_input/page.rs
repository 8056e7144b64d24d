//! A page of mistakes, each with the command, the exit code and the words, held against a snapshot.

use crate::support::{Ended, Workdir};
use std::{collections::BTreeSet, ffi::OsStr, fmt::Write, fs, process::Command};

pub(crate) struct Page<'a> {
    workdir: &'a Workdir,
    text: String,
    /// What is different in every run, and how it is written instead.
    hidden: Vec<(String, String)>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(workdir: &'a Workdir) -> Self {
        let folder = workdir.path("").display().to_string();
        Self {
            workdir,
            text: String::new(),
            hidden: vec![(folder.trim_end_matches('/').to_owned(), "FOLDER".to_owned())],
        }
    }

    pub(crate) fn hide(&mut self, text: &str, as_word: &str) {
        self.hidden.push((text.to_owned(), as_word.to_owned()));
    }

    /// A mistake in the arguments or in a file they name.
    pub(crate) fn mistake(&mut self, title: &str, code: i32, arguments: &[&str]) -> Ended {
        let mut command = self.workdir.command(arguments);
        self.mistake_of(title, code, &mut command)
    }

    /// Runs it: the exit code is the one, there is one error and what to do about it, and no file is new.
    pub(crate) fn mistake_of(&mut self, title: &str, code: i32, command: &mut Command) -> Ended {
        let before = self.files();
        let ended = Ended::of(command).expect_code(code);
        assert_eq!(ended.stdout, "", "{title}");
        let errors = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("error"));
        assert_eq!(
            errors.count(),
            1,
            "one message for {title}:\n{}",
            ended.stderr
        );
        assert!(
            ended.stderr.contains("hint") || ended.stderr.contains("write"),
            "what to do about {title}:\n{}",
            ended.stderr
        );
        let new: Vec<_> = self.files().difference(&before).cloned().collect();
        assert!(
            new.iter()
                .all(|name| name == "guestlist.db" || name == "guestlist.db.lock"),
            "{title} left {new:?}"
        );
        self.tell(title, code, command, &ended);
        ended
    }

    /// Runs what goes wrong only after people were invited: the exit code is the one, and the page has what the results
    /// say of each row.
    pub(crate) fn trouble(&mut self, title: &str, code: i32, results: &str, command: &mut Command) {
        let ended = Ended::of(command).expect_code(code);
        self.tell(title, code, command, &ended);
        for row in &self.workdir.table(results).0 {
            let _ = writeln!(
                self.text,
                "row {} {} {}, mail {}\n  error {}\n  hint {}\n",
                row["row"], row["email"], row["outcome"], row["mail"], row["error"], row["hint"]
            );
        }
    }

    fn tell(&mut self, title: &str, code: i32, command: &Command, ended: &Ended) {
        let typed: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        let _ = write!(
            self.text,
            "{title}\n$ guestlist {}\nexit {code}\n{}\n",
            typed.join(" "),
            ended.stderr
        );
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.workdir.path("")).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// Against the snapshot of this name.
    pub(crate) fn compare(self, name: &str) {
        let mut text = self.text;
        for (hidden, word) in &self.hidden {
            text = text.replace(hidden, word);
        }
        insta::assert_snapshot!(name, without_ids(&text));
    }
}

/// Request ids and times are of the same length and shape, and never the same.
fn without_ids(text: &str) -> String {
    text.split_inclusive(char::is_whitespace)
        .map(|word| {
            if is_time(word.trim()) {
                return word.replace(word.trim(), "????-??-??T??:??:??Z");
            }
            let id = word.trim_matches(|c: char| !c.is_ascii_hexdigit());
            match uuid::Uuid::try_parse(id) {
                Ok(uuid) if id.len() == 36 && uuid.get_version_num() == 4 && !known(id) => {
                    word.replace(id, "????????-????-????-????-????????????")
                }
                _ => word.to_owned(),
            }
        })
        .collect()
}

/// As `2026-11-22T02:00:00Z`.
fn is_time(word: &str) -> bool {
    word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T'
}

/// The practice tenant's own id stays the same.
fn known(id: &str) -> bool {
    id == "5e7a1c60-3b0d-4f52-9c1e-2f6d8a9b4c11"
}
