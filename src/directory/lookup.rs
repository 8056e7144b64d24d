//! Looking people up: `$batch` requests of 20 filtered reads (strategy `each`).
//!
//! Answers belong to an address, never to a position, and are compared with that address. "Nobody is there" is concluded
//! only from an answer that is complete and answers the question: an empty page may be followed by another one, and if
//! the filter was ignored the answer holds other people.

use super::{
    Domains,
    filter::{self, FilteredRead},
    who,
};
use crate::{
    events,
    graph::{BatchGet, Class, DirectoryUser, Fault, Graph, Read, catalogue},
    guest::EmailAddress,
};
use serde::Deserialize;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};
use tokio::time::Instant;

/// The result of looking up one person: a user, nobody, or a fault.
pub(crate) type LookupResult = Result<Option<DirectoryUser>, Fault>;

/// A `$batch` takes this many (Graph: json-batching).
pub(crate) const BATCH: usize = 20;
/// If the answer holds more users than this, the filter was ignored.
const MOST_MATCHES: usize = 1_000;

#[derive(Clone)]
pub(crate) struct Directory {
    graph: Graph,
    domains: Domains,
    /// The id of the next batch item. No id is used twice, so an answer to another batch is never taken for one to this.
    next_item: Arc<AtomicU64>,
}

impl Directory {
    pub(crate) fn new(graph: Graph, domains: Domains) -> Self {
        Self {
            graph,
            domains,
            next_item: Arc::default(),
        }
    }

    pub(crate) fn domains(&self) -> &Domains {
        &self.domains
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Looks up at most twenty people in one request. The results are in the order of the addresses. Of several users with
    /// one address, the one that decides about an invitation.
    pub(crate) async fn find(
        &self,
        addresses: &[&EmailAddress],
    ) -> Result<Vec<LookupResult>, Fault> {
        let began = Instant::now();
        let found = self.everybody_with(addresses).await?;
        let decisive = |users: Result<Vec<_>, Fault>| users.map(who::decisive);
        let found: Vec<LookupResult> = found.into_iter().map(decisive).collect();
        let there = found.iter().filter(|one| matches!(one, Ok(Some(_))));
        events::lookup(
            "batch",
            addresses.len(),
            Some(there.count()),
            began.elapsed(),
        );
        Ok(found)
    }

    /// The same, with all users who have an address.
    pub(crate) async fn everybody_with(
        &self,
        addresses: &[&EmailAddress],
    ) -> Result<Vec<Result<Vec<DirectoryUser>, Fault>>, Fault> {
        let reads: Vec<FilteredRead> = addresses
            .iter()
            .map(|address| filter::by_address(address, &self.domains))
            .collect();
        let first = self.next_item.fetch_add(reads.len() as u64, Relaxed);
        let gets = reads
            .iter()
            .zip(first..)
            .map(|(read, id)| BatchGet {
                id: id.to_string(),
                url: read.url.clone(),
                advanced: read.advanced,
            })
            .collect();
        let mut answers = self.graph.batch(gets).await?;
        let mut lookup_results = Vec::with_capacity(addresses.len());
        for ((address, read), id) in addresses.iter().zip(&reads).zip(first..) {
            let id = id.to_string();
            let position = answers.iter().position(|(answered, _)| *answered == id);
            let answer = position.map(|position| answers.swap_remove(position).1);
            lookup_results.push(match answer {
                Some(Ok(body)) => self.lookup_result(body, address, read).await,
                Some(Err(fault)) => Err(fault),
                None => Err(unreadable("the batch answer lacks an item")),
            });
        }
        Ok(lookup_results)
    }

    async fn lookup_result(
        &self,
        body: serde_json::Value,
        address: &EmailAddress,
        read: &FilteredRead,
    ) -> Result<Vec<DirectoryUser>, Fault> {
        let list =
            List::deserialize(body).map_err(|_| unreadable("a list of users without its value"))?;
        let users = match list.next_link {
            None => list.value,
            Some(_) => self.all_pages(read).await?,
        };
        self.meant(users, address)
    }

    /// Asks for one person in a request of its own, and reads every page of the answer.
    async fn all_pages(&self, read: &FilteredRead) -> Result<Vec<DirectoryUser>, Fault> {
        let advanced = Read {
            advanced: read.advanced,
            ..Read::ONE
        };
        let mut pages = self.graph.users(&read.url, advanced)?;
        let mut users = Vec::new();
        while let Some(page) = pages.next().await? {
            users.extend(page);
            if users.len() > MOST_MATCHES {
                return Err(unreadable("more users than can have one address"));
            }
        }
        Ok(users)
    }

    fn meant(
        &self,
        users: Vec<DirectoryUser>,
        address: &EmailAddress,
    ) -> Result<Vec<DirectoryUser>, Fault> {
        let answered = users.is_empty();
        let meant: Vec<DirectoryUser> = users
            .into_iter()
            .filter(|user| who::matches(user, address, &self.domains))
            .collect();
        if meant.is_empty() && !answered {
            return Err(unreadable("only users with other addresses came back"));
        }
        Ok(meant)
    }
}

/// The fault for an answer that does not answer the question.
pub(super) fn unreadable(why: &str) -> Fault {
    Fault::new(catalogue::ANSWER_UNREADABLE, Class::Request, why)
}

#[derive(Deserialize)]
struct List {
    value: Vec<DirectoryUser>,
    #[serde(rename = "@odata.nextLink")]
    next_link: Option<serde::de::IgnoredAny>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::testing::{Server, json};
    use serde_json::json as value;

    /// What is concluded when Graph answers a batch item, and the same question on its own, with these bodies.
    async fn concluded(item: serde_json::Value, alone: serde_json::Value) -> LookupResult {
        let server = Server::start(move |received, _| {
            if received.path.contains("$batch") {
                let responses = value!([{"id": "0", "status": 200, "body": item}]);
                return json(200, &value!({"responses": responses}).to_string());
            }
            json(200, &alone.to_string())
        })
        .await;
        let directory = Directory::new(server.graph(), Domains::default());
        let address = EmailAddress::parse("kim@x.example").unwrap();
        directory.find(&[&address]).await.unwrap().remove(0)
    }

    #[tokio::test]
    async fn nobody_is_there_only_when_the_answer_is_complete_and_answers_the_question() {
        let kim = value!({"id": "8a3cf1de-9a41-4a4e-9b6c-8e2a3f8e2b10", "mail": "kim@x.example"});
        let lee = value!({"id": "0b6a8a3e-3c6e-4d83-8d1c-8d0f6a3a9a55", "mail": "lee@x.example"});
        let nobody = value!({"value": []});
        let more = value!({"value": [], "@odata.nextLink": "http://graph.example/v1.0/users?$skiptoken=1"});
        assert!(
            concluded(nobody.clone(), nobody.clone())
                .await
                .unwrap()
                .is_none()
        );
        // An empty page is not the end of a list.
        let found = concluded(more.clone(), value!({"value": [kim]}))
            .await
            .unwrap();
        assert!(found.is_some());
        assert!(concluded(more, nobody.clone()).await.unwrap().is_none());
        // A filter that was ignored says nothing about the person.
        assert!(
            concluded(value!({"value": [lee]}), nobody.clone())
                .await
                .is_err()
        );
        let both = value!({"value": [lee, kim]});
        assert!(concluded(both, nobody).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn an_empty_directory_is_not_believed() {
        let server = Server::start(|_, _| json(200, &value!({"value": []}).to_string())).await;
        assert!(
            crate::directory::snapshot::Snapshot::take(&server.graph())
                .await
                .is_err()
        );
    }
}
