//! A mail server on loopback that keeps what it takes, and answers each mail as it is told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What a server does with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    Take,
    /// Refuses with this code when it is told the recipient.
    Recipient(u16),
    /// Refuses with this code when it has the whole mail.
    AfterData(u16),
    /// Takes the mail, and closes the connection without an answer.
    LostAfter,
    /// Closes the connection when the mail is announced.
    LostBefore,
    /// Refuses the sender with this code.
    Sender(u16),
    /// Closes the connection instead of a greeting.
    NoGreeting,
}

/// A mail that the server has taken.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub to: String,
    pub raw: String,
    pub at: Instant,
}

pub(crate) struct SmtpSink {
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
}

impl SmtpSink {
    /// `reply` is asked for each connection, with its number from 0.
    pub(crate) fn start(reply: impl Fn(usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mails = Arc::<Mutex<Vec<Mail>>>::default();
        let (kept, reply) = (mails.clone(), Arc::new(reply));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (kept, reply) = (kept.clone(), reply(number));
                thread::spawn(move || stream.map(|stream| converse(&stream, reply, &kept)));
            }
        });
        Self { port, mails }
    }

    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.mails.lock().unwrap().clone()
    }
}

fn converse(stream: &TcpStream, reply: Reply, kept: &Mutex<Vec<Mail>>) -> Option<()> {
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .ok()?;
    if reply == Reply::NoGreeting {
        return None;
    }
    let mut lines = BufReader::new(stream).lines();
    let say = |text: &str| {
        let mut stream = stream;
        stream.write_all(format!("{text}\r\n").as_bytes()).ok()
    };
    let (mut to, mut at) = (String::new(), Instant::now());
    say("220 sink")?;
    loop {
        let line = lines.next()?.ok()?;
        let verb = line.to_uppercase();
        if verb.starts_with("EHLO") {
            say("250-sink\r\n250 8BITMIME")?;
        } else if verb.starts_with("MAIL") {
            at = Instant::now();
            match reply {
                Reply::Sender(code) => say(&format!("{code} 5.7.1 no such sender"))?,
                _ => say("250 ok")?,
            }
        } else if verb.starts_with("RCPT") {
            line.split(['<', '>']).nth(1)?.clone_into(&mut to);
            match reply {
                Reply::Recipient(code) => say(&format!("{code} 5.1.1 not this one"))?,
                _ => say("250 ok")?,
            }
        } else if verb.starts_with("DATA") {
            if reply == Reply::LostBefore {
                return None;
            }
            say("354 go on")?;
            let mut raw = String::new();
            loop {
                let line = lines.next()?.ok()?;
                if line == "." {
                    break;
                }
                raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                raw.push('\n');
            }
            match reply {
                Reply::AfterData(code) => say(&format!("{code} 4.0.0 not now"))?,
                reply => {
                    kept.lock().unwrap().push(Mail {
                        to: to.clone(),
                        raw,
                        at,
                    });
                    if reply == Reply::LostAfter {
                        return None;
                    }
                    say("250 taken")?;
                }
            }
        } else if verb.starts_with("QUIT") {
            return say("221 bye");
        } else {
            say("250 ok")?;
        }
    }
}

impl Mail {
    /// A header, unfolded and still encoded.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\n\n").next()?.replace("\n ", " ");
        let wanted = format!("{}:", name.to_lowercase());
        let mut lines = head.lines();
        let line = lines.find(|line| line.to_lowercase().starts_with(&wanted))?;
        Some(line[wanted.len()..].trim().to_owned())
    }

    /// The part of a media type, decoded.
    pub(crate) fn part(&self, media_type: &str) -> Option<String> {
        let from = self.raw.find(&format!("Content-Type: {media_type}"))?;
        let part = &self.raw[from..];
        let (head, body) = part.split_once("\n\n")?;
        let body = body.split("\n--").next()?;
        let bytes = if head.contains("base64") {
            base64(body)
        } else if head.contains("quoted-printable") {
            quoted_printable(body)
        } else {
            body.as_bytes().to_vec()
        };
        Some(String::from_utf8(bytes).unwrap().replace("\r\n", "\n"))
    }
}

fn quoted_printable(text: &str) -> Vec<u8> {
    let text = text.replace("=\n", "");
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' && after.len() >= 2 {
            let hex = std::str::from_utf8(&after[..2]).unwrap();
            bytes.push(u8::from_str_radix(hex, 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    let values = text
        .bytes()
        .filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    for value in values {
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
