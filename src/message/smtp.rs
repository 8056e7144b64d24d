//! A mail server: reached, signed in to, and given one mail at a time, each over a connection of its own.
//!
//! Every wait is bounded. What was sent and what came back is told exactly: only a reply that is lost after the mail's own
//! end leaves it unknown whether the mail left.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    files,
    one_word::OneWord,
    secrets,
    visible::visible_line,
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
use std::{error::Error as _, fmt, path::Path, time::Duration};
use tokio::time::timeout;

const CONNECT: Duration = Duration::from_secs(10);
/// For the greeting, and for the answer to each command.
const ANSWER: Duration = Duration::from_secs(30);
/// For the answer to a whole mail, which a server may look through first.
const TAKEN: Duration = Duration::from_secs(100);
const LONGEST_CA_FILE: u64 = 16 * 1024 * 1024;
const LONGEST_SAID: usize = 300;

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

/// Where in the conversation something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    SigningIn,
    Sender,
    Recipient,
    Data,
    Mail,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SmtpEnd {
    HandedOver {
        status: u16,
    },
    /// Not sent; the server says that it may work later.
    Due {
        status: Option<u16>,
        why: String,
    },
    /// Not sent, and never to this person.
    Refused {
        status: u16,
        why: String,
    },
    /// The mail was sent, and the server's answer to it is lost.
    Unknown {
        why: String,
    },
    /// Nothing was sent, and nothing else will be: the server or the sign-in is at fault.
    Server(ServerTrouble),
}

/// Why no mail at all can be sent through the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerTrouble {
    pub exit: Exit,
    pub status: Option<u16>,
    /// One sentence, without the name of the server.
    pub what: String,
    pub fix: &'static str,
}

impl ServerTrouble {
    pub(crate) fn failure(&self, server: &Smtp) -> Failure {
        Failure::new(self.exit, format!("the mail server {server} {}", self.what)).hint(self.fix)
    }

    /// Whether the server was not reached, or did not speak: it may be there again in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        self.exit == Exit::TryAgain
    }
}

/// Something that did not go well.
struct Trouble {
    phase: Phase,
    /// None: no answer.
    status: Option<u16>,
    is_tls: bool,
    /// Whether the server offers nothing that this program can do.
    is_mismatch: bool,
    why: String,
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
        })
    }

    /// Reaches the server and signs in, without sending anything.
    pub(crate) async fn probe(&self) -> std::result::Result<(), ServerTrouble> {
        match self.open().await {
            Ok(mut connection) => {
                let _ = timeout(ANSWER, connection.quit()).await;
                Ok(())
            }
            Err(trouble) => Err(trouble.of_the_server()),
        }
    }

    /// Sends a mail once, to everybody of `to` or to nobody.
    pub(crate) async fn send(&self, from: &Address, to: &[Address], mail: &[u8]) -> SmtpEnd {
        match self.converse(from, to, mail).await {
            Ok(status) => SmtpEnd::HandedOver { status },
            Err(trouble) => trouble.end(),
        }
    }

    async fn converse(
        &self,
        from: &Address,
        to: &[Address],
        mail: &[u8],
    ) -> std::result::Result<u16, Trouble> {
        let mut connection = self.open().await?;
        let sender = connection.command(Mail::new(Some(from.clone()), Vec::new()));
        answered(Phase::Sender, ANSWER, sender).await?;
        for to in to {
            let recipient = connection.command(Rcpt::new(to.clone(), Vec::new()));
            answered(Phase::Recipient, ANSWER, recipient).await?;
        }
        let ready = answered(Phase::Data, ANSWER, connection.command(Data)).await?;
        expected(Phase::Data, &ready, Severity::PositiveIntermediate)?;
        let taken = answered(Phase::Mail, TAKEN, connection.message(mail)).await?;
        expected(Phase::Mail, &taken, Severity::PositiveCompletion)?;
        // The mail is the server's now, whatever it says to this.
        let _ = timeout(Duration::from_secs(2), connection.quit()).await;
        Ok(taken.code().into())
    }

    async fn open(&self) -> std::result::Result<AsyncSmtpConnection, Trouble> {
        let hello = ClientId::default();
        let at_once = self.tls.clone().filter(|_| self.security == Security::Tls);
        let connecting = AsyncSmtpConnection::connect_tokio1(
            (self.host.as_str(), self.port),
            Some(CONNECT),
            &hello,
            at_once,
            None,
        );
        let mut connection = answered(Phase::Connecting, CONNECT + ANSWER, connecting).await?;
        if let (Security::StartTls, Some(tls)) = (self.security, &self.tls) {
            if !connection.can_starttls() {
                return Err(Trouble {
                    phase: Phase::Connecting,
                    status: None,
                    is_tls: true,
                    is_mismatch: true,
                    why: "it does not offer STARTTLS".to_owned(),
                });
            }
            let starting = connection.starttls(tls.clone(), &hello);
            answered(Phase::Connecting, ANSWER, starting).await?;
        }
        if let Some(credentials) = &self.credentials {
            const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
            let signing_in = connection.auth(&MECHANISMS, credentials);
            answered(Phase::SigningIn, ANSWER, signing_in).await?;
        }
        Ok(connection)
    }
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
    longest: Duration,
    step: impl Future<Output = std::result::Result<T, SmtpError>>,
) -> std::result::Result<T, Trouble> {
    match timeout(longest, step).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Trouble {
            phase,
            status: error.status().map(Into::into),
            is_tls: error.is_tls() || is_about_certificates(&error),
            is_mismatch: error.is_client(),
            why: said(&error),
        }),
        Err(_) => Err(Trouble {
            phase,
            status: None,
            is_tls: false,
            is_mismatch: false,
            why: format!("it said nothing for {} s", longest.as_secs()),
        }),
    }
}

/// `354` means "go on", and `250` "done": one instead of the other is no answer that tells.
fn expected(
    phase: Phase,
    response: &Response,
    severity: Severity,
) -> std::result::Result<(), Trouble> {
    if response.code().severity == severity {
        return Ok(());
    }
    Err(Trouble {
        phase,
        status: None,
        is_tls: false,
        is_mismatch: false,
        why: format!("it answered {} where that is no answer", response.code()),
    })
}

/// What the server or the network said, in one line, without secrets.
fn said(error: &SmtpError) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        let deeper_words = deeper.to_string();
        if !words.contains(&deeper_words) {
            words = format!("{words}: {deeper_words}");
        }
        source = deeper.source();
    }
    let words = secrets::masked(&words);
    let mut line = visible_line(&words).into_owned();
    let mut end = LONGEST_SAID.min(line.len());
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    line.truncate(end);
    line
}

fn is_about_certificates(error: &SmtpError) -> bool {
    let said = said(error).to_lowercase();
    // A server that does not speak TLS answers with something that TLS calls a corrupt message.
    let words = ["certificate", "tls", "corrupt message"];
    words.iter().any(|word| said.contains(word))
}

impl Trouble {
    fn end(self) -> SmtpEnd {
        match (self.phase, self.status) {
            (Phase::Mail, None) => SmtpEnd::Unknown { why: self.why },
            (Phase::Connecting | Phase::SigningIn, _) | (Phase::Sender, Some(500..)) => {
                SmtpEnd::Server(self.of_the_server())
            }
            (_, Some(status @ 500..)) => SmtpEnd::Refused {
                status,
                why: self.why,
            },
            (_, status) => SmtpEnd::Due {
                status,
                why: self.why,
            },
        }
    }

    fn of_the_server(self) -> ServerTrouble {
        let Self {
            phase,
            status,
            is_tls,
            is_mismatch,
            why,
        } = self;
        let permanent = matches!(status, Some(500..));
        let (exit, what, fix) = match phase {
            Phase::Connecting if is_tls => (
                Exit::Usage,
                format!("cannot be spoken to in private: {why}"),
                "correct [smtp] host, port and security: \"tls\" speaks TLS from the first byte (port 465), \"starttls\" after the greeting (port 587); --ca-file or [tenant] ca_file trusts further certificates",
            ),
            Phase::Connecting => (
                Exit::TryAgain,
                format!("cannot be reached: {why}"),
                "check [smtp] host and port and the network, then run the same command again",
            ),
            Phase::SigningIn if permanent || is_mismatch => (
                Exit::Permission,
                format!("does not accept the sign-in: {why}"),
                "check [smtp] user and password, and whether the server lets this user send mail",
            ),
            Phase::Sender if permanent => (
                Exit::Permission,
                format!("does not accept mail from the address in [message] from: {why}"),
                "correct [message] from, or have whoever runs the mail server allow it",
            ),
            _ => (
                Exit::TryAgain,
                format!("takes no mail now: {why}"),
                "run the same command again later; mails that are due are sent then",
            ),
        };
        ServerTrouble {
            exit,
            status,
            what,
            fix,
        }
    }
}
