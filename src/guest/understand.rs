//! Row by row: a guest, a duplicate of an earlier one, or what is wrong.
//!
//! Must not stop at the first problem of a row, and must not remember more of a row than its hash.

use super::catalogue::{
    BAD_CC, CC_IS_GUEST, CONTROL_CHARACTER, DISPOSABLE_DOMAIN, DUPLICATE, EMPTY_EXTRA_CELLS,
    FIELD_TOO_LONG, HTML_MESSAGE, LANGUAGE_REPAIRED, LINE_BREAK, LONG_MESSAGE, LOOK_ALIKE,
    MESSAGE_NOT_SENT, MESSAGE_TOO_LONG, MORE_THAN_ONE_CC, NO_ADDRESS, NOT_USED, REPAIRED,
    ROLE_ADDRESS, SAME_PERSON, SPONSORS_REPAIRED, SWALLOWED_ROWS, TOO_MANY_CELLS, TWO_ADDRESSES,
    TYPO_DOMAIN, UNQUOTED_MESSAGE,
};
use super::diagnose::Wrong;
use super::email::{self, Address};
use super::seen::Seen;
use super::{
    Code, Guest, Problem, Profile, RowVerdict, Rules, SponsorRef, Understood, UserType, fields,
    hints,
};
use crate::sheet::{Field, Flaw, Header, Row};
use std::borrow::Cow;

/// Longer messages are told; much longer ones are not sent. Microsoft publishes no limit.
const LONG: usize = 500;
const TOO_LONG: usize = 2000;
/// (Graph: user resource type)
const MAX_DISPLAY_NAME: usize = 256;
const MAX_JOB_TITLE: usize = 128;
const MAX_PROFILE: usize = 64;

/// Understands the rows of one sheet, in order.
pub struct Understanding {
    names: Vec<String>,
    columns: [Option<usize>; Field::COUNT],
    rules: Rules,
    delimiter: char,
    header_cells: usize,
    addresses: Seen,
    mailboxes: Seen,
    /// Most sheets repeat one redirect address in every row.
    last_url: String,
    scratch: String,
}

/// What one row says, still borrowed from it.
#[derive(Default)]
struct Draft<'r> {
    email: Option<Address<'r>>,
    display_name: Option<Cow<'r, str>>,
    redirect_url: Option<&'r str>,
    send: Option<bool>,
    message: Option<Cow<'r, str>>,
    language: Option<Cow<'r, str>>,
    cc: Option<Address<'r>>,
    sponsors: Vec<SponsorRef>,
    profile: [Option<Cow<'r, str>>; 5],
    usage_location: Option<String>,
    user_type: Option<UserType>,
    manager: Option<SponsorRef>,
    groups: Vec<String>,
}

/// The parts of a profile that are plain texts, in the order of `Draft::profile`.
const PROFILE: [(Field, usize); 5] = [
    (Field::FirstName, MAX_PROFILE),
    (Field::LastName, MAX_PROFILE),
    (Field::Company, MAX_PROFILE),
    (Field::Department, MAX_PROFILE),
    (Field::JobTitle, MAX_JOB_TITLE),
];

/// What became of a row, for those who only count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspected {
    Guest,
    Duplicate,
    Invalid,
}

/// Where the problems of a row go, with what they all have in common.
struct Problems<'p> {
    row: &'p Row,
    names: &'p [String],
    list: &'p mut Vec<Problem>,
    failed: bool,
}

impl Problems<'_> {
    fn add(&mut self, problem: Problem) {
        self.failed |= problem.is_error();
        self.list.push(problem.at(self.row.number, self.row.line));
    }

    fn at(&mut self, column: usize, problem: Problem) {
        let text = self.row.cell(column);
        let name = match self.names.get(column).map(|name| name.trim()) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => crate::sheet::column_letter(column),
        };
        self.add(problem.column(name).text(text));
    }

    fn wrong(&mut self, column: usize, wrong: Wrong) {
        let mut problem = Problem::error(wrong.code, wrong.message).fix(wrong.fix);
        problem.suggestion = wrong.suggestion;
        self.at(column, problem);
    }

    /// The value, or the problem told.
    fn ok<T>(&mut self, column: usize, value: Result<T, Wrong>) -> Option<T> {
        value.map_err(|wrong| self.wrong(column, wrong)).ok()
    }
}

impl Understanding {
    pub fn new(header: &Header, rules: &Rules) -> Self {
        let mut columns = [None; Field::COUNT];
        for (field, column) in &header.mapping {
            columns[*field as usize] = Some(*column);
        }
        Self {
            names: header.names.clone(),
            columns,
            rules: rules.clone(),
            delimiter: char::from(header.delimiter),
            header_cells: header.cells,
            addresses: Seen::default(),
            mailboxes: Seen::default(),
            last_url: String::new(),
            scratch: String::new(),
        }
    }

    /// What is to be said once about the whole sheet: columns that give access or power and are not allowed.
    pub fn sheet_hints(&self) -> Vec<Problem> {
        let allow = self.rules.allow;
        [
            (Field::UserType, allow.member, "member"),
            (Field::Manager, allow.manager, "manager"),
            (Field::Groups, allow.groups, "groups"),
        ]
        .into_iter()
        .filter(|(_, allowed, _)| !allowed)
        .filter_map(|(field, _, word)| {
            let name = self.names[self.columns[field as usize]?].trim();
            let message = format!("column `{name}` gives access or power, and is not used");
            Some(
                Problem::hint(NOT_USED, message)
                    .column(name)
                    .fix(format!("if it is meant, add --allow {word}")),
            )
        })
        .collect()
    }

    pub fn understand(&mut self, row: &Row) -> Understood {
        let mut problems = Vec::new();
        let (draft, verdict) = self.judge(row, &mut problems);
        let email = draft.email.as_ref().map(Address::to_owned);
        let verdict = match (verdict, email) {
            (Judged::Guest, Some(email)) => RowVerdict::Guest(Box::new(Guest {
                row: row.number,
                line: row.line,
                email,
                display_name: draft.name(),
                redirect_url: draft.redirect_url.map(str::to_owned),
                send: draft.send,
                message: draft.message.as_deref().map(str::to_owned),
                language: draft.language.as_deref().map(str::to_owned),
                cc: draft.cc.as_ref().map(Address::to_owned),
                sponsors: draft.sponsors.clone(),
                profile: draft.profile(),
                user_type: draft.user_type,
                manager: draft.manager.clone(),
                groups: draft.groups.clone(),
            })),
            (Judged::Duplicate(of_row), Some(email)) => RowVerdict::Duplicate { of_row, email },
            _ => RowVerdict::Invalid,
        };
        let display_name = draft.name();
        Understood {
            row: row.number,
            line: row.line,
            email_text: self.columns[Field::Email as usize]
                .map_or("", |column| row.cell(column))
                .to_owned(),
            display_name,
            verdict,
            problems,
        }
    }

    /// Like `understand`, without making a guest: for a check of a million rows.
    pub fn inspect(&mut self, row: &Row, problems: &mut Vec<Problem>) -> Inspected {
        match self.judge(row, problems).1 {
            Judged::Guest => Inspected::Guest,
            Judged::Duplicate(_) => Inspected::Duplicate,
            Judged::Invalid => Inspected::Invalid,
        }
    }

    fn judge<'r>(&mut self, row: &'r Row, list: &mut Vec<Problem>) -> (Draft<'r>, Judged) {
        // Borrowed apart from the rest of `self` while problems are told.
        let names = std::mem::take(&mut self.names);
        let mut problems = Problems {
            row,
            names: &names,
            list,
            failed: false,
        };
        let draft = self.draft(row, &mut problems);
        let verdict = match &draft.email {
            Some(email) if !problems.failed => self.place(row, email, &mut problems),
            _ => Judged::Invalid,
        };
        self.names = names;
        (draft, verdict)
    }

    /// The cell of a field without the spaces around it, where there is something in it.
    fn cell<'r>(&self, row: &'r Row, field: Field) -> Option<(usize, &'r str)> {
        let column = self.columns[field as usize]?;
        let cell = row.cell(column).trim();
        (!cell.is_empty()).then_some((column, cell))
    }

    fn draft<'r>(&mut self, row: &'r Row, problems: &mut Problems<'_>) -> Draft<'r> {
        whole_row(row, problems);
        if row.found() > self.header_cells && row.extra().next().is_none() {
            let message = format!(
                "the row has {} cells and the header {}",
                row.found(),
                self.header_cells
            );
            let problem = Problem::hint(EMPTY_EXTRA_CELLS, message);
            problems.add(problem.fix("look whether its cells stand under the right headings"));
        }
        let mut draft = Draft {
            email: self.email(row, problems),
            display_name: self.line(row, Field::DisplayName, MAX_DISPLAY_NAME, problems),
            message: self.message(row, problems),
            ..Draft::default()
        };
        for ((field, longest), part) in PROFILE.into_iter().zip(&mut draft.profile) {
            *part = self.line(row, field, longest, problems);
        }
        if let Some((column, cell)) = self.cell(row, Field::RedirectUrl) {
            draft.redirect_url = self.redirect_url(column, cell, problems);
        }
        if let Some((column, cell)) = self.cell(row, Field::Send) {
            draft.send = problems.ok(column, fields::yes_or_no(cell));
        }
        if let Some((column, cell)) = self.cell(row, Field::Language) {
            draft.language = problems.ok(column, fields::language(cell));
            if let Some(code) = draft
                .language
                .as_deref()
                .filter(|code| cell.contains('_') && *code != cell)
            {
                let problem = Problem::warning(LANGUAGE_REPAIRED, format!("read as {code}"))
                    .fix("write a hyphen")
                    .suggest(code);
                problems.at(column, problem);
            }
        }
        if let Some((column, cell)) = self.cell(row, Field::Cc) {
            draft.cc = cc(column, cell, draft.email.as_ref(), problems);
        }
        if let Some((column, cell)) = self.cell(row, Field::Sponsors)
            && let Some((sponsors, repaired)) = problems.ok(column, fields::sponsors(cell))
        {
            if repaired {
                let spelled: Vec<&str> = cell
                    .split([';', ',', '\n', '\r'])
                    .map(str::trim)
                    .filter(|entry| !entry.is_empty())
                    .collect();
                let problem = Problem::warning(
                    SPONSORS_REPAIRED,
                    format!("read as {} sponsors", sponsors.len()),
                )
                .fix("separate sponsors with semicolons")
                .suggest(spelled.join("; "));
                problems.at(column, problem);
            }
            draft.sponsors = sponsors;
        }
        if let Some((column, cell)) = self.cell(row, Field::UsageLocation) {
            draft.usage_location = problems.ok(column, fields::usage_location(cell));
        }
        self.access(row, &mut draft, problems);
        if draft.send == Some(false)
            && let Some((column, _)) = self
                .cell(row, Field::Message)
                .or_else(|| self.cell(row, Field::Cc))
        {
            let problem = Problem::hint(
                MESSAGE_NOT_SENT,
                "nobody will read this, because send says that no mail goes out",
            );
            problems.at(column, problem.fix("set send to true, or delete the text"));
        }
        draft
    }

    /// The columns that give access or power, each only where it is allowed.
    fn access(&self, row: &Row, draft: &mut Draft<'_>, problems: &mut Problems<'_>) {
        let allow = self.rules.allow;
        if allow.member
            && let Some((column, cell)) = self.cell(row, Field::UserType)
        {
            draft.user_type = problems.ok(column, fields::user_type(cell));
        }
        if allow.manager
            && let Some((column, cell)) = self.cell(row, Field::Manager)
        {
            draft.manager = problems.ok(column, fields::person(cell));
        }
        if allow.groups
            && let Some((_, cell)) = self.cell(row, Field::Groups)
        {
            draft.groups = cell
                .split(';')
                .map(str::trim)
                .filter(|group| !group.is_empty())
                .map(str::to_owned)
                .collect();
        }
    }

    fn email<'r>(&self, row: &'r Row, problems: &mut Problems<'_>) -> Option<Address<'r>> {
        let column = self.columns[Field::Email as usize]?;
        let cell = row.cell(column);
        if cell.trim().is_empty() {
            problems.at(
                column,
                Problem::error(NO_ADDRESS, "the row has no address")
                    .fix("fill in the address, or delete the row"),
            );
            return None;
        }
        let address = problems.ok(column, email::read(cell))?;
        if !address.repairs.is_empty() {
            let problem = Problem::warning(
                REPAIRED,
                format!("left out: {}", address.repairs.join(", ")),
            )
            .fix("nothing is to be done; check --fix FILE writes the sheet with the repair made")
            .suggest(address.text.as_ref());
            problems.at(column, problem);
        }
        Some(address)
    }

    /// A text of one line: a name, a title.
    fn line<'r>(
        &self,
        row: &'r Row,
        field: Field,
        longest: usize,
        problems: &mut Problems<'_>,
    ) -> Option<Cow<'r, str>> {
        let (column, cell) = self.cell(row, field)?;
        if cell.len() > longest && cell.chars().count() > longest {
            let message = format!("{} characters; Entra takes {longest}", cell.chars().count());
            problems.at(
                column,
                Problem::error(FIELD_TOO_LONG, message).fix("shorten the text"),
            );
        }
        if field == Field::DisplayName
            && let Some(c) = hints::stranger(cell)
        {
            let message = format!(
                "`{c}` (U+{:04X}) is a letter of another script than its neighbours",
                u32::from(c)
            );
            problems.at(
                column,
                Problem::hint(LOOK_ALIKE, message).fix("type the name again in one script"),
            );
        }
        if !cell.contains(['\n', '\r']) {
            return Some(Cow::Borrowed(cell));
        }
        let joined = cell
            .split(['\n', '\r'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        let problem = Problem::warning(LINE_BREAK, "the line break is read as a space")
            .fix("nothing is to be done");
        problems.at(column, problem.suggest(joined.as_str()));
        Some(Cow::Owned(joined))
    }

    fn message<'r>(&self, row: &'r Row, problems: &mut Problems<'_>) -> Option<Cow<'r, str>> {
        let unquoted = row.extra().next().is_some();
        let last = row.width().checked_sub(1);
        let Some((column, cell)) = self.cell(row, Field::Message) else {
            if unquoted {
                too_many_cells(row, problems);
            }
            return None;
        };
        let mut message = Cow::Borrowed(cell);
        if unquoted && last == Some(column) {
            // Row::cell trims to the header; the rest of the record is the rest of the message.
            let mut joined = row.cell(column).to_owned();
            for extra in column + 1..row.found() {
                joined.push(self.delimiter);
                joined.push_str(row.cell(extra));
            }
            let joined = joined.trim().trim_end_matches(self.delimiter).to_owned();
            let problem = Problem::warning(
                UNQUOTED_MESSAGE,
                "the message holds the delimiter and has no quotation marks; it was put together again",
            );
            problems.at(
                column,
                problem
                    .fix("put quotation marks around the message")
                    .suggest(joined.as_str()),
            );
            message = Cow::Owned(joined);
        } else if unquoted {
            too_many_cells(row, problems);
        }
        if message.len() > LONG {
            let length = message.chars().count();
            if length > TOO_LONG {
                problems.at(
                    column,
                    Problem::error(
                        MESSAGE_TOO_LONG,
                        format!("{length} characters; at most {TOO_LONG} are sent"),
                    )
                    .fix("shorten the message"),
                );
            } else if length > LONG {
                let problem = Problem::warning(
                    LONG_MESSAGE,
                    format!("{length} characters; more than {LONG} may be refused"),
                );
                problems.at(column, problem.fix("shorten the message if you can"));
            }
        }
        if has_tags(&message) {
            problems.at(
                column,
                Problem::hint(
                    HTML_MESSAGE,
                    "Microsoft shows messages as plain text, tags included",
                )
                .fix("write plain text"),
            );
        }
        Some(message)
    }

    fn redirect_url<'r>(
        &mut self,
        column: usize,
        cell: &'r str,
        problems: &mut Problems<'_>,
    ) -> Option<&'r str> {
        if cell == self.last_url {
            return Some(cell);
        }
        let url = problems.ok(column, fields::redirect_url(cell))?;
        url.clone_into(&mut self.last_url);
        Some(url)
    }

    /// A valid row finds its place among the others: new, or a duplicate.
    fn place(&mut self, row: &Row, email: &Address<'_>, problems: &mut Problems<'_>) -> Judged {
        let column = self.columns[Field::Email as usize].unwrap_or(0);
        self.scratch.clear();
        self.scratch.push_str(&email.text);
        self.scratch.make_ascii_lowercase();
        if let Some(of_row) = self.addresses.first(self.scratch.as_bytes(), row.number) {
            let problem = Problem::warning(
                DUPLICATE,
                format!("the same address as in row {of_row}; only that row is invited"),
            );
            problems.at(column, problem.fix("delete one of the two rows"));
            return Judged::Duplicate(of_row);
        }
        let (local, domain) = self.scratch.split_once('@').unwrap_or((&self.scratch, ""));
        if let Some(intended) = hints::intended_domain(domain) {
            let problem =
                Problem::hint(TYPO_DOMAIN, format!("is {domain} meant to be {intended}?"));
            problems.at(
                column,
                problem.fix("ask the person, and correct the address if it is wrong"),
            );
        }
        if hints::is_role(local) {
            let problem = Problem::hint(
                ROLE_ADDRESS,
                format!("{local}@ is read by an office, not by one person"),
            );
            problems.at(
                column,
                problem.fix("use the person's own address if there is one"),
            );
        }
        if hints::is_disposable(domain) {
            let problem = Problem::hint(
                DISPOSABLE_DOMAIN,
                format!("{domain} gives out addresses that vanish"),
            );
            problems.at(column, problem.fix("ask the person for another address"));
        }
        let mut mailbox = String::new();
        if let Some(mailbox) = hints::same_mailbox(&self.scratch, &mut mailbox)
            && let Some(other) = self.mailboxes.first(mailbox.as_bytes(), row.number)
        {
            let problem = Problem::hint(
                SAME_PERSON,
                format!("probably the same mailbox as in row {other}"),
            );
            problems.at(column, problem.fix("keep one of the two rows"));
        }
        Judged::Guest
    }
}

enum Judged {
    Guest,
    Duplicate(u64),
    Invalid,
}

impl Draft<'_> {
    fn name(&self) -> Option<String> {
        if let Some(name) = &self.display_name {
            return Some(name.as_ref().to_owned());
        }
        match [self.profile[0].as_deref(), self.profile[1].as_deref()] {
            [None, None] => None,
            [Some(name), None] | [None, Some(name)] => Some(name.to_owned()),
            [Some(first), Some(last)] => Some(format!("{first} {last}")),
        }
    }

    fn profile(&self) -> Profile {
        let part = |index: usize| self.profile[index].as_deref().map(str::to_owned);
        Profile {
            first_name: part(0),
            last_name: part(1),
            company: part(2),
            department: part(3),
            job_title: part(4),
            usage_location: self.usage_location.clone(),
        }
    }
}

/// What is wrong with the record as such.
fn whole_row(row: &Row, problems: &mut Problems<'_>) {
    if row.flaw == Some(Flaw::SwallowedRows) {
        let message = "a quotation mark in this row is closed only further down, so rows below it were swallowed";
        problems.add(
            Problem::error(SWALLOWED_ROWS, message)
                .fix("close the quotation mark where the cell ends, or delete it"),
        );
    }
    // Written so that it is one pass over plain bytes.
    let control =
        |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7F;
    if row
        .text()
        .bytes()
        .fold(false, |found, byte| found | control(byte))
    {
        for column in 0..row.found() {
            if let Some(byte) = row.cell(column).bytes().find(|byte| control(*byte)) {
                let problem = Problem::error(
                    CONTROL_CHARACTER,
                    format!("an invisible control character (U+{byte:04X})"),
                );
                problems.at(
                    column,
                    problem.fix("type the cell again, or export the sheet again"),
                );
            }
        }
    }
}

fn too_many_cells(row: &Row, problems: &mut Problems<'_>) {
    let message = format!(
        "the row has {} cells and the header {}, so the cells may stand under wrong headings",
        row.found(),
        row.width()
    );
    if let Some((column, _)) = row.extra().next() {
        problems.at(
            column,
            Problem::error(TOO_MANY_CELLS, message)
                .fix("put quotation marks around the text that holds the delimiter"),
        );
    }
}

fn cc<'r>(
    column: usize,
    cell: &'r str,
    guest: Option<&Address<'_>>,
    problems: &mut Problems<'_>,
) -> Option<Address<'r>> {
    match email::read(cell) {
        Ok(address) => {
            if guest.is_some_and(|guest| guest.text.eq_ignore_ascii_case(&address.text)) {
                let problem = Problem::hint(CC_IS_GUEST, "the copy goes to the guest too");
                problems.at(
                    column,
                    problem.fix("delete the cc address, or name somebody else"),
                );
            }
            Some(address)
        }
        Err(wrong) => {
            let (code, message): (Code, String) = if wrong.code == TWO_ADDRESSES {
                (
                    MORE_THAN_ONE_CC,
                    "Microsoft sends a copy to one person only".to_owned(),
                )
            } else {
                (BAD_CC, format!("cc: {}", wrong.message))
            };
            problems.wrong(column, Wrong::new(code, message, wrong.fix));
            None
        }
    }
}

/// Whether a text has something like an HTML tag in it.
fn has_tags(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let tag = text[at + 1..].trim_start_matches('/');
        let name: String = tag
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(8)
            .collect::<String>()
            .to_ascii_lowercase();
        matches!(
            name.as_str(),
            "a" | "b"
                | "i"
                | "u"
                | "p"
                | "br"
                | "div"
                | "span"
                | "strong"
                | "em"
                | "h1"
                | "h2"
                | "h3"
                | "ul"
                | "ol"
                | "li"
                | "table"
                | "img"
                | "html"
                | "font"
        ) && tag[name.len()..].starts_with(['>', ' ', '/'])
    })
}
