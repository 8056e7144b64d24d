//! Sponsors after the invitation: where a cloud takes none inside it, and for guests who are there already.

use super::{
    batch::BatchGet,
    catalogue,
    client::Graph,
    cloud::Abilities,
    fault::{Class, Fault},
    odata, server_text,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

/// Who vouches for a guest: an object id, already resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sponsor {
    User(String),
    Group(String),
    /// One or the other, named by id.
    Object(String),
}

/// A sponsor of a guest, as the directory lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedSponsor {
    pub id: String,
    /// A group vouches for a guest too, and has no account that could be disabled.
    pub is_group: bool,
}

#[derive(Deserialize)]
struct Listed {
    value: Vec<ListedObject>,
}

#[derive(Deserialize)]
struct ListedObject {
    #[serde(deserialize_with = "server_text::name")]
    id: String,
    #[serde(rename = "@odata.type", default)]
    kind: Option<String>,
}

impl Graph {
    /// The sponsors of each guest, twenty guests in a request. A guest who is gone has none.
    pub(crate) async fn sponsors_of(
        &self,
        guests: &[String],
    ) -> Result<Vec<(String, Vec<ListedSponsor>)>, Fault> {
        let gets = guests.iter().map(|id| BatchGet {
            id: id.clone(),
            url: format!("/users/{}/sponsors?$select=id", odata::encode(id)),
            advanced: false,
        });
        let mut sponsors = Vec::with_capacity(guests.len());
        for (guest, answer) in self.batch(gets.collect()).await? {
            match answer {
                Ok(list) => {
                    let list = Listed::deserialize(list).map_err(|error| {
                        let why = format!("the sponsors in the answer cannot be read ({error})");
                        Fault::new(catalogue::ANSWER_UNREADABLE, Class::Request, why)
                    })?;
                    let list = list.value.into_iter().map(|object| ListedSponsor {
                        is_group: object.kind.as_deref() == Some("#microsoft.graph.group"),
                        id: object.id,
                    });
                    sponsors.push((guest, list.collect()));
                }
                Err(fault) if fault.class == Class::Absent => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(sponsors)
    }

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
