//! Turns the error of a credential, from whatever layer, into a fault with advice.
//!
//! Must not let secrets into the fault. What Entra says holds ids and times, never a secret or a token.

use super::{aadsts, catalogue as codes, transport::EntraAnswer};
use crate::{
    graph::fault::{Author, Class, Fault},
    problem::Code,
};
use std::{error::Error, time::Duration};

/// A failed attempt to get a token, and whether another may do better.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub fault: Fault,
    pub temporary: bool,
    pub retry_after: Option<Duration>,
    /// The OAuth error word, where there is one.
    pub said: String,
}

impl Trouble {
    pub(crate) fn lasting(fault: Fault) -> Self {
        Self {
            fault,
            temporary: false,
            retry_after: None,
            said: String::new(),
        }
    }

    /// Whether the sign-in service asks to send requests less often, or later.
    pub(crate) fn asks_to_slow_down(&self) -> bool {
        self.retry_after.is_some() || self.fault.status == Some(429)
    }

    fn passing(fault: Fault) -> Self {
        Self {
            temporary: true,
            ..Self::lasting(fault)
        }
    }
}

/// A refusal that waiting does not change.
pub(crate) fn refusal(code: Code, why: impl Into<String>) -> Fault {
    Fault::new(code, Class::SignIn, why)
}

/// Trouble that passes.
pub(crate) fn busy(code: Code, why: impl Into<String>) -> Fault {
    Fault::new(code, Class::SignInLater, why)
}

/// A fault on its way through `azure_core`.
pub(crate) fn as_error(fault: Fault) -> azure_core::Error {
    azure_core::Error::new(azure_core::error::ErrorKind::Credential, fault)
}

/// Something other than the sign-in service answered. That is not a refusal, and another attempt helps only if the status
/// is one of a passing fault.
fn from_between(answer: &EntraAnswer) -> Trouble {
    let mut fault = busy(codes::NOT_SIGN_IN_SERVICE, &answer.description);
    fault.status = Some(answer.status);
    fault.author = Some(Author::Between);
    Trouble {
        temporary: passes(&fault),
        retry_after: answer.retry_after,
        ..Trouble::lasting(fault)
    }
}

fn passes(fault: &Fault) -> bool {
    let lasts = fault.is_from_between() && !fault.status.is_some_and(is_unwell);
    fault.class == Class::SignInLater && !lasts
}

fn is_unwell(status: u16) -> bool {
    matches!(status, 408 | 429 | 500..=599)
}

pub(crate) fn too_slow() -> Trouble {
    Trouble::passing(busy(codes::SIGN_IN_BUSY, "no answer in time"))
}

pub(crate) fn interrupted() -> Fault {
    busy(codes::SIGN_IN_BUSY, "the sign-in was interrupted")
}

/// The fault that an error carries, when it is one of ours.
pub(crate) fn own_fault(error: &azure_core::Error) -> Option<Fault> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = cause {
        if let Some(fault) = inner.downcast_ref::<Fault>() {
            return Some(fault.clone());
        }
        cause = inner.source();
    }
    None
}

/// What an error of a credential means: our own fault if one is inside (the network's too), else what the
/// token endpoint said, else what a tool said.
pub(crate) fn fault_of(error: &azure_core::Error) -> Trouble {
    if let Some(fault) = own_fault(error) {
        return Trouble {
            temporary: passes(&fault),
            ..Trouble::lasting(fault)
        };
    }
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut words = String::new();
    while let Some(inner) = cause {
        if let Some(answer) = inner.downcast_ref::<EntraAnswer>() {
            return of_answer(answer);
        }
        let word = inner.to_string();
        if !words.contains(&word) {
            if !words.is_empty() {
                words.push_str(": ");
            }
            words.push_str(&word);
        }
        cause = inner.source();
    }
    of_words(&words)
}

/// What the token endpoint answered.
pub(crate) fn of_answer(answer: &EntraAnswer) -> Trouble {
    if answer.is_from_between {
        return from_between(answer);
    }
    let by_word = aadsts::word(&answer.error);
    let by_number = answer
        .numbers
        .iter()
        .find_map(|number| aadsts::meaning(*number));
    let known = match answer.error.as_str() {
        // For a device code the words are standard (RFC 8628); otherwise the numbers say more.
        "authorization_declined" | "expired_token" => by_word,
        // This word stands for a wrong secret and for every fault of an assertion; if there is a number, the number decides.
        "invalid_client" if !answer.numbers.is_empty() => by_number,
        _ => by_number.or(by_word),
    };
    // This number stands for an unknown key and for an expired one.
    let known = match known {
        Some((codes::WRONG_CERTIFICATE, _)) if answer.description.contains("is expired") => {
            Some((codes::CERTIFICATE_EXPIRED, false))
        }
        known => known,
    };
    let unwell = is_unwell(answer.status);
    let (code, passes) = known.unwrap_or(if unwell {
        (codes::SIGN_IN_BUSY, true)
    } else {
        (codes::SIGN_IN_REFUSED, false)
    });
    let temporary = passes || unwell;
    let mut fault = fault(code, temporary, &answer.description);
    fault.status = Some(answer.status);
    fault.graph_code = match answer.numbers.first() {
        Some(number) => format!("AADSTS{number}"),
        None => answer.error.clone(),
    };
    fault.request_id.clone_from(&answer.correlation_id);
    Trouble {
        fault,
        temporary,
        retry_after: answer.retry_after,
        said: answer.error.clone(),
    }
}

/// Tools speak in sentences; the Azure CLI repeats Entra's.
fn of_words(words: &str) -> Trouble {
    let numbers = aadsts::numbers(words);
    let known = numbers.iter().find_map(|number| aadsts::meaning(*number));
    let said = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|fragment| said.contains(fragment));
    let is_cli = said.contains("azureclicredential");
    let (code, temporary) = known.unwrap_or_else(|| {
        if is_cli && says(&["found on path", "not recognized", "no such file"]) {
            (codes::NO_AZURE_CLI, false)
        } else if is_cli {
            (codes::AZURE_CLI_SIGNED_OUT, false)
        } else {
            (codes::SIGN_IN_BUSY, true)
        }
    });
    let mut fault = fault(code, temporary, words);
    if let Some(number) = numbers.first() {
        fault.graph_code = format!("AADSTS{number}");
    }
    Trouble {
        temporary,
        ..Trouble::lasting(fault)
    }
}

fn fault(code: Code, temporary: bool, why: &str) -> Fault {
    if temporary {
        busy(code, why)
    } else {
        refusal(code, why)
    }
}
