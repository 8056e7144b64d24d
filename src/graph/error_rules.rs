//! The table of all answers of Graph that are known. An answer is recognised by its message, else by its code, else by its
//! status.
//!
//! The invitation service uses generic codes (`BadRequest`, `Forbidden`), so the message has to be searched for short,
//! stable fragments, without regard to case, blanks, quotation marks, markup and small misspellings. If Graph did not write
//! the answer, only the words that stop a run are searched.
//! Must know no network.

use super::{
    auth::catalogue as sign_in,
    catalogue,
    class::{Author, Class},
    envelope::Envelope,
    fragment,
};
use crate::problem::Code;

/// One known answer. It is recognised if all its conditions hold.
#[derive(Debug)]
pub(crate) struct ErrorRule {
    pub code: Code,
    pub class: Class,
    says: &'static [&'static str],
    graph_code: Option<&'static str>,
    status: Option<u16>,
}

const fn says(code: Code, class: Class, says: &'static [&'static str]) -> ErrorRule {
    ErrorRule {
        code,
        class,
        says,
        graph_code: None,
        status: None,
    }
}

const fn code(code: Code, class: Class, graph_code: &'static str) -> ErrorRule {
    ErrorRule {
        code,
        class,
        says: &[],
        graph_code: Some(graph_code),
        status: None,
    }
}

const fn status(code: Code, class: Class, status: u16) -> ErrorRule {
    ErrorRule {
        code,
        class,
        says: &[],
        graph_code: None,
        status: Some(status),
    }
}

/// In the order in which they are tried: answers that stop the run come first.
#[rustfmt::skip] // one answer a line
static KNOWN: &[ErrorRule] = &[
    // What it says: the tenant.
    says(catalogue::SUSPICIOUS, Class::Tenant, &["suspicious activity"]),
    says(catalogue::INVITATIONS_OFF, Class::Tenant, &["guest invitations not allowed"]),
    says(catalogue::INVITER_FULL, Class::Tenant, &["object quota limit", "for the principal"]),
    says(catalogue::TENANT_FULL, Class::Tenant, &["object quota limit"]),
    // What it says: the person is there.
    says(catalogue::EXISTS_BLOCKED, Class::ExistsBlocked, &["already exists in the directory", "blocked from signing in"]),
    says(catalogue::EXISTS, Class::Exists, &["already exists in the directory as object id"]),
    // What it says: the domain.
    says(catalogue::CROSS_TENANT, Class::Domain, &["blocked by cross-tenant access settings"]),
    says(catalogue::CROSS_CLOUD, Class::Domain, &["cross cloud worker"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["deny list"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["allow list"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["blocked domain"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["domain", "is blocked"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["domain", "is not allowed"]),
    says(catalogue::DOMAIN_BLOCKED, Class::Domain, &["domain", "not in the list of allowed"]),
    // What it says: the address.
    says(catalogue::NO_RESETS, Class::Address, &["property resetredemption does not exist"]),
    says(catalogue::NO_SUCH_PROPERTY, Class::Address, &["does not exist on type"]),
    says(catalogue::NO_SUCH_PROPERTY, Class::Address, &["invalid property invited"]),
    says(catalogue::NOT_ITS_ADDRESS, Class::Person, &["must be in the mail or othermails"]),
    says(catalogue::ADDRESS_REJECTED, Class::Person, &["primary smtp address is an invalid value"]),
    says(catalogue::GROUP_ADDRESS, Class::Person, &["group email address is not supported"]),
    says(catalogue::OWN_DOMAIN, Class::Person, &["verified domain of this directory"]),
    says(catalogue::OWN_DOMAIN, Class::Person, &["inviter tenant"]),
    says(catalogue::ADDRESS_REJECTED, Class::Person, &["cant be invited to this directory"]),
    says(catalogue::ADDRESS_REJECTED, Class::Person, &["cannot be invited to this directory"]),
    says(catalogue::ADDRESS_CONFLICT, Class::Person, &["another object with the same value for property"]),
    says(catalogue::AMBIGUOUS_USER, Class::Person, &["ambiguoususer"]),
    says(catalogue::INVALID_PROPERTY, Class::Person, &["invalid value specified for property"]),
    says(catalogue::INVALID_PROPERTY, Class::Person, &["invitedusertype"]),
    says(catalogue::INVALID_PROPERTY, Class::Person, &["invalid request input"]),
    // What it says: permission. The controller's name tells an app that lacks User.Invite.All.
    says(catalogue::MAY_NOT_INVITE, Class::Permission, &["insufficient privileges", "msgraphinviteapi"]),
    says(catalogue::MAY_NOT, Class::Permission, &["insufficient privileges"]),
    // What it says: follow-ups.
    says(catalogue::NOT_REPLICATED, Class::NotYet, &["not a valid reference update"]),
    says(catalogue::NOT_REPLICATED, Class::NotYet, &["unable to read the company information from the directory"]),
    says(catalogue::ALREADY, Class::Already, &["object references already exist"]),
    says(catalogue::GROUP_WITHOUT_GUESTS, Class::Person, &["not allowed to join this unified group"]),
    says(catalogue::GROUP_FULL, Class::Person, &["exceed the maximum quota count"]),
    says(catalogue::MASTERED_ELSEWHERE, Class::Person, &["on-premises mastered"]),
    says(catalogue::GROUP_OF_EXCHANGE, Class::Person, &["mail-enabled security groups"]),
    // What it says: the request, the service.
    says(catalogue::BAD_QUERY, Class::Request, &["too many child clauses"]),
    says(catalogue::BAD_QUERY, Class::Request, &["invalid page size"]),
    says(catalogue::BAD_QUERY, Class::Request, &["$count is not currently supported"]),
    says(catalogue::BAD_QUERY, Class::Request, &["could not find a property named"]),
    says(catalogue::NO_TARGET, Class::Unsettled, &["unable to find target address"]),
    says(catalogue::NO_SUCH_GRAPH, Class::Address, &["resource not found for the segment"]),
    says(catalogue::TOKEN_REJECTED, Class::Token, &["lifetime validation failed"]),
    says(catalogue::TOKEN_REJECTED, Class::Token, &["access token validation failure"]),
    says(sign_in::UNKNOWN_APP, Class::Permission, &["identity of the calling application could not be established"]),
    // Its code.
    code(catalogue::TOKEN_REJECTED, Class::Token, "InvalidAuthenticationToken"),
    code(catalogue::MAY_NOT, Class::Permission, "Authorization_RequestDenied"),
    code(sign_in::UNKNOWN_APP, Class::Permission, "Authorization_IdentityNotFound"),
    code(catalogue::TENANT_FULL, Class::Tenant, "Directory_QuotaExceeded"),
    // Its code, as the logs of the provisioning service write it.
    code(catalogue::INVITATIONS_OFF, Class::Tenant, "AzureActiveDirectoryForbidden"),
    code(catalogue::ADDRESS_REJECTED, Class::Person, "InvitationCreationFailureInvalidPropertyValue"),
    code(catalogue::ADDRESS_CONFLICT, Class::Person, "ObjectConflict"),
    code(catalogue::ADDRESS_CONFLICT, Class::Person, "ConflictingObjects"),
    code(catalogue::ADDRESS_CONFLICT, Class::Person, "Request_MultipleObjectsWithSameKeyValue"),
    code(catalogue::THROTTLED, Class::Throttled, "TooManyRequests"),
    code(catalogue::THROTTLED, Class::Throttled, "Request_ThrottledTemporarily"),
    code(catalogue::THROTTLED, Class::Throttled, "activityLimitReached"),
    code(catalogue::PAGES_LOST, Class::PageToken, "DirectoryPageTokenNotFoundException"),
    code(catalogue::NOT_REPLICATED, Class::NotYet, "Directory_ObjectNotFound"),
    code(catalogue::ABSENT, Class::Absent, "Request_ResourceNotFound"),
    code(catalogue::BAD_QUERY, Class::Request, "Request_UnsupportedQuery"),
    code(catalogue::SERVER_TROUBLE, Class::Unsettled, "Directory_ConcurrencyViolation"),
    ErrorRule { code: catalogue::NO_SUCH_GRAPH, class: Class::Address, says: &[], graph_code: Some("UnknownError"), status: Some(404) },
    // Its status.
    status(catalogue::TOKEN_REJECTED, Class::Token, 401),
    status(catalogue::NO_SUCH_GRAPH, Class::Address, 405),
    status(catalogue::SERVER_TROUBLE, Class::Unsettled, 408),
    status(catalogue::SERVER_TROUBLE, Class::Unsettled, 424),
    status(catalogue::THROTTLED, Class::Throttled, 429),
];

const REFUSED: ErrorRule = says(catalogue::REFUSED, Class::Person, &[]);
const NOT_GRAPH: ErrorRule = says(catalogue::NOT_GRAPH, Class::NotGraph, &[]);
const ABSENT: ErrorRule = says(catalogue::ABSENT, Class::Absent, &[]);
const REDIRECT: ErrorRule = says(catalogue::REDIRECT, Class::NotGraph, &[]);
const PROXY_SIGN_IN: ErrorRule = says(catalogue::PROXY_SIGN_IN, Class::NotGraph, &[]);
const UNEXPECTED_SUCCESS: ErrorRule = says(catalogue::ODD_SUCCESS, Class::Unsettled, &[]);
const SERVER_TROUBLE: ErrorRule = says(catalogue::SERVER_TROUBLE, Class::Unsettled, &[]);

/// The rule for a status and an error body, from the table, or else from the kind of status.
pub(crate) fn recognise(status: u16, envelope: &Envelope, author: Author) -> &'static ErrorRule {
    // A block of the tenant must be recognised even if a proxy wrapped it into a page.
    let counts = |known: &&ErrorRule| {
        author == Author::Graph || (known.class.stops_whoever_says_it() && !known.says.is_empty())
    };
    let is_said = |known: &ErrorRule, holds: fn(&str, &str) -> bool| {
        let squeezed = |fragment: &str| fragment.replace(' ', "");
        let mut fragments = known.says.iter();
        fragments.all(|fragment| holds(&envelope.said, &squeezed(fragment)))
    };
    let by_words_or_code = |known: &&ErrorRule| {
        is_said(known, fragment::holds)
            && known.graph_code.is_none_or(|code| envelope.is_code(code))
            && known
                .status
                .is_none_or(|known_status| known_status == status && known.graph_code.is_some())
    };
    let by_misspelt_words =
        |known: &&ErrorRule| !known.says.is_empty() && is_said(known, fragment::nearly_holds);
    let by_status = |known: &&ErrorRule| known.says.is_empty() && known.status == Some(status);
    let rules = || KNOWN.iter().filter(counts);
    rules()
        .find(by_words_or_code)
        .or_else(|| rules().find(by_misspelt_words))
        .or_else(|| {
            rules()
                .filter(|known| known.graph_code.is_none())
                .find(by_status)
        })
        .unwrap_or(match (author, status) {
            (_, 300..=399) => &REDIRECT,
            (Author::Between, 407) => &PROXY_SIGN_IN,
            (Author::Between, _) => &NOT_GRAPH,
            (_, 200..=299) => &UNEXPECTED_SUCCESS,
            (Author::Graph, 404) => &ABSENT,
            (Author::Graph, 400..=499) => &REFUSED,
            _ => &SERVER_TROUBLE,
        })
}

/// The rule for a text that somebody pasted: an error body, a sentence or a code. None: it is not known.
pub(crate) fn recognise_text(text: &str) -> Option<&'static ErrorRule> {
    let mut envelope = Envelope::parse(text.as_bytes());
    if !envelope.has_code {
        let codes = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        envelope.more = codes.map(str::to_owned).collect();
    }
    let in_table = |envelope: &Envelope| {
        let known = recognise(0, envelope, Author::Graph);
        KNOWN.iter().find(|row| std::ptr::eq(*row, known))
    };
    in_table(&envelope).or_else(|| {
        // A program may have broken the line inside a code.
        let said = &envelope.said;
        let codes = KNOWN.iter().filter_map(|known| known.graph_code);
        let broken = codes.filter(|code| said.contains(&code.to_lowercase()));
        let more = broken.map(str::to_owned).collect();
        in_table(&Envelope { more, ..envelope })
    })
}

#[cfg(test)]
mod tests {
    use super::{super::server_text, *};

    #[test]
    fn every_known_answer_is_in_the_catalogue() {
        let rest = [
            REFUSED,
            NOT_GRAPH,
            PROXY_SIGN_IN,
            ABSENT,
            REDIRECT,
            UNEXPECTED_SUCCESS,
            SERVER_TROUBLE,
        ];
        for known in KNOWN.iter().chain(&rest) {
            assert!(
                catalogue::entry(known.code).is_some(),
                "{} has no entry",
                known.code
            );
        }
    }

    #[test]
    fn no_row_of_the_table_is_shadowed_by_an_earlier_one() {
        for (at, known) in KNOWN.iter().enumerate() {
            let envelope = Envelope {
                code: known.graph_code.unwrap_or("BadRequest").into(),
                said: server_text::squeezed(&known.says.join(" … ")),
                ..Envelope::default()
            };
            let found = recognise(known.status.unwrap_or(400), &envelope, Author::Graph);
            assert!(
                std::ptr::eq(found, known),
                "row {at} ({}) is taken by {found:?}",
                known.code
            );
        }
    }
}
