//! What looks odd about an address or a name although it may be right. A hint never refuses a row and changes nothing.
//!
//! Must not ask a service: the lists hold only what is well known.

/// Domains with very many users.
const WELL_KNOWN: [&str; 9] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "t-online.de",
    "protonmail.com",
    "microsoft.com",
];
/// Real domains that differ from those by one letter.
const NO_SLIPS: [&str; 5] = [
    "mail.com",
    "ymail.com",
    "email.com",
    "zmail.com",
    "cloud.com",
];

/// The well-known domain that was probably meant.
pub(super) fn intended_domain(domain: &str) -> Option<&'static str> {
    let intended = match domain {
        // Two typing mistakes, or a short name.
        "gmail.de" => "gmail.com",
        "homtail.com" => "hotmail.com",
        "web.dee" | "wed.de" | "we.de" | "web.d" => "web.de",
        "gmx.dee" | "gxm.de" | "gmx.d" | "gmxx.de" => "gmx.de",
        "onmicrosoft.co" => "microsoft.com",
        "orange.f" | "ornage.fr" => "orange.fr",
        _ => WELL_KNOWN
            .into_iter()
            .find(|known| is_one_slip_apart(domain.as_bytes(), known.as_bytes()))
            .filter(|_| !NO_SLIPS.contains(&domain))?,
    };
    Some(intended)
}

/// Whether one text differs from another by one letter added, left out or changed, or by two neighbours swapped.
fn is_one_slip_apart(a: &[u8], b: &[u8]) -> bool {
    // One mistake leaves the beginning or the end unchanged, so comparing both ends is enough for nearly every domain.
    let ends_alike = || a.last_chunk::<5>() == b.last_chunk::<5>();
    if a.len().abs_diff(b.len()) > 1 || !(a.first() == b.first() || ends_alike()) || a == b {
        return false;
    }
    let shorter = a.len().min(b.len());
    let before = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let behind = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a == b);
    let behind = behind.count().min(shorter - before);
    let (a, b) = (&a[before..a.len() - behind], &b[before..b.len() - behind]);
    match (a, b) {
        ([_] | [], [_] | []) => true,
        ([a, b], [c, d]) => a == d && b == c,
        _ => false,
    }
}

/// Local parts of addresses that an office reads, not one person.
pub(super) fn is_role(local: &str) -> bool {
    matches!(
        local,
        "info"
            | "office"
            | "contact"
            | "kontakt"
            | "hello"
            | "mail"
            | "admin"
            | "administrator"
            | "postmaster"
            | "webmaster"
            | "hostmaster"
            | "abuse"
            | "noreply"
            | "no-reply"
            | "donotreply"
            | "do-not-reply"
            | "support"
            | "helpdesk"
            | "service"
            | "sales"
            | "vertrieb"
            | "verkauf"
            | "marketing"
            | "billing"
            | "accounting"
            | "buchhaltung"
            | "invoices"
            | "rechnung"
            | "hr"
            | "jobs"
            | "bewerbung"
            | "team"
            | "all"
            | "everyone"
            | "reception"
            | "empfang"
            | "sekretariat"
            | "newsletter"
            | "root"
            | "it"
            | "security"
    )
}

/// Domains that give out addresses which vanish; the well-known ones only.
pub(super) fn is_disposable(domain: &str) -> bool {
    matches!(
        domain,
        "mailinator.com"
            | "guerrillamail.com"
            | "guerrillamail.org"
            | "guerrillamail.net"
            | "guerrillamail.de"
            | "sharklasers.com"
            | "grr.la"
            | "10minutemail.com"
            | "10minutemail.net"
            | "tempmail.com"
            | "temp-mail.org"
            | "temp-mail.io"
            | "tempmail.net"
            | "tempail.com"
            | "tempr.email"
            | "throwawaymail.com"
            | "trashmail.com"
            | "trashmail.de"
            | "trashmail.net"
            | "wegwerfmail.de"
            | "wegwerfemail.de"
            | "spambog.com"
            | "spamgourmet.com"
            | "mailnesia.com"
            | "maildrop.cc"
            | "mintemail.com"
            | "yopmail.com"
            | "yopmail.fr"
            | "yopmail.net"
            | "dispostable.com"
            | "fakeinbox.com"
            | "getnada.com"
            | "nada.email"
            | "mohmal.com"
            | "moakt.com"
            | "emailondeck.com"
            | "mytemp.email"
            | "burnermail.io"
            | "discard.email"
            | "mailcatch.com"
            | "mailnull.com"
            | "jetable.org"
            | "byom.de"
            | "einrot.com"
            | "cuvox.de"
            | "dayrep.com"
            | "fleckens.hu"
            | "gustr.com"
            | "jourrapide.com"
            | "rhyta.com"
            | "superrito.com"
            | "teleworm.us"
            | "armyspy.com"
            | "inboxkitten.com"
            | "33mail.com"
            | "anonbox.net"
            | "mail-temp.com"
            | "minuteinbox.com"
            | "tmpmail.org"
            | "tmpmail.net"
    )
}

/// The address without the differences that its mail service ignores, such as dots; written into `buffer`.
pub(super) fn same_mailbox<'b>(
    local: &str,
    domain: &str,
    buffer: &'b mut String,
) -> Option<&'b str> {
    if !matches!(domain, "gmail.com" | "googlemail.com") {
        return None;
    }
    buffer.clear();
    buffer.extend(local.chars().filter(|c| *c != '.'));
    buffer.push_str("@gmail.com");
    Some(buffer)
}

/// The letter of another script in a word that has Latin letters as well.
pub(super) fn mixed_script_char(name: &str) -> Option<char> {
    if name.is_ascii() {
        return None;
    }
    name.split(|c: char| !c.is_alphabetic()).find_map(|word| {
        let latin = word.chars().filter(|c| is_latin(*c)).count();
        let other = word.chars().filter(|c| has_look_alikes(*c)).count();
        if latin == 0 || other == 0 {
            return None;
        }
        word.chars().find(|c| {
            if other <= latin {
                has_look_alikes(*c)
            } else {
                is_latin(*c)
            }
        })
    })
}

/// `Ã¼` and `â€“` are what UTF-8 looks like when it is read as Windows-1252.
pub(super) fn read_in_the_wrong_encoding(text: &str) -> bool {
    let follows =
        |c: char| matches!(c, '\u{80}'..='\u{BF}') || "€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ".contains(c);
    text.contains("â€")
        || text
            .match_indices('Ã')
            .any(|(at, lead)| text[at + lead.len()..].starts_with(follows))
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{00C0}'..='\u{024F}')
}

/// Greek, Cyrillic, Armenian and Cherokee letters can be taken for Latin ones.
fn has_look_alikes(c: char) -> bool {
    matches!(c, '\u{0370}'..='\u{058F}' | '\u{13A0}'..='\u{13FF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_scripts_are_told_from_foreign_names() {
        assert_eq!(mixed_script_char("Аnna Meier"), Some('А'));
        for name in [
            "Анна Иванова",
            "Μαρία",
            "José Müller-Żak",
            "山田 Taro",
            "Anna Иванова",
            "🙂 Bo",
        ] {
            assert_eq!(mixed_script_char(name), None, "{name}");
        }
    }

    #[test]
    fn one_slip_from_a_well_known_domain_is_noticed_and_a_domain_of_its_own_is_not() {
        for (domain, intended) in [
            ("gmial.com", "gmail.com"),
            ("gmali.com", "gmail.com"),
            ("gmaul.com", "gmail.com"),
            ("gmail.ocm", "gmail.com"),
            ("gmail.co", "gmail.com"),
            ("outllook.com", "outlook.com"),
            ("wed.de", "web.de"),
        ] {
            assert_eq!(intended_domain(domain), Some(intended), "{domain}");
        }
        for domain in [
            "gmail.com",
            "mail.com",
            "ymail.com",
            "cloud.com",
            "example.org",
            "gmx.at",
            "maily.com",
        ] {
            assert_eq!(intended_domain(domain), None, "{domain}");
        }
    }

    #[test]
    fn one_mailbox_has_one_spelling() {
        let (mut a, mut b) = (String::new(), String::new());
        assert_eq!(
            same_mailbox("an.na", "googlemail.com", &mut a),
            same_mailbox("anna", "gmail.com", &mut b)
        );
        assert_eq!(same_mailbox("an.na", "example.org", &mut a), None);
    }
}
