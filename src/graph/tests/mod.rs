//! Against a server that answers as it is told.

mod batch; // batches that are answered in any order, partly, or not yet

mod invite; // invitations: each is sent once, whatever the server does

mod client; // reads, and what they do when the server misbehaves

#[cfg(unix)] // it needs openssl
mod connections; // how many are opened

mod stop; // nothing leaves after it

#[cfg(unix)] // it needs openssl
mod tls; // private certificates

mod verdict; // every answer that is known, and what it means
