//! The people file: the changes of a practice tenant, kept from one start to the next. One JSON object per line, and
//! lines are only appended.
//!
//! A change is written before its answer is sent. When the last line is incomplete, `open` removes it.

use crate::{
    exit::Exit,
    failure::Failure,
    files,
    sandbox::{
        directory::{index::DirectoryStore, user::User},
        state::request_stats::SentMail,
    },
};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::Path,
};

#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    pending: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum JournalLine {
    User(Box<User>),
    Purged(String),
    Ticket { ticket: String, user: String },
    Mail(SentMail),
}

/// What a journal holds in addition to the directory.
#[derive(Debug, Default)]
pub(crate) struct JournalContents {
    pub tickets: HashMap<String, String>,
    pub mails: Vec<SentMail>,
}

impl Journal {
    /// Opens or creates the file and applies its changes to the directory.
    pub(crate) fn open(
        path: &Path,
        directory: &mut DirectoryStore,
    ) -> anyhow::Result<(Self, JournalContents)> {
        let name = path.display();
        let mut file = files::open_own(path).map_err(|refusal| {
            Failure::usage(format!("the people file {name} {refusal}")).hint(refusal.advice())
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Exit::TryAgain,
                    format!("another command of guestlist uses the practice tenant whose people are in {name}"),
                )
                .hint("wait until it ends, or practise beside it with --ledger FILE: every practice ledger has people of its own")
                .into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock the people file {name}"));
            }
        }
        let mut contents = JournalContents::default();
        let mut length_of_whole_lines = 0;
        let mut line = Vec::new();
        let mut reader = BufReader::new(&file);
        for number in 1.. {
            line.clear();
            let length = reader
                .read_until(b'\n', &mut line)
                .with_context(|| format!("cannot read the people file {name}"))?;
            if length > 0 && !could_be_journal_line(&line) {
                return Err(Failure::usage(format!(
                    "{name}, where the people of the practice tenant are kept, was not written by guestlist"
                ))
                .hint("move it away, or name another ledger with --ledger: the people are kept beside it")
                .into());
            }
            if length == 0 || line.last() != Some(&b'\n') {
                break;
            }
            let line = serde_json::from_slice(&line).map_err(|error| {
                Failure::usage(format!("line {number} of the people file {name} is damaged: {error}"))
                    .hint("move it away to begin with an empty practice tenant, or name another ledger with --ledger")
            })?;
            apply(line, directory, &mut contents);
            length_of_whole_lines += length as u64;
        }
        file.set_len(length_of_whole_lines)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .with_context(|| format!("cannot repair the people file {name}"))?;
        let journal = Self {
            file,
            pending: Vec::new(),
        };
        Ok((journal, contents))
    }

    pub(crate) fn user(&mut self, user: &User) {
        self.add(&JournalLine::User(Box::new(user.clone())));
    }

    pub(crate) fn purged(&mut self, id: &str) {
        self.add(&JournalLine::Purged(id.to_owned()));
    }

    pub(crate) fn ticket(&mut self, ticket: &str, user: &str) {
        self.add(&JournalLine::Ticket {
            ticket: ticket.to_owned(),
            user: user.to_owned(),
        });
    }

    pub(crate) fn mail(&mut self, mail: &SentMail) {
        self.add(&JournalLine::Mail(mail.clone()));
    }

    fn add(&mut self, line: &JournalLine) {
        if serde_json::to_writer(&mut self.pending, line).is_ok() {
            self.pending.push(b'\n');
        }
    }

    /// Writes the changes of one request with one system call.
    pub(crate) fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            tracing::warn!(%error, "the people of the practice tenant could not be saved");
        }
        self.pending.clear();
    }
}

/// Whether a line, which may be incomplete, can have been written by a journal.
fn could_be_journal_line(line: &[u8]) -> bool {
    ["user", "purged", "ticket", "mail"].iter().any(|word| {
        let ours = format!("{{\"{word}\":");
        let both = ours.bytes().zip(line);
        both.into_iter().all(|(ours, found)| ours == *found)
    })
}

fn apply(line: JournalLine, directory: &mut DirectoryStore, contents: &mut JournalContents) {
    match line {
        JournalLine::User(user) => directory.put(*user),
        JournalLine::Purged(id) => {
            directory.purge(&id);
        }
        JournalLine::Ticket { ticket, user } => {
            contents.tickets.insert(ticket, user);
        }
        JournalLine::Mail(mail) => contents.mails.push(mail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incomplete_last_line_is_removed_and_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.jsonl");
        let user = User {
            id: "1".into(),
            mail: Some("a@x".into()),
            ..User::default()
        };
        {
            let (mut journal, _) = Journal::open(&path, &mut DirectoryStore::default()).unwrap();
            journal.user(&user);
            journal.ticket("t", "1");
            journal.flush();
        }
        let whole = std::fs::metadata(&path).unwrap().len();
        let mut file = files::open_own(&path).unwrap();
        file.write_all(b"{\"user\":{\"id\":\"2\"").unwrap();
        drop(file);

        let mut directory = DirectoryStore::default();
        let (mut journal, contents) = Journal::open(&path, &mut directory).unwrap();
        assert_eq!(directory.user_count(), 1);
        assert_eq!(contents.tickets["t"], "1");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
        assert!(
            Journal::open(&path, &mut DirectoryStore::default()).is_err(),
            "one practice tenant per file"
        );
        journal.purged("1");
        journal.flush();
        drop(journal);
        let mut directory = DirectoryStore::default();
        Journal::open(&path, &mut directory).unwrap();
        assert_eq!(directory.user_count(), 0);
    }
}
