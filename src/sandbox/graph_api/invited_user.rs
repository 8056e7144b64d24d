//! Which user an invitation is for: an existing user in one of the documented ways, or a new guest (Microsoft Graph:
//! create invitation; Microsoft Entra: properties of a B2B collaboration user).

use crate::sandbox::{
    directory::user::User,
    graph_api::invitation_body::{InvitationBody, SponsorId},
    messages::graph_error::{GraphError, access_denied, bad_request, graph_error, not_found},
    state::{
        identity::guest_principal_name, ids::new_id, request_stats::RedemptionReset,
        tenant::TenantState, token_store::Caller,
    },
};
use jiff::SignedDuration;
use serde_json::json;
use std::{
    hash::{Hash, Hasher},
    time::Duration,
};
use tokio::time::Instant;

impl TenantState {
    /// The user whom the invitation is for, and the `status` of the answer. Creates a guest when there is none.
    pub(crate) fn invited_user(
        &mut self,
        body: &InvitationBody,
        caller: &Caller,
    ) -> Result<(User, &'static str), GraphError> {
        if let Some(id) = &body.invited_user {
            return self.user_named_by_id(body, caller, id);
        }
        if self.directory.is_group_address(&body.address) {
            return Err(bad_request("Group email address is not supported"));
        }
        let is_ambiguous = self
            .directory
            .ambiguous
            .iter()
            .any(|held| held.eq_ignore_ascii_case(&body.address));
        if is_ambiguous {
            return Err(ambiguous_address());
        }
        let principal_name = guest_principal_name(&body.address);
        let holders = self
            .directory
            .users_with_address(&body.address, &principal_name);
        if let Some(holder) = holders.iter().find(|holder| holder.disabled) {
            return Err(blocked(&holder.id));
        }
        // An address in mail, userPrincipalName or proxyAddresses belongs to an internal user; otherMails do not count.
        let internal = holders
            .iter()
            .find(|holder| !holder.is_external() && has_as_own_address(holder, &body.address));
        if let Some(holder) = internal {
            return Err(bad_request(format!(
                "The invited user already exists in the directory as object ID: {}. They can use that account to sign in to shared apps and resources.",
                holder.id
            )));
        }
        if let Some(guest) = holders.iter().find(|holder| holder.is_external()) {
            let pending = guest.external_user_state.as_deref() == Some("PendingAcceptance");
            let status = if pending {
                "PendingAcceptance"
            } else {
                "Completed"
            };
            return Ok(((*guest).clone(), status));
        }
        if let Some(quota) = self.weather.object_quota
            && self.directory.object_count() as u64 >= quota
        {
            return Err(graph_error(
                403,
                "Directory_QuotaExceeded",
                "The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.",
            ));
        }
        let guest = self.new_guest(body, caller);
        self.put_user(guest.clone());
        Ok((guest, "PendingAcceptance"))
    }

    /// `invitedUser.id` has two documented uses: to reset the redemption of a guest, and to invite an internal user to
    /// B2B collaboration.
    fn user_named_by_id(
        &mut self,
        body: &InvitationBody,
        caller: &Caller,
        id: &str,
    ) -> Result<(User, &'static str), GraphError> {
        caller.needs(&["User.ReadWrite.All", "Directory.ReadWrite.All"])?;
        let mut user = self
            .directory
            .by_id(id)
            .cloned()
            .ok_or_else(|| not_found(id))?;
        if caller.is_app() && user.has_directory_role {
            // An application cannot reset the redemption of somebody with a directory role.
            return Err(access_denied());
        }
        let knows_other_mails = user
            .other_mails_from
            .is_none_or(|from| from <= Instant::now());
        let has_address = has_as_own_address(&user, &body.address)
            || (knows_other_mails
                && user
                    .other_mails
                    .iter()
                    .any(|mail| mail.eq_ignore_ascii_case(&body.address)));
        if !has_address {
            return Err(bad_request(
                "The invited email address must be in the mail or otherMails property of the invited user.",
            ));
        }
        if body.reset_redemption != user.is_external() {
            return Err(bad_request(if body.reset_redemption {
                "The redemption status can only be reset for a guest."
            } else {
                "The invited user is a guest already. To reset the redemption status, set resetRedemption to true."
            }));
        }
        if user.on_premises_user_principal_name.is_some() {
            return Err(bad_request(
                "An internal user with an on-premises user principal name cannot be invited.",
            ));
        }
        if user.disabled {
            return Err(blocked(&user.id));
        }
        let somebody_else = self
            .directory
            .users_with_address(&body.address, &guest_principal_name(&body.address))
            .into_iter()
            .any(|holder| holder.id != user.id && has_as_own_address(holder, &body.address));
        if somebody_else {
            return Err(ambiguous_address());
        }
        let now = self.clock.now();
        user.external_user_state = Some("PendingAcceptance".into());
        user.external_user_state_changed = Some(now);
        user.creation_type
            .get_or_insert_with(|| "Invitation".into());
        if body.reset_redemption {
            self.stats.add_reset(RedemptionReset {
                ms: self.stats.ms(),
                user_id: user.id.clone(),
                address: body.address.clone(),
                send: body.send,
                other_mails: user.other_mails.clone(),
            });
        }
        self.change_user(user.clone());
        Ok((user, "PendingAcceptance"))
    }

    pub(crate) fn new_guest(&self, body: &InvitationBody, caller: &Caller) -> User {
        let address = &body.address;
        let now = self.clock.now();
        let visible_from = |ms: u64| (ms > 0).then(|| Instant::now() + Duration::from_millis(ms));
        // The address of a mail contact is not given to the guest: it is in otherMails only.
        let is_contact = self
            .directory
            .contacts
            .iter()
            .any(|contact| contact.eq_ignore_ascii_case(address));
        let mut sponsors: Vec<String> = body
            .sponsors
            .iter()
            .map(|SponsorId(id)| id.clone())
            .collect();
        if sponsors.is_empty() {
            sponsors.extend(caller.user.clone());
        }
        User {
            id: new_id(),
            display_name: body
                .display_name
                .clone()
                .unwrap_or_else(|| address.split('@').next().unwrap_or_default().to_owned()),
            mail: (!is_contact).then(|| address.clone()),
            other_mails: vec![address.clone()],
            proxy_addresses: if is_contact {
                Vec::new()
            } else {
                vec![format!("SMTP:{address}")]
            },
            user_principal_name: guest_principal_name(address),
            user_type: body.user_type.to_owned(),
            external_user_state: Some("PendingAcceptance".into()),
            external_user_state_changed: Some(now),
            creation_type: Some("Invitation".into()),
            created: now + self.creation_clock_ahead(address),
            sponsors,
            in_filters_from: visible_from(self.weather.replication.filters_ms),
            by_id_from: visible_from(self.weather.replication.by_id_ms),
            writable_from: visible_from(self.weather.replication.writes_ms),
            ..User::default()
        }
    }

    /// How far the `createdDateTime` of a new guest is ahead of the clock.
    fn creation_clock_ahead(&self, address: &str) -> SignedDuration {
        let clocks = self.weather.clocks;
        let spread = i64::from(clocks.created_spread);
        let mut hasher = siphasher::sip::SipHasher13::new_with_keys(self.weather.seed, 1);
        address.to_lowercase().hash(&mut hasher);
        let drawn = fastrand::Rng::with_seed(hasher.finish()).i64(-spread..=spread);
        SignedDuration::from_secs(i64::from(clocks.created) + drawn)
    }
}

/// Whether a user has an address in mail, userPrincipalName or proxyAddresses.
pub(super) fn has_as_own_address(user: &User, address: &str) -> bool {
    user.mail
        .as_deref()
        .is_some_and(|mail| mail.eq_ignore_ascii_case(address))
        || user.user_principal_name.eq_ignore_ascii_case(address)
        || user.proxy_addresses.iter().any(|proxy| {
            proxy
                .split_once(':')
                .is_some_and(|(_, held)| held.eq_ignore_ascii_case(address))
        })
}

/// The account is there and may not sign in.
fn blocked(id: &str) -> GraphError {
    graph_error(
        412,
        "PreconditionFailed",
        format!(
            "The invited user already exists in the directory as object ID: {id}, but the account is blocked from signing in. If the account is unblocked, they can use that account to sign in to shared apps and resources."
        ),
    )
}

/// Several objects have the address.
pub(super) fn ambiguous_address() -> GraphError {
    let message = "Another object with the same value for property proxyAddresses already exists.";
    let mut error = graph_error(400, "Request_BadRequest", message);
    error.details = vec![json!({
        "code": "ObjectConflict",
        "message": message,
        "target": "proxyAddresses",
    })];
    error
}
