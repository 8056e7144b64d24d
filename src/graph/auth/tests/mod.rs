//! Every way to sign in, against a sign-in service that answers as it is told.

mod sign_in; // an app's secret, and what every way has in common

#[cfg(unix)] // it needs openssl
mod certificate; // an app's certificate

mod machine; // workloads and machines

mod person; // the browser and the device code

mod tokens; // the shared refresher, on a paused clock
