//! Ids of objects, tokens and requests.

use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hash;

/// A random version 4 UUID.
pub(crate) fn new_id() -> String {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_le_bytes())
        .into_uuid()
        .to_string()
}

/// A UUID that is the same for the same name in every practice tenant.
pub(crate) fn stable_id(name: &str) -> String {
    let mut hasher = SipHasher13::new();
    name.hash(&mut hasher);
    uuid::Builder::from_random_bytes(hasher.finish128().as_bytes())
        .into_uuid()
        .to_string()
}
