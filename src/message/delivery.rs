//! What Microsoft will really deliver of words in its own mail.

use crate::graph::{Identity, IdentityKind};

/// What becomes of custom words in Microsoft's mail (Graph: external-id troubleshooting). The token tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// A signed-in user invites: the words go out, if that user has a mailbox.
    Delivered,
    /// An app invites: Microsoft leaves the words out without a word.
    Dropped,
    /// The token does not say who it is for.
    CannotTell,
}

impl Delivery {
    pub(crate) fn of(identity: &Identity) -> Self {
        match identity.kind {
            IdentityKind::Delegated => Self::Delivered,
            IdentityKind::AppOnly => Self::Dropped,
            IdentityKind::Unknown => Self::CannotTell,
        }
    }
}
