//! A guest as the sheet describes it: checked, but not yet looked up in the tenant.
//!
//! Must not know how a sheet spells a value.

use super::EmailAddress;
use crate::{one_word::OneWord, problem::Problem, sheet::Field};
use clap::ValueEnum;
use std::fmt;
use uuid::Uuid;

/// A person to invite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    pub row: u64,
    pub line: u64,
    pub email: EmailAddress,
    pub display_name: Option<String>,
    pub redirect_url: Option<String>,
    pub send: Option<bool>,
    pub message: Option<String>,
    pub language: Option<String>,
    pub cc: Option<EmailAddress>,
    pub sponsors: Vec<SponsorRef>,
    pub profile: Profile,
    pub user_type: Option<UserType>,
    pub manager: Option<ManagerRef>,
    /// Each a name, an address or an object id, as the cell has it.
    pub groups: Vec<String>,
}

/// What is set after the invitation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub department: Option<String>,
    pub job_title: Option<String>,
    pub usage_location: Option<String>,
}

impl Profile {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Somebody or something in the tenant, as the sheet names it; resolved to an object id later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SponsorRef {
    /// A mail address or a user principal name.
    Address(String),
    Id(Uuid),
    /// `group:` and a name or an id.
    Group(String),
}

/// As it is written into a sheet.
impl fmt::Display for SponsorRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => f.write_str(address),
            Self::Id(id) => id.fmt(f),
            Self::Group(name) => write!(f, "group:{name}"),
        }
    }
}

/// The manager of a guest, as the sheet names them; resolved to an object id later.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ManagerRef {
    /// A mail address or a user principal name.
    Address(String),
    Id(Uuid),
    /// A display name.
    Name(String),
}

/// As it is written into a sheet.
impl fmt::Display for ManagerRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) | Self::Name(text) => f.write_str(text),
            Self::Id(id) => id.fmt(f),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserType {
    Guest,
    Member,
}

impl UserType {
    pub fn word(self) -> &'static str {
        match self {
            Self::Guest => "Guest",
            Self::Member => "Member",
        }
    }
}

/// A column that gives access or power; it is used only where the settings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Access {
    Member,
    Manager,
    Groups,
}

impl OneWord for Access {}

/// Which of those columns may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allow {
    pub member: bool,
    pub manager: bool,
    pub groups: bool,
}

impl FromIterator<Access> for Allow {
    fn from_iter<T: IntoIterator<Item = Access>>(named: T) -> Self {
        let mut allow = Self::default();
        for access in named {
            match access {
                Access::Member => allow.member = true,
                Access::Manager => allow.manager = true,
                Access::Groups => allow.groups = true,
            }
        }
        allow
    }
}

impl Allow {
    /// Whether a column with this meaning may be used.
    pub fn takes(self, field: Field) -> bool {
        match field {
            Field::UserType => self.member,
            Field::Manager => self.manager,
            Field::Groups => self.groups,
            _ => true,
        }
    }
}

/// The settings that matter for understanding a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub allow: Allow,
    /// The sponsor of guests whose row names none.
    pub default_sponsor: Option<SponsorRef>,
}

/// A row, understood.
#[derive(Debug, Clone)]
pub struct Understood {
    pub row: u64,
    pub line: u64,
    /// The address as the sheet has it.
    pub email_text: String,
    pub display_name: Option<String>,
    pub verdict: RowVerdict,
    pub problems: Vec<Problem>,
}

#[derive(Debug, Clone)]
pub enum RowVerdict {
    Guest(Box<Guest>),
    /// An earlier valid row has the same address.
    Duplicate {
        of_row: u64,
        email: EmailAddress,
    },
    Invalid,
}

/// The verdict about a row without the guest, for callers that only count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspected {
    Guest,
    Duplicate { of_row: u64 },
    Invalid,
}
