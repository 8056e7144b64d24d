//! Finds the meaning of a text that somebody pasted: an answer of Graph or of the sign-in service, or an AADSTS number.
//!
//! Must not guess: a text that is not in the tables has no meaning here.

use super::{auth::aadsts, catalogue, catalogue::entry, error_rules, server_text::squeezed};
use crate::problem::Entry;

/// Pasted texts are short; a file that was pasted by mistake is not searched.
const LONGEST: usize = 16 * 1024;

pub(crate) fn explain(text: &str) -> Option<&'static Entry> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let number = text.parse().ok().filter(|number| *number > 9_999);
    // A program may have broken the line inside a number.
    let broken = aadsts::numbers(&squeezed(text));
    let sign_in = number
        .into_iter()
        .chain(aadsts::numbers(text))
        .chain(broken.iter().copied())
        .find_map(aadsts::meaning)
        .or_else(|| aadsts::word(text));
    if let Some((code, _)) = sign_in {
        return entry(code);
    }
    if !broken.is_empty() {
        return entry(super::auth::catalogue::SIGN_IN_REFUSED);
    }
    error_rules::recognise_text(text).map(|known| entry(known.code).unwrap_or(&catalogue::UNNAMED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sentences_bodies_and_codes_are_explained() {
        for (text, code) in [
            ("AADSTS7000215", "GL701"),
            ("700016", "GL703"),
            (
                "ERROR: AADSTS53003: Access has been blocked by Conditional Access policies.",
                "GL709",
            ),
            ("AADSTS999999999: new", "GL700"),
            ("expired_token", "GL722"),
            (
                "Invitations are blocked for this directory due to suspicious activity. Please contact Microsoft support for help.",
                "GL600",
            ),
            (
                "Invitations are blocked  for this directory\ndue to suspicious\u{a0} activity",
                "GL600",
            ),
            (
                r#"{"odata.error":{"code":"Forbidden","message":{"lang":"en","value":"<b>Guest</b> invitations not&nbsp;allowed"}}}"#,
                "GL601",
            ),
            ("The Primary SMTP Address is an invalid value", "GL503"),
            (
                r#"{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges to complete the operation."}}"#,
                "GL611",
            ),
            ("Request_ResourceNotFound", "GL521"),
            ("Code: TooManyRequests, wait", "GL540"),
        ] {
            assert_eq!(explain(text).map(|entry| entry.code), Some(code), "{text}");
        }
    }

    /// What people paste: the message alone, and as clients of Graph print it.
    fn printed(code: &str, message: &str) -> Vec<String> {
        let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string();
        vec![
            message.to_owned(),
            message.to_uppercase(),
            message.replace(' ', "\n"),
            message.replace('\'', "\u{2019}").replace('"', "\u{201d}"),
            body.clone(),
            body.replace('"', "\u{201c}"),
            body.replace(' ', "\r\n  "),
            format!(
                "APIError\n        Code: 403\n        message: None\n        error: MainError(additional_data={{}}, code='{code}', details=None, inner_error=InnerError(client_request_id='8a', date=None), message='{message}', target=None)"
            ),
            format!(
                "Microsoft.Graph.Models.ODataErrors.ODataError: {message}\n   at Microsoft.Kiota.Http.HttpClientLibrary.HttpClientRequestAdapter.ThrowIfFailedResponse"
            ),
            format!(
                "New-MgInvitation_Create: {message}\n\nStatus: 403 (Forbidden)\nErrorCode: {code}\nDate: 2026-01-01T00:00:00"
            ),
            format!(
                "\u{1b}[31;1mNew-MgInvitation: \u{1b}[0m\n\u{1b}[36;1mLine |\u{1b}[0m\n     | \u{1b}[31;1m{}\u{1b}[0m",
                message.replace(' ', "\u{1b}[0m\n\u{1b}[31;1m     | ")
            ),
            format!(
                "GraphError: {message}\n    at GraphErrorHandler.constructError {{\n  statusCode: 403,\n  code: '{code}',\n  body: '{}'\n}}",
                body.replace('\'', "\\'")
            ),
        ]
    }

    #[test]
    fn messages_are_explained_however_a_client_prints_them() {
        for (code, message, expected) in [
            (
                "Unauthorized",
                "Insuficient privileges to perform the requested operation by the application '00000003-0000-0000-c000-000000000000', ControllerName=MSGraphInviteAPI, ActionName=CreateInvite",
                "GL610",
            ),
            (
                "Authorization_RequestDenied",
                "Insufficient privileges to complete the operation.",
                "GL611",
            ),
            (
                "Forbidden",
                "Guest invitations not allowed for your company. Contact your company administrator for more details.",
                "GL601",
            ),
            (
                "Forbidden",
                "Guest invitation not alowed for your company.",
                "GL601",
            ),
            (
                "Forbidden",
                "Invitations are blocked for this directory due to suspicous activity. Please contact Microsoft support for help.",
                "GL600",
            ),
            (
                "BadRequest",
                "The Primary SMTP Addres is an invalid value",
                "GL503",
            ),
            (
                "BadRequest",
                "This user can't be invited to this directory. Please try a different email address for the user or create a user account for them in your Azure AD directory.",
                "GL503",
            ),
            (
                "BadRequest",
                "The invited user already exists in the directory as objectID: 00000000-0000-0000-0000-000000000001. They can use that account to sign in to shared apps and resources.",
                "GL501",
            ),
            (
                "BadRequest",
                "Group e-mail address is not supported",
                "GL504",
            ),
            (
                "BadRequest",
                "User invitation failed. Invalid request input.",
                "GL513",
            ),
            (
                "InvalidAuthenticationToken",
                "Access token validation failure. Invalid audience.",
                "GL620",
            ),
            (
                "Authorization_IdentityNotFound",
                "The identity of the calling application could not be established.",
                "GL703",
            ),
            (
                "Request_BadRequest",
                "Not a valid reference update",
                "GL520",
            ),
            (
                "Authorization_RequestDenied",
                "Guests users are not allowed to join this Unified Group due to policy setting. paramName: Members",
                "GL523",
            ),
            (
                "invalid_client",
                "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value.",
                "GL701",
            ),
            (
                "interaction_required",
                "AADSTS90071: An admin from Fabrikam must update their access settings to accept inbound multifactor authentication.",
                "GL736",
            ),
            (
                "invalid_grant",
                "AADSTS50020: User account 'x' from identity provider 'live.com' does not exist in tenant 'Contoso' and cannot access the application.",
                "GL735",
            ),
        ] {
            for text in printed(code, message) {
                let found = explain(&text).map(|entry| entry.code);
                assert_eq!(found, Some(expected), "{text}");
            }
        }
    }

    #[test]
    fn codes_of_the_provisioning_service_are_explained() {
        for (text, code) in [
            ("AzureActiveDirectoryForbidden", "GL601"),
            ("InvitationCreationFailureInvalidPropertyValue", "GL503"),
            ("InvitationCreationFailureAmbiguousUser", "GL507"),
            ("AADSTS900382", "GL737"),
            ("aadsts 900382", "GL737"),
        ] {
            assert_eq!(explain(text).map(|entry| entry.code), Some(code), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_nothing() {
        for text in [
            "",
            "hello",
            "GL501",
            "404",
            "the person",
            "{}",
            r#"{"error":{"code":"Moon","message":"full"}}"#,
        ] {
            assert!(explain(text).is_none(), "{text}");
        }
    }
}
