//! How the text of a flag, an environment variable or a settings file becomes a value.
//!
//! A parser says what is wrong with a text and what would be right. Must not know where the text came from.

use crate::{outcome::Outcome, sheet::Field};
use std::{fmt, str::FromStr, time::Duration};

/// The longest time that can be given, so that no sum of times overflows.
const A_YEAR: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A length of time with its unit: `90s`, `15m`, `2h`, `1h30m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let parsed = text.trim().parse::<jiff::SignedDuration>().ok();
    match parsed.and_then(|parsed| Duration::try_from(parsed).ok()) {
        None => Err(format!(
            "`{text}` is not a duration: write 90s, 15m, 2h or 1h30m"
        )),
        Some(long) if long > A_YEAR => Err(format!("`{text}` is longer than a year")),
        Some(fine) => Ok(fine),
    }
}

/// A length of time of more than zero.
pub(crate) fn some_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err(format!(
            "`{text}` must be more than zero: write 15m, 2h or 1h30m"
        )),
        some => Ok(some),
    }
}

const DAY: u64 = 24 * 60 * 60;

/// A length of time that is counted in days: `14d`, `2w`, and everything else that a duration may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age(pub Duration);

impl Age {
    pub(super) const fn days(days: u64) -> Self {
        Self(Duration::from_secs(days * DAY))
    }
}

impl FromStr for Age {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        let days = |unit: char, days: u64| {
            let number = trimmed.strip_suffix(unit)?.trim_end();
            let number: u64 = number.parse().ok()?;
            number.checked_mul(days * DAY).map(Duration::from_secs)
        };
        if let Some(age) = days('d', 1).or_else(|| days('w', 7)) {
            return if age > Duration::from_secs(366 * DAY) {
                Err(format!("`{text}` is longer than a year"))
            } else {
                Ok(Self(age))
            };
        }
        duration(text)
            .map(Self)
            .map_err(|_| format!("`{text}` is not a length of time: write 14d, 2w or 36h"))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if seconds >= DAY && seconds.is_multiple_of(DAY) {
            return write!(f, "{}d", seconds / DAY);
        }
        match jiff::SignedDuration::try_from(self.0) {
            Ok(duration) => write!(f, "{duration:#}"),
            Err(_) => write!(f, "{seconds}s"),
        }
    }
}

/// A whole number, 1 or more.
pub(crate) fn count(text: &str) -> Result<u64, String> {
    match text.trim().parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a whole number of 1 or more")),
        Ok(number) => Ok(number),
    }
}

/// How many requests may be under way at the same time.
pub(crate) fn workers(text: &str) -> Result<usize, String> {
    match text.trim().parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err(format!("`{text}` is not a whole number from 1 to 256")),
    }
}

/// A ceiling of requests, where 0 switches it off.
pub(crate) fn ceiling(text: &str) -> Result<u32, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` is not a whole number (0 switches the ceiling off)"))
}

pub(crate) fn switch(text: &str) -> Result<bool, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("`{text}` must be true or false"))
}

/// A text that is not empty.
pub(crate) fn words(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("the text is empty".to_owned()),
        some => Ok(some.to_owned()),
    }
}

/// A row's outcome by its word in the results.
pub(crate) fn outcome(text: &str) -> Result<Outcome, String> {
    Outcome::from_word(text.trim()).ok_or_else(|| {
        let known: Vec<&str> = Outcome::ALL
            .iter()
            .filter(|outcome| !outcome.is_done())
            .map(|outcome| outcome.word())
            .collect();
        format!("`{text}` is not one of {}", known.join(", "))
    })
}

/// The character between the cells of a sheet.
pub(crate) fn delimiter(text: &str) -> Result<u8, String> {
    match text {
        "tab" | "\\t" | "\t" => Ok(b'\t'),
        _ => match text.as_bytes() {
            [byte]
                if byte.is_ascii()
                    && !byte.is_ascii_alphanumeric()
                    && !b"\"\r\n\0".contains(byte) =>
            {
                Ok(*byte)
            }
            _ => Err(format!(
                "`{text}` cannot stand between cells: write one of , ; tab |"
            )),
        },
    }
}

/// The ceiling of resource units. What a read costs depends on the tenant's size, so the documented ceiling does as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Units {
    ByTenantSize,
    Fixed(u32),
}

impl FromStr for Units {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "auto" => Ok(Units::ByTenantSize),
            number => ceiling(number).map(Units::Fixed),
        }
    }
}

/// One value of `--only`: which rows a run invites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFilter {
    /// The number that a spreadsheet program shows beside the row.
    Row(u64),
    /// Everyone at this domain, which is kept without the `@` and in lower case.
    Domain(String),
    Address(String),
}

impl FromStr for RowFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.split_once('@') {
            Some(("", domain)) if !domain.is_empty() => {
                Ok(RowFilter::Domain(domain.to_lowercase()))
            }
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
                Ok(RowFilter::Address(text.to_owned()))
            }
            None => count(text)
                .map(RowFilter::Row)
                .map_err(|_| format!("`{text}` must be an address, an @domain or a row number")),
            Some(_) => Err(format!("`{text}` must be an address or an @domain")),
        }
    }
}

/// A tenant as a person names it. A domain and an id can only be compared after asking the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantName {
    Id(uuid::Uuid),
    /// In lower case.
    Domain(String),
}

impl TenantName {
    /// Whether the two certainly name different tenants.
    pub fn contradicts(&self, other: &Self) -> bool {
        matches!(
            (self, other),
            (Self::Id(_), Self::Id(_)) | (Self::Domain(_), Self::Domain(_))
        ) && self != other
    }
}

impl FromStr for TenantName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let label = |label: &str| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        if text.contains('.') && text.split('.').all(label) {
            return Ok(Self::Domain(text.to_lowercase()));
        }
        Err(format!(
            "`{text}` names no tenant: write its domain, like contoso.com, or its id"
        ))
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Domain(domain) => f.write_str(domain),
        }
    }
}

/// A field of a guest, and the name of the column that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    pub field: Field,
    pub column: String,
}

impl FromStr for Mapping {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, column) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is not FIELD=COLUMN, like email=\"E-Mail privat\""))?;
        let field = Field::from_word(field).ok_or_else(|| {
            let known: Vec<&str> = Field::ALL.iter().map(|field| field.word()).collect();
            format!("`{field}` is not one of {}", known.join(", "))
        })?;
        let column = words(column)?;
        Ok(Mapping { field, column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        for wrong in ["", "90", "-5m", "2 fortnights", "h", "99999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert!(some_duration("0s").is_err());
        assert_eq!(
            duration("90").unwrap_err(),
            "`90` is not a duration: write 90s, 15m, 2h or 1h30m"
        );
    }

    #[test]
    fn only_knows_its_three_kinds() {
        assert_eq!("17".parse(), Ok(RowFilter::Row(17)));
        assert_eq!(
            "@Fabrikam.com".parse(),
            Ok(RowFilter::Domain("fabrikam.com".into()))
        );
        assert_eq!(
            "Ana@x.org".parse(),
            Ok(RowFilter::Address("Ana@x.org".into()))
        );
        for wrong in ["", "0", "@", "ana@", "ana"] {
            assert!(wrong.parse::<RowFilter>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_tenant_is_a_domain_or_an_id() {
        let id: TenantName = "0F0F0F0F-0000-4000-8000-000000000001".parse().unwrap();
        let domain: TenantName = "Contoso.COM".parse().unwrap();
        assert_eq!(id.to_string(), "0f0f0f0f-0000-4000-8000-000000000001");
        assert_eq!(domain.to_string(), "contoso.com");
        assert!(!id.contradicts(&domain), "only the tenant itself can tell");
        assert!(domain.contradicts(&"fabrikam.com".parse().unwrap()));
        for wrong in ["", "common", "organizations", "contoso..com", "a b.com"] {
            assert!(wrong.parse::<TenantName>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn delimiters_have_names_where_a_shell_needs_them() {
        assert_eq!(delimiter(";"), Ok(b';'));
        assert_eq!(delimiter("tab"), Ok(b'\t'));
        for wrong in ["", ",,", "a", "\"", "ü"] {
            assert!(delimiter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mapping_names_a_known_field() {
        let mapping: Mapping = "email=E-Mail = privat".parse().unwrap();
        assert_eq!(
            (mapping.field, mapping.column.as_str()),
            (Field::Email, "E-Mail = privat")
        );
        assert!(
            "mail=E-Mail"
                .parse::<Mapping>()
                .unwrap_err()
                .contains("display_name")
        );
        assert!("email=".parse::<Mapping>().is_err());
        assert!("email".parse::<Mapping>().is_err());
    }

    #[test]
    fn outcomes_are_listed_when_one_is_wrong() {
        assert_eq!(outcome("refused"), Ok(Outcome::Refused));
        assert!(outcome("refuse").unwrap_err().contains("refused"));
    }

    #[test]
    fn ages_are_counted_in_days() {
        for (text, written) in [
            ("14d", "14d"),
            ("2w", "14d"),
            (" 36h ", "36h"),
            ("24h", "1d"),
            ("0d", "0s"),
        ] {
            let age: Age = text.parse().unwrap();
            assert_eq!(age.to_string(), written);
            assert_eq!(written.parse(), Ok(age));
        }
        for wrong in [
            "",
            "d",
            "14",
            "-3d",
            "two weeks",
            "400d",
            "99999999999999999999d",
        ] {
            assert!(wrong.parse::<Age>().is_err(), "{wrong}");
        }
    }
}
