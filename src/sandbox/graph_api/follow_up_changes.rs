//! Which change after an invitation a request asks for, for the book that `/_sandbox/follow-ups` shows.

use crate::sandbox::{
    graph_api::references::named_object,
    messages::{request::GraphRequest, request_kind::RequestKind},
    state::{
        follow_up_book::{FollowUpChange, FollowUpKind},
        tenant::TenantState,
    },
};
use serde_json::Value;

/// The change that a request asks for, whether or not it will be made; `None` for every other request.
pub(super) fn requested_change(
    tenant: &TenantState,
    request: &GraphRequest,
    body: Option<&Value>,
) -> Option<FollowUpChange> {
    let first = request.path.get(1)?.to_ascii_lowercase();
    let named = || Some(named_object(tenant, body?)?.1.to_ascii_lowercase());
    let (kind, user_id, target, fields) = match (request.kind(), request.method.as_str()) {
        (RequestKind::UserUpdate, _) => (FollowUpKind::Profile, first, None, body.cloned()),
        (RequestKind::Manager, "PUT") => (FollowUpKind::Manager, first, named(), None),
        (RequestKind::Sponsors, "POST") => (FollowUpKind::Sponsor, first, named(), None),
        (RequestKind::Members, "POST") => {
            let user_id = named().unwrap_or_default();
            (FollowUpKind::Group, user_id, Some(first), None)
        }
        _ => return None,
    };
    Some(FollowUpChange {
        kind,
        user_id,
        target,
        fields,
    })
}
