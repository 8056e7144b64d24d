//! A connection that brings no whole request in time is closed.

use super::Tenant;
use crate::sandbox::SandboxOptions;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

#[tokio::test]
async fn a_connection_without_a_whole_request_ends() {
    let tenant = Tenant::with(SandboxOptions {
        idle_timeout: Duration::from_millis(200),
        ..SandboxOptions::default()
    })
    .await;
    let address = tenant.sandbox.url.trim_start_matches("http://");
    let whole = "GET /_sandbox HTTP/1.1\r\nhost: localhost\r\n\r\n";
    // Nothing at all, half of a head, and one whole request with nothing after it.
    for said in ["", "GET / HTTP/1.1\r\nhost: ", whole] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(30), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{said:?} keeps its connection");
        assert_eq!(answer.starts_with(b"HTTP/1.1 200"), said == whole);
    }
}
