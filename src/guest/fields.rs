//! The cells beside the address: what people write in them, and what it means.
//!
//! Must not look at more than one cell.

use super::catalogue::{
    BAD_LANGUAGE, BAD_SEND, BAD_SPONSOR, BAD_URL, BAD_USAGE_LOCATION, BAD_USER_TYPE,
    TOO_MANY_SPONSORS,
};
use super::diagnose::Wrong;
use super::{SponsorRef, UserType, email};
use crate::sheet::shorten;
use std::borrow::Cow;
use url::Url;
use uuid::Uuid;

/// (Graph: invitation resource type, invitedUserSponsors)
const MAX_SPONSORS: usize = 5;

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
            "neither yes nor no",
            "write true or false, or leave the cell empty for the default",
        ))
    }
}

/// A culture such as `en-US`, its capital letters put right; a changed hyphen counts as a repair.
pub(super) fn language(cell: &str) -> Result<Cow<'_, str>, Wrong> {
    // What nearly every cell holds, as it should be.
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

/// Somebody in the tenant: an address or user principal name, or an object id.
pub(super) fn person(entry: &str) -> Result<SponsorRef, Wrong> {
    if let Ok(id) = Uuid::parse_str(entry) {
        return Ok(SponsorRef::Id(id));
    }
    if is_user_principal_name(entry) {
        return Ok(SponsorRef::Address(entry.to_owned()));
    }
    let (text, _) = match email::read(entry) {
        Ok(address) => (address.text, address.repairs),
        Err(_) => {
            return Err(Wrong::new(
                BAD_SPONSOR,
                format!(
                    "`{}` is neither an address nor an object id",
                    shorten(entry, 60)
                ),
                "write the address or the object id of somebody in your tenant",
            ));
        }
    };
    Ok(SponsorRef::Address(text.into_owned()))
}

/// The name of a guest in the directory has `#EXT#` where its @ was.
fn is_user_principal_name(entry: &str) -> bool {
    match entry.split_once("#EXT#") {
        None => email::is_valid(entry),
        Some((before, after)) => {
            !before.is_empty()
                && before.is_ascii()
                && after
                    .strip_prefix('@')
                    .is_some_and(|domain| email::is_domain(domain.as_bytes()))
        }
    }
}

/// The sponsors of a cell; and how they were read, where that needed some good will.
pub(super) fn sponsors(cell: &str) -> Result<(Vec<SponsorRef>, Option<String>), Wrong> {
    let (sponsors, certain) = match divided(cell, &[';']) {
        Ok(read) => read,
        // A group's name may hold a comma; then nothing but a semicolon is certain.
        Err(wrong) if cell.to_ascii_lowercase().contains("group:") => return Err(wrong),
        Err(wrong) => {
            let (sponsors, _) = divided(cell, &[';', ',', '\n', '\r']).map_err(|_| wrong)?;
            (sponsors, false)
        }
    };
    if sponsors.len() > MAX_SPONSORS {
        let message = format!("{} sponsors; {MAX_SPONSORS} are possible", sponsors.len());
        return Err(Wrong::new(
            TOO_MANY_SPONSORS,
            message,
            "keep five, or name a group: group:its name",
        ));
    }
    let respelled = (!certain).then(|| {
        let spelled: Vec<String> = sponsors.iter().map(ToString::to_string).collect();
        spelled.join("; ")
    });
    Ok((sponsors, respelled))
}

/// The sponsors between these separators, and whether each entry is just what it should be.
fn divided(text: &str, separators: &[char]) -> Result<(Vec<SponsorRef>, bool), Wrong> {
    let mut sponsors = Vec::new();
    let mut certain = true;
    for entry in text
        .split(separators)
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        let sponsor = match group(entry) {
            Some(name) => SponsorRef::Group(name.to_owned()),
            None => person(entry)?,
        };
        if let SponsorRef::Address(address) = &sponsor {
            certain &= address == entry;
        }
        // Beyond the bound they are only counted.
        if sponsors.len() > MAX_SPONSORS || !sponsors.contains(&sponsor) {
            sponsors.push(sponsor);
        }
    }
    Ok((sponsors, certain))
}

fn group(entry: &str) -> Option<&str> {
    let (word, name) = entry.split_once(':')?;
    let name = name.trim();
    (word.trim().eq_ignore_ascii_case("group") && !name.is_empty()).then_some(name)
}

pub(super) fn user_type(cell: &str) -> Result<UserType, Wrong> {
    match cell.to_lowercase().as_str() {
        "guest" | "gast" | "invité" | "invitado" | "ospite" => Ok(UserType::Guest),
        "member" | "mitglied" | "membre" | "miembro" | "membro" | "lid" => Ok(UserType::Member),
        _ => Err(Wrong::new(
            BAD_USER_TYPE,
            "neither Guest nor Member",
            "write Guest or Member, or leave the cell empty for Guest",
        )),
    }
}

/// A country as two letters (ISO 3166-1).
pub(super) fn usage_location(cell: &str) -> Result<String, Wrong> {
    let code = cell.to_ascii_uppercase();
    if code.len() == 2 && COUNTRIES.split(' ').any(|country| country == code) {
        return Ok(code);
    }
    let wrong = Wrong::new(
        BAD_USAGE_LOCATION,
        "not a country code of two letters",
        "write the two letters, such as DE or US, or leave the cell empty",
    );
    let known = match cell.to_lowercase().as_str() {
        "uk" | "united kingdom" | "great britain" | "england" | "gbr" => "GB",
        "usa" | "united states" | "america" => "US",
        "germany" | "deutschland" | "allemagne" | "deu" => "DE",
        "austria" | "österreich" | "aut" => "AT",
        "switzerland" | "schweiz" | "suisse" | "che" => "CH",
        "france" | "frankreich" | "fra" => "FR",
        "italy" | "italien" | "italia" | "ita" => "IT",
        "spain" | "spanien" | "españa" | "esp" => "ES",
        "netherlands" | "niederlande" | "nederland" | "nld" => "NL",
        "belgium" | "belgien" | "belgique" | "bel" => "BE",
        "poland" | "polen" | "polska" | "pol" => "PL",
        "sweden" | "schweden" | "sverige" => "SE",
        "denmark" | "dänemark" | "danmark" => "DK",
        "japan" | "日本" => "JP",
        "china" | "中国" => "CN",
        "india" | "indien" => "IN",
        _ => return Err(wrong),
    };
    Err(Wrong {
        fix: format!("write the two letters: {known}"),
        ..wrong
    }
    .suggest(known))
}

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY \
HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ \
NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ \
TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

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
    fn sponsors_are_people_ids_and_groups() {
        let id = "6f1c9a52-40e2-4c8e-9d63-6a0f2ad2a0c5";
        let cell = format!("eva@contoso.com; {id} ;group: Partner Desk;;eva@contoso.com");
        let (found, respelled) = sponsors(&cell).unwrap();
        assert_eq!(respelled, None);
        let expected = [
            SponsorRef::Address("eva@contoso.com".into()),
            SponsorRef::Id(id.parse().unwrap()),
            SponsorRef::Group("Partner Desk".into()),
        ];
        assert_eq!(found, expected);
        for odd in ["a@x.org, b@x.org", "mailto:a@x.org;Bo <b@x.org>"] {
            let (_, respelled) = sponsors(odd).unwrap();
            assert_eq!(respelled.as_deref(), Some("a@x.org; b@x.org"));
        }
        assert_eq!(
            sponsors("bo_x.org#EXT#@contoso.onmicrosoft.com")
                .unwrap()
                .0
                .len(),
            1
        );
        assert_eq!(sponsors("Eva").unwrap_err().code.as_str(), "GL140");
        let six: Vec<String> = (0..6).map(|n| format!("s{n}@x.org")).collect();
        assert_eq!(sponsors(&six.join(";")).unwrap_err().code.as_str(), "GL141");
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
