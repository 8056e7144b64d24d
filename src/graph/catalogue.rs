//! The codes of Graph's answers: GL5xx about a person or a request, GL6xx that stop the run.
//!
//! Words for people who have never seen Graph; must not decide what an answer means, `known` does.

use crate::problem::{Code, Entry, codes};

codes! {
    REFUSED = "GL500" {
        title: "Graph refused this invitation",
        meaning: "Microsoft Graph answered with an error that is not known here. Its own words are in the results, column `error`.",
        fix: "Read the `error` column; `guestlist explain` may know the words. Nothing is repeated by itself: use --retry-refused to ask again.",
        who: "whoever runs the command"
    }
    EXISTS = "GL501" {
        title: "the person is in the directory already",
        meaning: "An account of this tenant has this address, so there is nobody to invite. The object id is in the results.",
        fix: "Nothing to do: share with the existing account.",
        who: ""
    }
    EXISTS_BLOCKED = "GL502" {
        title: "the person is in the directory, and the account is blocked",
        meaning: "An account with this address exists, and signing in to it is switched off.",
        fix: "Unblock the account if the person should have access again; a new invitation would not help.",
        who: "a User Administrator of the tenant"
    }
    ADDRESS_REJECTED = "GL503" {
        title: "the service does not accept this address",
        meaning: "Entra cannot make a guest from it. A plus sign, an accent or another special character is the usual cause.",
        fix: "Ask the person for another address, without special characters.",
        who: "whoever made the sheet"
    }
    GROUP_ADDRESS = "GL504" {
        title: "this is the address of a group",
        meaning: "Distribution lists and groups cannot be guests.",
        fix: "Invite the group's members one by one, each with their own address.",
        who: "whoever made the sheet"
    }
    OWN_DOMAIN = "GL505" {
        title: "the address belongs to the tenant's own domain",
        meaning: "People of the tenant's own verified domains are members, never guests. When this happens to many rows, the tenant or the sheet is the wrong one.",
        fix: "Check that --tenant is the tenant that should receive the guests; take the tenant's own people off the sheet.",
        who: "whoever made the sheet"
    }
    ADDRESS_CONFLICT = "GL506" {
        title: "another object holds this address",
        meaning: "A user, group or contact of the tenant has the address already, perhaps among its aliases.",
        fix: "Find it in the Entra or Exchange admin center, and remove the address there or use that account.",
        who: "a User Administrator or Exchange Administrator of the tenant"
    }
    AMBIGUOUS_USER = "GL507" {
        title: "the address matches an internal user's alias",
        meaning: "A proxy address of an internal user of the tenant is the same as this address.",
        fix: "Use the internal account, or remove the alias from it.",
        who: "a User Administrator or Exchange Administrator of the tenant"
    }
    CROSS_TENANT = "GL510" {
        title: "cross-tenant access settings block this domain",
        meaning: "This tenant or the guest's organization does not allow collaboration with the other. Every person of the domain is affected; its other rows are not asked.",
        fix: "Both organizations have to allow it under External Identities, Cross-tenant access settings; then run again with --retry-refused.",
        who: "a Security Administrator of each of the two tenants"
    }
    CROSS_CLOUD = "GL511" {
        title: "the guest's organization has switched off cross-cloud collaboration",
        meaning: "The person's tenant is in another Microsoft cloud, and the application that makes this possible is disabled there.",
        fix: "The guest's organization has to enable \"Microsoft B2B Cross Cloud Worker\"; then run again with --retry-refused.",
        who: "an administrator of the guest's organization"
    }
    DOMAIN_BLOCKED = "GL512" {
        title: "the tenant does not allow guests from this domain",
        meaning: "The domain is on the deny list of the tenant's collaboration restrictions, or not on the allow list. Its other rows are not asked.",
        fix: "Change the list under External collaboration settings, Collaboration restrictions, wait an hour, then run again with --retry-refused.",
        who: "a User Administrator of the tenant"
    }
    INVALID_PROPERTY = "GL513" {
        title: "a value of this row is not accepted",
        meaning: "The service refuses one of the row's values, such as the language, the redirect URL or the user type.",
        fix: "Correct the value that the `error` column names, then run again with --retry-refused.",
        who: "whoever made the sheet"
    }
    NOT_REPLICATED = "GL520" {
        title: "the directory does not know the new guest everywhere yet",
        meaning: "Entra writes to one copy and reads from others; for some seconds or minutes a new guest is invisible to some of them.",
        fix: "Run the same command again in a few minutes; it finishes what is left.",
        who: "whoever runs the command"
    }
    ABSENT = "GL521" {
        title: "there is no such object in the directory",
        meaning: "A person, group or sponsor that was named does not exist, or not yet.",
        fix: "Check that the id or address is right and belongs to this tenant.",
        who: "whoever made the sheet"
    }
    ALREADY = "GL522" {
        title: "it was so before",
        meaning: "The person is in the group, or the sponsor is set, already.",
        fix: "Nothing to do.",
        who: ""
    }
    GROUP_WITHOUT_GUESTS = "GL523" {
        title: "this group takes no guests",
        meaning: "A policy of the Microsoft 365 group or of the tenant keeps guests out of it.",
        fix: "Allow guests for the group, or leave it off the sheet.",
        who: "the group's owner, or a Groups Administrator"
    }
    GROUP_FULL = "GL524" {
        title: "the group is full",
        meaning: "The group has the largest number of members or owners that is allowed.",
        fix: "Use another group.",
        who: "the group's owner"
    }
    MASTERED_ELSEWHERE = "GL525" {
        title: "the object is mastered on premises",
        meaning: "It is synchronized from an on-premises directory and cannot be changed in Entra.",
        fix: "Change it in the on-premises directory, or leave it off the sheet.",
        who: "whoever runs the on-premises directory"
    }
    BAD_QUERY = "GL530" {
        title: "Graph does not accept this question",
        meaning: "The request itself is wrong for this Graph: a mistake of guestlist, or a Graph that does not know the property.",
        fix: "Please report it, with the request id.",
        who: "the makers of guestlist"
    }
    PAGES_LOST = "GL531" {
        title: "Graph lost the place in a long list",
        meaning: "While a list was read page by page, the server forgot where the reader was, several times.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    ANSWER_TOO_LONG = "GL532" {
        title: "the answer is longer than anything expected",
        meaning: "Reading stopped at a limit, to protect this machine.",
        fix: "Check that graph_url names Microsoft Graph.",
        who: "whoever runs the command"
    }
    ANSWER_UNREADABLE = "GL533" {
        title: "the answer cannot be understood",
        meaning: "The server answered with success, and with something that is not what was asked for.",
        fix: "Check that graph_url names Microsoft Graph; otherwise please report it, with the request id.",
        who: "whoever runs the command"
    }
    FOREIGN_LINK = "GL534" {
        title: "the list continues on another host",
        meaning: "The next page of a list is on a host that is not the Graph of this run. A token is never sent there.",
        fix: "Check that graph_url names Microsoft Graph of the right cloud.",
        who: "whoever runs the command"
    }
    BATCH_ITEM_MISSING = "GL535" {
        title: "a batch came back incomplete",
        meaning: "Twenty questions were asked in one request, and one of them has no answer.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    PAGES_ENDLESS = "GL536" {
        title: "the list of people has no end",
        meaning: "A next page was one that had been read before, or page after page brought nobody new. Something answers in the place of Microsoft Graph, or Graph is at fault.",
        fix: "Check that graph_url names Microsoft Graph, and run the same command again; --precheck each needs no list.",
        who: "whoever runs the command"
    }
    THROTTLED = "GL540" {
        title: "Graph asks to slow down",
        meaning: "Too many requests in a short time, perhaps by other programs of this tenant. Nothing is lost.",
        fix: "Run the same command again later; lower --rate or [pace] if it happens often.",
        who: "whoever runs the command"
    }
    SERVER_TROUBLE = "GL541" {
        title: "Graph has trouble of its own",
        meaning: "The server answered with an error of its own, so it is not known whether it did what was asked.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    NOT_GRAPH = "GL542" {
        title: "something between here and Graph answered",
        meaning: "The answer was not written by Graph: a proxy, a firewall, a content filter or a sign-in page of the network wrote it, or graph_url names another server. It says nothing about whether the request was performed.",
        fix: "Let the network pass requests and answers of the Graph host unchanged, check graph_url, then run the same command again; what is unknown is looked up first.",
        who: "whoever runs the network"
    }
    REDIRECT = "GL543" {
        title: "something between here and Graph answered: it points somewhere else",
        meaning: "Graph does not redirect; a proxy or a portal of the network may. It is not followed, as the token would go along.",
        fix: "Sign in to the network if it asks for that, and check graph_url.",
        who: "whoever runs the network"
    }
    ODD_SUCCESS = "GL544" {
        title: "a success that is none of ours",
        meaning: "An invitation is answered by 201 and nothing else; this was another status, so it is not known what happened.",
        fix: "Run the same command again; what is unknown is looked up first. Check graph_url if it happens again.",
        who: "whoever runs the command"
    }
    RUN_STOPPED = "GL545" {
        title: "the run stopped before this was sent",
        meaning: "The request was ready and never left this machine.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    NOT_CONNECTED = "GL546" {
        title: "Graph cannot be reached",
        meaning: "No connection came about, so nothing was sent.",
        fix: "Check the network, the proxy variables and graph_url, then run the same command again.",
        who: "whoever runs the command"
    }
    NO_ANSWER = "GL547" {
        title: "no answer came",
        meaning: "The request went out, and the connection broke or fell silent. Whether it was done is not known.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    CUT_ANSWER = "GL548" {
        title: "the answer broke off or cannot be read",
        meaning: "The server said yes, and the rest of its answer is missing or damaged.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    HOLLOW_SUCCESS = "GL549" {
        title: "a yes without a guest",
        meaning: "The server said yes, but named no user or no link, or called the invitation an error.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    NO_TARGET = "GL550" {
        title: "the service could not find the target address",
        meaning: "An error inside the invitation service. It may pass, or the address cannot get mail; whether the guest was made is not known.",
        fix: "Check the address with the person; run the same command again, which looks first.",
        who: "whoever runs the command"
    }

    SOMEBODY_ELSE = "GL551" {
        title: "a yes for somebody else",
        meaning: "The server said yes, and its answer is for another address than the one asked for. It is not used, so nobody gets somebody else's link.",
        fix: "Run the same command again; what is unknown is looked up first. If it happens again, something on the way mixes up answers.",
        who: "whoever runs the network"
    }

    MAIL_REFUSED = "GL552" {
        title: "the mailbox service refuses the mail to this person",
        meaning: "The address cannot be mailed from this mailbox, or the mail is not accepted as it is. Nothing was sent.",
        fix: "Read the `error` column; correct the address or the template, then run `guestlist mail` with --retry-refused.",
        who: "whoever made the sheet"
    }

    SUSPICIOUS = "GL600" {
        title: "Microsoft has blocked invitations for this tenant",
        meaning: "Its abuse protection found the invitations of this tenant suspicious. The block does not lift by itself, and further attempts make it worse.",
        fix: "Open a support case with Microsoft with the ticket text shown; run the same command again when support has lifted the block.",
        who: "an administrator of the tenant, with Microsoft support"
    }
    INVITATIONS_OFF = "GL601" {
        title: "the tenant's policy does not allow these invitations",
        meaning: "Guest invitations are switched off, or limited to people and apps that this sign-in is not among.",
        fix: "Change External collaboration settings, Guest invite settings, or give the signed-in user the role Guest Inviter; changes take 15 to 60 minutes.",
        who: "a Global Administrator or User Administrator of the tenant"
    }
    TENANT_FULL = "GL602" {
        title: "the tenant's directory is full",
        meaning: "The quota of directory objects is used up. Deleted objects count for 30 days.",
        fix: "Delete objects for good or have the quota raised, then run the same command again.",
        who: "an administrator of the tenant, with Microsoft support"
    }
    INVITER_FULL = "GL603" {
        title: "the signed-in user may create no more objects",
        meaning: "A user without an administrator role may create 250 directory objects.",
        fix: "Sign in as an app, or as a user with an administrator role, then run the same command again.",
        who: "an administrator of the tenant"
    }
    MAY_NOT_INVITE = "GL610" {
        title: "the app may not invite",
        meaning: "The token lacks the Graph permission User.Invite.All. A directory role alone is not enough, and a token from before the consent does not have it.",
        fix: "Add the permission User.Invite.All to the app registration and grant admin consent, then run the same command again.",
        who: "a Privileged Role Administrator or Global Administrator of the tenant"
    }
    MAY_NOT = "GL611" {
        title: "a permission is missing",
        meaning: "The signed-in app or user may not do what was asked.",
        fix: "See `guestlist doctor` for the permission that is missing, add it to the app registration and grant admin consent.",
        who: "a Privileged Role Administrator or Global Administrator of the tenant"
    }
    MAY_NOT_SEND_MAIL = "GL612" {
        title: "no mail may be sent from this mailbox",
        meaning: "The app or user lacks the Graph permission Mail.Send, or may not send as the mailbox in [message] from.",
        fix: "Add the permission Mail.Send and grant admin consent, let the application access policy of Exchange include the mailbox, and for a shared mailbox give the user Send As.",
        who: "a Privileged Role Administrator and an Exchange Administrator of the tenant"
    }
    NO_MAILBOX = "GL613" {
        title: "there is no such mailbox",
        meaning: "No user of the tenant has the address in [message] from, or the user has no mailbox in Exchange Online.",
        fix: "Correct [message] from, or give the user a mailbox.",
        who: "whoever wrote the settings, with an Exchange Administrator of the tenant"
    }
    MAILBOX_LIMIT = "GL614" {
        title: "the mailbox may send no more for now",
        meaning: "Exchange limits how many mails a mailbox sends in a day, and this one has used that up.",
        fix: "Run the same command again tomorrow: mails that are due are sent then; [message] per_day keeps below the limit.",
        who: "an Exchange Administrator of the tenant"
    }
    TOKEN_REJECTED = "GL620" {
        title: "Graph does not accept the token",
        meaning: "A fresh token was refused as well: it is for another cloud or audience, has been revoked, or a policy forbids this place.",
        fix: "Sign in again; check [tenant] cloud, graph_url and authority_url, and this machine's clock.",
        who: "whoever runs the command"
    }
    NO_SUCH_GRAPH = "GL630" {
        title: "there are no invitations at this address",
        meaning: "The server does not know the request: the address of Graph is wrong, or this cloud does not offer it.",
        fix: "Check graph_url (without /v1.0) and [tenant] cloud.",
        who: "whoever runs the command"
    }
    PROXY_SIGN_IN = "GL631" {
        title: "something between here and Graph answered: the proxy wants a sign-in",
        meaning: "The network's proxy did not let the request through.",
        fix: "Put the proxy's user and password into HTTPS_PROXY, or ask for an exception for the Graph host.",
        who: "whoever runs the network"
    }
}

/// For a code that has no entry; a test keeps it from being needed.
pub(crate) const UNNAMED: Entry = Entry {
    code: "GL500",
    title: "an answer that is not known",
    meaning: "",
    fix: "Please report it.",
    who: "the makers of guestlist",
};

/// The entry of a code, of Graph's answers or of signing in.
pub(crate) fn entry(code: Code) -> Option<&'static Entry> {
    ENTRIES
        .iter()
        .chain(super::auth::catalogue::ENTRIES)
        .find(|entry| entry.code == code.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_in_order_and_in_their_range() {
        let codes: Vec<&str> = ENTRIES
            .iter()
            .chain(crate::graph::auth::catalogue::ENTRIES)
            .map(|entry| entry.code)
            .collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
        assert!(codes.iter().all(|code| ("GL500".."GL800").contains(code)));
    }

    #[test]
    fn every_entry_says_what_to_do() {
        for entry in ENTRIES.iter().chain(crate::graph::auth::catalogue::ENTRIES) {
            assert!(
                entry.meaning.ends_with('.') && entry.fix.ends_with('.'),
                "{}",
                entry.code
            );
            assert!(!entry.title.ends_with('.'), "{}", entry.code);
        }
    }
}
