//! The least that could do it: look twenty people up in a `$batch`, ask for each one, read a thousand by id.
//! The same bytes on the same number of connections; no ledger, no sheet, no results, no second thought.

use crate::{
    process::{self, Used},
    tenant::{Tenant, address},
};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::{process::Command, sync::Arc};
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
};

/// The argument that makes this program the bare client.
pub(crate) const WORD: &str = "bare-client";
/// As `--rate max` has them.
const LOOKS_ABREAST: usize = 4;
const WORKERS: usize = 64;
const SELECT: &str = "$select=id,displayName,mail,otherMails,proxyAddresses,userPrincipalName,userType,\
accountEnabled,externalUserState,createdDateTime";

pub(crate) fn measure(tenant: &Tenant, rows: usize) -> Used {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([WORD, tenant.url(), tenant.token(), &rows.to_string()]);
    process::measure(&mut command).0
}

pub(crate) fn run(url: &str, token: &str, rows: usize) {
    let graph = Arc::new(Graph {
        client: Client::builder().tcp_nodelay(true).build().unwrap(),
        base: format!("{url}/v1.0"),
        bearer: format!("Bearer {token}"),
    });
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(everybody(graph, rows));
}

async fn everybody(graph: Arc<Graph>, rows: usize) {
    let (found, new) = mpsc::channel(64);
    let new = Arc::new(Mutex::new(new));
    let mut looking = JoinSet::new();
    for first in 0..LOOKS_ABREAST {
        let (graph, found) = (graph.clone(), found.clone());
        looking.spawn(async move {
            let mut start = first * 20;
            while start < rows {
                let people: Vec<usize> = (start..rows.min(start + 20)).collect();
                graph.look(&people).await;
                for person in people {
                    found.send(person).await.unwrap();
                }
                start += LOOKS_ABREAST * 20;
            }
        });
    }
    drop(found);
    let mut asking = JoinSet::new();
    for _ in 0..WORKERS {
        let (graph, new) = (graph.clone(), new.clone());
        asking.spawn(async move {
            let mut ids = Vec::new();
            loop {
                let person = new.lock().await.recv().await;
                let Some(person) = person else { return ids };
                ids.push(graph.invite(person).await);
            }
        });
    }
    looking.join_all().await;
    let ids = asking.join_all().await.concat();
    assert_eq!(ids.len(), rows);
    for thousand in ids.chunks(1_000) {
        graph.read_by_id(thousand).await;
    }
}

struct Graph {
    client: Client,
    base: String,
    bearer: String,
}

impl Graph {
    async fn look(&self, people: &[usize]) {
        let requests: Vec<Value> = people
            .iter()
            .enumerate()
            .map(|(id, person)| json!({"id": id.to_string(), "method": "GET", "url": look_up(&address(*person))}))
            .collect();
        let answer = self.post("/$batch", &json!({"requests": requests})).await;
        let answers = answer["responses"].as_array().unwrap();
        assert_eq!(answers.len(), people.len());
        for answer in answers {
            assert_eq!(
                answer["body"]["value"],
                json!([]),
                "somebody is there already"
            );
        }
    }

    /// The new guest's id.
    async fn invite(&self, person: usize) -> String {
        let body = json!({
            "invitedUserEmailAddress": address(person),
            "inviteRedirectUrl": "https://myapplications.microsoft.com",
            "sendInvitationMessage": true,
            "invitedUserDisplayName": format!("Guest {person}"),
        });
        let answer = self.post("/invitations", &body).await;
        assert!(answer["inviteRedeemUrl"].is_string());
        answer["invitedUser"]["id"].as_str().unwrap().to_owned()
    }

    async fn read_by_id(&self, ids: &[String]) {
        let path = format!("/directoryObjects/getByIds?{SELECT}");
        let answer = self
            .post(&path, &json!({"ids": ids, "types": ["user"]}))
            .await;
        assert_eq!(answer["value"].as_array().unwrap().len(), ids.len());
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let request: RequestBuilder = self
            .client
            .post(format!("{}{path}", self.base))
            .header("authorization", &self.bearer)
            .header("accept", "application/json")
            .header("client-request-id", uuid::Uuid::new_v4().to_string())
            .header("x-ms-throttle-priority", "low")
            .json(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }
}

/// Every way in which a guest can be found.
fn look_up(address: &str) -> String {
    let derived = format!(
        "{}#EXT#@northwindpractice.onmicrosoft.com",
        address.replace('@', "_")
    );
    let filter = format!(
        "mail eq '{address}' or otherMails/any(x:x eq '{address}') or proxyAddresses/any(x:x eq 'SMTP:{address}') \
         or proxyAddresses/any(x:x eq 'smtp:{address}') or userPrincipalName eq '{address}' \
         or userPrincipalName eq '{derived}'"
    );
    let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
    format!(
        "/users?$filter={}&{SELECT}&$top=10",
        filter.replace('+', "%20")
    )
}
