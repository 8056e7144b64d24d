//! Collects single look-ups: rows that need one person looked up at the same time share a `$batch` request.
//!
//! For rows after an attempt that is unknown or was throttled. The prechecker looks up the rows of the sheet in groups of
//! its own.

use super::{Directory, LookupResult, lookup::BATCH};
use crate::guest::EmailAddress;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long a look-up waits for others to share the request.
const GATHER: Duration = Duration::from_millis(25);

type Ask = (EmailAddress, oneshot::Sender<LookupResult>);

#[derive(Clone)]
pub(crate) struct LookupBatcher {
    asks: mpsc::Sender<Ask>,
}

impl LookupBatcher {
    pub(crate) fn new(directory: Directory) -> Self {
        let (asks, mut queue) = mpsc::channel::<Ask>(BATCH);
        tokio::spawn(async move {
            while let Some(first) = queue.recv().await {
                let mut group = vec![first];
                tokio::time::sleep(GATHER).await;
                while group.len() < BATCH
                    && let Ok(ask) = queue.try_recv()
                {
                    group.push(ask);
                }
                let directory = directory.clone();
                tokio::spawn(async move { answer(&directory, group).await });
            }
        });
        Self { asks }
    }

    pub(crate) async fn find(&self, address: &EmailAddress) -> LookupResult {
        let (answer, lookup_result) = oneshot::channel();
        let gone = || super::lookup::unreadable("the look-up was abandoned");
        self.asks
            .send((address.clone(), answer))
            .await
            .map_err(|_| gone())?;
        lookup_result.await.map_err(|_| gone())?
    }
}

async fn answer(directory: &Directory, group: Vec<Ask>) {
    let addresses: Vec<&EmailAddress> = group.iter().map(|(address, _)| address).collect();
    match directory.find(&addresses).await {
        Ok(lookup_results) => {
            for ((_, answer), lookup_result) in group.into_iter().zip(lookup_results) {
                let _ = answer.send(lookup_result);
            }
        }
        Err(fault) => {
            for (_, answer) in group {
                let _ = answer.send(Err(fault.clone()));
            }
        }
    }
}
