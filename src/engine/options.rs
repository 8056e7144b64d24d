//! What a run is asked to do: the values of the settings that the engine needs.

use crate::{guest::Guest, one_word::OneWord, sheet::Row, threshold::Threshold};
use clap::ValueEnum;
use std::{fmt, sync::Arc, time::Duration};

/// How to find out who is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Precheck {
    /// Whichever of the two needs fewer requests.
    Auto,
    /// Ask for each address.
    Each,
    /// Read the whole directory once.
    Snapshot,
    /// Do not look.
    Off,
}

/// What to do about guests who are there and have not redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Existing {
    /// Leave them.
    Skip,
    /// Fetch a link silently where the ledger has none.
    Relink,
}

impl OneWord for Precheck {}
impl OneWord for Existing {}

/// `--only`: everybody when empty.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// Normalised addresses.
    pub addresses: Vec<String>,
    /// Without the `@`, lower case.
    pub domains: Vec<String>,
    pub rows: Vec<u64>,
}

impl Selection {
    pub(crate) fn takes(&self, row: u64, address: Option<(&str, &str)>) -> bool {
        (self.addresses.is_empty() && self.domains.is_empty() && self.rows.is_empty())
            || self.rows.contains(&row)
            || address.is_some_and(|(key, domain)| {
                self.addresses.iter().any(|wanted| wanted == key)
                    || self
                        .domains
                        .iter()
                        .any(|wanted| wanted.eq_ignore_ascii_case(domain))
            })
    }
}

/// Who mails people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailBy {
    Microsoft,
    /// The run does, when everybody is invited; the invitations are silent.
    Ourselves,
    Nobody,
}

/// Puts words into the message of a guest of a row; or why there are none.
pub(crate) type Compose = Arc<dyn Fn(&Row, &mut Guest) -> Result<(), String> + Send + Sync>;

/// A hash of the words that a guest is mailed with.
#[derive(Clone)]
pub(crate) struct WordsOf(Arc<HashWords>);

type HashWords = dyn Fn(&Guest) -> Option<String> + Send + Sync;

impl WordsOf {
    pub(crate) fn new(hash: impl Fn(&Guest) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(hash))
    }

    pub(super) fn of(&self, guest: &Guest) -> Option<String> {
        (self.0)(guest)
    }
}

impl fmt::Debug for WordsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WordsOf")
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Look up, decide, and record in a ledger for the dry run; send no invitation.
    pub dry_run: bool,
    /// Whether a mail goes out, for rows that do not say.
    pub send: bool,
    pub mail_by: MailBy,
    pub redirect_url: String,
    /// What is kept of the words with each ask.
    pub words_of: Option<WordsOf>,
    pub selection: Selection,
    pub precheck: Precheck,
    pub existing: Existing,
    /// Whether people who were there before get what an invitation cannot carry, too.
    pub update_existing: bool,
    pub retry_refused: bool,
    pub again: bool,
    pub max_invites: Option<u64>,
    pub daily_cap: Option<u64>,
    pub cap_wait: Duration,
    /// How many of the rows for which something was sent may fail, or which share of them, before the run stops.
    pub max_failures: Threshold,
    pub settle: Duration,
    pub ask_again_after: Duration,
    pub workers: usize,
    /// With `--rate auto`: only as many workers as the rate needs, and more as it rises.
    pub workers_follow_rate: bool,
}
