//! Reads the cells other than the address.
//!
//! Must not look at more than one cell.

use super::{
    UserType,
    catalogue::{BAD_LANGUAGE, BAD_SEND, BAD_URL, BAD_USAGE_LOCATION, BAD_USER_TYPE},
    countries,
    diagnose::Wrong,
};
use std::borrow::Cow;
use url::Url;

pub(super) fn redirect_url(cell: &str) -> Result<&str, Wrong> {
    let fix = "write a complete address, such as https://myapplications.microsoft.com";
    let parsed = Url::parse(cell);
    match parsed {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.host_str().is_some_and(|host| !host.is_empty()) =>
        {
            if cell.contains(char::is_whitespace) {
                Err(Wrong::new(
                    BAD_URL,
                    "a space inside the redirect address",
                    fix,
                ))
            } else {
                Ok(cell)
            }
        }
        Ok(url) if !matches!(url.scheme(), "http" | "https") && cell.contains("://") => {
            Err(Wrong::new(
                BAD_URL,
                format!("`{}` is not http or https", url.scheme()),
                fix,
            ))
        }
        _ => {
            let completed = format!("https://{cell}");
            let complete = Url::parse(&completed)
                .is_ok_and(|url| url.host_str().is_some_and(|host| host.contains('.')));
            let wrong = Wrong::new(BAD_URL, "not a complete web address", fix);
            Err(
                if complete && !cell.contains(char::is_whitespace) && !cell.contains('@') {
                    wrong.suggest(completed)
                } else {
                    wrong
                },
            )
        }
    }
}

/// Yes and no as people write them, in the languages of their spreadsheet programs.
pub(super) fn yes_or_no(cell: &str) -> Result<bool, Wrong> {
    let is = |words: &[&str]| {
        words.iter().any(|word| {
            word.eq_ignore_ascii_case(cell) || word.to_lowercase() == cell.to_lowercase()
        })
    };
    match cell {
        "true" | "TRUE" | "True" => return Ok(true),
        "false" | "FALSE" | "False" => return Ok(false),
        _ => {}
    }
    if is(&[
        "true",
        "yes",
        "y",
        "1",
        "on",
        "x",
        "ja",
        "j",
        "wahr",
        "vrai",
        "oui",
        "o",
        "si",
        "sí",
        "sì",
        "verdadero",
        "vero",
        "sim",
        "verdadeiro",
        "waar",
        "sant",
        "sand",
        "tosi",
        "kyllä",
        "tak",
        "prawda",
        "ano",
        "pravda",
        "igen",
        "igaz",
        "evet",
        "doğru",
        "да",
        "истина",
        "はい",
        "是",
        "예",
        "✓",
        "✔",
        "☑",
    ]) {
        Ok(true)
    } else if is(&[
        "false",
        "no",
        "n",
        "0",
        "off",
        "-",
        "nein",
        "falsch",
        "non",
        "faux",
        "falso",
        "não",
        "nao",
        "nee",
        "onwaar",
        "nej",
        "nei",
        "falskt",
        "falsk",
        "usann",
        "ei",
        "epätosi",
        "nie",
        "fałsz",
        "ne",
        "nepravda",
        "nem",
        "hamis",
        "hayır",
        "yanlış",
        "нет",
        "ложь",
        "いいえ",
        "否",
        "아니요",
        "✗",
        "✘",
        "☐",
    ]) {
        Ok(false)
    } else {
        Err(Wrong::new(
            BAD_SEND,
            "the value must be yes or no",
            "write true or false, or leave the cell empty for the default",
        ))
    }
}

/// A culture such as `en-US`. Capital letters are corrected silently; a corrected hyphen is reported.
pub(super) fn language(cell: &str) -> Result<Cow<'_, str>, Wrong> {
    // Nearly every cell has this form.
    if let [a, b, b'-', c, d] = cell.as_bytes()
        && [a, b].iter().all(|byte| byte.is_ascii_lowercase())
        && [c, d].iter().all(|byte| byte.is_ascii_uppercase())
    {
        return Ok(Cow::Borrowed(cell));
    }
    if let Some(code) = language_by_name(cell) {
        let wrong = Wrong::new(
            BAD_LANGUAGE,
            "a language's name, not its code",
            format!("write the code: {code}"),
        );
        return Err(wrong.suggest(code));
    }
    let wrong = || {
        Wrong::new(
            BAD_LANGUAGE,
            "not a language code",
            "write a code such as en-US, de-DE or fr, or leave the cell empty",
        )
    };
    let mut spelled = String::with_capacity(cell.len());
    for (index, part) in cell.split(['-', '_']).enumerate() {
        let letters = part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let respelled = match (index, part.len()) {
            (0, 2 | 3) if letters => part.to_ascii_lowercase(),
            (1, 4) if letters => part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase(),
            (1 | 2, 2) if letters => part.to_ascii_uppercase(),
            (1 | 2, 3) if part.bytes().all(|byte| byte.is_ascii_digit()) => part.to_owned(),
            _ => return Err(wrong()),
        };
        if index > 0 {
            spelled.push('-');
        }
        spelled.push_str(&respelled);
    }
    Ok(if spelled == cell {
        Cow::Borrowed(cell)
    } else {
        Cow::Owned(spelled)
    })
}

fn language_by_name(cell: &str) -> Option<&'static str> {
    let code = match cell.to_lowercase().as_str() {
        "english" | "englisch" | "anglais" | "inglés" | "inglese" | "engels" => "en-US",
        "german" | "deutsch" | "allemand" | "alemán" | "tedesco" | "duits" => "de-DE",
        "french" | "französisch" | "français" | "francés" | "francese" | "frans" => "fr-FR",
        "spanish" | "spanisch" | "espagnol" | "español" | "spagnolo" | "spaans" => "es-ES",
        "italian" | "italienisch" | "italien" | "italiano" | "italiaans" => "it-IT",
        "dutch" | "niederländisch" | "néerlandais" | "nederlands" => "nl-NL",
        "portuguese" | "portugiesisch" | "português" => "pt-PT",
        "polish" | "polnisch" | "polski" => "pl-PL",
        "czech" | "tschechisch" | "čeština" => "cs-CZ",
        "swedish" | "schwedisch" | "svenska" => "sv-SE",
        "danish" | "dänisch" | "dansk" => "da-DK",
        "norwegian" | "norwegisch" | "norsk" => "nb-NO",
        "finnish" | "finnisch" | "suomi" => "fi-FI",
        "turkish" | "türkisch" | "türkçe" => "tr-TR",
        "russian" | "russisch" | "русский" => "ru-RU",
        "japanese" | "japanisch" | "日本語" => "ja-JP",
        "chinese" | "chinesisch" | "中文" => "zh-CN",
        "korean" | "koreanisch" | "한국어" => "ko-KR",
        _ => return None,
    };
    Some(code)
}

pub(super) fn user_type(cell: &str) -> Result<UserType, Wrong> {
    match cell.to_lowercase().as_str() {
        "guest" | "gast" | "invité" | "invitado" | "ospite" => Ok(UserType::Guest),
        "member" | "mitglied" | "membre" | "miembro" | "membro" | "lid" => Ok(UserType::Member),
        _ => Err(Wrong::new(
            BAD_USER_TYPE,
            "the value must be Guest or Member",
            "write Guest or Member, or leave the cell empty for Guest",
        )),
    }
}

/// A country as two letters (ISO 3166-1).
pub(super) fn usage_location(cell: &str) -> Result<String, Wrong> {
    if let Some(code) = countries::code(cell) {
        return Ok(code.to_owned());
    }
    Err(match countries::by_name(cell) {
        Some(code) => Wrong::new(
            BAD_USAGE_LOCATION,
            "a country, and not its two letters",
            format!("write the two letters: {code}"),
        )
        .suggest(code),
        None => Wrong::new(
            BAD_USAGE_LOCATION,
            "not a country code of two letters",
            "write the two letters, such as DE or US, or leave the cell empty",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_complete_or_completed_by_a_person() {
        assert!(redirect_url("https://portal.example.org/a?b=c").is_ok());
        assert!(redirect_url("http://x.org").is_ok());
        let bare = redirect_url("portal.example.org").unwrap_err();
        assert_eq!(
            bare.suggestion.as_deref(),
            Some("https://portal.example.org")
        );
        for cell in [
            "ftp://x.org",
            "javascript:alert(1)",
            "https://",
            "yes",
            "https://x.org/a b",
            "mailto:a@x.org",
        ] {
            assert_eq!(
                redirect_url(cell).unwrap_err().code.as_str(),
                "GL130",
                "{cell}"
            );
        }
    }

    #[test]
    fn people_say_yes_in_many_ways() {
        for cell in ["TRUE", "yes", "Ja", "1", "Sí", "x", "ДА"] {
            assert!(yes_or_no(cell).unwrap(), "{cell}");
        }
        for cell in ["false", "No", "nein", "0", "Não", "нет"] {
            assert!(!yes_or_no(cell).unwrap(), "{cell}");
        }
        assert!(yes_or_no("maybe").is_err());
    }

    #[test]
    fn languages_are_codes() {
        for (cell, code) in [
            ("en-US", "en-US"),
            ("DE", "de"),
            ("en_us", "en-US"),
            ("zh-hant-TW", "zh-Hant-TW"),
            ("es-419", "es-419"),
        ] {
            assert_eq!(language(cell).unwrap(), code, "{cell}");
        }
        assert_eq!(
            language("Deutsch").unwrap_err().suggestion.as_deref(),
            Some("de-DE")
        );
        for cell in ["e", "en-", "english please", "en-USA", "12"] {
            assert!(language(cell).is_err(), "{cell}");
        }
    }

    #[test]
    fn countries_are_two_letters() {
        assert_eq!(usage_location("de").unwrap(), "DE");
        assert_eq!(
            usage_location("UK").unwrap_err().suggestion.as_deref(),
            Some("GB")
        );
        assert!(usage_location("ZZ").is_err());
    }
}
