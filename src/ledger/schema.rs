//! The tables, their version, and how older files become today's.
//!
//! Times are milliseconds since 1970. `event` is the audit trail: rows are added, never changed.
//! `person` is what the events add up to; `row` is what a run told about its sheet.

use super::{LedgerError, Result};
use rusqlite::Connection;

/// "GLST": how a ledger is told from any other SQLite file.
pub(super) const APPLICATION_ID: i64 = 0x474c_5354;

/// One step a version: a file of version N is brought up by the steps from N on.
const STEPS: [&str; 11] = [
    "
CREATE TABLE tenant (
    id       TEXT NOT NULL,
    name     TEXT,
    bound_at INTEGER NOT NULL
);
CREATE TABLE run (
    id         TEXT PRIMARY KEY,
    verb       TEXT NOT NULL,
    sheet      TEXT,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER,
    host       TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    identity   TEXT,
    exit_code  INTEGER,
    report     TEXT
);
CREATE TABLE person (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    email       TEXT NOT NULL,
    state       TEXT NOT NULL,
    user_id     TEXT,
    redeem_url  TEXT,
    redemption  TEXT,
    mail        TEXT,
    invited_at  INTEGER,
    error_code  TEXT,
    error       TEXT,
    request_id  TEXT,
    verified    TEXT,
    verified_at INTEGER
);
CREATE INDEX person_verified ON person (verified);
CREATE TABLE event (
    id                INTEGER PRIMARY KEY,
    at                INTEGER NOT NULL,
    server_at         INTEGER,
    run               TEXT,
    person            INTEGER,
    row               INTEGER,
    kind              TEXT NOT NULL,
    mails             INTEGER,
    intent            INTEGER,
    status            INTEGER,
    request_id        TEXT,
    client_request_id TEXT,
    detail            TEXT
);
CREATE INDEX event_person ON event (person);
CREATE INDEX event_intents ON event (at) WHERE kind = 'intent';
CREATE TABLE row (
    run          TEXT NOT NULL,
    row          INTEGER NOT NULL,
    person       INTEGER,
    outcome      TEXT NOT NULL,
    email        TEXT NOT NULL,
    display_name TEXT,
    user_id      TEXT,
    redemption   TEXT,
    mail         TEXT,
    error_code   TEXT,
    error        TEXT,
    hint         TEXT,
    this_run     TEXT,
    verified     TEXT,
    follow_up    TEXT,
    request_id   TEXT,
    PRIMARY KEY (run, row)
) WITHOUT ROWID;
",
    "
-- What the look-up before an intent had seen; empty in intents of version 1. The server's clock decides nothing.
ALTER TABLE event ADD COLUMN saw TEXT;
ALTER TABLE event DROP COLUMN server_at;
ALTER TABLE tenant ADD COLUMN wait_until INTEGER;
-- Who runs. Every run raises the generation, and an intent is written only while its own generation stands.
-- `copied_at` is set in a backup: it may be older than the world. `silent_until`: whoever is not found before that time
-- is asked silently first.
CREATE TABLE guard (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    generation   INTEGER NOT NULL,
    holder       TEXT,
    alive_at     INTEGER,
    copied_at    INTEGER,
    silent_until INTEGER
);
INSERT INTO guard (id, generation) VALUES (1, 0);
-- The content of each request that Graph refused for a person, as a hash: each content is asked for once.
CREATE TABLE refused_content (
    person  INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (person, content)
) WITHOUT ROWID;
CREATE INDEX person_user ON person (user_id);
",
    "
-- The sheet's own place, whatever was typed, and how a person said that it is to be read.
ALTER TABLE run ADD COLUMN sheet_path TEXT;
ALTER TABLE run ADD COLUMN reading TEXT;
CREATE INDEX run_sheet ON run (sheet_path, started_at);
-- The to-fix files that runs wrote, and a hash of what was in them: a file that a person has edited is not overwritten.
CREATE TABLE to_fix_file (
    path    TEXT PRIMARY KEY,
    run     TEXT NOT NULL,
    content TEXT NOT NULL
) WITHOUT ROWID;
-- Rows that a person was asked to correct, known by the place in their sheet and a hash of the record as it stood.
-- `told`: a hash of what the to-fix file says about the row. `copy_of`: the row of which this row is itself a corrected
-- copy. `email` and `outcome`: whom the corrected copy named, and what became of it; empty until it is done.
CREATE TABLE correction (
    id       INTEGER PRIMARY KEY,
    run      TEXT NOT NULL,
    sheet    TEXT NOT NULL,
    row      INTEGER NOT NULL,
    record   TEXT NOT NULL,
    told     TEXT NOT NULL,
    file     TEXT,
    copy_of  INTEGER,
    email    TEXT,
    outcome  TEXT,
    UNIQUE (sheet, row, record)
);
CREATE INDEX correction_file ON correction (file, row);
CREATE INDEX correction_told ON correction (told, row);
",
    "
-- Mails of our own, one line for each time that one was about to leave. `state` is 'intent' until it is known what became
-- of it; an intent of a run that has ended is of unknown effect. `kind` is 'invitation' or 'reminder-1' and so on.
-- `language` and `template`, a hash, say which words it carried.
CREATE TABLE own_mail (
    id          INTEGER PRIMARY KEY,
    event       INTEGER NOT NULL,
    run         TEXT NOT NULL,
    person      INTEGER NOT NULL,
    row         INTEGER,
    user_id     TEXT NOT NULL COLLATE NOCASE,
    kind        TEXT NOT NULL,
    mailbox     TEXT NOT NULL COLLATE NOCASE,
    message_id  TEXT NOT NULL UNIQUE,
    language    TEXT,
    template    TEXT NOT NULL,
    state       TEXT NOT NULL,
    at          INTEGER NOT NULL,
    answered_at INTEGER,
    status      INTEGER,
    request_id  TEXT,
    detail      TEXT
);
CREATE INDEX own_mail_user ON own_mail (user_id, kind);
CREATE INDEX own_mail_mailbox ON own_mail (mailbox, at);
",
    "
-- The state of guests when it was read last.
CREATE TABLE guest_state (
    user_id    TEXT PRIMARY KEY,
    state      TEXT NOT NULL,
    since      INTEGER,
    created_at INTEGER,
    read_at    INTEGER NOT NULL
) WITHOUT ROWID;
-- Readings of the states of many that were begun and not finished.
CREATE TABLE state_reading (
    scope    TEXT PRIMARY KEY,
    began_at INTEGER NOT NULL
) WITHOUT ROWID;
",
    "
-- What the newest invitation said beside the address, so that a reminder says the same.
ALTER TABLE person ADD COLUMN redirect_url TEXT;
ALTER TABLE person ADD COLUMN language TEXT;
",
    "
-- Ids of users are random: an index of them costs each invitation a page of its own. It is made when it is first needed
-- (`Writer::index_users`).
DROP INDEX person_user;
DROP INDEX person_verified;
CREATE INDEX person_verified ON person (verified) WHERE verified = 'found';
",
    "
-- What was done for guests after their invitations, the newest state of each. Personal data: `user_id` is the guest's;
-- `person` is empty where the ledger knows the guest only from rows. `target`: the property, or the id of the sponsor or
-- group. `content`: a hash of the value, or the id of the manager; where it changes, the follow-up is owed again.
CREATE TABLE follow_up (
    user_id    TEXT NOT NULL COLLATE NOCASE,
    kind       TEXT NOT NULL,
    target     TEXT NOT NULL,
    content    TEXT NOT NULL,
    state      TEXT NOT NULL,
    person     INTEGER,
    run        TEXT NOT NULL,
    row        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    status     INTEGER,
    code       TEXT,
    request_id TEXT,
    PRIMARY KEY (user_id, kind, target)
) WITHOUT ROWID;
-- Whether the run that invited a person does follow-ups, too. For people of older runs they are not owed.
ALTER TABLE person ADD COLUMN follows_up INTEGER;
UPDATE person SET follows_up = 1 WHERE id IN (SELECT person FROM event WHERE kind = 'follow-up');
",
    "
-- When `cleanup` deleted the guest, and in which run; empty again for a guest who was seen after that.
ALTER TABLE person ADD COLUMN deleted_at INTEGER;
ALTER TABLE person ADD COLUMN deleted_by TEXT;
-- Who asked to be forgotten: a salted hash of the address. Nothing else is kept of them.
CREATE TABLE forgotten (
    mark TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
ALTER TABLE guard ADD COLUMN salt TEXT;
-- Copies of this ledger: they hold whom this one forgets.
CREATE TABLE backup_file (
    path TEXT PRIMARY KEY,
    at   INTEGER NOT NULL
) WITHOUT ROWID;
",
    "
-- A hash of the words of the newest mail that was asked for: of the message in Microsoft's mail, or of the template of a
-- mail of our own. It says nothing of what is in them, and belongs to the person all the same.
ALTER TABLE person ADD COLUMN words TEXT;
",
    "
-- What was typed and where, who signed in and how, and the throttles, waits and retries as JSON, for `guestlist runs`.
ALTER TABLE run ADD COLUMN command TEXT;
ALTER TABLE run ADD COLUMN folder TEXT;
ALTER TABLE run ADD COLUMN signed_in TEXT;
ALTER TABLE run ADD COLUMN traffic TEXT;
",
];

pub(super) const VERSION: i64 = STEPS.len().cast_signed() as i64;

/// Brings a ledger up to today's version, all steps in one transaction.
pub(super) fn migrate(connection: &mut Connection, path: &str) -> Result<()> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    let step = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Read once more: two runs that begin at once both find a ledger without tables, and one of them makes them.
    let found = version(&step)?;
    if found > VERSION {
        return Err(LedgerError::Newer {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    if found == VERSION {
        return Ok(());
    }
    for sql in STEPS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION_ID)?;
    step.pragma_update(None, "user_version", VERSION)?;
    step.commit()?;
    Ok(())
}

pub(super) fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

pub(super) fn application_id(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "application_id", |row| row.get(0))
}

/// Whether nothing has ever been put into it.
pub(super) fn is_empty(connection: &Connection) -> Result<bool> {
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(tables == 0 && version(connection)? == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_of_version_1_keeps_its_events() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(STEPS[0]).unwrap();
        connection
            .execute_batch(
                "INSERT INTO person (id, key, email, state) VALUES (1, 'a@x', 'a@x', 'asked');
                 INSERT INTO event (at, server_at, person, kind, mails, detail) VALUES (5000, 9000, 1, 'intent', 1, 'invite');
                 PRAGMA user_version = 1;",
            )
            .unwrap();
        migrate(&mut connection, "x").unwrap();
        assert_eq!(version(&connection).unwrap(), VERSION);
        let asks = super::super::Reader::new(connection)
            .open_attempts(1)
            .unwrap();
        assert_eq!(asks.len(), 1);
        assert_eq!(asks[0].at.as_second(), 5);
        assert_eq!(asks[0].saw, super::super::PriorLookup::Unknown);
        assert!(asks[0].mails);
    }

    #[test]
    fn a_ledger_of_version_2_keeps_its_runs() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in &STEPS[..2] {
            connection.execute_batch(step).unwrap();
        }
        connection
            .execute_batch(
                "INSERT INTO run (id, verb, sheet, started_at, host, pid) VALUES ('r', 'invite', 'guests.csv', 7000, 'h', 1);
                 PRAGMA user_version = 2;",
            )
            .unwrap();
        migrate(&mut connection, "x").unwrap();
        assert_eq!(version(&connection).unwrap(), VERSION);
        let reader = super::super::Reader::new(connection);
        let run = reader.run("r").unwrap().unwrap();
        assert_eq!(
            (run.sheet.as_deref(), run.reading),
            (Some("guests.csv"), None)
        );
        assert!(reader.reading_of("guests.csv").unwrap().is_none());
        assert!(reader.corrected_in("guests.csv").unwrap().is_empty());
    }
}
