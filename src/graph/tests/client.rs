//! Reads and changes against a server that misbehaves.

use super::super::{
    testing::{Reply, Server, error, json, with},
    *,
};
use super::invite::{INVITED, request};
use crate::{
    exit::Exit,
    pace::{Pace, PaceOptions},
};
use serde_json::{Value, json as value};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

#[tokio::test]
async fn an_answer_from_between_names_who_wrote_it() {
    let server = Server::start(|_, _| {
        let page = with(json(403, "<h1>Blocked</h1>"), "server", "Filter/7");
        with(page, "via", "1.1 proxy-3")
    })
    .await;
    let attempt = server.graph().invite(&request(), Uuid::new_v4()).await;
    let fault = attempt.verdict.fault().unwrap();
    assert!(fault.is_from_between());
    let named = fault.answered_by.as_deref().unwrap();
    assert!(
        named.starts_with("Server: Filter/7") && named.ends_with("Via: 1.1 proxy-3"),
        "{named}"
    );
}

#[tokio::test]
async fn a_limit_that_is_nearly_used_slows_an_automatic_rate() {
    for (name, value, slower) in [
        ("x-ms-throttle-limit-percentage", "0.87", true),
        ("x-ms-throttle-limit-percentage", "0.5", false),
        ("x-other", "0.87", false),
    ] {
        let server = Server::start(move |_, _| {
            let reply = with(json(200, r#"{"value":[{"id":"o1"}]}"#), "request-id", "r1");
            with(reply, name, value)
        })
        .await;
        let pace = Pace::new(&PaceOptions {
            verified: 100,
            ..PaceOptions::default()
        });
        let before = pace.rising_target().unwrap();
        let graph = server.graph_paced(pace.clone());
        graph.organization().await.unwrap();
        let after = pace.rising_target().unwrap();
        assert_eq!(after < before, slower, "{name} {value}: {before} {after}");
    }
}

#[tokio::test]
async fn reads_wait_as_long_as_they_are_told() {
    let date = || httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(3_600));
    let later = || {
        httpdate::fmt_http_date(
            SystemTime::now() + Duration::from_secs(1) - Duration::from_secs(3_600),
        )
    };
    let replies: [fn() -> String; 2] = [|| "1".into(), || "0.4".into()];
    for (reply, least) in replies.into_iter().zip([1.0, 0.4]) {
        let server = Server::start(move |_, before| match before {
            0 => with(error(429, "TooManyRequests", ""), "retry-AFTER", reply()),
            _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
        })
        .await;
        let graph = server.graph();
        graph.organization().await.unwrap();
        let sent = server.received();
        let waited = sent[1].at.duration_since(sent[0].at).as_secs_f64();
        assert!(waited >= least && waited < least + 5.0, "{waited}");
        assert_eq!(
            graph.requests(),
            RequestCounts {
                total: 2,
                throttled: 1,
                retried: 1
            }
        );
    }
    // A date is measured by the server's own clock, here an hour slow.
    let server = Server::start(move |_, before| match before {
        0 => with(
            with(error(429, "TooManyRequests", ""), "Date", date()),
            "Retry-After",
            later(),
        ),
        _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
    })
    .await;
    let graph = server.graph();
    graph.organization().await.unwrap();
    let sent = server.received();
    let waited = sent[1].at.duration_since(sent[0].at).as_secs_f64();
    assert!((0.9..6.0).contains(&waited), "{waited}");
}

#[tokio::test]
async fn the_servers_clock_is_known_from_its_answers() {
    let server = Server::start(|_, _| {
        let slow = SystemTime::now() - Duration::from_secs(3_600);
        with(
            json(200, r#"{"value":[{"id":"o1"}]}"#),
            "Date",
            httpdate::fmt_http_date(slow),
        )
    })
    .await;
    let graph = server.graph();
    assert_eq!(graph.skew(), None);
    graph.organization().await.unwrap();
    let skew = graph.skew().unwrap().as_secs();
    assert!((-3_602..=-3_599).contains(&skew), "{skew}");
}

#[tokio::test]
async fn a_503_and_its_retry_after_hold_back_everybody_and_get_a_new_connection() {
    let server = Server::start(|received, before| match before {
        0 => json(200, r#"{"value":[{"id":"o1"}]}"#),
        1 => with(json(503, ""), "Retry-After", "1"),
        _ if received.path.contains("invitations") => json(201, INVITED),
        _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
    })
    .await;
    let graph = server.graph();
    graph.organization().await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let reading = tokio::spawn({
        let graph = graph.clone();
        async move { graph.organization().await }
    });
    while server.received().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    graph.invite(&request(), Uuid::new_v4()).await;
    reading.await.unwrap().unwrap();
    let sent = server.received();
    for later in &sent[2..] {
        assert!(later.at.duration_since(sent[1].at) >= Duration::from_millis(990));
        assert_ne!(
            later.connection, sent[1].connection,
            "a new connection after 503"
        );
    }
    assert_eq!(
        sent[0].connection, sent[1].connection,
        "connections are kept otherwise"
    );
}

#[tokio::test]
async fn a_wait_that_is_too_long_ends_the_run_as_temporary() {
    let server =
        Server::start(|_, _| with(error(429, "TooManyRequests", ""), "Retry-After", "3600")).await;
    let graph = server.graph();
    let attempt = graph.invite(&request(), Uuid::new_v4()).await;
    assert!(
        matches!(attempt.verdict, Verdict::RetryAfter { .. }),
        "{attempt:?}"
    );
    assert_eq!(
        graph.organization().await.unwrap_err().exit(),
        Exit::TryAgain
    );
    assert_eq!(server.received().len(), 1, "nobody is sent after it");
}

#[tokio::test]
async fn a_read_is_patient_with_a_server_that_throttles_and_asks_it_ever_more_seldom() {
    const PAST: &str = "Thu, 01 Jan 2026 00:00:00 GMT";
    // Under every name, and whatever wait is named.
    for (status, code, retry_after) in [
        (429, "TooManyRequests", "0"),
        (400, "Request_ThrottledTemporarily", PAST),
        (403, "activityLimitReached", "soon"),
        (503, "ServiceUnavailable", "0"),
    ] {
        let server = Server::start(move |_, before| match before {
            0..2 => with(error(status, code, ""), "Retry-After", retry_after),
            _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
        })
        .await;
        server.graph().organization().await.unwrap();
        let at: Vec<_> = server.received().iter().map(|sent| sent.at).collect();
        let pauses = [at[1] - at[0], at[2] - at[1]];
        assert_eq!(at.len(), 3);
        assert!(
            pauses[0] >= Duration::from_secs(1) && pauses[1] >= Duration::from_secs(2),
            "{code}: {pauses:?}"
        );
    }
}

#[tokio::test]
async fn reads_outlive_resets_and_cut_bodies_but_not_for_ever() {
    let server = Server::start(|_, before| match before {
        0 => Reply::HangUp,
        1 => Reply::Raw("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"value\":[".into()),
        2 => Reply::Http(
            502,
            vec![("request-id", "r1".into())],
            "<html><h1>Bad Gateway</h1></html>".into(),
        ),
        _ => json(200, r#"{"value":[{"id":"o1","displayName":"Contoso"}]}"#),
    })
    .await;
    let found = server.graph().organization().await.unwrap();
    assert_eq!(
        (found.id.as_str(), found.display_name.as_deref()),
        ("o1", Some("Contoso"))
    );
    assert_eq!(server.received().len(), 4);
}

#[tokio::test]
async fn no_redirect_is_followed_and_no_foreign_next_link() {
    let other = Server::start(|_, _| json(200, "{}")).await;
    let target = other.url.clone();
    let server = Server::start(move |received, _| {
        if received.path.contains("organization") {
            with(
                json(307, ""),
                "Location",
                format!("{target}/v1.0/organization"),
            )
        } else {
            json(
                200,
                &format!(r#"{{"value":[],"@odata.nextLink":"{target}/v1.0/users?$skiptoken=x"}}"#),
            )
        }
    })
    .await;
    let graph = server.graph();
    assert_eq!(
        graph.organization().await.unwrap_err().code,
        catalogue::REDIRECT
    );
    let mut pages = graph.users("/users?$top=999", Read::ONE).unwrap();
    let fault = loop {
        match pages.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the foreign page was taken for the end"),
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault.code, catalogue::FOREIGN_LINK);
    assert!(other.received().is_empty(), "a token left the house");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let server =
        Server::start(|_, _| json(200, &format!("[{}]", " ".repeat(17 * 1024 * 1024)))).await;
    let fault = server
        .graph()
        .get::<Value>("/users", Read::ONE)
        .await
        .unwrap_err();
    assert_eq!(fault.code, catalogue::ANSWER_TOO_LONG);
}

#[tokio::test]
async fn pages_keep_their_header_and_start_again_when_the_server_lost_its_place() {
    let id = |n: u32| format!("00000000-0000-4000-8000-{n:012}");
    let server = Server::start(move |received, before| {
        let next = |token: &str| {
            format!(
                "http://{}/v1.0/users?$skiptoken={token}",
                received.header("host").unwrap()
            )
        };
        let page = |ids: &[u32], next: Option<String>| {
            let people: Vec<Value> = ids.iter().map(|n| value!({"id": id(*n)})).collect();
            let mut page = value!({"value": people});
            if let Some(next) = next {
                page["@odata.nextLink"] = value!(next);
            }
            json(200, &page.to_string())
        };
        match (received.path.split('=').next_back().unwrap(), before) {
            ("999", _) => page(&[1, 2], Some(next("two"))),
            ("two", 1) => error(400, "DirectoryPageTokenNotFoundException", "lost"),
            ("two", _) => page(&[], Some(next("three"))),
            _ => page(&[3], None),
        }
    })
    .await;
    let graph = server.graph();
    let mut pages = graph.users("/users?$top=999", Read::ADVANCED).unwrap();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        found.extend(page.into_iter().map(|person| person.id));
    }
    assert_eq!(found, [id(1), id(2), id(3)], "everybody once");
    let sent = server.received();
    assert_eq!(sent.len(), 5);
    assert!(
        sent.iter()
            .all(|request| request.header("consistencylevel") == Some("eventual"))
    );
}

#[tokio::test]
async fn counts_ids_and_changes() {
    let server = Server::start(|received, _| match (received.method.as_str(), received.path.as_str()) {
        ("GET", "/v1.0/users/$count") => Reply::Http(200, vec![("Content-Type", "text/plain".into())], "\u{feff}1234\n".into()),
        ("POST", path) if path.contains("getByIds") => json(200, r#"{"value":[{"id":"u1","accountEnabled":true}]}"#),
        ("POST", "/v1.0/users/u1/sponsors/$ref") => error(400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'sponsors'."),
        _ => Reply::Http(204, vec![("request-id", "r1".into())], String::new()),
    })
    .await;
    let graph = server.graph();
    assert_eq!(graph.count("/users/$count").await.unwrap(), 1234);
    assert_eq!(
        graph.get_by_ids(&["u1".into()]).await.unwrap()[0].account_enabled,
        Some(true)
    );
    let reference = value!({"@odata.id": format!("{}/v1.0/users/s1", server.url)});
    graph
        .change(
            reqwest::Method::POST,
            "/users/u1/sponsors/$ref",
            Some(&reference),
        )
        .await
        .unwrap();
    graph
        .change(
            reqwest::Method::PATCH,
            "/users/u1",
            Some(&value!({"jobTitle": "x"})),
        )
        .await
        .unwrap();
    let ids = server.received()[1].json();
    assert_eq!(ids, value!({"ids": ["u1"], "types": ["user"]}));
}

#[tokio::test]
async fn sponsors_are_added_by_reference_and_read_back() {
    let server = Server::start(|received, before| match (received.method.as_str(), before) {
        ("POST", 0) => Reply::Http(204, vec![("request-id", "r1".into())], String::new()),
        ("POST", 1) => error(400, "Request_BadRequest", "One or more added object references already exist for the following modified properties: 'sponsors'."),
        ("POST", _) => error(404, "Request_ResourceNotFound", "Resource 'u1' does not exist or one of its queried reference-property objects are not present."),
        _ => json(200, r#"{"value":[{"id":"s1","@odata.type":"user"},{"id":"g1"}]}"#),
    })
    .await;
    let graph = server.graph();
    graph
        .add_sponsor("u1", &Sponsor::User("s1".into()))
        .await
        .unwrap();
    graph
        .add_sponsor("u1", &Sponsor::Group("g1".into()))
        .await
        .unwrap();
    assert_eq!(
        graph
            .add_sponsor("u1", &Sponsor::User("s1".into()))
            .await
            .unwrap_err()
            .class,
        Class::Absent
    );
    let sent = server.received();
    assert_eq!(
        (sent.len(), sent[0].path.as_str()),
        (3, "/v1.0/users/u1/sponsors/$ref")
    );
    assert_eq!(
        sent[0].json()["@odata.id"],
        format!("{}/v1.0/users/s1", server.url)
    );
    assert_eq!(
        sent[1].json()["@odata.id"],
        format!("{}/v1.0/groups/g1", server.url)
    );
    assert!(graph.abilities().sponsors_in_invitations);
}

/// Something on the way answers in place of Graph: at first that ends the command, later it passes.
#[tokio::test]
async fn an_answer_that_graph_did_not_write_is_trouble_that_passes_once_graph_was_reached() {
    for (status, body) in [
        (403, "<html>no</html>"),
        (404, ""),
        (200, "<html>sign in</html>"),
        (302, ""),
        (503, ""),
    ] {
        let page = move || Reply::Http(status, vec![], body.into());
        let server = Server::start(move |_, _| page()).await;
        let fault = server.graph().organization().await.unwrap_err();
        assert!(fault.is_from_between(), "{status} {fault:?}");
        assert_eq!(fault.exit(), Exit::TryAgain, "{status}");
        assert_eq!(server.received().len(), 1, "{status}");

        let server = Server::start(move |_, before| match before {
            1 => page(),
            _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
        })
        .await;
        let graph = server.graph();
        graph.organization().await.unwrap();
        graph.organization().await.unwrap();
        assert_eq!(server.received().len(), 3, "{status}");
    }
}
