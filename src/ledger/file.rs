//! The ledger as a file: found or made, recognised, bound to its tenant, copied.
//!
//! Holds no connection: readers and the writer open their own.

use super::{
    Draft, LedgerError, Reader, Reading, Result, RunLock, Writer, millis, schema, timestamp,
};
use crate::files::{self, Access, FileId, Refusal, Scratch};
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Whether a missing ledger may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewLedger {
    Allowed,
    Refused,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub id: String,
    pub name: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    path: PathBuf,
    /// Whether this opening made the file.
    created: bool,
    access: Access,
    /// Which file was opened.
    identity: Option<FileId>,
    /// The private folder of a rehearsal; it goes with it.
    _rehearsal: Option<Scratch>,
}

impl Ledger {
    /// Opens the ledger at `path`, brought up to today's version.
    pub(crate) fn open(path: &Path, new: NewLedger) -> Result<Self> {
        let access = admit(path)?;
        let missing = access.is_none();
        let empty = Self::is_empty_file(path);
        if new == NewLedger::Refused && (missing || empty) {
            let path = path.display().to_string();
            return Err(if empty {
                LedgerError::Empty { path }
            } else {
                LedgerError::Missing { path }
            });
        }
        Self::is_local(path)?;
        if !missing || !create_private(path)? {
            recognise(path)?;
        }
        let mut connection = connect(path)?;
        schema::migrate(&mut connection, &path.display().to_string())?;
        Ok(Self {
            path: path.to_owned(),
            created: missing || empty,
            access: access.unwrap_or_default(),
            identity: files::identity(path),
            _rehearsal: None,
        })
    }

    /// Whether there is no ledger that could know anybody: nothing at all, or an empty file.
    pub(crate) fn is_missing(path: &Path) -> bool {
        matches!(files::at(path), Ok(None)) || Self::is_empty_file(path)
    }

    /// Whether there is a file without a single byte: no ledger, though there may have been one.
    pub(crate) fn is_empty_file(path: &Path) -> bool {
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
    }

    /// Whether a ledger at `path` lies, or would lie, on a disk of this machine.
    pub(crate) fn is_local(path: &Path) -> Result<()> {
        match files::network_file_system(&files::folder_of(path)) {
            Some(kind) => Err(LedgerError::Network {
                path: path.display().to_string(),
                kind,
            }),
            None => Ok(()),
        }
    }

    /// A private copy of the ledger at `path` (or an empty one): a dry run remembers there and changes nothing.
    pub(crate) fn rehearsal(path: &Path) -> Result<Self> {
        let scratch = Scratch::new().map_err(|error| no_scratch(&error))?;
        let copy = scratch.rehearsal();
        let access = admit(path)?;
        if access.is_some() {
            recognise(path)?;
            create_private(&copy)?;
            copy_pages(&only_reading(path)?, &copy)?;
        }
        let ledger = Self::open(&copy, NewLedger::Allowed)?;
        Ok(Self {
            created: false,
            access: access.unwrap_or_default(),
            _rehearsal: Some(scratch),
            ..ledger
        })
    }

    /// A private copy of what a writer has open, where the ledger's path leads to that file no longer.
    pub(crate) fn rescued(writer: &Writer) -> Result<Self> {
        let scratch = Scratch::new().map_err(|error| no_scratch(&error))?;
        let copy = scratch.rehearsal();
        create_private(&copy)?;
        copy_pages(writer.connection(), &copy)?;
        let ledger = Self::open(&copy, NewLedger::Refused)?;
        Ok(Self {
            _rehearsal: Some(scratch),
            ..ledger
        })
    }

    /// How the ledger at `path`, if there is one, remembers that a sheet was read. Changes nothing: what is wrong with
    /// the ledger, or older about it, is told when it is opened.
    pub(crate) fn reading_of(path: &Path, sheet: &str) -> Option<Reading> {
        admit(path).ok()??;
        recognise(path).ok()?;
        let connection = only_reading(path).ok()?;
        if schema::version(&connection).ok()? != schema::VERSION {
            return None;
        }
        Reader::new(connection).reading_of(sheet).ok()?
    }

    pub(crate) fn created(&self) -> bool {
        self.created
    }

    /// Who beside this user may use the ledger's file.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    pub(crate) fn reader(&self) -> Result<Reader> {
        Ok(Reader::new(only_reading(&self.path)?))
    }

    /// Writes for the run that holds this generation; a rehearsal and an import have none, and write no intents.
    pub(crate) fn writer(&self, generation: Option<i64>) -> Result<Writer> {
        let place = (self.path.clone(), self.identity);
        Ok(Writer::new(connect(&self.path)?, place, generation))
    }

    /// Takes the right to run on this ledger, or says who has it. `holder` is shown to others who want it; `lost` is
    /// called when another run has taken it over.
    pub(crate) fn lock(
        &self,
        holder: &str,
        now: Timestamp,
        lost: impl Fn(String) + Send + 'static,
    ) -> Result<RunLock> {
        RunLock::take(&self.path, holder, now, lost)
    }

    /// Says who runs on this ledger now, as an error. Changes nothing.
    pub(crate) fn is_free(&self, now: Timestamp) -> Result<()> {
        RunLock::look(&self.path, now)
    }

    pub(crate) fn tenant(&self) -> Result<Option<Tenant>> {
        self.reader()?.tenant()
    }

    /// Binds a new ledger to its tenant; refuses a ledger that is bound to another.
    pub(crate) fn bind(&self, tenant: &Tenant, now: Timestamp) -> Result<()> {
        let mut connection = connect(&self.path)?;
        // Two runs that bind at once must not both find it unbound.
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        match super::reader::tenant(&step)? {
            Some(bound) if bound.id.eq_ignore_ascii_case(&tenant.id) => {
                if bound.name.is_none() && tenant.name.is_some() {
                    // Bound by an import, which knows the id only.
                    step.execute("UPDATE tenant SET name = ?1", [&tenant.name])?;
                }
            }
            Some(bound) => {
                return Err(LedgerError::OtherTenant {
                    path: self.path.display().to_string(),
                    bound: named(&bound),
                    asked: named(tenant),
                });
            }
            None => {
                step.execute(
                    "INSERT INTO tenant (id, name, bound_at) VALUES (?1, ?2, ?3)",
                    (&tenant.id, &tenant.name, millis(now)),
                )?;
            }
        }
        Ok(step.commit()?)
    }

    /// Writes a complete copy to a file that does not exist yet, with a mark that it is one: whoever uses it later
    /// must reckon with runs that it does not know.
    pub(crate) fn backup(&self, to: &Path, now: Timestamp) -> Result<()> {
        let draft = Draft::copy_of(&only_reading(&self.path)?, to)?;
        draft.ledger().connection()?.execute(
            "UPDATE guard SET copied_at = ?1, silent_until = NULL, holder = NULL, alive_at = NULL",
            [millis(now)],
        )?;
        draft.publish()
    }

    pub(super) fn connection(&self) -> Result<Connection> {
        connect(&self.path)
    }

    /// Since when and until when runs may have asked that this ledger does not know, because it may be older than the
    /// world: it is a backup, or there are results of runs that it does not know.
    pub(crate) fn silent_first(
        &self,
        unknown: Option<UnknownRuns>,
        now: Timestamp,
    ) -> Result<Option<SilentFirst>> {
        let connection = connect(&self.path)?;
        let (copied_at, until): (Option<i64>, Option<i64>) =
            connection.query_row("SELECT copied_at, silent_until FROM guard", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let mut silent = copied_at.map(|since| SilentFirst {
            since: timestamp(since),
            until: until.map_or_else(|| now + EVERY_INDEX_HAS_CAUGHT_UP, timestamp),
        });
        if let Some(UnknownRuns { began, ended }) = unknown {
            // The ids of runs tell seconds only: a run of the same second may have been the one before.
            let last: Option<i64> = connection.query_row(
                "SELECT max(started_at) FROM run WHERE started_at < ?1",
                [millis(began)],
                |row| row.get(0),
            )?;
            let since = last.map_or(Timestamp::UNIX_EPOCH, timestamp);
            let known = silent.unwrap_or(SilentFirst {
                since,
                until: Timestamp::UNIX_EPOCH,
            });
            silent = Some(SilentFirst {
                since: known.since.min(since),
                until: known.until.max(ended + EVERY_INDEX_HAS_CAUGHT_UP),
            });
        }
        if let Some(silent) = silent {
            connection.execute(
                "UPDATE guard SET copied_at = ?1, silent_until = ?2",
                (millis(silent.since), millis(silent.until)),
            )?;
        }
        Ok(silent)
    }
}

/// Runs that others tell of and the ledger does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UnknownRuns {
    /// When the first of them began, to the second.
    pub began: Timestamp,
    /// When the last of them ended, at the latest.
    pub ended: Timestamp,
}

/// Since when a ledger may be older than the world. `until`: whoever is not found before that time is asked silently
/// first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SilentFirst {
    pub since: Timestamp,
    pub until: Timestamp,
}

/// After this long a guest can be found, whatever the index.
const EVERY_INDEX_HAS_CAUGHT_UP: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

pub(super) const BUSY: Duration = Duration::from_secs(10);

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

fn no_scratch(error: &std::io::Error) -> LedgerError {
    LedgerError::Unwritable {
        path: "in the temporary folder".to_owned(),
        reason: error.to_string(),
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

fn named(tenant: &Tenant) -> String {
    match &tenant.name {
        Some(name) => format!("{name} ({})", tenant.id),
        None => tenant.id.clone(),
    }
}

pub(super) fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open_database(path, flags).map_err(|error| unwritable(path, error))?;
    connection.busy_timeout(BUSY)?;
    use_write_ahead_log(&connection).map_err(|error| unwritable(path, error))?;
    connection.pragma_update(None, "synchronous", "full")?;
    Ok(connection)
}

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
        LedgerError::Disk(error) => LedgerError::Unwritable {
            path: path.display().to_string(),
            reason: error.to_string(),
        },
        other => other,
    }
}

/// Links are in there: readable by its owner only, from the first byte on. False: another run made it meanwhile.
fn create_private(path: &Path) -> Result<bool> {
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
fn recognise(path: &Path) -> Result<()> {
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

/// A connection that writes nothing. It is not opened read-only: whoever closes a ledger last has to tidy up its
/// `-wal` and `-shm` files, and SQLite lets no read-only connection do that.
fn only_reading(path: &Path) -> Result<Connection> {
    let connection = open_database(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

pub(super) fn copy_pages(source: &Connection, to: &Path) -> Result<()> {
    let mut target = open_database(to, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let backup = rusqlite::backup::Backup::new(source, &mut target)?;
    // All in one step: a copy in several begins anew whenever a run writes in between.
    backup.run_to_completion(std::ffi::c_int::MAX, Duration::from_millis(5), None)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contoso() -> Tenant {
        Tenant {
            id: "11111111-2222-3333-4444-555555555555".into(),
            name: Some("Contoso".into()),
        }
    }

    #[test]
    fn a_missing_ledger_is_made_only_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        assert!(matches!(
            Ledger::open(&path, NewLedger::Refused),
            Err(LedgerError::Missing { .. })
        ));
        assert!(!path.exists());
        assert!(Ledger::open(&path, NewLedger::Allowed).unwrap().created());
        assert!(!Ledger::open(&path, NewLedger::Refused).unwrap().created());
    }

    #[test]
    fn somebody_elses_file_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("notes.db");
        fs::write(&text, "dear diary ".repeat(100)).unwrap();
        assert!(matches!(
            Ledger::open(&text, NewLedger::Allowed),
            Err(LedgerError::Foreign { .. })
        ));
        assert_eq!(
            fs::read_to_string(&text).unwrap(),
            "dear diary ".repeat(100)
        );

        let database = folder.path().join("other.db");
        Connection::open(&database)
            .unwrap()
            .execute_batch("CREATE TABLE t (x)")
            .unwrap();
        assert!(matches!(
            Ledger::open(&database, NewLedger::Allowed),
            Err(LedgerError::Foreign { .. })
        ));
    }

    #[test]
    fn a_ledger_whose_making_was_cut_short_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        create_private(&path).unwrap();
        drop(connect(&path).unwrap());
        assert!(fs::metadata(&path).unwrap().len() > 0);
        let ledger = Ledger::open(&path, NewLedger::Refused).unwrap();
        assert_eq!(ledger.reader().unwrap().people().unwrap(), 0);
    }

    /// Two runs that begin at the same instant, as where two cron jobs are due: both open it.
    #[test]
    fn a_ledger_that_many_make_at_once_is_made_once() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("guestlist.db");
            let begin = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        begin.wait();
                        let ledger = Ledger::open(&path, NewLedger::Allowed).unwrap();
                        ledger.bind(&contoso(), Timestamp::UNIX_EPOCH).unwrap();
                    });
                }
            });
            let tenants: i64 = Connection::open(&path)
                .unwrap()
                .query_row("SELECT count(*) FROM tenant", [], |row| row.get(0))
                .unwrap();
            assert_eq!(tenants, 1);
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        Ledger::open(&path, NewLedger::Allowed).unwrap();
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", schema::VERSION + 1)
            .unwrap();
        assert!(matches!(
            Ledger::open(&path, NewLedger::Allowed),
            Err(LedgerError::Newer { .. })
        ));
    }

    #[test]
    fn one_ledger_belongs_to_one_tenant() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("guestlist.db"), NewLedger::Allowed).unwrap();
        ledger.bind(&contoso(), Timestamp::UNIX_EPOCH).unwrap();
        ledger.bind(&contoso(), Timestamp::UNIX_EPOCH).unwrap();
        let other = Tenant {
            id: "99999999-2222-3333-4444-555555555555".into(),
            name: None,
        };
        let refusal = ledger
            .bind(&other, Timestamp::UNIX_EPOCH)
            .unwrap_err()
            .to_string();
        assert!(
            refusal.contains("Contoso") && refusal.contains(&other.id),
            "{refusal}"
        );
    }

    #[test]
    fn a_second_run_is_told_that_the_ledger_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("guestlist.db"), NewLedger::Allowed).unwrap();
        let held = lock(&ledger).unwrap();
        match lock(&ledger) {
            Err(LedgerError::Busy { holder, .. }) => assert_eq!(holder, "a test"),
            other => panic!("{other:?}"),
        }
        drop(held);
        lock(&ledger).unwrap();
    }

    fn lock(ledger: &Ledger) -> Result<RunLock> {
        ledger.lock("a test", Timestamp::now(), |_| {})
    }

    #[cfg(unix)]
    #[test]
    fn a_stranger_who_holds_the_lock_file_stops_no_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        let ledger = Ledger::open(&path, NewLedger::Allowed).unwrap();
        let lock_file = folder.path().join("guestlist.db.lock");
        fs::write(&lock_file, "").unwrap();
        let stranger = fs::File::open(&lock_file).unwrap();
        stranger.lock_shared().unwrap();
        let held = lock(&ledger).unwrap();
        assert!(held.note().unwrap().contains("another program holds"));
        // That a run is under way is known without the file.
        assert!(matches!(lock(&ledger), Err(LedgerError::Busy { .. })));
        drop(held);
        drop(stranger);
        fs::remove_file(&lock_file).unwrap();
        fs::create_dir(&lock_file).unwrap();
        let held = lock(&ledger).unwrap();
        assert!(held.note().unwrap().contains("cannot be used"));
        assert!(matches!(lock(&ledger), Err(LedgerError::Busy { .. })));
    }

    #[test]
    fn without_the_lock_file_a_second_run_takes_over_and_the_first_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("guestlist.db"), NewLedger::Allowed).unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let first = ledger
            .lock("the first", Timestamp::now(), move |by| {
                tell.send(by).unwrap();
            })
            .unwrap();
        fs::remove_file(folder.path().join("guestlist.db.lock")).unwrap();
        let second = ledger.lock("the second", Timestamp::now(), |_| {}).unwrap();
        assert!(second.generation() > first.generation());
        let by = told.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(by, "the second");
    }

    #[cfg(unix)]
    #[test]
    fn a_ledger_with_two_hard_links_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        Ledger::open(&path, NewLedger::Allowed).unwrap();
        let linked = folder.path().join("linked.db");
        fs::hard_link(&path, &linked).unwrap();
        for name in [&path, &linked] {
            assert!(matches!(
                Ledger::open(name, NewLedger::Refused),
                Err(LedgerError::Unusable {
                    why: Refusal::HardLinks(2),
                    ..
                })
            ));
        }
        fs::remove_file(&linked).unwrap();
        Ledger::open(&path, NewLedger::Refused).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_ledger_behind_a_link_or_with_something_planted_beside_it_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        Ledger::open(&path, NewLedger::Allowed).unwrap();
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(
            Ledger::open(&link, NewLedger::Allowed),
            Err(LedgerError::Unusable {
                why: Refusal::Link(_),
                ..
            })
        ));
        for name in [
            "guestlist.db-wal",
            "guestlist.db-shm",
            "guestlist.db-journal",
        ] {
            let planted = folder.path().join(name);
            std::os::unix::fs::symlink("elsewhere", &planted).unwrap();
            let refused = Ledger::open(&path, NewLedger::Refused).unwrap_err();
            assert!(refused.to_string().contains(name), "{refused}");
            assert!(Ledger::rehearsal(&path).is_err(), "{name}");
            fs::remove_file(&planted).unwrap();
            assert!(!folder.path().join("elsewhere").exists());
        }
        Ledger::open(&path, NewLedger::Refused).unwrap();
    }

    #[test]
    fn a_rehearsal_sees_the_ledger_and_leaves_it_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        Ledger::open(&path, NewLedger::Allowed)
            .unwrap()
            .bind(&contoso(), Timestamp::UNIX_EPOCH)
            .unwrap();
        let rehearsal = Ledger::rehearsal(&path).unwrap();
        assert_eq!(rehearsal.tenant().unwrap(), Some(contoso()));
        assert_ne!(rehearsal.path, path);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_reads_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guestlist.db");
        Ledger::open(&path, NewLedger::Allowed).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
