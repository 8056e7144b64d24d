//! From the settings to what the engine and the pace need.

use crate::{
    engine::{MailBy, Options, Precheck, Selection},
    failure::{Failure, Result},
    guest::EmailAddress,
    ledger::Ledger,
    pace::{self, PaceOptions, Rate},
    settings::{MailDelivery, RowFilter, Settings, Sourced, Units},
};

/// Resource units for ten seconds in the smallest tenants (Graph: throttling limits, identity and access).
const SMALLEST_TENANT: u32 = 3_500;

/// How fast invitations go out, and under which limits.
pub(in crate::commands) fn pace(settings: &Settings, ledger: &Ledger) -> Result<PaceOptions> {
    let rate = settings.invite.rate.value;
    // `max` is for loopback only: the documented limits do not count there, unless somebody set them.
    let ceiling = |ceiling: &Sourced<u32>| {
        if rate == Rate::Max && !ceiling.is_named() {
            0
        } else {
            ceiling.value
        }
    };
    let units = &settings.pace.resource_units_per_10s;
    Ok(PaceOptions {
        rate,
        verified: verified(settings, ledger)?,
        invites_per_5s: ceiling(&settings.pace.invites_per_5s),
        writes_per_150s: ceiling(&settings.pace.writes_per_150s),
        resource_units_per_10s: match units.value {
            Units::Fixed(units) => units,
            Units::ByTenantSize if rate == Rate::Max => 0,
            Units::ByTenantSize => SMALLEST_TENANT,
        },
        ..PaceOptions::default()
    })
}

/// How many invitations were verified, which decides how fast a run begins. A practice tenant takes the highest rate.
fn verified(settings: &Settings, ledger: &Ledger) -> Result<u64> {
    if settings.invite.sandbox.value {
        return Ok(pace::PROVEN_RATE);
    }
    Ok(ledger.reader()?.verified()?)
}

pub(super) fn options(settings: &Settings) -> Result<Options> {
    let invite = &settings.invite;
    let precheck = invite.precheck.value;
    if precheck == Precheck::Off && !invite.accept_second_mail.value {
        return Err(Failure::usage(
            "without a pre-check people who are guests already would be mailed again",
        )
        .hint("leave --precheck off away, or say --accept-second-mail"));
    }
    Ok(Options {
        dry_run: invite.dry_run.value,
        send: invite.send.value,
        mail_by: match settings.message.delivery.value {
            MailDelivery::Microsoft => MailBy::Microsoft,
            MailDelivery::Graph | MailDelivery::Smtp => MailBy::Ourselves,
            MailDelivery::None => MailBy::Nobody,
        },
        redirect_url: invite.redirect_url.value.clone(),
        words_of: None,
        selection: selection(&invite.only.value)?,
        precheck,
        existing: invite.existing.value,
        update_existing: invite.update_existing.value,
        retry_refused: invite.retry_refused.value,
        again: invite.again.value,
        max_invites: invite.max_invites.as_ref().map(|cap| cap.value),
        daily_cap: invite.daily_cap.as_ref().map(|cap| cap.value),
        cap_wait: invite.cap_wait.value,
        max_failures: invite.max_failures.value,
        settle: invite.settle.value,
        ask_again_after: invite.ask_again_after.value,
        workers: invite
            .workers
            .as_ref()
            .map_or_else(|| workers(settings), |workers| workers.value),
        workers_follow_rate: invite.workers.is_none(),
    })
}

/// Enough workers to keep the rate when an answer takes a second and a half.
fn workers(settings: &Settings) -> usize {
    match settings.invite.rate.value {
        Rate::Max => 64,
        Rate::PerSecond(rate) => ((rate * 1.5).ceil() as usize).clamp(2, 64),
        Rate::Auto => 12,
    }
}

pub(in crate::commands) fn selection(only: &[RowFilter]) -> Result<Selection> {
    let mut selection = Selection::default();
    for one in only {
        match one {
            RowFilter::Row(row) => selection.rows.push(*row),
            RowFilter::Domain(domain) => selection.domains.push(domain.clone()),
            RowFilter::Address(address) => {
                let parsed = EmailAddress::parse(address).map_err(|_| {
                    Failure::usage(format!(
                        "--only {address}: this is not an address that could be invited"
                    ))
                })?;
                selection.addresses.push(parsed.key().to_owned());
            }
        }
    }
    Ok(selection)
}
