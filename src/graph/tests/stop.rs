//! After the stop nothing leaves, whatever it was waiting for.

use super::super::{
    testing::{Credential, Received, Server, error, json},
    *,
};
use crate::pace::StopSignal;
use serde_json::json as value;
use std::time::Duration;
use uuid::Uuid;

const INVITED: &str = r#"{"id":"i1","inviteRedeemUrl":"https://login.example/redeem?ticket=SECRET","status":"PendingAcceptance",
"invitedUserEmailAddress":"ada@partner.example","invitedUser":{"id":"8a3cf1de-9a41-4a4e-9b6c-8e2a3f8e2b10"}}"#;

fn request() -> InvitationRequest {
    InvitationRequest {
        email: "ada@partner.example".into(),
        redirect_url: "https://r.example".into(),
        ..InvitationRequest::default()
    }
}

/// Sixteen invitations and a read that wait for something when the run stops.
async fn nothing_leaves(server: &Server, graph: &Graph, stop: &StopSignal) {
    let waiting: Vec<_> = (0..16)
        .map(|_| {
            let graph = graph.clone();
            tokio::spawn(async move { graph.invite(&request(), Uuid::new_v4()).await.verdict })
        })
        .collect();
    let reading = tokio::spawn({
        let graph = graph.clone();
        async move { graph.organization().await }
    });
    let changing = tokio::spawn({
        let graph = graph.clone();
        async move {
            let path = "/users/u1";
            graph
                .change(reqwest::Method::PATCH, path, Some(&value!({"a": 1})))
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let before = server.received().len();
    stop.raise();
    let raised = std::time::Instant::now();
    for waiting in waiting {
        let verdict = waiting.await.unwrap();
        assert_eq!(verdict.word(), "not sent", "{verdict:?}");
        assert_eq!(verdict.fault().unwrap().code, catalogue::RUN_STOPPED);
    }
    let faults = [
        reading.await.unwrap().unwrap_err(),
        changing.await.unwrap().unwrap_err(),
    ];
    assert_eq!(faults.map(|fault| fault.code), [catalogue::RUN_STOPPED; 2]);
    assert!(raised.elapsed() < Duration::from_secs(2), "nobody is deaf");
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(
        server.received().len(),
        before,
        "nothing left after the stop"
    );
}

#[tokio::test]
async fn who_waits_for_a_token_or_at_the_gate_when_the_run_stops_sends_nothing() {
    let answer = |_: &Received, _: usize| json(200, r#"{"value":[{"id":"o1"}]}"#);
    let server = Server::start(answer).await;
    let stop = StopSignal::default();
    let slow = Credential {
        takes: Duration::from_millis(800),
        ..Credential::new("t", 3_600)
    };
    let graph = server.graph_stopped_by(&slow, &stop);
    nothing_leaves(&server, &graph, &stop).await;

    let server = Server::start(answer).await;
    let stop = StopSignal::default();
    let graph = server.graph_stopped_by(&Credential::new("t", 3_600), &stop);
    graph.organization().await.unwrap();
    graph.0.pace.wait_out(Duration::from_secs(1)).unwrap();
    nothing_leaves(&server, &graph, &stop).await;
    // What the end of the run asks still leaves.
    graph.after_the_stop().organization().await.unwrap();
}

#[tokio::test]
async fn an_invitation_that_has_left_is_waited_for_and_not_sent_again_with_a_new_token() {
    let stop = StopSignal::default();
    let raise = stop.clone();
    let server = Server::start(move |_, _| {
        raise.raise();
        std::thread::sleep(Duration::from_millis(100));
        error(
            401,
            "InvalidAuthenticationToken",
            "Lifetime validation failed.",
        )
    })
    .await;
    let graph = server.graph_stopped_by(&Credential::new("t", 3_600), &stop);
    let attempt = graph.invite(&request(), Uuid::new_v4()).await;
    assert_eq!(attempt.verdict.word(), "not sent", "{attempt:?}");
    assert_eq!(
        server.received().len(),
        1,
        "the 401 said that nothing was done"
    );

    let stop = StopSignal::default();
    let raise = stop.clone();
    let server = Server::start(move |_, _| {
        raise.raise();
        std::thread::sleep(Duration::from_millis(100));
        json(201, INVITED)
    })
    .await;
    let graph = server.graph_stopped_by(&Credential::new("t", 3_600), &stop);
    let attempt = graph.invite(&request(), Uuid::new_v4()).await;
    assert_eq!(attempt.verdict.word(), "done", "{attempt:?}");
}
