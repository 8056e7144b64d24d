//! What came of one attempt to send a mail, whichever way it went: its state for the ledger, and how it goes on.
//!
//! Must not send or wait.

use super::smtp_trouble::{ServerTrouble, SmtpEnd};
use crate::{
    graph::{
        Fault,
        send_mail::{MailReply, MailVerdict},
    },
    ledger::OwnMailState,
};

pub(super) struct MailAttempt {
    pub state: OwnMailState,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    /// Words for a person; they may hold an address.
    pub why: String,
    /// A code for the ledger.
    pub detail: Option<String>,
    pub next: Next,
}

pub(super) enum Next {
    Done,
    /// The mailbox asks to slow down: the same mail again, after the wait.
    Again,
    /// The mail server is not there: the same mail again, after a pause.
    Unreached(ServerTrouble),
    /// The mail server broke off or answered too slowly: the next mail, unless that happens again and again.
    BrokenOff(ServerTrouble),
    /// No other mail either.
    Stop(Box<Fault>),
    StopServer(ServerTrouble),
}

impl MailAttempt {
    pub(super) fn new(state: OwnMailState, status: Option<u16>, why: String, detail: &str) -> Self {
        Self {
            state,
            status,
            request_id: None,
            why,
            detail: Some(detail.to_owned()),
            next: Next::Done,
        }
    }

    pub(super) fn by_graph(reply: MailReply) -> Self {
        use OwnMailState::{Due, HandedOver, Refused, Unknown};
        let (state, fault, next) = match reply.verdict {
            MailVerdict::HandedOver => (HandedOver, None, Next::Done),
            MailVerdict::Later(fault) => (Due, Some(fault), Next::Again),
            MailVerdict::Refused(fault) => (Refused, Some(fault), Next::Done),
            MailVerdict::Unknown(fault) => (Unknown, Some(fault), Next::Done),
            MailVerdict::Stop(fault) => {
                let next = Next::Stop(Box::new(fault.clone()));
                (Due, Some(fault), next)
            }
        };
        Self {
            state,
            status: reply.status,
            request_id: reply.request_id,
            why: fault.as_ref().map(in_words).unwrap_or_default(),
            detail: fault.map(|fault| fault.code.as_str().to_owned()),
            next,
        }
    }

    pub(super) fn by_smtp(end: SmtpEnd) -> Self {
        use OwnMailState::{Due, HandedOver, Refused, Unknown};
        match end {
            SmtpEnd::HandedOver { status } => {
                Self::new(HandedOver, Some(status), String::new(), "taken")
            }
            SmtpEnd::Due { status, why } => Self::new(Due, Some(status), why, "later"),
            SmtpEnd::Refused { status, why } => Self::new(Refused, Some(status), why, "never"),
            SmtpEnd::BrokenOff(trouble) => Self {
                next: Next::BrokenOff(trouble.clone()),
                ..Self::new(Due, None, trouble.told(), "broken-off")
            },
            SmtpEnd::Unknown(trouble) => Self {
                next: Next::BrokenOff(trouble.clone()),
                ..Self::new(Unknown, None, trouble.told(), "no-reply")
            },
            SmtpEnd::Server(trouble) => {
                let next = if trouble.may_pass() {
                    Next::Unreached(trouble.clone())
                } else {
                    Next::StopServer(trouble.clone())
                };
                Self {
                    next,
                    ..Self::new(Due, trouble.status, trouble.told(), "server")
                }
            }
        }
    }

    /// Whether the server said anything about this mail.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.next, Next::Unreached(_) | Next::BrokenOff(_))
    }
}

/// What a fault says, with the server's own words.
pub(super) fn in_words(fault: &Fault) -> String {
    match fault.message.as_str() {
        "" => fault.to_string(),
        said => format!("{fault}: {said}"),
    }
}
