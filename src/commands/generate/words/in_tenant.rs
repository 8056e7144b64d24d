//! The words of the program's own page, and of the commands that reach a tenant.

use super::{IN_TENANT, IN_TENANT_FILES, SHEET_FILES, VARIABLES, Words};

pub(super) const PAGES: &[Words] = &[
    Words {
        name: "guestlist",
        description: &[
            "Invites a spreadsheet of people into a Microsoft Entra tenant as B2B guests, through Microsoft Graph, and knows at \
             the end what became of every row. Nobody is mailed twice, no redeem link is lost, and a run that was cut short \
             continues where it stopped when the same command is run again.",
            "Each command has a page of its own. `guestlist` *COMMAND* `-h` shows its everyday flags, `--help` all of them.",
            "Whatever stands in a ledger or in results can let somebody in: redeem links, names and addresses. On Linux and \
             macOS these files can be read by their owner only; on Windows the rights of the folder decide.",
        ],
        exits: IN_TENANT,
        files: SHEET_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "Find what is wrong with a sheet, without a tenant and without a network",
                "guestlist check guests.csv",
            ),
            (
                "Invite it into the practice tenant that is built in",
                "guestlist invite guests.csv --sandbox",
            ),
            (
                "See what a run would do to each row; nothing is changed",
                "guestlist invite guests.csv --tenant contoso.com --dry-run",
            ),
            (
                "Invite everybody on it; asks first",
                "guestlist invite guests.csv --tenant contoso.com",
            ),
        ],
        see_also: &[
            "guestlist-invite",
            "guestlist-check",
            "guestlist-doctor",
            "guestlist-status",
        ],
    },
    Words {
        name: "guestlist-invite",
        description: &[
            "Reads the sheet (CSV, XLSX or ODS), looks each person up, and invites those who are not there yet. On a terminal it \
             shows what will happen and asks for the name of the tenant. Without a terminal it needs `--yes`, with the tenant and \
             the ledger named by a flag, a variable or the settings.",
            "Every row ends in exactly one outcome, which is written into the results with the redeem link, the problem and what \
             to do about it. The same command run again continues; on a finished sheet it changes nothing.",
            "A first run begins with 1 invitation a second and rises to 8 as its guests are found in the directory.",
        ],
        exits: IN_TENANT,
        files: SHEET_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "Practise, over real HTTP on this machine only",
                "guestlist invite guests.csv --sandbox",
            ),
            (
                "Read the tenant and report what would happen to each row",
                "guestlist invite guests.csv --tenant contoso.com --dry-run",
            ),
            (
                "Invite two rows only",
                "guestlist invite guests.csv --tenant contoso.com --only 17,44",
            ),
            (
                "Every night, with a cap, without anybody to ask",
                "guestlist invite guests.csv --yes --tenant contoso.com --ledger contoso.db --daily-cap 100",
            ),
        ],
        see_also: &[
            "guestlist-check",
            "guestlist-doctor",
            "guestlist-results",
            "guestlist-status",
        ],
    },
    Words {
        name: "guestlist-status",
        description: &[
            "Reads from the tenant in which state each guest is: of everybody in the ledger, of a sheet, of a run, or one \
             person's whole story for an address. It changes nothing.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            ("Everybody whom this ledger invited", "guestlist status"),
            (
                "Who has not redeemed for two weeks, as a workbook",
                "guestlist status guests.csv --pending --older-than 14d -o waiting.xlsx",
            ),
            (
                "One person's story, with a text to forward",
                "guestlist status kim@partner.example",
            ),
        ],
        see_also: &["guestlist-remind", "guestlist-report", "guestlist-leavers"],
    },
    Words {
        name: "guestlist-mail",
        description: &[
            "Sends the first mail in words of one's own, with the redeem link, to people who were invited silently or whose mail \
             is still due. It lists them first, and asks. Each gets at most one.",
            "Where nobody can be asked it needs `--yes` together with `--max-mails`.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            ("List them, then ask", "guestlist mail guests.csv"),
            (
                "From cron, at most 100 people",
                "guestlist mail guests.csv --yes --max-mails 100 --tenant contoso.com --ledger contoso.db",
            ),
        ],
        see_also: &["guestlist-invite", "guestlist-remind", "guestlist-check"],
    },
    Words {
        name: "guestlist-remind",
        description: &[
            "Mails guests again who have not redeemed. It lists who is due, and asks. Each is looked up right before; nobody is \
             mailed who was never mailed before, who was mailed a short time ago, or who was reminded often enough.",
            "Where nobody can be asked it needs `--yes` together with `--max-mails`.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            ("List who is due, then ask", "guestlist remind"),
            (
                "Only people of a sheet, at most twice, a week apart",
                "guestlist remind guests.csv --older-than 14d --every 7d --max-times 2",
            ),
        ],
        see_also: &["guestlist-status", "guestlist-mail"],
    },
    Words {
        name: "guestlist-reset-redemption",
        description: &[
            "Lets guests redeem again whose address has changed; they keep their object id, groups and rights. The sheet has the \
             columns `email` or `user_id`, and `new_email`. It lists old and new addresses first, and asks for their number.",
            "Until a guest has redeemed with the new link, nobody can sign in there. Where nobody can be asked it needs `--yes` \
             together with `--max-resets`.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "Look at each guest; nothing is changed",
                "guestlist reset-redemption resets.csv --dry-run",
            ),
            (
                "Reset them; asks first",
                "guestlist reset-redemption resets.csv",
            ),
        ],
        see_also: &["guestlist-status", "guestlist-invite"],
    },
    Words {
        name: "guestlist-leavers",
        description: &[
            "Lists who was invited from this sheet in earlier runs and is nowhere on it now. An address counts as present wherever \
             it stands, also in a row that cannot be used. It changes nothing; the list is for `guestlist cleanup`.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "Compare with earlier runs of this sheet",
                "guestlist leavers guests.csv",
            ),
            (
                "The sheet had another name then",
                "guestlist leavers december.csv --since RUN",
            ),
        ],
        see_also: &["guestlist-cleanup", "guestlist-runs"],
    },
    Words {
        name: "guestlist-cleanup",
        description: &[
            "Deletes guests, and only such as this ledger invited itself. It lists them first, and asks for their number. Each is \
             looked up right before the deletion, which can be undone in the Entra admin center for 30 days.",
            "Where nobody can be asked it needs `--yes` together with `--max-deletes`.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "List whom it would delete",
                "guestlist cleanup guests.leavers.csv --dry-run",
            ),
            (
                "Who has not redeemed for 90 days; asks first",
                "guestlist cleanup --older-than 90d",
            ),
        ],
        see_also: &[
            "guestlist-leavers",
            "guestlist-status",
            "guestlist-ledger-forget",
        ],
    },
    Words {
        name: "guestlist-doctor",
        description: &[
            "Looks at settings, sign-in, tenant, permissions, policies, ledger, clock and proxy, and says for each whether it is in \
             order, what is not, and who can change it. It sends no invitation and no mail.",
        ],
        exits: IN_TENANT,
        files: IN_TENANT_FILES,
        environment: VARIABLES,
        examples: &[
            (
                "Before the first run with a sheet",
                "guestlist doctor guests.csv --tenant contoso.com",
            ),
            (
                "A mail to forward to an administrator",
                "guestlist doctor --ask-admin",
            ),
        ],
        see_also: &["guestlist-explain", "guestlist-config"],
    },
];
