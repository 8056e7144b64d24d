//! AADSTS numbers and OAuth error words, as codes of ours.
//!
//! Must know no network: `explain` asks it as well.

use super::catalogue as codes;
use crate::problem::Code;

/// What is known: our code, whether it passes by itself, and Entra's numbers for it.
#[rustfmt::skip] // one meaning a line
const KNOWN: &[(Code, bool, &[u32])] = &[
    (codes::WRONG_SECRET, false, &[7_000_215]),
    (codes::SECRET_EXPIRED, false, &[7_000_222]),
    (codes::UNKNOWN_APP, false, &[700_016, 7_000_229]),
    (codes::UNKNOWN_TENANT, false, &[90_002, 50_059, 900_021, 900_023]),
    (codes::WRONG_CERTIFICATE, false, &[700_027, 5_000_811]),
    (codes::CLOCK_WRONG, false, &[700_024, 500_133]),
    (codes::FEDERATION_MISMATCH, false, &[70_021, 70_025, 700_211, 700_212, 700_213]),
    (codes::NO_CONSENT, false, &[65_001, 65_002, 90_008, 90_094]),
    (codes::CONDITIONAL_ACCESS, false, &[50_097, 53_000, 53_001, 53_002, 53_003, 53_004, 53_009, 53_011, 530_032, 530_034]),
    (codes::MFA_NEEDED, false, &[50_072, 50_074, 50_076, 50_078, 50_079, 50_158, 53_010]),
    (codes::WRONG_RESOURCE, false, &[50_001, 500_011, 650_057]),
    (codes::APP_DISABLED, false, &[50_057, 500_571, 7_000_112]),
    (codes::PUBLIC_CLIENT_OFF, false, &[50_011, 500_113, 7_000_218]),
    (codes::NOT_ASSIGNED, false, &[50_105]),
    (codes::OTHER_ACCOUNT, false, &[50_020, 50_034, 90_072]),
    (codes::FACTOR_NOT_TRUSTED, false, &[90_071]),
    (codes::OTHER_CLOUD, false, &[900_382]),
    (codes::SIGN_IN_OVER, false, &[50_089, 50_132, 50_133, 50_173, 70_008, 70_043, 700_082, 700_084]),
    (codes::DECLINED, false, &[65_004]),
    (codes::CODE_EXPIRED, false, &[70_018, 70_019, 70_020]),
    (codes::SIGN_IN_INCOMPLETE, false, &[900_144, 7_000_216]),
    (codes::SIGN_IN_BUSY, true, &[50_196, 90_006, 90_024, 90_033, 90_055]),
];

/// What an AADSTS number means, and whether it passes by itself.
pub(crate) fn meaning(number: u32) -> Option<(Code, bool)> {
    let known = KNOWN
        .iter()
        .find(|(_, _, numbers)| numbers.contains(&number));
    known.map(|(code, passes, _)| (*code, *passes))
}

/// What an OAuth error word means, when there is no number.
pub(crate) fn word(error: &str) -> Option<(Code, bool)> {
    Some(match error {
        "temporarily_unavailable" | "server_error" | "slow_down" => (codes::SIGN_IN_BUSY, true),
        "authorization_declined" | "access_denied" => (codes::DECLINED, false),
        "expired_token" | "code_expired" => (codes::CODE_EXPIRED, false),
        "invalid_grant" | "interaction_required" | "login_required" => (codes::SIGN_IN_OVER, false),
        "consent_required" => (codes::NO_CONSENT, false),
        "unauthorized_client" => (codes::UNKNOWN_APP, false),
        "invalid_client" => (codes::WRONG_SECRET, false),
        "invalid_resource" => (codes::WRONG_RESOURCE, false),
        _ => return None,
    })
}

/// The AADSTS numbers of a text, in order.
pub(crate) fn numbers(text: &str) -> Vec<u32> {
    text.to_ascii_uppercase()
        .match_indices("AADSTS")
        .filter_map(|(at, word)| {
            let digits: String = text[at + word.len()..]
                .chars()
                .take_while(char::is_ascii_digit)
                .take(9)
                .collect();
            digits.parse().ok()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[test]
    fn a_number_means_one_thing() {
        let mut all: Vec<u32> = KNOWN
            .iter()
            .flat_map(|(_, _, numbers)| *numbers)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    /// The snapshot is a page for support.
    #[test]
    fn every_known_refusal_has_its_advice() {
        let mut page = String::from(
            "What Entra's sign-in answers mean to guestlist: Entra's numbers, then our code, what to do, and who can.\n",
        );
        for (code, passes, numbers) in KNOWN {
            let entry = crate::graph::catalogue::entry(*code).unwrap();
            let numbers: Vec<String> = numbers
                .iter()
                .map(|number| format!("AADSTS{number}"))
                .collect();
            let end = if *passes {
                "asked again for a while, then exit 5"
            } else {
                "exit 6"
            };
            write!(
                page,
                "\n{}\n  {code}   {} ({end})\n  do      {}\n  who     {}\n",
                numbers.join(" "),
                entry.title,
                entry.fix,
                entry.who
            )
            .unwrap();
        }
        let between = super::codes::NOT_SIGN_IN_SERVICE;
        let entry = crate::graph::catalogue::entry(between).unwrap();
        write!(
            page,
            "\nan answer that is not Entra's: a page, nothing, or JSON without an error or a token\n  {between}   {} \
             (exit 5 at once; with HTTP 408, 429 and 5xx asked again for 8 seconds)\n  do      {}\n  who     {}\n",
            entry.title, entry.fix, entry.who
        )
        .unwrap();
        insta::assert_snapshot!("sign-in-answers", page);
    }

    #[test]
    fn numbers_are_found_in_what_entra_writes() {
        let said = "AADSTS7000215: Invalid client secret provided. Trace ID: x AADSTS90033";
        assert_eq!(numbers(said), [7_000_215, 90_033]);
        assert_eq!(numbers("AADSTS and no number"), [0_u32; 0]);
    }
}
