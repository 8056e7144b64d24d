//! Finds the meaning of a text that somebody pasted: an answer of Graph or of the sign-in service, or an AADSTS number.
//!
//! Must not guess: a text that is not in the tables has no meaning here.

use super::{auth::aadsts, catalogue, catalogue::entry, error_rules};
use crate::problem::Entry;

/// Pasted texts are short; a file that was pasted by mistake is not searched.
const LONGEST: usize = 16 * 1024;

pub(crate) fn explain(text: &str) -> Option<&'static Entry> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let number = text.parse().ok().filter(|number| *number > 9_999);
    let sign_in = number
        .into_iter()
        .chain(aadsts::numbers(text))
        .find_map(aadsts::meaning)
        .or_else(|| aadsts::word(text));
    if let Some((code, _)) = sign_in {
        return entry(code);
    }
    if !aadsts::numbers(text).is_empty() {
        return entry(super::auth::catalogue::SIGN_IN_REFUSED);
    }
    error_rules::recognise_text(text).map(|known| entry(known.code).unwrap_or(&catalogue::UNNAMED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sentences_bodies_and_codes_are_explained() {
        for (text, code) in [
            ("AADSTS7000215", "GL701"),
            ("700016", "GL703"),
            (
                "ERROR: AADSTS53003: Access has been blocked by Conditional Access policies.",
                "GL709",
            ),
            ("AADSTS999999999: new", "GL700"),
            ("expired_token", "GL722"),
            (
                "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for help.",
                "GL600",
            ),
            (
                "Invitations are blocked  for this directory\ndue to suspicious\u{a0} activity",
                "GL600",
            ),
            (
                r#"{"odata.error":{"code":"Forbidden","message":{"lang":"en","value":"<b>Guest</b> invitations not&nbsp;allowed"}}}"#,
                "GL601",
            ),
            ("The Primary SMTP Address is an invalid value", "GL503"),
            (
                r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}"#,
                "GL611",
            ),
            ("Request_ResourceNotFound", "GL521"),
            ("Code: TooManyRequests, wait", "GL540"),
        ] {
            assert_eq!(explain(text).map(|entry| entry.code), Some(code), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_nothing() {
        for text in [
            "",
            "hello",
            "GL501",
            "404",
            "the person",
            "{}",
            r#"{"error":{"code":"Moon","message":"full"}}"#,
        ] {
            assert!(explain(text).is_none(), "{text}");
        }
    }
}
