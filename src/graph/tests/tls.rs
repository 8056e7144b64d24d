//! Private certificates: a TLS server of openssl, trusted only when `--ca-file` names its certificate.

use super::super::{
    answer::Attempt,
    base_url::BaseUrl,
    catalogue,
    http::{Http, Outgoing},
    http_client::HttpOptions,
};
use crate::{clock::Clock, pace::StopSignal};
use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::net::TcpStream;

struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new("openssl");
    command
        .current_dir(folder)
        .args(arguments.split(' '))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .stdin(Stdio::null());
    command
}

async fn serve(folder: &Path) -> Server {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let child = openssl(
        folder,
        &format!("s_server -accept 127.0.0.1:{port} -cert cert.pem -key key.pem -www -quiet"),
    );
    let server = Server({ child }.spawn().expect("these tests need openssl"), port);
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return server;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("openssl s_server does not listen");
}

async fn get(port: u16, ca_file: Option<&Path>) -> Attempt {
    let options = HttpOptions {
        ca_file: ca_file.map(Into::into),
        ..HttpOptions::default()
    };
    let base = BaseUrl::graph(&format!("https://localhost:{port}")).unwrap();
    let http = Http::new(&base, options, Clock::system()).unwrap();
    let outgoing = Outgoing {
        method: reqwest::Method::GET,
        url: base.url().clone(),
        token: &"t".into(),
        client_request_id: "id",
        advanced: false,
        json: None,
        changes: false,
        limit: 100_000,
    };
    http.send(outgoing, &StopSignal::default()).await.unwrap()
}

#[tokio::test]
async fn a_private_certificate_is_trusted_only_when_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let key = "req -x509 -newkey rsa:2048 -nodes -days 2";
    for arguments in [
        format!("{key} -keyout ca.key -out ca.pem -subj /CN=private"),
        format!(
            "{key} -keyout key.pem -out cert.pem -subj /CN=localhost -CA ca.pem -CAkey ca.key \
             -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
        ),
    ] {
        let made = openssl(folder.path(), &arguments).status();
        assert!(made.expect("these tests need openssl").success());
    }
    let server = serve(folder.path()).await;
    let certificate = folder.path().join("ca.pem");
    match get(server.1, Some(&certificate)).await {
        Attempt::Answered(answer) => assert_eq!(answer.status, 200),
        other => panic!("{other:?}"),
    }
    // Nothing is sent to whom we cannot trust, so nothing was done.
    match get(server.1, None).await {
        Attempt::NotConnected(unreached) => {
            assert_eq!(unreached.code, catalogue::NOT_TRUSTED);
            assert!(unreached.why.contains("issued by private"), "{unreached:?}");
        }
        other => panic!("{other:?}"),
    }
}
