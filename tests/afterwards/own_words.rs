//! Reminders in our own words, through a mail server on this machine.

use super::{change, days_pass};
use crate::support::{Ended, Practice, Workdir};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Arc, Mutex},
    thread,
};

/// What the server says when a mail has been handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    Taken,
    /// Not now.
    Later,
    /// The mail is taken, and the connection breaks before anybody hears of it.
    Lost,
    /// Go on, where the mail has ended.
    GoOn,
}

/// A mail server that keeps what it gets.
pub(super) struct Sink {
    port: u16,
    reply: Arc<Mutex<Reply>>,
    mails: Arc<Mutex<Vec<(String, String)>>>,
}

impl Sink {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            reply: Arc::new(Mutex::new(Reply::Taken)),
            mails: Arc::default(),
        };
        let (reply, mails) = (sink.reply.clone(), sink.mails.clone());
        thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (reply, mails) = (reply.clone(), mails.clone());
                thread::spawn(move || drop(serve(&connection, &reply, &mails)));
            }
        });
        sink
    }

    pub(super) fn replies(&self, reply: Reply) {
        *self.reply.lock().unwrap() = reply;
    }

    pub(super) fn mails_to(&self, address: &str) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let of = mails.iter().filter(|(to, _)| to.contains(address));
        of.map(|(_, text)| text.clone()).collect()
    }
}

fn serve(
    connection: &TcpStream,
    reply: &Mutex<Reply>,
    mails: &Mutex<Vec<(String, String)>>,
) -> std::io::Result<()> {
    let mut answer = connection;
    let mut lines = BufReader::new(connection).lines();
    answer.write_all(b"220 sink\r\n")?;
    let mut to = String::new();
    while let Some(line) = lines.next().transpose()? {
        match line.split([' ', ':']).next().unwrap_or_default() {
            "EHLO" => answer.write_all(b"250-sink\r\n250 8BITMIME\r\n")?,
            "RCPT" => {
                to = line;
                answer.write_all(b"250 ok\r\n")?;
            }
            "DATA" => {
                answer.write_all(b"354 go on\r\n")?;
                let text: Vec<String> = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .take_while(|line| line != ".")
                    .collect();
                let reply = *reply.lock().unwrap();
                if reply != Reply::Later {
                    mails.lock().unwrap().push((to.clone(), text.join("\n")));
                }
                match reply {
                    Reply::Taken => answer.write_all(b"250 taken\r\n")?,
                    Reply::Later => answer.write_all(b"451 not now\r\n")?,
                    Reply::GoOn => answer.write_all(b"354 go on\r\n")?,
                    Reply::Lost => return connection.shutdown(std::net::Shutdown::Both),
                }
            }
            "QUIT" => return answer.write_all(b"221 bye\r\n"),
            _ => answer.write_all(b"250 ok\r\n")?,
        }
    }
    Ok(())
}

fn by_smtp(command: &mut Command, sink: &Sink) -> Ended {
    Ended::of(mailing(command, sink))
}

pub(super) fn mailing<'c>(command: &'c mut Command, sink: &Sink) -> &'c mut Command {
    command
        .env("GUESTLIST_MESSAGE_DELIVERY", "smtp")
        .env(
            "GUESTLIST_MESSAGE_FROM",
            "Partner Desk <desk@northwind.example>",
        )
        .env("GUESTLIST_MESSAGE_PER_MINUTE", "0")
        .env("GUESTLIST_SMTP_HOST", "127.0.0.1")
        .env("GUESTLIST_SMTP_PORT", sink.port.to_string())
        .env("GUESTLIST_SMTP_SECURITY", "none")
}

fn remind(workdir: &Workdir, practice: &Practice, sink: &Sink) -> Ended {
    let verb = [
        "remind",
        "guests.csv",
        "--yes",
        "--max-mails",
        "100",
        "--json",
    ];
    by_smtp(&mut practice.verb(workdir, &verb), sink)
}

#[test]
fn a_reminder_of_ones_own_goes_to_pending_guests_as_often_as_configured() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let sink = Sink::start();
    workdir.write(
        "guests.csv",
        "email,display_name\nkim@partner.example,Kim Roe\nlea@partner.example,Lea Uhl\n",
    );
    let mut invite = practice.invite(&workdir, "guests.csv", &["--rate", "max"]);
    by_smtp(&mut invite, &sink).expect_code(0);
    assert_eq!(sink.mails_to("kim@").len(), 1);
    days_pass(&workdir, 20);
    change(&practice, "accept", "lea@partner.example");

    by_smtp(&mut practice.verb(&workdir, &["remind"]), &sink)
        .expect_code(2)
        .says("takes them from the columns of a sheet");
    assert_eq!(
        remind(&workdir, &practice, &sink).expect_code(0).json()["reminded"],
        1
    );
    for days in [0, 6] {
        days_pass(&workdir, days);
        assert_eq!(
            remind(&workdir, &practice, &sink).expect_code(0).json()["due"],
            0
        );
    }
    assert_eq!(sink.mails_to("kim@").len(), 2);
    // A server that cannot take it now has not mailed anybody: the next night sends it.
    days_pass(&workdir, 1);
    sink.replies(Reply::Later);
    let told = remind(&workdir, &practice, &sink).expect_code(4).json();
    assert_eq!(told["others"]["not-sent"], 1);
    assert_eq!(sink.mails_to("kim@").len(), 2);
    days_pass(&workdir, 1);
    sink.replies(Reply::Lost);
    let told = remind(&workdir, &practice, &sink).expect_code(4).json();
    assert_eq!(told["unknown"], 1);
    // Whether it left is not known: it counts, and it was the second.
    sink.replies(Reply::Taken);
    days_pass(&workdir, 30);
    let told = remind(&workdir, &practice, &sink).expect_code(0).json();
    assert_eq!(told["left_out"]["often-enough"], 1);
    let mails = sink.mails_to("kim@");
    assert_eq!((mails.len(), sink.mails_to("lea@").len()), (3, 1));
    // Microsoft mailed nobody, and nobody was invited a second time for it.
    assert_eq!(practice.view("/mails")["total"], 0);
    assert_eq!(practice.view("/invitations")["total"], 2);
    assert!(mails.iter().all(|mail| mail.contains("Kim")), "{mails:?}");

    let story =
        Ended::of(&mut practice.verb(&workdir, &["status", "kim@partner.example"])).expect_code(0);
    let words: String = story
        .stdout
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    for part in [
        "a mail of our own was about to leave",
        "Message-ID",
        "a mail server took it over",
        "a reminder of our own was about to leave",
        "it was not sent, and is due",
        "whether it left is not known",
        "a mail of our own was handed over, then 2 reminders were asked for",
    ] {
        assert!(words.contains(part), "no {part:?} in\n{}", story.stdout);
    }
}
