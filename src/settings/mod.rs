//! Flags, environment and settings file become one set of values, each of which knows where it came from.
//!
//! Must not know the command line. The environment is passed in, so that tests can set it.

// From what is given to what it means. A blank line stands between the modules, so that formatting keeps the order.

mod flags; // the flags that are also keys

mod file; // the settings file

mod layers; // one key: which value takes precedence

mod sourced; // a value, and where it came from

pub(crate) mod values; // how a text becomes a value

mod choices; // values that are one word out of a few

mod cloud; // the hosts of each cloud

mod secret; // references to secrets

mod written; // how a value is written in a settings file

mod read; // the settings file that is found, and whether it is used

mod resolve; // every key with its default, and the rules between them

mod tenant; // the tenant and the sign-in

mod remind; // [remind]

mod message; // [message] and [smtp]: mail of our own

mod ledger_place; // the default place of the ledger

mod user_folder; // the user's data folder

mod model; // the resolved settings

mod scope; // which keys a command uses

mod needs_trust; // which keys need trust

mod trust; // whether a settings file is trusted

#[cfg(test)]
mod tests;

pub(crate) use crate::graph::BaseUrl;
pub(crate) use choices::{MailDelivery, OwnDomains, WhenDropped};
pub(crate) use cloud::{Cloud, is_microsoft, web_page};
pub(crate) use flags::{ConnectionFlags, Flags, InviteFlags, MessageFlags, SheetFlags, headings};
pub(crate) use layers::KeyInForce;
pub(crate) use model::{
    AuthSettings, FileInForce, InviteSettings, MessageSettings, PaceSettings, Settings,
    SheetSettings, SmtpSettings, Standing, TenantSettings,
};
pub use read::resolve;
pub(crate) use read::{Reading, Untrusted, read, trust_found};
pub(crate) use remind::{RemindFlags, RemindSettings};
pub(crate) use scope::Scope;
pub(crate) use secret::SecretRef;
pub(crate) use sourced::{Source, Sourced};
pub(crate) use trust::Doubt;
pub(crate) use user_folder::{create_user_folder, user_folder};
pub(crate) use values::{Age, Mapping, RowFilter, TenantName, Units};

/// The environment: the value of a variable by its name.
pub(crate) type Env<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;
