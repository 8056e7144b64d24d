//! What can refuse a run before anything is sent, and the settings boiled down to what the engine needs.

use super::{
    super::connect::Connection,
    survey::{self, Survey},
};
use crate::{
    directory::InvitationPolicy,
    engine::{Existing, Options, Precheck, Selection},
    exit::Exit,
    failure::{Failure, Result},
    graph::{self, Class, Fault},
    guest::EmailAddress,
    ledger::Ledger,
    message::Delivery,
    pace::{self, PaceOptions},
    results::{self, FileKind, RunKind},
    settings::{self, OwnDomains, Rate, RowFilter, Settings, Sourced, Units, WhenDropped},
    sheet::{Field, RESULT_COLUMNS, Sheet},
    ui,
    ui::text,
};
use std::path::{Path, PathBuf};

/// What the smallest tenants may read (Graph: throttling limits, identity and access).
const SMALLEST_TENANT: u32 = 3_500;

/// Without a terminal nobody can be asked, so everything that matters has to be said.
pub(super) fn unattended(settings: &Settings, terminal: bool) -> Result<()> {
    let invite = &settings.invite;
    if invite.sandbox.value || invite.dry_run.value {
        return Ok(());
    }
    if !terminal && !invite.yes.value {
        return Err(
            Failure::usage("there is no terminal to ask on, and --yes is not given")
                .hint("look first with --dry-run; then add --yes to invite without being asked"),
        );
    }
    if terminal && !invite.yes.value {
        return Ok(());
    }
    if !settings.tenant_is_named() {
        return Err(Failure::usage("with --yes the tenant has to be named: by --tenant, GUESTLIST_TENANT_ID or [tenant] id")
            .hint("AZURE_* variables and `az login` may be there for other tools, and do not say which tenant is meant"));
    }
    if !settings.ledger_is_named() {
        return Err(Failure::usage(
            "with --yes the ledger has to be named: by --ledger, GUESTLIST_INVITE_LEDGER or [invite] ledger",
        )
        .hint("the ledger knows who has been mailed: a run that looks in the wrong folder would not know it"));
    }
    Ok(())
}

/// Results and the JSON object cannot both go to standard output.
pub(super) fn one_thing_on_stdout(settings: &Settings, json: bool) -> Result<()> {
    let results = settings.invite.results.as_ref();
    if json && results.is_some_and(|results| results.value == Path::new(results::STDOUT)) {
        return Err(
            Failure::usage("--json and `-o -` both write to standard output")
                .hint("name a file with -o, or leave --json away"),
        );
    }
    Ok(())
}

/// Where results and to-fix rows go.
#[derive(Debug)]
pub(super) struct Targets {
    pub results: PathBuf,
    pub to_fix: PathBuf,
}

pub(super) fn targets(settings: &Settings, typed: &Path, sheet: &Sheet) -> Targets {
    let kind = RunKind {
        workbook: sheet.tab().is_some(),
        dry_run: settings.invite.dry_run.value,
        practice: settings.invite.sandbox.value,
    };
    let default = results::default_paths(typed, kind);
    let chosen = |path: &Option<Sourced<PathBuf>>, default| {
        path.as_ref().map_or(default, |path| path.value.clone())
    };
    Targets {
        results: chosen(&settings.invite.results, default.results),
        to_fix: chosen(&settings.invite.to_fix, default.to_fix),
    }
}

impl Targets {
    pub(super) fn check(&self, typed: &Path, sheet: &Sheet, ledger: &Path) -> Result<()> {
        let columns = RESULT_COLUMNS.len() + sheet.header().names.len();
        if results::is_workbook(&self.results) && columns > results::WORKBOOK_COLUMNS {
            return Err(Failure::new(
                Exit::SheetRefused,
                format!(
                    "with the results beside them, the sheet's {} columns do not fit into a workbook",
                    sheet.header().names.len()
                ),
            )
            .hint("look for a stray cell far to the right and delete it, or write text: -o results.csv"));
        }
        for (target, flag) in [(&self.results, "-o"), (&self.to_fix, "--to-fix")] {
            if results::same_place(target, ledger) {
                return Err(Failure::usage(format!(
                    "{flag} names the ledger, {}, which would be lost",
                    ledger.display()
                ))
                .hint(format!("name another file with {flag}")));
            }
        }
        results::check_target(&self.results, FileKind::Results, typed)?;
        results::check_target(&self.to_fix, FileKind::ToFix, typed)?;
        if results::same_place(&self.results, &self.to_fix) {
            return Err(
                Failure::usage("results and to-fix rows cannot go into one file")
                    .hint("change -o or --to-fix"),
            );
        }
        Ok(())
    }
}

/// A sheet that is mostly wrong is probably the wrong sheet.
pub(in crate::commands) fn sheet_is_good_enough(
    settings: &Settings,
    survey: &Survey,
    typed: &Path,
) -> Result<()> {
    if let Some(share) = &settings.invite.max_invalid
        && share.value.is_exceeded_by(survey.invalid, survey.rows)
    {
        return Err(Failure::new(
            Exit::SheetRefused,
            format!(
                "{} of {} rows are invalid, more than {}",
                survey.invalid, survey.rows, share
            ),
        )
        .hint(format!(
            "`guestlist check {}` shows what is wrong with them",
            typed.display()
        )));
    }
    Ok(())
}

/// A sheet that is mostly the tenant's own people is the wrong sheet, or the tenant is the wrong one; unless they are to
/// be left out, which is said.
pub(in crate::commands) fn own_people(
    settings: &Settings,
    survey: &Survey,
    connection: &Connection,
) -> Result<Option<String>> {
    let own = survey.selected_in_own_domains(|domain| connection.domains.is_own(domain));
    let tenant = connection
        .tenant
        .name
        .as_deref()
        .unwrap_or(&connection.tenant.id);
    if settings.invite.own_domains.value == OwnDomains::Skip {
        let rows = text::plural_of(own, "row is", "rows are");
        return Ok((own > 0).then(|| {
            format!("{rows} left out: their addresses are in {tenant}'s own domains, and people there are users, not guests")
        }));
    }
    if own * 2 <= survey.selected {
        return Ok(None);
    }
    let of = if survey.selected == survey.guests {
        "people on the sheet"
    } else {
        "people selected by --only"
    };
    Err(Failure::new(
        Exit::SheetRefused,
        format!("{own} of {} {of} are in {tenant}'s own domains: people there are users, not guests", survey.selected),
    )
    .hint("this is the wrong sheet, or the wrong tenant: see --tenant")
    .hint("if both are right, --own-domains skip leaves these rows out and invites the others; nothing was sent"))
}

/// Where nobody may invite, asking once per row would only make noise.
pub(super) fn invitations_are_on(policy: &InvitationPolicy, connection: &Connection) -> Result<()> {
    if !policy.switched_off {
        return Ok(());
    }
    let tenant = connection.tenant.name.as_deref();
    let fault = Fault::new(graph::catalogue::INVITATIONS_OFF, Class::Tenant, "");
    let what = format!(
        "{} lets nobody invite guests: allowInvitesFrom is \"none\" [{}]; nothing was sent",
        tenant.unwrap_or(&connection.tenant.id),
        fault.code
    );
    Err(Failure {
        what,
        ..fault.into()
    })
}

/// Microsoft drops custom words when an app invites, and does not say so: we do, before anything is sent.
pub(in crate::commands) fn words_will_arrive(
    settings: &Settings,
    survey: &Survey,
    connection: &Connection,
) -> Result<Vec<String>> {
    if survey.worded == 0 {
        return Ok(Vec::new());
    }
    let rows = ui::text::plural_of(survey.worded, "row carries", "rows carry");
    match (Delivery::of(&connection.identity), settings.message.when_dropped.value) {
        (Delivery::Delivered, _) => Ok(Vec::new()),
        (Delivery::CannotTell, _) => Ok(vec![format!(
            "{rows} a message; the token does not say whether a user or an app invites, and Microsoft drops the message of an app"
        )]),
        (Delivery::Dropped, WhenDropped::SendAnyway) => Ok(vec![format!(
            "{rows} a message, and Microsoft drops it: an app invites, not a user (when_dropped = \"send-anyway\")"
        )]),
        (Delivery::Dropped, WhenDropped::Refuse) => Err(Failure::new(
            Exit::SheetRefused,
            format!("{rows} a message, and Microsoft would drop it without a word: an app is signed in, not a user"),
        )
        .hint("sign in as a user with a mailbox, for example with `az login` and [auth] method = \"azure-cli\"")
        .hint("or take the message column out, or say [message] when_dropped = \"send-anyway\"; nothing was sent")),
    }
}

/// Columns that are understood, kept and returned, and that an invitation cannot carry: said aloud, so that nobody
/// relies on them.
pub(super) fn columns_not_set(sheet: &Sheet) -> Option<String> {
    const AFTERWARDS: [Field; 6] = [
        Field::Company,
        Field::Department,
        Field::JobTitle,
        Field::UsageLocation,
        Field::Manager,
        Field::Groups,
    ];
    let header = sheet.header();
    let names: Vec<String> = AFTERWARDS
        .iter()
        .filter_map(|field| header.column_of(*field))
        .map(|column| header.name(column))
        .collect();
    let (these, are) = if names.len() == 1 {
        ("the column", "is")
    } else {
        ("the columns", "are")
    };
    (!names.is_empty()).then(|| {
        format!(
            "{these} {} {are} returned in the results, and not set in the directory: an invitation carries only the name",
            text::list(&names)
        )
    })
}

/// Landing pages that the sheet names and the settings do not: a column of profile links would send guests astray.
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
            "by the sheet's own word, guests land on {listed}; without it on {}",
            own.unwrap_or_default()
        )
    })
}

/// How fast, and under which ceilings.
pub(super) fn pace(settings: &Settings, ledger: &Ledger) -> Result<PaceOptions> {
    let rate = settings.invite.rate.value;
    // `max` is for loopback: there the documented ceilings are the stand-in's own affair, unless they were asked for.
    let ceiling = |ceiling: &Sourced<u32>| {
        if rate == Rate::Max && !ceiling.is_named() {
            0
        } else {
            ceiling.value
        }
    };
    let units = &settings.pace.resource_units_per_10s;
    Ok(PaceOptions {
        rate: match rate {
            Rate::Max => pace::Rate::Max,
            Rate::PerSecond(rate) => pace::Rate::Fixed(rate),
            Rate::Auto => pace::Rate::Auto {
                verified: verified(settings, ledger)?,
            },
        },
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

/// How many invitations have proved that the tenant bears them; a practice tenant bears all.
fn verified(settings: &Settings, ledger: &Ledger) -> Result<u64> {
    if settings.invite.sandbox.value {
        return Ok(pace::PROVEN_RATE);
    }
    Ok(ledger.reader()?.verified()?)
}

pub(super) fn options(settings: &Settings) -> Result<Options> {
    let invite = &settings.invite;
    let precheck = match invite.precheck.value {
        settings::Precheck::Auto => Precheck::Auto,
        settings::Precheck::Each => Precheck::Each,
        settings::Precheck::Snapshot => Precheck::Snapshot,
        settings::Precheck::Off => Precheck::Off,
    };
    if precheck == Precheck::Off && !invite.accept_second_mail.value {
        return Err(Failure::usage(
            "without a pre-check people who are guests already would be mailed again",
        )
        .hint("leave --precheck off away, or say --accept-second-mail"));
    }
    Ok(Options {
        dry_run: invite.dry_run.value,
        send: invite.send.value,
        redirect_url: invite.redirect_url.value.clone(),
        selection: selection(&invite.only.value)?,
        precheck,
        existing: match invite.existing.value {
            settings::Existing::Skip => Existing::Skip,
            settings::Existing::Relink => Existing::Relink,
        },
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

/// Enough workers to keep the rate with an answer that takes a second and a half.
fn workers(settings: &Settings) -> usize {
    match settings.invite.rate.value {
        Rate::Max => 64,
        Rate::PerSecond(rate) => ((rate * 1.5).ceil() as usize).clamp(2, 64),
        Rate::Auto => 12,
    }
}

pub(super) fn selection(only: &[RowFilter]) -> Result<Selection> {
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
