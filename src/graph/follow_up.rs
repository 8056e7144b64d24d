//! The changes of a guest that an invitation cannot carry, and what the directory shows of them.
//!
//! Each change is sent once: where its answer does not tell, whoever asked looks before it is sent again. Must not decide
//! what is changed.

use super::{
    batch::BatchGet,
    client::{Graph, Read},
    cloud::Abilities,
    fault::{Class, Fault},
    odata, server_text,
    sponsors::Sponsor,
};
use jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What is read of a guest before something is changed.
const GUEST_SELECT: &str = "id,userType,companyName,department,jobTitle,givenName,surname,usageLocation,onPremisesSyncEnabled,\
creationType,createdDateTime,externalUserState,externalUserStateChangeDateTime";

/// A guest as the directory shows it now.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuestNow {
    properties: Map<String, Value>,
    pub manager: Option<String>,
    /// Of people and groups; none where they were not read.
    pub sponsors: Vec<String>,
}

impl GuestNow {
    /// The text of a property.
    pub(crate) fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// Whether an on-premises directory owns most of the properties.
    pub(crate) fn is_on_premises(&self) -> bool {
        self.properties
            .get("onPremisesSyncEnabled")
            .and_then(Value::as_bool)
            == Some(true)
    }

    fn time(&self, name: &str) -> Option<Timestamp> {
        self.property(name)?.parse().ok()
    }

    /// Whether another tenant seems to synchronise the guest: such guests are made as Members, and have redeemed as soon as
    /// they are created, without anybody following a link (Graph: cross-tenant synchronization).
    pub(crate) fn seems_synchronised(&self) -> bool {
        let is = |name: &str, word: &str| {
            let property = self.property(name);
            property.is_some_and(|property| property.eq_ignore_ascii_case(word))
        };
        let accepted = is("externalUserState", "Accepted") && is("userType", "Member");
        let times = (
            self.time("createdDateTime"),
            self.time("externalUserStateChangeDateTime"),
        );
        let (Some(created), Some(changed)) = times else {
            return false;
        };
        let at_once = jiff::SignedDuration::from_secs(AT_ONCE);
        accepted && changed.duration_since(created).abs() <= at_once
    }
}

/// Nobody gets a mail, opens its link and signs in within so many seconds.
const AT_ONCE: i64 = 5;

#[derive(Deserialize)]
struct Object {
    #[serde(deserialize_with = "server_text::name")]
    id: String,
}

#[derive(Deserialize)]
struct Objects {
    value: Vec<Object>,
}

impl Graph {
    /// What this run's Graph can do.
    pub(crate) fn abilities(&self) -> Abilities {
        self.0.abilities
    }

    /// Whether the token holds one of these permissions. None: the token does not show its permissions.
    pub(crate) async fn holds_one_of(&self, permissions: &[&str]) -> Option<bool> {
        let identity = self.0.tokens.identity().await.ok()?;
        let mut holds = false;
        for permission in permissions {
            holds |= identity.holds(permission)?;
        }
        Some(holds)
    }

    /// Sets properties of a guest, each named as Graph names it.
    pub(crate) async fn set_profile(
        &self,
        user_id: &str,
        properties: &[(&str, &str)],
    ) -> Result<(), Fault> {
        let body: Map<String, Value> = properties
            .iter()
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect();
        let path = format!("/users/{}", odata::encode(user_id));
        self.change(Method::PATCH, &path, Some(&Value::Object(body)))
            .await
    }

    pub(crate) async fn set_manager(&self, user_id: &str, manager: &str) -> Result<(), Fault> {
        let path = format!("/users/{}/manager/$ref", odata::encode(user_id));
        let reference = self.url_of_object("users", manager);
        self.change(Method::PUT, &path, Some(&json!({"@odata.id": reference})))
            .await
    }

    pub(crate) async fn add_sponsor(&self, user_id: &str, sponsor: &Sponsor) -> Result<(), Fault> {
        let reference = match sponsor {
            Sponsor::User(id) => self.url_of_object("users", id),
            Sponsor::Group(id) => self.url_of_object("groups", id),
            Sponsor::Object(id) => self.url_of_object("directoryObjects", id),
        };
        let path = format!("/users/{}/sponsors/$ref", odata::encode(user_id));
        self.change(Method::POST, &path, Some(&json!({"@odata.id": reference})))
            .await
    }

    pub(crate) async fn add_member(&self, group_id: &str, user_id: &str) -> Result<(), Fault> {
        let path = format!("/groups/{}/members/$ref", odata::encode(group_id));
        let reference = self.url_of_object("directoryObjects", user_id);
        self.change(Method::POST, &path, Some(&json!({"@odata.id": reference})))
            .await
    }

    /// Whether an object that was to be named is gone. None: that cannot be told.
    pub(crate) async fn is_gone(&self, set: &str, id: &str) -> Option<bool> {
        let path = format!("/{set}/{}?$select=id", odata::encode(id));
        match self.get::<Object>(&path, Read::ONE).await {
            Ok(_) => Some(false),
            Err(fault) if fault.class == Class::Absent => Some(true),
            Err(_) => None,
        }
    }

    /// The guest as it is now, in one request.
    pub(crate) async fn guest_now(&self, user_id: &str) -> Result<GuestNow, Fault> {
        let id = odata::encode(user_id);
        let get = |name: &str, url: String| BatchGet {
            id: name.to_owned(),
            url,
            advanced: false,
        };
        let gets = vec![
            get("user", format!("/users/{id}?$select={GUEST_SELECT}")),
            get("manager", format!("/users/{id}/manager?$select=id")),
            get("sponsors", format!("/users/{id}/sponsors?$select=id")),
        ];
        let mut now = GuestNow::default();
        for (name, answer) in self.batch_of_lists(gets).await? {
            match (name.as_str(), answer) {
                ("user", Ok(Value::Object(properties))) => now.properties = properties,
                ("user", Err(fault)) => return Err(fault),
                ("manager", Ok(manager)) => {
                    now.manager = Object::deserialize(manager).ok().map(|object| object.id);
                }
                ("sponsors", Ok(list)) => {
                    let list = Objects::deserialize(list).map(|list| list.value);
                    let list = list.unwrap_or_default();
                    now.sponsors = list.into_iter().map(|object| object.id).collect();
                }
                // Without a manager the answer is 404. A cloud that lists no sponsors has none to compare with.
                _ => {}
            }
        }
        Ok(now)
    }

    /// The address of an object, for a reference: its host must be that of the cloud.
    fn url_of_object(&self, set: &str, id: &str) -> String {
        let base = self.0.base.as_str().trim_end_matches('/');
        format!("{base}/v1.0/{set}/{}", odata::encode(id))
    }
}
