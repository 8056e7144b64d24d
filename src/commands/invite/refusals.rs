//! The reasons to refuse a run before anything is sent: in the command, on the sheet and in the tenant.
//!
//! Must not print.

use super::{super::connect::Connection, survey::Survey};
use crate::{
    directory::InvitationPolicy,
    exit::Exit,
    failure::{Failure, Result, fragment},
    graph::{
        self, Class, Fault, Graph,
        auth::{
            MethodName,
            advice::{self, Refusal},
        },
    },
    message::Delivery,
    results,
    settings::{MailDelivery, OwnDomains, Settings, WhenDropped},
    ui::text,
};
use std::path::Path;

/// Without a terminal nobody can be asked, so tenant and ledger must be named.
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
            "with --yes the ledger has to be named: by --ledger (as in --ledger guestlist.db), GUESTLIST_INVITE_LEDGER or [invite] ledger",
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

/// A sheet with many invalid rows is probably the wrong sheet.
pub(in crate::commands) fn too_many_invalid_rows(
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

/// If most people on a sheet are in the tenant's own domains, the sheet or the tenant is the wrong one. With `skip` these
/// people are left out, and the returned sentence says so.
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

/// If nobody may invite guests into this tenant, no request is sent.
pub(super) fn invitations_are_off(
    policy: &InvitationPolicy,
    connection: &Connection,
) -> Result<()> {
    if !policy.switched_off {
        return Ok(());
    }
    let tenant = connection.tenant.name.as_deref();
    let what = format!(
        "{} lets nobody invite guests: allowInvitesFrom is \"none\" [{}]; nothing was sent",
        tenant.unwrap_or(&connection.tenant.id),
        graph::catalogue::INVITATIONS_OFF
    );
    Err(Failure {
        what,
        ..invitations_off(&connection.graph)
    })
}

/// Nobody may invite. No permission and no role helps; the advice says what does, for this way of signing in.
pub(in crate::commands) fn invitations_off(graph: &Graph) -> Failure {
    let fault = Fault::new(graph::catalogue::INVITATIONS_OFF, Class::Tenant, "");
    let method = graph.method().unwrap_or(MethodName::Token);
    match advice::advice(Refusal::NobodyInvites, method, None) {
        Some(advice) => Failure::new(fault.exit(), fault.to_string())
            .hint(fragment(&advice.fix))
            .hint(format!("who can: {}", advice.who)),
        None => fault.into(),
    }
}

/// When an app invites, Microsoft drops custom messages silently. This is reported before anything is sent.
pub(in crate::commands) fn words_will_arrive(
    settings: &Settings,
    worded: u64,
    connection: &Connection,
) -> Result<Vec<String>> {
    if worded == 0 || settings.message.delivery.value != MailDelivery::Microsoft {
        return Ok(Vec::new());
    }
    let rows = text::plural_of(worded, "row carries", "rows carry");
    if connection.is_external {
        let lost = format!(
            "{rows} a message, and Microsoft sends no mail in {}, an external tenant",
            connection.place()
        );
        return match settings.message.when_dropped.value {
            WhenDropped::SendAnyway => Ok(vec![format!("{lost} (when_dropped = \"send-anyway\")")]),
            WhenDropped::Refuse => Err(Failure::new(Exit::SheetRefused, lost)
                .hint("[message] delivery = \"graph\" or \"smtp\" sends the words in a mail of your own")
                .hint("or take the message column out, or say [message] when_dropped = \"send-anyway\"; nothing was sent")),
        };
    }
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
            format!("{rows} a message, and Microsoft would drop it silently, because an app is signed in and not a user"),
        )
        .hint("sign in as a user with a mailbox, for example with `az login` and [auth] method = \"azure-cli\"")
        .hint("or take the message column out, or say [message] when_dropped = \"send-anyway\"; nothing was sent")),
    }
}
