//! Deleting users, and what is known of them afterwards.

use super::{Tenant, code, read};
use crate::sandbox::state::ids::stable_id;
use reqwest::Method;
use serde_json::Value;

const DANA: &str = "dana.fox@adatum.example";

impl Tenant {
    async fn delete(&self, id: &str) -> (u16, Value) {
        let request = self.request(Method::DELETE, &format!("/v1.0/users/{id}"));
        read(request.send().await.unwrap()).await
    }
}

#[tokio::test]
async fn a_deleted_user_is_among_the_deleted_ones_and_nowhere_else() {
    let tenant = Tenant::start().await;
    let id = stable_id(DANA);
    assert_eq!(tenant.delete(&id).await.0, 204);
    let again = tenant.delete(&id).await;
    assert_eq!((again.0, code(&again.1)), (404, "Request_ResourceNotFound"));
    assert_eq!(tenant.get(&format!("/v1.0/users/{id}")).await.0, 404);
    for cast in ["microsoft.graph.user", "graph.user"] {
        let path = format!(
            "/v1.0/directory/deletedItems/{cast}?$filter=id%20eq%20'{id}'&$select=id,deletedDateTime"
        );
        let (status, found) = tenant.get(&path).await;
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["value"].as_array().unwrap().len(), 1, "{found}");
        assert!(found["value"][0]["deletedDateTime"].is_string());
    }
    let item = format!("/v1.0/directory/deletedItems/{id}");
    assert_eq!(tenant.get(&item).await.0, 200);
    let other = format!("/v1.0/directory/deletedItems/{}", stable_id("nobody"));
    assert_eq!(tenant.get(&other).await.0, 404);
    let book = tenant.view("deletions").await;
    assert_eq!(book["total"], 1);
    assert_eq!(book["deletions"][0]["state"], "PendingAcceptance");
    assert_eq!(book["twice"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn deleting_takes_a_permission_of_its_own() {
    let tenant = Tenant::in_weather(
        "[permissions]\nuser = [\"User.Read.All\", \"Directory.ReadWrite.All\"]",
    )
    .await;
    let refused = tenant.delete(&stable_id(DANA)).await;
    assert_eq!(
        (refused.0, code(&refused.1)),
        (403, "Authorization_RequestDenied")
    );
    let tenant = Tenant::in_weather("[permissions]\nuser = [\"User.DeleteRestore.All\"]").await;
    assert_eq!(tenant.delete(&stable_id(DANA)).await.0, 204);
}

#[tokio::test]
async fn reads_may_show_a_deleted_user_for_a_while() {
    let tenant = Tenant::in_weather("[replication]\ndeletions_ms = 300").await;
    let id = stable_id(DANA);
    assert_eq!(tenant.delete(&id).await.0, 204);
    assert_eq!(tenant.get(&format!("/v1.0/users/{id}")).await.0, 200);
    assert_eq!(tenant.delete(&id).await.0, 404);
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(tenant.get(&format!("/v1.0/users/{id}")).await.0, 404);
    let book = tenant.view("deletions").await;
    assert_eq!(book["twice"], serde_json::json!([id]));
}
