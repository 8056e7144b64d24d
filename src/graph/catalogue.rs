//! The codes of Graph's answers: GL5xx about a person or a request, GL6xx that stop the run.
//!
//! The words are for people who do not know Graph. This file must not decide what an answer means; `error_rules.rs` does.

use crate::problem::{Code, Entry, codes};

codes! {
    REFUSED = "GL500" {
        title: "Graph refused the request, for a reason that is not known here",
        meaning: "Microsoft Graph answered with an error that guestlist does not know. Its own words are in the results, column `error`. On a row that is invited, the request was one after the invitation: the column `hint` says which.",
        fix: "Read the `error` column, and ask an administrator of the tenant or Microsoft support about its words. A refused row is not asked again by itself: --retry-refused asks again.",
        who: "whoever runs the command"
    }
    EXISTS = "GL501" {
        title: "the person is in the directory already",
        meaning: "An account of this tenant has this address, so there is nobody to invite. The object id is in the results.",
        fix: "Nothing to do: share with the existing account.",
        who: ""
    }
    EXISTS_BLOCKED = "GL502" {
        title: "the person is in the directory, and the account is disabled",
        meaning: "An account with this address exists, and it is blocked from signing in.",
        fix: "Enable the account if the person should have access again; a new invitation does not help.",
        who: "a User Administrator of the tenant"
    }
    ADDRESS_REJECTED = "GL503" {
        title: "the service does not accept this address",
        meaning: "Entra cannot create a guest with this address. The usual cause is a plus sign, an accent or another special character.",
        fix: "Ask the person for another address, without special characters.",
        who: "whoever made the sheet"
    }
    GROUP_ADDRESS = "GL504" {
        title: "this is the address of a group",
        meaning: "The address belongs to a group or a distribution list, which cannot be a guest.",
        fix: "Put each member of the group on the sheet with that person's own address.",
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
        title: "the guest's organization has disabled cross-cloud collaboration",
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
    NOT_ITS_ADDRESS = "GL514" {
        title: "the address is not one of this guest's",
        meaning: "A redemption is reset to an address that stands in mail or otherMails of the guest. It does not, or Graph does not know it everywhere yet.",
        fix: "Run the same command again in a few minutes; it adds the address where it is missing.",
        who: "whoever runs the command"
    }
    NO_RESETS = "GL515" {
        title: "this cloud cannot reset a redemption",
        meaning: "The Graph of this cloud does not know the property resetRedemption: the most closed national clouds lack it.",
        fix: "Delete the guest and invite the new address instead; groups and rights have to be given again.",
        who: "a User Administrator of the tenant"
    }
    HAS_A_ROLE = "GL516" {
        title: "the redemption of this guest cannot be reset by this sign-in",
        meaning: "Graph refused it for this guest and not for everybody. The usual reason is a role in the directory: an app can reset nobody who has one, and a Helpdesk Administrator only guests without one.",
        fix: "Sign in as a User Administrator or Global Administrator for this row, or take the role from the guest for that time.",
        who: "a User Administrator or Global Administrator of the tenant"
    }
    NOT_A_GUEST = "GL517" {
        title: "the person is an internal user, not a guest",
        meaning: "Only a guest has an invitation that can be redeemed again. This account belongs to the tenant itself.",
        fix: "Take the row off the sheet; change the person's own account in the Entra admin center.",
        who: "whoever made the sheet"
    }
    NOT_REPLICATED = "GL520" {
        title: "the directory does not know the new guest everywhere yet",
        meaning: "Entra keeps several copies of the directory. For some seconds or minutes a new guest is missing in some of them.",
        fix: "Run the same command again in a few minutes; it does what is still missing.",
        who: "whoever runs the command"
    }
    ABSENT = "GL521" {
        title: "there is no such object in the directory",
        meaning: "A person, group or sponsor that was named does not exist, or not yet.",
        fix: "Check that the id or address is right and belongs to this tenant.",
        who: "whoever made the sheet"
    }
    ALREADY = "GL522" {
        title: "it is set already",
        meaning: "The person is already a member of the group, or the sponsor is already set.",
        fix: "Nothing to do.",
        who: ""
    }
    GROUP_WITHOUT_GUESTS = "GL523" {
        title: "this group takes no guests",
        meaning: "A policy of the Microsoft 365 group or of the tenant does not allow guests in it.",
        fix: "Allow guests in the group, or remove the group from the sheet.",
        who: "the group's owner, or a Groups Administrator"
    }
    GROUP_FULL = "GL524" {
        title: "the group is full",
        meaning: "The group has the largest number of members or owners that is allowed.",
        fix: "Use another group.",
        who: "the group's owner"
    }
    MASTERED_ELSEWHERE = "GL525" {
        title: "the object is managed on premises",
        meaning: "It is synchronized from an on-premises directory and cannot be changed in Entra.",
        fix: "Change it in the on-premises directory, or remove it from the sheet.",
        who: "whoever runs the on-premises directory"
    }
    GROUP_OF_EXCHANGE = "GL526" {
        title: "the members of this group are kept in Exchange",
        meaning: "Distribution lists and mail-enabled security groups take no members through Graph.",
        fix: "Use a security group or a Microsoft 365 group, or add the guests in the Exchange admin center.",
        who: "whoever made the sheet, or an Exchange Administrator"
    }
    BAD_QUERY = "GL530" {
        title: "Graph does not accept this request",
        meaning: "The request is wrong for this Graph: guestlist has an error, or this Graph does not know a property.",
        fix: "Please report it, with the request id.",
        who: "the makers of guestlist"
    }
    PAGES_LOST = "GL531" {
        title: "Graph could not continue a long list",
        meaning: "While a list was read page by page, the server no longer accepted the link to the next page, several times.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    ANSWER_TOO_LONG = "GL532" {
        title: "the answer is too long",
        meaning: "Reading stopped at a limit that protects this machine's memory.",
        fix: "Check that graph_url names Microsoft Graph.",
        who: "whoever runs the command"
    }
    ANSWER_UNREADABLE = "GL533" {
        title: "the answer cannot be read",
        meaning: "The server reported success, and the body of its answer is not what the request asks for.",
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
        meaning: "A batch carries up to twenty requests, and one of them has no answer.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    PAGES_ENDLESS = "GL536" {
        title: "the list of people does not end",
        meaning: "A link led to a page that had been read before, or many pages in a row brought nobody new. Another server answers in place of Microsoft Graph, or Graph has an error.",
        fix: "Check that graph_url names Microsoft Graph, and run the same command again. With --precheck each, no list is read.",
        who: "whoever runs the command"
    }
    THROTTLED = "GL540" {
        title: "Graph asks to slow down",
        meaning: "Too many requests in a short time, perhaps by other programs of this tenant. Nothing is lost.",
        fix: "Run the same command again later; lower --rate or [pace] if it happens often.",
        who: "whoever runs the command"
    }
    SERVER_TROUBLE = "GL541" {
        title: "Graph has an internal error",
        meaning: "The server answered with an internal error, so it is not known whether it performed the request.",
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
        title: "something between here and Graph answered with a redirect",
        meaning: "Graph does not redirect; a proxy or a sign-in page of the network may. The redirect is not followed, because the token would be sent to another host.",
        fix: "Sign in to the network if it asks for that, and check graph_url.",
        who: "whoever runs the network"
    }
    ODD_SUCCESS = "GL544" {
        title: "an unexpected success status",
        meaning: "Graph answers an invitation with 201. The answer had another success status, so it is not known whether the person was invited.",
        fix: "Run the same command again; what is unknown is looked up first. Check graph_url if it happens again.",
        who: "whoever runs the command"
    }
    RUN_STOPPED = "GL545" {
        title: "the run stopped before this was sent",
        meaning: "The request was ready and was not sent.",
        fix: "Run the same command again.",
        who: "whoever runs the command"
    }
    NOT_CONNECTED = "GL546" {
        title: "Graph cannot be reached",
        meaning: "No connection could be made, so nothing was sent.",
        fix: "Check the network, the proxy variables and graph_url, then run the same command again.",
        who: "whoever runs the command"
    }
    NO_ANSWER = "GL547" {
        title: "no answer came",
        meaning: "The request was sent, and then the connection broke or no answer came in time. It is not known whether the request was performed.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    CUT_ANSWER = "GL548" {
        title: "the answer broke off or cannot be read",
        meaning: "The server reported success, and the rest of its answer is missing or damaged.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    HOLLOW_SUCCESS = "GL549" {
        title: "a success without a guest",
        meaning: "The server reported success, but its answer has no user or no link, or its status is Error.",
        fix: "Run the same command again; what is unknown is looked up first.",
        who: "whoever runs the command"
    }
    NO_TARGET = "GL550" {
        title: "the service could not find the target address",
        meaning: "This is an error inside the invitation service. It may pass, or the address cannot receive mail. It is not known whether the guest was created.",
        fix: "Check the address with the person, then run the same command again; it looks the person up first.",
        who: "whoever runs the command"
    }

    SOMEBODY_ELSE = "GL551" {
        title: "the answer is for another person",
        meaning: "The server reported success, and its answer names another address than the request. The answer is not used, so that nobody gets another person's link.",
        fix: "Run the same command again; what is unknown is looked up first. If it happens again, a proxy between here and Graph may mix up answers.",
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
        meaning: "Microsoft's abuse protection regards the invitations of this tenant as suspicious. The block does not end by itself, and further attempts make it worse.",
        fix: "Open a support case with Microsoft and use the text that is shown. Run the same command again when support has removed the block.",
        who: "an administrator of the tenant, with Microsoft support"
    }
    INVITATIONS_OFF = "GL601" {
        title: "the tenant's policy does not allow these invitations",
        meaning: "Guest invitations are switched off, or only certain people and apps may invite, and this sign-in is not one of them.",
        fix: "Change External collaboration settings, Guest invite settings, or give the signed-in user the role Guest Inviter; changes take 15 to 60 minutes.",
        who: "a Global Administrator or User Administrator of the tenant"
    }
    TENANT_FULL = "GL602" {
        title: "the tenant's directory is full",
        meaning: "The tenant has reached its quota of directory objects. Deleted objects count for 30 days.",
        fix: "Delete objects permanently or ask for a higher quota, then run the same command again.",
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
    MAY_NOT_CHANGE_ADDRESSES = "GL615" {
        title: "the sign-in may not change the addresses of guests",
        meaning: "A reset to a new address first adds it to otherMails of the guest, and Graph refused that for want of a permission. Nothing was reset.",
        fix: "Grant User-Mail.ReadWrite.All; somebody who signs in also needs the role User Administrator, or Helpdesk Administrator for guests without a role.",
        who: "a Privileged Role Administrator or Global Administrator of the tenant"
    }
    MAY_NOT_RESET = "GL616" {
        title: "the sign-in may not reset redemptions",
        meaning: "Graph refused to reset the redemption of a guest for want of a permission. User.Invite.All is not enough for that. An address that was added before stays, and the same command goes on from there.",
        fix: "Grant User.ReadWrite.All; somebody who signs in also needs the role User Administrator or Helpdesk Administrator.",
        who: "a Privileged Role Administrator or Global Administrator of the tenant"
    }
    TOKEN_REJECTED = "GL620" {
        title: "Graph does not accept the token",
        meaning: "A new token was refused as well: it is for another cloud or audience, it was revoked, or a policy does not allow this location.",
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
        meaning: "The network's proxy asks for a user name and a password before it passes a request on.",
        fix: "Put the proxy's user name and password into HTTPS_PROXY, or ask for an exception for the Graph host.",
        who: "whoever runs the network"
    }
    NO_SUCH_PROPERTY = "GL632" {
        title: "this Graph does not know something that was asked for",
        meaning: "The Graph of this cloud does not know a property of the request, such as the sponsors of an invitation (invitedUserSponsors). Every row that asks for it would be refused, so the run has stopped.",
        fix: "Leave the column unused with --ignore and its name (with --default-sponsor, leave that away), and check [tenant] cloud and graph_url with `guestlist doctor`.",
        who: "whoever runs the command"
    }
    NOT_TRUSTED = "GL633" {
        title: "the certificate of the server is not trusted",
        meaning: "The server showed a certificate that this machine does not accept, as a rule because its issuer is not among the certificate authorities of the system. Nothing was sent.",
        fix: "If the issuer is your own network's (a proxy that inspects connections), name its certificate by --ca-file (PEM), or have it added to the system's certificate store. If not, do not go on: somebody else may answer in place of Microsoft.",
        who: "whoever runs the network"
    }
    PROXY_REFUSES = "GL634" {
        title: "the proxy refuses the connection",
        meaning: "The network's proxy does not let this machine connect to the host. Nothing was sent.",
        fix: "Have the proxy allow the host, or correct the variable that names the proxy (NO_PROXY names hosts that need none).",
        who: "whoever runs the network"
    }
    MAY_NOT_DELETE = "GL640" {
        title: "the sign-in may not delete this user",
        meaning: "The app or user lacks the Graph permission User.DeleteRestore.All (User.ReadWrite.All does too), a signed-in user lacks the role User Administrator, or the guest holds a directory role, which takes an administrator with a higher role.",
        fix: "Grant the permission and admin consent; delete a guest who holds a directory role by hand in the Entra admin center.",
        who: "a Privileged Role Administrator of the tenant"
    }
}

/// For a code without an entry. A test checks that there is none.
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
