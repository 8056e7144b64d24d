//! Which addresses were seen, and in which row: about 40 bytes a row, whatever the addresses are.
//!
//! Must not keep an address: a keyed 128-bit hash stands for it.

use crate::fingerprint::{ByFingerprint, Fingerprints};

/// Texts with the row in which each was first seen.
#[derive(Default)]
pub(super) struct Seen {
    fingerprints: Fingerprints,
    rows: ByFingerprint<u32>,
}

impl Seen {
    /// The row in which the text was seen first; none when it is new, and then `row` is remembered.
    pub fn first(&mut self, text: &[u8], row: u64) -> Option<u64> {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let first = *self.rows.entry(self.fingerprints.of(text)).or_insert(row);
        (first != row).then_some(u64::from(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;

    #[test]
    fn the_first_row_is_remembered() {
        let mut seen = Seen::default();
        assert_eq!(seen.first(b"a@x.org", 2), None);
        assert_eq!(seen.first(b"b@x.org", 3), None);
        assert_eq!(seen.first(b"a@x.org", 4), Some(2));
        assert_eq!(seen.first(b"a@x.org", 5), Some(2));
    }

    #[test]
    fn an_entry_is_small() {
        assert_eq!(size_of::<(Fingerprint, u32)>(), 20);
    }
}
