//! TLS from the first byte and after the greeting: certificates that are trusted or not, and a sign-in.

use super::*;
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

fn acceptor(folder: &Path) -> TlsAcceptor {
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
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

struct Server {
    folder: tempfile::TempDir,
    port: u16,
    security: Security,
    /// Connections on which TLS was agreed on.
    private: Arc<AtomicU32>,
    /// What came before that.
    in_the_open: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(security: Security, at: At, odd: Odd) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let acceptor = acceptor(folder.path());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            folder,
            port: listener.local_addr().unwrap().port(),
            security,
            private: Arc::default(),
            in_the_open: Arc::default(),
        };
        let (private, in_the_open) = (server.private.clone(), server.in_the_open.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                let (private, in_the_open) = (private.clone(), in_the_open.clone());
                tokio::spawn(async move {
                    if security == Security::StartTls {
                        until_starttls(&mut stream, &in_the_open).await?;
                    }
                    let stream = acceptor.accept(stream).await?;
                    private.fetch_add(1, SeqCst);
                    let (reads, mut writes) = tokio::io::split(stream);
                    let mut lines = BufReader::new(reads).lines();
                    if security == Security::Tls {
                        say(&mut writes, at == At::Greeting, odd, "220 here").await?;
                    }
                    converse(&mut lines, &mut writes, at, odd).await
                });
            }
        });
        server
    }

    fn client(&self, trusts: bool, password: &str) -> Smtp {
        let certificate = self.folder.path().join("cert.pem");
        Smtp {
            waits: Waits {
                answer: Duration::from_secs(5),
                ..SHORT
            },
            ..Smtp::new(SmtpOptions {
                host: "127.0.0.1".to_owned(),
                port: self.port,
                security: self.security,
                user: Some("desk".to_owned()),
                password: Some(password.to_owned().into()),
                ca_file: trusts.then_some(certificate.as_path()),
            })
            .unwrap()
        }
    }
}

async fn until_starttls(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    in_the_open: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    stream.write_all(b"220 here\r\n").await?;
    loop {
        // Byte by byte: what follows STARTTLS is no line.
        let mut line = String::new();
        while !line.ends_with("\r\n") {
            line.push(tokio::io::AsyncReadExt::read_u8(stream).await?.into());
        }
        in_the_open.lock().unwrap().push(line.clone());
        if line.starts_with("STARTTLS") {
            return stream.write_all(b"220 go on\r\n").await;
        }
        stream.write_all(b"250-here\r\n250 STARTTLS\r\n").await?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_server_is_signed_in_to_and_given_the_mail() {
    for security in [Security::Tls, Security::StartTls] {
        let server = Server::start(security, At::End, Odd::Says("250 taken")).await;
        let end = sent_by(&server.client(true, "secret")).await;
        assert_eq!(word(&end), "handed over", "{security:?}: {end:?}");
        let end = sent_by(&server.client(true, "guess")).await;
        let SmtpEnd::Server(trouble) = end else {
            panic!("{security:?}: {end:?}");
        };
        assert_eq!(trouble.exit, Exit::Permission);
        assert!(
            trouble.what.contains("does not accept the sign-in") && !trouble.what.contains("guess")
        );
        let open = server.in_the_open.lock().unwrap().join("");
        assert!(!open.contains("AUTH") && !open.contains("MAIL"), "{open}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_whose_certificate_is_not_trusted_learns_nothing() {
    for security in [Security::Tls, Security::StartTls] {
        let server = Server::start(security, At::End, Odd::Says("250 taken")).await;
        let client = server.client(false, "secret");
        let SmtpEnd::Server(trouble) = sent_by(&client).await else {
            panic!("{security:?}");
        };
        assert_eq!(client.probe().await.unwrap_err().exit, Exit::Usage);
        assert_eq!(trouble.exit, Exit::Usage, "{trouble:?}");
        assert!(trouble.what.contains("in private"), "{trouble:?}");
        assert!(trouble.fix.contains("--ca-file"), "{trouble:?}");
        assert_eq!(server.private.load(SeqCst), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_an_end_ends_behind_tls_too() {
    for security in [Security::Tls, Security::StartTls] {
        for odd in [Odd::LinesForEver, Odd::OneLongLine] {
            let server = Server::start(security, At::Recipient, odd).await;
            let end = sent_by(&server.client(true, "secret")).await;
            assert_eq!(word(&end), "broken off", "{security:?}, {odd:?}: {end:?}");
        }
    }
}
