//! A server on loopback that answers what it likes, or passes a request on to the practice tenant and changes what
//! comes back.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A request as it came in: the first line, the headers with names in lower case, the body.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    /// Head and body, as a server repeats them that wants to be of help.
    pub(crate) fn echo(&self) -> String {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        format!(
            "{} {} {} {}",
            self.method,
            self.path,
            headers.join(" "),
            self.body
        )
    }
}

/// An answer: status, content type, body. The connection ends after it.
pub(crate) struct Answer(pub u16, pub &'static str, pub String);

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self(status, "application/json", body.to_string())
    }
}

pub(crate) struct Relay {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Relay {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answer, kept) = (answer.clone(), kept.clone());
                thread::spawn(move || {
                    let stream = stream.unwrap();
                    // Connections that are opened in advance bring nothing.
                    let Some(request) = received(&stream) else {
                        return;
                    };
                    kept.lock().unwrap().push(request.clone());
                    let Answer(status, kind, body) = answer(&request);
                    let _ = write!(
                        &stream,
                        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nrequest-id: r-1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                        body.len()
                    );
                });
            }
        });
        Self { url, asked }
    }

    /// In front of a practice tenant, whose JSON is changed on its way back.
    pub(crate) fn before(
        practice: &str,
        change: impl Fn(&Asked, &mut u16, &mut Value) + Send + Sync + 'static,
    ) -> Self {
        let practice = practice.to_owned();
        Self::start(move |asked| {
            let (mut status, body) = passed_on(&practice, asked);
            match serde_json::from_str::<Value>(&body) {
                Ok(mut value) => {
                    change(asked, &mut status, &mut value);
                    Answer::json(status, &value)
                }
                Err(_) => Answer(status, "text/plain", body),
            }
        })
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn received(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

pub(crate) fn passed_on(practice: &str, asked: &Asked) -> (u16, String) {
    let host = practice.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n",
        asked.method, asked.path
    );
    let left_out = ["host", "connection", "accept-encoding", "transfer-encoding"];
    for (name, value) in asked
        .headers
        .iter()
        .filter(|(name, _)| !left_out.contains(&name.as_str()))
    {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    write!(stream, "{head}\r\n{}", asked.body).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}
