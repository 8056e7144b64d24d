//! Reads the sponsors of a guest from a cell: addresses, object ids, groups.
//!
//! Must not look them up in the tenant.

use super::{
    SponsorRef,
    address_syntax::{is_domain, is_valid},
    catalogue::{BAD_SPONSOR, TOO_MANY_SPONSORS},
    diagnose::Wrong,
    email,
};
use crate::problem::shorten;
use uuid::Uuid;

/// (Graph: invitation resource type, invitedUserSponsors)
const MAX_SPONSORS: usize = 5;

/// A person in the tenant: an address, a user principal name or an object id.
fn person(entry: &str) -> Result<SponsorRef, Wrong> {
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
                format!("`{}` is not an address or an object id", shorten(entry, 60)),
                "write the address of somebody in your tenant, or group:NAME for a group",
            ));
        }
    };
    Ok(SponsorRef::Address(text.into_owned()))
}

impl SponsorRef {
    /// Exactly one sponsor, a person or a group, as it may stand in a setting.
    pub fn parse(text: &str) -> Result<Self, String> {
        match divided(text, &[';']) {
            Ok((sponsors, _)) => <[Self; 1]>::try_from(sponsors)
                .map(|[one]| one)
                .map_err(|_| format!("`{text}` is not one sponsor")),
            Err(wrong) => Err(format!("{}: {}", wrong.message, wrong.fix)),
        }
    }
}

/// The user principal name of a guest has `#EXT#` before the domain of the tenant.
pub(super) fn is_user_principal_name(entry: &str) -> bool {
    match entry.split_once("#EXT#") {
        None => is_valid(entry),
        Some((before, after)) => {
            !before.is_empty()
                && before.is_ascii()
                && after
                    .strip_prefix('@')
                    .is_some_and(|domain| is_domain(domain.as_bytes()))
        }
    }
}

/// The sponsors of a cell; and how they were understood, if the cell was not written as it should be.
pub(super) fn sponsors(cell: &str) -> Result<(Vec<SponsorRef>, Option<String>), Wrong> {
    let (sponsors, certain) = match divided(cell, &[';']) {
        Ok(read) => read,
        // The name of a group may hold a comma, so only a semicolon certainly separates sponsors.
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

/// The sponsors between these separators, and whether each entry is written as it should be.
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
        // Beyond the limit they are only counted.
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
