//! A mail as it is sent: from whom, to whom, and its words; as MIME for SMTP, and as Graph's message.

use super::Rendered;
use crate::{guest::EmailAddress, visible::has_hidden};
use lettre::{
    Address, Message,
    message::{Mailbox, MultiPart, SinglePart},
};
use serde_json::{Value, json};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// An address with the name that a mail program shows, as in `Contoso Events <events@contoso.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    pub name: Option<String>,
    pub address: EmailAddress,
}

impl FromStr for Sender {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, address) = match text
            .strip_suffix('>')
            .and_then(|text| text.rsplit_once('<'))
        {
            Some((name, address)) => (name.trim().trim_matches('"').trim(), address),
            None => ("", text),
        };
        if has_hidden(name) || name.contains(['\n', '\t']) {
            return Err(format!("`{name}` is no name"));
        }
        let address = EmailAddress::parse(address)?;
        mailbox(None, &address)?;
        Ok(Self {
            name: Some(name)
                .filter(|name| !name.is_empty())
                .map(str::to_owned),
            address,
        })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address.as_str()),
            None => f.write_str(self.address.as_str()),
        }
    }
}

/// A mail to one person, with its words.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub from: Sender,
    pub reply_to: Option<Sender>,
    pub to: Sender,
    /// Who gets a copy.
    pub cc: Option<EmailAddress>,
    pub words: Rendered,
}

/// A new Message-ID, without the angle brackets.
pub(crate) fn message_id(from: &Sender) -> String {
    format!("{}@{}", Uuid::new_v4(), from.address.domain())
}

fn mailbox(name: Option<&str>, address: &EmailAddress) -> Result<Mailbox, String> {
    let address: Address = address
        .as_str()
        .parse()
        .map_err(|error| format!("a mail cannot carry this address: {error}"))?;
    Ok(Mailbox::new(name.map(str::to_owned), address))
}

impl Sender {
    pub(super) fn mailbox(&self) -> Result<Mailbox, String> {
        mailbox(self.name.as_deref(), &self.address)
    }
}

impl Mail {
    /// Everybody who gets it.
    pub(super) fn recipients(&self) -> Result<Vec<Address>, String> {
        let to = std::iter::once(&self.to.address).chain(&self.cc);
        to.map(|to| Ok(mailbox(None, to)?.email)).collect()
    }

    /// The whole mail with its headers.
    pub(super) fn mime(&self, message_id: &str) -> Result<Vec<u8>, String> {
        let mut builder = Message::builder()
            .from(self.from.mailbox()?)
            .to(self.to.mailbox()?)
            .subject(self.words.subject.as_str())
            .message_id(Some(format!("<{message_id}>")))
            .date_now();
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.mailbox()?);
        }
        if let Some(cc) = &self.cc {
            builder = builder.cc(mailbox(None, cc)?);
        }
        let words = &self.words;
        let message = match (&words.text, &words.html) {
            (Some(text), Some(html)) => builder.multipart(MultiPart::alternative_plain_html(
                text.clone(),
                html.clone(),
            )),
            (None, Some(html)) => builder.singlepart(SinglePart::html(html.clone())),
            (text, None) => builder.singlepart(SinglePart::plain(text.clone().unwrap_or_default())),
        };
        Ok(message.map_err(|error| error.to_string())?.formatted())
    }

    /// The body of `sendMail`. Graph takes one part; from HTML the mail service makes the text part itself.
    pub(super) fn graph_message(&self, message_id: &str) -> Value {
        let words = &self.words;
        let body = match (&words.html, &words.text) {
            (Some(html), _) => json!({"contentType": "HTML", "content": html}),
            (None, text) => {
                json!({"contentType": "Text", "content": text.as_deref().unwrap_or_default()})
            }
        };
        let mut message = json!({
            "subject": words.subject,
            "body": body,
            "toRecipients": [recipient(&self.to)],
            "internetMessageId": format!("<{message_id}>"),
        });
        if let Some(reply_to) = &self.reply_to {
            message["replyTo"] = json!([recipient(reply_to)]);
        }
        if let Some(cc) = &self.cc {
            message["ccRecipients"] = json!([{"emailAddress": {"address": cc.as_str()}}]);
        }
        json!({"message": message, "saveToSentItems": true})
    }
}

fn recipient(who: &Sender) -> Value {
    let mut address = json!({"address": who.address.as_str()});
    if let Some(name) = &who.name {
        address["name"] = json!(name);
    }
    json!({"emailAddress": address})
}
