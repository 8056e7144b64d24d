//! Every way to sign in, against the practice tenant: what a machine or a person has, and what goes wrong.

pub(crate) mod openssl; // certificates, and another opinion on signatures
mod tenant; //  a practice tenant to sign in to
mod tls; // the practice tenant over https
mod web; //     the least of a browser, and of a web server

mod advice; //      what is advised on every refusal
mod ask_admin; //   the mail to an administrator
mod authority; //   the practice tenant itself is strict
mod azure_cli; //   whoever is signed in to `az`
mod browser; //     a person with a browser
mod certificate; // an app with a certificate
mod challenge; //   claims that a new token needs
mod device_code; // a person with a code
mod incomplete; //  something is missing, or a policy says no
mod odd_answers; // token endpoints that answer in other ways
mod way_there; //   authorities and proxies
pub(crate) mod workload; // a workload with a token of its platform
