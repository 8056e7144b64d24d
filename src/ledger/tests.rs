//! Tests of the ledger as a file: found, made, refused, locked, copied.

use super::{
    Answered, AttemptKind, EventKind, Found, Intent, Ledger, LedgerError, NewLedger, PersonState,
    PriorLookup, Result, RunLock, Tenant,
    connection::{connect, create_private},
    schema,
};
#[cfg(unix)]
use crate::files::Refusal;
use crate::outcome::{Mail, Outcome, RowResult, Verified};
use jiff::Timestamp;
use rusqlite::{Connection, StatementStatus};
use std::{fs, time::Duration};

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
    let copy = rehearsal.connection().unwrap();
    assert_ne!(copy.path(), path.to_str());
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

/// Some statements are prepared anew whenever a value is bound, which costs more than all the rest of them.
#[test]
fn the_statements_of_a_run_are_prepared_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("guestlist.db"), NewLedger::Allowed).unwrap();
    let writer = ledger.writer(None).unwrap();
    let at = Timestamp::UNIX_EPOCH;
    for row in 2..12 {
        let intent = Intent {
            row,
            key: format!("{row}@x.org"),
            email: format!("{row}@x.org"),
            kind: AttemptKind::Invite,
            mails: true,
            at,
            saw: PriorLookup::NotFound,
            language: None,
            redirect_url: None,
            words: None,
            client_request_id: String::new(),
            decided_on: 0,
            assumed: false,
        };
        let intent = writer.intent("run", &intent).unwrap().unwrap();
        let found = Found {
            user_id: format!("user {row}"),
            redeem_url: None,
            redemption: None,
            mail: Mail::Requested,
            invited_at: at,
        };
        let answered = Answered {
            person: intent.person,
            intent: Some(intent),
            row,
            at,
            kind: EventKind::Invited,
            status: Some(201),
            request_id: None,
            detail: None,
            state: PersonState::Invited,
            mail: None,
            found: Some(found),
            refusal: None,
        };
        writer.answered("run", &answered, true).unwrap();
        let result = RowResult::new(row, Outcome::Invited, "x");
        writer.row("run", Some(intent.person), &result).unwrap();
        writer
            .verified(intent.person, Verified::Found, None, at)
            .unwrap();
    }
    let sources = [
        include_str!("events.rs"),
        include_str!("rows.rs"),
        include_str!("writer.rs"),
    ];
    let mut used = 0;
    for after in sources
        .iter()
        .flat_map(|source| source.split("prepare_cached(").skip(1))
    {
        let sql = after.split('"').nth(1).unwrap();
        let Ok(statement) = writer.connection().prepare_cached(sql) else {
            continue;
        };
        let runs = statement.get_status(StatementStatus::Run);
        used += i32::from(runs > 1);
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0, "{sql}");
    }
    assert!(used >= 6, "only {used} statements were found");
}
