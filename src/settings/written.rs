//! How a value is written in a settings file, so that `guestlist config` prints lines that could stand there.

use super::{Age, BaseUrl, RowFilter, SecretRef, TenantName, Units};
use crate::{
    guest::SponsorRef, message::Sender, one_word::OneWord, outcome::Outcome, pace::Rate,
    threshold::Threshold,
};
use std::{path::PathBuf, time::Duration};

pub(super) trait Written {
    fn written(&self) -> String;
}

/// A text between quotation marks.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// The value of a setting that is not set.
pub(super) const NOT_SET: &str = "";

impl<T: Written> Written for Option<T> {
    fn written(&self) -> String {
        self.as_ref()
            .map_or_else(|| NOT_SET.to_owned(), Written::written)
    }
}

impl<T: Written> Written for Vec<T> {
    fn written(&self) -> String {
        let items: Vec<String> = self.iter().map(Written::written).collect();
        format!("[{}]", items.join(", "))
    }
}

macro_rules! bare {
    ($($type:ty),*) => {$(
        impl Written for $type {
            fn written(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
bare!(bool, u32, u64, usize);

macro_rules! in_quotes {
    ($($type:ty),*) => {$(
        impl Written for $type {
            fn written(&self) -> String {
                quoted(&self.to_string())
            }
        }
    )*};
}
in_quotes!(
    Sender, Age, String, BaseUrl, Rate, Threshold, SponsorRef, TenantName
);

impl<T: OneWord> Written for T {
    fn written(&self) -> String {
        quoted(&self.word())
    }
}

impl Written for PathBuf {
    fn written(&self) -> String {
        quoted(&self.to_string_lossy())
    }
}

impl Written for Duration {
    fn written(&self) -> String {
        match jiff::SignedDuration::try_from(*self) {
            Ok(duration) => quoted(&format!("{duration:#}")),
            Err(_) => quoted(&format!("{}s", self.as_secs())),
        }
    }
}

impl Written for Outcome {
    fn written(&self) -> String {
        quoted(self.word())
    }
}

impl Written for RowFilter {
    fn written(&self) -> String {
        match self {
            RowFilter::Row(row) => quoted(&row.to_string()),
            RowFilter::Domain(domain) => quoted(&format!("@{domain}")),
            RowFilter::Address(address) => quoted(address),
        }
    }
}

impl Written for Units {
    fn written(&self) -> String {
        match self {
            Units::ByTenantSize => quoted("auto"),
            Units::Fixed(units) => units.to_string(),
        }
    }
}

/// The character between cells.
impl Written for u8 {
    fn written(&self) -> String {
        quoted(&char::from(*self).to_string())
    }
}

/// The reference to the secret; never the secret.
impl Written for SecretRef {
    fn written(&self) -> String {
        match self {
            SecretRef::Env(name) => format!("{{ env = {} }}", quoted(name)),
            SecretRef::File(path) => format!("{{ file = {} }}", path.written()),
        }
    }
}
