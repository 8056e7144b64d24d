//! Every row that is to be mailed has its words: found out before anything is sent.

use super::OwnMail;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::Reader,
    message::NotRendered,
    outcome::Mail,
    sheet::{Field, Refused, Row, Sheet},
    ui::text,
};

/// Rows that are shown.
const SHOWN: usize = 10;

/// Makes the words of every row that is selected; a refusal names those that have none.
pub(in crate::commands) fn every_row(
    sheet: &Sheet,
    rules: &Rules,
    is_mailed: impl Fn(&Guest) -> bool,
    mut make: impl FnMut(&Row, &Guest) -> std::result::Result<(), NotRendered>,
) -> Result<()> {
    let mut understanding = Understanding::new(sheet, rules);
    let mut wrong = Wrong::default();
    for row in sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
            continue;
        };
        if !is_mailed(&guest) {
            continue;
        }
        if let Err(why) = make(&row, &guest) {
            wrong.add(&guest, why);
        }
    }
    wrong.or_none()
}

/// Rows that have no words.
#[derive(Debug, Default)]
pub(in crate::commands) struct Wrong {
    rows: u64,
    told: Vec<String>,
    fix: Option<String>,
}

impl Wrong {
    pub(in crate::commands) fn add(&mut self, guest: &Guest, why: NotRendered) {
        self.rows += 1;
        if self.told.len() < SHOWN {
            let name = guest.display_name.as_deref();
            let name = text::printable_line(name.unwrap_or(guest.email.as_str()));
            self.told.push(format!("row {} ({name}): {why}", guest.row));
            self.fix.get_or_insert(why.fix);
        }
    }

    /// A refusal that names them, if there are any.
    pub(in crate::commands) fn or_none(self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let rows = text::plural_of(self.rows, "row has", "rows have");
        let mut failure = Failure::new(
            Exit::SheetRefused,
            format!("{rows} no mail, because the template cannot be filled; nothing was sent"),
        );
        let more = self.rows.saturating_sub(self.told.len() as u64);
        failure.hints = self.told;
        if more > 0 {
            failure = failure.hint(format!("and {}", text::plural(more, "more row")));
        }
        Err(match self.fix {
            Some(fix) => failure.hint(fix),
            None => failure,
        })
    }
}

/// What a person should know of the words before the first mail leaves: messages of the sheet that no mail carries.
pub(in crate::commands) fn word_warnings(
    own: &OwnMail,
    sheet: &Sheet,
    rules: &Rules,
    reader: &Reader,
    is_mailed: impl Fn(&Guest) -> bool,
) -> Result<Vec<String>> {
    let mut without_message = 0;
    let mut understanding = Understanding::new(sheet, rules);
    for row in sheet.rows()? {
        let row = row.map_err(Refused::from)?;
        let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
            continue;
        };
        if !is_mailed(&guest) {
            continue;
        }
        let language = guest.language.as_deref();
        let person = reader.person(guest.email.key())?;
        let mail = person.as_ref().and_then(|person| person.mail);
        if matches!(mail, Some(Mail::HandedOver | Mail::Requested)) {
            continue;
        }
        if guest.message.is_some() && !own.words.templates.names("message", language) {
            without_message += 1;
        }
    }
    let mut warnings = Vec::new();
    if without_message > 0 {
        let column = sheet.header().column_of(Field::Message);
        let column = column.map_or_else(
            || "the message of the settings".to_owned(),
            |column| format!("the column {}", sheet.header().name(column)),
        );
        warnings.push(format!(
            "{column} is in no mail of {}, because the template does not name it: {{{{ message }}}} would",
            text::plural(without_message, "row")
        ));
    }
    Ok(warnings)
}
