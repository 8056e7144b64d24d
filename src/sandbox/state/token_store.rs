//! The access tokens that were issued, and who holds each of them.

use crate::sandbox::messages::graph_error::{GraphError, access_denied};
use serde_json::Value;
use std::{collections::HashMap, sync::Arc};

/// Expired tokens are removed when more tokens than this are stored.
const MAX_TOKENS: usize = 1_000;
/// Seconds for which an expired token is still known, so that it is refused as expired and not as unknown.
const EXPIRED_KEPT: i64 = 600;

/// The app or the user who sends a request.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// The id of the signed-in user; `None` for an application.
    pub user: Option<String>,
    pub permissions: Vec<String>,
    /// Unix seconds.
    pub expires: i64,
    /// The claims that the client asked for together with the token.
    pub claims: Option<Value>,
}

impl Caller {
    /// An error unless the caller has one of these permissions.
    pub(crate) fn needs(&self, any: &[&str]) -> Result<(), GraphError> {
        if self.has(any) {
            Ok(())
        } else {
            Err(access_denied())
        }
    }

    pub(crate) fn has(&self, any: &[&str]) -> bool {
        self.permissions
            .iter()
            .any(|permission| any.contains(&permission.as_str()))
    }

    pub(crate) fn is_app(&self) -> bool {
        self.user.is_none()
    }
}

#[derive(Debug, Default)]
pub(crate) struct TokenStore {
    issued: HashMap<String, Arc<Caller>>,
    /// The claims that the client asks for in the token request that is being answered.
    pub requested_claims: Option<Value>,
    /// The claims that Graph demands of every token, since the first challenge.
    pub challenge: Option<Value>,
}

impl TokenStore {
    pub(crate) fn add(&mut self, token: String, caller: Caller, now: i64) {
        if self.issued.len() > MAX_TOKENS {
            self.issued
                .retain(|_, caller| caller.expires + EXPIRED_KEPT > now);
        }
        self.issued.insert(token, Arc::new(caller));
    }

    pub(crate) fn caller(&self, token: &str) -> Option<&Arc<Caller>> {
        self.issued.get(token)
    }
}
