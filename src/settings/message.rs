//! What mails say and who sends them: `[message]` and `[smtp]`.
//!
//! Whether they fit together is found out by whoever is to mail.

use super::{
    MailDelivery, MessageFlags, MessageSettings, SmtpSettings, WhenDropped,
    layers::Layers,
    values::{ceiling, count, words},
};
use crate::{failure::Result, message::Security, one_word::OneWord};

pub(super) fn message(layers: &mut Layers<'_>, flags: &MessageFlags) -> Result<MessageSettings> {
    Ok(MessageSettings {
        when_dropped: layers.value(
            ("message", "when_dropped"),
            None,
            OneWord::from_word,
            WhenDropped::Refuse,
        )?,
        delivery: layers.value(
            ("message", "delivery"),
            None,
            OneWord::from_word,
            MailDelivery::Microsoft,
        )?,
        from: layers.optional(("message", "from"), None, None, str::parse)?,
        reply_to: layers.optional(("message", "reply_to"), None, None, str::parse)?,
        subject: layers.optional(("message", "subject"), None, None, words)?,
        template: layers.path(("message", "template"), flags.message_file.clone(), None)?,
        per_minute: layers.value(
            ("message", "per_minute"),
            None,
            ceiling,
            MessageSettings::PER_MINUTE,
        )?,
        per_day: layers.optional(("message", "per_day"), None, None, count)?,
    })
}

pub(super) fn smtp(layers: &mut Layers<'_>) -> Result<SmtpSettings> {
    Ok(SmtpSettings {
        host: layers.optional(("smtp", "host"), None, None, words)?,
        port: layers.optional(("smtp", "port"), None, None, port)?,
        security: layers.value(
            ("smtp", "security"),
            None,
            OneWord::from_word,
            Security::StartTls,
        )?,
        user: layers.optional(("smtp", "user"), None, None, words)?,
        password: layers.secret(("smtp", "password"), None)?,
    })
}

fn port(text: &str) -> std::result::Result<u64, String> {
    match text.trim().parse::<u16>() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not the number of a port")),
        Ok(port) => Ok(u64::from(port)),
    }
}
