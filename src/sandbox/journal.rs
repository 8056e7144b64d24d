//! What was changed in a practice tenant, kept in a file: one JSON object a line, only ever added to.
//!
//! A line is written before the answer that it belongs to leaves. A torn last line is cut off.

use super::{directory::Directory, seen::Mail, user::User};
use crate::{exit::Exit, failure::Failure, files};
use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    fs::{File, TryLockError},
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::Path,
};

#[derive(Debug)]
pub struct Journal {
    file: File,
    pending: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Line {
    User(Box<User>),
    Purged(String),
    Ticket { ticket: String, user: String },
    Mail(Mail),
}

/// What a journal remembers beside the directory.
#[derive(Debug, Default)]
pub struct Remembered {
    pub tickets: HashMap<String, String>,
    pub mails: Vec<Mail>,
}

impl Journal {
    /// Opens or creates it, and repeats what it holds.
    pub fn open(path: &Path, directory: &mut Directory) -> anyhow::Result<(Self, Remembered)> {
        let name = path.display();
        let mut file = files::open_own(path).map_err(|refusal| {
            Failure::usage(format!("the people file {name} {refusal}")).hint(refusal.advice())
        })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Failure::new(
                    Exit::TryAgain,
                    format!("the people file {name} is in use by another practice tenant"),
                )
                .hint("wait until that one ends, or name another ledger with --ledger: the people are kept beside it")
                .into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock the people file {name}"));
            }
        }
        let mut remembered = Remembered::default();
        let mut good = 0;
        let mut line = Vec::new();
        let mut reader = BufReader::new(&file);
        for number in 1.. {
            line.clear();
            let length = reader
                .read_until(b'\n', &mut line)
                .with_context(|| format!("cannot read the people file {name}"))?;
            if length > 0 && !begins_like_ours(&line) {
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
            repeat(line, directory, &mut remembered);
            good += length as u64;
        }
        file.set_len(good)
            .and_then(|()| file.seek(SeekFrom::End(0)))
            .with_context(|| format!("cannot repair the people file {name}"))?;
        let journal = Self {
            file,
            pending: Vec::new(),
        };
        Ok((journal, remembered))
    }

    pub fn user(&mut self, user: &User) {
        self.add(&Line::User(Box::new(user.clone())));
    }

    pub fn purged(&mut self, id: &str) {
        self.add(&Line::Purged(id.to_owned()));
    }

    pub fn ticket(&mut self, ticket: &str, user: &str) {
        self.add(&Line::Ticket {
            ticket: ticket.to_owned(),
            user: user.to_owned(),
        });
    }

    pub fn mail(&mut self, mail: &Mail) {
        self.add(&Line::Mail(mail.clone()));
    }

    fn add(&mut self, line: &Line) {
        if serde_json::to_writer(&mut self.pending, line).is_ok() {
            self.pending.push(b'\n');
        }
    }

    /// Writes what one request changed, in one piece.
    pub fn flush(&mut self) {
        if self.pending.is_empty() {
            return;
        }
        if let Err(error) = self.file.write_all(&self.pending) {
            tracing::warn!(%error, "the people of the practice tenant could not be kept");
        }
        self.pending.clear();
    }
}

/// Whether a line, which may be torn, can be one of these.
fn begins_like_ours(line: &[u8]) -> bool {
    ["user", "purged", "ticket", "mail"].iter().any(|word| {
        let ours = format!("{{\"{word}\":");
        let both = ours.bytes().zip(line);
        both.into_iter().all(|(ours, found)| ours == *found)
    })
}

fn repeat(line: Line, directory: &mut Directory, remembered: &mut Remembered) {
    match line {
        Line::User(user) => directory.put(*user),
        Line::Purged(id) => {
            directory.purge(&id);
        }
        Line::Ticket { ticket, user } => {
            remembered.tickets.insert(ticket, user);
        }
        Line::Mail(mail) => remembered.mails.push(mail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_line_is_cut_and_the_rest_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("people.jsonl");
        let user = User {
            id: "1".into(),
            mail: Some("a@x".into()),
            ..User::default()
        };
        {
            let (mut journal, _) = Journal::open(&path, &mut Directory::default()).unwrap();
            journal.user(&user);
            journal.ticket("t", "1");
            journal.flush();
        }
        let whole = std::fs::metadata(&path).unwrap().len();
        let mut file = files::open_own(&path).unwrap();
        file.write_all(b"{\"user\":{\"id\":\"2\"").unwrap();
        drop(file);

        let mut directory = Directory::default();
        let (mut journal, remembered) = Journal::open(&path, &mut directory).unwrap();
        assert_eq!(directory.count(), 1);
        assert_eq!(remembered.tickets["t"], "1");
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole);
        assert!(
            Journal::open(&path, &mut Directory::default()).is_err(),
            "one tenant a file"
        );
        journal.purged("1");
        journal.flush();
        drop(journal);
        let mut directory = Directory::default();
        Journal::open(&path, &mut directory).unwrap();
        assert_eq!(directory.count(), 0);
    }
}
