//! Which addresses were seen, and in which row: about 40 bytes a row, whatever the addresses are.
//!
//! Must not keep an address: a keyed 128-bit hash stands for it.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

/// A 128-bit hash, in a form that packs without gaps beside a row number.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Key([u32; 4]);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

/// The key is a hash already.
#[derive(Default)]
struct Pass(u64);

impl Hasher for Pass {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Texts with the row in which each was first seen. The key is drawn anew for each, so that no sheet can be made
/// whose addresses collide.
pub(super) struct Seen {
    hasher: SipHasher13,
    rows: HashMap<Key, u32, BuildHasherDefault<Pass>>,
}

impl Default for Seen {
    fn default() -> Self {
        let random = RandomState::new();
        Self {
            hasher: SipHasher13::new_with_keys(random.hash_one(0u8), random.hash_one(1u8)),
            rows: HashMap::default(),
        }
    }
}

impl Seen {
    /// The row in which the text was seen first; none when it is new, and then `row` is remembered.
    pub fn first(&mut self, text: &[u8], row: u64) -> Option<u64> {
        let mut hasher = self.hasher;
        hasher.write(text);
        let (a, b) = hasher.finish128().as_u64();
        let key = Key([(a >> 32) as u32, a as u32, (b >> 32) as u32, b as u32]);
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        let first = *self.rows.entry(key).or_insert(row);
        (first != row).then_some(u64::from(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(size_of::<(Key, u32)>(), 20);
    }
}
