//! What the directory shows of a guest already, and what may not be changed there: looked at before anything is changed
//! for somebody who was there before, or for whom a change was perhaps made.
//!
//! Pure functions over what was read.

use super::{
    change::{Change, Property},
    ended::Left,
};
use crate::graph::GuestNow;

/// What remains of a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    ToMake(Change),
    /// It is so already.
    IsSo(Change),
    Left(Change, Left),
}

/// The one property that belongs to the cloud for everybody (Graph: user resource type).
const OF_THE_CLOUD: &str = "usageLocation";

/// Divides a change by what the directory shows. `fills`: sponsors are for those who have none.
pub(super) fn compare(change: &Change, now: &GuestNow, fills: bool) -> Vec<Part> {
    match change {
        Change::Profile(properties) => profile(properties, now),
        Change::Manager(id) => vec![if is(now.manager.as_deref(), id) {
            Part::IsSo(change.clone())
        } else if now.is_on_premises() {
            Part::Left(change.clone(), Left::OnPremises)
        } else {
            Part::ToMake(change.clone())
        }],
        Change::Sponsor(sponsor) => {
            let has = |known: &String| is(Some(known), sponsor.id());
            vec![if now.sponsors.iter().any(has) {
                Part::IsSo(change.clone())
            } else if fills && !now.sponsors.is_empty() {
                Part::Left(change.clone(), Left::HasSponsors)
            } else {
                Part::ToMake(change.clone())
            }]
        }
        // Graph says so where somebody is a member already.
        Change::Group(_) => vec![Part::ToMake(change.clone())],
    }
}

/// Whether a change that was perhaps made has been made.
pub(super) fn is_made(change: &Change, now: &GuestNow) -> bool {
    compare(change, now, false)
        .iter()
        .all(|part| matches!(part, Part::IsSo(_)))
}

/// The properties that an on-premises directory owns, and the others.
pub(super) fn owned_elsewhere(properties: &[Property]) -> (Vec<Property>, Vec<Property>) {
    let own = |property: &Property| property.name != OF_THE_CLOUD;
    properties.iter().cloned().partition(own)
}

fn is(known: Option<&str>, id: &str) -> bool {
    known.is_some_and(|known| known.eq_ignore_ascii_case(id))
}

fn profile(properties: &[Property], now: &GuestNow) -> Vec<Part> {
    let is_so = |property: &Property| now.property(property.name) == Some(property.value.as_str());
    let (so, differ): (Vec<Property>, Vec<Property>) = properties.iter().cloned().partition(is_so);
    let (left, to_make) = if now.is_on_premises() {
        owned_elsewhere(&differ)
    } else {
        (Vec::new(), differ)
    };
    let mut parts = Vec::new();
    if !so.is_empty() {
        parts.push(Part::IsSo(Change::Profile(so)));
    }
    if !left.is_empty() {
        parts.push(Part::Left(Change::Profile(left), Left::OnPremises));
    }
    if !to_make.is_empty() {
        parts.push(Part::ToMake(Change::Profile(to_make)));
    }
    parts
}
