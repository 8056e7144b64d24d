//! What a manual page says beside the flags: what the command does, how it ends, which files and variables it uses, and
//! examples.

mod in_tenant; // commands that reach a tenant
mod local; // commands that need none

use crate::exit::Exit;

pub(super) struct Words {
    pub name: &'static str,
    pub description: &'static [&'static str],
    pub exits: &'static [Exit],
    pub files: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
    /// What for, and what is typed.
    pub examples: &'static [(&'static str, &'static str)],
    pub see_also: &'static [&'static str],
}

impl Words {
    /// Whether exit code 0 speaks of rows.
    pub(super) fn has_rows(&self) -> bool {
        self.exits.len() == IN_TENANT.len()
    }
}

/// Of a command that reaches a tenant.
const IN_TENANT: &[Exit] = &[
    Exit::Done,
    Exit::Unexpected,
    Exit::Usage,
    Exit::SheetRefused,
    Exit::SomeRowsNotDone,
    Exit::TryAgain,
    Exit::Permission,
    Exit::TenantRefused,
    Exit::CapReached,
    Exit::TimeUsed,
    Exit::Interrupted,
];
const WITH_SHEET: &[Exit] = &[
    Exit::Done,
    Exit::Unexpected,
    Exit::Usage,
    Exit::SheetRefused,
    Exit::TryAgain,
];
const ALONE: &[Exit] = &[Exit::Done, Exit::Unexpected, Exit::Usage, Exit::TryAgain];

const SETTINGS: (&str, &str) = (
    "guestlist.toml",
    "The settings, in the current folder, or the file that `--config` names. A file that was not named is used only after \
     `guestlist config trust`.",
);
const LEDGER: (&str, &str) = (
    "guestlist.db",
    "The ledger: one SQLite file that knows who was asked and what was answered, for one tenant. Keep it, and back it up \
     with `guestlist ledger backup`. Where the current folder is synchronised or on a network, it lies in the user's data \
     folder instead, and the first line of a run says where.",
);
const PRACTICE: (&str, &str) = (
    "guestlist.practice.db",
    "The ledger of the practice tenant (`--sandbox`).",
);
const IN_TENANT_FILES: &[(&str, &str)] = &[SETTINGS, LEDGER, PRACTICE];
const SHEET_FILES: &[(&str, &str)] = &[
    SETTINGS,
    LEDGER,
    PRACTICE,
    (
        "SHEET.results.csv, SHEET.results.xlsx",
        "What became of every row, with the redeem links. `.dry-run` stands in the place of `.results` after a dry run, and \
         `.practice` after a practice run.",
    ),
    (
        "SHEET.to-fix.csv, SHEET.to-fix.xlsx",
        "The rows that a person must correct, in the layout of the sheet; written only when there are any.",
    ),
];
const LEDGER_FILES: &[(&str, &str)] = &[LEDGER, PRACTICE];

const CONFIG: (&str, &str) = (
    "GUESTLIST_CONFIG",
    "The settings file, in the place of `--config`.",
);
const KEY: (&str, &str) = (
    "GUESTLIST_SECTION_KEY",
    "A key of the settings, such as `GUESTLIST_TENANT_ID` for `id` of `[tenant]`. A flag comes before it, the settings file \
     after it.",
);
const LOG: (&str, &str) = (
    "GUESTLIST_LOG",
    "Which events are logged, such as `guestlist::graph=debug`.",
);
const COLOUR: (&str, &str) = (
    "NO_COLOR",
    "Any value: no colours, unless `--color` asks for them.",
);
const FEW_VARIABLES: &[(&str, &str)] = &[LOG, COLOUR];
const LOCAL_VARIABLES: &[(&str, &str)] = &[CONFIG, KEY, LOG, COLOUR];
const VARIABLES: &[(&str, &str)] = &[
    CONFIG,
    KEY,
    (
        "GUESTLIST_ACCESS_TOKEN",
        "An access token for Microsoft Graph, where `[auth] method` is `token`.",
    ),
    (
        "AZURE_TENANT_ID, AZURE_CLIENT_ID",
        "The tenant and the application to sign in with, as other tools use them.",
    ),
    (
        "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE",
        "What the application signs in with: a secret, a PEM file with certificate and key, or a token of the platform.",
    ),
    (
        "AZURE_AUTHORITY_HOST",
        "The host to sign in at, for national clouds.",
    ),
    (
        "HTTPS_PROXY, NO_PROXY",
        "The proxy, and the hosts that are reached without it.",
    ),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "On Linux, the certificates to trust in the place of the system's.",
    ),
    LOG,
    COLOUR,
];

fn all() -> impl Iterator<Item = &'static Words> {
    in_tenant::PAGES.iter().chain(local::PAGES)
}

/// The words of a page.
pub(super) fn of(page: &str) -> &'static Words {
    all().find(|words| words.name == page).unwrap_or(&NONE)
}

/// For a page that has no words; a test says that there is none.
const NONE: Words = Words {
    name: "",
    description: &[],
    exits: ALONE,
    files: &[],
    environment: FEW_VARIABLES,
    examples: &[],
    see_also: &[],
};

#[cfg(test)]
mod tests {
    use super::all;
    use crate::commands::generate::{command, man};

    #[test]
    fn each_page_has_words_and_leads_to_pages() {
        let pages = man::pages(command()).unwrap();
        let names: Vec<&str> = pages
            .iter()
            .map(|page| page.name.trim_end_matches(".1"))
            .collect();
        for name in &names {
            let words = all().find(|words| words.name == *name);
            assert!(words.is_some(), "{name} has no words");
        }
        for words in all() {
            for name in [words.name].iter().chain(words.see_also) {
                assert!(names.contains(name), "{name} is no page");
            }
        }
        assert_eq!(all().count(), names.len(), "a page stands there twice");
    }
}
