//! What an answer means: for an invitation, which is never simply repeated, and for a read, which may be.
//!
//! Pure functions. If it is in doubt what became of an invitation the verdict is `Unknown`, never "failed": it may have been
//! performed, and its mail may be out.

use super::{
    answer::{Answer, Attempt, Ending},
    catalogue,
    fault::{Author, Class, Fault},
    server_text,
    wire::{Invitation, InvitationAnswer},
};
use crate::{exit::Exit, problem::Code, redeem_link::is_redeem_link};
use secrecy::SecretString;
use std::time::Duration;

/// What became of one attempt to invite.
#[derive(Debug, Clone)]
pub(crate) enum Verdict {
    /// 201, with a user and a link.
    Done(Invitation),
    /// Not performed, as far as is known; may be sent again after the wait.
    RetryAfter {
        #[cfg_attr(
            not(test),
            expect(dead_code, reason = "the table of known answers shows it")
        )]
        after: Option<Duration>,
        fault: Fault,
    },
    /// Nothing was sent; may be sent again.
    NotSent { fault: Fault },
    /// The person is in the directory already.
    Exists {
        object_id: Option<String>,
        disabled: bool,
        fault: Fault,
    },
    /// Graph will never invite this person, or nobody of this domain.
    Refused { domain_wide: bool, fault: Fault },
    /// Nothing happened, for a reason that is not the person; not repeated in this run.
    Failed { fault: Fault },
    /// Graph said that going on is useless or does harm. Nothing happened for this row.
    Stop {
        #[cfg_attr(
            not(test),
            expect(dead_code, reason = "the table of known answers shows it")
        )]
        exit: Exit,
        fault: Fault,
    },
    /// It may have been performed. It is settled by looking, never by sending it again.
    Unknown { fault: Fault },
}

impl Verdict {
    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Done(_) => None,
            Self::RetryAfter { fault, .. }
            | Self::NotSent { fault }
            | Self::Exists { fault, .. }
            | Self::Refused { fault, .. }
            | Self::Failed { fault }
            | Self::Stop { fault, .. }
            | Self::Unknown { fault } => Some(fault),
        }
    }

    /// The fault that ends the run, whoever wrote the answer.
    pub(crate) fn run_stopping(&self) -> Option<&Fault> {
        match self {
            Self::Stop { fault, .. } => Some(fault),
            Self::Unknown { fault } if fault.class.stops_whoever_says_it() => Some(fault),
            _ => None,
        }
    }

    /// One word for the table of known answers.
    #[cfg(test)]
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::RetryAfter { .. } => "ask again later",
            Self::NotSent { .. } => "not sent",
            Self::Exists {
                disabled: false, ..
            } => "exists",
            Self::Exists { disabled: true, .. } => "exists, blocked",
            Self::Refused {
                domain_wide: false, ..
            } => "refused",
            Self::Refused {
                domain_wide: true, ..
            } => "refused for the domain",
            Self::Failed { .. } => "failed",
            Self::Stop { .. } => "stop the run",
            Self::Unknown { .. } => "unknown",
        }
    }
}

/// What an attempt to invite this address means. A 401 for an expired token has been handled before.
pub(crate) fn judge(attempt: &Attempt, email: &str) -> Verdict {
    let answer = match attempt {
        Attempt::Answered(answer) => answer,
        Attempt::NotConnected(unreached) => {
            let fault = Fault::unreached(unreached);
            return match fault.class {
                Class::NotSent => Verdict::NotSent { fault },
                _ => Verdict::Stop {
                    exit: fault.exit(),
                    fault,
                },
            };
        }
        Attempt::NoAnswer(why) => {
            return Verdict::Unknown {
                fault: Fault::new(catalogue::NO_ANSWER, Class::Unsettled, why),
            };
        }
    };
    if answer.status == 201 {
        return match invitation(answer, email) {
            Ok(invitation) => Verdict::Done(invitation),
            Err(fault) => Verdict::Unknown {
                fault: fault.with_answer(answer, None),
            },
        };
    }
    let fault = Fault::of(answer);
    // Only what Graph itself says, with a status that means "not performed", tells what became of the request.
    let says_no = (400..500).contains(&answer.status) && answer.status != 408;
    if fault.author != Some(Author::Graph) || !says_no {
        return Verdict::Unknown { fault };
    }
    match fault.class {
        Class::Exists | Class::ExistsBlocked => Verdict::Exists {
            object_id: fault.object_id.clone(),
            disabled: fault.class == Class::ExistsBlocked,
            fault,
        },
        Class::Person | Class::Request | Class::Already | Class::PageToken => Verdict::Refused {
            domain_wide: false,
            fault,
        },
        Class::Domain => Verdict::Refused {
            domain_wide: true,
            fault,
        },
        Class::NotYet | Class::Absent => Verdict::Failed { fault },
        Class::Throttled => Verdict::RetryAfter {
            after: answer.retry_after,
            fault,
        },
        Class::Tenant
        | Class::Permission
        | Class::Token
        | Class::Address
        | Class::SignIn
        | Class::SignInLater => Verdict::Stop {
            exit: fault.exit(),
            fault,
        },
        Class::NotSent => Verdict::NotSent { fault },
        Class::Unsettled | Class::NotGraph => Verdict::Unknown { fault },
    }
}

/// A 201 is accepted if it is whole, holds a user and a link, is not for another address, and its status is not `Error`. An
/// answer without an address is accepted too: nothing in it is wrong, and if a cloud never returned the property, no row
/// could ever be done.
fn invitation(answer: &Answer, email: &str) -> Result<Invitation, Fault> {
    if let Ending::Cut(why) = &answer.ending {
        return Err(Fault::new(catalogue::CUT_ANSWER, Class::Unsettled, why));
    }
    let parsed: InvitationAnswer = server_text::from_json(&answer.body).map_err(|_| {
        Fault::new(
            catalogue::CUT_ANSWER,
            Class::Unsettled,
            "the 201 is not an invitation",
        )
    })?;
    let status = parsed.status.unwrap_or_default();
    let incomplete = |why: &str| Fault::new(catalogue::HOLLOW_SUCCESS, Class::Unsettled, why);
    if status.eq_ignore_ascii_case("error") {
        return Err(incomplete("201 with status Error"));
    }
    let somebody_else = given(parsed.invited_user_email_address)
        .is_some_and(|named| named.trim().to_lowercase() != email.to_lowercase());
    if somebody_else {
        return Err(Fault::new(
            catalogue::SOMEBODY_ELSE,
            Class::Unsettled,
            "201 for another address than the one asked for",
        ));
    }
    let user = parsed
        .invited_user
        .ok_or_else(|| incomplete("201 without a user"))?;
    let user_id = given(user.id)
        .filter(|id| uuid::Uuid::try_parse(id).is_ok())
        .ok_or_else(|| incomplete("201 without a proper user id"))?;
    let link = given(parsed.invite_redeem_url).ok_or_else(|| incomplete("201 without a link"))?;
    if !is_redeem_link(&link) {
        return Err(incomplete("201 with a link that is no https address"));
    }
    Ok(Invitation {
        user_id,
        redeem_url: SecretString::from(link),
        status,
    })
}

fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

/// What became of one attempt to read, or to make a change that may be repeated.
#[derive(Debug, Clone)]
pub(crate) enum ReadVerdict {
    Done,
    /// May be sent again, after the wait or a backoff; on a new connection if the server was in trouble.
    Again {
        after: Option<Duration>,
        fault: Fault,
    },
    /// The token was not accepted: one refresh is worth trying.
    Refresh {
        fault: Fault,
    },
    No {
        fault: Fault,
    },
}

pub(crate) fn judge_read(attempt: &Attempt) -> ReadVerdict {
    let again = |code: Code, why: &str| ReadVerdict::Again {
        after: None,
        fault: Fault::new(code, Class::Unsettled, why),
    };
    let answer = match attempt {
        Attempt::Answered(answer) => answer,
        Attempt::NotConnected(unreached) => {
            let fault = Fault::unreached(unreached);
            return match fault.class {
                Class::NotSent => ReadVerdict::Again { after: None, fault },
                _ => ReadVerdict::No { fault },
            };
        }
        Attempt::NoAnswer(why) => return again(catalogue::NO_ANSWER, why),
    };
    if (200..300).contains(&answer.status) {
        return match &answer.ending {
            // The sign-in page of a network comes with a status of success.
            Ending::Whole if !answer.has_graph_header && !is_json(&answer.body) => {
                ReadVerdict::Again {
                    after: None,
                    fault: Fault::of(answer),
                }
            }
            Ending::Whole => ReadVerdict::Done,
            Ending::Cut(why) => again(catalogue::CUT_ANSWER, why),
            Ending::TooLong => {
                let fault = Fault::new(
                    catalogue::ANSWER_TOO_LONG,
                    Class::Request,
                    "the answer is longer than allowed",
                );
                ReadVerdict::No {
                    fault: fault.with_answer(answer, None),
                }
            }
        };
    }
    let fault = Fault::of(answer);
    match fault.class {
        Class::Token => ReadVerdict::Refresh { fault },
        // After a 501 another attempt does not help.
        Class::Unsettled if answer.status == 501 => ReadVerdict::No { fault },
        Class::Throttled | Class::Unsettled | Class::NotGraph => ReadVerdict::Again {
            after: answer.retry_after,
            fault,
        },
        _ => ReadVerdict::No { fault },
    }
}

fn is_json(body: &[u8]) -> bool {
    // Some services put a byte order mark before a number.
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}
