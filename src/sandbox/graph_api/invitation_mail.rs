//! The mail that an invitation sends.

use crate::sandbox::{
    graph_api::invitation_body::InvitationBody,
    state::{request_stats::SentMail, tenant::TenantState, token_store::Caller},
};

impl TenantState {
    /// Records the mail that an invitation asks for. Graph sends a custom message only for a signed-in user who has a
    /// mailbox. It leaves the message of an application out without an error, and sends nothing in an external tenant.
    pub(crate) fn send_mail(&mut self, body: &InvitationBody, caller: &Caller, user_id: &str) {
        if !body.send || self.weather.external_tenant {
            return;
        }
        let dropped = caller.is_app() && body.message.is_some();
        let mail = SentMail {
            at: self.clock.now(),
            address: body.address.clone(),
            user_id: user_id.to_owned(),
            language: body
                .language
                .clone()
                .filter(|_| body.message.is_none() || dropped)
                .unwrap_or_else(|| "en-US".into()),
            words: body.message.clone().filter(|_| !dropped),
            words_dropped: dropped,
            cc: body.cc.clone(),
        };
        if let Some(journal) = &mut self.journal {
            journal.mail(&mail);
        }
        self.stats.add_mail(mail);
    }
}
