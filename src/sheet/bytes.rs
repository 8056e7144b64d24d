//! Reads the bytes of a sheet in order, with a hash that shows whether they changed between two readings.
//!
//! Must not know what the bytes mean.

use crate::files;
use siphasher::sip128::{Hasher128, SipHasher13};
use std::{
    fs::{File, Metadata},
    hash::Hasher,
    io::{self, ErrorKind, Read},
    path::Path,
    time::SystemTime,
};

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// The length and the time of change of a file, which are known without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub length: u64,
    pub modified: Option<SystemTime>,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }
}

/// A file that is read once from its beginning to its end.
pub(super) struct Bytes {
    file: File,
    hasher: SipHasher13,
}

impl Bytes {
    pub(super) fn open(path: &Path) -> io::Result<(Self, Stamp)> {
        let file = files::open_given(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        // The key is fixed, so that two readings of one file have the same hash.
        let hasher = SipHasher13::new_with_keys(0, 0);
        Ok((Self { file, hasher }, stamp))
    }

    /// Appends the next bytes to `to`; 0 at the end of the file.
    pub(super) fn append(&mut self, to: &mut Vec<u8>) -> io::Result<usize> {
        let before = to.len();
        to.resize(before + CHUNK, 0);
        let read = loop {
            match self.file.read(&mut to[before..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        to.truncate(before + *read.as_ref().unwrap_or(&0));
        self.hasher.write(&to[before..]);
        read
    }

    /// The hash of everything that was read so far.
    pub(super) fn hash(&self) -> u128 {
        self.hasher.finish128().as_u128()
    }
}
