//! `sendMail`: a mail of our own, out of a mailbox of the tenant. Sent once; what may have left is never sent again.
//!
//! Must not wait for a rate or write anything down: whoever calls has done both. Only the gate is looked at once more.

use super::{
    answer::{Attempt, Ending},
    catalogue,
    client::{Call, Graph, Read, Renewals},
    fault::{Author, Class, Fault},
    odata,
    wire::DirectoryUser,
};
use crate::pace::Kind;
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

/// A 202 has no body.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What became of a mail.
#[derive(Debug, Clone)]
pub(crate) enum MailVerdict {
    /// 202.
    HandedOver,
    /// Not performed, as far as is known: the mailbox sends too fast, or nothing left. It may be sent later.
    Later(Fault),
    /// Never to this person.
    Refused(Fault),
    /// Never from this mailbox, or the run is to stop. Nothing was sent.
    Stop(Fault),
    /// It may have left.
    Unknown(Fault),
}

/// What became of it, with what is worth remembering.
#[derive(Debug, Clone)]
pub(crate) struct MailReply {
    pub status: Option<u16>,
    pub request_id: Option<String>,
    pub verdict: MailVerdict,
}

impl Graph {
    /// Sends a message from a mailbox. A token that went stale on the way is renewed and the same sent again: a 401 says
    /// that nothing was done.
    pub(crate) async fn send_mail(&self, mailbox: &str, message: &Value) -> MailReply {
        let mut id = Uuid::new_v4().to_string();
        let attempt = match self.attempt_mail(mailbox, message, &mut id).await {
            Ok(attempt) => attempt,
            Err(fault) => {
                let fault = fault.with_client_request_id(&id);
                let verdict = match fault.class {
                    Class::NotSent => MailVerdict::Later(fault),
                    _ => MailVerdict::Stop(fault),
                };
                return MailReply {
                    status: None,
                    request_id: None,
                    verdict,
                };
            }
        };
        let mut reply = MailReply {
            status: None,
            request_id: None,
            verdict: judge(&attempt, &id),
        };
        if let Attempt::Answered(answer) = attempt {
            reply.status = Some(answer.status);
            reply.request_id = answer.request_id;
        }
        reply
    }

    /// Waits for all that a mail would wait for, so that it leaves at once when its intent is written down.
    pub(crate) async fn ready_to_mail(&self) -> Result<(), Fault> {
        loop {
            self.unless_stopped(self.0.pace.gate()).await??;
            self.unless_stopped(self.0.tokens.token()).await??;
            if self.is_open() {
                return Ok(());
            }
        }
    }

    /// Whether nothing asks to wait, and the run goes on.
    pub(crate) fn is_open(&self) -> bool {
        self.0.pace.closed().is_none() && !self.1.is_raised()
    }

    /// What is left of a wait that Graph itself asked for.
    pub(crate) fn asked_to_wait(&self) -> Option<Duration> {
        self.0.pace.asked_for()
    }

    /// Whether there is such a mailbox, as far as the sign-in may know: false where it may not read people. That a user
    /// has a mail address does not prove that Exchange keeps the mailbox; that there is none proves that it does not.
    pub(crate) async fn sees_mailbox(&self, mailbox: &str) -> Result<bool, Fault> {
        let select = "id,mail,externalUserState";
        let path = format!("/users/{}?$select={select}", odata::encode(mailbox));
        let none = |why: &str| Fault::new(catalogue::NO_MAILBOX, Class::Address, why);
        match self.get::<DirectoryUser>(&path, Read::ONE).await {
            Ok(user) if user.external_user_state.is_some() => Err(none(
                "the address belongs to a guest, whose mailbox is elsewhere",
            )),
            Ok(user) if user.mail.is_none() => Err(none("the user has no mail address")),
            Ok(_) => Ok(true),
            Err(mut fault) if fault.class == Class::Absent => {
                fault.code = catalogue::NO_MAILBOX;
                fault.class = Class::Address;
                Err(fault)
            }
            Err(fault) if fault.class == Class::Permission => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn attempt_mail(
        &self,
        mailbox: &str,
        message: &Value,
        id: &mut String,
    ) -> Result<Attempt, Fault> {
        let path = format!("/users/{}/sendMail", odata::encode(mailbox));
        let call = Call {
            changes: true,
            ..self.call(Method::POST, &path, Some(message), Read::ONE)?
        };
        let mut renewals = Renewals::default();
        loop {
            let token = self.unless_stopped(self.0.tokens.token()).await??;
            let sent = self
                .send(&call, Kind::Read, &token, id, LONGEST_ANSWER)
                .await?;
            let is_stale = matches!(&sent.attempt, Attempt::Answered(answer)
                if answer.status == 401 && Fault::of(answer).class == Class::Token);
            if !is_stale || !self.renew(&token, &sent.attempt, &mut renewals).await? {
                return Ok(sent.attempt);
            }
            if let Attempt::Answered(answer) = &sent.attempt {
                self.count_retry("mail", &Fault::of(answer));
            }
            *id = Uuid::new_v4().to_string();
        }
    }
}

fn judge(attempt: &Attempt, id: &str) -> MailVerdict {
    let answer = match attempt {
        Attempt::Answered(answer) => answer,
        Attempt::NotConnected(unreached) => {
            let fault = Fault::unreached(unreached).with_client_request_id(id);
            return match fault.class {
                Class::NotSent => MailVerdict::Later(fault),
                _ => MailVerdict::Stop(fault),
            };
        }
        Attempt::NoAnswer(why) => {
            let fault = Fault::new(catalogue::NO_ANSWER, Class::Unsettled, why);
            return MailVerdict::Unknown(fault.with_client_request_id(id));
        }
    };
    // A portal's page has no header of Graph on it.
    if answer.status == 202 && answer.has_graph_header {
        return MailVerdict::HandedOver;
    }
    let mut fault = Fault::of(answer).with_client_request_id(id);
    if answer.status < 300 && answer.ending != Ending::Whole {
        return MailVerdict::Unknown(fault);
    }
    let says_no = (400..500).contains(&answer.status) && answer.status != 408;
    if fault.author != Some(Author::Graph) || !says_no {
        return MailVerdict::Unknown(fault);
    }
    match (answer.status, fault.class) {
        (_, Class::Throttled) | (429, _) => MailVerdict::Later(fault),
        (_, Class::Unsettled | Class::NotGraph | Class::NotYet) => MailVerdict::Unknown(fault),
        (_, Class::Token | Class::Tenant | Class::SignIn | Class::SignInLater) => {
            MailVerdict::Stop(fault)
        }
        (403, _) if is_used_up(&fault.graph_code) => {
            fault.code = catalogue::MAILBOX_LIMIT;
            fault.class = Class::Throttled;
            MailVerdict::Stop(fault)
        }
        (404, _) => {
            fault.code = catalogue::NO_MAILBOX;
            fault.class = Class::Address;
            MailVerdict::Stop(fault)
        }
        (403, _) | (_, Class::Permission) => {
            fault.code = catalogue::MAY_NOT_SEND_MAIL;
            fault.class = Class::Permission;
            MailVerdict::Stop(fault)
        }
        _ => {
            fault.code = catalogue::MAIL_REFUSED;
            fault.class = Class::Person;
            MailVerdict::Refused(fault)
        }
    }
}

/// Whether the mailbox has sent as much as it may for now.
fn is_used_up(graph_code: &str) -> bool {
    const KNOWN: [&str; 4] = [
        "ErrorExceededMessageLimit",
        "ErrorMessageSubmissionBlocked",
        "ErrorSubmissionQuotaExceeded",
        "ErrorQuotaExceeded",
    ];
    KNOWN
        .iter()
        .any(|known| graph_code.eq_ignore_ascii_case(known))
}
