//! How many connections are opened: a new one after a 503, and one for all where both sides speak HTTP/2.

use super::super::{
    http_client::HttpOptions,
    testing::{Credential, Server, error, json, quick_pace, with},
    *,
};
use crate::clock::Clock;
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use std::{
    convert::Infallible,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::net::TcpListener;
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

#[tokio::test]
async fn a_retry_after_503_uses_a_new_connection_from_the_first_moment() {
    let server = Server::start(|_, before| match before {
        0 | 2 => with(error(503, "ServiceUnavailable", ""), "request-id", "r-1"),
        _ => json(200, r#"{"value":[{"id":"o1"}]}"#),
    })
    .await;
    let graph = server.graph();
    for _ in 0..2 {
        graph.organization().await.unwrap();
    }
    let on: Vec<usize> = server
        .received()
        .iter()
        .map(|sent| sent.connection)
        .collect();
    assert_eq!(on, [0, 1, 1, 2], "a new one after each 503, and only then");
}

/// A server with TLS whose handshake and answers take a moment; counts its connections.
async fn serve(folder: &Path, protocols: &[&str], connections: Arc<AtomicU32>) -> u16 {
    let made = Command::new("openssl")
        .current_dir(folder)
        .args("req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1".split(' '))
        .args(["-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .stderr(Stdio::null())
        .status()
        .expect("these tests need openssl");
    assert!(made.success());
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.fetch_add(1, SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let service = service_fn(async |_: Request<Incoming>| {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    let body = r#"{"value":[{"id":"o1"}]}"#.to_owned();
                    Ok::<_, Infallible>(Response::new(body))
                });
                let _ = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    port
}

/// Connections for so many requests of 64 workers.
async fn opened(protocols: &[&str], requests: u32) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let connections = Arc::new(AtomicU32::new(0));
    let port = serve(folder.path(), protocols, connections.clone()).await;
    let config = GraphConfig {
        base_url: BaseUrl::graph(&format!("https://127.0.0.1:{port}")).unwrap(),
        http: HttpOptions {
            ca_file: Some(folder.path().join("cert.pem")),
            ..HttpOptions::default()
        },
        clock: Clock::system(),
        abilities: None,
    };
    let graph = Graph::new(config, Credential::new("t", 3_600).tokens(), quick_pace()).unwrap();
    let left = Arc::new(AtomicU32::new(requests));
    let workers: Vec<_> = (0..64)
        .map(|_| {
            let (graph, left) = (graph.clone(), left.clone());
            tokio::spawn(async move {
                while left
                    .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
                    .is_ok()
                {
                    graph.organization().await.unwrap();
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.unwrap();
    }
    connections.load(SeqCst)
}

#[tokio::test]
async fn one_connection_serves_all_over_http_2_and_one_a_worker_over_http_1() {
    assert_eq!(opened(&["h2"], 72).await, 1);
    // A few more than needed: whoever finds no idle connection opens one, and may get an idle one first. After that they
    // are used again and again.
    let one_a_worker = opened(&["http/1.1"], 640).await;
    assert!(one_a_worker <= 64 + 32, "{one_a_worker}");
}
