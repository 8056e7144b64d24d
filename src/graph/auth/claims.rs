//! Reads what a token says about itself. Microsoft does not promise the form of Graph's tokens, so this may be used for
//! warnings and explanations only, never to refuse anything.

use crate::graph::server_text;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

const LONGEST_NAME: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IdentityKind {
    /// An app by itself: Microsoft drops custom words from its mails.
    AppOnly,
    /// An app on behalf of a signed-in user.
    Delegated,
    #[default]
    Unknown,
}

/// Who a token is for, as far as the token shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    pub kind: IdentityKind,
    pub tenant_id: Option<String>,
    /// The user's or the app's name, for showing.
    pub name: Option<String>,
    /// The object id of the user or service principal.
    pub object_id: Option<String>,
    pub app_id: Option<String>,
    /// Application permissions.
    pub roles: Vec<String>,
    /// Delegated permissions.
    pub scopes: Vec<String>,
    pub audience: Option<String>,
    pub expires: Option<Timestamp>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Claims {
    tid: Option<String>,
    idtyp: Option<String>,
    oid: Option<String>,
    appid: Option<String>,
    azp: Option<String>,
    app_displayname: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
    preferred_username: Option<String>,
    aud: Value,
    roles: Value,
    scp: Value,
    exp: Value,
}

impl Identity {
    /// Whether the token holds a permission, of an app or of a user. None: it shows neither list.
    pub(crate) fn holds(&self, permission: &str) -> Option<bool> {
        if self.roles.is_empty() && self.scopes.is_empty() {
            return None;
        }
        let is = |held: &String| held.eq_ignore_ascii_case(permission);
        Some(self.roles.iter().any(is) || self.scopes.iter().any(is))
    }

    /// A token that is not a JWT shows nothing.
    pub(crate) fn of_token(token: &str) -> Self {
        claims(token).map(Self::from).unwrap_or_default()
    }
}

impl From<Claims> for Identity {
    fn from(claims: Claims) -> Self {
        let roles = words(&claims.roles);
        let scopes = words(&claims.scp);
        let kind = match claims.idtyp.as_deref() {
            Some("app") => IdentityKind::AppOnly,
            Some("user") => IdentityKind::Delegated,
            _ if !scopes.is_empty() => IdentityKind::Delegated,
            _ if !roles.is_empty() => IdentityKind::AppOnly,
            _ => IdentityKind::Unknown,
        };
        let app_id = claims.appid.or(claims.azp);
        let user = claims
            .upn
            .or(claims.unique_name)
            .or(claims.preferred_username);
        let app = claims.app_displayname.or_else(|| app_id.clone());
        Self {
            kind,
            tenant_id: claims.tid,
            name: if kind == IdentityKind::AppOnly {
                app
            } else {
                user.or(app)
            }
            .map(|name| server_text::clean(&name, LONGEST_NAME)),
            object_id: claims.oid,
            app_id,
            roles,
            scopes,
            audience: claims.aud.as_str().map(str::to_owned),
            expires: number(&claims.exp).and_then(|exp| Timestamp::from_second(exp).ok()),
        }
    }
}

fn claims(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    server_text::from_json(&json).ok()
}

/// A list, or words with spaces between them.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(list) => list
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn token(claims: &Value) -> String {
        format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn an_app_a_user_and_a_riddle() {
        let app = Identity::of_token(&token(&json!({
            "tid": "t1", "idtyp": "app", "roles": ["User.Invite.All"], "app_displayname": "Inviter", "exp": 1_900_000_000
        })));
        assert_eq!(
            (app.kind, app.name.as_deref()),
            (IdentityKind::AppOnly, Some("Inviter"))
        );
        assert_eq!(
            (app.holds("user.invite.all"), app.holds("User.Read.All")),
            (Some(true), Some(false))
        );
        assert!(app.expires.is_some());

        let user = Identity::of_token(&token(
            &json!({"tid": "t1", "scp": "User.Read User.Invite.All", "upn": "a@t.example"}),
        ));
        assert_eq!(
            (user.kind, user.name.as_deref()),
            (IdentityKind::Delegated, Some("a@t.example"))
        );
        assert_eq!(user.scopes.len(), 2);

        for riddle in ["opaque", "a.b.c", "", "..", "e30.bm90IGpzb24.x"] {
            let identity = Identity::of_token(riddle);
            assert_eq!(
                (identity.kind, identity.holds("x")),
                (IdentityKind::Unknown, None)
            );
        }
    }
}
