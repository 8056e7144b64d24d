//! What became of the follow-ups in sentences: for the hint of a row, and for the whole run.
//!
//! Must hold no address; groups are named as the sheet or the directory names them.

use super::{
    change::{Change, GroupToJoin, Property, permissions},
    ended::{Because, Ended, Learnt, Left},
};
use crate::{
    failure::fragment,
    graph::{Class, Fault, auth::advice, catalogue},
    outcome::FollowUpKind,
};

/// What the hint of a row says; nothing where everything is as the row wishes. `existing`: the guest was there before, so
/// what changed is told.
pub(crate) fn hint(ends: &[(Change, Ended)], existing: bool, synchronised: bool) -> Option<String> {
    let mut sentences: Vec<String> = Vec::new();
    if existing {
        sentences.extend(set_now(ends));
    }
    for (at, (change, ended)) in ends.iter().enumerate() {
        // What was not done for one reason is told together.
        let told = ends[..at]
            .iter()
            .any(|(other, before)| other.kind() == change.kind() && is_same(before, ended));
        if told {
            continue;
        }
        let same: Vec<&Change> = ends[at..]
            .iter()
            .filter(|(other, after)| other.kind() == change.kind() && is_same(after, ended))
            .map(|(other, _)| other)
            .collect();
        sentences.extend(sentence(&same, ended));
    }
    let made = ends
        .iter()
        .any(|(change, ended)| owned_by_another_tenant(change) && matches!(ended, Ended::Made));
    if synchronised && made {
        sentences.push(
            "another tenant seems to synchronise this guest, and may overwrite what was set".into(),
        );
    }
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

/// What was changed.
fn set_now(ends: &[(Change, Ended)]) -> Option<String> {
    let made = ends
        .iter()
        .filter(|(_, ended)| matches!(ended, Ended::Made))
        .map(|(change, _)| change);
    let names: Vec<&str> = made
        .flat_map(|change| match change {
            Change::Profile(properties) => {
                properties.iter().map(|property| property.called).collect()
            }
            Change::Sponsor(_) => vec!["sponsor"],
            Change::Manager(_) => vec!["manager"],
            Change::Group(group) => vec![group.name.as_str()],
        })
        .collect();
    (!names.is_empty()).then(|| format!("set now: {}", listed(&names)))
}

fn owned_by_another_tenant(change: &Change) -> bool {
    matches!(change, Change::Profile(_) | Change::Manager(_))
}

/// Whether two changes of one kind are told in one sentence.
fn is_same(one: &Ended, other: &Ended) -> bool {
    match (one, other) {
        (Ended::Made | Ended::WasSo, Ended::Made | Ended::WasSo)
        | (Ended::Stopped, Ended::Stopped)
        | (Ended::TooEarly(_), Ended::TooEarly(_)) => true,
        (Ended::Left(one), Ended::Left(other)) => one == other,
        (Ended::Refused(one, fault), Ended::Refused(other, after)) => {
            one == other && fault.code == after.code
        }
        (Ended::Failed(one), Ended::Failed(other)) => one.code == other.code,
        _ => false,
    }
}

fn sentence(changes: &[&Change], ended: &Ended) -> Option<String> {
    let kind = changes.first()?.kind();
    let not_done = |why: String| format!("{}: {why}", not_done(kind, changes));
    Some(match ended {
        Ended::Made | Ended::WasSo => return teams(changes),
        Ended::Left(Left::HasSponsors) => {
            "the guest has sponsors already, so those of the sheet were not added".to_owned()
        }
        Ended::Left(Left::OnPremises) => not_done(
            "the account is synchronised from an on-premises directory, where that is kept"
                .to_owned(),
        ),
        Ended::Stopped => not_done("the run stopped; the same command goes on".to_owned()),
        Ended::Failed(fault) if fault.class == Class::Person && kind == FollowUpKind::Profile => {
            let why = fault.title();
            not_done(format!(
                "{why}; correct the cell, and the same command sets it"
            ))
        }
        Ended::TooEarly(fault) | Ended::Failed(fault) => {
            not_done(format!("{}; the same command tries again", fault.title()))
        }
        Ended::Refused(because, fault) => not_done(why(kind, *because, fault)),
    })
}

/// Why something was refused, and who can change that.
fn why(kind: FollowUpKind, because: Because, fault: &Fault) -> String {
    let permission = permissions(kind).least;
    match because {
        Because::Permission => {
            let seen = fault.asker.method.and_then(advice::seen_after);
            let seen = seen.map_or(String::new(), |seen| format!(" ({})", fragment(seen)));
            format!(
                "the sign-in lacks the permission {permission}; when an administrator has granted it, the same command does it{seen}"
            )
        }
        Because::Role => format!(
            "Graph refuses this to the sign-in, although it has the permission; the signed-in user may need a role such as User Administrator ({permission} alone is not enough for a user)"
        ),
        Because::Gone => match kind {
            FollowUpKind::Manager => {
                "the manager is not in the directory; correct the cell".to_owned()
            }
            FollowUpKind::Group => "the group is not in the directory; correct the cell".to_owned(),
            _ => "the sponsor is not in the directory; correct the cell".to_owned(),
        },
        Because::Guest => "Graph does not let this sign-in change this guest, who may have a role in the directory; an administrator can do it".to_owned(),
        Because::Target if fault.class == Class::Permission || fault.code == catalogue::REFUSED => format!(
            "Graph does not let this sign-in add members to it; an owner of the group, or a Groups Administrator, can change that ({permission} is the permission)"
        ),
        Because::Target => fault.title().to_owned(),
    }
}

fn not_done(kind: FollowUpKind, changes: &[&Change]) -> String {
    match kind {
        FollowUpKind::Profile => {
            let properties = changes.iter().flat_map(|change| match change {
                Change::Profile(properties) => properties.as_slice(),
                _ => &[],
            });
            let names: Vec<&str> = properties
                .map(|property: &Property| property.called)
                .collect();
            let verb = if names.len() == 1 { "was" } else { "were" };
            format!("the {} {verb} not set", listed(&names))
        }
        FollowUpKind::Manager => "the manager was not set".to_owned(),
        FollowUpKind::Sponsor if changes.len() == 1 => "a sponsor was not added".to_owned(),
        FollowUpKind::Sponsor => format!("{} sponsors were not added", changes.len()),
        FollowUpKind::Group => {
            let names: Vec<String> = groups(changes).map(|group| group.name.clone()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let noun = if names.len() == 1 { "group" } else { "groups" };
            format!("not added to the {noun} {}", listed(&names))
        }
    }
}

fn groups<'a>(changes: &'a [&Change]) -> impl Iterator<Item = &'a GroupToJoin> {
    changes.iter().filter_map(|change| match change {
        Change::Group(group) => Some(group),
        _ => None,
    })
}

/// `204` says that the membership is there; Teams reads it later.
fn teams(changes: &[&Change]) -> Option<String> {
    let teams: Vec<&str> = groups(changes)
        .filter(|group| group.is_team)
        .map(|group| group.name.as_str())
        .collect();
    (!teams.is_empty()).then(|| {
        format!(
            "added to {}; Teams may take up to a day to show it",
            listed(&teams)
        )
    })
}

/// "a", "a and b", "a, b and c".
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Whom or what a change ties a guest to.
pub(super) fn subject(change: &Change) -> String {
    match change {
        Change::Profile(_) => String::new(),
        Change::Sponsor(sponsor) => format!("the sponsor {}", sponsor.id()),
        Change::Manager(id) => format!("the manager {id}"),
        Change::Group(group) => format!("the group {}", group.name),
    }
}

/// A refusal that holds for everybody, and how many guests it kept out. The subject is empty where a whole kind is refused.
pub(super) fn note(kind: FollowUpKind, subject: &str, guests: usize, learnt: &Learnt) -> String {
    let (of, were) = match guests {
        1 => ("1 guest".to_owned(), "was"),
        n => (format!("{n} guests"), "were"),
    };
    let what = match (kind, subject) {
        (FollowUpKind::Profile, _) => {
            format!(
                "the profile of {of} was not set (company, department, job title, names, usage location)"
            )
        }
        (FollowUpKind::Sponsor, "") => format!("the sponsors of {of} were not added"),
        (FollowUpKind::Manager, "") => format!("the manager of {of} was not set"),
        (FollowUpKind::Group, "") => format!("{of} {were} not added to groups"),
        (FollowUpKind::Group, group) => format!("{of} {were} not added to {group}"),
        (FollowUpKind::Sponsor, sponsor) => format!("{of} did not get {sponsor}"),
        (FollowUpKind::Manager, manager) => format!("{of} did not get {manager}"),
    };
    format!("{what}: {}", why(kind, learnt.because, &learnt.fault))
}
