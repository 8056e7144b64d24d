//! Which addresses were seen, and in which row: about 40 bytes a row, whatever the addresses are.
//!
//! Must not keep an address: a keyed 128-bit hash stands for it.

use crate::fingerprint::{ByFingerprint, Fingerprint, Fingerprints};

/// Texts with the row in which each was first seen.
#[derive(Default)]
pub(super) struct FirstRows {
    fingerprints: Fingerprints,
    rows: ByFingerprint<u32>,
}

/// A text in a row, to be compared with others.
#[derive(Debug, Clone, Copy)]
pub(super) struct InRow {
    fingerprint: Fingerprint,
    row: u32,
}

impl FirstRows {
    pub(super) fn in_row(&self, text: &[u8], row: u64) -> InRow {
        InRow {
            fingerprint: self.fingerprints.of(text),
            row: u32::try_from(row).unwrap_or(u32::MAX),
        }
    }

    /// The row in which the text was seen first; none if it is new, and then its row is remembered.
    ///
    /// Each call misses the processor's cache. Calls that follow each other directly wait for memory at the same time.
    pub(super) fn first(&mut self, text: InRow) -> Option<u64> {
        let InRow { fingerprint, row } = text;
        let first = *self.rows.get_or_insert(fingerprint, row);
        (first != row).then_some(u64::from(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_is_remembered() {
        let mut seen = FirstRows::default();
        let mut first = |text: &[u8], row| seen.first(seen.in_row(text, row));
        assert_eq!(first(b"a@x.org", 2), None);
        assert_eq!(first(b"b@x.org", 3), None);
        assert_eq!(first(b"a@x.org", 4), Some(2));
        assert_eq!(first(b"a@x.org", 5), Some(2));
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<(Fingerprint, u32)>(), 20);
    }
}
