//! What stands between this machine and Microsoft: certificate authorities that are not known, and proxies that refuse.
#![cfg(target_os = "linux")]

use super::openssl::openssl;
use crate::support::{Answer, Ended, Guests, Relay, Workdir};
use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const ELSEWHERE: &str = "11111111-2222-4333-8444-555555555555";

/// A server of openssl whose certificate was issued by an authority of nobody.
struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    /// The authority is `ca.pem` in the folder. `None` where there is no openssl.
    fn start(workdir: &Workdir) -> Option<Self> {
        let key = "req -x509 -newkey rsa:2048 -nodes -days 2";
        for step in [
            format!("{key} -keyout ca.key -out ca.pem -subj /O=Contoso/CN=Contoso-Inspection"),
            format!(
                "{key} -keyout key.pem -out cert.pem -subj /CN=localhost -CA ca.pem -CAkey ca.key \
                 -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE"
            ),
        ] {
            openssl(workdir, &step)?;
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let serve =
            format!("s_server -accept 127.0.0.1:{port} -cert cert.pem -key key.pem -www -quiet");
        let child = Command::new("openssl")
            .current_dir(workdir.path(""))
            .args(serve.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self(child, port);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            thread::sleep(Duration::from_millis(25));
        }
        Some(server)
    }
}

/// A run with a token, so that Graph is the first that is asked.
fn invite(workdir: &Workdir, graph: &str, variables: &[(&str, &str)], more: &[&str]) -> Ended {
    workdir.write("guests.csv", Guests::new().people(1));
    let usual = [
        "invite",
        "guests.csv",
        "--dry-run",
        "--tenant",
        ELSEWHERE,
        "--graph-url",
        graph,
    ];
    let mut command = workdir.command(&[&usual, more].concat());
    command
        .env("GUESTLIST_ACCESS_TOKEN", "any")
        .envs(variables.iter().copied());
    Ended::of(&mut command)
}

#[test]
fn an_unknown_authority_is_named_and_the_systems_store_is_read() {
    let workdir = Workdir::new();
    let Some(server) = Server::start(&workdir) else {
        return;
    };
    let url = format!("https://localhost:{}", server.1);
    let started = Instant::now();
    let ended = invite(&workdir, &url, &[], &[])
        .expect_code(2)
        .says("[GL633]")
        .says(
            "issued by Contoso-Inspection (Contoso), an authority that this machine does not know",
        )
        .says("--ca-file");
    assert!(!ended.stderr.contains("temporary"), "{}", ended.stderr);
    assert!(
        started.elapsed() < Duration::from_secs(30),
        "it is not tried again for minutes"
    );

    // The same at the sign-in service.
    let mut app = workdir.command(&[
        "doctor",
        "--tenant",
        ELSEWHERE,
        "--authority-url",
        &url,
        "--graph-url",
        &url,
    ]);
    app.env("AZURE_CLIENT_ID", "an-app")
        .env("AZURE_CLIENT_SECRET", "secret");
    let ended = Ended::of(&mut app).expect_code(2);
    assert!(
        ended.stdout.contains("Contoso-Inspection"),
        "{}",
        ended.stdout
    );

    // Trusted in any of the three ways, the server answers, and is no Graph.
    let trusted = |variables: &[(&str, &str)], more: &[&str]| {
        invite(&workdir, &url, variables, more)
            .expect_code(5)
            .says("something between here and Graph answered");
    };
    trusted(&[], &["--ca-file", "ca.pem"]);
    trusted(&[("SSL_CERT_FILE", "ca.pem")], &[]);
    let hash = openssl(&workdir, "x509 -in ca.pem -noout -subject_hash").unwrap();
    std::fs::create_dir(workdir.path("certs")).unwrap();
    workdir.write(&format!("certs/{}.0", hash.trim()), workdir.read("ca.pem"));
    let folder = workdir.path("certs").display().to_string();
    trusted(&[("SSL_CERT_DIR", &folder)], &[]);
}

#[test]
fn a_proxy_that_refuses_is_named_with_the_variable_that_names_it() {
    let workdir = Workdir::new();
    for (status, code, said) in [
        (407, "[GL631]", "asks for a user name and a password (407)"),
        (403, "[GL634]", "refuses to connect to this host"),
    ] {
        let proxy = Relay::start(move |_| Answer(status, "text/html", "no".into()));
        let address = proxy.url.replace("http://", "http://mia:s3cret@");
        let ended = invite(
            &workdir,
            "https://graph.example",
            &[("HTTPS_PROXY", &address)],
            &[],
        )
        .expect_code(2)
        .says(code)
        .says(&format!(
            "{}, with a user name (from HTTPS_PROXY)",
            proxy.url
        ))
        .says(said);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
        assert_eq!(proxy.asked().len(), 1, "it is asked once");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let workdir = Workdir::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    invite(
        &workdir,
        "https://graph.example",
        &[("https_proxy", &nobody)],
        &[],
    )
    .expect_code(5)
    .says(&format!(
        "the proxy {nobody} (from https_proxy) cannot be reached"
    ));
}
