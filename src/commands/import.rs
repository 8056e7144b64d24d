//! `guestlist ledger import`: a lost ledger rebuilt from results files.
//!
//! What a file says is a claim, not knowledge: a person counts as invited only after the guest was seen in this tenant.
//! Must not import results of a dry run or a practice run.

use crate::{
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    guest::EmailAddress,
    ledger::{Claim, Draft, Forgotten, Found, Imported, Ledger, NewLedger, Writer},
    outcome::{Mail, Outcome},
    own_files::Rehearsal,
    results::{self, OwnRow},
    ui::{
        self,
        text::{number, plural_of},
    },
};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What an import took.
#[derive(Debug, Default, Clone, Copy)]
struct Taken {
    people: u64,
    /// Of them, those whose invitation attempt was never answered.
    asked: u64,
    known: u64,
}

/// Imports the people of results files into the ledger at `path`, which is created if it is missing. If one file is
/// refused, or the program is killed, nobody is imported.
pub(super) fn import(path: &Path, files: &[PathBuf], practice: bool, clock: &Clock) -> Result<()> {
    let taken = if Ledger::is_missing(path) {
        let draft = Draft::new(path)?;
        let writer = draft.ledger().writer(None)?;
        let taken = import_files(&writer, files, None, practice, clock.now())?;
        drop(writer);
        draft.publish()?;
        taken
    } else {
        let ledger = Ledger::open(path, NewLedger::Refused)?;
        let holder = super::holder("ledger import", None, clock.now());
        let held = ledger.lock(&holder, clock.now(), |_| {})?;
        let bound = ledger.tenant()?.map(|tenant| tenant.id);
        let writer = ledger.writer(Some(held.generation()))?;
        let taken = import_files(&writer, files, bound, practice, clock.now())?;
        writer.checkpoint()?;
        taken
    };
    for (file, taken) in taken {
        tell(file, taken);
    }
    Ok(())
}

/// All of them in one transaction.
fn import_files<'f>(
    writer: &Writer,
    files: &'f [PathBuf],
    mut bound: Option<String>,
    practice: bool,
    now: Timestamp,
) -> Result<Vec<(&'f Path, Taken)>> {
    // Whoever asked to be forgotten does not come back through an old file.
    let forgotten = writer.forgotten()?;
    writer.begin()?;
    let taken = files
        .iter()
        .map(|file| {
            let taken = import_file(writer, file, &mut bound, &forgotten, practice, now)?;
            Ok((file.as_path(), taken))
        })
        .collect::<Result<Vec<_>>>()
        .and_then(|taken| {
            writer.commit()?;
            Ok(taken)
        });
    if taken.is_err() {
        writer.rollback();
    }
    taken
}

fn tell(file: &Path, taken: Taken) {
    let unanswered = match taken.asked {
        0 => String::new(),
        asked => format!(
            ", {} of them without an answer: the next run first finds out whether they were invited",
            number(asked)
        ),
    };
    ui::tell(format!(
        "{}: {} taken into the ledger{unanswered}; {} known already",
        file.display(),
        plural_of(taken.people, "person", "people"),
        number(taken.known)
    ));
}

fn import_file(
    writer: &Writer,
    file: &Path,
    bound: &mut Option<String>,
    forgotten: &Forgotten,
    practice: bool,
    now: Timestamp,
) -> Result<Taken> {
    let refused = |why: String| {
        Failure::new(Exit::SheetRefused, format!("{}: {why}", file.display()))
            .hint("give results files as guestlist wrote them; nothing was taken")
    };
    let rows = results::read_own(file).map_err(refused)?;
    let invited_nobody = |kind: Rehearsal| kind.dry_run || (kind.practice && !practice);
    if invited_nobody(Rehearsal::of_file(file)) {
        return Err(refused(
            "by its name this is a file of a dry run or a practice run, in which nobody was invited".into(),
        ));
    }
    let mut taken = Taken::default();
    for row in rows {
        let row = row.map_err(refused)?;
        let line = row.line;
        if row.outcome == Some(Outcome::WouldInvite)
            || row
                .run
                .as_deref()
                .is_some_and(|run| invited_nobody(Rehearsal::of_run(run)))
        {
            return Err(refused(format!(
                "line {line} was written by a dry run or a practice run, in which nobody was invited"
            )));
        }
        if let Some(tenant) = &row.tenant_id {
            match &*bound {
                Some(bound) if bound.eq_ignore_ascii_case(tenant) => {}
                Some(bound) => {
                    return Err(Failure::usage(format!(
                        "{}: line {line} is about the tenant {tenant}, and the ledger belongs to {bound}",
                        file.display()
                    ))
                    .hint("one ledger belongs to one tenant: name that tenant's ledger with --ledger; nothing was taken"));
                }
                None => {
                    writer.bind(tenant, now)?;
                    *bound = Some(tenant.clone());
                }
            }
        }
        let Some(claim) = claim(&row, now) else {
            continue;
        };
        let address = EmailAddress::parse(&row.email)
            .map_err(|_| refused(format!("line {line}: not an address")))?;
        if forgotten.contains(address.key()) {
            continue;
        }
        match writer.import(address.key(), address.as_str(), &claim, now)? {
            Imported::New => {
                taken.people += 1;
                taken.asked += u64::from(matches!(claim, Claim::Asked { .. }));
            }
            Imported::Known => taken.known += 1,
        }
    }
    Ok(taken)
}

/// What a row says about its person; none if nobody was invited, or if the next run looks the person up anyway.
fn claim(row: &OwnRow, now: Timestamp) -> Option<Claim> {
    let found = row.user_id.clone().map(|user_id| Found {
        user_id,
        redeem_url: row.redeem_url.clone(),
        redemption: row.redemption.clone(),
        mail: row.mail.unwrap_or(Mail::Unknown),
        invited_at: row.invited_at.unwrap_or(now),
    });
    let asked = |at| Claim::Asked {
        at,
        mails: row.mail != Some(Mail::None),
    };
    match (row.outcome?, found) {
        // The guest was not seen in the tenant when the file was written.
        (Outcome::Unknown, Some(found)) if found.mail != Mail::Unknown => {
            Some(Claim::Invited(found))
        }
        (Outcome::Unknown, _) => Some(asked(row.invited_at.unwrap_or(now))),
        (Outcome::Invited, Some(found)) => Some(Claim::Invited(found)),
        // A row that was not selected shows what the ledger knew of earlier runs.
        (Outcome::NotAttempted, None) => row.invited_at.map(asked),
        (Outcome::NotAttempted, Some(found)) if row.invited_at.is_some() => {
            Some(Claim::Invited(found))
        }
        (Outcome::Gone | Outcome::ExistsDeleted, _) => None,
        (_, found) => found
            .filter(|found| found.redeem_url.is_some())
            .map(Claim::Linked),
    }
}
