//! Mail of our own: what the settings ask for, checked before anything is sent, and the mails of a run.
//!
//! Who is mailed is decided here and nowhere else: people whose link the ledger knows and whose mail has not left.

mod check; // every row has its words
mod hints; // what the results say of a mail
mod pending; // who is still to be mailed
mod send; // the mails of a run, one after the other
mod words; // the words of a mail, whoever carries it

pub(in crate::commands) use check::{Wrong, every_row, word_warnings};
pub(in crate::commands) use hints::up_to_date;
pub(in crate::commands) use send::{MailTotals, MailsOf, send, stop_reason};
pub(in crate::commands) use words::{Names, OwnWords, placeholder};

use super::connect::Connection;
use crate::{
    clock::Clock,
    failure::{Failure, Result},
    graph::Graph,
    guest::Guest,
    ledger::{LedgerError, Reader, Writer},
    message::{
        MailPace, Mailer, NotRendered, Rendered, Security, Sender, Smtp, SmtpOptions, Transport,
    },
    pace::StopSignal,
    settings::{Env, MailDelivery, MessageSettings, Settings, Sourced},
    sheet::{Row, Sheet},
};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// How mail of our own is made and sent.
#[derive(Debug)]
pub(in crate::commands) struct OwnMail {
    pub words: Arc<OwnWords>,
    pub from: Sender,
    pub reply_to: Option<Sender>,
    pub pace: MailPace,
    /// The mail server; none where Graph sends.
    server: Option<Smtp>,
}

impl OwnMail {
    /// None where Microsoft mails, or nobody.
    pub(in crate::commands) fn of(settings: &Settings, env: &Env<'_>) -> Result<Option<Self>> {
        let message = &settings.message;
        let delivery = message.delivery.value;
        if matches!(delivery, MailDelivery::Microsoft | MailDelivery::None) {
            return Ok(None);
        }
        let from = message.from.as_ref().ok_or_else(|| {
            Failure::usage("mail of our own needs a sender, and [message] from is not set")
                .hint("write from = \"Name <address>\" below [message]: with delivery = \"graph\" a mailbox of the tenant")
        })?;
        let server = match delivery {
            MailDelivery::Smtp => Some(server(settings, env)?),
            _ => None,
        };
        let loopback = match delivery {
            MailDelivery::Smtp => settings.smtp.host.as_ref().is_some_and(is_loopback),
            _ => settings.is_loopback(),
        };
        let per_minute = &message.per_minute;
        if !loopback && (per_minute.value == 0 || per_minute.value > MessageSettings::PER_MINUTE) {
            return Err(Failure::usage(format!(
                "[message] per_minute = {}, {}: off loopback it can only be lowered, from {}",
                per_minute.value,
                per_minute.source,
                MessageSettings::PER_MINUTE
            )));
        }
        Ok(Some(Self {
            words: Arc::new(OwnWords::of(settings)?),
            from: from.value.clone(),
            reply_to: message
                .reply_to
                .as_ref()
                .map(|reply_to| reply_to.value.clone()),
            pace: MailPace {
                per_minute: per_minute.value,
                per_day: message.per_day.as_ref().map(|cap| cap.value),
            },
            server,
        }))
    }

    /// How long so many mails take at the pace of the mailbox.
    pub(in crate::commands) fn time_for(&self, mails: u64) -> Duration {
        self.pace
            .interval()
            .saturating_mul(u32::try_from(mails).unwrap_or(u32::MAX))
    }

    /// Finds out, without sending a mail, what can be known beforehand: whether the templates lead guests into this
    /// tenant, and whether the mail server takes the sign-in, or whether the mailbox exists.
    pub(in crate::commands) async fn probe(&self, connection: &Connection) -> Result<()> {
        if !connection.is_external {
            self.words.templates.have_the_redeem_link()?;
        }
        if self.server.is_some() {
            let probed = self.probe_server().await;
            return probed.map_err(|failure| failure.hint("nothing was sent"));
        }
        let found = connection
            .graph
            .sees_mailbox(self.from.address.as_str())
            .await;
        found.map(drop).map_err(|fault| {
            let failure = Failure::from(fault);
            Failure {
                what: format!("{}: {}", self.from.address.as_str(), failure.what),
                ..failure
            }
            .hint("nothing was sent")
        })
    }

    /// Reaches the mail server and signs in, without a mail; nothing where Graph sends.
    pub(in crate::commands) async fn probe_server(&self) -> Result<()> {
        let Some(server) = &self.server else {
            return Ok(());
        };
        let probed = Box::pin(server.probe()).await;
        probed.map_err(|trouble| trouble.failure(server))
    }

    /// The mail server, for showing; none where Graph sends.
    pub(in crate::commands) fn server(&self) -> Option<String> {
        self.server.as_ref().map(ToString::to_string)
    }

    /// Who carries the mails, for showing.
    pub(in crate::commands) fn by(&self) -> String {
        match &self.server {
            Some(server) => format!("{} by way of {server}, in our own words", self.from),
            None => format!("{}, in our own words", self.from),
        }
    }

    /// The words of a row.
    pub(in crate::commands) fn render(
        &self,
        sheet: &Sheet,
        row: &Row,
        guest: &Guest,
        redeem_url: &str,
        names: &Names,
    ) -> std::result::Result<Rendered, NotRendered> {
        self.words.render(sheet, row, guest, redeem_url, names)
    }

    /// What sends the mails of a run.
    pub(in crate::commands) fn mailer<'l>(
        &self,
        graph: &Graph,
        (writer, reader): (&'l Writer, &Reader),
        run: &str,
        clock: &Clock,
        stop: StopSignal,
    ) -> std::result::Result<Mailer<'l>, LedgerError> {
        let transport = match &self.server {
            Some(server) => Transport::Smtp(server.clone()),
            None => Transport::Graph(graph.clone()),
        };
        let mailbox = self.from.address.as_str();
        Mailer::new(
            transport,
            (writer, reader),
            run,
            mailbox,
            self.pace,
            clock,
            stop,
        )
    }
}

fn server(settings: &Settings, env: &Env<'_>) -> Result<Smtp> {
    let smtp = &settings.smtp;
    let host = smtp.host.as_ref().ok_or_else(|| {
        Failure::usage(
            "[message] delivery = \"smtp\" needs a mail server, and [smtp] host is not set",
        )
        .hint("write host = \"smtp.example.org\" below [smtp]")
    })?;
    let loopback = is_loopback(host);
    if settings.invite.sandbox.value && !loopback {
        return Err(Failure::usage(format!(
            "the practice tenant mails nobody, and {} is a real mail server ({})",
            host.value, host.source
        ))
        .hint("practise with [message] delivery = \"graph\", which the practice tenant takes, or with a mail server on this machine"));
    }
    let security = smtp.security.value;
    if security == Security::None && !loopback {
        return Err(Failure::usage(format!(
            "[smtp] security = \"none\", {}: in the open, mail goes to loopback only, not to {}",
            smtp.security.source, host.value
        ))
        .hint("write \"starttls\" or \"tls\""));
    }
    if smtp.user.is_some() != smtp.password.is_some() {
        let (there, missing) = match &smtp.user {
            Some(_) => ("user", "password"),
            None => ("password", "user"),
        };
        return Err(
            Failure::usage(format!("[smtp] {there} is set, and {missing} is not")).hint(
                "a server that wants a sign-in needs both; one that wants none needs neither",
            ),
        );
    }
    let password = smtp
        .password
        .as_ref()
        .map(|password| password.value.read(env));
    let default = match security {
        Security::Tls => 465,
        Security::StartTls => 587,
        Security::None => 25,
    };
    let port = smtp.port.as_ref().map_or(default, |port| port.value);
    let ca_file = settings.tenant.ca_file.as_ref();
    Smtp::new(SmtpOptions {
        host: host.value.clone(),
        port: u16::try_from(port).unwrap_or(default as u16),
        security,
        user: smtp.user.as_ref().map(|user| user.value.clone()),
        password: password.transpose()?,
        ca_file: ca_file.map(|file| file.value.as_path()),
    })
}

/// `localhost` counts by its name, as in RFC 6761.
fn is_loopback(host: &Sourced<String>) -> bool {
    let name = host.value.trim_matches(['[', ']']);
    let address = name.parse::<IpAddr>();
    address.map_or(name.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    })
}
