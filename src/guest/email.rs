//! An e-mail address that Entra can take: repaired where that is certain, refused where it is not.
//!
//! Must not guess: an address with anything doubtful in it is an error for a person to correct.

use std::fmt;

/// A checked address. Its `Debug` masks the person.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    text: Box<str>,
    /// The address in small letters; none where that is `text` itself.
    key: Option<Box<str>>,
}

impl EmailAddress {
    /// The address as it is sent: repaired, case kept.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address for comparing: small letters throughout.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.text)
    }

    /// The domain, in small letters.
    pub fn domain(&self) -> &str {
        let key = self.key();
        key.rsplit_once('@').map_or(key, |(_, domain)| domain)
    }

    /// Only for text that the rules have accepted.
    pub(super) fn from_checked(text: &str) -> Self {
        let key = text
            .bytes()
            .any(|byte| byte.is_ascii_uppercase())
            .then(|| text.to_ascii_lowercase().into_boxed_str());
        Self {
            text: text.into(),
            key,
        }
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress(…@{})", self.domain())
    }
}
