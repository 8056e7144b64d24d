//! What a sheet asks for: its counts, the tenant's own domains, words that would be dropped.

use super::{
    super::{
        connect::{Connection, abilities},
        invite::{refusals, survey::Survey},
        microsoft_words::MicrosoftWords,
        own_mail::OwnMail,
        reset_redemption,
    },
    common::{LookedAt, not_signed_in},
    mail, named, needs,
    tenant::unread,
};
use crate::{
    exit::Exit,
    failure::Result,
    graph::{IdentityKind, catalogue},
    guest::Guest,
    outcome::Outcome,
    results::guests_of_leavers,
    settings::{MailDelivery, Settings},
    ui::{Check, text},
};
use std::path::Path;
use text::{number, plural, plural_of};

pub(super) fn counts(settings: &Settings, survey: &Survey, typed: &Path) -> Check {
    const NAME: &str = "sheet";
    if let Err(failure) = refusals::too_many_invalid_rows(settings, survey, typed) {
        return Check::failed(NAME, failure);
    }
    let told = format!(
        "{}: {} can be invited, {} invalid, {}; {}",
        plural(survey.rows, "row"),
        number(survey.guests),
        number(survey.invalid),
        plural(survey.duplicates, "duplicate"),
        survey.addresses.told(number)
    );
    let tolerated = settings.invite.tolerate.value.contains(&Outcome::Invalid);
    if survey.invalid == 0 || tolerated {
        return Check::pass(NAME, told);
    }
    let shows = format!("`guestlist check {}` shows what is wrong", typed.display());
    if survey.guests == 0 {
        return Check::fail(NAME, Exit::SomeRowsNotDone, told).hint(shows);
    }
    Check::some_rows(NAME, told).hint(format!("{shows} with them; all others can be invited"))
}

/// A sheet for `reset-redemption`, or a list for `cleanup`, and how many guests stand on it. None: one to invite from.
pub(super) fn of_another_verb(
    path: &Path,
    settings: &Settings,
) -> Option<(needs::SheetIsFor, Result<u64>)> {
    use needs::SheetIsFor::{Cleanup, Reset};
    let resets = reset_redemption::guests_of(path, settings).map(|guests| (Reset, guests));
    resets.or_else(|| Some((Cleanup, guests_of_leavers(path)?)))
}

pub(super) fn guests_of(
    settings: &Settings,
    verb: needs::SheetIsFor,
    guests: &Result<u64>,
) -> Check {
    const NAME: &str = "sheet";
    match guests {
        Err(failure) => {
            let mut check = Check::fail(NAME, failure.exit, failure.what.clone());
            for hint in &failure.hints {
                check = check.hint(hint.clone());
            }
            check
        }
        Ok(guests) if verb == needs::SheetIsFor::Cleanup => Check::pass(
            NAME,
            format!(
                "a list of `guestlist leavers` with {}; `guestlist cleanup LIST -n` looks at each of them",
                plural(*guests, "guest")
            ),
        ),
        Ok(_) if !settings.invite.sandbox.value && !abilities(settings).reset_redemption => {
            Check::fail(
                NAME,
                Exit::Usage,
                format!(
                    "the cloud of {} cannot reset a redemption [{}]",
                    settings.tenant.graph_url,
                    catalogue::NO_RESETS
                ),
            )
        }
        Ok(guests) => Check::pass(
            NAME,
            format!(
                "{} to redeem again; `guestlist reset-redemption SHEET -n` looks at each of them",
                plural_of(*guests, "guest is", "guests are")
            ),
        ),
    }
}

pub(super) async fn checks(
    settings: &Settings,
    sheet: &LookedAt,
    own: Option<&OwnMail>,
    connection: Option<&Connection>,
) -> Vec<Check> {
    let survey = &sheet.survey;
    let own_words = own.map(|own| mail::words(settings, own, sheet));
    let Some(connection) = connection else {
        let mut checks: Vec<Check> = ["domains", "domain-lists"].map(not_signed_in).into();
        checks.push(own_words.unwrap_or_else(|| not_signed_in("words")));
        return checks;
    };
    let mut checks = vec![
        own_domains(settings, survey, connection),
        lists(survey, connection).await,
        match own_words {
            Some(check) => check,
            None => words(settings, sheet, connection).await,
        },
    ];
    checks.extend(named::checks(survey, connection).await);
    checks
}

/// People of the tenant's own domains cannot be invited.
fn own_domains(settings: &Settings, survey: &Survey, connection: &Connection) -> Check {
    const NAME: &str = "domains";
    if !connection.organization_read {
        return Check::cannot_tell(NAME, "the tenant's own domains cannot be read")
            .permission(needs::organization(connection.identity.kind));
    }
    if let Err(failure) = refusals::own_people(settings, survey, connection) {
        return Check::failed(NAME, failure);
    }
    match survey.in_own_domains(|domain| connection.domains.is_own(domain)) {
        0 => Check::pass(NAME, "nobody on the sheet is in the tenant's own domains"),
        own => Check::pass(
            NAME,
            format!(
                "{} in the tenant's own domains",
                plural_of(own, "person on the sheet is", "people on the sheet are")
            ),
        )
        .hint("people there are users, not guests: they are looked up, and not invited"),
    }
}

/// The tenant's allow or deny list.
async fn lists(survey: &Survey, connection: &Connection) -> Check {
    const NAME: &str = "domain-lists";
    let rules = match connection.graph.domain_rules().await {
        Ok(rules) => rules,
        Err(refused) => {
            return unread(
                NAME,
                "which domains guests may come from",
                refused,
                "Policy.Read.All",
            );
        }
    };
    match survey.in_own_domains(|domain| !rules.allow(domain)) {
        0 => Check::pass(
            NAME,
            "the tenant takes guests from every domain on the sheet",
        ),
        kept_out => {
            let told = format!(
                "the tenant takes no guests from the domains of {}",
                plural_of(kept_out, "person", "people")
            );
            let check = if kept_out < survey.guests {
                Check::some_rows(NAME, told)
            } else {
                Check::fail(NAME, Exit::SomeRowsNotDone, told)
            };
            check.hint("an administrator can change the list under External collaboration settings")
        }
    }
}

/// Whether Microsoft delivers what the message column says.
async fn words(settings: &Settings, sheet: &LookedAt, connection: &Connection) -> Check {
    const NAME: &str = "words";
    let survey = &sheet.survey;
    let template = match MicrosoftWords::of(settings) {
        Ok(template) => template,
        Err(failure) => return Check::failed(NAME, failure),
    };
    if let Some(words) = &template {
        let send = settings.invite.send.value;
        let is_mailed = |guest: &Guest| guest.send.unwrap_or(send);
        if let Err(failure) = words.check_rows(&sheet.sheet, &sheet.rules, is_mailed) {
            return Check::failed(NAME, failure);
        }
    }
    let worded = match &template {
        Some(_) => survey.mailing,
        None => survey.worded,
    };
    if worded == 0 {
        return Check::pass(NAME, "no row carries a message of its own");
    }
    if settings.message.delivery.value == MailDelivery::None {
        let rows = text::plural_of(worded, "row carries", "rows carry");
        return Check::pass(NAME, format!("{rows} a message, and nobody is mailed"));
    }
    match refusals::words_will_arrive(settings, worded, connection) {
        Err(failure) => return Check::failed(NAME, failure),
        Ok(warnings) if !warnings.is_empty() => {
            return Check::cannot_tell(NAME, warnings.join("; "));
        }
        Ok(_) => {}
    }
    let rows = plural_of(worded, "row carries", "rows carry");
    let arrive = format!("{rows} a message, and a signed-in user invites: Microsoft delivers them");
    if connection.identity.kind != IdentityKind::Delegated {
        return Check::pass(NAME, arrive);
    }
    match connection.graph.my_mail().await {
        Ok(Some(_)) => Check::pass(NAME, arrive),
        Ok(None) => Check::cannot_tell(
            NAME,
            format!("{rows} a message, and the signed-in user has no mail address"),
        )
        .hint(
            "Microsoft leaves the words of a user without a mailbox out: sign in as one who has it",
        ),
        Err(refused) => unread(
            NAME,
            "whether the signed-in user has a mailbox",
            refused,
            "User.Read",
        ),
    }
}
