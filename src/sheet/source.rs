//! A sheet that was opened and understood, and whose rows can be read several times.
//!
//! Must not keep a text file in memory: each reading starts at the beginning of the file. A workbook is kept.

use super::{
    Dialect, Header, HeadersAgain, Refused, Row, Rows, SheetOptions, Stretches,
    address_column::{self, Counts},
    bytes::Bytes,
    catalogue::{NO_ROWS, READ_FAILED},
    open,
    opened::{Body, Opened, Purpose},
    sheet_errors::{cannot_read, changed},
    state::State,
    survey::{Extent, Survey},
};
use crate::{
    files::{self, Scratch},
    fingerprint,
    problem::Problem,
};
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// A handle; clones are the same sheet.
#[derive(Debug, Clone)]
pub struct Sheet(Arc<State>);

/// Puts what can be read only once into a private temporary file.
fn spool(input: &mut dyn Read, name: &str) -> Result<Scratch, Refused> {
    let failed = |error: io::Error| {
        let message = format!("putting {name} into a temporary file failed: {error}");
        Refused::from(
            Problem::error(READ_FAILED, message).fix("make room on the disk of temporary files"),
        )
    };
    let spooled = Scratch::new().map_err(failed)?;
    let mut file = files::create_own(&spooled.sheet()).map_err(failed)?;
    io::copy(input, &mut file).map_err(failed)?;
    Ok(spooled)
}

impl Sheet {
    /// Opens a sheet from which people can be invited.
    pub fn open(path: &Path, options: &SheetOptions) -> Result<Self, Refused> {
        Self::open_to_check(path, options)?.or_refused()
    }

    /// Opens a sheet whose rows can be read, though there may be `refusals`: then nobody on it can be invited yet.
    pub fn open_to_check(path: &Path, options: &SheetOptions) -> Result<Self, Refused> {
        Self::open_as(path, path.display().to_string(), None, options)
    }

    /// Opens what can be read only once, such as standard input: it is put into a private temporary file first.
    pub fn spool(
        input: &mut dyn Read,
        name: &str,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        Self::spool_to_check(input, name, options)?.or_refused()
    }

    /// The same for a sheet that is only checked.
    pub fn spool_to_check(
        input: &mut dyn Read,
        name: &str,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let spooled = spool(input, name)?;
        Self::open_as(&spooled.sheet(), name.to_owned(), Some(spooled), options)
    }

    /// Opens a pipe in the same way; none where the path leads to something else.
    pub fn of_pipe(path: &Path, options: &SheetOptions) -> Option<Result<Self, Refused>> {
        let pipe = match files::open_pipe(path) {
            Ok(pipe) => pipe?,
            // No program wrote into the pipe. Any other problem is reported when the path is opened as a file.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                let message = format!("{} cannot be read: {error}", path.display());
                let told = Problem::error(READ_FAILED, message)
                    .fix("start the program that writes into it, or name a file");
                return Some(Err(told.into()));
            }
            Err(_) => return None,
        };
        let mut pipe = pipe;
        Some(Self::spool_to_check(
            &mut pipe,
            &path.display().to_string(),
            options,
        ))
    }

    /// Opens a table that is no sheet of people to invite: its columns are taken as they stand. Hidden rows have to be
    /// decided about as on any sheet.
    pub(crate) fn open_table(path: &Path, options: &SheetOptions) -> Result<Self, Refused> {
        let opened = open::open(path, options, Purpose::Table)?;
        let name = path.display().to_string();
        Self::unsettled(path, name, None, options, opened).or_refused()
    }

    /// The same out of what can be read only once, such as standard input.
    pub(crate) fn spool_table(
        input: &mut dyn Read,
        name: &str,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let spooled = spool(input, name)?;
        let path = spooled.sheet();
        let opened = open::open(&path, options, Purpose::Table)?;
        Self::unsettled(&path, name.to_owned(), Some(spooled), options, opened).or_refused()
    }

    /// Opens a file of our own to read it back. Its columns are taken as they stand, hidden rows count, and no person
    /// has to decide anything.
    pub(crate) fn open_own(path: &Path) -> Result<Self, Refused> {
        let options = SheetOptions::default();
        let opened = open::open(path, &options, Purpose::ReadBack)?;
        let name = path.display().to_string();
        Ok(Self::unsettled(path, name, None, &options, opened))
    }

    fn unsettled(
        path: &Path,
        name: String,
        spooled: Option<Scratch>,
        options: &SheetOptions,
        opened: Opened,
    ) -> Self {
        Self(Arc::new(State {
            path: path.to_owned(),
            name,
            spooled,
            hash: OnceLock::new(),
            options: options.clone(),
            opened,
            passed_over: 0,
            settled: false,
            again: OnceLock::new(),
            decided_by_first: None,
        }))
    }

    fn open_as(
        path: &Path,
        name: String,
        spooled: Option<Scratch>,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let opened = open::open(path, options, Purpose::Invite)?;
        let mut sheet = Self::unsettled(path, name, spooled, options, opened);
        let header = sheet.header();
        let proposed = address_column::only_proposed(header);
        let mut survey = sheet.survey(header, proposed, Extent::First)?;
        if survey.rows + survey.outside == 0 && !survey.stopped {
            return Err(sheet.no_rows().into());
        }
        let mut choice = address_column::choose(header, &survey);
        // If the first rows leave doubt, all rows are surveyed.
        let is_clear = choice.as_ref().is_ok_and(|choice| choice.email.is_some());
        if !is_clear && !survey.whole && !survey.stopped {
            survey = sheet.survey(header, proposed, Extent::All)?;
            choice = address_column::choose(header, &survey);
        }
        let choice = choice.map_err(|problem| *problem)?;
        if let Some(inner) = Arc::get_mut(&mut sheet.0) {
            inner.settle(&survey, choice);
        }
        Ok(sheet)
    }

    fn survey(
        &self,
        header: &Header,
        proposed: Option<usize>,
        extent: Extent,
    ) -> Result<Survey, Refused> {
        let mut rows = self.rows()?;
        let mut survey = Survey::of(header, proposed, extent, |row| rows.read(row));
        survey.passed_over = rows.passed_over();
        Ok(survey)
    }

    /// Why nobody can be invited: the columns hold something else further down than in the first rows, which were surveyed
    /// when the sheet was opened. All rows are surveyed only if `counts` gives a reason.
    pub(crate) fn doubts_of_all_rows(&self, counts: Counts<'_>) -> Vec<Problem> {
        let Some((before, chosen)) = &self.0.decided_by_first else {
            return Vec::new();
        };
        if !counts.may_decide_otherwise(chosen) {
            return Vec::new();
        }
        let proposed = address_column::only_proposed(before);
        // A sheet that cannot be read to its end is reported where its rows are read.
        let Ok(survey) = self.survey(before, proposed, Extent::All) else {
            return Vec::new();
        };
        if survey.stopped {
            return Vec::new();
        }
        match address_column::choose(before, &survey) {
            Err(problem) => vec![*problem],
            Ok(choice) if !choice.refusals.is_empty() => choice.refusals,
            Ok(choice) if choice.column() == Some(chosen.email) => Vec::new(),
            Ok(_) => vec![address_column::changes(before, &survey, chosen.email)],
        }
    }

    /// Why nobody on this sheet can be invited until a person has decided something.
    pub fn refusals(&self) -> &[Problem] {
        &self.0.opened.refusals
    }

    /// The sheet, where nobody has to decide anything first.
    pub fn or_refused(self) -> Result<Self, Refused> {
        match self.refusals() {
            [] => Ok(self),
            problems => Err(Refused {
                problems: problems.to_vec(),
            }),
        }
    }

    /// Addresses in rows that are not people: titles above the header, the header itself, the template's example.
    pub fn passed_over(&self) -> u64 {
        self.0.passed_over
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The options with which it was opened.
    pub fn options(&self) -> &SheetOptions {
        &self.0.options
    }

    /// Its canonical path; none for standard input and pipes.
    pub fn place(&self) -> Option<PathBuf> {
        match self.0.spooled {
            Some(_) => None,
            None => self.0.path.canonicalize().ok(),
        }
    }

    /// Its name in messages: the path as typed, or `standard input`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name of the encoding, such as `UTF-8`; `XLSX` or `ODS` for a workbook.
    pub fn encoding(&self) -> &'static str {
        match &self.0.opened.body {
            Body::Text(charset) => charset.encoding.name(),
            Body::Workbook { kind, .. } => kind,
        }
    }

    /// The name of the workbook's sheet that is read; none for a text file.
    pub fn tab(&self) -> Option<&str> {
        match &self.0.opened.body {
            Body::Text(_) => None,
            Body::Workbook { tab, .. } => Some(tab),
        }
    }

    /// The rows that a workbook hides; whether they are among `rows` was said when it was opened.
    pub(crate) fn hidden_rows(&self) -> &Stretches {
        &self.0.opened.hidden
    }

    pub fn dialect(&self) -> &Dialect {
        &self.0.opened.dialect
    }

    pub fn header(&self) -> &Header {
        &self.0.opened.header
    }

    /// Addresses that are not read at all: on other sheets of the workbook, and in hidden rows that are left out.
    pub fn left_out(&self) -> u64 {
        self.0.opened.left_out
    }

    /// Hints and warnings about the sheet as a whole; never errors.
    pub fn hints(&self) -> &[Problem] {
        &self.0.opened.hints
    }

    /// The rows from the first to the last; those of a text file are read as they are asked for.
    pub fn rows(&self) -> Result<Rows, Refused> {
        let (bytes, stamp) =
            Bytes::open(&self.0.path).map_err(|error| cannot_read(&self.0.path, &error))?;
        if stamp != self.0.opened.stamp {
            return Err(changed().into());
        }
        Ok(match &self.0.opened.body {
            Body::Text(charset) => Rows::of_text(self.0.clone(), *charset, bytes),
            Body::Workbook { rows, .. } => Rows::of_workbook(self.0.clone(), rows.clone()),
        })
    }

    /// A hash of a record as it stands, under the headings as they stand; the same in every run.
    pub fn record_hash(&self, row: &Row) -> String {
        let names = self.header().names.iter().map(String::as_str);
        let cells = (0..row.found()).map(|column| row.cell(column));
        fingerprint::lasting(names.chain(cells))
    }

    pub(super) fn body(&self) -> &Body {
        &self.0.opened.body
    }

    pub(super) fn state(&self) -> &State {
        &self.0
    }

    /// Where the header comes again, as far as the rows were read to their end.
    pub(crate) fn headers_again(&self) -> Option<&HeadersAgain> {
        let again = self.0.again.get()?;
        (again.rows.rows() > 0).then_some(again)
    }

    fn no_rows(&self) -> Problem {
        let row = self.header().row;
        Problem::error(
            NO_ROWS,
            format!("the sheet has a header in row {row} and no rows below it"),
        )
        .fix("add one row for each person below the header")
    }
}
