//! The HTTP server that tests put in the place of Graph, of a sign-in service or of a proxy: it answers as it is told,
//! also what no decent server would send, and keeps every request.
//!
//! The unit tests of the library use this file too, so it must use nothing of either.

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub method: String,
    pub path: String,
    /// With names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    pub at: Instant,
    /// The number of the connection that it came on.
    pub connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

pub(crate) enum Reply {
    /// Status, header lines, body.
    Http(u16, Vec<(&'static str, String)>, String),
    /// These bytes, and then the connection ends.
    Raw(String),
    /// The connection ends without an answer.
    HangUp,
    /// There is no answer for this long.
    Silence(Duration),
}

#[derive(Clone)]
pub(crate) struct Peer {
    pub url: String,
    received: Arc<Mutex<Vec<Request>>>,
}

impl Peer {
    /// `answer` gets the request and how many came before it.
    pub(crate) fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let peer = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            received: Arc::default(),
        };
        let (answer, received) = (Arc::new(answer), peer.received.clone());
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                let (answer, received) = (answer.clone(), received.clone());
                // A client that goes away in the middle is no failure of a test.
                thread::spawn(move || serve(&stream?, connection, &*answer, &received));
            }
        });
        peer
    }

    pub(crate) fn received(&self) -> Vec<Request> {
        self.received.lock().unwrap().clone()
    }
}

fn serve(
    mut stream: &TcpStream,
    connection: usize,
    answer: &impl Fn(&Request, usize) -> Reply,
    received: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader, connection)? {
        let before = {
            let mut received = received.lock().unwrap();
            received.push(request.clone());
            received.len() - 1
        };
        match answer(&request, before) {
            Reply::Http(status, headers, body) => {
                let headers: String = headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect();
                let length = body.len();
                let whole = format!(
                    "HTTP/1.1 {status} Status\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
                );
                stream.write_all(whole.as_bytes())?;
            }
            Reply::Raw(bytes) => return stream.write_all(bytes.as_bytes()),
            Reply::HangUp => return Ok(()),
            Reply::Silence(time) => thread::sleep(time),
        }
        if request.header("connection") == Some("close") {
            return Ok(());
        }
    }
    Ok(())
}

/// The next request on a connection. A connection that was opened in advance may bring none.
fn read(reader: &mut impl BufRead, connection: usize) -> std::io::Result<Option<Request>> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut words = first.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut request = Request {
        method,
        path,
        headers: Vec::new(),
        body: String::new(),
        at: Instant::now(),
        connection,
    };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let header = (name.to_lowercase(), value.to_owned());
        request.headers.push(header);
    }
    let length = request
        .header("content-length")
        .map_or(0, |value| value.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    request.body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(request))
}
