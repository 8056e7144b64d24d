//! A sheet, opened and understood; it holds no rows and can be read again and again.
//!
//! Must not keep a text file in memory; each reading starts at the beginning of the file.

use super::{
    Dialect, Field, Header, HeadersAgain, Row, Rows, Stretches, Use,
    address_column::{self, Choice, Chosen, Counts},
    bytes::Bytes,
    catalogue::{HIDDEN_COLUMN_USED, NO_ROWS, READ_FAILED},
    merged,
    open::{self, Body, Opened},
    refuse::{cannot_read, changed},
    survey::{Extent, Survey},
};
use crate::{
    exit::Exit,
    failure::Failure,
    files::{self, Scratch},
    fingerprint,
    one_word::OneWord,
    problem::Problem,
};
use clap::ValueEnum;
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

/// How a sheet is to be read, where that is not left to itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetOptions {
    pub map: Vec<(Field, String)>,
    /// Columns that are left unused.
    pub ignore: Vec<String>,
    pub encoding: Option<String>,
    pub delimiter: Option<u8>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    pub header_row: Option<u64>,
    pub hidden: Option<Hidden>,
}

/// What to do with rows that a filter hides in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hidden {
    Include,
    Skip,
}

impl OneWord for Hidden {}

/// The sheet cannot be used: all that is wrong with it as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub problems: Vec<Problem>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut problems = refused.problems.into_iter();
        let Some(first) = problems.next() else {
            return Failure::new(Exit::SheetRefused, "the sheet cannot be used");
        };
        // Most messages say where; what is wrong with the header needs no place.
        let place = match first.row {
            Some(row @ 2..) if !first.message.contains("row ") => format!("row {row}: "),
            _ => String::new(),
        };
        let failure = Failure::new(
            Exit::SheetRefused,
            format!("{place}{} [{}]", first.message, first.code),
        )
        .hint(first.fix);
        problems.fold(failure, |failure, problem| {
            failure.hint(format!("{}; {}", problem.message, problem.fix))
        })
    }
}

/// A handle; clones are the same sheet.
#[derive(Debug, Clone)]
pub struct Sheet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    /// How a person calls it.
    name: String,
    /// Standard input is kept in a private file for as long as the sheet is.
    spooled: Option<Scratch>,
    hash: OnceLock<u128>,
    options: SheetOptions,
    opened: Opened,
    passed_over: u64,
    /// Whether the cells have decided.
    settled: bool,
    /// Known when the rows were read to their end once.
    again: OnceLock<HeadersAgain>,
    /// The header as it was before the cells decided, and what the first rows decided; nothing where all rows did.
    decided_by_first: Option<(Header, Chosen)>,
}

impl Inner {
    /// What the cells say of the columns.
    fn settle(&mut self, survey: &Survey, choice: Choice) {
        let header = &mut self.opened.header;
        if !survey.whole
            && !address_column::is_named(header)
            && let Some(email) = choice.column()
        {
            let chosen = Chosen::new(email, survey);
            self.decided_by_first = Some((header.clone(), chosen));
        }
        header.mapping.retain(|(field, _)| *field != Field::Email);
        for used in &mut header.uses {
            if matches!(used, Use::Field(Field::Email, _)) {
                *used = Use::Other;
            }
        }
        if let Some((column, why)) = choice.email {
            header.uses[column] = Use::Field(Field::Email, why);
            header.mapping.insert(0, (Field::Email, column));
        }
        let expected = [Field::Cc, Field::Sponsors, Field::Manager];
        let expected = header
            .mapping
            .iter()
            .filter(|(field, _)| expected.contains(field));
        header.hardly_addresses = expected
            .map(|(_, column)| *column)
            .filter(|column| {
                let counts = &survey.columns[*column];
                counts.filled > 0 && counts.holds_hardly_any()
            })
            .collect();
        let hidden = self.opened.hidden_columns.iter();
        let used = hidden.filter_map(|column| match &header.uses[*column] {
            Use::Field(field, _) => Some((*column, *field)),
            _ => None,
        });
        let told = used.map(|(column, field)| {
            let message = format!(
                "{} is hidden in the workbook, and is used as {field}",
                header.label(column)
            );
            Problem::warning(HIDDEN_COLUMN_USED, message)
                .at(header.row, header.line)
                .column(header.name(column))
                .fix(format!(
                    "show the column and look at it; --ignore {} leaves it unused",
                    header.typed(column)
                ))
        });
        self.opened.hints.extend(told);
        let merged = merged::told(header, &self.opened.merged, survey);
        self.opened.hints.extend(merged);
        self.opened.refusals.extend(choice.refusals);
        self.opened.hints.extend(choice.hints);
        self.passed_over = survey.passed_over;
        self.settled = true;
    }
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
        let failed = |error: io::Error| {
            let message = format!("putting {name} into a temporary file failed: {error}");
            Refused::from(
                Problem::error(READ_FAILED, message)
                    .fix("make room on the disk of temporary files"),
            )
        };
        let spooled = Scratch::new().map_err(failed)?;
        let path = spooled.sheet();
        let mut file = files::create_own(&path).map_err(failed)?;
        io::copy(input, &mut file).map_err(failed)?;
        Self::open_as(&path, name.to_owned(), Some(spooled), options)
    }

    /// Opens a pipe in the same way; none where the path leads to something else.
    pub fn of_pipe(path: &Path, options: &SheetOptions) -> Option<Result<Self, Refused>> {
        let pipe = match files::open_pipe(path) {
            Ok(pipe) => pipe?,
            // Nobody wrote. Whatever else is wrong is told by opening it as a file.
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

    fn open_as(
        path: &Path,
        name: String,
        spooled: Option<Scratch>,
        options: &SheetOptions,
    ) -> Result<Self, Refused> {
        let opened = open::open(path, options)?;
        let mut sheet = Self(Arc::new(Inner {
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
        }));
        let header = sheet.header();
        let proposed = address_column::only_proposed(header);
        let mut survey = Survey::of(&sheet, header, proposed, Extent::First)?;
        if survey.rows + survey.outside == 0 && !survey.stopped {
            return Err(sheet.no_rows().into());
        }
        let mut choice = address_column::choose(header, &survey);
        // What the first rows leave in doubt, all of them decide.
        let is_clear = choice.as_ref().is_ok_and(|choice| choice.email.is_some());
        if !is_clear && !survey.whole && !survey.stopped {
            survey = Survey::of(&sheet, header, proposed, Extent::All)?;
            choice = address_column::choose(header, &survey);
        }
        let choice = choice.map_err(|problem| *problem)?;
        if let Some(inner) = Arc::get_mut(&mut sheet.0) {
            inner.settle(&survey, choice);
        }
        Ok(sheet)
    }

    /// Why nobody can be invited, where the rows that were not looked at when the sheet was opened say something else of
    /// its columns than the first ones. The columns are counted again only where `counts` gives a reason to.
    pub(crate) fn doubts_of_all_rows(&self, counts: Counts<'_>) -> Vec<Problem> {
        let Some((before, chosen)) = &self.0.decided_by_first else {
            return Vec::new();
        };
        if !counts.may_decide_otherwise(chosen) {
            return Vec::new();
        }
        let proposed = address_column::only_proposed(before);
        // A sheet that cannot be read to its end is told where its rows are read.
        let Ok(survey) = Survey::of(self, before, proposed, Extent::All) else {
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

    /// Addresses in rows that are nobody's: titles above the header, the header itself, the template's example.
    pub fn passed_over(&self) -> u64 {
        self.0.passed_over
    }

    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// How it was to be read.
    pub fn options(&self) -> &SheetOptions {
        &self.0.options
    }

    /// Where it lies, whatever was typed; none for what cannot be read again.
    pub fn place(&self) -> Option<PathBuf> {
        match self.0.spooled {
            Some(_) => None,
            None => self.0.path.canonicalize().ok(),
        }
    }

    /// How a person calls it: the path, or the name that was given for what was spooled.
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

    /// What is worth a look about the sheet as a whole; never an error.
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
            Body::Text(charset) => Rows::of_text(self.clone(), *charset, bytes),
            Body::Workbook { rows, .. } => Rows::of_workbook(self.clone(), rows.clone()),
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

    /// Compares a complete reading with the one before; the first one is remembered.
    pub(super) fn same_as_before(&self, hash: u128) -> Result<(), Box<Problem>> {
        if *self.0.hash.get_or_init(|| hash) == hash {
            Ok(())
        } else {
            Err(Box::new(changed()))
        }
    }

    /// Where the header comes again, as far as the rows were read to their end.
    pub(crate) fn headers_again(&self) -> Option<&HeadersAgain> {
        let again = self.0.again.get()?;
        (again.rows.rows() > 0).then_some(again)
    }

    pub(super) fn was_read_to_its_end(&self, again: &HeadersAgain) {
        // While a sheet is opened, its address column is not settled, and with it what a header is.
        if self.0.settled {
            self.0.again.get_or_init(|| again.clone());
        }
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
