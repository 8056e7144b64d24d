//! Every answer that is known, fed to the verdict, and shown as one page that a support person can read.
//!
//! The page is a snapshot: `snapshots/guestlist__graph__tests__verdict__graph-answers.snap`.

use super::super::{
    answer::{Answer, Attempt, Ending},
    fault::Fault,
    verdict::{ReadVerdict, Verdict, judge, judge_read},
};
use crate::outcome::Outcome;
use serde_json::json;
use std::{fmt::Write, time::Duration};

const ID: &str = "11111111-2222-4333-8444-555555555555";
const ASKED: &str = "Ada@partner.example";

/// One answer as the facts about Graph have it.
struct Case {
    what: &'static str,
    attempt: Attempt,
}

fn said(what: &'static str, status: u16, code: &str, message: &str) -> Case {
    let body =
        json!({"error": {"code": code, "message": message, "innerError": {"request-id": "r"}}});
    raw(what, status, &body.to_string())
}

fn raw(what: &'static str, status: u16, body: &str) -> Case {
    let answer = Answer {
        status,
        body: body.into(),
        ..Answer::default()
    };
    Case {
        what,
        attempt: Attempt::Answered(answer),
    }
}

impl Case {
    fn after(mut self, seconds: u64) -> Self {
        if let Attempt::Answered(answer) = &mut self.attempt {
            answer.retry_after = Some(Duration::from_secs(seconds));
        }
        self
    }

    fn by_way_of_graph(mut self) -> Self {
        if let Attempt::Answered(answer) = &mut self.attempt {
            answer.request_id = Some("r".into());
            answer.has_graph_header = true;
        }
        self
    }

    fn cut(mut self) -> Self {
        if let Attempt::Answered(answer) = &mut self.attempt {
            answer.ending = Ending::Cut("connection reset".into());
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
        }
        self
    }
}

fn invitation() -> serde_json::Value {
    json!({"id": "i", "inviteRedeemUrl": "https://login.example/redeem?x", "status": "PendingAcceptance",
        "invitedUserEmailAddress": "ada@Partner.example", "invitedUser": {"id": ID}})
}

fn without(path: &str) -> String {
    let mut body = invitation();
    *body.pointer_mut(path).unwrap() = serde_json::Value::Null;
    body.to_string()
}

#[rustfmt::skip] // one answer a line
fn cases() -> Vec<(&'static str, Vec<Case>)> {
    let exists = format!(
        "The invited user already exists in the directory as object ID: {ID}. They can use that account to sign in to shared apps and resources."
    );
    let blocked = format!(
        "The invited user already exists in the directory as object ID: {ID}, but the account is blocked from signing in. If the account is unblocked, they can use that account to sign in to shared apps and resources."
    );
    let html =
        "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";
    vec![
        (
            "Success",
            vec![
                raw("201 with a user and a link", 201, &invitation().to_string()),
                raw("201 for somebody who redeemed before", 201, &invitation() .to_string() .replace("PendingAcceptance", "Completed")),
                raw("201 with a status that is new", 201, &invitation() .to_string() .replace("PendingAcceptance", "Dreaming")),
                raw("201 with status Error", 201, &invitation() .to_string() .replace("PendingAcceptance", "Error")),
                raw("201 without a user", 201, &without("/invitedUser")),
                raw("201 without a user id", 201, &without("/invitedUser/id")),
                raw("201 without a link", 201, &without("/inviteRedeemUrl")),
                raw("201 that names no address", 201, &without("/invitedUserEmailAddress")),
                raw("201 for somebody else", 201, &invitation().to_string().replace("ada@", "ida@")),
                raw("201 whose body breaks off", 201, &invitation().to_string()).cut(),
                raw("201 with a page", 201, html),
                raw("201 with nothing", 201, ""),
                raw("200 in place of 201", 200, &invitation().to_string()),
                raw("202", 202, ""),
                raw("204", 204, ""),
            ],
        ),
        (
            "The person is in the directory",
            vec![
                said("an internal user has the address", 400, "BadRequest", &exists),
                said("the same with another status", 409, "Conflict", &exists),
                said("the account is blocked", 412, "PreconditionFailed", &blocked),
                said("the same as 400", 400, "BadRequest", &blocked),
                said("another object holds the address", 400, "Request_BadRequest", "Another object with the same value for property proxyAddresses already exists."),
                raw("the same by its details", 400, r#"{"error":{"code":"Request_BadRequest","message":"x","details":[{"code":"ObjectConflict","target":"mail","message":"y"}]}}"#),
                said("an internal user's alias", 400, "InvitationCreationFailureAmbiguousUser", "The invited user is ambiguous."),
            ],
        ),
        (
            "The address",
            vec![
                said("characters that are not supported", 400, "BadRequest", "The Primary SMTP Address is an invalid value"),
                said("a group", 400, "BadRequest", "Group email address is not supported"),
                said("own verified domain", 400, "BadRequest", "This user cannot be invited because the domain of the user's email address is a verified domain of this directory"),
                said("own initial domain", 400, "BadRequest", "The invitee is in inviter tenant."),
                said("a property", 400, "BadRequest", "Invalid value specified for property 'messageLanguage' of resource 'invitedUserMessageInfo'."),
                said("an error that nobody has seen", 400, "BadRequest", "The moon is full."),
                said("a teapot", 418, "Teapot", "short and stout"),
                said("an unknown precondition", 412, "PreconditionFailed", "Something else."),
                said("an unknown 403", 403, "Forbidden", "Something else."),
            ],
        ),
        (
            "The domain",
            vec![
                said("cross-tenant access settings", 403, "Forbidden", "This invitation is blocked by cross-tenant access settings. Admins in both your organization and the invited user's organization must configure cross-tenant access settings to allow the invitation."),
                said("cross cloud", 400, "BadRequest", "This action can't be completed because the Microsoft B2B Cross Cloud Worker application has been disabled in the invited user's tenant."),
                said("deny list", 403, "Forbidden", "The domain partner.example is on the deny list of this directory."),
                said("blocked domain, other words", 400, "BadRequest", "Invitations to this domain is blocked by your organization."),
            ],
        ),
        (
            "The tenant",
            vec![
                said("suspicious activity", 403, "Forbidden", "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for help."),
                said("invitations off", 403, "Forbidden", "Guest invitations not allowed for your company. Contact your company administrator for more details."),
                said("directory quota", 403, "Directory_QuotaExceeded", "The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to increase the quota limit or delete objects."),
                said("the same as 400", 400, "Directory_QuotaExceeded", "The directory object quota limit for the Tenant has been exceeded."),
                said("the inviter's quota", 403, "Directory_QuotaExceeded", "The directory object quota limit for the Principal has been exceeded."),
            ],
        ),
        (
            "Token and permission",
            vec![
                said("token expired", 401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired."),
                said("token not accepted", 401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience."),
                said("the app lacks User.Invite.All", 401, "Unauthorized", "Insufficient privileges to perform requested operation by the application '00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI, ActionName=CreateInvite, URL absolute path=/api/t/invites"),
                said("insufficient privileges", 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
                said("the code alone", 403, "Authorization_RequestDenied", ""),
            ],
        ),
        (
            "Throttling",
            vec![
                said("429", 429, "TooManyRequests", "Please retry again later.").after(7),
                said("429 without Retry-After", 429, "TooManyRequests", "Please retry again later."),
                said("another code", 429, "Request_ThrottledTemporarily", "Your request is throttled temporarily."),
                said("a third code", 429, "activityLimitReached", "Limit."),
                raw("429 with a page", 429, html).after(2),
            ],
        ),
        (
            "The service",
            vec![
                said("500", 500, "InternalServerError", "Something went wrong."),
                said("500 for a target address", 500, "InternalServerError", "Unable to find target address"),
                raw("502 with a page", 502, html),
                raw("503 with nothing", 503, "").after(5),
                said("503 for a concurrent change", 503, "Directory_ConcurrencyViolation", "Concurrent."),
                raw("504", 504, html),
                said("503 that speaks of throttling", 503, "TooManyRequests", "Please retry again later.")
                .after(3),
                said("501", 501, "NotImplemented", "No."),
                said("408", 408, "RequestTimeout", "Too slow."),
                said("424", 424, "FailedDependency", "Throttled items."),
            ],
        ),
        (
            "Somebody else, or no answer",
            vec![
                raw("403 of a proxy", 403, "<html><body>Blocked by your organisation.</body></html>"),
                raw("403 of a proxy, with words that stop a run", 403, "<html><body>Blocked due to suspicious activity.</body></html>"),
                raw("the same in JSON, without a request-id", 403, r#"{"error":{"code":"Forbidden","message":"Invitations are blocked for this directory due to suspicious activity."}}"#),
                raw("403 in JSON of another kind", 403, r#"{"error":"forbidden","error_description":"Blocked."}"#),
                raw("403 in Graph's form, without a request-id", 403, r#"{"error":{"code":"Forbidden","message":"Group email address is not supported"}}"#),
                raw("400 with nothing", 400, ""),
                raw("401 with nothing", 401, ""),
                raw("407", 407, ""),
                raw("413 with a page", 413, html),
                raw("451 with a page", 451, html),
                raw("499 with nothing", 499, ""),
                raw("300", 300, ""),
                raw("302 to a portal", 302, ""),
                raw("403 with Graph's headers and a page", 403, html).by_way_of_graph(),
                said("403 of Graph that breaks off", 403, "Forbidden", "Guest invitations are").cut(),
                said("404 for the place", 404, "UnknownError", ""),
                said("400, no such property", 400, "BadRequest", "The property 'invitedUserSponsors' does not exist on type 'microsoft.graph.invitation'. Make sure to only use property names that are defined by the type or mark the type as open type."),
                said("404, no such segment", 404, "BadRequest", "Resource not found for the segment 'invitations'."),
                raw("404 with a page", 404, html),
                said("405", 405, "MethodNotAllowed", "No."),
                Case {
                    what: "no connection",
                    attempt: Attempt::NotConnected("connection refused".to_owned().into()),
                },
                Case {
                    what: "reset after sending",
                    attempt: Attempt::NoAnswer("connection reset by peer".into()),
                },
            ],
        ),
        (
            "After the invitation",
            vec![
                said("the guest is not everywhere yet", 404, "Directory_ObjectNotFound", "Unable to read the company information from the directory."),
                said("the reference does not work yet", 400, "Request_BadRequest", "Not a valid reference update"),
                said("no such object", 404, "Request_ResourceNotFound", "Resource 'x' does not exist or one of its queried reference-property objects are not present."),
                said("already a member", 400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'members'."),
                said("a group without guests", 403, "Authorization_RequestDenied", "Guests users are not allowed to join this Unified Group due to policy setting. paramName: Members"),
                said("a full group", 403, "Directory_QuotaExceeded", "Unable to perform operation as '1' would exceed the maximum quota count '100' for forward-link members"),
                said("mastered on premises", 400, "Request_BadRequest", "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration."),
            ],
        ),
        (
            "Looking",
            vec![
                said("a filter that is not supported", 400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause specified for property 'x'."),
                said("too many clauses", 400, "Request_UnsupportedQuery", "Too many child clauses specified in search filter expression containing 'OR' operators: 18. Max allowed: 15."),
                said("$count without its header", 400, "Request_BadRequest", "$count is not currently supported."),
                said("the page size", 400, "Request_BadRequest", "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."),
                said("signInNames", 400, "BadRequest", "Could not find a property named 'signInNames' on type 'microsoft.graph.user'."),
                said("the place in the list is lost", 400, "DirectoryPageTokenNotFoundException", "The specified page token was not found."),
            ],
        ),
    ]
}

/// What the row would be called when the run ends on this verdict and nothing settles it.
fn outcome(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Done(_) => Outcome::Invited.word(),
        Verdict::RetryAfter { .. } | Verdict::NotSent { .. } => "asked again",
        Verdict::Exists { disabled: true, .. } => Outcome::ExistsDisabled.word(),
        Verdict::Exists { .. } => "exists-*",
        Verdict::Refused { .. } => Outcome::Refused.word(),
        Verdict::Failed { .. } => Outcome::Failed.word(),
        Verdict::Stop { .. } => Outcome::NotAttempted.word(),
        Verdict::Unknown { .. } => Outcome::Unknown.word(),
    }
}

fn read_word(verdict: &ReadVerdict) -> &'static str {
    match verdict {
        ReadVerdict::Done => "success",
        ReadVerdict::Again { .. } => "ask again",
        ReadVerdict::Refresh { .. } => "a fresh token, once",
        ReadVerdict::No { .. } => "no",
    }
}

fn page() -> String {
    let mut page = String::from(
        "Every answer of Microsoft Graph that guestlist knows, and what it does about it.\n\
         What came back; its meaning for an invitation (verdict, outcome of the row, exit code when it is\n\
         the only one) and for a read or a change that may be repeated; what to do, and who can.\n",
    );
    for (title, cases) in cases() {
        let only_reads = matches!(title, "After the invitation" | "Looking");
        write!(page, "\n\n== {title} ==\n").unwrap();
        for case in cases {
            write!(page, "\n{} ({})\n", case.what, came(&case.attempt)).unwrap();
            let verdict = judge(&case.attempt, ASKED);
            if !only_reads {
                let line = for_invitation(&verdict);
                writeln!(page, "  invitation  {line}").unwrap();
            }
            if title != "Success" {
                let read = read_word(&judge_read(&case.attempt));
                writeln!(page, "  read        {read}").unwrap();
            }
            let Some(fault) = verdict.fault() else {
                continue;
            };
            let entry = fault.entry();
            writeln!(page, "  {}       {}", fault.code, entry.title).unwrap();
            writeln!(page, "  do          {}", entry.fix).unwrap();
            if !entry.who.is_empty() {
                writeln!(page, "  who         {}", entry.who).unwrap();
            }
        }
    }
    page
}

fn came(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Answered(answer) => {
            let fault = Fault::of(answer);
            format!("HTTP {} {}", answer.status, fault.graph_code)
                .trim_end()
                .to_owned()
        }
        Attempt::NotConnected(unreached) => unreached.why.clone(),
        Attempt::NoAnswer(why) => why.clone(),
    }
}

fn for_invitation(verdict: &Verdict) -> String {
    let detail = match verdict {
        Verdict::Stop { exit, .. } => format!(", exit {}", exit.code()),
        Verdict::Refused { .. } | Verdict::Failed { .. } | Verdict::Unknown { .. } => {
            ", exit 4".into()
        }
        Verdict::RetryAfter {
            after: Some(after), ..
        } => format!(", not before {} s", after.as_secs()),
        Verdict::Exists {
            object_id: Some(id),
            ..
        } => format!(", object {id}"),
        _ => String::new(),
    };
    format!("{} -> {}{detail}", verdict.word(), outcome(verdict))
}

#[test]
fn every_known_answer_has_its_verdict() {
    insta::assert_snapshot!("graph-answers", page());
}

#[test]
fn whatever_the_status_and_the_body_an_invitation_is_done_by_a_whole_201_only() {
    for status in 100..=999 {
        for body in [
            invitation().to_string(),
            String::new(),
            "<html>".into(),
            "{\"error\":{}}".into(),
            r#"{"error":{"code":"BadRequest","message":"Group email address is not supported"}}"#
                .into(),
            r#"{"error":{"code":"TooManyRequests"}}"#.into(),
            r#"{"error":{"code":"Request_ResourceNotFound"}}"#.into(),
        ] {
            for cut in [false, true] {
                let case = raw("", status, &body);
                let case = if cut { case.cut() } else { case };
                let verdict = judge(&case.attempt, ASKED);
                let whole = status == 201 && !cut && body.contains("inviteRedeemUrl");
                assert_eq!(matches!(verdict, Verdict::Done(_)), whole, "{status}");
                // What may have been done is never called refused, failed or to be asked again.
                // None of these bodies has a request-id: they are not Graph's.
                if !whole {
                    assert!(
                        matches!(verdict, Verdict::Unknown { .. }),
                        "{status} {verdict:?}"
                    );
                }
                let _ = judge_read(&case.attempt);
            }
        }
    }
}
