//! TCP connections that can be broken on purpose: closed without an answer, or reset.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

const INTACT: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// With it a handler breaks the connection of its request.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionControl(Arc<AtomicU8>);

impl ConnectionControl {
    /// Nothing more is written, and the connection is closed.
    pub(super) fn close(&self) {
        self.0.store(CLOSED, Ordering::Release);
    }

    /// Nothing more is written, and the connection is reset.
    pub(super) fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }
}

/// The next connection. An error (no file handles left, or the client is gone) does not stop the server: it tries again.
pub(super) async fn accept(port: &TcpListener) -> BreakableConnection {
    loop {
        match port.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return BreakableConnection {
                    stream,
                    control: ConnectionControl::default(),
                };
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A connection that its control can break.
pub(super) struct BreakableConnection {
    stream: TcpStream,
    control: ConnectionControl,
}

impl BreakableConnection {
    pub(super) fn control(&self) -> ConnectionControl {
        self.control.clone()
    }

    /// The error that every read and write returns once the connection is broken.
    fn broken(&self) -> Option<io::Error> {
        match self.control.0.load(Ordering::Acquire) {
            INTACT => None,
            state => {
                if state == RESET {
                    let _ = self.stream.set_zero_linger();
                }
                Some(io::ErrorKind::BrokenPipe.into())
            }
        }
    }
}

impl AsyncRead for BreakableConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for BreakableConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write(context, buffer),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.broken() {
            Some(error) => Poll::Ready(Err(error)),
            None => Pin::new(&mut self.stream).poll_write_vectored(context, buffers),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
