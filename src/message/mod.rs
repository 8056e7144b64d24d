//! 7 Wording: what Microsoft will really deliver, and mail of our own with words out of templates.
//!
//! Must not decide who is mailed. A sheet's own `message` goes out as it is.

mod attempt; // what came of sending a mail once
mod delivery; // what becomes of custom words in Microsoft's mail
mod mail; // a mail, as it is sent
mod mailbox_pace; // how fast mails leave a mailbox
mod mailer; // the journey of one mail
mod smtp; // a mail server
mod smtp_stream; // the connection to it
mod smtp_trouble; // what its answers mean
mod template; // the templates, rendered for one row at a time
mod template_files; // where they stand
mod words; // what a template can say about a row

#[cfg(test)]
mod tests;

pub(crate) use delivery::Delivery;
pub(crate) use mail::{Mail, Sender};
pub(crate) use mailbox_pace::MailPace;
pub(crate) use mailer::{Addressee, MailEnd, MailStop, Mailer, Transport};
pub(crate) use smtp::{Security, Smtp, SmtpOptions};
pub(crate) use template::{NotRendered, Rendered, Templates};
pub(crate) use words::{Around, Words};
