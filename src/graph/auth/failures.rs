//! Why there is no token: the error of a credential, whatever layer it comes from, as a fault with advice.
//!
//! Must keep secrets out: what Entra says holds ids and times, never a secret or a token.

use super::{aadsts, catalogue as codes, transport::EntraAnswer};
use crate::{
    graph::fault::{Class, Fault},
    sheet::Code,
};
use std::{error::Error, time::Duration};

/// A failed attempt to get a token, and whether another may do better.
#[derive(Debug)]
pub struct Trouble {
    pub fault: Fault,
    pub temporary: bool,
    pub retry_after: Option<Duration>,
}

impl Trouble {
    pub fn lasting(fault: Fault) -> Self {
        Self {
            fault,
            temporary: false,
            retry_after: None,
        }
    }

    fn passing(fault: Fault) -> Self {
        Self {
            fault,
            temporary: true,
            retry_after: None,
        }
    }
}

/// A refusal that no waiting changes.
pub fn refusal(code: Code, why: impl Into<String>) -> Fault {
    Fault::new(code, Class::SignIn, why)
}

/// Trouble that passes.
pub fn busy(code: Code, why: impl Into<String>) -> Fault {
    Fault::new(code, Class::SignInLater, why)
}

pub fn too_slow() -> Trouble {
    Trouble::passing(busy(codes::SIGN_IN_BUSY, "no answer in time"))
}

pub fn interrupted() -> Fault {
    busy(codes::SIGN_IN_BUSY, "the sign-in was interrupted")
}

/// What an error of a credential means: our own fault if one is inside, else what the token endpoint
/// said, else what the tool or the network said.
pub fn fault_of(error: &azure_core::Error) -> Trouble {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    let mut words = String::new();
    while let Some(inner) = cause {
        if let Some(fault) = inner.downcast_ref::<Fault>() {
            return Trouble {
                temporary: fault.class == Class::SignInLater,
                fault: fault.clone(),
                retry_after: None,
            };
        }
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
pub fn of_answer(answer: &EntraAnswer) -> Trouble {
    let known = answer
        .numbers
        .iter()
        .find_map(|number| aadsts::meaning(*number))
        .or_else(|| aadsts::word(&answer.error));
    let (code, temporary) = known.unwrap_or(match answer.status {
        408 | 429 | 500..=599 => (codes::SIGN_IN_BUSY, true),
        _ => (codes::SIGN_IN_REFUSED, false),
    });
    let temporary = temporary || matches!(answer.status, 429 | 500..=599);
    let mut fault = if temporary {
        busy(
            if known.is_some() {
                code
            } else {
                codes::SIGN_IN_BUSY
            },
            &answer.description,
        )
    } else {
        refusal(code, &answer.description)
    };
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
    }
}

/// Tools and networks speak in sentences.
fn of_words(words: &str) -> Trouble {
    if let Some((code, temporary)) = aadsts::numbers(words)
        .iter()
        .find_map(|number| aadsts::meaning(*number))
    {
        let mut fault = if temporary {
            busy(code, words)
        } else {
            refusal(code, words)
        };
        fault.graph_code = format!("AADSTS{}", aadsts::numbers(words).first().unwrap_or(&0));
        return Trouble {
            fault,
            temporary,
            retry_after: None,
        };
    }
    let said = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|fragment| said.contains(fragment));
    if said.contains("azureclicredential") {
        return Trouble::lasting(
            if says(&["not found", "not recognized", "no such file", "cannot find"]) {
                refusal(codes::NO_AZURE_CLI, words)
            } else {
                refusal(codes::AZURE_CLI_SIGNED_OUT, words)
            },
        );
    }
    if says(&["managedidentity", "imds", "identity endpoint"]) {
        return Trouble::lasting(refusal(codes::NO_MANAGED_IDENTITY, words));
    }
    if says(&[
        "connect",
        "dns",
        "tls",
        "certificate",
        "timed out",
        "reset",
        "broken pipe",
        "execute",
    ]) {
        return Trouble::passing(busy(codes::SIGN_IN_UNREACHABLE, words));
    }
    if says(&[
        "invalid tenant",
        "no client id",
        "no secret",
        "https scheme",
    ]) {
        return Trouble::lasting(refusal(codes::SIGN_IN_INCOMPLETE, words));
    }
    Trouble::passing(busy(codes::SIGN_IN_BUSY, words))
}
