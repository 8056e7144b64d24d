//! Mail servers that are slow, that never end, or that break off.

mod tls; // certificates, and a sign-in

use super::*;
use crate::exit::Exit;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, Lines},
    net::TcpListener,
};

/// Where a server does something odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Greeting,
    Recipient,
    Data,
    /// In the middle of the mail.
    Body,
    /// After the line that ends the mail.
    End,
    Quit,
}

/// What it does there.
#[derive(Debug, Clone, Copy)]
enum Odd {
    Says(&'static str),
    /// Says nothing, and keeps the connection.
    Silent,
    Closes,
    /// One byte, then the next one, without an end.
    ByteAfterByte,
    /// Lines that say that another one follows, without an end.
    LinesForEver,
    /// A line that does not end.
    OneLongLine,
}

const SHORT: Waits = Waits {
    connect: Duration::from_secs(10),
    answer: Duration::from_millis(400),
    conversation: Duration::from_secs(20),
    taken: Duration::from_millis(400),
};

async fn server(at: At, odd: Odd) -> Smtp {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (reads, mut writes) = stream.into_split();
                let mut lines = BufReader::new(reads).lines();
                say(&mut writes, at == At::Greeting, odd, "220 here").await?;
                converse(&mut lines, &mut writes, at, odd).await
            });
        }
    });
    Smtp {
        waits: SHORT,
        ..Smtp::new(SmtpOptions {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::None,
            user: None,
            password: None,
            ca_file: None,
        })
        .unwrap()
    }
}

/// From EHLO on, until the client has gone.
async fn converse(
    lines: &mut Lines<impl AsyncBufReadExt + Unpin>,
    out: &mut (impl AsyncWrite + Unpin),
    at: At,
    odd: Odd,
) -> std::io::Result<()> {
    let mut is_mail = false;
    while let Some(line) = lines.next_line().await? {
        let (here, usual) = match line.get(..4) {
            _ if is_mail && line == "." => {
                is_mail = false;
                (at == At::End, "250 taken")
            }
            _ if is_mail && at == At::Body => (true, ""),
            _ if is_mail => continue,
            Some("RCPT") => (at == At::Recipient, "250 ok"),
            Some("DATA") => {
                is_mail = at != At::Data;
                (at == At::Data, "354 go on")
            }
            Some("QUIT") => (at == At::Quit, "221 bye"),
            Some("EHLO") => (false, "250-here\r\n250 AUTH PLAIN LOGIN"),
            Some("AUTH") if line == SIGN_IN => (false, "235 2.7.0 signed in"),
            Some("AUTH") => (false, "535 5.7.8 not with that password"),
            _ => (false, "250 ok"),
        };
        say(out, here, odd, usual).await?;
    }
    Ok(())
}

/// `desk` and `secret`.
const SIGN_IN: &str = "AUTH PLAIN AGRlc2sAc2VjcmV0";

async fn say(
    out: &mut (impl AsyncWrite + Unpin),
    is_odd: bool,
    odd: Odd,
    usual: &str,
) -> std::io::Result<()> {
    if !is_odd {
        out.write_all(format!("{usual}\r\n").as_bytes()).await?;
        return out.flush().await;
    }
    match odd {
        Odd::Says(words) => out.write_all(format!("{words}\r\n").as_bytes()).await,
        Odd::Closes => Err(std::io::ErrorKind::BrokenPipe.into()),
        Odd::Silent => std::future::pending().await,
        Odd::ByteAfterByte => loop {
            out.write_all(b"2").await?;
            out.flush().await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        },
        Odd::LinesForEver => loop {
            out.write_all(&b"250-x\r\n".repeat(1_000)).await?;
        },
        Odd::OneLongLine => loop {
            out.write_all(&[b'2'; 10_000]).await?;
        },
    }
}

async fn sent(at: At, odd: Odd) -> SmtpEnd {
    sent_by(&server(at, odd).await).await
}

async fn sent_by(server: &Smtp) -> SmtpEnd {
    let to = vec!["ana@partner.example".parse().unwrap()];
    let from = "desk@contoso.com".parse().unwrap();
    let sending = server.send(from, to, b"Subject: hello\r\n\r\nwords\r\n".to_vec());
    // Far above what it takes, for a machine that is busy.
    timeout(Duration::from_secs(60), sending).await.unwrap()
}

fn word(end: &SmtpEnd) -> &'static str {
    match end {
        SmtpEnd::HandedOver { .. } => "handed over",
        SmtpEnd::Due { .. } => "due",
        SmtpEnd::Refused { .. } => "refused",
        SmtpEnd::BrokenOff(_) => "broken off",
        SmtpEnd::Unknown(_) => "unknown",
        SmtpEnd::Server(_) => "server",
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_slow_or_does_not_end_holds_no_mail_for_long() {
    let odd = [
        Odd::Silent,
        Odd::ByteAfterByte,
        Odd::LinesForEver,
        Odd::OneLongLine,
        Odd::Closes,
    ];
    for odd in odd {
        for (at, expected) in [
            (At::Greeting, "server"),
            (At::Recipient, "broken off"),
            (At::Data, "broken off"),
            (At::End, "unknown"),
            (At::Quit, "handed over"),
        ] {
            let end = sent(at, odd).await;
            assert_eq!(word(&end), expected, "{odd:?} at {at:?}: {end:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_conversation_has_an_end_though_each_answer_comes_in_time() {
    let server = Smtp {
        waits: Waits {
            answer: Duration::from_secs(60),
            conversation: Duration::from_millis(300),
            ..SHORT
        },
        ..server(At::Recipient, Odd::Silent).await
    };
    let end = sent_by(&server).await;
    assert_eq!(word(&end), "broken off", "{end:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_answers_decides_about_the_mail() {
    for (at, says, expected) in [
        (At::Recipient, "450 4.2.1 later", "due"),
        (At::Recipient, "550 5.1.1 nobody", "refused"),
        (At::Data, "421 4.3.2 closing", "due"),
        (At::Data, "554 5.7.1 no", "refused"),
        (At::Data, "250 what", "broken off"),
        (At::End, "451 4.7.0 later", "due"),
        (At::End, "552 5.3.4 too big", "refused"),
        (At::End, "354 what", "unknown"),
        (At::End, "what", "unknown"),
        (At::End, "250-taken\r\n250 for good", "handed over"),
    ] {
        let end = sent(at, Odd::Says(says)).await;
        assert_eq!(word(&end), expected, "{says} at {at:?}: {end:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_ends_too() {
    let slow = server(At::Greeting, Odd::Silent).await;
    let probed = timeout(Duration::from_secs(30), slow.probe())
        .await
        .unwrap();
    let trouble = probed.unwrap_err();
    assert_eq!(trouble.exit, Exit::TryAgain);
    assert!(trouble.what.contains("cannot be reached"), "{trouble:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_broke_off_before_its_end_is_due() {
    let server = server(At::Body, Odd::Closes).await;
    let to = vec!["ana@partner.example".parse().unwrap()];
    // More than a connection takes before anybody reads it.
    let mail = b"words and more words, and then some more words\r\n".repeat(600_000);
    let sending = server.send("desk@contoso.com".parse().unwrap(), to, mail);
    let end = timeout(Duration::from_secs(60), sending).await.unwrap();
    assert_eq!(word(&end), "broken off", "{end:?}");
}
