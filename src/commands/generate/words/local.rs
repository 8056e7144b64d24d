//! The words of the commands that need no tenant.

use super::{
    ALONE, FEW_VARIABLES, LEDGER_FILES, LOCAL_VARIABLES, SETTINGS, VARIABLES, WITH_SHEET, Words,
};

pub(super) const PAGES: &[Words] = &[
    Words {
        name: "guestlist-check",
        description: &[
            "Reads the whole sheet and names every mistake by row, line and column, with its remedy, and how many addresses are \
             guests, have another role, or are not used. It needs no tenant and no network.",
            "`--fix` writes a copy of the sheet in which the certain mistakes are repaired; all others are left to a person.",
        ],
        exits: WITH_SHEET,
        files: &[SETTINGS],
        environment: LOCAL_VARIABLES,
        examples: &[
            ("See what is wrong", "guestlist check guests.xlsx"),
            (
                "See which column is understood as what",
                "guestlist check guests.xlsx --show-mapping",
            ),
            (
                "Write a copy with the certain repairs",
                "guestlist check guests.csv --fix guests.fixed.csv",
            ),
            (
                "Read the first three mails",
                "guestlist check guests.csv --preview 3",
            ),
        ],
        see_also: &[
            "guestlist-invite",
            "guestlist-explain",
            "guestlist-template",
        ],
    },
    Words {
        name: "guestlist-results",
        description: &[
            "Writes the results of a run again from the ledger, redeem links included, when the file was lost or is wanted in \
             another place.",
        ],
        exits: WITH_SHEET,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[
            ("The last run", "guestlist results"),
            ("Another run, to stdout", "guestlist results --run ID -o -"),
        ],
        see_also: &["guestlist-runs", "guestlist-report"],
    },
    Words {
        name: "guestlist-report",
        description: &[
            "Writes one HTML file about a run or about everybody, to read, print and pass on. It asks nothing of any other place. \
             Redeem links are masked unless `--with-links` is given.",
        ],
        exits: ALONE,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[
            ("The last run", "guestlist report"),
            ("Everybody in the ledger", "guestlist report --all"),
        ],
        see_also: &["guestlist-results", "guestlist-status"],
    },
    Words {
        name: "guestlist-runs",
        description: &[
            "Lists the runs that the ledger knows, or shows one of them on a page: what it did, what it waited for, and how it \
             ended.",
        ],
        exits: ALONE,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[
            ("All runs", "guestlist runs"),
            ("The last one, for a program", "guestlist runs last --json"),
        ],
        see_also: &["guestlist-results", "guestlist-report"],
    },
    Words {
        name: "guestlist-ledger",
        description: &[
            "The ledger is one SQLite file. It knows who was asked and what was answered, for one tenant. Two ledgers for one \
             tenant know nothing of each other.",
        ],
        exits: WITH_SHEET,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[
            (
                "Make one for a nightly job",
                "guestlist ledger new --ledger contoso.db",
            ),
            (
                "Copy it into a file",
                "guestlist ledger backup contoso.backup.db --ledger contoso.db",
            ),
        ],
        see_also: &[
            "guestlist-ledger-new",
            "guestlist-ledger-backup",
            "guestlist-ledger-import",
            "guestlist-ledger-forget",
        ],
    },
    Words {
        name: "guestlist-ledger-new",
        description: &[
            "Makes an empty ledger. A ledger belongs to the first tenant that it is used for. One that is there already is left as \
             it is.",
        ],
        exits: ALONE,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[(
            "For a nightly job",
            "guestlist ledger new --ledger contoso.db",
        )],
        see_also: &["guestlist-ledger", "guestlist-invite"],
    },
    Words {
        name: "guestlist-ledger-backup",
        description: &[
            "Copies the ledger into a file, also while a run is under way. The copy says of itself that it is one: where it is put \
             back, nobody is mailed twice because of what it does not know.",
        ],
        exits: ALONE,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[(
            "Into another folder",
            "guestlist ledger backup backups/contoso.db --ledger contoso.db",
        )],
        see_also: &["guestlist-ledger", "guestlist-ledger-import"],
    },
    Words {
        name: "guestlist-ledger-import",
        description: &[
            "Rebuilds a lost ledger from the results of earlier runs, the oldest first. Its people count as invited once somebody \
             has seen them in the tenant.",
        ],
        exits: WITH_SHEET,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[(
            "From two results files",
            "guestlist ledger import november.results.csv december.results.csv",
        )],
        see_also: &["guestlist-ledger", "guestlist-ledger-backup"],
    },
    Words {
        name: "guestlist-ledger-forget",
        description: &[
            "Takes everything about people out of the ledger: rows, events, links and names. A salted mark stays, so that no run \
             asks them again by mistake. Files that still hold an address are named, and left to you.",
        ],
        exits: ALONE,
        files: LEDGER_FILES,
        environment: LOCAL_VARIABLES,
        examples: &[
            (
                "One person, with a copy of what was known",
                "guestlist ledger forget kim@partner.example --export kim.json",
            ),
            (
                "Everybody of whom nothing was heard for half a year",
                "guestlist ledger forget --older-than 180d",
            ),
        ],
        see_also: &["guestlist-ledger", "guestlist-cleanup"],
    },
    Words {
        name: "guestlist-config",
        description: &[
            "Prints every setting in force, and where each comes from: a flag, a variable, the settings file or the default.",
        ],
        exits: ALONE,
        files: &[SETTINGS],
        environment: VARIABLES,
        examples: &[
            ("What is in force here", "guestlist config"),
            (
                "Trust the settings file of this folder",
                "guestlist config trust",
            ),
        ],
        see_also: &["guestlist-config-trust", "guestlist-doctor"],
    },
    Words {
        name: "guestlist-config-trust",
        description: &[
            "Says that guestlist.toml in the current folder is yours, as it is now. Without that, only settings that cannot do harm \
             are taken from a file that was merely found. Editing such settings asks nothing; changing any other one asks again.",
        ],
        exits: ALONE,
        files: &[SETTINGS],
        environment: LOCAL_VARIABLES,
        examples: &[("In the folder of the settings", "guestlist config trust")],
        see_also: &["guestlist-config"],
    },
    Words {
        name: "guestlist-sandbox",
        description: &[
            "Serves the practice tenant on loopback until it is interrupted: the parts of Microsoft Graph and of the sign-in that \
             are used here, as strict as the real ones. On a terminal it prints what to paste, elsewhere one line of JSON.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[
            ("On a port of its own", "guestlist sandbox --port 8086"),
            ("With faults", "guestlist sandbox --weather weather.toml"),
        ],
        see_also: &["guestlist-invite"],
    },
    Words {
        name: "guestlist-template",
        description: &[
            "Prints the header of a sheet with every column that is understood, as CSV. Only `email` is required.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[("Begin a sheet", "guestlist template > guests.csv")],
        see_also: &["guestlist-check"],
    },
    Words {
        name: "guestlist-explain",
        description: &[
            "Says what a code means, who can do something about it, and how: a code of guestlist (such as GL101), an AADSTS code, or \
             a message of Microsoft as it was shown. `guestlist explain all` lists every code.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[
            ("A code of the results", "guestlist explain GL101"),
            ("A refused sign-in", "guestlist explain AADSTS65001"),
        ],
        see_also: &["guestlist-doctor"],
    },
    Words {
        name: "guestlist-generate",
        description: &[
            "Prints the completions for a shell, or the manual pages, as they belong to this version.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[
            (
                "Completions for bash, for this user",
                "guestlist generate completions bash > ~/.local/share/bash-completion/completions/guestlist",
            ),
            (
                "Manual pages, for this user",
                "guestlist generate man --out ~/.local/share/man/man1",
            ),
        ],
        see_also: &["guestlist-generate-completions", "guestlist-generate-man"],
    },
    Words {
        name: "guestlist-generate-completions",
        description: &[
            "Prints a script with which the shell completes commands, flags and their values. With `--out` it is written into a \
             folder, under the name that the shell looks for.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[
            (
                "For bash, for this user",
                "guestlist generate completions bash > ~/.local/share/bash-completion/completions/guestlist",
            ),
            (
                "For zsh, into a folder of $fpath",
                "guestlist generate completions zsh --out ~/.zfunc",
            ),
            (
                "For fish",
                "guestlist generate completions fish --out ~/.config/fish/completions",
            ),
            (
                "For PowerShell, in this session",
                "guestlist generate completions powershell | Out-String | Invoke-Expression",
            ),
        ],
        see_also: &["guestlist-generate"],
    },
    Words {
        name: "guestlist-generate-man",
        description: &[
            "Prints the manual pages of the program and of each command, one after another. With `--out` each is written into a \
             file of a folder.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[
            ("Read them all", "guestlist generate man | man -l -"),
            (
                "Install them for this user",
                "guestlist generate man --out ~/.local/share/man/man1",
            ),
        ],
        see_also: &["guestlist-generate"],
    },
    Words {
        name: "guestlist-version",
        description: &[
            "Prints the version and, for a release, the commit that it was built from and its date.",
        ],
        exits: ALONE,
        files: &[],
        environment: FEW_VARIABLES,
        examples: &[("Which one is installed", "guestlist version")],
        see_also: &[],
    },
];
