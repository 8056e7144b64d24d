//! People by id: a thousand in a request, or one by one where the sign-in may not do that.
//!
//! `getByIds` asks for more than the permission to read people (Graph: directoryobject-getbyids); reading a person does
//! not. Must not take a refused read for the news that somebody is gone.

use super::{
    batch::BatchGet,
    catalogue,
    client::{Graph, Read, understood},
    fault::{Author, Class, Fault},
    odata,
    wire::{DirectoryUser, Page, RESET_SELECT, STATE_SELECT, USER_SELECT},
};
use crate::events;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::sync::atomic::Ordering::Relaxed;
use tokio::time::Instant;
use uuid::Uuid;

/// One request takes no more (Graph: directoryobject-getbyids).
const MOST_IDS: usize = 1_000;

/// Whether Graph itself says that this action is not to be had: for want of a permission, or because this cloud does not
/// take it. Reading one by one is then worth trying.
fn is_refusal(fault: &Fault) -> bool {
    let unsupported =
        fault.author == Some(Author::Graph) && matches!(fault.status, Some(400 | 404 | 405 | 501));
    fault.class == Class::Permission || unsupported
}

fn unreadable(error: &serde_json::Error) -> Fault {
    let why = format!("a person in the answer cannot be read ({error})");
    Fault::new(catalogue::ANSWER_UNREADABLE, Class::Request, why)
}

impl Graph {
    /// Those who are there; nobody else is in the answer.
    pub(crate) async fn get_by_ids(&self, ids: &[String]) -> Result<Vec<DirectoryUser>, Fault> {
        self.by_ids(ids, USER_SELECT).await
    }

    /// The same with what tells the state of a guest, and nothing else.
    pub(crate) async fn states_by_ids(&self, ids: &[String]) -> Result<Vec<DirectoryUser>, Fault> {
        self.by_ids(ids, STATE_SELECT).await
    }

    /// The same with what matters before a redemption is reset.
    pub(crate) async fn guests_to_reset(
        &self,
        ids: &[String],
    ) -> Result<Vec<DirectoryUser>, Fault> {
        self.by_ids(ids, RESET_SELECT).await
    }

    /// Replaces all other addresses of a user: whatever is not among them is gone.
    pub(crate) async fn set_other_mails(
        &self,
        id: &str,
        other_mails: &[String],
    ) -> Result<(), Fault> {
        let path = format!("/users/{}", odata::encode(id));
        let body = json!({"otherMails": other_mails});
        self.change(Method::PATCH, &path, Some(&body)).await
    }

    async fn by_ids(&self, ids: &[String], select: &str) -> Result<Vec<DirectoryUser>, Fault> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(MOST_IDS) {
            found.extend(self.people(ids, select).await?);
        }
        Ok(found)
    }

    async fn people(&self, ids: &[String], select: &str) -> Result<Vec<DirectoryUser>, Fault> {
        let refused = &self.0.ids_refused;
        if !refused.load(Relaxed) {
            match self.at_once(ids, select).await {
                Err(fault) if is_refusal(&fault) => {
                    tracing::info!("getByIds is refused: people are read one by one");
                    refused.store(true, Relaxed);
                }
                answer => return answer,
            }
        }
        self.each_by_id(ids, select).await
    }

    /// Whether this sign-in may read many people in one request. Nobody is looked for.
    pub(crate) async fn reads_many_at_once(&self) -> Result<bool, Fault> {
        let nobody = [Uuid::new_v4().to_string()];
        match self.at_once(&nobody, "id").await {
            Ok(_) => Ok(true),
            Err(fault) if is_refusal(&fault) => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    async fn at_once(&self, ids: &[String], select: &str) -> Result<Vec<DirectoryUser>, Fault> {
        let path = format!("/directoryObjects/getByIds?$select={select}");
        let body = json!({"ids": ids, "types": ["user"]});
        let read = Read {
            units: 2,
            advanced: false,
        };
        let call = self.call(Method::POST, &path, Some(&body), read)?;
        let began = Instant::now();
        let page: Page<DirectoryUser> = understood(&self.repeat(&call).await?)?;
        events::lookup("by-id", ids.len(), Some(page.value.len()), began.elapsed());
        Ok(page.value)
    }

    /// The same, each in a read of its own: whoever is not in this answer is not there, because Graph said so of that one.
    pub(crate) async fn one_by_one(&self, ids: &[String]) -> Result<Vec<DirectoryUser>, Fault> {
        self.each_by_id(ids, USER_SELECT).await
    }

    /// The states of those whom [`states_by_ids`](Self::states_by_ids) did not find, each in a read of its own.
    pub(crate) async fn states_one_by_one(
        &self,
        ids: &[String],
    ) -> Result<Vec<DirectoryUser>, Fault> {
        self.each_by_id(ids, STATE_SELECT).await
    }

    async fn each_by_id(&self, ids: &[String], select: &str) -> Result<Vec<DirectoryUser>, Fault> {
        let gets = ids.iter().map(|id| BatchGet {
            id: id.clone(),
            url: format!("/users/{}?$select={select}", odata::encode(id)),
            advanced: false,
        });
        let began = Instant::now();
        let mut found = Vec::with_capacity(ids.len());
        for (_, answer) in self.batch(gets.collect()).await? {
            match answer {
                Ok(user) => {
                    let user = DirectoryUser::deserialize(user);
                    found.push(user.map_err(|error| unreadable(&error))?);
                }
                Err(fault) if fault.class == Class::Absent => {}
                Err(fault) => return Err(fault),
            }
        }
        events::lookup("one-by-one", ids.len(), Some(found.len()), began.elapsed());
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Server, error, json};
    use serde_json::json as value;

    #[tokio::test]
    async fn where_ids_may_not_be_asked_for_together_they_are_read_one_by_one() {
        let server = Server::start(|received, _| {
            if received.path.contains("getByIds") {
                return error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.");
            }
            let answers = received.json()["requests"].as_array().cloned().unwrap_or_default();
            let answer = |request: &serde_json::Value| {
                let gone = request["url"].as_str().is_some_and(|url| url.contains("u2"));
                let body = if gone {
                    value!({"error": {"code": "Request_ResourceNotFound", "message": "Resource 'u2' does not exist."}})
                } else {
                    value!({"id": request["id"], "externalUserState": "Accepted"})
                };
                value!({"id": request["id"], "status": if gone { 404 } else { 200 }, "body": body})
            };
            let responses: Vec<_> = answers.iter().map(answer).collect();
            json(200, &value!({"responses": responses}).to_string())
        })
        .await;
        let graph = server.graph();
        let ids = ["u1", "u2", "u3"].map(str::to_owned);
        for _ in 0..2 {
            let found = graph.get_by_ids(&ids).await.unwrap();
            let found: Vec<&str> = found.iter().map(|user| user.id.as_str()).collect();
            assert_eq!(found, ["u1", "u3"]);
        }
        let paths: Vec<String> = server
            .received()
            .iter()
            .map(|sent| sent.path.clone())
            .collect();
        let refused = paths.iter().filter(|path| path.contains("getByIds"));
        assert_eq!((refused.count(), paths.len()), (1, 3), "{paths:?}");
    }
}
