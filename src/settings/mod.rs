//! What was meant: flags, environment and settings file become one set of values, each of which
//! knows where it came from.
//!
//! The only part of the library that asks the environment, and only through what it is handed.

mod choices;
mod cloud;
mod file;
mod flags; // the flags that are keys as well
mod layers;
mod ledger_place; // where the ledger lies when nobody names one
mod message; // mail of our own
mod model;
mod needs_trust;
mod remind; // [remind], from the flag to the value
mod resolve;
mod scope;
mod secret;
mod sourced;
mod tenant;
#[cfg(test)]
mod tests;
mod trust;
mod user_folder;
pub(crate) mod values; // how each is understood
mod written; //           how each is written

pub(crate) use crate::graph::BaseUrl;
pub(crate) use choices::{MailDelivery, OwnDomains, WhenDropped};
pub(crate) use cloud::{Cloud, is_microsoft, web_page};
pub(crate) use flags::{ConnectionFlags, Flags, InviteFlags, SheetFlags, headings};
pub(crate) use layers::KeyInForce;
pub(crate) use model::{
    AuthSettings, FileInForce, InviteSettings, MessageSettings, PaceSettings, Settings,
    SheetSettings, SmtpSettings, Standing, TenantSettings,
};
pub(crate) use remind::{RemindFlags, RemindSettings};
pub use resolve::resolve;
pub(crate) use resolve::{Reading, Untrusted, read, trust_found};
pub(crate) use scope::Scope;
pub(crate) use secret::SecretRef;
pub(crate) use sourced::{Source, Sourced};
pub(crate) use trust::Doubt;
pub(crate) use user_folder::{create_user_folder, user_folder};
pub(crate) use values::{Age, Mapping, RowFilter, TenantName, Units};

/// The environment, as something that is passed in.
pub(crate) type Env<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;
