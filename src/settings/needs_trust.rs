//! Which keys of a settings file that was merely found in the current folder need trust, because whoever put the file
//! there could use them to send secrets elsewhere, to invite people otherwise than meant, or to forget who was invited.
//!
//! One table for every key there is, so that a new key cannot be left out; a test compares it with the keys.

use super::layers::Key;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// It reads the sheet, slows the run down, ends it earlier, or lets it do less.
    Nothing,
    Trust,
}

/// A key that stands in no line below belongs to a section that is judged as a whole.
const SECTIONS: &[(&str, Needs)] = &[
    // Which column is what, how the sheet is read, and ceilings that can only be lowered.
    ("columns", Needs::Nothing),
    ("sheet", Needs::Nothing),
    ("pace", Needs::Nothing),
    // Where secrets and guests go, and who signs in.
    ("tenant", Needs::Trust),
    ("auth", Needs::Trust),
    // What people read.
    ("message", Needs::Trust),
];

const INVITE: &[(&str, Needs)] = &[
    // Less is done, or it ends earlier.
    ("dry_run", Needs::Nothing),
    ("only", Needs::Nothing),
    ("max_invites", Needs::Nothing),
    ("daily_cap", Needs::Nothing),
    ("max_duration", Needs::Nothing),
    ("max_invalid", Needs::Nothing),
    // Another tenant than the one that is meant.
    ("sandbox", Needs::Trust),
    // Nobody is asked.
    ("yes", Needs::Trust),
    // Files that are written.
    ("results", Needs::Trust),
    ("to_fix", Needs::Trust),
    // Another ledger does not know who has been mailed.
    ("ledger", Needs::Trust),
    ("new_ledger", Needs::Trust),
    // Waits longer, goes on longer, or hides what went wrong.
    ("cap_wait", Needs::Trust),
    ("max_failures", Needs::Trust),
    ("tolerate", Needs::Trust),
    // Links that are not written are missing later.
    ("links", Needs::Trust),
    // Faster than a tenant may bear.
    ("rate", Needs::Trust),
    ("workers", Needs::Trust),
    // People who were mailed before.
    ("precheck", Needs::Trust),
    ("accept_second_mail", Needs::Trust),
    ("existing", Needs::Trust),
    ("retry_refused", Needs::Trust),
    ("again", Needs::Trust),
    // People who are left out instead of a sheet that is refused.
    ("own_domains", Needs::Trust),
    // Who answers for a guest.
    ("default_sponsor", Needs::Trust),
    ("settle", Needs::Trust),
    ("ask_again_after", Needs::Trust),
    // What an invitation says and gives.
    ("send", Needs::Trust),
    ("redirect_url", Needs::Trust),
    ("allow", Needs::Trust),
    // A file that is read.
    ("weather", Needs::Trust),
];

/// `None` for a key that nobody has judged.
fn judged((section, key): (&str, &str)) -> Option<Needs> {
    let (name, table) = match section {
        "invite" => (key, INVITE),
        section => (section, SECTIONS),
    };
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, needs)| *needs)
}

/// Whether a key needs trust; one that is unknown does.
pub(crate) fn needs_trust(key: (&str, &str)) -> bool {
    judged(key) != Some(Needs::Nothing)
}

/// The keys that a command may use at all, whatever else stands in the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// What a sheet is and who on it may be invited: `check`.
    Sheet,
    /// Where people are remembered.
    Ledger,
    /// The same, and the files that are written.
    Results,
    /// Everything, without using any of it: `config`.
    Shown,
    /// Everything.
    #[default]
    Tenant,
}

impl Scope {
    pub fn uses(self, (section, key): Key) -> bool {
        let invite = |keys: &[&str]| section == "invite" && keys.contains(&key);
        match self {
            Scope::Sheet => matches!(section, "columns" | "sheet") || invite(&["allow"]),
            Scope::Ledger => invite(&["ledger", "sandbox"]),
            Scope::Results => {
                matches!(section, "columns" | "sheet")
                    || invite(&["ledger", "sandbox", "results", "to_fix", "links", "allow"])
            }
            Scope::Shown | Scope::Tenant => true,
        }
    }

    /// Whether the command meets the tenant, so that what is wrong with its settings is of interest.
    pub fn meets_tenant(self) -> bool {
        matches!(self, Scope::Shown | Scope::Tenant)
    }

    /// Whether the command goes on without the keys that need trust, instead of asking for it.
    pub fn never_asks(self) -> bool {
        matches!(self, Scope::Sheet | Scope::Shown)
    }
}

#[cfg(test)]
pub(super) use tests::lines_of_the_table;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line of the table as a key, or as a section with `*`.
    pub(crate) fn lines_of_the_table() -> Vec<(&'static str, &'static str)> {
        let sections = SECTIONS.iter().map(|(section, _)| (*section, "*"));
        let keys = INVITE.iter().map(|(key, _)| ("invite", *key));
        sections.chain(keys).collect()
    }

    #[test]
    fn what_nobody_has_judged_needs_trust() {
        assert!(needs_trust(("invite", "brand_new")) && needs_trust(("brand_new", "key")));
        assert!(!needs_trust(("columns", "email")) && !needs_trust(("invite", "max_invites")));
        assert!(needs_trust(("tenant", "authority_url")) && needs_trust(("invite", "allow")));
    }

    #[test]
    fn a_command_that_only_reads_the_ledger_uses_little() {
        assert!(!Scope::Ledger.uses(("tenant", "graph_url")));
        assert!(Scope::Ledger.uses(("invite", "ledger")));
        assert!(!Scope::Results.uses(("invite", "redirect_url")));
        assert!(Scope::Tenant.uses(("auth", "client_secret")));
    }
}
