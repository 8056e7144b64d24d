//! The sign-in side of the practice tenant: apps with a secret, a certificate or a token of elsewhere;
//! people with a browser or with a code.

mod endpoint; //  which path leads where
mod refused; //   what Entra says when there is no token
mod settings; //  what the weather can do to a sign-in

mod app; //         client credentials
mod assertion; //   a JWT in place of a secret
mod certificate; // an app's key and its dates
mod device; //      a person with a code
mod discovery; //   what the tenant says about itself
mod person; //      a person in a browser, and the renewal

pub use certificate::Certificate;
pub use device::Device;
pub use endpoint::{AuthorityCall, answer};
pub use settings::{PersonDoes, SignInWeather};

use std::collections::HashMap;

/// What the sign-in service remembers.
#[derive(Debug, Default)]
pub struct SignIns {
    /// Ids of assertions that were shown, and when they end.
    shown: HashMap<String, i64>,
    /// Authorization codes.
    codes: HashMap<String, person::Code>,
    pub devices: Vec<Device>,
    /// Refresh tokens, and when they end.
    pub renewals: HashMap<String, i64>,
}

/// More of anything than this is a mistake of whoever asks.
const MOST: usize = 10_000;
