//! `[remind]`: who is old enough for a reminder, how often and how many, as flags and as keys.

use super::{
    Sourced,
    layers::Layers,
    values::{Age, count},
};
use crate::failure::{Failure, Result};
use clap::Args;

/// `[remind]`, as typed.
#[derive(Debug, Clone, Default, Args)]
pub struct RemindFlags {
    /// Only guests who were invited so long ago [default: 14d]
    #[arg(long, value_name = "AGE")]
    pub older_than: Option<Age>,
    /// No more reminders than this for a guest [default: 2]
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_times: Option<u64>,
    /// No second mail to a guest within this time [default: 7d]
    #[arg(long, value_name = "AGE")]
    pub every: Option<Age>,
    /// Stop after N reminders in this run (exit 8)
    #[arg(long, value_name = "N", value_parser = count)]
    pub max_mails: Option<u64>,
}

/// `[remind]`, resolved.
#[derive(Debug)]
pub struct RemindSettings {
    pub older_than: Sourced<Age>,
    pub max_times: Sourced<u64>,
    pub every: Sourced<Age>,
    pub max_mails: Option<Sourced<u64>>,
}

/// Reminders are never nearer to each other than this, except where nobody is mailed.
const SHORTEST_EVERY: Age = Age::days(1);

/// `harmless`: nothing that is sent can reach a real tenant.
pub(super) fn remind(
    layers: &mut Layers<'_>,
    flags: &RemindFlags,
    harmless: bool,
) -> Result<RemindSettings> {
    let every: Sourced<Age> =
        layers.value(("remind", "every"), flags.every, str::parse, Age::days(7))?;
    if every.value.0 < SHORTEST_EVERY.0 && !harmless {
        return Err(Failure::usage(format!(
            "a second mail to a guest within a day is refused: every = {} ({})",
            every.value, every.source
        ))
        .hint("give 1d or more; shorter times are for the practice tenant and loopback only"));
    }
    Ok(RemindSettings {
        older_than: layers.value(
            ("remind", "older_than"),
            flags.older_than,
            str::parse,
            Age::days(14),
        )?,
        max_times: layers.value(("remind", "max_times"), flags.max_times, count, 2)?,
        every,
        max_mails: layers.optional(("remind", "max_mails"), flags.max_mails, None, count)?,
    })
}
