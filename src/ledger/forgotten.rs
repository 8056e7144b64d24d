//! Who asked to be forgotten: a salted hash of each address is all that stays.
//!
//! The salt is in the ledger and nowhere else, so that a mark alone tells nobody's address.

use super::{Reader, Result, Writer};
use crate::fingerprint;
use rusqlite::Connection;
use std::collections::HashSet;

/// The marks of a ledger, as they were when this was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Forgotten {
    salt: String,
    marks: HashSet<String>,
}

impl Forgotten {
    /// By the address in small letters.
    pub(crate) fn contains(&self, key: &str) -> bool {
        !self.marks.is_empty() && self.marks.contains(&mark(&self.salt, key))
    }
}

pub(super) fn mark(salt: &str, key: &str) -> String {
    fingerprint::lasting([salt, key])
}

fn read(connection: &Connection) -> Result<Forgotten> {
    let salt: Option<String> =
        connection.query_row("SELECT salt FROM guard", [], |row| row.get(0))?;
    let Some(salt) = salt else {
        return Ok(Forgotten::default());
    };
    let mut statement = connection.prepare("SELECT mark FROM forgotten")?;
    let marks = statement.query_map([], |row| row.get(0))?;
    Ok(Forgotten {
        salt,
        marks: marks.collect::<rusqlite::Result<_>>()?,
    })
}

impl Reader {
    pub(crate) fn forgotten(&self) -> Result<Forgotten> {
        read(self.connection())
    }
}

impl Writer {
    pub(crate) fn forgotten(&self) -> Result<Forgotten> {
        read(self.connection())
    }
}
