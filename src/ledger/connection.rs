//! How SQLite opens the ledger's file: which files are admitted, who may read them, and how they are recognised.
//!
//! Only SQLite opens the file; everybody else looks at its name and its kind.

use super::{LedgerError, Result, schema, units::BUSY};
use crate::files::{self, Access, Refusal};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// The ledger, and what SQLite keeps beside it: regular files of this user with one name each. They are looked at and
/// not opened: only SQLite opens them. None where there is no ledger.
pub(super) fn admit(path: &Path) -> Result<Option<Access>> {
    for suffix in ["-wal", "-shm", "-journal"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        own(Path::new(&beside))?;
    }
    own(path)
}

fn own(path: &Path) -> Result<Option<Access>> {
    match files::access(path) {
        Ok(Some(access)) if access.everyone_writes => Err(unusable(path, Refusal::WorldWritable)),
        Ok(access) => Ok(access),
        Err(refusal) => Err(unusable(path, refusal)),
    }
}

fn unusable(path: &Path, why: Refusal) -> LedgerError {
    LedgerError::Unusable {
        path: path.display().to_string(),
        why,
    }
}

/// Opens a database that is there, and nothing behind a link. The folders above it may be links.
fn open_database(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let place = match (files::folder_of(path).canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    };
    Connection::open_with_flags(place, flags | OpenFlags::SQLITE_OPEN_NOFOLLOW)
}

pub(super) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open_database(path, flags).map_err(|error| unwritable(path, error))?;
    connection.busy_timeout(BUSY)?;
    use_write_ahead_log(&connection).map_err(|error| unwritable(path, error))?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    Ok(connection)
}

/// The write-ahead log is folded into the file after so many pages of 4 KB. Many groups change the same pages, so that
/// fewer of them are copied than with SQLite's own 1,000.
const CHECKPOINT_PAGES: u32 = 8_000;

/// Switches a new ledger to the write-ahead log. SQLite does not wait for its busy timeout here when two connections
/// switch the same file at once (sqlite.org, "Result Codes", SQLITE_BUSY), so this waits instead.
fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let given_up = Instant::now() + BUSY;
    loop {
        let mode = connection
            .pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode {
            Err(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
                ) && Instant::now() < given_up =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            mode => return mode.map(drop),
        }
    }
}

/// A file that cannot be opened for writing is told by its name.
fn unwritable(path: &Path, error: rusqlite::Error) -> LedgerError {
    match LedgerError::from(error) {
        LedgerError::ReadOnly(_) => LedgerError::Unwritable {
            path: path.display().to_string(),
            reason: "permission denied".to_owned(),
        },
        LedgerError::Disk(error) => LedgerError::Unwritable {
            path: path.display().to_string(),
            reason: error.to_string(),
        },
        other => other,
    }
}

/// Links are in there: readable by its owner only, from the first byte on. False: another run made it meanwhile.
pub(super) fn create_private(path: &Path) -> Result<bool> {
    match files::create_own(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(LedgerError::Unwritable {
            path: path.display().to_string(),
            reason: error.to_string(),
        }),
    }
}

/// An existing file must be ours (or empty) before anything is written to it.
pub(super) fn recognise(path: &Path) -> Result<()> {
    let foreign = || LedgerError::Foreign {
        path: path.display().to_string(),
    };
    let metadata = fs::metadata(path).map_err(|error| LedgerError::Unwritable {
        path: path.display().to_string(),
        reason: error.to_string(),
    })?;
    if metadata.len() == 0 {
        return Ok(());
    }
    let connection = open_database(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(BUSY)?;
    match schema::application_id(&connection) {
        Ok(schema::APPLICATION_ID) => {}
        // Made by a run that was killed before it wrote the tables.
        Ok(0) if schema::is_empty(&connection)? => {}
        Ok(_) => return Err(foreign()),
        Err(error) => {
            return Err(match LedgerError::from(error) {
                LedgerError::Damaged(_) => foreign(),
                other => other,
            });
        }
    }
    let found = schema::version(&connection)?;
    if found > schema::VERSION {
        return Err(LedgerError::Newer {
            path: path.display().to_string(),
            found,
            known: schema::VERSION,
        });
    }
    Ok(())
}

/// The pages that a reading connection keeps, in KiB (negative for SQLite): a run has several of them, the operating system
/// keeps the pages too, and a large ledger fills each cache.
const READING_CACHE: i32 = -512;

/// A connection that writes nothing. It is not opened read-only: whoever closes a ledger last has to tidy up its
/// `-wal` and `-shm` files, and SQLite lets no read-only connection do that.
pub(super) fn only_reading(path: &Path) -> Result<Connection> {
    let connection = open_database(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", READING_CACHE)?;
    Ok(connection)
}

pub(super) fn copy_pages(source: &Connection, to: &Path) -> Result<()> {
    let mut target = open_database(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let backup = rusqlite::backup::Backup::new(source, &mut target)?;
    // All in one step: a copy in several begins anew whenever a run writes in between.
    backup.run_to_completion(std::ffi::c_int::MAX, Duration::from_millis(5), None)?;
    Ok(())
}
