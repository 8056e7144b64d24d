//! The connection to a mail server, with or without TLS, over which no reply grows without end.
//!
//! The client reads a reply into memory until it ends, and goes through all of it again with each line. So the stream
//! breaks off when more comes than a reply has. Must not know what is said.

#![expect(
    deprecated,
    reason = "the client's own TLS, which it offers only over connections that it makes itself, or under this name"
)]

use lettre::transport::smtp::{
    Error as SmtpError,
    client::{AsyncNetworkStream, AsyncSmtpConnection, AsyncTokioStream, TlsParameters},
    extension::ClientId,
};
use std::{
    fmt::Debug,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll, ready},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// The longest real replies, a list of what a server can do, are shorter than 2 KiB.
const LONGEST_REPLY: usize = 16 * 1024;
/// While TLS is agreed on, certificates come too.
const LONGEST_HANDSHAKE: usize = 64 * 1024;

/// How much may come before something is sent again; shared with the stream.
#[derive(Debug, Clone)]
pub(super) struct Limit(Arc<AtomicUsize>);

impl Limit {
    pub(super) fn for_replies(&self) {
        self.0.store(LONGEST_REPLY, Relaxed);
    }

    pub(super) fn for_a_handshake(&self) {
        self.0.store(LONGEST_HANDSHAKE, Relaxed);
    }
}

/// A connection on which the server has greeted and told what it can do.
pub(super) async fn open(
    stream: TcpStream,
    tls: Option<TlsParameters>,
    hello: &ClientId,
) -> Result<(AsyncSmtpConnection, Limit), SmtpError> {
    let limit = Limit(Arc::new(AtomicUsize::new(LONGEST_HANDSHAKE)));
    let stream = Limited {
        came: 0,
        limit: limit.clone(),
        stream,
    };
    let stream: Box<dyn AsyncTokioStream> = match tls {
        None => Box::new(stream),
        Some(tls) => {
            let mut encrypted = AsyncNetworkStream::use_existing_tokio1(Box::new(stream));
            encrypted.upgrade_tls(tls).await?;
            Box::new(Encrypted(encrypted))
        }
    };
    limit.for_replies();
    let connection = AsyncSmtpConnection::connect_with_transport(stream, hello).await?;
    Ok((connection, limit))
}

/// A stream that breaks off when too much comes before anything is sent again.
#[derive(Debug)]
struct Limited<S> {
    stream: S,
    came: usize,
    limit: Limit,
}

impl<S: AsyncRead + Unpin> AsyncRead for Limited<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.came += buffer.filled().len() - before;
        if self.came > self.limit.0.load(Relaxed) {
            return Poll::Ready(Err(io::Error::other(
                "its answer does not end, or is longer than an answer of a mail server",
            )));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Limited<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.came = 0;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Limited<TcpStream> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}

/// The client's TLS as a stream that the client takes.
#[derive(Debug)]
struct Encrypted(AsyncNetworkStream);

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        use futures_util::io::AsyncRead;
        let came = ready!(Pin::new(&mut self.0).poll_read(cx, buffer.initialize_unfilled()))?;
        buffer.advance(came);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        use futures_util::io::AsyncWrite;
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        use futures_util::io::AsyncWrite;
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        use futures_util::io::AsyncWrite;
        Pin::new(&mut self.0).poll_close(cx)
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
