//! The token answer of the sign-in service, as `azure_identity` can read it.
//!
//! Must not decide who wrote it; `transport` does.

use serde_json::Value;

/// No token lives longer than this many seconds; those of continuous access evaluation live for about a day.
const LONGEST_LIFE: f64 = 7.0 * 24.0 * 3_600.0;

/// A token answer as `azure_identity` can read it: services write the lifetime as a text, too, and one that is out of all
/// bounds would end the thread that adds it to the time. None: the token is one that no header can carry.
pub(super) fn readable_token(body: Vec<u8>) -> Option<Vec<u8>> {
    let Ok(Value::Object(mut answer)) = serde_json::from_slice::<Value>(&body) else {
        return Some(body);
    };
    let Some(token) = answer.get("access_token").and_then(Value::as_str) else {
        return Some(body);
    };
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut is_changed = false;
    for name in ["expires_in", "ext_expires_in", "refresh_in"] {
        let Some(value) = answer.get_mut(name) else {
            continue;
        };
        let seconds = match &*value {
            Value::String(text) => text.trim().parse::<f64>().ok(),
            other => other.as_f64(),
        };
        // Without a number the token counts as over, and the next request asks for another.
        let seconds = seconds.unwrap_or(0.0).clamp(0.0, LONGEST_LIFE) as i64;
        if value.as_i64() != Some(seconds) {
            *value = seconds.into();
            is_changed = true;
        }
    }
    if is_changed {
        serde_json::to_vec(&answer).ok()
    } else {
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lifetime_is_a_number_within_bounds() {
        for (given, seconds) in [
            (json!(3599), 3_599),
            (json!("3599"), 3_599),
            (json!(" 60 "), 60),
            (json!(3599.9), 3_599),
            (json!(-5), 0),
            (json!("soon"), 0),
            (json!(null), 0),
            (json!(99_999_999_999_999_u64), 604_800),
            (json!(1e300), 604_800),
        ] {
            let answer = json!({"access_token": "a.b.c", "expires_in": given, "more": [1]});
            let body = readable_token(answer.to_string().into_bytes()).unwrap();
            let read: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(read["expires_in"], json!(seconds), "{given}");
            assert_eq!(read["more"], json!([1]));
        }
        // What is no token is nobody's business here.
        for body in [
            "[]",
            "{",
            "{\"device_code\":\"\u{20ac}\",\"expires_in\":\"900\"}",
        ] {
            assert_eq!(readable_token(body.into()).unwrap(), body.as_bytes());
        }
    }

    #[test]
    fn a_token_that_no_header_can_carry_is_no_token() {
        for token in ["a\r\nX-Evil: 1", "a b", "a\u{20ac}", "a\u{0}"] {
            let answer = json!({"access_token": token, "expires_in": 3599});
            assert_eq!(readable_token(answer.to_string().into_bytes()), None);
        }
    }
}
