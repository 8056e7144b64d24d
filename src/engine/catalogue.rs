//! The codes of a run: GL3xx found in the tenant before sending, GL4xx found out while it goes on.

use crate::problem::codes;

codes! {
    OWN_DOMAIN = "GL300" {
        title: "the address is in one of the tenant's own domains",
        meaning: "Microsoft does not invite addresses of the tenant's verified domains: people there are users, and no user with this address was found.",
        fix: "Check the address; if it is right, create the person as a user of the tenant. If many rows have it, check whether --tenant is the tenant meant.",
        who: "whoever made the sheet, or a User Administrator of the tenant"
    }
    SPONSOR_UNKNOWN = "GL301" {
        title: "the sponsor is not in the tenant",
        meaning: "No user or group of the tenant has the name or address in the sponsors column. Nothing was sent for this row.",
        fix: "Correct the sponsor, or leave the cell empty: then the inviter is the sponsor.",
        who: "whoever made the sheet"
    }
    SPONSOR_AMBIGUOUS = "GL302" {
        title: "the sponsor is ambiguous",
        meaning: "Several users or groups of the tenant have the name or address in the sponsors column. Nothing was sent for this row.",
        fix: "Name the sponsor by object id, or by user principal name.",
        who: "whoever made the sheet"
    }
    SPONSOR_UNREADABLE = "GL303" {
        title: "the sponsor, manager or group could not be looked up",
        meaning: "Reading it failed for a temporary reason, so it is not known whether it exists. Nothing was sent for this row.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    LISTED_DOMAIN = "GL304" {
        title: "the tenant does not allow guests from this domain",
        meaning: "The tenant's collaboration restrictions were read before anything was sent: the domain is on the deny list, or there is an allow list without it. Nothing was sent for this row.",
        fix: "Change the list under External collaboration settings, Collaboration restrictions, wait an hour, then run the same command again.",
        who: "a User Administrator of the tenant"
    }
    DELETED = "GL305" {
        title: "a deleted user has this address",
        meaning: "A user whom somebody deleted within the last 30 days has this address and can still be restored. Nothing was sent for this row.",
        fix: "Restore the user under Deleted users in the Entra admin center, or delete the user permanently there; then run the same command again.",
        who: "a User Administrator of the tenant"
    }
    SPONSOR_NOT_ALLOWED = "GL306" {
        title: "the sign-in may not look the sponsor up",
        meaning: "A sponsor that is named by its address or name has to be looked up, and the permission for that is missing. Nothing was sent for this row.",
        fix: "Grant User.Read.All for people, Group.Read.All or GroupMember.Read.All for groups; or name the sponsor by object id, which needs no look-up.",
        who: "an administrator of the tenant"
    }
    MANAGER_UNKNOWN = "GL307" {
        title: "the manager is not in the tenant",
        meaning: "No user of the tenant has the address, name or id in the manager column. Nothing was sent for this row.",
        fix: "Correct the manager, or leave the cell empty.",
        who: "whoever made the sheet"
    }
    MANAGER_AMBIGUOUS = "GL308" {
        title: "the manager is ambiguous",
        meaning: "Several users of the tenant have the address or name in the manager column; each is named with its id. Nothing was sent for this row.",
        fix: "Name the manager by object id, or by user principal name.",
        who: "whoever made the sheet"
    }
    MANAGER_IS_GUEST = "GL309" {
        title: "the manager is a guest",
        meaning: "The manager column names a guest of the tenant. A manager is one of the tenant's own people. Nothing was sent for this row.",
        fix: "Name a member of the tenant, or leave the cell empty.",
        who: "whoever made the sheet"
    }
    GROUP_UNKNOWN = "GL310" {
        title: "the group is not in the tenant",
        meaning: "No group of the tenant has the name, address or id in the groups column. Nothing was sent for this row.",
        fix: "Correct the name, or name the group by object id; several groups are separated by semicolons.",
        who: "whoever made the sheet"
    }
    GROUP_AMBIGUOUS = "GL311" {
        title: "the group is ambiguous",
        meaning: "Several groups of the tenant have the name or address in the groups column; each is named with its id. Nothing was sent for this row.",
        fix: "Name the group by object id.",
        who: "whoever made the sheet"
    }
    GROUP_UNFIT = "GL312" {
        title: "nobody can be added to the group through Graph",
        meaning: "A rule or an on-premises directory decides who is in the group, or Exchange keeps its members, or the group can be given roles in the directory, so that adding a guest would give power. Nothing was sent for this row.",
        fix: "Name a security group or a Microsoft 365 group whose members are assigned in Entra, or leave the group out and let its owner add the guest.",
        who: "whoever made the sheet, or the owner of the group"
    }
    SPONSOR_IS_GROUP = "GL313" {
        title: "the sponsor is the mail address of a group",
        meaning: "A group can be a sponsor, and has to be named as one: by its name or id behind group:. Nothing was sent for this row.",
        fix: "Write group: and the name of the group, as in group:Partner Managers; or name a person.",
        who: "whoever made the sheet"
    }
    NEVER_APPEARED = "GL410" {
        title: "Graph confirmed the invitation, and no guest has appeared",
        meaning: "The answer was 201 with an object id, and for more than a day the directory has had no user with that id.",
        fix: "Ask again with --again, or give the request id in the results to Microsoft support.",
        who: "whoever runs the command"
    }
    GONE = "GL411" {
        title: "the guest was invited once and is no longer in the directory",
        meaning: "An earlier run invited this person and found the guest in the directory. The guest is no longer there. Somebody has probably deleted the account.",
        fix: "Do nothing if the account was deleted on purpose. To invite such people again, use --again.",
        who: "whoever runs the command"
    }
    THROTTLED_TOO_OFTEN = "GL412" {
        title: "Graph asked to wait too often for this row",
        meaning: "Graph refused each attempt for this row because too many requests were sent. Nothing happened for this row.",
        fix: "Run the same command again, later or with a lower --rate.",
        who: "whoever runs the command"
    }
    FORGOTTEN = "GL420" {
        title: "the person asked to be forgotten",
        meaning: "`guestlist ledger forget` took everything about this address out of the ledger, and a mark stayed so that nobody is asked by mistake. Nothing was sent for this row, and the row does not make the exit code 4.",
        fix: "Delete the row from the sheet. If the person is to come after all: --again together with --only and the address.",
        who: "whoever made the sheet"
    }
}
