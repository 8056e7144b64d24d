//! `POST /invitations`: the strict reading of the request, the answers for people who are there already, the guest.

use super::{
    address::acceptable,
    invitation_request::{Request, Sponsor},
    people,
    reply::{Body, Refusal, Reply, bad_request, not_found, refuse},
    seen::Mail,
    tenant::{Tenant, new_id, own_domain},
    token::Caller,
    user::User,
    weather::{AllowInvitesFrom, Fault},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{
    hash::{Hash, Hasher},
    time::Duration,
};
use tokio::time::Instant;

const DAY: i64 = 24 * 60 * 60;

pub fn invite(
    tenant: &mut Tenant,
    caller: &Caller,
    body: &Value,
    fault: Option<Fault>,
) -> Result<Reply, Refusal> {
    tenant.may_invite(caller)?;
    let request = Request::read(body)?;
    tenant.policies(&request)?;
    tenant.sponsors_exist(&request.sponsors)?;

    if fault == Some(Fault::SilentFailure) {
        let phantom = tenant.new_guest(&request, caller);
        tenant.mail(&request, caller, &phantom.id);
        return Ok(tenant.created(&request, &phantom, "PendingAcceptance", fault));
    }
    if fault == Some(Fault::StatusError) {
        let phantom = tenant.new_guest(&request, caller);
        return Ok(tenant.created(&request, &phantom, "Error", fault));
    }
    let (user, status) = tenant.guest_of(&request, caller)?;
    if status == "PendingAcceptance" {
        tenant.mail(&request, caller, &user.id);
    }
    Ok(tenant.created(&request, &user, status, fault))
}

impl Tenant {
    fn may_invite(&self, caller: &Caller) -> Result<(), Refusal> {
        let withdrawn = self
            .weather
            .withdraw_after
            .is_some_and(|after| self.invitations.done >= after);
        let permissions = [
            "User.Invite.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ];
        if withdrawn || !caller.has(&permissions) {
            return Err(refuse(
                401,
                "Unauthorized",
                format!(
                    "Insufficient privileges to perform requested operation by the application '00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI, ActionName=CreateInvite, URL absolute path=/api/{}/invites",
                    self.names.tenant_id
                ),
            ));
        }
        // The signed-in user is an administrator. An application that can only write users was
        // seen to be refused where invitations are restricted.
        let refused = match self.weather.allow_invites_from {
            AllowInvitesFrom::None => true,
            AllowInvitesFrom::AdminsAndGuestInviters => {
                caller.is_app() && !caller.has(&permissions[..1])
            }
            AllowInvitesFrom::AdminsGuestInvitersAndAllMembers | AllowInvitesFrom::Everyone => {
                false
            }
        };
        if refused {
            return Err(refuse(
                403,
                "Forbidden",
                "Guest invitations not allowed for your company. Contact your company administrator for more details.",
            ));
        }
        Ok(())
    }

    /// What the tenant refuses before it looks at the person.
    fn policies(&mut self, request: &Request) -> Result<(), Refusal> {
        let day_ago = self.clock.now().as_second() - DAY;
        while self
            .invitations
            .recent
            .front()
            .is_some_and(|at| *at <= day_ago)
        {
            self.invitations.recent.pop_front();
        }
        let done = self.invitations.done;
        if self.weather.block_after.is_some_and(|after| done >= after) {
            self.invitations.blocked = true;
        }
        let today = self.invitations.recent.len() as u64;
        if self.invitations.blocked || self.weather.daily_cap.is_some_and(|cap| today >= cap) {
            return Err(refuse(
                403,
                "Forbidden",
                "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for help.",
            ));
        }
        if !acceptable(&request.address) {
            return Err(bad_request("The Primary SMTP Address is an invalid value"));
        }
        let domain = request.domain();
        if domain.eq_ignore_ascii_case(people::INITIAL_DOMAIN) {
            return Err(bad_request(
                "The invited user is in the same tenant as the inviter.",
            ));
        }
        if own_domain(domain) && request.invited_user.is_none() {
            return Err(bad_request(
                "This user cannot be invited because the domain of the user's email address is a verified domain of this directory",
            ));
        }
        if domain.eq_ignore_ascii_case(people::BLOCKED_DOMAIN) {
            return Err(refuse(
                403,
                "Forbidden",
                "This invitation is blocked because the domain of the invited user is on the list of blocked domains of this directory.",
            ));
        }
        if domain.eq_ignore_ascii_case(people::SEALED_DOMAIN) {
            return Err(refuse(
                403,
                "Forbidden",
                "This invitation is blocked by cross-tenant access settings. Admins in both your organization and the invited user's organization must configure cross-tenant access settings to allow the invitation.",
            ));
        }
        Ok(())
    }

    fn sponsors_exist(&self, sponsors: &[Sponsor]) -> Result<(), Refusal> {
        for Sponsor(id) in sponsors {
            if self.directory.by_id(id).is_none() && self.directory.group(id).is_none() {
                return Err(not_found(id));
            }
        }
        Ok(())
    }

    fn count_invitation(&mut self) {
        self.invitations.done += 1;
        if self.weather.daily_cap.is_some() {
            let now = self.clock.now().as_second();
            self.invitations.recent.push_back(now);
        }
    }

    /// Who the guest is: made now, or there already in one of the documented ways.
    fn guest_of(
        &mut self,
        request: &Request,
        caller: &Caller,
    ) -> Result<(User, &'static str), Refusal> {
        if let Some(id) = &request.invited_user {
            return self.named_guest(request, caller, id);
        }
        if self.directory.group_address(&request.address) {
            return Err(bad_request("Group email address is not supported"));
        }
        let held_twice = self
            .directory
            .ambiguous
            .iter()
            .any(|held| held.eq_ignore_ascii_case(&request.address));
        if held_twice {
            return Err(conflict());
        }
        let guest_name = people::guest_name(&request.address);
        let holders = self.directory.holders(&request.address, &guest_name);
        if let Some(holder) = holders.iter().find(|holder| holder.disabled) {
            return Err(refuse(
                412,
                "PreconditionFailed",
                format!(
                    "The invited user already exists in the directory as object ID: {}, but the account is blocked from signing in. If the account is unblocked, they can use that account to sign in to shared apps and resources.",
                    holder.id
                ),
            ));
        }
        // An internal user holds an address by mail or proxyAddresses; otherMails do not count.
        let internal = holders
            .iter()
            .find(|holder| !holder.external() && holds_as_own(holder, &request.address));
        if let Some(holder) = internal {
            return Err(bad_request(format!(
                "The invited user already exists in the directory as object ID: {}. They can use that account to sign in to shared apps and resources.",
                holder.id
            )));
        }
        if let Some(guest) = holders.iter().find(|holder| holder.external()) {
            let pending = guest.external_user_state.as_deref() == Some("PendingAcceptance");
            let status = if pending {
                "PendingAcceptance"
            } else {
                "Completed"
            };
            return Ok(((*guest).clone(), status));
        }
        if let Some(quota) = self.weather.object_quota
            && self.directory.objects() as u64 >= quota
        {
            return Err(refuse(
                403,
                "Directory_QuotaExceeded",
                "The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects to reduce the used quota.",
            ));
        }
        let guest = self.new_guest(request, caller);
        self.keep_user(guest.clone());
        Ok((guest, "PendingAcceptance"))
    }

    /// `invitedUser` has two documented meanings: a reset, and turning an internal user into a guest.
    fn named_guest(
        &mut self,
        request: &Request,
        caller: &Caller,
        id: &str,
    ) -> Result<(User, &'static str), Refusal> {
        caller.needs(&["User.ReadWrite.All", "Directory.ReadWrite.All"])?;
        let mut user = self
            .directory
            .by_id(id)
            .cloned()
            .ok_or_else(|| not_found(id))?;
        let own_address = holds_as_own(&user, &request.address)
            || user
                .other_mails
                .iter()
                .any(|mail| mail.eq_ignore_ascii_case(&request.address));
        if !own_address {
            return Err(bad_request(
                "The invited email address must be in the mail or otherMails property of the invited user.",
            ));
        }
        if request.reset_redemption != user.external() {
            return Err(bad_request(if request.reset_redemption {
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
        let now = self.clock.now();
        user.external_user_state = Some("PendingAcceptance".into());
        user.external_user_state_changed = Some(now);
        user.creation_type
            .get_or_insert_with(|| "Invitation".into());
        self.keep_user(user.clone());
        Ok((user, "PendingAcceptance"))
    }

    fn new_guest(&self, request: &Request, caller: &Caller) -> User {
        let address = &request.address;
        let now = self.clock.now();
        let seen_after = |ms: u64| (ms > 0).then(|| Instant::now() + Duration::from_millis(ms));
        // A mail contact keeps the address for itself.
        let taken = self
            .directory
            .contacts
            .iter()
            .any(|contact| contact.eq_ignore_ascii_case(address));
        let mut sponsors: Vec<String> = request
            .sponsors
            .iter()
            .map(|Sponsor(id)| id.clone())
            .collect();
        if sponsors.is_empty() {
            sponsors.extend(caller.user.clone());
        }
        User {
            id: new_id(),
            display_name: request
                .display_name
                .clone()
                .unwrap_or_else(|| address.split('@').next().unwrap_or_default().to_owned()),
            mail: (!taken).then(|| address.clone()),
            other_mails: vec![address.clone()],
            proxy_addresses: if taken {
                Vec::new()
            } else {
                vec![format!("SMTP:{address}")]
            },
            user_principal_name: people::guest_name(address),
            user_type: request.user_type.to_owned(),
            external_user_state: Some("PendingAcceptance".into()),
            external_user_state_changed: Some(now),
            creation_type: Some("Invitation".into()),
            created: now + self.created_ahead(address),
            sponsors,
            in_filters_from: seen_after(self.weather.replication.filters_ms),
            by_id_from: seen_after(self.weather.replication.by_id_ms),
            ..User::default()
        }
    }

    /// Custom words need a signed-in user with a mailbox; an application's are left out silently.
    fn mail(&mut self, request: &Request, caller: &Caller, user_id: &str) {
        if !request.send {
            return;
        }
        let dropped = caller.is_app() && request.words.is_some();
        let mail = Mail {
            at: self.clock.now(),
            address: request.address.clone(),
            user_id: user_id.to_owned(),
            language: request
                .language
                .clone()
                .filter(|_| request.words.is_none() || dropped)
                .unwrap_or_else(|| "en-US".into()),
            words: request.words.clone().filter(|_| !dropped),
            words_dropped: dropped,
            cc: request.cc.clone(),
        };
        if let Some(journal) = &mut self.journal {
            journal.mail(&mail);
        }
        self.seen.mailed(mail);
    }

    fn created(
        &mut self,
        request: &Request,
        user: &User,
        status: &str,
        fault: Option<Fault>,
    ) -> Reply {
        self.count_invitation();
        let ticket = new_id().replace('-', "");
        let link = format!(
            "https://invitations.microsoft.com/redeem/?tenant={}&user={}&ticket={ticket}&ver=2.0",
            self.names.tenant_id, user.id
        );
        let link: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
        let link = format!("https://login.microsoftonline.com/redeem?rd={link}");
        if let Some(journal) = &mut self.journal {
            journal.ticket(&ticket, &user.id);
        }
        self.invitations.tickets.insert(ticket, user.id.clone());

        let mut body = json!({
            "@odata.context": format!("{}/v1.0/$metadata#invitations/$entity", self.names.url),
            "id": new_id(),
            "inviteRedeemUrl": link,
            "invitedUserDisplayName": request.display_name,
            "invitedUserType": request.user_type,
            "invitedUserEmailAddress": request.address,
            "sendInvitationMessage": request.send,
            "resetRedemption": request.reset_redemption,
            "inviteRedirectUrl": request.redirect_url,
            "status": status,
            "invitedUserMessageInfo": {
                "messageLanguage": request.language,
                "customizedMessageBody": request.words,
                // Without a copy there is one recipient of nulls.
                "ccRecipients": [{"emailAddress": {"name": null, "address": request.cc}}],
            },
            "invitedUser": {"id": user.id, "userPrincipalName": user.user_principal_name},
        });
        match fault {
            Some(Fault::NoUser) => body["invitedUser"] = Value::Null,
            Some(Fault::NoLink) => body["inviteRedeemUrl"] = Value::Null,
            Some(Fault::Swapped) => body = self.somebody_elses(&request.address, &body),
            _ => self.invitations.newest = Some((request.address.clone(), body.clone())),
        }
        Reply::new(201, Body::Json(body))
    }

    /// The 201 that another request got, or one like it when there was none.
    fn somebody_elses(&self, address: &str, own: &Value) -> Value {
        if let Some((other, body)) = &self.invitations.newest
            && !other.eq_ignore_ascii_case(address)
        {
            return body.clone();
        }
        let mut body = own.clone();
        body["id"] = json!(new_id());
        body["invitedUserEmailAddress"] = json!("somebody.else@elsewhere.example");
        body["invitedUser"] = json!({"id": new_id()});
        body["inviteRedeemUrl"] = json!("https://login.microsoftonline.com/redeem?rd=elsewhere");
        body
    }

    /// By how much the clock that dates a new guest is ahead.
    fn created_ahead(&self, address: &str) -> SignedDuration {
        let clocks = self.weather.clocks;
        let spread = i64::from(clocks.created_spread);
        let mut hasher = siphasher::sip::SipHasher13::new_with_keys(self.weather.seed, 1);
        address.to_lowercase().hash(&mut hasher);
        let drawn = fastrand::Rng::with_seed(hasher.finish()).i64(-spread..=spread);
        SignedDuration::from_secs(i64::from(clocks.created) + drawn)
    }

    pub fn keep_user(&mut self, user: User) {
        if let Some(journal) = &mut self.journal {
            journal.user(&user);
        }
        self.directory.put(user);
    }
}

fn holds_as_own(user: &User, address: &str) -> bool {
    let mail = user.mail.as_deref() == Some(address)
        || user
            .mail
            .as_deref()
            .is_some_and(|mail| mail.eq_ignore_ascii_case(address));
    mail || user.user_principal_name.eq_ignore_ascii_case(address)
        || user.proxy_addresses.iter().any(|proxy| {
            proxy
                .split_once(':')
                .is_some_and(|(_, held)| held.eq_ignore_ascii_case(address))
        })
}

fn conflict() -> Refusal {
    let message = "Another object with the same value for property proxyAddresses already exists.";
    let mut refusal = refuse(400, "Request_BadRequest", message);
    refusal.details = vec![json!({
        "code": "ObjectConflict",
        "message": message,
        "target": "proxyAddresses",
    })];
    refusal
}
