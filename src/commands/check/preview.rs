//! `check --preview`: the mails as they would be made, of our own or Microsoft's, without a network; and the words of all rows.
//!
//! Must not need a tenant: what only the tenant knows is filled with placeholders, and that is said.

use super::super::{
    microsoft_words::MicrosoftWords,
    own_mail::{Names, OwnWords, placeholder},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    guest::{Guest, RowVerdict, Rules, Understanding},
    message::Rendered,
    settings::{MailDelivery, Settings},
    sheet::{Refused, Row, Sheet},
    ui::text::{number, plural, printable, printable_line, wrap},
};
use serde_json::{Value, json};
use std::fmt::Write;

/// What is asked for beside the problems of the sheet.
#[derive(Debug)]
pub struct Preview {
    /// How many mails are shown.
    shown: u64,
    words: PreviewedWords,
    /// The sender of mails of our own.
    from: Option<String>,
    /// For rows that do not say.
    send: bool,
}

#[derive(Debug)]
enum PreviewedWords {
    Own(Box<OwnWords>),
    /// Microsoft's mail, with a template or without.
    Microsoft(Option<Box<MicrosoftWords>>),
}

/// A mail as it would be made.
struct PreviewedMail {
    row: u64,
    to: String,
    cc: Option<String>,
    language: Option<String>,
    words: Words,
}

enum Words {
    Own {
        from: String,
        html: Option<String>,
        rendered: Rendered,
    },
    Microsoft(Option<String>),
}

impl Preview {
    pub(crate) fn of(settings: &Settings, shown: u64) -> Result<Self> {
        let delivery = &settings.message.delivery;
        let words = match delivery.value {
            MailDelivery::None => {
                return Err(Failure::usage(format!(
                    "nobody is mailed, so there is no mail to show: [message] delivery = \"none\", {}",
                    delivery.source
                ))
                .hint("write \"microsoft\", \"graph\" or \"smtp\""));
            }
            MailDelivery::Microsoft => {
                PreviewedWords::Microsoft(MicrosoftWords::of(settings)?.map(Box::new))
            }
            MailDelivery::Graph | MailDelivery::Smtp => {
                PreviewedWords::Own(Box::new(OwnWords::of(settings)?))
            }
        };
        Ok(Self {
            shown,
            words,
            from: settings
                .message
                .from
                .as_ref()
                .map(|from| from.value.to_string()),
            send: settings.invite.send.value,
        })
    }

    /// The first mails as a person reads them, after the words of every row were made.
    pub(super) fn text(&self, sheet: &Sheet, rules: &Rules) -> Result<String> {
        let (mails, all) = self.mails(sheet, rules)?;
        let mut text = String::new();
        if self.shown == 0 {
            let _ = writeln!(text, "every one of {} has its words", plural(all, "mail"));
            return Ok(text);
        }
        if mails.is_empty() {
            text.push_str("no row of the sheet is to be mailed, so there is no mail to show\n");
            return Ok(text);
        }
        let told = format!(
            "{} of {}, as they would be sent; the link, the tenant's name and the name of whoever invites are filled in then",
            number(mails.len() as u64),
            plural(all, "mail")
        );
        let _ = writeln!(text, "\n{}", wrap(&told, 0, 0));
        for mail in &mails {
            text.push_str(&mail.text());
        }
        Ok(text)
    }

    pub(super) fn json(&self, sheet: &Sheet, rules: &Rules) -> Result<Value> {
        let (mails, _) = self.mails(sheet, rules)?;
        Ok(mails.iter().map(PreviewedMail::json).collect())
    }

    /// The first mails, and how many there are; a refusal names the rows that have no words.
    fn mails(&self, sheet: &Sheet, rules: &Rules) -> Result<(Vec<PreviewedMail>, u64)> {
        let is_mailed = |guest: &Guest| guest.send.unwrap_or(self.send);
        match &self.words {
            PreviewedWords::Own(own) => own.check_rows(sheet, rules, is_mailed)?,
            PreviewedWords::Microsoft(Some(words)) => words.check_rows(sheet, rules, is_mailed)?,
            PreviewedWords::Microsoft(None) => {}
        }
        let (mut mails, mut all) = (Vec::new(), 0);
        let mut understanding = Understanding::new(sheet, rules);
        for row in sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
                continue;
            };
            if !is_mailed(&guest) {
                continue;
            }
            all += 1;
            if mails.len() as u64 != self.shown {
                mails.push(self.mail(sheet, &row, &guest)?);
            }
        }
        Ok((mails, all))
    }

    fn mail(&self, sheet: &Sheet, row: &Row, guest: &Guest) -> Result<PreviewedMail> {
        let names = Names {
            tenant: "(the tenant's name)".to_owned(),
            inviter: "(whoever invites)".to_owned(),
        };
        let words = match &self.words {
            PreviewedWords::Own(own) => {
                own.render(sheet, row, guest, placeholder(), &names)
                    .map(|rendered| Words::Own {
                        from: self.from.clone().unwrap_or_default(),
                        html: own
                            .templates
                            .html_name(guest.language.as_deref())
                            .map(str::to_owned),
                        rendered,
                    })
            }
            PreviewedWords::Microsoft(Some(words)) => words
                .of_row(sheet, row, guest, &names)
                .map(|message| Words::Microsoft(Some(message))),
            PreviewedWords::Microsoft(None) => Ok(Words::Microsoft(guest.message.clone())),
        };
        let words = words.map_err(|why| {
            Failure::new(Exit::SheetRefused, format!("row {}: {why}", guest.row)).hint(why.fix)
        })?;
        let name = guest.display_name.as_deref();
        let email = guest.email.as_str();
        Ok(PreviewedMail {
            row: guest.row,
            to: name.map_or_else(|| email.to_owned(), |name| format!("{name} <{email}>")),
            cc: guest.cc.as_ref().map(|cc| cc.as_str().to_owned()),
            language: guest.language.clone(),
            words,
        })
    }
}

impl PreviewedMail {
    fn text(&self) -> String {
        let mut text = format!("\n--- row {}\n", self.row);
        let mut header = |name: &str, value: &str| {
            let _ = writeln!(text, "{name}: {}", printable_line(value));
        };
        match &self.words {
            Words::Own { from, .. } => {
                if !from.is_empty() {
                    header("From", from);
                }
            }
            Words::Microsoft(_) => header("From", "Microsoft, in the name of the tenant"),
        }
        header("To", &self.to);
        if let Some(cc) = &self.cc {
            header("Cc", cc);
        }
        match &self.words {
            Words::Own { rendered, html, .. } => {
                header("Subject", &rendered.subject);
                if let Some(body) = &rendered.text {
                    let _ = write!(text, "\n{}", printable(body));
                }
                if let (Some(part), Some(name)) = (&rendered.html, html) {
                    let letters = number(part.chars().count() as u64);
                    let _ = writeln!(text, "[HTML part: {letters} characters, from {name}]");
                }
            }
            Words::Microsoft(Some(message)) => {
                let _ = writeln!(text, "\n{}", printable(message));
                text.push_str(
                    "[Microsoft puts its own text, the subject and the link around these words]\n",
                );
            }
            Words::Microsoft(None) => {
                let language = self.language.as_deref().unwrap_or("the guest's language");
                let _ = writeln!(
                    text,
                    "[Microsoft's own text and the link, in {}]",
                    printable_line(language)
                );
            }
        }
        text
    }

    fn json(&self) -> Value {
        let (by, subject, text, html) = match &self.words {
            Words::Own { rendered, .. } => (
                "own",
                Some(&rendered.subject),
                rendered.text.as_ref(),
                rendered.html.as_ref(),
            ),
            Words::Microsoft(message) => ("microsoft", None, message.as_ref(), None),
        };
        json!({"row": self.row, "to": self.to, "cc": self.cc, "language": self.language, "by": by, "subject": subject, "text": text, "html": html})
    }
}
