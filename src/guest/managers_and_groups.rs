//! Reads the manager and the groups of a guest from their cells.
//!
//! Must not look them up in the tenant.

use super::{
    ManagerRef,
    catalogue::{BAD_MANAGER, FIELD_TOO_LONG, TOO_MANY_GROUPS, TWO_ADDRESSES},
    diagnose::Wrong,
    email,
    sponsors::is_user_principal_name,
};
use crate::problem::shorten;
use uuid::Uuid;

/// More groups in a cell are probably a mistake, and each is a request for each guest.
const MAX_GROUPS: usize = 20;
/// (Graph: user and group resource types, displayName)
const MAX_NAME: usize = 256;

/// The manager of a cell; and the address as it was understood, if the cell was not written as it should be.
pub(super) fn manager(cell: &str) -> Result<(ManagerRef, Option<String>), Wrong> {
    const FIX: &str = "write one address, object id or display name of somebody in your tenant, or leave the cell empty";
    if let Ok(id) = Uuid::parse_str(cell) {
        return Ok((ManagerRef::Id(id), None));
    }
    if is_user_principal_name(cell) {
        return Ok((ManagerRef::Address(cell.to_owned()), None));
    }
    if cell.contains('@') {
        return match email::read(cell) {
            Ok(address) => {
                let text = address.text.into_owned();
                let respelled = (text != cell).then(|| text.clone());
                Ok((ManagerRef::Address(text), respelled))
            }
            Err(wrong) if wrong.code == TWO_ADDRESSES => {
                Err(Wrong::new(BAD_MANAGER, "a guest has one manager", FIX))
            }
            Err(wrong) => {
                let message = format!("the manager: {}", wrong.message);
                Err(Wrong::new(BAD_MANAGER, message, FIX))
            }
        };
    }
    if cell.contains([';', '\n', '\r']) {
        return Err(Wrong::new(BAD_MANAGER, "a guest has one manager", FIX));
    }
    if !cell.contains(char::is_alphabetic) || cell.chars().count() > MAX_NAME {
        let message = format!(
            "`{}` is not an address, an object id or a name",
            shorten(cell, 60)
        );
        return Err(Wrong::new(BAD_MANAGER, message, FIX));
    }
    Ok((ManagerRef::Name(cell.to_owned()), None))
}

/// The groups of a cell, each once. A comma may belong to the name of a group, so only a semicolon or a line end
/// separates two.
pub(super) fn groups(cell: &str) -> Result<Vec<String>, Wrong> {
    let mut groups: Vec<String> = Vec::new();
    let mut number = 0_usize;
    for entry in cell.split([';', '\n', '\r']) {
        let name = without_word(entry.trim());
        if name.is_empty() {
            continue;
        }
        if name.chars().count() > MAX_NAME {
            let message = format!(
                "`{}` is longer than the name of a group can be ({MAX_NAME} characters)",
                shorten(name, 60)
            );
            let fix =
                "write names, addresses or object ids of groups, with semicolons between them";
            return Err(Wrong::new(FIELD_TOO_LONG, message, fix));
        }
        number += 1;
        let is_new = !groups.iter().any(|known| known.eq_ignore_ascii_case(name));
        // Beyond the limit they are only counted.
        if is_new && groups.len() <= MAX_GROUPS {
            groups.push(name.to_owned());
        }
    }
    if groups.len() > MAX_GROUPS {
        return Err(Wrong::new(
            TOO_MANY_GROUPS,
            format!("{number} groups; at most {MAX_GROUPS} are possible"),
            format!(
                "keep {MAX_GROUPS}; a group for all of them, or a second sheet later, takes the rest"
            ),
        ));
    }
    Ok(groups)
}

/// A group may be written as in the sponsors column: `group:` and its name or id.
fn without_word(entry: &str) -> &str {
    match entry.split_once(':') {
        Some((word, name)) if word.trim().eq_ignore_ascii_case("group") => name.trim(),
        _ => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_is_an_address_an_id_or_a_name() {
        let id = "6f1c9a52-40e2-4c8e-9d63-6a0f2ad2a0c5";
        for (cell, expected) in [
            (
                "eva@contoso.com",
                ManagerRef::Address("eva@contoso.com".into()),
            ),
            (id, ManagerRef::Id(id.parse().unwrap())),
            ("Berg, Anna", ManagerRef::Name("Berg, Anna".into())),
        ] {
            assert_eq!(manager(cell).unwrap(), (expected, None), "{cell}");
        }
        let (found, respelled) = manager("Eva <eva@contoso.com>").unwrap();
        assert_eq!(found, ManagerRef::Address("eva@contoso.com".into()));
        assert_eq!(respelled.as_deref(), Some("eva@contoso.com"));
        for cell in ["a@x.org; b@x.org", "Anna; Eva", "4711", "eva@"] {
            assert_eq!(manager(cell).unwrap_err().code, BAD_MANAGER, "{cell}");
        }
    }

    #[test]
    fn groups_are_separated_by_semicolons_and_bounded() {
        let found = groups("Sales, North; group: Ops ;\nsales, north;").unwrap();
        assert_eq!(found, ["Sales, North", "Ops"]);
        let many = |count: usize| {
            let names: Vec<String> = (0..count).map(|n| format!("Group {n}")).collect();
            groups(&names.join(";"))
        };
        assert_eq!(many(20).unwrap().len(), 20);
        let wrong = many(30).unwrap_err();
        assert_eq!(wrong.code, TOO_MANY_GROUPS);
        assert_eq!(wrong.message, "30 groups; at most 20 are possible");
        assert_eq!(groups(&"x".repeat(300)).unwrap_err().code, FIELD_TOO_LONG);
    }
}
