//! Which keys of a settings file need trust when the file was merely found in the current folder: whoever put it there
//! could use them to send secrets elsewhere, to invite people otherwise than meant, or to forget who was invited.
//!
//! A key needs trust unless it is listed here, so that a new key cannot become harmless by being forgotten.

/// Sections that need no trust: which column is what, how the sheet is read, and ceilings that can only be lowered.
pub(super) const HARMLESS_SECTIONS: &[&str] = &["columns", "sheet", "pace"];

/// Keys of `[invite]` that need no trust: with them a run does less, or ends earlier.
pub(super) const HARMLESS_OF_INVITE: &[&str] = &[
    "dry_run",
    "only",
    "max_invites",
    "daily_cap",
    "max_duration",
    "max_invalid",
];

pub(super) fn needs_trust((section, key): (&str, &str)) -> bool {
    let harmless = HARMLESS_SECTIONS.contains(&section)
        || section == "invite" && HARMLESS_OF_INVITE.contains(&key);
    !harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_has_judged_needs_trust() {
        assert!(needs_trust(("invite", "brand_new")) && needs_trust(("brand_new", "key")));
        assert!(!needs_trust(("columns", "email")) && !needs_trust(("invite", "max_invites")));
        assert!(needs_trust(("tenant", "authority_url")) && needs_trust(("invite", "allow")));
    }
}
