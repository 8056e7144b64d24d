//! The choices that only the preparation of a run obeys. Every other choice is defined in the module that obeys it.

use crate::one_word::OneWord;
use clap::ValueEnum;

/// What to do with a sheet that holds mostly addresses of the tenant's own domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnDomains {
    /// Send nothing at all.
    Refuse,
    /// Leave those rows out.
    Skip,
}

/// What to do when Microsoft would drop the words of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhenDropped {
    /// Send nothing at all.
    Refuse,
    /// Send the invitations without the words.
    SendAnyway,
}

/// Who mails the words of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MailDelivery {
    /// Microsoft mails the invitation.
    Microsoft,
    /// We do, from a mailbox of the tenant.
    Graph,
    /// We do, through a mail server.
    Smtp,
    /// Nobody does.
    None,
}

impl OneWord for MailDelivery {}
impl OneWord for OwnDomains {}
impl OneWord for WhenDropped {}
