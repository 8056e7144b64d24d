//! Whether the caller may invite, and what the tenant refuses before it looks whether the person exists.

use crate::sandbox::{
    faults::weather::AllowInvitesFrom,
    graph_api::{
        invitation_address::is_valid_address,
        invitation_body::{InvitationBody, SponsorId},
    },
    messages::graph_error::{GraphError, bad_request, graph_error, not_found},
    state::{
        identity::{BLOCKED_DOMAIN, INITIAL_DOMAIN, SEALED_DOMAIN, is_own_domain},
        tenant::TenantState,
        token_store::Caller,
    },
};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

impl TenantState {
    /// The permission of the caller, and `allowInvitesFrom` of the authorization policy.
    pub(crate) fn may_invite(&self, caller: &Caller) -> Result<(), GraphError> {
        let withdrawn = self
            .weather
            .withdraw_after
            .is_some_and(|after| self.invitations.accepted >= after);
        let permissions = [
            "User.Invite.All",
            "User.ReadWrite.All",
            "Directory.ReadWrite.All",
        ];
        if withdrawn || !caller.has(&permissions) {
            return Err(graph_error(
                401,
                "Unauthorized",
                format!(
                    "Insufficient privileges to perform requested operation by the application '00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI, ActionName=CreateInvite, URL absolute path=/api/{}/invites",
                    self.identity.tenant_id
                ),
            ));
        }
        // The signed-in user is an administrator, so only applications are refused here. Real tenants that restrict
        // invitations have refused applications that had `User.ReadWrite.All` but not `User.Invite.All`.
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
            return Err(graph_error(
                403,
                "Forbidden",
                "Guest invitations not allowed for your company. Contact your company administrator for more details.",
            ));
        }
        Ok(())
    }

    /// The block, the daily cap, and addresses and domains that cannot be invited.
    pub(crate) fn check_policies(&mut self, body: &InvitationBody) -> Result<(), GraphError> {
        let day_ago = self.clock.now().as_second() - SECONDS_PER_DAY;
        while self
            .invitations
            .accepted_at
            .front()
            .is_some_and(|at| *at <= day_ago)
        {
            self.invitations.accepted_at.pop_front();
        }
        let accepted = self.invitations.accepted;
        if self
            .weather
            .block_after
            .is_some_and(|after| accepted >= after)
        {
            self.invitations.blocked = true;
        }
        let today = self.invitations.accepted_at.len() as u64;
        if self.invitations.blocked || self.weather.daily_cap.is_some_and(|cap| today >= cap) {
            return Err(graph_error(
                403,
                "Forbidden",
                "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for help.",
            ));
        }
        if !is_valid_address(&body.address) {
            return Err(bad_request("The Primary SMTP Address is an invalid value"));
        }
        let domain = body.domain();
        if domain.eq_ignore_ascii_case(INITIAL_DOMAIN) {
            return Err(bad_request(
                "The invited user is in the same tenant as the inviter.",
            ));
        }
        if is_own_domain(domain) && body.invited_user.is_none() {
            return Err(bad_request(
                "This user cannot be invited because the domain of the user's email address is a verified domain of this directory",
            ));
        }
        if domain.eq_ignore_ascii_case(BLOCKED_DOMAIN) {
            return Err(graph_error(
                403,
                "Forbidden",
                "This invitation is blocked because the domain of the invited user is on the list of blocked domains of this directory.",
            ));
        }
        if domain.eq_ignore_ascii_case(SEALED_DOMAIN) {
            return Err(graph_error(
                403,
                "Forbidden",
                "This invitation is blocked by cross-tenant access settings. Admins in both your organization and the invited user's organization must configure cross-tenant access settings to allow the invitation.",
            ));
        }
        Ok(())
    }

    /// All sponsors must be users or groups of the directory.
    pub(crate) fn check_sponsors(&self, sponsors: &[SponsorId]) -> Result<(), GraphError> {
        for SponsorId(id) in sponsors {
            if self.directory.by_id(id).is_none() && self.directory.group(id).is_none() {
                return Err(not_found(id));
            }
        }
        Ok(())
    }
}
