//! A mail server: reached, signed in to, and given one mail at a time, each over a connection of its own.
//!
//! Every wait is bounded. What was sent and what came back is told exactly: only a reply that is lost after the mail's own
//! end leaves it unknown whether the mail left.

use super::{
    smtp_stream,
    smtp_trouble::{Phase, ServerTrouble, SmtpEnd, Trouble, expected},
};
use crate::{
    failure::{Failure, Result},
    files,
    one_word::OneWord,
};
use clap::ValueEnum;
use lettre::Address;
use lettre::transport::smtp::{
    Error as SmtpError,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, Certificate, TlsParameters},
    commands::{Data, Mail, Rcpt},
    extension::ClientId,
    response::{Response, Severity},
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fmt,
    path::Path,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    net::TcpStream,
    task::{JoinError, JoinHandle},
    time::{Instant, timeout, timeout_at},
};

/// How long a mail server is waited for.
#[derive(Debug, Clone, Copy)]
struct Waits {
    connect: Duration,
    /// For the greeting, and for the answer to each command.
    answer: Duration,
    /// For everything up to the end of the mail.
    conversation: Duration,
    /// For the answer to a whole mail, which a server may look through first.
    taken: Duration,
}

impl Waits {
    const USUAL: Self = Self {
        connect: Duration::from_secs(10),
        answer: Duration::from_secs(30),
        conversation: Duration::from_secs(100),
        taken: Duration::from_secs(100),
    };
}

const LONGEST_CA_FILE: u64 = 16 * 1024 * 1024;

/// How the server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after the greeting, or nothing is sent.
    #[value(name = "starttls")]
    StartTls,
    /// On loopback only.
    None,
}

impl OneWord for Security {}

/// How to reach the server.
#[derive(Debug, Clone)]
pub(crate) struct SmtpOptions<'a> {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub user: Option<String>,
    pub password: Option<SecretString>,
    /// Certificates to trust beside the system's, PEM.
    pub ca_file: Option<&'a Path>,
}

#[derive(Clone)]
pub(crate) struct Smtp {
    host: String,
    port: u16,
    security: Security,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    waits: Waits,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({self})")
    }
}

impl fmt::Display for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Smtp {
    pub(crate) fn new(options: SmtpOptions<'_>) -> Result<Self> {
        let tls = match options.security {
            Security::None => None,
            Security::Tls | Security::StartTls => Some(tls(&options)?),
        };
        let credentials = match (options.user, options.password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user, password.expose_secret().to_owned()))
            }
            _ => None,
        };
        Ok(Self {
            host: options.host,
            port: options.port,
            security: options.security,
            tls,
            credentials,
            waits: Waits::USUAL,
        })
    }

    /// Reaches the server and signs in, without sending anything.
    pub(crate) async fn probe(&self) -> std::result::Result<(), ServerTrouble> {
        let server = self.clone();
        let probing = tokio::spawn(async move {
            let mut conversation = server.open().await?;
            conversation.quit().await;
            Ok(())
        });
        let probed = joined(probing, Phase::Connecting).await;
        probed.map_err(Trouble::of_the_server)
    }

    /// Sends a mail once, to everybody of `to` or to nobody. The conversation has a task of its own, so that nothing else
    /// waits while a long answer is read.
    pub(crate) async fn send(&self, from: Address, to: Vec<Address>, mail: Vec<u8>) -> SmtpEnd {
        let server = self.clone();
        let talking = tokio::spawn(async move { server.converse(from, &to, &mail).await });
        // A task that has failed may have sent it.
        match joined(talking, Phase::Mail).await {
            Ok(status) => SmtpEnd::HandedOver { status },
            Err(trouble) => trouble.end(),
        }
    }

    async fn converse(
        &self,
        from: Address,
        to: &[Address],
        mail: &[u8],
    ) -> std::result::Result<u16, Trouble> {
        let mut conversation = self.open().await?;
        conversation
            .command(Phase::Sender, Mail::new(Some(from), Vec::new()))
            .await?;
        for to in to {
            conversation
                .command(Phase::Recipient, Rcpt::new(to.clone(), Vec::new()))
                .await?;
        }
        let ready = conversation.command(Phase::Data, Data).await?;
        expected(Phase::Data, &ready, Severity::PositiveIntermediate)?;
        let taken = conversation.mail(mail).await?;
        expected(Phase::Mail, &taken, Severity::PositiveCompletion)?;
        // The mail is the server's now, whatever it says to this.
        conversation.quit().await;
        Ok(taken.code().into())
    }

    /// Reaches the server, with TLS where that is wanted, and signs in.
    async fn open(&self) -> std::result::Result<Conversation, Trouble> {
        const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
        let hello = ClientId::default();
        let until = Instant::now() + self.waits.conversation;
        let server = (self.host.as_str(), self.port);
        let stream = match timeout(self.waits.connect, TcpStream::connect(server)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(Trouble::of_the_connection(error.to_string())),
            Err(_) => {
                let waited = self.waits.connect.as_secs();
                return Err(Trouble::of_the_connection(format!(
                    "there is no connection after {waited} s"
                )));
            }
        };
        let at_once = self.tls.clone().filter(|_| self.security == Security::Tls);
        let opening = smtp_stream::open(stream, at_once, &hello);
        let deadline = until.min(Instant::now() + self.waits.answer);
        let (connection, limit) = answered(Phase::Connecting, deadline, opening).await?;
        let mut conversation = Conversation {
            connection,
            until,
            waits: self.waits,
        };
        if let (Security::StartTls, Some(tls)) = (self.security, &self.tls) {
            if !conversation.connection.can_starttls() {
                return Err(Trouble {
                    is_tls: true,
                    is_mismatch: true,
                    ..Trouble::of_the_connection("it does not offer STARTTLS".to_owned())
                });
            }
            limit.for_a_handshake();
            let deadline = conversation.deadline();
            let starting = conversation.connection.starttls(tls.clone(), &hello);
            answered(Phase::Connecting, deadline, starting).await?;
            limit.for_replies();
        }
        if let Some(credentials) = &self.credentials {
            let deadline = conversation.deadline();
            let signing_in = conversation.connection.auth(&MECHANISMS, credentials);
            answered(Phase::SigningIn, deadline, signing_in).await?;
        }
        Ok(conversation)
    }
}

/// A server that listens, and how long it may take.
struct Conversation {
    connection: AsyncSmtpConnection,
    /// When the whole mail has to be there.
    until: Instant,
    waits: Waits,
}

impl Conversation {
    /// When the answer to a command has to be there.
    fn deadline(&self) -> Instant {
        self.until.min(Instant::now() + self.waits.answer)
    }

    async fn command(
        &mut self,
        phase: Phase,
        command: impl fmt::Display,
    ) -> std::result::Result<Response, Trouble> {
        let deadline = self.deadline();
        answered(phase, deadline, self.connection.command(command)).await
    }

    /// The mail itself. Until the line that ends it is sent, the server has nothing that it could deliver.
    async fn mail(&mut self, mail: &[u8]) -> std::result::Result<Response, Trouble> {
        let is_ending = AtomicBool::new(false);
        let parts = [Some(mail), None].into_iter().map_while(|part| {
            is_ending.store(part.is_none(), Relaxed);
            part
        });
        let deadline = Instant::now() + self.waits.taken;
        let taken = self.connection.message_iter(parts);
        let taken = answered(Phase::Mail, deadline, taken).await;
        taken.map_err(|trouble| Trouble {
            phase: if is_ending.load(Relaxed) {
                Phase::Mail
            } else {
                Phase::Data
            },
            ..trouble
        })
    }

    async fn quit(&mut self) {
        let _ = timeout(Duration::from_secs(2), self.connection.quit()).await;
    }
}

/// What a task of its own brought; it ends with whoever waits for it.
async fn joined<T>(
    task: JoinHandle<std::result::Result<T, Trouble>>,
    phase: Phase,
) -> std::result::Result<T, Trouble> {
    struct EndsWithMe<T>(JoinHandle<T>);
    impl<T> Drop for EndsWithMe<T> {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let mut task = EndsWithMe(task);
    let failed = |error: JoinError| Trouble {
        phase,
        ..Trouble::of_the_connection(format!("the conversation ended early: {error}"))
    };
    (&mut task.0).await.map_err(failed)?
}

fn tls(options: &SmtpOptions<'_>) -> Result<TlsParameters> {
    let mut builder = TlsParameters::builder(options.host.clone());
    if let Some(path) = options.ca_file {
        let wrong = |why: &dyn fmt::Display| {
            Failure::usage(format!(
                "the certificates in {} cannot be read: {why}",
                path.display()
            ))
            .hint("--ca-file and [tenant] ca_file name a PEM file")
        };
        let pem = files::read_given(path, LONGEST_CA_FILE).map_err(|error| wrong(&error))?;
        builder = builder
            .add_root_certificate(Certificate::from_pem(&pem).map_err(|error| wrong(&error))?);
    }
    builder.build_rustls().map_err(|error| {
        Failure::usage(format!(
            "TLS with the mail server {} cannot be set up: {error}",
            options.host
        ))
        .hint("correct [smtp] host, or the certificates that --ca-file names")
    })
}

/// What a step of the conversation brought, within its time.
async fn answered<T>(
    phase: Phase,
    deadline: Instant,
    step: impl Future<Output = std::result::Result<T, SmtpError>>,
) -> std::result::Result<T, Trouble> {
    let began = Instant::now();
    match timeout_at(deadline, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Trouble::said(phase, &error)),
        Err(_) => Err(Trouble {
            phase,
            ..Trouble::of_the_connection(format!(
                "its answer was not there after {} s",
                began.elapsed().as_secs()
            ))
        }),
    }
}

#[cfg(test)]
mod tests;
