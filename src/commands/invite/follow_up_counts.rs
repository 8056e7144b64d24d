//! What the sheet asks for that an invitation cannot carry, for how many guests.
//!
//! Counts only; whether it may be set is found out by the run.

use crate::{
    guest::{Guest, Profile},
    sheet::{Field, Header},
    ui::text::{list, plural},
};

/// The columns whose values are set after the invitation, in the order in which they are told.
const AFTERWARDS: [Field; 8] = [
    Field::FirstName,
    Field::LastName,
    Field::Company,
    Field::Department,
    Field::JobTitle,
    Field::UsageLocation,
    Field::Manager,
    Field::Groups,
];

#[derive(Debug, Default)]
pub(in crate::commands) struct FollowUpCounts {
    /// How many guests have a value, for each of the columns.
    guests: [u64; AFTERWARDS.len()],
    /// How many guests get at least one property of a profile.
    pub profiles: u64,
    pub managers: u64,
    pub in_groups: u64,
}

impl FollowUpCounts {
    pub(super) fn add(&mut self, guest: &Guest) {
        let Profile {
            first_name,
            last_name,
            company,
            department,
            job_title,
            usage_location,
        } = &guest.profile;
        let has = [
            first_name.is_some(),
            last_name.is_some(),
            company.is_some(),
            department.is_some(),
            job_title.is_some(),
            usage_location.is_some(),
            guest.manager.is_some(),
            !guest.groups.is_empty(),
        ];
        for (count, has) in self.guests.iter_mut().zip(has) {
            *count += u64::from(has);
        }
        self.profiles += u64::from(!guest.profile.is_empty());
        self.managers += u64::from(guest.manager.is_some());
        self.in_groups += u64::from(!guest.groups.is_empty());
    }

    /// The columns that are set, and for how many of what was counted. None: the sheet asks for nothing of it.
    pub(super) fn told(&self, header: &Header, counted: &str) -> Option<String> {
        let columns = AFTERWARDS
            .iter()
            .zip(self.guests)
            .filter(|(_, guests)| *guests > 0)
            .filter_map(|(field, guests)| Some((header.column_of(*field)?, guests)))
            .map(|(column, guests)| (header.name(column), guests));
        // Columns that hold as many values as the one before them share its number.
        let mut groups: Vec<(Vec<String>, u64)> = Vec::new();
        for (name, guests) in columns {
            match groups.last_mut().filter(|(_, before)| *before == guests) {
                Some((names, _)) => names.push(name),
                None => groups.push((vec![name], guests)),
            }
        }
        let told: Vec<String> = groups
            .iter()
            .map(|(names, guests)| format!("{} ({})", list(names), plural(*guests, counted)))
            .collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}
