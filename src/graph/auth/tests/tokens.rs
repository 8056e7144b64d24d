//! The shared refresher on a paused clock.

use super::super::{
    catalogue as codes,
    failures::{busy, refusal},
    tokens::{CredentialSource, Tokens},
    transport::EntraAnswer,
};
use crate::{exit::Exit, graph::testing::Credential};
use azure_core::error::ErrorKind;
use secrecy::ExposeSecret;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::{Instant, advance, sleep};

async fn secret(tokens: &Tokens) -> String {
    tokens
        .token()
        .await
        .unwrap()
        .secret()
        .expose_secret()
        .to_owned()
}

fn failing(fault: crate::graph::Fault) -> azure_core::Error {
    azure_core::Error::new(ErrorKind::Credential, fault)
}

#[tokio::test(start_paused = true)]
async fn fifty_callers_make_one_request() {
    let credential = Credential {
        takes: Duration::from_secs(1),
        ..Credential::new("t", 3_600)
    };
    let tokens = credential.tokens();
    let callers: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let tokens = tokens.clone();
                async move { secret(&tokens).await }
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "t-0");
    }
    assert_eq!(credential.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_token_serves_while_the_new_one_is_on_its_way() {
    let credential = Credential {
        takes: Duration::from_secs(10),
        ..Credential::new("t", 3_600)
    };
    let tokens = credential.tokens();
    assert_eq!(secret(&tokens).await, "t-0");
    advance(Duration::from_secs(3_600 - 301)).await;
    secret(&tokens).await;
    assert_eq!(credential.asked(), 1, "not before five minutes to the end");
    advance(Duration::from_secs(2)).await;
    let asked = Instant::now();
    assert_eq!(secret(&tokens).await, "t-0");
    assert_eq!(asked.elapsed(), Duration::ZERO, "nobody waits");
    sleep(Duration::from_secs(25)).await;
    assert_eq!(secret(&tokens).await, "t-1");
    assert_eq!(credential.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_service_that_is_down_for_minutes_stops_nobody() {
    let mut credential = Credential::new("t", 3_600);
    credential.fails = Arc::new(|count| {
        (1..30)
            .contains(&count)
            .then(|| failing(busy(codes::SIGN_IN_BUSY, "503")))
    });
    let tokens = credential.tokens();
    secret(&tokens).await;
    advance(Duration::from_secs(3_600 - 290)).await;
    for _ in 0..250 {
        assert!(secret(&tokens).await.starts_with("t-"));
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(secret(&tokens).await, "t-30");
    assert_eq!(credential.most_at_once.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_service_that_throttles_for_ever_is_asked_ever_more_seldom() {
    for retry_after in [Some(Duration::ZERO), Some(Duration::from_secs(1)), None] {
        let mut credential = Credential::new("t", 3_600);
        credential.fails = Arc::new(move |_| {
            let answer = EntraAnswer {
                status: 429,
                retry_after,
                ..EntraAnswer::default()
            };
            Some(azure_core::Error::with_error(
                ErrorKind::Credential,
                answer,
                "throttled",
            ))
        });
        let tokens = credential.tokens();
        let began = Instant::now();
        // Whoever needs a token keeps asking for it.
        while began.elapsed() < Duration::from_secs(300) {
            assert!(tokens.token().await.is_err());
            sleep(Duration::from_secs(4)).await;
        }
        let asked = credential.asked();
        assert!(asked <= 60, "{retry_after:?}: {asked} in five minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_three_seconds_from_a_service_that_fails_half_of_the_time() {
    for seed in 0..20 {
        let mut credential = Credential {
            takes: Duration::from_millis(50),
            ..Credential::new("t", 3)
        };
        credential.fails = Arc::new(move |count| {
            fastrand::Rng::with_seed(seed * 1_000 + u64::from(count))
                .bool()
                .then(|| failing(busy(codes::SIGN_IN_BUSY, "503")))
        });
        let tokens = credential.tokens();
        let workers: Vec<_> = (0..8)
            .map(|_| {
                let tokens = tokens.clone();
                tokio::spawn(async move {
                    for _ in 0..100 {
                        tokens.token().await.unwrap();
                        sleep(Duration::from_millis(300)).await;
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.await.unwrap();
        }
        assert_eq!(
            credential.most_at_once.load(Ordering::SeqCst),
            1,
            "seed {seed}"
        );
        assert!(
            credential.asked() < 100,
            "seed {seed}: {}",
            credential.asked()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_at_once_and_to_everybody() {
    let mut credential = Credential::new("t", 3_600);
    credential.fails = Arc::new(|_| Some(failing(refusal(codes::WRONG_SECRET, "AADSTS7000215"))));
    let tokens = credential.tokens();
    let started = Instant::now();
    for _ in 0..10 {
        let fault = tokens.token().await.unwrap_err();
        assert_eq!(
            (fault.code, fault.exit()),
            (codes::WRONG_SECRET, Exit::Permission)
        );
    }
    assert_eq!((credential.asked(), started.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_says_that_it_may_pass() {
    // At the start of a run, with nobody at the other end, it ends early.
    for (code, least, most) in [
        (codes::SIGN_IN_BUSY, 56, 60),
        (codes::SIGN_IN_UNREACHABLE, 5, 8),
    ] {
        let mut credential = Credential::new("t", 3_600);
        credential.fails = Arc::new(move |_| Some(failing(busy(code, "no"))));
        let started = Instant::now();
        let fault = credential.tokens().token().await.unwrap_err();
        assert_eq!((fault.code, fault.exit()), (code, Exit::TryAgain));
        let waited = started.elapsed().as_secs();
        assert!((least..=most).contains(&waited), "{waited}");
        assert!(credential.asked() < 60);
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_of_something_between_is_sat_out_for_seconds_only() {
    for (status, retry_after) in [(503, None), (429, Some(1)), (429, Some(3_600))] {
        let mut credential = Credential::new("t", 3_600);
        credential.fails = Arc::new(move |_| {
            let answer = EntraAnswer {
                status,
                retry_after: retry_after.map(Duration::from_secs),
                is_from_between: true,
                ..EntraAnswer::default()
            };
            Some(azure_core::Error::with_error(
                ErrorKind::Credential,
                answer,
                "a page",
            ))
        });
        let started = Instant::now();
        let fault = credential.tokens().token().await.unwrap_err();
        assert_eq!(
            (fault.code, fault.exit()),
            (codes::NOT_SIGN_IN_SERVICE, Exit::TryAgain)
        );
        assert!(started.elapsed() <= Duration::from_secs(8));
        assert!(credential.asked() <= 20, "{}", credential.asked());
        assert_eq!(credential.asked() > 1, retry_after != Some(3_600));
    }
}

#[tokio::test(start_paused = true)]
async fn a_question_that_is_lost_is_asked_again() {
    let credential = Credential::new("t", 3);
    let tokens = credential.tokens();
    secret(&tokens).await;
    let lost = Credential {
        takes: Duration::from_secs(3_600),
        ..credential.clone()
    };
    let asked = lost.asked.clone();
    let source: CredentialSource = Arc::new(move || {
        let credential = if asked.load(Ordering::SeqCst) < 2 {
            lost.clone()
        } else {
            credential.clone()
        };
        Ok(Arc::new(credential))
    });
    let tokens = Tokens::new(source, "s");
    let started = Instant::now();
    assert_eq!(secret(&tokens).await, "t-2");
    assert!(started.elapsed().as_secs() < 20);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_token_is_replaced_once_for_all() {
    let credential = Credential {
        takes: Duration::from_secs(1),
        ..Credential::new("t", 3_600)
    };
    let tokens = credential.tokens();
    let rejected = tokens.token().await.unwrap();
    let callers: Vec<_> = (0..20)
        .map(|_| {
            let (tokens, rejected) = (tokens.clone(), rejected.clone());
            tokio::spawn(async move {
                tokens
                    .refresh(&rejected, None)
                    .await
                    .unwrap()
                    .secret()
                    .expose_secret()
                    .to_owned()
            })
        })
        .collect();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), "t-1");
    }
    assert_eq!(
        tokens
            .refresh(&rejected, None)
            .await
            .unwrap()
            .secret()
            .expose_secret(),
        "t-1"
    );
    assert_eq!(credential.asked(), 2);
}
