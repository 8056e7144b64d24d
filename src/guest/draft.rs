//! Reads the fields of one row, and reports each problem at the cell in which it is found.
//!
//! Must not compare the row with others.

use super::{
    Allow, Guest, ManagerRef, Profile, Rules, SponsorRef, UserType,
    catalogue::{
        BAD_CC, CC_IS_GUEST, LANGUAGE_REPAIRED, MESSAGE_NOT_SENT, MORE_THAN_ONE_CC, NO_ADDRESS,
        NOT_A_JOB_TITLE, REPAIRED, SPONSORS_REPAIRED, TWO_ADDRESSES,
    },
    diagnose::Wrong,
    email::{self, Address},
    fields,
    layout::Layout,
    managers_and_groups,
    record::whole_row,
    row_problems::RowProblems,
    sponsors,
    texts::{line, message},
};
use crate::{
    problem::{Code, Problem},
    sheet::{Field, Flaw, Row},
};
use std::borrow::Cow;

/// (Graph: user resource type)
const MAX_DISPLAY_NAME: usize = 256;
const MAX_JOB_TITLE: usize = 128;
const MAX_PROFILE: usize = 64;

/// What is needed for reading a row.
pub(super) struct Sources<'s> {
    pub layout: &'s Layout,
    pub rules: &'s Rules,
    /// The last redirect address that was found valid; most rows repeat it.
    pub last_url: &'s mut String,
}

/// The fields of one row; the texts are borrowed from it.
#[derive(Default)]
pub(super) struct Draft<'r> {
    /// Whether the cells of the row are probably under wrong headings.
    pub shifted: bool,
    pub email: Option<Address<'r>>,
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
    manager: Option<ManagerRef>,
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

impl<'r> Draft<'r> {
    /// Fills an empty draft from a row. Nothing is read if the cells are probably under wrong headings.
    pub(super) fn read(
        &mut self,
        sources: Sources<'_>,
        row: &'r Row,
        problems: &mut RowProblems<'_>,
    ) {
        let Sources {
            layout,
            rules,
            last_url,
        } = sources;
        if !whole_row(layout, row, problems) {
            self.shifted = true;
            return;
        }
        self.email = email(layout, row, problems);
        self.display_name = line(layout, row, Field::DisplayName, MAX_DISPLAY_NAME, problems);
        self.message = message(layout, row, problems);
        for ((field, longest), part) in PROFILE.into_iter().zip(&mut self.profile) {
            if layout.column(field).is_some() {
                *part = line(layout, row, field, longest, problems);
            }
        }
        self.drop_numbers_as_job_title(layout, row, problems);
        if let Some((column, cell)) = layout.cell(row, Field::RedirectUrl) {
            self.redirect_url = redirect_url(column, cell, last_url, problems);
        }
        if let Some((column, cell)) = layout.cell(row, Field::Send) {
            self.send = problems.ok(column, fields::yes_or_no(cell));
        }
        if let Some((column, cell)) = layout.cell(row, Field::Language) {
            self.language = problems.ok(column, fields::language(cell));
            if let Some(code) = self
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
        if let Some((column, cell)) = layout.cell(row, Field::Cc) {
            self.cc = cc(column, cell, self.email.as_ref(), problems);
        }
        if let Some((column, cell)) = layout.cell(row, Field::Sponsors)
            && let Some((sponsors, respelled)) = problems.ok(column, sponsors::sponsors(cell))
        {
            if let Some(respelled) = respelled {
                let problem = Problem::warning(SPONSORS_REPAIRED, format!("read as {respelled}"))
                    .fix("write addresses or object ids, with semicolons between them")
                    .suggest(respelled);
                problems.at(column, problem);
            }
            self.sponsors = sponsors;
        }
        if let Some((column, cell)) = layout.cell(row, Field::UsageLocation) {
            self.usage_location = problems.ok(column, fields::usage_location(cell));
        }
        self.access(layout, rules.allow, row, problems);
        if self.send == Some(false)
            && let Some((column, _)) = layout
                .cell(row, Field::Message)
                .or_else(|| layout.cell(row, Field::Cc))
        {
            let problem = Problem::hint(
                MESSAGE_NOT_SENT,
                "nobody will read this, because send says that no mail goes out",
            );
            problems.at(column, problem.fix("set send to true, or delete the text"));
        }
    }

    /// A column called position may hold the number of an item.
    fn drop_numbers_as_job_title(
        &mut self,
        layout: &Layout,
        row: &Row,
        problems: &mut RowProblems<'_>,
    ) {
        let Some((column, cell)) = layout.cell(row, Field::JobTitle) else {
            return;
        };
        if !cell.contains(char::is_alphabetic) {
            let problem = Problem::warning(NOT_A_JOB_TITLE, "a number is not set as a job title");
            let name = layout.names[column].trim();
            problems.at(
                column,
                problem.fix(format!(
                    "if the column means something else, add --ignore \"{name}\""
                )),
            );
            let last = self.profile.len() - 1;
            self.profile[last] = None;
        }
    }

    /// The columns that give access or power, each only where it is allowed.
    fn access(&mut self, layout: &Layout, allow: Allow, row: &Row, problems: &mut RowProblems<'_>) {
        if allow.member
            && let Some((column, cell)) = layout.cell(row, Field::UserType)
        {
            self.user_type = problems.ok(column, fields::user_type(cell));
        }
        if allow.manager
            && let Some((column, cell)) = layout.cell(row, Field::Manager)
        {
            let read = problems.ok(column, managers_and_groups::manager(cell));
            if let Some((manager, respelled)) = read {
                if let Some(respelled) = respelled {
                    let problem = Problem::warning(REPAIRED, format!("read as {respelled}"))
                        .fix("nothing is to be done; check --fix FILE writes the sheet with the repair made")
                        .suggest(respelled);
                    problems.at(column, problem);
                }
                self.manager = Some(manager);
            }
        }
        if allow.groups
            && let Some((column, cell)) = layout.cell(row, Field::Groups)
        {
            let groups = problems.ok(column, managers_and_groups::groups(cell));
            self.groups = groups.unwrap_or_default();
        }
    }

    /// The guest, if the row has a valid address.
    pub(super) fn guest(&self, row: &Row) -> Option<Guest> {
        Some(Guest {
            row: row.number,
            line: row.line,
            email: self.email.as_ref()?.to_owned(),
            display_name: self.name(),
            redirect_url: self.redirect_url.map(str::to_owned),
            send: self.send,
            message: self.message.as_deref().map(str::to_owned),
            language: self.language.as_deref().map(str::to_owned),
            cc: self.cc.as_ref().map(Address::to_owned),
            sponsors: self.sponsors.clone(),
            profile: self.profile(),
            user_type: self.user_type,
            manager: self.manager.clone(),
            groups: self.groups.clone(),
        })
    }

    pub(super) fn name(&self) -> Option<String> {
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

fn email<'r>(layout: &Layout, row: &'r Row, problems: &mut RowProblems<'_>) -> Option<Address<'r>> {
    let column = layout.column(Field::Email)?;
    let cell = row.cell(column);
    if cell.trim().is_empty() {
        problems.at(
            column,
            Problem::error(NO_ADDRESS, "the row has no address")
                .fix("fill in the address, or delete the row"),
        );
        return None;
    }
    if row.flaw == Some(Flaw::NotComputed) && cell.starts_with('=') {
        return None;
    }
    let address = problems.ok(column, email::read(cell))?;
    tell_repairs(column, &address, problems);
    Some(address)
}

fn tell_repairs(column: usize, address: &Address<'_>, problems: &mut RowProblems<'_>) {
    if !address.repairs.is_empty() {
        let problem = Problem::warning(
            REPAIRED,
            format!("left out on reading: {}", address.repairs.join(", ")),
        )
        .fix("nothing is to be done; check --fix FILE writes the sheet with the repair made")
        .suggest(address.text.as_ref());
        problems.at(column, problem);
    }
}

/// Most sheets repeat one redirect address in every row.
fn redirect_url<'r>(
    column: usize,
    cell: &'r str,
    last: &mut String,
    problems: &mut RowProblems<'_>,
) -> Option<&'r str> {
    if cell == *last {
        return Some(cell);
    }
    let url = problems.ok(column, fields::redirect_url(cell))?;
    url.clone_into(last);
    Some(url)
}

fn cc<'r>(
    column: usize,
    cell: &'r str,
    guest: Option<&Address<'_>>,
    problems: &mut RowProblems<'_>,
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
            tell_repairs(column, &address, problems);
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
