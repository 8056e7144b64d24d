//! 7 Wording: what Microsoft will really deliver, and mail of our own with words out of templates.
//!
//! Must not decide who is mailed. A sheet's own `message` goes out as it is.

mod delivery; // what becomes of custom words in Microsoft's mail
mod mail; // a mail, as it is sent
mod mailer; // the journey of one mail
mod smtp; // a mail server
mod template; // the templates, rendered for one row at a time
mod words; // what a template can say about a row

#[cfg(test)]
mod tests;

pub(crate) use delivery::Delivery;
pub(crate) use mail::{Mail, Sender};
pub(crate) use mailer::{Addressee, MailEnd, MailPace, MailStop, Mailer, Transport};
pub(crate) use smtp::{Security, Smtp, SmtpOptions};
pub(crate) use template::{NotRendered, Rendered, Templates};
pub(crate) use words::{Around, Words};
