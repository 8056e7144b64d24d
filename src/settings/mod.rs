//! What was meant: flags, environment and settings file become one set of values, each of which
//! knows where it came from.
//!
//! The only part of the library that asks the environment, and only through what it is handed.

mod base_url;
mod choices;
mod file;
mod layers;
mod ledger_place; // where the ledger lies when nobody names one
mod model;
mod needs_trust;
mod resolve;
mod secret;
mod sourced;
mod tenant;
#[cfg(test)]
mod tests;
mod trust;
mod user_folder;
pub(crate) mod values; // how each is understood
mod written; //           how each is written

pub use base_url::{BaseUrl, Cloud, web_page};
pub use choices::{
    Access, Existing, Hidden, Links, Method, OwnDomains, Precheck, WhenDropped, one_of, word_of,
};
pub use layers::Asked;
pub use model::{
    AuthSettings, FileInForce, InviteSettings, MessageSettings, PaceSettings, Settings,
    SheetSettings, Standing, TenantSettings,
};
pub use needs_trust::{Scope, needs_trust};
pub use resolve::{Reading, TrustedFile, Untrusted, read, resolve, trust_found};
pub use secret::SecretRef;
pub use sourced::{Source, Sourced};
pub use trust::Doubt;
pub use user_folder::{create_user_folder, user_folder};
pub use values::{Mapping, Only, Rate, Share, TenantName, Units};

/// The environment, as something that is passed in.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;
