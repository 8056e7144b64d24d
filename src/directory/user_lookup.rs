//! Looks people up for a run, each or in a snapshot, and among the deleted users.
//!
//! Nothing is read before the first row needs it, and nothing is read twice. What cannot be read is noted once, and the
//! run goes on.

use super::{Directory, LookupResult, people::People, snapshot::Snapshot};
use crate::{
    events,
    graph::{Class, Fault, Read},
    guest::EmailAddress,
};
use std::{
    sync::{
        Arc, Mutex as StdMutex, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::{Mutex, OnceCell},
    time::Instant,
};

/// How people are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LookupStrategy {
    /// Filtered reads, twenty in a `$batch`.
    Each,
    /// The whole directory, read once.
    Snapshot,
}

pub(crate) struct UserLookup {
    directory: Directory,
    cache: Mutex<Cache>,
    /// None: the deleted users cannot be read.
    deleted: OnceCell<Option<People>>,
    walks: AtomicUsize,
    notes: StdMutex<Vec<String>>,
}

#[derive(Default)]
enum Cache {
    #[default]
    Empty,
    Holds(Arc<Snapshot>),
    /// The directory cannot be read as a whole.
    Broken,
}

impl UserLookup {
    pub(crate) fn new(directory: Directory) -> Self {
        Self {
            directory,
            cache: Mutex::default(),
            deleted: OnceCell::new(),
            walks: AtomicUsize::new(0),
            notes: StdMutex::default(),
        }
    }

    /// How many users there are. None: that cannot be read.
    pub(crate) async fn users(&self) -> Option<u64> {
        let count = self.directory.graph().count("/users/$count").await;
        count
            .inspect_err(|fault| tracing::debug!(%fault, "the people cannot be counted"))
            .ok()
    }

    /// Looks up these addresses, at most twenty for `Each`. The results are in the order of the addresses.
    pub(crate) async fn find(
        &self,
        way: LookupStrategy,
        addresses: &[&EmailAddress],
    ) -> Result<Vec<LookupResult>, Fault> {
        let snapshot = match way {
            LookupStrategy::Each => None,
            LookupStrategy::Snapshot => self.snapshot().await?,
        };
        match snapshot {
            Some(snapshot) => {
                let found: Vec<_> = addresses.iter().map(|one| snapshot.find(one)).collect();
                let there = found.iter().flatten().count();
                events::lookup("snapshot", addresses.len(), Some(there), Duration::ZERO);
                Ok(found.into_iter().map(Ok).collect())
            }
            None => self.directory.find(addresses).await,
        }
    }

    async fn snapshot(&self) -> Result<Option<Arc<Snapshot>>, Fault> {
        let mut held = self.cache.lock().await;
        match &*held {
            Cache::Holds(snapshot) if snapshot.is_fresh() => return Ok(Some(snapshot.clone())),
            Cache::Broken => return Ok(None),
            // The old snapshot is dropped first, to save memory.
            Cache::Holds(_) | Cache::Empty => *held = Cache::Empty,
        }
        let _walking = self.walk();
        let began = Instant::now();
        match Snapshot::take(self.directory.graph()).await {
            Ok(snapshot) => {
                events::lookup("directory", snapshot.people(), None, began.elapsed());
                let snapshot = Arc::new(snapshot);
                *held = Cache::Holds(snapshot.clone());
                Ok(Some(snapshot))
            }
            Err(fault) if fault.class.ends_run() => Err(fault),
            Err(fault) => {
                *held = Cache::Broken;
                self.note(format!(
                    "the directory could not be read as a whole ({fault}); each person was looked up instead"
                ));
                Ok(None)
            }
        }
    }

    /// The id of a deleted user with this address, if that can be read. Deleted users are found by mail and otherMails only,
    /// because their names begin with their ids.
    pub(crate) async fn deleted(&self, address: &EmailAddress) -> Result<Option<String>, Fault> {
        let deleted = self
            .deleted
            .get_or_try_init(|| async {
                let _walking = self.walk();
                match self.all_deleted().await {
                    Ok(deleted) => Ok(Some(deleted)),
                    Err(fault) if fault.class == Class::Permission => {
                        self.note(
                            "cannot tell who was deleted lately: the sign-in may not read deleted users (User.Read.All would tell)",
                        );
                        Ok(None)
                    }
                    Err(fault) if fault.class.ends_run() => Err(fault),
                    Err(fault) => {
                        self.note(format!(
                            "cannot tell who was deleted lately: the deleted users could not be read ({fault})"
                        ));
                        Ok(None)
                    }
                }
            })
            .await?;
        let found = deleted
            .as_ref()
            .and_then(|deleted| deleted.find(&[address.key()]));
        Ok(found.map(|user| user.id))
    }

    async fn all_deleted(&self) -> Result<People, Fault> {
        let path =
            "/directory/deletedItems/microsoft.graph.user?$select=id,mail,otherMails&$top=999";
        let mut pages = self.directory.graph().users(path, Read::ONE)?;
        let mut people = People::default();
        while let Some(page) = pages.next().await? {
            for user in page {
                let mails = user.mail.iter().chain(user.other_mails.iter().flatten());
                people.add(&user, &mails.map(String::as_str).collect::<Vec<_>>())?;
            }
        }
        Ok(people)
    }

    /// Whether a long list is being read; meanwhile no row makes progress.
    pub(crate) fn is_walking(&self) -> bool {
        self.walks.load(Relaxed) > 0
    }

    fn walk(&self) -> DirectoryWalk<'_> {
        self.walks.fetch_add(1, Relaxed);
        DirectoryWalk(&self.walks)
    }

    /// What could not be read, in whole sentences, each once.
    pub(crate) fn notes(&self) -> Vec<String> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.clone()
    }

    fn note(&self, note: impl Into<String>) {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.push(note.into());
    }
}

/// Marks that a list is being read, until it is dropped. Reading is given up when a run stops.
struct DirectoryWalk<'a>(&'a AtomicUsize);

impl Drop for DirectoryWalk<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}
