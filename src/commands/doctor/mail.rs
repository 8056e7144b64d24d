//! Who mails the guests: Microsoft, a mailbox of the tenant, or a mail server; and whether that can be done.
//!
//! Must not send a mail. Only what the settings ask for is looked at.

use super::{
    super::{connect::Connection, own_mail::OwnMail},
    common::{LookedAt, fault, grant, not_signed_in},
    needs::send_permission,
};
use crate::{
    exit::Exit,
    failure::Result,
    graph::IdentityKind,
    settings::{MailDelivery, Settings},
    ui::Check,
};

const MAIL: &str = "mail";
const MAY_SEND: &str = "mail-send";
const MAILBOX: &str = "mailbox";
const SERVER: &str = "mail-server";

/// The checks of whoever carries the mails. `own` is what the settings ask for; none where Microsoft mails, or nobody.
pub(super) async fn checks(
    settings: &Settings,
    own: Result<Option<OwnMail>>,
    connection: Option<&Connection>,
) -> (Vec<Check>, Option<OwnMail>) {
    let own = match own {
        Ok(Some(own)) => own,
        Ok(None) => {
            let external = connection.filter(|connection| connection.is_external);
            let by_microsoft = settings.message.delivery.value == MailDelivery::Microsoft;
            let check = external.filter(|_| by_microsoft).map(nobody_is_mailed);
            return (check.into_iter().collect(), None);
        }
        Err(failure) => return (vec![Check::failed(MAIL, failure)], None),
    };
    let mut checks = Vec::new();
    if let Some(connection) = connection.filter(|connection| !connection.is_external)
        && connection.organization_read
        && let Err(failure) = own.words.templates.have_the_redeem_link()
    {
        checks.push(Check::failed(MAIL, failure));
    }
    match (own.server(), connection) {
        (Some(name), _) => checks.push(server(settings, &own, &name).await),
        (None, Some(connection)) => {
            checks.push(may_send(&own, connection).await);
            checks.push(mailbox(&own, connection).await);
        }
        (None, None) => checks.extend([MAY_SEND, MAILBOX].map(not_signed_in)),
    }
    (checks, Some(own))
}

fn nobody_is_mailed(connection: &Connection) -> Check {
    Check::warn(
        MAIL,
        format!(
            "{} is an external tenant, in which Microsoft sends no mail: people are invited silently",
            connection.place()
        ),
    )
    .hint("[message] delivery = \"graph\" or \"smtp\" sends a mail of your own, which can lead to the app: {{ redirect_url }}")
}

/// The claims of the token, because only a mail would prove the permission.
async fn may_send(own: &OwnMail, connection: &Connection) -> Check {
    let (identity, mailbox) = (&connection.identity, own.from.address.as_str());
    let mut needed = send_permission(identity, mailbox);
    let is_app = identity.kind == IdentityKind::AppOnly;
    // The name in the token need not be the mail address.
    if needed == "Mail.Send.Shared"
        && let Ok(Some(mine)) = connection.graph.my_mail().await
        && mine.eq_ignore_ascii_case(mailbox)
    {
        needed = "Mail.Send";
    }
    let held = match needed {
        "Mail.Send" => super::needs::held(identity, &["Mail.Send", "Mail.Send.Shared"]),
        other => identity.holds(other),
    };
    match held {
        Some(true) => {
            let check = Check::pass(
                MAY_SEND,
                format!("the token holds {needed}, to mail from {mailbox}"),
            );
            if is_app {
                check.hint("with it an app may send from every mailbox of the tenant: an Exchange Administrator can limit it to this one, by RBAC for applications or an application access policy")
            } else if needed == "Mail.Send" {
                check
            } else {
                check.hint("the mailbox has to let the signed-in user send as it (Send As), which no permission of Graph shows")
            }
        }
        Some(false) => {
            let check = Check::fail(
                MAY_SEND,
                Exit::Permission,
                format!("the token may not send mail from {mailbox}"),
            )
            .permission(needed);
            let granted = grant(connection.graph.method(), needed);
            if is_app {
                check.hint(format!("{granted}\nwhere Exchange allows the app this mailbox by RBAC for applications, no token shows it, and the mails go out all the same"))
            } else {
                check.hint(granted)
            }
        }
        None => {
            Check::cannot_tell(MAY_SEND, "the token does not say what it may do").permission(needed)
        }
    }
}

async fn mailbox(own: &OwnMail, connection: &Connection) -> Check {
    let mailbox = own.from.address.as_str();
    match connection.graph.sees_mailbox(mailbox).await {
        Ok(true) => Check::pass(
            MAILBOX,
            format!("{mailbox} is a user of the tenant with a mail address"),
        ),
        Ok(false) => Check::cannot_tell(
            MAILBOX,
            format!("whether there is a mailbox {mailbox} cannot be read"),
        )
        .permission("User.Read.All"),
        Err(trouble) => {
            let check = fault(MAILBOX, trouble);
            Check {
                message: format!("{mailbox}: {}", check.message),
                ..check
            }
        }
    }
}

/// Reached, and signed in to, as for a mail.
async fn server(settings: &Settings, own: &OwnMail, name: &str) -> Check {
    if let Err(failure) = own.probe_server().await {
        return Check::failed(SERVER, failure);
    }
    let smtp = &settings.smtp;
    let certificate = match smtp.security.value {
        crate::message::Security::None => "",
        _ => ", and its certificate is trusted",
    };
    let sign_in = match &smtp.user {
        Some(user) => format!("; it takes the sign-in of {}", user.value),
        None => "; no sign-in is set".to_owned(),
    };
    Check::pass(
        SERVER,
        format!("{name} answers{certificate}{sign_in}; no mail was sent"),
    )
    .hint(format!(
        "whether it takes mails from {} shows only with the first mail",
        own.from.address.as_str()
    ))
}

/// Whether every row of the sheet has its words in a mail of our own.
pub(super) fn words(settings: &Settings, own: &OwnMail, sheet: &LookedAt) -> Check {
    const NAME: &str = "words";
    let send = settings.invite.send.value;
    let is_mailed = |guest: &crate::guest::Guest| guest.send.unwrap_or(send);
    match own.words.check_rows(&sheet.sheet, &sheet.rules, is_mailed) {
        Ok(()) => Check::pass(
            NAME,
            "every row that is to be mailed has its words, from the templates",
        ),
        Err(failure) => Check::failed(NAME, failure),
    }
}
