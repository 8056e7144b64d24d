//! Connections that can be broken on purpose: an answer lost, a reset.

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

const WHOLE: u8 = 0;
const LOST: u8 = 1;
const RESET: u8 = 2;

/// A handler's hold on its own connection.
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<AtomicU8>);

impl Wire {
    /// From now on nothing is written, and the connection ends.
    pub fn lose(&self) {
        self.0.store(LOST, Ordering::Release);
    }

    pub fn reset(&self) {
        self.0.store(RESET, Ordering::Release);
    }
}

/// The next connection. Out of file handles, or a client that left: neither ends the tenant.
pub async fn accept(port: &TcpListener) -> Connection {
    loop {
        match port.accept().await {
            Ok((stream, _)) => {
                let _ = stream.set_nodelay(true);
                return Connection {
                    stream,
                    wire: Wire::default(),
                };
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

pub struct Connection {
    stream: TcpStream,
    wire: Wire,
}

impl Connection {
    pub fn wire(&self) -> Wire {
        self.wire.clone()
    }

    fn broken(&self) -> Option<io::Error> {
        match self.wire.0.load(Ordering::Acquire) {
            WHOLE => None,
            kind => {
                if kind == RESET {
                    let _ = self.stream.set_zero_linger();
                }
                Some(io::ErrorKind::BrokenPipe.into())
            }
        }
    }
}

impl AsyncRead for Connection {
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

impl AsyncWrite for Connection {
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
