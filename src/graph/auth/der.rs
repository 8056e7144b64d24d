//! Reads the two dates and the issuer of a certificate from its DER (X.509, RFC 5280 4.1), and nothing else.
//!
//! Must survive any bytes.

use jiff::{Timestamp, civil::Date, tz::Offset};

/// From when until when a certificate holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    pub from: Timestamp,
    pub until: Timestamp,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Validity {
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(certificate)?;
        let (_, mut fields, _) = element(certificate)?;
        if fields.first() == Some(&VERSION) {
            (_, _, fields) = element(fields)?;
        }
        // The serial number, the signature's algorithm and the issuer come before it.
        for _ in 0..3 {
            (_, _, fields) = element(fields)?;
        }
        let (tag, validity, _) = element(fields)?;
        if tag != SEQUENCE {
            return None;
        }
        let (from, rest) = time(validity)?;
        let (until, _) = time(rest)?;
        Some(Self { from, until })
    }
}

/// The names of the issuer: its common name, and its organization in brackets.
pub(in crate::graph) fn issuer(certificate: &[u8]) -> Option<String> {
    const COMMON_NAME: &[u8] = &[0x55, 4, 3];
    const ORGANIZATION: &[u8] = &[0x55, 4, 10];
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    if fields.first() == Some(&VERSION) {
        (_, _, fields) = element(fields)?;
    }
    // The serial number and the signature's algorithm come before it.
    for _ in 0..2 {
        (_, _, fields) = element(fields)?;
    }
    let (_, mut names, _) = element(fields)?;
    let (mut name, mut organization) = (None, None);
    while !names.is_empty() {
        let (_, set, rest) = element(names)?;
        names = rest;
        let (_, pair, _) = element(set)?;
        let (_, kind, value) = element(pair)?;
        let (_, text, _) = element(value)?;
        let text = || Some(String::from_utf8_lossy(text).into_owned());
        match kind {
            COMMON_NAME => name = text(),
            ORGANIZATION => organization = text(),
            _ => {}
        }
    }
    match (name, organization) {
        (Some(name), Some(of)) if name != of => Some(format!("{name} ({of})")),
        (name, organization) => name.or(organization),
    }
}

/// The first element: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let digits = usize::from(first & 0x7f);
        let (length, rest) = rest
            .split_at_checked(digits)
            .filter(|_| (1..=4).contains(&digits))?;
        (
            length
                .iter()
                .fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
            rest,
        )
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (tag, text, rest) = element(bytes)?;
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, text) = match tag {
        UTC_TIME => {
            let (year, text) = text.split_at_checked(2)?;
            let year: i16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, text)
        }
        GENERALIZED_TIME => {
            let (year, text) = text.split_at_checked(4)?;
            (year.parse().ok()?, text)
        }
        _ => return None,
    };
    let mut numbers = [0_i8; 5];
    for (at, number) in numbers.iter_mut().enumerate() {
        *number = text.get(at * 2..at * 2 + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = numbers;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !in_range || numbers.iter().any(|number| *number < 0) || !(1..=9999).contains(&year) {
        return None;
    }
    let day = Date::new(year, month, day).ok()?;
    let moment = day.at(hour, minute, second, 0);
    Some((Offset::UTC.to_timestamp(moment).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![
            SEQUENCE,
            0x82,
            (content.len() >> 8) as u8,
            content.len() as u8,
        ];
        bytes.extend_from_slice(content);
        bytes
    }

    fn certificate(version: bool, from: (u8, &str), until: (u8, &str)) -> Vec<u8> {
        let mut times = Vec::new();
        for (tag, text) in [from, until] {
            times.extend([tag, text.len() as u8]);
            times.extend(text.bytes());
        }
        let mut fields = if version {
            vec![VERSION, 3, 2, 1, 2]
        } else {
            vec![]
        };
        fields.extend([2, 1, 7, SEQUENCE, 0, SEQUENCE, 0]);
        fields.extend(sequence(&times));
        sequence(&sequence(&fields))
    }

    #[test]
    fn both_forms_of_time_with_and_without_a_version() {
        for version in [true, false] {
            let found = Validity::of(&certificate(
                version,
                (UTC_TIME, "990102030405Z"),
                (GENERALIZED_TIME, "20500102030405Z"),
            ));
            let found = found.unwrap();
            assert_eq!(found.from.to_string(), "1999-01-02T03:04:05Z");
            assert_eq!(found.until.to_string(), "2050-01-02T03:04:05Z");
        }
    }

    #[test]
    fn broken_bytes_are_no_validity() {
        let whole = certificate(
            true,
            (UTC_TIME, "260102030405Z"),
            (UTC_TIME, "270102030405Z"),
        );
        for end in 0..whole.len() {
            assert_eq!(Validity::of(&whole[..end]), None);
        }
        for wrong in [
            "261302030405Z",
            "26010203040Z",
            "260102030405",
            "26010203040é",
            "260102030465Z",
        ] {
            assert_eq!(
                Validity::of(&certificate(
                    true,
                    (UTC_TIME, wrong),
                    (UTC_TIME, "270102030405Z")
                )),
                None
            );
        }
        assert_eq!(Validity::of(&[SEQUENCE, 0xff, 0xff]), None);
    }
}
