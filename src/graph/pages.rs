//! Following `nextLink` through a long list of people.
//!
//! Must not leave the Graph of this run: a link to another host is refused, as the token would go along.

use super::{
    catalogue,
    client::{Call, Graph, Read, understood},
    fault::{Class, Fault},
    wire::{DirectoryUser, Page},
};
use reqwest::{Method, Url};
use std::collections::HashSet;
use uuid::Uuid;

/// The server may forget where a reader was; then the walk starts again, this often.
const MOST_RESTARTS: u32 = 3;
/// A list that has no end is a server that goes in circles.
const MOST_PAGES: u32 = 100_000;

/// A walk over the pages of a list of users. Everybody comes once, also when the walk had to start again.
pub struct UserPages {
    graph: Graph,
    first: Call,
    next: Option<Url>,
    seen: HashSet<Uuid>,
    pages: u32,
    restarts: u32,
}

impl Graph {
    /// Walks a list of users: `/users?$select=…&$top=999`, `/directory/deletedItems/microsoft.graph.user?…`.
    pub fn users(&self, path: &str, read: Read) -> Result<UserPages, Fault> {
        let first = self.call(Method::GET, path, None, read)?;
        Ok(UserPages {
            graph: self.clone(),
            next: Some(first.url.clone()),
            first,
            seen: HashSet::new(),
            pages: 0,
            restarts: 0,
        })
    }
}

impl UserPages {
    /// The next page, perhaps empty; nothing after the last one. Headers are kept on each page.
    pub async fn next(&mut self) -> Result<Option<Vec<DirectoryUser>>, Fault> {
        loop {
            let Some(url) = self.next.take() else {
                return Ok(None);
            };
            let call = Call {
                url,
                ..self.first.clone()
            };
            let answer = match self.graph.repeat(&call).await {
                Err(fault) if fault.class == Class::PageToken && self.restarts < MOST_RESTARTS => {
                    self.restarts += 1;
                    self.next = Some(self.first.url.clone());
                    continue;
                }
                answer => answer?,
            };
            let page: Page<DirectoryUser> = understood(&answer)?;
            self.pages += 1;
            if let Some(link) = page.next_link {
                if self.pages >= MOST_PAGES {
                    return Err(Fault::new(
                        catalogue::PAGES_LOST,
                        Class::PageToken,
                        "no end of pages",
                    ));
                }
                self.next = Some(self.pinned(&link)?);
            }
            let mut people = page.value;
            people.retain(|person| match Uuid::try_parse(&person.id) {
                Ok(id) => self.seen.insert(id),
                Err(_) => true,
            });
            return Ok(Some(people));
        }
    }

    /// The link is opaque, but its host is not up to the server.
    fn pinned(&self, link: &str) -> Result<Url, Fault> {
        let foreign = || {
            Fault::new(
                catalogue::FOREIGN_LINK,
                Class::Address,
                "nextLink leaves the Graph host",
            )
        };
        let url = Url::parse(link).map_err(|_| foreign())?;
        let base = &self.graph.0.base;
        if url.origin() == base.origin() && url.username().is_empty() && url.password().is_none() {
            Ok(url)
        } else {
            Err(foreign())
        }
    }
}
