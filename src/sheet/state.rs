//! What is known of an opened sheet: its handle and its readers share it.
//!
//! Must not read the sheet.

use super::{
    Field, Header, SheetOptions, Stretches, Use,
    address_column::{self, Choice, Chosen},
    catalogue::HIDDEN_COLUMN_USED,
    merged,
    opened::Opened,
    sheet_errors::changed,
    survey::Survey,
};
use crate::{files::Scratch, problem::Problem};
use std::{path::PathBuf, sync::OnceLock};

/// Where the header comes again.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeadersAgain {
    pub rows: Stretches,
    pub first_line: u64,
}

#[derive(Debug)]
pub(super) struct State {
    pub path: PathBuf,
    /// How a person calls it.
    pub name: String,
    /// Standard input is kept in a private file for as long as the sheet is.
    pub spooled: Option<Scratch>,
    pub hash: OnceLock<u128>,
    pub options: SheetOptions,
    pub opened: Opened,
    pub passed_over: u64,
    /// Whether the column of addresses was chosen.
    pub settled: bool,
    /// Repeated headers; known after the rows were read to their end once.
    pub again: OnceLock<HeadersAgain>,
    /// The header before the column of addresses was chosen, and the choice, if only the first rows were surveyed.
    pub decided_by_first: Option<(Header, Chosen)>,
}

impl State {
    /// Applies the choice of the column of addresses.
    pub(super) fn settle(&mut self, survey: &Survey, choice: Choice) {
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
        // A manager may be given by display name.
        let expected = [Field::Cc, Field::Sponsors];
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

    /// Compares a complete reading with the one before; the first one is remembered.
    pub(super) fn same_as_before(&self, hash: u128) -> Result<(), Box<Problem>> {
        if *self.hash.get_or_init(|| hash) == hash {
            Ok(())
        } else {
            Err(Box::new(changed()))
        }
    }

    pub(super) fn was_read_to_its_end(&self, again: &HeadersAgain) {
        // While a sheet is opened, its address column is not settled, and with it what a header is.
        if self.settled {
            self.again.get_or_init(|| again.clone());
        }
    }
}
