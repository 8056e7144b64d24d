//! Which keys a command uses at all, whatever else stands in the settings file.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Scope {
    /// What a sheet is and who on it may be invited: `check`.
    Sheet,
    /// The same, and the words of the mails: `check` with a preview.
    Words,
    /// Where people are remembered: `runs`, `ledger`.
    Ledger,
    /// The same, how the sheet is read, and the files that are written: `results`.
    Results,
    /// Every key is shown and none is obeyed: `config`.
    Shown,
    /// Everything.
    #[default]
    Tenant,
}

impl Scope {
    pub fn uses(self, (section, key): (&str, &str)) -> bool {
        let invite = |keys: &[&str]| section == "invite" && keys.contains(&key);
        match self {
            Scope::Sheet => matches!(section, "columns" | "sheet") || invite(&["allow"]),
            Scope::Words => {
                matches!(section, "columns" | "sheet")
                    || invite(&["allow", "send", "redirect_url", "default_sponsor"])
                    || section == "message"
                        && matches!(key, "delivery" | "from" | "template" | "subject")
            }
            Scope::Ledger => invite(&["ledger", "sandbox"]),
            Scope::Results => {
                matches!(section, "columns" | "sheet")
                    || invite(&["ledger", "sandbox", "results", "to_fix", "links", "allow"])
            }
            Scope::Shown | Scope::Tenant => true,
        }
    }

    /// Whether the command uses the tenant, so that wrong settings of the tenant are errors.
    pub fn meets_tenant(self) -> bool {
        matches!(self, Scope::Shown | Scope::Tenant)
    }

    /// Whether the command leaves out the keys that need trust instead of asking for trust.
    pub fn never_asks(self) -> bool {
        matches!(self, Scope::Sheet | Scope::Words | Scope::Shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_only_reads_the_ledger_uses_little() {
        assert!(!Scope::Ledger.uses(("tenant", "graph_url")));
        assert!(Scope::Ledger.uses(("invite", "ledger")));
        assert!(!Scope::Results.uses(("invite", "redirect_url")));
        assert!(Scope::Tenant.uses(("auth", "client_secret")));
    }
}
