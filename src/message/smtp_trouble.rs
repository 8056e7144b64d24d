//! What a mail server does to a mail, and what it means: sent, due, refused, or of unknown effect.
//!
//! Only a reply that is lost after the mail's own end leaves it unknown whether the mail left. Must not speak to a server.

use crate::{exit::Exit, failure::Failure, secrets, visible::visible_line};
use lettre::transport::smtp::{
    Error as SmtpError,
    response::{Response, Severity},
};
use std::{error::Error as _, fmt};

const LONGEST_SAID: usize = 300;

/// Where in the conversation something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Connecting,
    SigningIn,
    Sender,
    Recipient,
    Data,
    Mail,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SmtpEnd {
    HandedOver {
        status: u16,
    },
    /// Not sent; the server says that it may work later.
    Due {
        status: u16,
        why: String,
    },
    /// Not sent, and never to this person.
    Refused {
        status: u16,
        why: String,
    },
    /// Not sent; the server broke off, or gave no answer in time, before it had the whole mail.
    BrokenOff(ServerTrouble),
    /// The mail was sent, and the server's answer to it is lost.
    Unknown(ServerTrouble),
    /// Nothing was sent, and nothing else will be: the server or the sign-in is at fault.
    Server(ServerTrouble),
}

/// Why no mail at all can be sent through the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerTrouble {
    pub exit: Exit,
    pub status: Option<u16>,
    /// What follows on "the mail server".
    pub what: String,
    pub fix: &'static str,
}

impl ServerTrouble {
    /// One sentence, without the name of the server.
    pub(super) fn told(&self) -> String {
        format!("the mail server {}", self.what)
    }

    pub(crate) fn failure(&self, server: &impl fmt::Display) -> Failure {
        Failure::new(self.exit, format!("the mail server {server} {}", self.what)).hint(self.fix)
    }

    /// Whether the server was not reached, or did not speak: it may be there again in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        self.exit == Exit::TryAgain
    }
}

/// Something that did not go well.
pub(super) struct Trouble {
    pub phase: Phase,
    /// None: no answer.
    pub status: Option<u16>,
    pub is_tls: bool,
    /// Whether the server offers nothing that this program can do.
    pub is_mismatch: bool,
    pub why: String,
}

/// `354` means "go on", and `250` "done": one instead of the other is no answer that tells.
pub(super) fn expected(
    phase: Phase,
    response: &Response,
    severity: Severity,
) -> std::result::Result<(), Trouble> {
    if response.code().severity == severity {
        return Ok(());
    }
    let why = format!("it answered {} where that is no answer", response.code());
    Err(Trouble {
        phase,
        ..Trouble::of_the_connection(why)
    })
}

/// What the server or the network said, in one line, without secrets.
fn said(error: &SmtpError) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        let deeper_words = deeper.to_string();
        if !words.contains(&deeper_words) {
            words = format!("{words}: {deeper_words}");
        }
        source = deeper.source();
    }
    let words = secrets::masked(&words);
    let mut line = visible_line(&words).into_owned();
    let mut end = LONGEST_SAID.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

fn is_about_certificates(error: &SmtpError) -> bool {
    let said = said(error).to_lowercase();
    // A server that does not speak TLS answers with something that TLS calls a corrupt message.
    let words = ["certificate", "tls", "corrupt message"];
    words.iter().any(|word| said.contains(word))
}

impl Trouble {
    /// What the client says, or the server through it.
    pub(super) fn said(phase: Phase, error: &SmtpError) -> Self {
        Self {
            phase,
            status: error.status().map(Into::into),
            is_tls: error.is_tls() || is_about_certificates(error),
            is_mismatch: error.is_client(),
            why: said(error),
        }
    }

    /// There is no connection, for this reason.
    pub(super) fn of_the_connection(why: String) -> Self {
        Self {
            phase: Phase::Connecting,
            status: None,
            is_tls: false,
            is_mismatch: false,
            why,
        }
    }

    pub(super) fn end(self) -> SmtpEnd {
        match (self.phase, self.status) {
            (Phase::Mail, None) => SmtpEnd::Unknown(self.of_the_server()),
            (Phase::Connecting | Phase::SigningIn, _) | (Phase::Sender, Some(500..)) => {
                SmtpEnd::Server(self.of_the_server())
            }
            (_, Some(status @ 500..)) => SmtpEnd::Refused {
                status,
                why: self.why,
            },
            (_, Some(status)) => SmtpEnd::Due {
                status,
                why: self.why,
            },
            (_, None) => SmtpEnd::BrokenOff(self.of_the_server()),
        }
    }

    pub(super) fn of_the_server(self) -> ServerTrouble {
        let Self {
            phase,
            status,
            is_tls,
            is_mismatch,
            why,
        } = self;
        let permanent = matches!(status, Some(500..));
        let (exit, what, fix) = match phase {
            Phase::Connecting if is_tls => (
                Exit::Usage,
                format!("cannot be spoken to in private: {why}"),
                "correct [smtp] host, port and security: \"tls\" speaks TLS from the first byte (port 465), \"starttls\" after the greeting (port 587); --ca-file or [tenant] ca_file trusts further certificates",
            ),
            Phase::Connecting => (
                Exit::TryAgain,
                format!("cannot be reached: {why}"),
                "check [smtp] host and port and the network, then run the same command again",
            ),
            Phase::SigningIn if permanent || is_mismatch => (
                Exit::Permission,
                format!("does not accept the sign-in: {why}"),
                "check [smtp] user and password, and whether the server lets this user send mail",
            ),
            Phase::Sender if permanent => (
                Exit::Permission,
                format!("does not accept mail from the address in [message] from: {why}"),
                "correct [message] from, or have whoever runs the mail server allow it",
            ),
            Phase::Mail if status.is_none() => (
                Exit::TryAgain,
                format!("does not say whether it has taken the mail: {why}"),
                "look at the log of the mail server, then run the same command again; whose mail may have left is not mailed again by itself",
            ),
            _ => (
                Exit::TryAgain,
                format!("takes no mail now: {why}"),
                "run the same command again later; mails that are due are sent then",
            ),
        };
        ServerTrouble {
            exit,
            status,
            what,
            fix,
        }
    }
}
