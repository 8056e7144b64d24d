//! Looking people up: `$batch` requests of 20 filtered reads (strategy `each`).
//!
//! Answers are paired by address, never by position, and held against the address asked for.

use super::{Domains, filter, who};
use crate::{
    graph::{BatchGet, Class, DirectoryUser, Fault, Graph, catalogue},
    guest::EmailAddress,
};
use serde::Deserialize;

/// What looking one person up gave: somebody, nobody, or no answer.
pub type Sighting = Result<Option<DirectoryUser>, Fault>;

/// A `$batch` takes this many (Graph: json-batching).
pub const BATCH: usize = 20;

#[derive(Clone)]
pub struct Directory {
    graph: Graph,
    domains: Domains,
}

impl Directory {
    pub fn new(graph: Graph, domains: Domains) -> Self {
        Self { graph, domains }
    }

    pub fn domains(&self) -> &Domains {
        &self.domains
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Up to twenty people in one request; the sightings are in the order of the addresses.
    pub async fn find(&self, addresses: &[&EmailAddress]) -> Result<Vec<Sighting>, Fault> {
        let gets = addresses
            .iter()
            .enumerate()
            .map(|(index, address)| {
                let read = filter::by_address(address, &self.domains);
                BatchGet {
                    id: index.to_string(),
                    url: read.url,
                    advanced: read.advanced,
                }
            })
            .collect();
        let mut answers = self.graph.batch(gets).await?;
        Ok(addresses
            .iter()
            .enumerate()
            .map(|(index, address)| {
                let id = index.to_string();
                let position = answers.iter().position(|(answered, _)| *answered == id);
                match position.map(|position| answers.swap_remove(position).1) {
                    Some(Ok(body)) => self.decisive(body, address),
                    Some(Err(fault)) => Err(fault),
                    None => Err(unreadable("the batch answer lacks an item")),
                }
            })
            .collect())
    }

    fn decisive(&self, body: serde_json::Value, address: &EmailAddress) -> Sighting {
        let list =
            List::deserialize(body).map_err(|_| unreadable("a list of users without its value"))?;
        let meant = list
            .value
            .into_iter()
            .filter(|user| who::matches(user, address, &self.domains))
            .collect();
        Ok(who::decisive(meant))
    }
}

/// An answer that does not say what it should.
pub(super) fn unreadable(why: &str) -> Fault {
    Fault::new(catalogue::ANSWER_UNREADABLE, Class::Request, why)
}

#[derive(Deserialize)]
struct List {
    value: Vec<DirectoryUser>,
}
