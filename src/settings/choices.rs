//! The values that are one word out of a few, the same in flags, environment and settings file.

use clap::ValueEnum;

/// One of a fixed set of words.
pub(crate) fn one_of<T: ValueEnum>(text: &str) -> Result<T, String> {
    T::from_str(text.trim(), false).map_err(|_| {
        let known: Vec<String> = T::value_variants()
            .iter()
            .filter_map(ValueEnum::to_possible_value)
            .map(|value| value.get_name().to_owned())
            .collect();
        format!("`{text}` is not one of {}", known.join(", "))
    })
}

/// The word of a value out of a fixed set.
pub(crate) fn word_of<T: ValueEnum>(value: &T) -> String {
    value
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .unwrap_or_default()
}

/// Columns that give access or power; used only when they are named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Access {
    Member,
    Manager,
    Groups,
}

/// Whether redeem links are written into the results; the ledger always keeps them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Links {
    Results,
    None,
}

/// How to find out who is already there.
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

/// A sheet that holds mostly addresses of the tenant's own domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OwnDomains {
    /// Send nothing at all.
    Refuse,
    /// Leave those rows out.
    Skip,
}

/// Rows that a filter hides in a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hidden {
    Include,
    Skip,
}

/// What to do when Microsoft would drop the words of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhenDropped {
    /// Send nothing at all.
    Refuse,
    SendAnyway,
}

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// What the environment provides; on a terminal, a person.
    Auto,
    ClientSecret,
    Certificate,
    WorkloadIdentity,
    ManagedIdentity,
    AzureCli,
    AzurePipelines,
    #[value(name = "github-actions")]
    GitHubActions,
    Browser,
    DeviceCode,
    Token,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_listed_when_one_is_wrong() {
        assert_eq!(one_of("device-code"), Ok(Method::DeviceCode));
        assert_eq!(word_of(&Method::GitHubActions), "github-actions");
        assert_eq!(
            one_of::<Existing>("update").unwrap_err(),
            "`update` is not one of skip, relink"
        );
    }
}
