//! Why a text is not an address that Entra accepts, in words for the person who has to correct it.
//!
//! Must not correct anything; `email` makes the certain repairs.

use super::{
    address_syntax::{MAX_ADDRESS, MAX_LOCAL, is_domain, may_stand_before_at},
    catalogue::{
        ADDRESS_TOO_LONG, BAD_CHARACTER, BAD_DOMAIN, BAD_LOCAL_PART, DIRECTION_MARK, FORMULA,
        NOT_ASCII, NOT_ONE_AT, PLUS, SPACE_INSIDE, TEXT_WITH_ADDRESS, TWO_ADDRESSES,
    },
};
use crate::{
    problem::{Code, shorten},
    sheet::addresses,
};

/// What is wrong with a cell.
#[derive(Debug, Clone)]
pub(super) struct Wrong {
    pub code: Code,
    pub message: String,
    pub fix: String,
    pub suggestion: Option<String>,
}

impl Wrong {
    pub(super) fn new(code: Code, message: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            fix: fix.into(),
            suggestion: None,
        }
    }

    #[must_use]
    pub(super) fn suggest(mut self, value: impl Into<String>) -> Self {
        self.suggestion = Some(value.into());
        self
    }
}

pub(super) fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Why `text` is not valid. The checks are ordered, so that the first one that holds is the most useful message.
pub(super) fn diagnose(text: &str) -> Wrong {
    if text.contains(is_direction_mark) {
        return Wrong::new(
            DIRECTION_MARK,
            "a hidden direction mark makes this address look like another one",
            "type the address again by hand",
        );
    }
    if text.starts_with('=') {
        return Wrong::new(
            FORMULA,
            "a formula, not an address",
            "paste the column as values in the spreadsheet program, and save again",
        );
    }
    if matches!(
        text,
        "#N/A"
            | "#REF!"
            | "#NAME?"
            | "#VALUE!"
            | "#DIV/0!"
            | "#NULL!"
            | "#NUM!"
            | "#NV"
            | "#BEZUG!"
            | "#WERT!"
    ) {
        return Wrong::new(
            FORMULA,
            "the error value of a formula, not an address",
            "correct the formula, or type the address",
        );
    }
    if addresses::is_sentence(text) {
        return Wrong::new(
            TEXT_WITH_ADDRESS,
            "a text that mentions an address, not an address",
            "if the person is meant, write the address alone; else delete the row",
        );
    }
    let ats = text.matches('@').count();
    if ats > 1 && holds_several(text) {
        return Wrong::new(
            TWO_ADDRESSES,
            "more than one address in the cell",
            "keep one address, and give the other person a row of their own",
        );
    }
    let Some((local, domain)) = text.rsplit_once('@').filter(|_| ats == 1) else {
        let message = if ats == 0 {
            "not an e-mail address: there is no @"
        } else {
            "not an e-mail address: more than one @"
        };
        return Wrong::new(NOT_ONE_AT, message, "correct the address");
    };
    if local.is_empty() || domain.is_empty() {
        let side = if local.is_empty() { "before" } else { "after" };
        return Wrong::new(
            NOT_ONE_AT,
            format!("not an e-mail address: nothing {side} the @"),
            "correct the address",
        );
    }
    if text.contains(char::is_whitespace) {
        return Wrong::new(
            SPACE_INSIDE,
            "a space inside the address",
            "delete the space, or put the missing character there",
        );
    }
    if let Some(c) = text.chars().find(|c| !c.is_ascii()) {
        return not_ascii(c, local, domain);
    }
    if local.contains('+') {
        return Wrong::new(
            PLUS,
            "Entra refuses guest addresses with +",
            "ask the person for an address without +",
        );
    }
    if let Some(c) = local
        .bytes()
        .find(|byte| !may_stand_before_at(*byte))
        .map(char::from)
    {
        return Wrong::new(
            BAD_CHARACTER,
            format!("`{}` is not allowed in an address", c.escape_default()),
            "correct the address",
        );
    }
    if !is_domain(domain.as_bytes()) {
        return bad_domain(domain);
    }
    if text.len() > MAX_ADDRESS {
        return Wrong::new(
            ADDRESS_TOO_LONG,
            format!(
                "the address has {} characters; {MAX_ADDRESS} are possible",
                text.len()
            ),
            "correct the address",
        );
    }
    let why = match local {
        _ if local.len() > MAX_LOCAL => "has more than 64 characters",
        _ if local.contains("..") => "has two dots in a row",
        _ if local.starts_with(['.', '-']) => "begins with a dot or a hyphen",
        _ => "ends with a dot or a hyphen",
    };
    Wrong::new(
        BAD_LOCAL_PART,
        format!("the part before the @ {why}"),
        "correct the address",
    )
}

/// Whether more than one part between separators has an at sign.
fn holds_several(text: &str) -> bool {
    let separators = |c: char| {
        c.is_whitespace()
            || matches!(
                c,
                ';' | ',' | '/' | '|' | '&' | '<' | '>' | '(' | ')' | '[' | ']'
            )
    };
    text.split(separators)
        .filter(|part| part.contains('@'))
        .count()
        > 1
}

fn not_ascii(c: char, local: &str, domain: &str) -> Wrong {
    let name = format!("`{c}` (U+{:04X})", u32::from(c));
    if local.is_ascii() {
        let wrong = Wrong::new(
            NOT_ASCII,
            format!("Entra does not take {name} in the domain of an address"),
            "ask the person for an address in plain letters",
        );
        return match idna::domain_to_ascii_strict(domain) {
            Ok(plain) if is_domain(plain.as_bytes()) => Wrong {
                fix: format!(
                    "ask the person for an address in plain letters; the domain's other spelling is {plain}"
                ),
                ..wrong
            },
            _ => wrong,
        };
    }
    let fix = match c {
        '’' | '‘' | '´' | 'ʼ' => "if it is an apostrophe, type the plain one: '",
        '‐' | '‑' | '‒' | '–' | '—' | '−' => "if it is a hyphen, type the plain one: -",
        '＠' | '．' => "type the address again in plain letters",
        _ => "ask the person for the plain spelling of the address",
    };
    Wrong::new(
        NOT_ASCII,
        format!("Entra does not take {name} in an address"),
        fix,
    )
}

fn bad_domain(domain: &str) -> Wrong {
    let shown = shorten(domain, 60);
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let message = if let Some(c) = domain.chars().find(|c| !allowed(*c)) {
        format!(
            "`{}` is not allowed in the domain of an address",
            c.escape_default()
        )
    } else if !domain.contains('.') {
        format!("`{shown}` is not a complete domain")
    } else if domain.split('.').any(str::is_empty) {
        "the domain begins with a dot, or has two in a row".to_owned()
    } else if domain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        format!("`{shown}` is a number, not a domain")
    } else {
        format!("`{shown}` is not a domain")
    };
    Wrong::new(BAD_DOMAIN, message, "correct the part after the @")
}

#[cfg(test)]
mod tests {
    use super::super::email::read;

    #[test]
    fn what_is_doubtful_is_refused_with_its_reason() {
        for (cell, code, words) in [
            ("anna", "GL102", "no @"),
            ("@example.org", "GL102", "nothing before"),
            ("anna@", "GL102", "nothing after"),
            ("a@b@example.org", "GL102", "more than one @"),
            (
                "anna@example.org; bo@example.org",
                "GL103",
                "more than one address",
            ),
            (
                "anna@example.org bo@example.org",
                "GL103",
                "more than one address",
            ),
            (
                "anna@example.org/bo@example.org",
                "GL103",
                "more than one address",
            ),
            ("=HYPERLINK(\"mailto:a@b.org\")", "GL104", "formula"),
            ("#N/A", "GL104", "error value"),
            ("jürgen@example.org", "GL105", "`ü` (U+00FC)"),
            ("o’brien@example.org", "GL105", "`’`"),
            ("anna@müller.de", "GL105", "in the domain"),
            ("аnna@example.org", "GL105", "(U+0430)"),
            ("anna\u{202E}@example.org", "GL106", "direction mark"),
            ("an!na@example.org", "GL107", "`!`"),
            ("anna+fair@example.org", "GL108", "+"),
            (".anna@example.org", "GL109", "begins with"),
            ("anna-@example.org", "GL109", "ends with"),
            ("an..na@example.org", "GL109", "two dots"),
            ("anna@localhost", "GL110", "not a complete domain"),
            ("anna@exa_mple.org", "GL110", "`_`"),
            ("anna@1.2.3.4", "GL110", "number"),
            ("anna@-x.org", "GL110", "not a domain"),
            ("anna@example..org", "GL110", "two in a row"),
            ("an na@example.org", "GL112", "space"),
        ] {
            let wrong = read(cell).expect_err(cell);
            assert_eq!(wrong.code.as_str(), code, "{cell}: {}", wrong.message);
            assert!(wrong.message.contains(words), "{cell}: {}", wrong.message);
            assert!(!wrong.fix.is_empty());
        }
        let long_local = format!("{}@example.org", "a".repeat(65));
        assert_eq!(read(&long_local).unwrap_err().code.as_str(), "GL109");
        let long = format!("a@{}org", "abcdefghi.".repeat(26));
        assert_eq!(read(&long).unwrap_err().code.as_str(), "GL111");
    }
}
