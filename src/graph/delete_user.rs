//! `DELETE /users/{id}`: sent once. A deleted user can be restored for 30 days; where one is then is read here too.
//!
//! Must not repeat a deletion whose answer did not come: whoever calls looks whether the user is still there.

use super::{
    answer::{Attempt, Ending},
    catalogue,
    client::{Call, Graph, Read, Renewals},
    fault::{Author, Class, Fault},
    odata,
    wire::DirectoryUser,
};
use crate::pace::Kind;
use jiff::Timestamp;
use reqwest::Method;
use uuid::Uuid;

/// A 204 has no body.
const LONGEST_ANSWER: usize = 256 * 1024;

/// What became of a deletion.
#[derive(Debug, Clone)]
pub(crate) enum DeleteVerdict {
    /// 204.
    Deleted,
    /// Graph knows no such user.
    Absent,
    /// Not performed, as far as is known: Graph asked to wait.
    Later(Fault),
    /// Nothing was sent.
    NotSent(Fault),
    /// Graph says no. Whether to everybody or for this user, the sign-in's permissions tell.
    Refused(Fault),
    /// Graph says no to everybody, or the run is to stop. Nothing was done.
    Stop(Fault),
    /// It may have been performed.
    Unknown(Fault),
}

/// What became of it, with what is worth remembering.
#[derive(Debug, Clone)]
pub(crate) struct DeleteReply {
    pub status: Option<u16>,
    pub request_id: Option<String>,
    pub verdict: DeleteVerdict,
}

impl Graph {
    /// Deletes a user. A token that went stale on the way is renewed and the same sent again: a 401 says that nothing was
    /// done.
    pub(crate) async fn delete_user(&self, user_id: &str, client_request_id: Uuid) -> DeleteReply {
        let mut id = client_request_id.to_string();
        let attempt = match self.attempt_deletion(user_id, &mut id).await {
            Ok(attempt) => attempt,
            Err(fault) => {
                let fault = fault.with_client_request_id(&id);
                let verdict = match fault.class {
                    Class::NotSent => DeleteVerdict::NotSent(fault),
                    _ => DeleteVerdict::Stop(fault),
                };
                return DeleteReply {
                    status: None,
                    request_id: None,
                    verdict,
                };
            }
        };
        let mut reply = DeleteReply {
            status: None,
            request_id: None,
            verdict: judge(&attempt, &id),
        };
        if let Attempt::Answered(answer) = attempt {
            reply.status = Some(answer.status);
            reply.request_id = answer.request_id;
        }
        reply
    }

    async fn attempt_deletion(&self, user_id: &str, id: &mut String) -> Result<Attempt, Fault> {
        let path = format!("/users/{}", odata::encode(user_id));
        let call = Call {
            changes: true,
            ..self.call(Method::DELETE, &path, None, Read::ONE)?
        };
        let mut renewals = Renewals::default();
        loop {
            let token = self.unless_stopped(self.0.tokens.token()).await??;
            let sent = self
                .send(&call, Kind::Read, &token, id, LONGEST_ANSWER)
                .await?;
            let is_stale = matches!(&sent.attempt, Attempt::Answered(answer)
                if answer.status == 401 && Fault::of(answer).class == Class::Token);
            if !is_stale || !self.renew(&token, &sent.attempt, &mut renewals).await? {
                return Ok(sent.attempt);
            }
            if let Attempt::Answered(answer) = &sent.attempt {
                self.count_retry("change", &Fault::of(answer));
            }
            *id = Uuid::new_v4().to_string();
        }
    }

    /// When a user was deleted who can still be restored. None: nobody with this id is among the deleted users.
    pub(crate) async fn deleted_user(&self, user_id: &str) -> Result<Option<Timestamp>, Fault> {
        const LIST: &str = "/directory/deletedItems/microsoft.graph.user";
        const SELECT: &str = "$select=id,deletedDateTime";
        let is_meant = |user: &DirectoryUser| user.id.eq_ignore_ascii_case(user_id);
        let of_one = format!(
            "{LIST}?$filter={}&{SELECT}",
            odata::encode(&format!("id eq {}", odata::literal(user_id)))
        );
        let mut pages = self.users(&of_one, Read::ONE)?;
        let found = match pages.next().await {
            // A filter that is not taken here: everybody is read.
            Err(fault) if fault.class == Class::Request => {
                let mut pages = self.users(&format!("{LIST}?{SELECT}&$top=999"), Read::ONE)?;
                let mut found = None;
                while let Some(page) = pages.next().await? {
                    found = found.or_else(|| page.into_iter().find(is_meant));
                }
                found
            }
            page => {
                let mut page = page?;
                let mut found = None;
                while let Some(users) = page {
                    found = found.or_else(|| users.into_iter().find(is_meant));
                    page = pages.next().await?;
                }
                found
            }
        };
        Ok(found.map(|user| user.deleted_date_time.unwrap_or_else(|| self.server_now())))
    }
}

fn judge(attempt: &Attempt, id: &str) -> DeleteVerdict {
    let answer = match attempt {
        Attempt::Answered(answer) => answer,
        Attempt::NotConnected(unreached) => {
            let fault = Fault::unreached(unreached);
            return DeleteVerdict::NotSent(fault.with_client_request_id(id));
        }
        Attempt::NoAnswer(why) => {
            let fault = Fault::new(catalogue::NO_ANSWER, Class::Unsettled, why);
            return DeleteVerdict::Unknown(fault.with_client_request_id(id));
        }
    };
    // A portal's page has no header of Graph on it.
    if answer.status == 204 && answer.has_graph_header && answer.ending == Ending::Whole {
        return DeleteVerdict::Deleted;
    }
    let mut fault = Fault::of(answer).with_client_request_id(id);
    let says_no = (400..500).contains(&answer.status) && answer.status != 408;
    if fault.author != Some(Author::Graph) || !says_no {
        return DeleteVerdict::Unknown(fault);
    }
    match (answer.status, fault.class) {
        (_, Class::Throttled) | (429, _) => DeleteVerdict::Later(fault),
        (_, Class::Unsettled | Class::NotGraph) => DeleteVerdict::Unknown(fault),
        (404, _) | (_, Class::Absent) => DeleteVerdict::Absent,
        (403, _) | (_, Class::Permission) => {
            fault.code = catalogue::MAY_NOT_DELETE;
            fault.class = Class::Permission;
            DeleteVerdict::Refused(fault)
        }
        (_, Class::Token | Class::Tenant | Class::SignIn | Class::SignInLater | Class::Address) => {
            DeleteVerdict::Stop(fault)
        }
        _ => DeleteVerdict::Refused(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Server, error, json, with};
    use super::*;
    use serde_json::json as value;

    #[tokio::test]
    async fn a_deletion_is_sent_once_whatever_is_answered() {
        for (status, code, expected) in [
            (204, "", "deleted"),
            (404, "Request_ResourceNotFound", "absent"),
            (403, "Authorization_RequestDenied", "refused"),
            (429, "TooManyRequests", "later"),
            (503, "ServiceUnavailable", "unknown"),
            (500, "InternalServerError", "unknown"),
            (400, "Request_BadRequest", "refused"),
        ] {
            let server = Server::start(move |_, _| match status {
                204 => with(json(204, ""), "request-id", "r-1"),
                _ => error(status, code, "as it is"),
            })
            .await;
            let reply = server.graph().delete_user("u1", Uuid::new_v4()).await;
            let told = match reply.verdict {
                DeleteVerdict::Deleted => "deleted",
                DeleteVerdict::Absent => "absent",
                DeleteVerdict::Later(_) => "later",
                DeleteVerdict::NotSent(_) => "not sent",
                DeleteVerdict::Refused(_) => "refused",
                DeleteVerdict::Stop(_) => "stop",
                DeleteVerdict::Unknown(_) => "unknown",
            };
            assert_eq!(told, expected, "{status} {code}");
            let sent = server.received();
            assert_eq!(sent.len(), 1);
            assert!(sent[0].path.ends_with("/v1.0/users/u1"), "{}", sent[0].path);
        }
    }

    #[tokio::test]
    async fn a_deleted_user_is_found_where_the_filter_is_ignored_or_refused() {
        const IDS: [&str; 3] = [
            "8a3cf1de-9a41-4a4e-9b6c-8e2a3f8e2b10",
            "0b6a8a3e-3c6e-4d83-8d1c-8d0f6a3a9a55",
            "5f0e8a3e-3c6e-4d83-8d1c-8d0f6a3a9a55",
        ];
        for refuses in [false, true] {
            let server = Server::start(move |received, _| {
                if refuses && received.path.contains("filter") {
                    return error(400, "Request_UnsupportedQuery", "Unsupported query.");
                }
                let all = value!([
                    {"id": IDS[0], "deletedDateTime": "2026-11-02T03:04:05Z"},
                    {"id": IDS[1], "deletedDateTime": "2026-11-03T03:04:05Z"},
                ]);
                json(200, &value!({"value": all}).to_string())
            })
            .await;
            let graph = server.graph();
            let found = graph
                .deleted_user(&IDS[1].to_uppercase())
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.to_string(), "2026-11-03T03:04:05Z");
            assert_eq!(graph.deleted_user(IDS[2]).await.unwrap(), None);
        }
    }
}
