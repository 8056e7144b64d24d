//! HTTP on loopback. The files in the order in which a request meets them: `server`, `tls`, `connection`, `handler`,
//! `access`.

mod access; // which programs and pages may ask
mod connection; // a TCP connection that can be broken on purpose
mod handler; // one HTTP request and its answer
pub(super) mod server; // start and stop
mod tls; // the certificate of a tenant that is served over TLS
