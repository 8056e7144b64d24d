//! One run per ledger at a time: a lock that the system releases when the process ends, however it ends.
//!
//! The lock file holds nothing; who holds it is read from the ledger's own list of runs.

use super::{LedgerError, Result};
use crate::files;
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// `holder` is asked only when somebody else has the lock.
    pub(super) fn take(ledger: &Path, holder: impl FnOnce() -> Option<String>) -> Result<Self> {
        let unwritable = |error: std::io::Error| LedgerError::Unwritable {
            path: ledger.display().to_string(),
            reason: error.to_string(),
        };
        // One lock, by whatever name the ledger is called.
        let path = lock_path(&ledger.canonicalize().map_err(unwritable)?);
        let file = files::open_own(&path).map_err(|why| LedgerError::Unusable {
            path: path.display().to_string(),
            why,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LedgerError::Busy {
                path: ledger.display().to_string(),
                holder: holder().unwrap_or_else(|| "it does not say which".to_owned()),
            }),
            Err(TryLockError::Error(error)) => Err(unwritable(error)),
        }
    }
}

fn lock_path(ledger: &Path) -> PathBuf {
    let mut name = ledger.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    ledger.with_file_name(name)
}
