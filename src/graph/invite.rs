//! The POST that invites. It is never simply repeated, because it may have mailed somebody.
//!
//! Must not wait for the rate: the caller has waited, and has recorded the intent. Only the gate is checked once more, right
//! before the request is sent.

use super::{
    answer::Attempt,
    client::{Call, Graph, Read, Renewals},
    fault::{Class, Fault},
    verdict::{Verdict, judge},
    wire::InvitationRequest,
};
use crate::pace::Kind;
use reqwest::Method;
use uuid::Uuid;

/// The longest answer that is read; an invitation has about 2 KB.
const LONGEST_INVITATION: usize = 1024 * 1024;

/// What became of one attempt, with everything that is recorded.
#[derive(Debug, Clone)]
pub(crate) struct InvitationReply {
    pub request_id: Option<String>,
    pub status: Option<u16>,
    pub verdict: Verdict,
}

impl Graph {
    /// Invites once. If the token has expired it is renewed and the same request is sent again, because a 401 says that nothing
    /// was done. The caller chooses `client_request_id`, so that the intent can hold it; the second request has one of its own.
    pub(crate) async fn invite(
        &self,
        request: &InvitationRequest,
        client_request_id: Uuid,
    ) -> InvitationReply {
        let mut id = client_request_id.to_string();
        let attempt = match self.attempt(request, &mut id).await {
            Ok(attempt) => attempt,
            Err(fault) => {
                let fault = fault.with_client_request_id(&id);
                return InvitationReply {
                    request_id: None,
                    status: None,
                    verdict: not_sent(fault),
                };
            }
        };
        let verdict = stamped(judge(&attempt, &request.email), &id);
        let mut done = InvitationReply {
            request_id: verdict.fault().and_then(|fault| fault.request_id.clone()),
            status: None,
            verdict,
        };
        if let Attempt::Answered(answer) = attempt {
            done.request_id = answer.request_id.clone().or(done.request_id);
            done.status = Some(answer.status);
        }
        done
    }

    /// The answer, or why nothing was sent. If the server asks for a wait that is too long, the next sender finds out.
    async fn attempt(
        &self,
        request: &InvitationRequest,
        id: &mut String,
    ) -> Result<Attempt, Fault> {
        let inner = &*self.0;
        let call = Call {
            method: Method::POST,
            url: inner.invitations.clone(),
            json: Some(request.to_json().to_string().into_bytes()),
            read: Read::ONE,
            changes: true,
        };
        let mut renewals = Renewals::default();
        let sent = loop {
            let token = self.unless_stopped(inner.tokens.token()).await??;
            let sent = self
                .send(&call, Kind::Invitation, &token, id, LONGEST_INVITATION)
                .await?;
            if !is_stale_token(&sent.attempt)
                || !self.renew(&token, &sent.attempt, &mut renewals).await?
            {
                break sent;
            }
            if let Attempt::Answered(answer) = &sent.attempt {
                self.count_retry("invitation", &Fault::of(answer));
            }
            *id = Uuid::new_v4().to_string();
        };
        if matches!(&sent.attempt, Attempt::Answered(answer) if answer.status == 201) {
            inner.pace.answered(Kind::Invitation, sent.at);
        }
        Ok(sent.attempt)
    }
}

/// The verdict when nothing was sent: the run stopped first, or must stop.
fn not_sent(fault: Fault) -> Verdict {
    if fault.class == Class::NotSent {
        return Verdict::NotSent { fault };
    }
    Verdict::Stop {
        exit: fault.exit(),
        fault,
    }
}

/// Whether this is a 401 for which a new token may help. A missing permission is not.
fn is_stale_token(attempt: &Attempt) -> bool {
    matches!(attempt, Attempt::Answered(answer)
        if answer.status == 401 && Fault::of(answer).class == Class::Token)
}

fn stamped(mut verdict: Verdict, id: &str) -> Verdict {
    match &mut verdict {
        Verdict::Done(_) => {}
        Verdict::RetryAfter { fault, .. }
        | Verdict::NotSent { fault }
        | Verdict::Exists { fault, .. }
        | Verdict::Refused { fault, .. }
        | Verdict::Failed { fault }
        | Verdict::Stop { fault, .. }
        | Verdict::Unknown { fault } => id.clone_into(&mut fault.client_request_id),
    }
    verdict
}
