//! Sponsors after the invitation: where a cloud takes none inside it, and for guests who are there already.

use super::{client::Graph, cloud::Abilities, fault::Fault, odata};
use reqwest::Method;
use serde_json::json;

/// Who vouches for a guest: an object id, already resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sponsor {
    User(String),
    Group(String),
    /// One or the other, named by id.
    Object(String),
}

impl Graph {
    /// What this run's Graph can do.
    pub(crate) fn abilities(&self) -> Abilities {
        self.0.abilities
    }

    /// Adds a sponsor. One that is set already is a success; a guest whom not every replica knows yet is
    /// a fault of class `NotYet` or `Absent`, worth another try in a while.
    pub(crate) async fn add_sponsor(&self, user_id: &str, sponsor: &Sponsor) -> Result<(), Fault> {
        // The host must be that of the cloud, also in the reference.
        let base = self.0.base.as_str().trim_end_matches('/');
        let reference = match sponsor {
            Sponsor::User(id) => format!("{base}/v1.0/users/{}", odata::encode(id)),
            Sponsor::Group(id) => format!("{base}/v1.0/groups/{}", odata::encode(id)),
            Sponsor::Object(id) => self.object_url(&odata::encode(id)),
        };
        let path = format!("/users/{}/sponsors/$ref", odata::encode(user_id));
        self.change(Method::POST, &path, Some(&json!({"@odata.id": reference})))
            .await
    }
}
