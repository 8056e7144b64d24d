//! Every row that is to be mailed has its words: found out before anything is sent.

use super::{Names, OwnMail};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    guest::{Guest, RowVerdict, Rules, Understanding},
    message::NotRendered,
    sheet::{Refused, Sheet},
    ui::text,
};

/// Rows that are shown.
const SHOWN: usize = 10;

/// A link in the form of the real ones, for words that are not sent.
const fn placeholder() -> &'static str {
    "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3ftenant%3dexample"
}

/// Renders the mail of every row that is selected, and sends none.
pub(in crate::commands) fn check_rows(
    own: &OwnMail,
    sheet: &Sheet,
    rules: &Rules,
    is_mailed: impl Fn(&Guest) -> bool,
) -> Result<()> {
    // They are not known before somebody has signed in.
    let names = Names {
        tenant: "tenant".to_owned(),
        inviter: "inviter".to_owned(),
    };
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
        if let Err(why) = own.render(sheet, &row, &guest, placeholder(), &names) {
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
