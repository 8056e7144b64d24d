//! The one POST that is never simply repeated: it may have mailed somebody.
//!
//! Must not wait for the rate: whoever calls has waited, and has written down the intent. Only the gate is
//! looked at once more, right before sending.

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

/// An invitation is some 2 KB.
const LONGEST_INVITATION: usize = 1024 * 1024;

/// What became of one attempt, with everything that is worth remembering.
#[derive(Debug, Clone)]
pub(crate) struct InvitationReply {
    pub request_id: Option<String>,
    pub status: Option<u16>,
    pub verdict: Verdict,
}

impl Graph {
    /// Invites once. A token that went stale on the way is renewed and the same sent again: a 401
    /// says that nothing was done. `client_request_id` is the caller's, so that the intent can name it
    /// beforehand; the resend has one of its own.
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

    /// What was got, or why nothing was sent. A wait that is too long shows itself to whoever sends next.
    async fn attempt(
        &self,
        request: &InvitationRequest,
        id: &mut String,
    ) -> Result<Attempt, Fault> {
        let inner = &*self.0;
        let call = Call {
            changes: true,
            ..self.call(
                Method::POST,
                "/invitations",
                Some(&request.to_json()),
                Read::ONE,
            )?
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
            *id = Uuid::new_v4().to_string();
            self.count_retry();
        };
        if matches!(&sent.attempt, Attempt::Answered(answer) if answer.status == 201) {
            inner.pace.answered(Kind::Invitation, sent.at);
        }
        Ok(sent.attempt)
    }
}

/// Why nothing was sent, or not performed: the run stopped first, or is to stop.
fn not_sent(fault: Fault) -> Verdict {
    if fault.class == Class::NotSent {
        return Verdict::NotSent { fault };
    }
    Verdict::Stop {
        exit: fault.exit(),
        fault,
    }
}

/// A 401 that a fresh token may cure; a missing permission is not one.
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
