//! What a template can say about a row: each column by its name, and what the invitation and the tenant add.
//!
//! A value that is empty is left out, so that a template that names it without a default fails. Each row has a `Words` of
//! its own: nothing of another row can be in it.

use crate::{
    guest::{Guest, SponsorRef},
    sheet::{Header, Row},
};
use minijinja::value::{Object, Value};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The name under which a template finds the columns as the sheet calls them: `row["Cost center"]`.
const ROW: &str = "row";
/// The link; empty where Microsoft's mail carries it.
pub(super) const REDEEM_URL: &str = "redeem_url";

/// What does not stand on the sheet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'a> {
    pub redeem_url: &'a str,
    pub tenant_name: &'a str,
    /// Who signed in to invite.
    pub inviter: &'a str,
    /// Where guests land whose row does not say.
    pub redirect_url: &'a str,
}

/// The values of one row.
#[derive(Debug)]
pub(crate) struct Words {
    values: BTreeMap<String, Value>,
    /// The columns as the sheet calls them.
    columns: Arc<Columns>,
    missed: Arc<Missed>,
}

#[derive(Debug)]
struct Columns {
    values: BTreeMap<String, String>,
    missed: Arc<Missed>,
}

/// The last name that was asked for and has no value.
#[derive(Debug, Default)]
struct Missed(Mutex<Option<String>>);

impl Missed {
    fn note(&self, name: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_owned());
    }
}

impl Words {
    /// `row` is the row under the header that `guest` was understood from.
    pub(crate) fn of(header: &Header, row: &Row, guest: &Guest, around: &Around<'_>) -> Self {
        let missed = Arc::<Missed>::default();
        let mut columns = BTreeMap::new();
        for (column, name) in header.names.iter().enumerate() {
            let (name, cell) = (name.trim(), row.cell(column).trim());
            if !name.is_empty() && !cell.is_empty() {
                columns.entry(name.to_owned()).or_insert(cell.to_owned());
            }
        }
        let mut values = BTreeMap::new();
        for (name, value) in ours(guest, around) {
            let value = value
                .as_deref()
                .map(str::trim)
                .filter(|value| !value.is_empty());
            values.insert(name.to_owned(), value.map_or(Value::UNDEFINED, Value::from));
        }
        // A column of the sheet never stands in for one of ours.
        for (name, cell) in &columns {
            for name in [name.clone(), plain(name)] {
                values
                    .entry(name)
                    .or_insert_with(|| Value::from(cell.as_str()));
            }
        }
        Self {
            values,
            columns: Arc::new(Columns {
                values: columns,
                missed: missed.clone(),
            }),
            missed,
        }
    }

    /// The last name that was asked for and has no value in this row.
    pub(super) fn missed(&self) -> Option<String> {
        let missed = self.missed.0.lock();
        missed.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The values that have names of ours, whatever the sheet calls its columns.
fn ours<'a>(guest: &'a Guest, around: &Around<'_>) -> Vec<(&'static str, Option<String>)> {
    let profile = &guest.profile;
    // Ids and groups say nothing to a guest.
    let people = guest.sponsors.iter().filter_map(|sponsor| match sponsor {
        SponsorRef::Address(address) => Some(address.as_str()),
        SponsorRef::Id(_) | SponsorRef::Group(_) => None,
    });
    let sponsors = people.collect::<Vec<_>>().join(", ");
    let own = |text: &'a Option<String>| text.clone();
    vec![
        ("email", Some(guest.email.as_str().to_owned())),
        ("display_name", own(&guest.display_name)),
        ("first_name", own(&profile.first_name)),
        ("last_name", own(&profile.last_name)),
        ("company", own(&profile.company)),
        ("department", own(&profile.department)),
        ("job_title", own(&profile.job_title)),
        ("usage_location", own(&profile.usage_location)),
        ("language", own(&guest.language)),
        ("message", own(&guest.message)),
        ("cc", guest.cc.as_ref().map(|cc| cc.as_str().to_owned())),
        ("sponsors", Some(sponsors)),
        ("manager", guest.manager.as_ref().map(ToString::to_string)),
        ("groups", Some(guest.groups.join(", "))),
        (
            "redirect_url",
            Some(
                guest
                    .redirect_url
                    .as_deref()
                    .unwrap_or(around.redirect_url)
                    .to_owned(),
            ),
        ),
        (REDEEM_URL, Some(around.redeem_url.to_owned())),
        ("tenant_name", Some(around.tenant_name.to_owned())),
        ("inviter", Some(around.inviter.to_owned())),
    ]
}

/// A column's name as a name that a template can write without quotes: `Cost center` becomes `cost_center`.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.ends_with('_') {
            plain.push('_');
        }
    }
    plain.trim_matches('_').to_owned()
}

impl Object for Words {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        if name == ROW {
            return Some(Value::from_dyn_object(self.columns.clone()));
        }
        let value = self.values.get(name).filter(|value| !value.is_undefined());
        if value.is_none() {
            self.missed.note(name);
        }
        value.cloned()
    }
}

impl Object for Columns {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let name = key.as_str()?;
        let value = self.values.get(name.trim());
        if value.is_none() {
            self.missed.note(name);
        }
        value.map(|value| Value::from(value.as_str()))
    }
}
