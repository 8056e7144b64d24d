//! What the results say beside a row whose mail of our own has not simply left, and how that is brought up to date.
//!
//! A mail may be sent by a later run than the one whose results tell of it. Must not decide what became of a mail.

use crate::{
    engine::MAIL_HAS_NOT_LEFT,
    outcome::{Mail, Outcome, RowResult},
};

/// The code beside what a mail server or Graph said of a mail.
pub(super) const CODE: &str = "mail";

pub(super) const STILL_DUE: &str =
    "is invited; the mail with the link has not left yet: the same command sends it";
pub(super) const NOT_TAKEN: &str = "is invited; the mail with the link was refused: correct what `error` says, then `guestlist mail` with --retry-refused sends it";
pub(super) const LEFT_UNKNOWN: &str = "is invited; nobody can tell whether the mail with the link left: `guestlist mail` with --include-unknown sends it again";
const SENT_LATER: &str = "is invited; the mail with the link was sent by a later run";

/// A row whose words are about an earlier state of its mail gets those of today's.
pub(in crate::commands) fn up_to_date(mut result: RowResult) -> RowResult {
    if result.outcome != Outcome::Invited {
        return result;
    }
    let hint = result.hint.as_deref().unwrap_or_default();
    let told = if hint.contains(MAIL_HAS_NOT_LEFT) {
        Mail::Due
    } else if hint == NOT_TAKEN {
        Mail::Refused
    } else if hint == LEFT_UNKNOWN {
        Mail::Unknown
    } else {
        return result;
    };
    let now = match result.mail {
        Some(Mail::Unknown) => LEFT_UNKNOWN,
        Some(Mail::HandedOver | Mail::Requested) => SENT_LATER,
        Some(Mail::Due) => STILL_DUE,
        Some(Mail::Refused) => NOT_TAKEN,
        Some(Mail::None) | None => return result,
    };
    if result.mail != Some(told) {
        result.hint = Some(now.to_owned());
        if result.error_code.as_deref() == Some(CODE) {
            (result.error_code, result.error) = (None, None);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mail: Mail, hint: &str) -> RowResult {
        RowResult {
            mail: Some(mail),
            hint: Some(hint.to_owned()),
            error_code: Some(CODE.to_owned()),
            error: Some("450 later".to_owned()),
            ..RowResult::new(2, Outcome::Invited, "a@x.example")
        }
    }

    #[test]
    fn words_about_an_earlier_state_of_a_mail_give_way_to_those_of_todays() {
        for due in [
            STILL_DUE,
            "was invited on 2026-01-01; the mail with the link has not left yet",
        ] {
            let now = up_to_date(row(Mail::Unknown, due));
            assert_eq!((now.hint.as_deref(), now.error), (Some(LEFT_UNKNOWN), None));
        }
        let now = up_to_date(row(Mail::HandedOver, LEFT_UNKNOWN));
        assert_eq!((now.hint.as_deref(), now.error), (Some(SENT_LATER), None));
        let same = up_to_date(row(Mail::Due, STILL_DUE));
        assert_eq!(same.error.as_deref(), Some("450 later"));
        let other = up_to_date(row(Mail::Unknown, "something else"));
        assert_eq!(other.hint.as_deref(), Some("something else"));
    }
}
