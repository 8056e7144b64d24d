//! Lists, filters with the limits of Graph, and single objects.

use super::{Tenant, code, message, read};
use crate::sandbox::{SandboxOptions, state::ids::stable_id};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_hard_cases_are_found_by_their_own_clause_only() {
    let tenant = Tenant::start().await;
    let person = |name: &str| stable_id(name);
    for (filter, found) in [
        (
            "otherMails/any(x:x eq 'hugo.stone@litware.example')",
            person("hugo.new@litware.example"),
        ),
        (
            "proxyAddresses/any(x:x eq 'smtp:ida.west@litware.example')",
            person("ida.new@litware.example"),
        ),
        (
            "userPrincipalName eq 'jon.park_litware.example#EXT#@northwindpractice.onmicrosoft.com'",
            person("jon.lee@elsewhere.example"),
        ),
        (
            "mail eq 'KARL.maier@adatum.EXAMPLE'",
            person("karl.maier@adatum.example"),
        ),
        (
            "mail eq 'liam.o''brien@fabrikam.example'",
            person("liam.o'brien@fabrikam.example"),
        ),
        (
            "mail in ('nobody@x.example', 'finn.gray@adatum.example')",
            person("finn.gray@adatum.example"),
        ),
        (
            "startsWith(mail,'gina.')",
            person("gina.lane@litware.example"),
        ),
    ] {
        let (status, answer) = tenant.filter(filter).await;
        assert_eq!(status, 200, "{filter}: {answer}");
        let ids: Vec<&Value> = answer["value"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| &user["id"])
            .collect();
        assert_eq!(ids, [&json!(found)], "{filter}");
    }
    for filter in [
        "mail eq 'hugo.stone@litware.example' or proxyAddresses/any(x:x eq 'smtp:hugo.stone@litware.example')",
        "proxyAddresses/any(x:x eq 'SMTP:ida.west@litware.example')",
        "mail eq 'mona.reed@fabrikam.example'",
    ] {
        let (_, answer) = tenant.filter(filter).await;
        assert_eq!(answer["value"], json!([]), "{filter}");
    }
}

fn clauses(count: usize) -> String {
    let clauses: Vec<String> = (0..count)
        .map(|n| format!("mail eq 'p{n}@x.example'"))
        .collect();
    clauses.join(" or ")
}

#[tokio::test]
async fn filters_have_graphs_limits() {
    let tenant = Tenant::start().await;
    let list = |count: usize| {
        let values: Vec<String> = (0..count).map(|n| format!("'p{n}@x.example'")).collect();
        format!("mail in ({})", values.join(","))
    };
    let long = format!("mail eq '{}@x.example'", "a".repeat(120));
    for (filter, said) in [
        (clauses(16), "Max allowed: 15"),
        (list(16), "operators: 16. Max allowed: 15"),
        (
            format!("({}) and ({})", clauses(3), list(18)),
            "operators: 18",
        ),
        (long.clone(), "longer than 120"),
        (
            "mail eq 'a' or (mail eq 'b' and (mail eq 'c' or (mail eq 'd' and mail eq 'e')))"
                .into(),
            "excessive height: 5",
        ),
        (
            "signInNames/any(x:x eq 'a@x.example')".into(),
            "Could not find a property named 'signInNames'",
        ),
        (
            "email eq 'a'".into(),
            "Could not find a property named 'email'",
        ),
        ("mail ne 'a'".into(), "Operator 'ne' is not supported"),
        ("not(mail eq 'a')".into(), "Operator 'not' is not supported"),
        (
            "endsWith(mail,'x.example')".into(),
            "Operator 'endsWith' is not supported",
        ),
        (
            "creationType eq 'Invitation'".into(),
            "property 'creationType' of resource 'User'",
        ),
        ("companyName eq 'X'".into(), "property 'companyName'"),
        (
            "externalUserState eq null".into(),
            "property 'externalUserState'",
        ),
        (
            "otherMails/any(x:x in ('a','b'))".into(),
            "property 'otherMails'",
        ),
        ("otherMails eq 'a'".into(), "is a collection"),
        ("mail eq true".into(), "incompatible types"),
        ("accountEnabled eq 'true'".into(), "incompatible types"),
        (
            "identities/any(c:c/issuerAssignedId eq 'a')".into(),
            "property 'identities'",
        ),
        ("mail eq 'a".into(), "Syntax error at position 8"),
        ("contains(mail,'a')".into(), "property 'mail'"),
    ] {
        let (status, answer) = tenant.filter(&filter).await;
        assert_eq!(status, 400, "{filter}");
        assert!(message(&answer).contains(said), "{filter}: {answer}");
    }
    for filter in [
        clauses(15),
        list(15),
        "userType eq 'Guest' and externalUserState eq 'PendingAcceptance'".into(),
        "accountEnabled eq false".into(),
        "createdDateTime ge 2020-01-01T00:00:00Z".into(),
    ] {
        assert_eq!(tenant.filter(&filter).await.0, 200, "{filter}");
    }
    // Most of the limits do not hold for an advanced query.
    for filter in [
        list(20),
        long,
        "endsWith(mail,'@adatum.example')".into(),
        "mail ne 'a'".into(),
        "creationType eq 'Invitation'".into(),
    ] {
        let filter: String = url::form_urlencoded::byte_serialize(filter.as_bytes()).collect();
        let path = format!("/v1.0/users?$count=true&$select=id&$filter={filter}");
        let (status, answer) = tenant.get_eventual(&path).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["@odata.count"].is_u64());
        assert_eq!(tenant.get(&path).await.0, 400, "the header is missing");
    }
    let path = format!(
        "/v1.0/users?$count=true&$filter=mail+eq+'{}'",
        "a".repeat(2_000)
    );
    assert_eq!(tenant.get_eventual(&path).await.0, 414);
}

#[tokio::test]
async fn list_options_are_strict() {
    let tenant = Tenant::start().await;
    for (path, said) in [
        (
            "/v1.0/users?$top=1000",
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        ("/v1.0/users?$top=0", "Invalid page size"),
        ("/v1.0/users?$skip=1", "'$skip' is not supported"),
        (
            "/v1.0/users?$select=id,signInNames",
            "Could not find a property named 'signInNames'",
        ),
        ("/v1.0/users?$skiptoken=abc", "page token"),
        ("/v1.0/users?$expand=nope", "named 'nope'"),
        ("/v1.0/users/$count", "$count is not currently supported."),
        (
            "/v1.0/users/mia.keller@northwind.example?$select=nope",
            "Could not find a property named 'nope'",
        ),
        (
            "/v1.0/policies/nothing",
            "Resource not found for the segment 'nothing'",
        ),
        (
            "/v1.0/unicorns",
            "Resource not found for the segment 'unicorns'",
        ),
    ] {
        let (status, answer) = tenant.get(path).await;
        assert_eq!(status, 400, "{path}");
        assert!(message(&answer).contains(said), "{path}: {answer}");
    }
    let (status, _) = read(
        tenant
            .request(Method::DELETE, "/v1.0/organization")
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(status, 405);
    // Without the header `$count=true` is ignored, without an error.
    let (status, answer) = tenant.get("/v1.0/users?$count=true&$top=1").await;
    assert_eq!((status, &answer["@odata.count"]), (200, &Value::Null));
    let (_, count) = tenant.get_eventual("/v1.0/users/$count").await;
    assert_eq!(count, tenant.view("").await["users"]);
}

#[tokio::test]
async fn without_select_there_are_the_default_properties_only() {
    let tenant = Tenant::start().await;
    let (_, answer) = tenant.get("/v1.0/users?$top=1").await;
    let mut names: Vec<&String> = answer["value"][0].as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(
        names,
        [
            "businessPhones",
            "displayName",
            "givenName",
            "id",
            "jobTitle",
            "mail",
            "mobilePhone",
            "officeLocation",
            "preferredLanguage",
            "surname",
            "userPrincipalName"
        ]
    );
}

#[tokio::test]
async fn pages_hold_everyone_once_and_keep_their_mode() {
    let tenant = Tenant::with(SandboxOptions {
        synthetic_guests: 250,
        ..SandboxOptions::default()
    })
    .await;
    let mut ids = std::collections::HashSet::new();
    let mut link = format!("{}/v1.0/users?$select=id&$top=99", tenant.sandbox.url);
    let mut pages = 0;
    while !link.is_empty() {
        let (status, page) = tenant
            .get(link.strip_prefix(&tenant.sandbox.url).unwrap())
            .await;
        assert_eq!(status, 200, "{page}");
        for user in page["value"].as_array().unwrap() {
            assert!(ids.insert(user["id"].to_string()));
        }
        link = page["@odata.nextLink"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        pages += 1;
    }
    assert_eq!(json!(ids.len()), tenant.view("").await["users"]);
    assert_eq!(pages, ids.len().div_ceil(99));

    let path = "/v1.0/users?$count=true&$top=9&$select=id&$filter=endsWith(mail,'@crowd.example')";
    let (_, page) = tenant.get_eventual(path).await;
    assert_eq!(page["@odata.count"], 250);
    let next = page["@odata.nextLink"].as_str().unwrap();
    let next = next.strip_prefix(&tenant.sandbox.url).unwrap();
    let (status, refused) = tenant.get(next).await;
    assert_eq!((status, code(&refused)), (400, "Request_UnsupportedQuery"));
    let (status, page) = tenant.get_eventual(next).await;
    assert_eq!((status, &page["@odata.count"]), (200, &Value::Null));
    let (status, _) = tenant.get_eventual(&next.replace("$top=9", "$top=8")).await;
    assert_eq!(status, 400, "a token belongs to its query");
}

#[tokio::test]
async fn a_large_tenant_answers_by_key_without_walking() {
    let tenant = Tenant::with(SandboxOptions {
        synthetic_guests: 100_000,
        ..SandboxOptions::default()
    })
    .await;
    let began = Instant::now();
    for n in (1..100_000).step_by(500) {
        let (_, answer) = tenant
            .filter(&format!(
                "mail eq 'guest-{n:06}@crowd.example' or otherMails/any(x:x eq 'guest-{n:06}@crowd.example')"
            ))
            .await;
        assert_eq!(answer["value"].as_array().unwrap().len(), 1);
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn single_users_by_id_and_by_name() {
    let tenant = Tenant::start().await;
    let jon = "/v1.0/users/jon.park_litware.example%23EXT%23@northwindpractice.onmicrosoft.com?$select=mail";
    assert_eq!(tenant.get(jon).await.1["mail"], "jon.lee@elsewhere.example");
    let (status, _) = tenant.get(&jon.replace("%23", "#")).await;
    assert_eq!(status, 404, "an unescaped # ends the path");
    let (status, user) = tenant.get("/v1.0/users/o'hara@northwind.example").await;
    assert_eq!((status, user["surname"].as_str()), (200, Some("O'Hara")));
    // The address of a guest is not a user principal name.
    let (status, answer) = tenant.get("/v1.0/users/ben.carter@fabrikam.example").await;
    assert_eq!((status, code(&answer)), (404, "Request_ResourceNotFound"));
    let (status, _) = tenant
        .get(&format!(
            "/v1.0/users/{}",
            stable_id("mona.reed@fabrikam.example")
        ))
        .await;
    assert_eq!(status, 404, "deleted");
}

#[tokio::test]
async fn objects_by_id() {
    let tenant = Tenant::start().await;
    let ben = stable_id("ben.carter@fabrikam.example");
    let mona = stable_id("mona.reed@fabrikam.example");
    let (_, groups) = tenant
        .get("/v1.0/groups?$filter=displayName eq 'Project Atlas'&$select=id,mail")
        .await;
    assert_eq!(groups["value"][0]["mail"], "atlas@northwind.example");
    let atlas = groups["value"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        tenant.get(&format!("/v1.0/groups/{atlas}")).await.1["displayName"],
        "Project Atlas"
    );
    let (_, object) = tenant.get(&format!("/v1.0/directoryObjects/{atlas}")).await;
    assert_eq!(object["@odata.type"], "#microsoft.graph.group");

    let path = "/v1.0/directoryObjects/getByIds?$select=id,externalUserState";
    let (status, found) = tenant
        .post(path, &json!({"ids": [ben, mona, atlas], "types": ["user"]}))
        .await;
    assert_eq!(status, 200, "{found}");
    assert_eq!(
        found["value"],
        json!([{"@odata.type": "#microsoft.graph.user", "id": ben, "externalUserState": "Accepted"}])
    );
    for body in [
        json!({"ids": []}),
        json!({"ids": vec![ben.clone(); 1_001]}),
        json!({"ids": ["ben"]}),
        json!({"ids": [ben], "type": ["user"]}),
        json!({"ids": [ben], "types": ["unicorn"]}),
    ] {
        assert_eq!(tenant.post(path, &body).await.0, 400);
    }
}

#[tokio::test]
async fn the_organisation_and_its_policies() {
    let tenant = Tenant::start().await.into_app().await;
    let (_, organization) = tenant
        .get("/v1.0/organization?$select=id,displayName,verifiedDomains")
        .await;
    let organization = &organization["value"][0];
    assert_eq!(organization["displayName"], "Northwind Practice");
    assert!(
        organization["verifiedDomains"]
            .as_array()
            .unwrap()
            .iter()
            .any(|domain| {
                domain["name"] == "northwindpractice.onmicrosoft.com" && domain["isInitial"] == true
            })
    );
    let (_, domains) = tenant.get("/v1.0/domains?$select=id,isVerified").await;
    assert_eq!(
        domains["value"][0],
        json!({"id": "northwind.example", "isVerified": true})
    );
    let (_, policy) = tenant
        .get("/v1.0/policies/authorizationPolicy?$select=allowInvitesFrom")
        .await;
    assert_eq!(policy["allowInvitesFrom"], "everyone");
    let (_, policies) = tenant.get("/beta/policies/b2bManagementPolicies").await;
    let definition = policies["value"][0]["definition"][0].as_str().unwrap();
    assert!(definition.contains("blocked.example"));
}

#[tokio::test]
async fn sponsors_are_added_by_reference() {
    let tenant = Tenant::start().await;
    let ben = stable_id("ben.carter@fabrikam.example");
    let anna = stable_id("anna.berg@northwind.example");
    let path = format!("/v1.0/users/{ben}/sponsors/$ref");
    let link = |id: &str| json!({"@odata.id": format!("{}/v1.0/users/{id}", tenant.sandbox.url)});
    assert_eq!(tenant.post(&path, &link(&anna)).await.0, 204);
    let (status, answer) = tenant.post(&path, &link(&anna)).await;
    assert_eq!(status, 400);
    assert!(message(&answer).starts_with("One or more added object references already exist"));
    assert_eq!(tenant.post(&path, &link(&stable_id("nobody"))).await.0, 404);
    let foreign = json!({"@odata.id": format!("https://graph.microsoft.us/v1.0/users/{anna}")});
    assert_eq!(tenant.post(&path, &foreign).await.0, 400);
    let (_, sponsors) = tenant.get(&format!("/v1.0/users/{ben}/sponsors")).await;
    assert_eq!(sponsors["value"][0]["displayName"], "Anna Berg");
}

#[tokio::test]
async fn every_answer_carries_graphs_headers() {
    let tenant = Tenant::start().await;
    let answer = tenant
        .request(Method::GET, "/v1.0/users?$select=id&$top=5")
        .header("client-request-id", "0f0e0d0c-0000-4000-8000-000000000001")
        .send()
        .await
        .unwrap();
    let headers = answer.headers();
    assert_eq!(
        headers["client-request-id"],
        "0f0e0d0c-0000-4000-8000-000000000001"
    );
    assert_eq!(headers["x-ms-resource-unit"], "1");
    for name in ["request-id", "date", "x-ms-ags-diagnostic"] {
        assert!(headers.contains_key(name), "{name}");
    }
}
