//! Following `nextLink` through a list: page by page through one of people, or to the end of a short one.
//!
//! A link to another host is refused, because the token would be sent there.

use super::{
    batch::BatchGet,
    catalogue,
    client::{Call, Graph, Read, understood},
    fault::{Class, Fault},
    wire::{DirectoryUser, Page},
};
use crate::fingerprint::{FingerprintSet, Fingerprints};
use reqwest::{Method, Url};
use serde_json::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// The server may lose its place in the list. Then the list is read from the start, at most this often.
const MOST_RESTARTS: u32 = 3;
/// The most pages; no directory that is read as a whole has more.
const MOST_PAGES: usize = 10_000;
/// After this many pages in a row without a new user the list is given up.
const MOST_EMPTY_PAGES: u32 = 1_000;

/// Reads the pages of a list of users. Each user comes once, even if the list had to be read from the start.
pub(crate) struct UserPages {
    graph: Graph,
    first: Call,
    next: Option<Url>,
    seen: HashSet<Uuid>,
    /// The links of the pages that were read; a page that comes twice is an error.
    visited: FingerprintSet,
    fingerprints: Fingerprints,
    /// How many pages in a row held no new user.
    empty: u32,
    restarts: u32,
}

impl Graph {
    /// Reads a list of users: `/users?$select=…&$top=999`, `/directory/deletedItems/microsoft.graph.user?…`.
    pub(crate) fn users(&self, path: &str, read: Read) -> Result<UserPages, Fault> {
        let first = self.call(Method::GET, path, None, read)?;
        Ok(UserPages {
            graph: self.clone(),
            next: Some(first.url.clone()),
            first,
            seen: HashSet::new(),
            visited: FingerprintSet::default(),
            fingerprints: Fingerprints::default(),
            empty: 0,
            restarts: 0,
        })
    }
}

/// The most pages and objects of a list that is read as a whole. Graph may ignore a filter and list everything.
const MOST_SHORT_PAGES: usize = 100;
const MOST_SHORT_OBJECTS: usize = 10_000;

impl Graph {
    /// The same as `batch`, with all pages of each list: a first page may hold no object and lead to others.
    pub(crate) async fn batch_of_lists(
        &self,
        gets: Vec<BatchGet>,
    ) -> Result<Vec<(String, Result<Value, Fault>)>, Fault> {
        let advanced: HashSet<String> = gets
            .iter()
            .filter(|get| get.advanced)
            .map(|get| get.id.clone())
            .collect();
        let mut answers = Vec::with_capacity(gets.len());
        for (id, answer) in self.batch(gets).await? {
            let read = Read {
                advanced: advanced.contains(&id),
                ..Read::ONE
            };
            let answer = match answer {
                Ok(first) => self.with_next_pages(first, read).await,
                Err(fault) => Err(fault),
            };
            answers.push((id, answer));
        }
        Ok(answers)
    }

    /// The objects of a list whose first page has been read, with those of the pages that follow it. An answer that is no
    /// list stays as it is.
    async fn with_next_pages(&self, mut first: Value, read: Read) -> Result<Value, Fault> {
        let mut visited = HashSet::new();
        let mut link = next_of(&mut first);
        while let Some(next) = link {
            let next = self.pinned(&next)?;
            let call = Call {
                url: next.clone(),
                ..self.call(Method::GET, "/groups", None, read)?
            };
            if !visited.insert(next) || visited.len() > MOST_SHORT_PAGES {
                return Err(endless("a short list has no end"));
            }
            let mut page: Value = understood(&self.repeat(&call).await?)?;
            link = next_of(&mut page);
            let (Some(all), Some(more)) = (objects_of(&mut first), objects_of(&mut page)) else {
                return Err(endless("a page without its objects"));
            };
            all.append(more);
            if all.len() > MOST_SHORT_OBJECTS {
                return Err(endless("a short list has no end"));
            }
        }
        Ok(first)
    }

    /// The link is used as it is, but it must lead to the Graph host.
    fn pinned(&self, link: &str) -> Result<Url, Fault> {
        let foreign = || {
            Fault::new(
                catalogue::FOREIGN_LINK,
                Class::Address,
                "nextLink leaves the Graph host",
            )
        };
        let url = Url::parse(link).map_err(|_| foreign())?;
        let base = &self.0.base;
        if url.origin() == base.url().origin()
            && url.username().is_empty()
            && url.password().is_none()
        {
            Ok(url)
        } else {
            Err(foreign())
        }
    }
}

fn next_of(page: &mut Value) -> Option<String> {
    match page.as_object_mut()?.remove("@odata.nextLink") {
        Some(Value::String(link)) => Some(link),
        _ => None,
    }
}

fn objects_of(page: &mut Value) -> Option<&mut Vec<Value>> {
    page.get_mut("value")?.as_array_mut()
}

impl UserPages {
    /// The next page, which may be empty. None: that was the last one. Each page is requested with the same headers.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<DirectoryUser>>, Fault> {
        loop {
            let Some(url) = self.next.take() else {
                return Ok(None);
            };
            let page = self.fingerprints.of(url.as_str().as_bytes());
            self.visited.insert(page);
            let call = Call {
                url,
                ..self.first.clone()
            };
            let answer = match self.graph.repeat(&call).await {
                Err(fault) if fault.class == Class::PageToken && self.restarts < MOST_RESTARTS => {
                    self.restarts += 1;
                    self.visited.clear();
                    self.next = Some(self.first.url.clone());
                    continue;
                }
                answer => answer?,
            };
            let page: Page<DirectoryUser> = understood(&answer)?;
            let (mut people, known) = (page.value, self.seen.len());
            people.retain(|person| match Uuid::try_parse(&person.id) {
                Ok(id) => self.seen.insert(id),
                Err(_) => true,
            });
            self.empty = if self.seen.len() > known {
                0
            } else {
                self.empty + 1
            };
            if let Some(link) = page.next_link {
                let next = self.graph.pinned(&link)?;
                let page = self.fingerprints.of(next.as_str().as_bytes());
                if self.visited.contains(&page) {
                    return Err(endless("the next page is one that was read before"));
                }
                if self.visited.len() >= MOST_PAGES {
                    return Err(endless("no end after ten million people"));
                }
                if self.empty >= MOST_EMPTY_PAGES {
                    let why = format!("{MOST_EMPTY_PAGES} pages in a row brought nobody new");
                    return Err(endless(&why));
                }
                self.next = Some(next);
            }
            return Ok(Some(people));
        }
    }
}

fn endless(why: &str) -> Fault {
    Fault::new(catalogue::PAGES_ENDLESS, Class::PageToken, why)
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Server, json},
        *,
    };
    use serde_json::json as value;

    /// A server whose next links and people follow a plan, and how the walk over them ends.
    async fn walk(
        page: impl Fn(usize, &str) -> (String, Vec<String>) + Send + Sync + 'static,
    ) -> (Fault, usize) {
        let server = Server::start(move |received, at| {
            let base = format!("http://{}", received.header("host").unwrap_or_default());
            let (link, ids) = page(at, &base);
            let people: Vec<_> = ids.iter().map(|id| value!({"id": id})).collect();
            json(
                200,
                &value!({"value": people, "@odata.nextLink": link}).to_string(),
            )
        })
        .await;
        let mut pages = server.graph().users("/users?$top=999", Read::ONE).unwrap();
        loop {
            match pages.next().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("this list has no end"),
                Err(fault) => return (fault, server.received().len()),
            }
        }
    }

    fn id(number: usize) -> String {
        Uuid::from_u128(number as u128).to_string()
    }

    #[tokio::test]
    async fn a_page_that_leads_to_itself_or_back_ends_the_walk() {
        let (fault, asked) =
            walk(|at, base| (format!("{base}/v1.0/users?$top=999"), vec![id(at)])).await;
        assert_eq!((fault.code, asked), (catalogue::PAGES_ENDLESS, 1));
        let (fault, asked) = walk(|at, base| {
            (
                format!("{base}/v1.0/users?$skiptoken={}", at % 3),
                vec![id(at)],
            )
        })
        .await;
        assert_eq!((fault.code, asked), (catalogue::PAGES_ENDLESS, 4));
        assert_eq!(fault.exit(), crate::exit::Exit::TryAgain);
    }

    #[tokio::test]
    async fn pages_without_anybody_new_have_an_end() {
        let (fault, asked) = walk(|at, base| {
            (
                format!("{base}/v1.0/users?$skiptoken={at}"),
                vec![id(at.min(4))],
            )
        })
        .await;
        assert_eq!(fault.code, catalogue::PAGES_ENDLESS);
        assert!((1_000..1_010).contains(&asked), "{asked}");
        assert!(fault.message.contains("nobody new"));
    }

    #[tokio::test]
    async fn a_link_to_another_host_is_never_followed() {
        for other in [
            "https://graph.microsoft.com/v1.0/users",
            "//evil.example/",
            "http://user@localhost/",
            "\u{202e}",
        ] {
            let (fault, asked) = walk(move |_, _| (other.to_owned(), vec![])).await;
            assert_eq!((fault.code, asked), (catalogue::FOREIGN_LINK, 1), "{other}");
        }
    }
}
