//! Which program this is, for people: its version, and the commit and date that a release was built from (`build.rs` finds
//! them out). For programs, and for servers, the version alone is enough.

pub(crate) const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("GUESTLIST_BUILT_FROM"));
