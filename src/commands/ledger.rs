//! `guestlist ledger new|backup|import`: the ledger as a file.

use crate::{
    cli,
    clock::Clock,
    engine::outcome::{Mail, Outcome},
    exit::Exit,
    failure::{Failure, Result},
    files,
    guest::EmailAddress,
    ledger::{Found, Ledger, LedgerError, NewLedger},
    redeem_link::is_redeem_link,
    settings::Settings,
    sheet::formula,
    ui,
};
use jiff::Timestamp;
use std::{borrow::Cow, path::Path};

pub fn run(settings: &Settings, typed: &cli::Ledger, clock: &Clock) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    match typed {
        cli::Ledger::New { .. } => {
            if files::at(path).is_ok_and(|entry| entry.is_some()) {
                return Err(LedgerError::Present {
                    path: path.display().to_string(),
                }
                .into());
            }
            Ledger::open(path, NewLedger::Allowed)?;
            ui::tell(format!(
                "made {}; the first run binds it to its tenant",
                path.display()
            ));
        }
        cli::Ledger::Backup { file, .. } => {
            Ledger::open(path, NewLedger::Refused)?.backup(file)?;
            ui::tell(format!("copied {} to {}", path.display(), file.display()));
        }
        cli::Ledger::Import { results, .. } => import(path, results, clock)?,
    }
    Ok(Exit::Done)
}

/// Rebuilds a lost ledger from results files: people with outcome `invited`, their ids and links.
fn import(path: &Path, files: &[std::path::PathBuf], clock: &Clock) -> Result<()> {
    let ledger = Ledger::open(path, NewLedger::Allowed)?;
    let _held = ledger.lock()?;
    let writer = ledger.writer()?;
    for file in files {
        writer.begin()?;
        match import_file(&writer, file, clock) {
            Ok((new, known)) => {
                writer.commit()?;
                ui::tell(format!(
                    "{}: {} taken into the ledger, {} known already",
                    file.display(),
                    ui::text::plural_of(new, "person", "people"),
                    ui::text::number(known)
                ));
            }
            Err(failure) => {
                writer.rollback();
                return Err(failure);
            }
        }
    }
    Ok(writer.checkpoint()?)
}

fn import_file(writer: &crate::ledger::Writer, file: &Path, clock: &Clock) -> Result<(u64, u64)> {
    let refused = |why: String| {
        Failure::new(Exit::SheetRefused, format!("{}: {why}", file.display()))
            .hint("give results files as guestlist wrote them; nothing of this file was taken")
    };
    let mut reader = open(file).map_err(&refused)?;
    let header = reader
        .headers()
        .map_err(|error| refused(error.to_string()))?
        .clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|column| column.trim_start_matches('\u{feff}') == name)
    };
    let needed = |name: &str| {
        column(name)
            .ok_or_else(|| refused(format!("this is no results file: it has no column {name}")))
    };
    let (outcome, email, user_id, link) = (
        needed("outcome")?,
        needed("email")?,
        needed("user_id")?,
        needed("redeem_url")?,
    );
    let (mail, redemption, at) = (column("mail"), column("redemption"), column("invited_at"));
    let (mut new, mut known) = (0, 0);
    for record in reader.records() {
        let record = record.map_err(|error| refused(error.to_string()))?;
        let cell = |index: usize| formula::undo(record.get(index).unwrap_or_default());
        let optional = |index: Option<usize>| index.map(cell).filter(|text| !text.is_empty());
        if Outcome::from_word(&cell(outcome)) != Some(Outcome::Invited) || cell(user_id).is_empty()
        {
            continue;
        }
        let Ok(address) = EmailAddress::parse(&cell(email)) else {
            return Err(refused(format!(
                "line {}: not an address",
                record.position().map_or(0, csv::Position::line)
            )));
        };
        let found = Found {
            user_id: cell(user_id).into_owned(),
            redeem_url: Some(cell(link))
                .filter(|link| is_redeem_link(link))
                .map(|link| link.into_owned().into()),
            redemption: optional(redemption).map(Cow::into_owned),
            mail: optional(mail)
                .and_then(|mail| Mail::from_word(&mail))
                .unwrap_or(Mail::Unknown),
            invited_at: optional(at)
                .and_then(|at| at.parse::<Timestamp>().ok())
                .unwrap_or_else(|| clock.now()),
        };
        if writer.import(address.key(), address.as_str(), &found, clock.now())? {
            new += 1;
        } else {
            known += 1;
        }
    }
    Ok((new, known))
}

/// Results are written in the sheet's dialect: the delimiter is whatever follows our first column name.
fn open(
    file: &Path,
) -> std::result::Result<csv::Reader<std::io::BufReader<std::fs::File>>, String> {
    use std::io::{BufRead, BufReader, Seek};
    let mut source =
        BufReader::new(crate::files::open_given(file).map_err(|error| error.to_string())?);
    let mut start = 0;
    let mut line = String::new();
    for _ in 0..2 {
        line.clear();
        let read = std::io::Read::take(&mut source, 64 * 1024)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        if !line.trim_start_matches('\u{feff}').starts_with("sep=") {
            break;
        }
        start += read as u64;
    }
    let first = line.trim_start_matches('\u{feff}').trim_start_matches('"');
    let delimiter = first
        .strip_prefix("row")
        .map(|rest| rest.trim_start_matches('"'))
        .and_then(|rest| rest.bytes().next())
        .ok_or_else(|| "this is no results file: its first column is not `row`".to_owned())?;
    source
        .seek(std::io::SeekFrom::Start(start))
        .map_err(|error| error.to_string())?;
    Ok(csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(source))
}
