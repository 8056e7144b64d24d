//! What a person should know before a run, although it is no reason to refuse the run.
//!
//! Must not print.

use super::{
    super::{connect::Connection, doctor::needs},
    follow_up_counts::FollowUpCounts,
    prepared::Prepared,
    survey::{self, Survey},
};
use crate::{
    directory::{Doubt, NamedObjects, Sponsors, Unresolved, Wanted, listed},
    follow_up,
    graph::Identity,
    ledger::SilentFirst,
    outcome::FollowUpKind,
    settings::{MailDelivery, Settings},
    ui::text,
};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// So many sponsors are named in one sentence.
const MOST_SPONSORS: usize = 5;

/// In an external tenant Microsoft mails nobody, whatever an invitation asks for.
pub(super) fn external_tenant(prepared: &Prepared<'_>, connection: &Connection) -> Option<String> {
    if !connection.is_external {
        return None;
    }
    let tenant = connection.place();
    if let Some(own) = &prepared.own_mail {
        return (!own.words.templates.name_the_landing_page()).then(|| {
            format!("{tenant} is an external tenant, whose guests sign in on the page of an app: no template names it ({{{{ redirect_url }}}}), and all lead to the redeem link")
        });
    }
    let by_microsoft = prepared.settings.message.delivery.value == MailDelivery::Microsoft;
    let mailing = prepared.survey.mailing;
    (by_microsoft && mailing > 0).then(|| {
        format!(
            "{tenant} is an external tenant, in which Microsoft sends no mail: {} for a mail, and `mail` is none for them; with [message] delivery = \"graph\" or \"smtp\", `guestlist mail` sends them one of your own, which can lead to the app",
            text::plural_of(mailing, "row asks", "rows ask")
        )
    })
}

/// Managers and groups that this sign-in may not look up, told once. The invitations go on.
pub(super) fn cannot_be_read(named: &NamedObjects, wanted: &Wanted) -> Vec<String> {
    let mut told: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for group in &wanted.groups {
        if let Err(Unresolved::NotAllowed { permission }) = named.groups.find(group) {
            told.entry(permission).or_default().0 += 1;
        }
    }
    for manager in &wanted.managers {
        if let Err(Unresolved::NotAllowed { permission }) = named.managers.id(manager) {
            told.entry(permission).or_default().1 += 1;
        }
    }
    told.into_iter()
        .map(|(permission, (groups, managers))| {
            let counts = [(groups, "group"), (managers, "manager")];
            let what: Vec<String> = counts
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| text::plural(count, what))
                .collect();
            format!(
                "it cannot be told whether {} of the sheet can be used: the sign-in lacks the permission {permission}; everybody is invited, and this waits for the permission",
                text::list(&what)
            )
        })
        .collect()
}

/// A default sponsor who is wrong makes every row wrong that names none.
pub(super) fn default_sponsor(
    named: &NamedObjects,
    wanted: &Wanted,
    settings: &Settings,
) -> Option<String> {
    let setting = settings.invite.default_sponsor.as_ref()?;
    if !wanted.sponsors.contains(&setting.value) {
        return None;
    }
    let why = match named.sponsors.id(&setting.value) {
        Err(Unresolved::Nobody) => "is not in this tenant".to_owned(),
        Err(Unresolved::GroupAddress(group)) => {
            format!("is the mail address of a group: write group:{group}")
        }
        Err(Unresolved::Several(candidates)) => {
            format!("could be several users or groups: {}", listed(&candidates))
        }
        _ => return None,
    };
    Some(format!(
        "the default sponsor {setting} {why}; rows that name no sponsor are not invited"
    ))
}

/// Sponsors who are guests themselves, or blocked. Graph takes them, so the rows are invited all the same.
pub(in crate::commands) fn doubtful_sponsors(sponsors: &Sponsors) -> Vec<String> {
    let mut told: BTreeMap<Doubt, Vec<&str>> = BTreeMap::new();
    for (doubt, name) in sponsors.doubtful() {
        told.entry(doubt).or_default().push(name);
    }
    let sentence = |(doubt, names): (Doubt, Vec<&str>)| {
        let what = match doubt {
            Doubt::Blocked => "blocked from signing in",
            Doubt::PendingGuest => "guests who have not redeemed their own invitation yet",
            Doubt::Guest => "guests themselves",
        };
        let more = names.len().saturating_sub(MOST_SPONSORS);
        let mut listed = text::list(&names[..names.len().min(MOST_SPONSORS)]);
        if more > 0 {
            listed = format!("{listed} and {more} more");
        }
        format!(
            "{} named as sponsor and {what}: {listed}; Graph takes them, and a member of the tenant should vouch for a guest",
            text::plural_of(names.len() as u64, "user is", "users are")
        )
    };
    told.into_iter().map(sentence).collect()
}

/// What the token says it may not set. A token that shows no permissions says nothing.
pub(super) fn missing_permissions(counts: &FollowUpCounts, identity: &Identity) -> Vec<String> {
    let kinds = [
        (counts.profiles, "the profile of", FollowUpKind::Profile),
        (counts.managers, "the manager of", FollowUpKind::Manager),
        (counts.in_groups, "the groups of", FollowUpKind::Group),
    ];
    kinds
        .into_iter()
        .filter(|(guests, ..)| *guests > 0)
        .map(|(guests, what, kind)| (guests, what, follow_up::permissions(kind)))
        .filter(|(.., permissions)| needs::held(identity, permissions.enough) == Some(false))
        .map(|(guests, what, permissions)| {
            format!(
                "{what} {} will have to wait: the token does not hold {}",
                text::plural(guests, "guest"),
                permissions.least
            )
        })
        .collect()
}

/// Landing pages that the sheet names and the settings do not. A column of profile links would send guests to wrong pages.
pub(super) fn landing_hosts(survey: &Survey, settings: &Settings) -> Option<String> {
    const MOST: usize = 5;
    let own = survey::host(&settings.invite.redirect_url.value);
    let others = survey
        .landing_hosts
        .iter()
        .filter(|(host, _)| Some(*host) != own.as_ref());
    let told: Vec<String> = others
        .map(|(host, guests)| format!("{host} ({})", text::number(*guests)))
        .collect();
    let more = told.len().saturating_sub(MOST);
    let mut listed = text::list(&told[..told.len().min(MOST)]);
    if more > 0 {
        listed = format!("{listed} and {more} more hosts");
    }
    (!told.is_empty()).then(|| {
        format!(
            "the sheet sends guests to {listed}; rows that name no page send them to {}",
            own.unwrap_or_default()
        )
    })
}

/// A run for nobody would look like one in which all is done.
pub(super) fn nobody_selected(prepared: &Prepared<'_>) -> Option<String> {
    (prepared.survey.selected_rows == 0 && prepared.survey.rows > 0).then(|| {
        "--only selects nobody: no row of the sheet has this address, domain or number (a row has the number that a spreadsheet program shows beside it)".to_owned()
    })
}

/// Languages that the sheet asks for, and for which there is only the template for the rest.
pub(super) fn languages_without_template(prepared: &Prepared<'_>) -> Option<String> {
    let survey = &prepared.survey;
    let own = prepared.own_mail.as_ref().map(|own| &own.words.templates);
    let templates = own.or_else(|| Some(&prepared.words.as_ref()?.templates))?;
    let mut without: Vec<&str> = survey
        .languages
        .keys()
        .map(String::as_str)
        .filter(|language| templates.is_for_the_rest(language))
        .collect();
    without.sort_unstable();
    let rows: u64 = without
        .iter()
        .map(|language| survey.languages[*language])
        .sum();
    (rows > 0).then(|| {
        format!(
            "there is no template for {}: {} the one for all other languages",
            text::list(&without),
            text::plural_of(rows, "row gets", "rows get")
        )
    })
}

/// The ledger may not know every earlier run, so people are invited silently first.
pub(super) fn silent_first(silent: SilentFirst, now: Timestamp) -> Option<String> {
    (now < silent.until).then(|| {
        format!(
            "this ledger may not know every earlier invitation: until {} people who are not found are invited silently first, and mailed only if that shows that they had not been invited before",
            silent.until.strftime("%F %T UTC")
        )
    })
}
