//! The sheet of guests who are to redeem again: who they are, and the address that they are to sign in with.
//!
//! Must not know the tenant. Such a sheet is taken as a whole or not at all: each of its rows is about somebody who works
//! with the tenant today.

use super::{
    EmailAddress,
    diagnose::Wrong,
    email,
    fields::{language, redirect_url, yes_or_no},
};
use crate::{
    problem::{Problem, codes},
    sheet::{Field, Flaw, Header, Refused, Row, Sheet, field_named, plain_name},
};
use std::collections::HashMap;

codes! {
    RESET_COLUMNS = "GL250" {
        title: "a sheet of resets needs two columns",
        meaning: "A reset needs to know who the guest is, in a column email or user_id, and the address that the guest is to sign in with, in a column new_email.",
        fix: "Name the columns email (or user_id) and new_email. Columns redirect_url, message, language and send are taken as well.",
        who: "whoever made the sheet"
    }
    RESET_NOBODY = "GL251" {
        title: "the row does not say which guest is meant",
        meaning: "The row has neither an address nor an object id of a guest.",
        fix: "Write the address that the guest has in the tenant now, or the object id of the user.",
        who: "whoever made the sheet"
    }
    RESET_NO_ADDRESS = "GL252" {
        title: "the row has no new address",
        meaning: "The cell of the address that the guest is to sign in with is empty.",
        fix: "Write the new address; where it stays the same, write the same address again.",
        who: "whoever made the sheet"
    }
    RESET_TWICE = "GL253" {
        title: "a guest or a new address stands on the sheet twice",
        meaning: "Two rows are about the same guest, or give the same new address to two guests. Which of them is meant is not guessed.",
        fix: "Leave one of the rows.",
        who: "whoever made the sheet"
    }
    RESET_BAD_ID = "GL254" {
        title: "this is no object id",
        meaning: "An object id of Entra has the form 00000000-0000-0000-0000-000000000000.",
        fix: "Copy the object id of the user from the Entra admin center, or write the address instead.",
        who: "whoever made the sheet"
    }
    RESET_BROKEN_ROW = "GL255" {
        title: "the cells of the row do not fit the header",
        meaning: "The row has more cells than the header, or a quotation mark runs through it, so that a cell may stand under the wrong heading.",
        fix: "Correct the row in the sheet.",
        who: "whoever made the sheet"
    }
    RESET_TAKEN = "GL256" {
        title: "the new address belongs to somebody else",
        meaning: "Another user of the tenant has the new address. A guest cannot sign in with the address of another account.",
        fix: "Correct the address; if both accounts are the same person, one of them has to go first.",
        who: "whoever made the sheet, or a User Administrator of the tenant"
    }
    RESET_OWN_DOMAIN = "GL257" {
        title: "the new address is in one of the tenant's own domains",
        meaning: "People of the tenant's verified domains are internal users, and no guest can sign in with such an address.",
        fix: "Write the address of the guest's own organization.",
        who: "whoever made the sheet"
    }
    RESET_UNKNOWN = "GL258" {
        title: "nobody in the tenant has this address or id",
        meaning: "Only a guest who is in the directory can redeem again.",
        fix: "Correct the address; somebody who was never invited, or was deleted, is invited with `guestlist invite`.",
        who: "whoever made the sheet"
    }
    RESET_SWAPPED = "GL259" {
        title: "the old and the new addresses look swapped",
        meaning: "The new addresses belong to guests of the tenant, and the old ones to nobody.",
        fix: "Exchange the headings of the two columns, if that is what happened.",
        who: "whoever made the sheet"
    }
    RESET_TWO_PEOPLE = "GL260" {
        title: "the address and the id are two people",
        meaning: "The row names a guest by address and by object id, and they lead to different users.",
        fix: "Leave one of the two, or correct it.",
        who: "whoever made the sheet"
    }
    RESET_FORGOTTEN = "GL261" {
        title: "the person was forgotten on request",
        meaning: "`guestlist ledger forget` was asked to forget this person, and nothing is sent to them any more.",
        fix: "Take the row off the sheet; if the person wants to come back, `guestlist invite SHEET --again --only ADDRESS` asks them.",
        who: "whoever made the sheet"
    }
    RESET_AMBIGUOUS = "GL262" {
        title: "several users of the tenant have the old address",
        meaning: "Another user has the address among its other addresses, so it does not say who is meant.",
        fix: "Name the guest by object id, in a column `user_id`.",
        who: "whoever made the sheet"
    }
}

/// Who is meant: the object id counts where both are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResetRow {
    pub row: u64,
    pub line: u64,
    pub email: Option<EmailAddress>,
    pub user_id: Option<String>,
    pub new_email: EmailAddress,
    pub redirect_url: Option<String>,
    pub message: Option<String>,
    pub language: Option<String>,
    pub send: Option<bool>,
}

impl ResetRow {
    /// As the sheet names the guest.
    pub(crate) fn who(&self) -> &str {
        let id = self.user_id.as_deref();
        self.email
            .as_ref()
            .map_or(id.unwrap_or_default(), EmailAddress::as_str)
    }

    pub(crate) fn problem(&self, problem: Problem) -> Problem {
        problem.at(self.row, self.line)
    }
}

const NEW_EMAIL: [&str; 18] = [
    "newemail",
    "newmail",
    "newaddress",
    "newemailaddress",
    "newmailaddress",
    "newsigninaddress",
    "neueemail",
    "neuemail",
    "neueadresse",
    "neueemailadresse",
    "neuemailadresse",
    "nouvelemail",
    "nouvelleadresse",
    "nouvelleadresseemail",
    "nuevocorreo",
    "nuevocorreoelectronico",
    "nieuweemail",
    "nuovaemail",
];
const OLD_EMAIL: [&str; 12] = [
    "oldemail",
    "oldmail",
    "oldaddress",
    "oldemailaddress",
    "currentemail",
    "currentaddress",
    "alteemail",
    "altemail",
    "alteadresse",
    "alteemailadresse",
    "ancienemail",
    "oudeemail",
];
const USER_ID: [&str; 6] = ["userid", "objectid", "id", "entraid", "guestid", "useroid"];

/// Whether these names are those of a sheet of resets.
pub(crate) fn is_reset_header(names: &[String]) -> bool {
    let is_new = |name: &String| NEW_EMAIL.contains(&plain_name(name).as_str());
    names.iter().any(is_new)
}

#[derive(Debug, Default)]
struct Columns {
    email: Option<usize>,
    user_id: Option<usize>,
    new_email: Option<usize>,
    redirect_url: Option<usize>,
    message: Option<usize>,
    language: Option<usize>,
    send: Option<usize>,
}

impl Columns {
    fn of(header: &Header, map: &[(Field, String)]) -> Result<Self, Refused> {
        let mut columns = Self::default();
        for (at, name) in header.names.iter().enumerate() {
            let plain = plain_name(name);
            let plain = plain.as_str();
            let mapped = map.iter().find(|(_, column)| plain_name(column) == plain);
            let place = if NEW_EMAIL.contains(&plain) {
                &mut columns.new_email
            } else if USER_ID.contains(&plain) {
                &mut columns.user_id
            } else if OLD_EMAIL.contains(&plain) {
                &mut columns.email
            } else {
                match mapped
                    .map(|(field, _)| *field)
                    .or_else(|| field_named(name))
                {
                    Some(Field::Email) => &mut columns.email,
                    Some(Field::RedirectUrl) => &mut columns.redirect_url,
                    Some(Field::Message) => &mut columns.message,
                    Some(Field::Language) => &mut columns.language,
                    Some(Field::Send) => &mut columns.send,
                    _ => continue,
                }
            };
            if let Some(first) = place.replace(at) {
                let message = format!(
                    "the columns `{}` and `{}` could be the same thing",
                    header.name(first),
                    header.name(at)
                );
                return Err(Problem::error(RESET_COLUMNS, message)
                    .fix("rename or delete one of them")
                    .into());
            }
        }
        let missing = match (columns.email.or(columns.user_id), columns.new_email) {
            (Some(_), Some(_)) => return Ok(columns),
            (Some(_), None) => "no column new_email, the address that the guest is to sign in with",
            (None, Some(_)) => "no column email or user_id that says which guest is meant",
            (None, None) => "neither a column email or user_id nor a column new_email",
        };
        let names: Vec<String> = header
            .names
            .iter()
            .map(|name| format!("`{}`", crate::problem::shorten(name.trim(), 40)))
            .collect();
        Err(Problem::error(
            RESET_COLUMNS,
            format!(
                "the sheet has {missing}; its header is {}",
                names.join(", ")
            ),
        )
        .fix("name the columns email (or user_id) and new_email")
        .into())
    }
}

/// Reads all rows, or tells everything that is wrong with them.
pub(crate) fn read_resets(
    sheet: &Sheet,
    map: &[(Field, String)],
) -> Result<Vec<ResetRow>, Refused> {
    let columns = Columns::of(sheet.header(), map)?;
    let mut problems = Vec::new();
    let mut rows = Vec::new();
    let mut first_rows: HashMap<String, u64> = HashMap::new();
    for row in sheet.rows()? {
        let row = row?;
        let before = problems.len();
        let read = columns.read(&row, sheet.header(), &mut problems);
        let Some(read) = read.filter(|_| problems.len() == before) else {
            continue;
        };
        problems.extend(twice(&read, &mut first_rows));
        rows.push(read);
    }
    if problems.is_empty() {
        Ok(rows)
    } else {
        Err(Refused { problems })
    }
}

/// Whether an earlier row is about the same guest, or gives the same address.
fn twice(row: &ResetRow, first_rows: &mut HashMap<String, u64>) -> Option<Problem> {
    let email = row
        .email
        .as_ref()
        .map(|email| format!("of {}", email.key()));
    let id = row.user_id.as_ref().map(|id| format!("of {id}"));
    let new = Some(format!("to {}", row.new_email.key()));
    let mut earlier = None;
    for key in [email, id, new].into_iter().flatten() {
        if let Some(first) = first_rows.get(&key) {
            let what = if key.starts_with("to ") {
                "gives the same new address as"
            } else {
                "is about the same guest as"
            };
            earlier.get_or_insert((what, *first));
        } else {
            first_rows.insert(key, row.row);
        }
    }
    let (what, first) = earlier?;
    let message = format!("row {} {what} row {first}", row.row);
    Some(row.problem(Problem::error(RESET_TWICE, message).fix("leave one of the two rows")))
}

impl Columns {
    fn read(&self, row: &Row, header: &Header, problems: &mut Vec<Problem>) -> Option<ResetRow> {
        let at = |problem: Problem| problem.at(row.number, row.line);
        let broken = matches!(
            row.flaw,
            Some(Flaw::SwallowedRows | Flaw::TextBesideQuote | Flaw::BackslashQuote)
        );
        if broken || row.extra().next().is_some() {
            let message = format!("row {} has cells that do not fit the header", row.number);
            problems.push(at(Problem::error(RESET_BROKEN_ROW, message)
                .fix("look at its delimiters and quotation marks")));
            return None;
        }
        let cell = |column: Option<usize>| column.map_or("", |column| row.cell(column).trim());
        let mut wrong = |column: Option<usize>, wrong: Wrong| {
            let name = column.map(|column| header.name(column)).unwrap_or_default();
            let message = format!("row {}, column {name}: {}", row.number, wrong.message);
            problems.push(at(Problem::error(wrong.code, message)
                .column(name)
                .fix(wrong.fix)));
        };
        let email = match cell(self.email) {
            "" => None,
            text => match email::read(text) {
                Ok(address) => Some(address.to_owned()),
                Err(why) => {
                    wrong(self.email, why);
                    return None;
                }
            },
        };
        let user_id = match cell(self.user_id) {
            "" => None,
            text => {
                let id = uuid::Uuid::try_parse(text);
                if id.is_err() {
                    let fix = "copy the object id of the user from the Entra admin center";
                    let why = Wrong::new(RESET_BAD_ID, "this is no object id", fix);
                    wrong(self.user_id, why);
                    return None;
                }
                id.ok().map(|id| id.to_string())
            }
        };
        if email.is_none() && user_id.is_none() {
            let fix = "write the address that the guest has now, or the object id";
            let who = self.email.or(self.user_id);
            wrong(who, Wrong::new(RESET_NOBODY, "no guest is named", fix));
            return None;
        }
        let new_email = match cell(self.new_email) {
            "" => {
                let fix = "write the address that the guest is to sign in with";
                let why = Wrong::new(RESET_NO_ADDRESS, "the new address is missing", fix);
                wrong(self.new_email, why);
                return None;
            }
            text => match email::read(text) {
                Ok(address) => address.to_owned(),
                Err(why) => {
                    wrong(self.new_email, why);
                    return None;
                }
            },
        };
        let own = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let redirect_url = match cell(self.redirect_url) {
            "" => None,
            text => redirect_url(text)
                .map_err(|why| wrong(self.redirect_url, why))
                .ok()
                .map(str::to_owned),
        };
        let language = match cell(self.language) {
            "" => None,
            text => language(text)
                .map_err(|why| wrong(self.language, why))
                .ok()
                .map(std::borrow::Cow::into_owned),
        };
        let send = match cell(self.send) {
            "" => None,
            text => yes_or_no(text).map_err(|why| wrong(self.send, why)).ok(),
        };
        Some(ResetRow {
            row: row.number,
            line: row.line,
            email,
            user_id,
            new_email,
            redirect_url,
            message: own(cell(self.message)),
            language,
            send,
        })
    }
}
