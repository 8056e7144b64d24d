//! Mistakes with the words of mails, and with those who carry them. All but the last two are found before anybody is
//! invited.

use super::page::Page;
use crate::{
    sign_in::openssl::openssl,
    support::{Practice, Reply, SmtpSink, Workdir},
};
use std::{net::TcpListener, sync::Arc, thread};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

const GUESTS: &str = "email,display_name,language,team\n\
    ada@partner.example,Ada,de,Blue\n\
    ben@partner.example,Ben,pl,\n";

/// The port of a mail server that speaks TLS from the first byte, with a certificate that nobody trusts. `None` where
/// no certificate can be made.
fn server_that_nobody_trusts(workdir: &Workdir) -> Option<u16> {
    openssl(
        workdir,
        "req -x509 -newkey rsa:2048 -nodes -keyout server.key -out server.crt -days 2 -subj /CN=127.0.0.1 \
         -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE",
    )?;
    let certificate = CertificateDer::from_pem_file(workdir.path("server.crt")).unwrap();
    let key = PrivateKeyDer::from_pem_file(workdir.path("server.key")).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut connection = ServerConnection::new(config.clone()).unwrap();
            let _ = connection.complete_io(&mut stream);
        }
    });
    Some(port)
}

#[test]
fn own_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let silent = SmtpSink::start(|_| Reply::NoGreeting);
    let plain = SmtpSink::start(|_| Reply::Take);
    std::fs::create_dir_all(workdir.path("words")).unwrap();
    workdir
        .write("guests.csv", GUESTS)
        .write("words/de.txt", "Subject: Hallo\n{{ redeem_url }}\n")
        .write(
            "broken.txt",
            "Subject: Hello\n{{ display_name\n{{ redeem_url }}\n",
        )
        .write(
            "column.txt",
            "Subject: Hello\n{{ shoe_size }} {{ redeem_url }}\n",
        )
        .write(
            "cell.txt",
            "Subject: Hello\nTeam {{ team }}: {{ redeem_url }}\n",
        )
        .write(
            "empty.txt",
            "Subject: {{ team | default(\"\") }}\n{{ redeem_url }}\n",
        )
        .write("nameless.txt", "Hello, {{ redeem_url }}\n")
        .write("linkless.txt", "Subject: Hello\nHello\n")
        .write("latin.txt", b"Subject: Gr\xfc\xdfe\n{{ redeem_url }}\n")
        .write("page.html", "<p>{{ team }}</p>\n")
        .write("link.txt", "Come in: {{ redeem_url }}\n");
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "URL");
    page.hide(&practice.tenant, "TENANT");
    page.hide(&silent.port.to_string(), "PORT");
    page.hide(&plain.port.to_string(), "PORT");
    let mut mistake = |title: &str, code: i32, more: &[&str], settings: &[(&str, &str)]| {
        let mut command = practice.invite(&workdir, "guests.csv", &[&["-q"], more].concat());
        for (key, value) in settings {
            command.env(format!("GUESTLIST_{key}"), value);
        }
        page.mistake_of(title, code, &mut command);
    };
    let own = [
        ("MESSAGE_DELIVERY", "graph"),
        ("MESSAGE_FROM", "mia.keller@northwind.example"),
    ];
    for (title, code, template) in [
        ("a template that does not parse", 2, "broken.txt"),
        (
            "a template that names a column that is not there",
            3,
            "column.txt",
        ),
        ("a template that names an empty cell", 3, "cell.txt"),
        ("a template that comes out empty", 3, "empty.txt"),
        ("a template without a subject", 2, "nameless.txt"),
        ("a template without the link", 2, "linkless.txt"),
        ("a template that is not UTF-8", 2, "latin.txt"),
        ("a template that is not there", 2, "missing.txt"),
        ("a language without a template", 3, "words"),
    ] {
        mistake(title, code, &["--message-file", template], &own);
    }
    mistake(
        "HTML in Microsoft's mail",
        2,
        &["--message-file", "page.html"],
        &[],
    );
    mistake(
        "the link in Microsoft's mail",
        3,
        &["--message-file", "link.txt"],
        &[],
    );
    mistake("no sender", 2, &[], &own[..1]);
    let nobody = [own[0], ("MESSAGE_FROM", "nobody@northwind.example")];
    mistake("a mailbox that does not exist", 2, &[], &nobody);
    let (silent, plain) = (silent.port.to_string(), plain.port.to_string());
    let smtp = |more: &[(&'static str, &'static str)]| {
        [&[("MESSAGE_DELIVERY", "smtp"), own[1]], more].concat()
    };
    mistake("no mail server", 2, &[], &smtp(&[]));
    let open = [("SMTP_HOST", "mail.contoso.com"), ("SMTP_SECURITY", "none")];
    mistake("a mail server in the open", 2, &[], &smtp(&open));
    let here = [("SMTP_HOST", "127.0.0.1"), ("SMTP_SECURITY", "none")];
    let mut at = smtp(&here);
    at.push(("SMTP_PORT", &silent));
    mistake("a mail server that does not greet", 5, &[], &at);
    let mut at = smtp(&here[..1]);
    at.push(("SMTP_PORT", &plain));
    mistake("a mail server without TLS", 2, &[], &at);
    let user = [("SMTP_HOST", "mail.contoso.com"), ("SMTP_USER", "desk")];
    mistake("a user without a password", 2, &[], &smtp(&user));
    let Some(untrusted) = server_that_nobody_trusts(&workdir) else {
        return;
    };
    let untrusted = untrusted.to_string();
    let mut at = smtp(&[here[0], ("SMTP_SECURITY", "tls")]);
    at.push(("SMTP_PORT", &untrusted));
    mistake(
        "a mail server whose certificate is not trusted",
        2,
        &[],
        &at,
    );
    assert_eq!(practice.view("")["invitations"], 0);

    let breaks = SmtpSink::start(|number| match number {
        // The first connection is the probe.
        1 => Reply::LostAfter,
        _ => Reply::Take,
    });
    let without = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.ReadWrite.All\", \"Organization.Read.All\"]\n",
    );
    page.hide(&without.url, "URL");
    page.hide(&untrusted, "PORT");
    page.hide(&breaks.port.to_string(), "PORT");
    let breaks = breaks.port.to_string();
    let mut trouble =
        |practice: &Practice, title: &str, code: i32, sheet: &str, settings: &[(&str, &str)]| {
            workdir.write(
                &format!("{sheet}.csv"),
                format!("email\nada.{sheet}@partner.example\nben.{sheet}@partner.example\n"),
            );
            let mut command = practice.invite(&workdir, &format!("{sheet}.csv"), &["-q"]);
            command.env("GUESTLIST_MESSAGE_PER_MINUTE", "0");
            for (key, value) in settings {
                command.env(format!("GUESTLIST_{key}"), value);
            }
            page.trouble(title, code, &format!("{sheet}.results.csv"), &mut command);
        };
    let mut at = smtp(&here);
    at.push(("SMTP_PORT", &breaks));
    trouble(
        &practice,
        "a connection that breaks after the mail was given away",
        0,
        "breaks",
        &at,
    );
    trouble(&without, "a mailbox that may not send", 6, "mailbox", &own);
    page.compare("own-mail");
}
