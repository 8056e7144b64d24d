//! `POST /invitations`: the steps of an invitation, and its answer (Microsoft Graph: create invitation).

use crate::sandbox::{
    directory::user::User,
    faults::fault::FaultKind,
    graph_api::invitation_body::InvitationBody,
    messages::{
        graph_error::GraphError,
        reply::{Reply, ReplyBody},
    },
    state::{ids::new_id, tenant::TenantState, token_store::Caller},
};
use serde_json::{Value, json};

pub(super) fn invite(
    tenant: &mut TenantState,
    caller: &Caller,
    body: &Value,
    fault: Option<FaultKind>,
) -> Result<Reply, GraphError> {
    tenant.may_invite(caller)?;
    let body = InvitationBody::read(body, tenant.weather.reset_redemption_known)?;
    tenant.check_policies(&body)?;
    tenant.check_sponsors(&body.sponsors)?;

    // These two faults answer with a guest who is never added to the directory. A reset names one who is there.
    let fault =
        fault.filter(|kind| body.invited_user.is_none() || *kind != FaultKind::SilentFailure);
    if fault == Some(FaultKind::SilentFailure) {
        let guest = tenant.new_guest(&body, caller);
        tenant.send_mail(&body, caller, &guest.id);
        return Ok(tenant.created(&body, &guest, "PendingAcceptance", fault));
    }
    if fault == Some(FaultKind::StatusError) {
        let guest = tenant.new_guest(&body, caller);
        return Ok(tenant.created(&body, &guest, "Error", fault));
    }
    let (user, status) = tenant.invited_user(&body, caller)?;
    if status == "PendingAcceptance" {
        tenant.send_mail(&body, caller, &user.id);
    }
    Ok(tenant.created(&body, &user, status, fault))
}

impl TenantState {
    fn count_accepted(&mut self) {
        self.invitations.accepted += 1;
        if self.weather.daily_cap.is_some() {
            let now = self.clock.now().as_second();
            self.invitations.accepted_at.push_back(now);
        }
    }

    /// The 201, with a redeem link.
    fn created(
        &mut self,
        body: &InvitationBody,
        user: &User,
        status: &str,
        fault: Option<FaultKind>,
    ) -> Reply {
        self.count_accepted();
        let ticket = new_id().replace('-', "");
        let link = format!(
            "https://invitations.microsoft.com/redeem/?tenant={}&user={}&ticket={ticket}&ver=2.0",
            self.identity.tenant_id, user.id
        );
        let link: String = url::form_urlencoded::byte_serialize(link.as_bytes()).collect();
        let link = format!("https://login.microsoftonline.com/redeem?rd={link}");
        if let Some(journal) = &mut self.journal {
            journal.ticket(&ticket, &user.id);
        }
        self.invitations.tickets.insert(ticket, user.id.clone());

        let mut answer = json!({
            "@odata.context": self.graph_url("$metadata#invitations/$entity"),
            "id": new_id(),
            "inviteRedeemUrl": link,
            "invitedUserDisplayName": body.display_name,
            "invitedUserType": body.user_type,
            "invitedUserEmailAddress": body.address,
            "sendInvitationMessage": body.send,
            "resetRedemption": body.reset_redemption,
            "inviteRedirectUrl": body.redirect_url,
            "status": status,
            "invitedUserMessageInfo": {
                "messageLanguage": body.language,
                "customizedMessageBody": body.message,
                // Without a recipient Graph answers with one whose properties are null.
                "ccRecipients": [{"emailAddress": {"name": null, "address": body.cc}}],
            },
            "invitedUser": {"id": user.id, "userPrincipalName": user.user_principal_name},
        });
        match fault {
            Some(FaultKind::NoUser) => answer["invitedUser"] = Value::Null,
            Some(FaultKind::NoLink) => answer["inviteRedeemUrl"] = Value::Null,
            Some(FaultKind::Swapped) => {
                answer = self.answer_for_somebody_else(&body.address, &answer);
            }
            _ => self.invitations.newest = Some((body.address.clone(), answer.clone())),
        }
        Reply::new(201, ReplyBody::Json(answer))
    }

    /// The newest 201 for another address, or an invented one when there is none.
    fn answer_for_somebody_else(&self, address: &str, own: &Value) -> Value {
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
}
