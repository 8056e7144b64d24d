//! Texts told apart without being kept: a keyed 128-bit hash stands for each, whatever its length.
//!
//! The key is drawn anew for each `Fingerprints`, so that nobody can make texts that collide. What is remembered from run
//! to run is hashed by `lasting` instead.

use aws_lc_rs::digest::{Context, SHA256};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState},
    io::{self, Read},
};

/// A hash of texts in their order that is the same in every run, as hexadecimal digits.
pub(crate) fn lasting<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut context = Context::new(&SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_le_bytes());
        context.update(text.as_bytes());
    }
    hexadecimal(context)
}

/// The same of all bytes that can be read.
pub(crate) fn lasting_of_bytes(mut bytes: impl Read) -> io::Result<String> {
    let mut context = Context::new(&SHA256);
    let mut buffer = [0; 8 * 1024];
    loop {
        match bytes.read(&mut buffer)? {
            0 => return Ok(hexadecimal(context)),
            read => context.update(&buffer[..read]),
        }
    }
}

fn hexadecimal(context: Context) -> String {
    let hash = context.finish();
    hash.as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A 128-bit hash, in a form that packs without gaps beside a small value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u32; 4]);

impl Fingerprint {
    /// The part that it belongs to, by bits that [`Hash`] does not use.
    fn part(self) -> usize {
        self.0[2] as usize % PARTS
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

pub(crate) type FingerprintSet = HashSet<Fingerprint, BuildHasherDefault<Pass>>;

/// Values by the fingerprints of texts. Each part grows by itself, so that memory never holds the old and the new table of
/// all of them at the same time.
pub(crate) struct ByFingerprint<T>([HashMap<Fingerprint, T, BuildHasherDefault<Pass>>; PARTS]);

impl<T> Default for ByFingerprint<T> {
    fn default() -> Self {
        Self(std::array::from_fn(|_| HashMap::default()))
    }
}

const PARTS: usize = 32;

impl<T> ByFingerprint<T> {
    pub(crate) fn get(&self, fingerprint: Fingerprint) -> Option<&T> {
        self.0[fingerprint.part()].get(&fingerprint)
    }

    pub(crate) fn insert(&mut self, fingerprint: Fingerprint, value: T) {
        self.0[fingerprint.part()].insert(fingerprint, value);
    }

    /// The value of this fingerprint; this one, if there was none before.
    pub(crate) fn get_or_insert(&mut self, fingerprint: Fingerprint, value: T) -> &mut T {
        self.0[fingerprint.part()]
            .entry(fingerprint)
            .or_insert(value)
    }
}

/// What makes fingerprints; only those of one maker can be compared.
pub(crate) struct Fingerprints(SipHasher13);

impl Default for Fingerprints {
    fn default() -> Self {
        let random = RandomState::new();
        Self(SipHasher13::new_with_keys(
            random.hash_one(0u8),
            random.hash_one(1u8),
        ))
    }
}

impl Fingerprints {
    pub(crate) fn of(&self, text: &[u8]) -> Fingerprint {
        let mut hasher = self.0;
        hasher.write(text);
        let (a, b) = hasher.finish128().as_u64();
        Fingerprint([(a >> 32) as u32, a as u32, (b >> 32) as u32, b as u32])
    }
}

/// A fingerprint is a hash already.
#[derive(Default)]
pub(crate) struct Pass(u64);

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
