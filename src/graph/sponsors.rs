//! Who vouches for a guest, and the sponsors that the directory lists.

use super::{
    batch::BatchGet,
    catalogue,
    client::Graph,
    fault::{Class, Fault},
    odata, server_text,
};
use serde::Deserialize;

/// Who vouches for a guest: an object id, already resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sponsor {
    User(String),
    Group(String),
    /// One or the other, named by id.
    Object(String),
}

impl Sponsor {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::User(id) | Self::Group(id) | Self::Object(id) => id,
        }
    }
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
        for (guest, answer) in self.batch_of_lists(gets.collect()).await? {
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
}
