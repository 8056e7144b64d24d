//! The part of the control API about changes after invitations: the book of them, and the groups.

use crate::sandbox::{
    directory::{group::GroupKind, seed::new_group},
    state::{identity::guest_principal_name, tenant::TenantState},
};
use serde::Deserialize;
use serde_json::{Value, json};

pub(super) fn requests(
    tenant: &TenantState,
    user: Option<&str>,
    address: Option<&str>,
) -> Result<Value, String> {
    let of_address = address.map(|address| {
        let principal_name = guest_principal_name(address);
        let people = tenant
            .directory
            .users_with_address(address, &principal_name);
        people.first().map(|user| user.id.clone())
    });
    let user = match of_address {
        Some(found) => Some(found.ok_or("nobody has this address")?),
        None => user.map(str::to_lowercase),
    };
    Ok(tenant.stats.follow_ups.view(user.as_deref()))
}

pub(super) fn groups(tenant: &TenantState) -> Value {
    let groups: Vec<Value> = tenant
        .directory
        .groups()
        .iter()
        .map(|group| {
            let members = tenant.directory.members(&group.id);
            let members: Vec<&str> = members.map(|user| user.id.as_str()).collect();
            let mut group = json!(group);
            group["members"] = json!(members);
            group
        })
        .collect();
    json!({"groups": groups})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewGroup {
    name: String,
    mail: Option<String>,
    #[serde(default)]
    kind: GroupKind,
}

pub(super) fn add_groups(tenant: &mut TenantState, body: &[u8]) -> Result<Value, String> {
    let new: Vec<NewGroup> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let mut ids = Vec::with_capacity(new.len());
    for NewGroup { name, mail, kind } in new {
        let group = new_group(&name, mail.as_deref(), kind);
        ids.push(group.id.clone());
        tenant.directory.put_group(group);
    }
    Ok(json!({"ids": ids}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupRef {
    id: String,
}

pub(super) fn remove_group(tenant: &mut TenantState, body: &[u8]) -> Result<Value, String> {
    let GroupRef { id } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if tenant.directory.remove_group(&id) {
        Ok(json!({"id": id}))
    } else {
        Err("no group has this id".into())
    }
}
