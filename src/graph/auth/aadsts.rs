//! AADSTS numbers and OAuth error words, as codes of ours.
//!
//! Must know no network: `explain` asks it as well.

use super::catalogue as codes;
use crate::sheet::Code;

/// What an AADSTS number means, and whether it passes by itself.
pub fn meaning(number: u32) -> Option<(Code, bool)> {
    let code = match number {
        7_000_215 | 7_000_216 => codes::WRONG_SECRET,
        7_000_222 => codes::SECRET_EXPIRED,
        700_016 | 7_000_229 => codes::UNKNOWN_APP,
        90_002 | 90_130 | 900_021 | 900_023 => codes::UNKNOWN_TENANT,
        700_027 | 5_000_811 | 50_013 => codes::WRONG_CERTIFICATE,
        700_024 | 500_133 | 500_132 => codes::CLOCK_WRONG,
        70_021 | 700_211 | 700_212 | 700_213 | 700_223 => codes::FEDERATION_MISMATCH,
        65_001 | 65_002 | 90_094 | 90_008 => codes::NO_CONSENT,
        53_000..=53_011 | 530_032 | 530_034 | 50_097 => codes::CONDITIONAL_ACCESS,
        50_076 | 50_079 | 50_072 | 50_074 | 50_158 => codes::MFA_NEEDED,
        500_011 | 50_001 | 500_014 | 650_057 => codes::WRONG_RESOURCE,
        7_000_112 | 50_057 | 500_571 | 7_000_110 => codes::APP_DISABLED,
        7_000_218 | 50_011 | 500_113 | 700_025 => codes::PUBLIC_CLIENT_OFF,
        50_105 | 50_020 | 50_034 | 90_072 => codes::NOT_ASSIGNED,
        50_173 | 700_082 | 70_043 | 70_008 | 700_084 | 50_078 | 50_132 | 50_133 | 50_089 => {
            codes::SIGN_IN_OVER
        }
        70_018 | 70_019 => codes::CODE_EXPIRED,
        65_004 => codes::DECLINED,
        50_196 | 90_033 | 90_055 | 90_006 | 90_024 | 90_056 => {
            return Some((codes::SIGN_IN_BUSY, true));
        }
        _ => return None,
    };
    Some((code, false))
}

/// What an OAuth error word means, when there is no number.
pub fn word(error: &str) -> Option<(Code, bool)> {
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
pub fn numbers(text: &str) -> Vec<u32> {
    text.match_indices("AADSTS")
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

    #[test]
    fn numbers_are_found_in_what_entra_writes() {
        let said = "AADSTS7000215: Invalid client secret provided. Trace ID: x AADSTS90033";
        assert_eq!(numbers(said), [7_000_215, 90_033]);
        assert_eq!(numbers("AADSTS and no number"), [0_u32; 0]);
    }
}
