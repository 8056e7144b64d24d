//! Words of one's own in Microsoft's mail: a template, filled for each row that is mailed.
//!
//! Must not decide who is mailed, nor whether Microsoft delivers the words.

use super::own_mail::{Names, every_row};
use crate::{
    engine::Compose,
    failure::Result,
    guest::{Guest, LONGEST_MESSAGE, Rules},
    message::{Around, NotRendered, Templates, Words},
    settings::{MailDelivery, Settings},
    sheet::{Row, Sheet},
    ui::text,
};
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct MicrosoftWords {
    pub templates: Templates,
    redirect_url: String,
}

impl MicrosoftWords {
    /// None where no template is named, or Microsoft mails nobody.
    pub(super) fn of(settings: &Settings) -> Result<Option<Self>> {
        let message = &settings.message;
        let Some(template) = &message.template else {
            return Ok(None);
        };
        if message.delivery.value != MailDelivery::Microsoft {
            return Ok(None);
        }
        Ok(Some(Self {
            templates: Templates::of_messages(&template.value)?,
            redirect_url: settings.invite.redirect_url.value.clone(),
        }))
    }

    /// The words of a row. A message that stands in the row goes out as it is, unless the template puts it among its own
    /// words.
    pub(super) fn of_row(
        &self,
        sheet: &Sheet,
        row: &Row,
        guest: &Guest,
        names: &Names,
    ) -> std::result::Result<String, NotRendered> {
        let language = guest.language.as_deref();
        if let Some(message) = &guest.message
            && !self.templates.names("message", language)
        {
            return Ok(message.clone());
        }
        let around = Around {
            // Microsoft's mail carries it by itself.
            redeem_url: "",
            tenant_name: &names.tenant,
            inviter: &names.inviter,
            redirect_url: &self.redirect_url,
        };
        let words = Words::of(sheet.header(), row, guest, &around);
        let message = self.templates.text(words, language)?;
        let letters = message.chars().count();
        if letters > LONGEST_MESSAGE {
            return Err(NotRendered {
                what: format!(
                    "its message has {} characters; at most {} are sent in Microsoft's mail",
                    text::number(letters as u64),
                    text::number(LONGEST_MESSAGE as u64)
                ),
                fix: "shorten the template, or the cells that it names".to_owned(),
            });
        }
        Ok(message)
    }

    /// Makes the words of every row that is selected; a refusal names those that have none.
    pub(super) fn check_rows(
        &self,
        sheet: &Sheet,
        rules: &Rules,
        is_mailed: impl Fn(&Guest) -> bool,
    ) -> Result<()> {
        let names = Names::placeholders();
        every_row(sheet, rules, is_mailed, |row, guest| {
            self.of_row(sheet, row, guest, &names).map(drop)
        })
    }

    /// For the engine: puts the words into each guest who is mailed.
    pub(super) fn compose(
        self: &Arc<Self>,
        sheet: &Arc<Sheet>,
        names: Names,
        is_mailed: impl Fn(&Guest) -> bool + Send + Sync + 'static,
    ) -> Compose {
        let (words, sheet) = (self.clone(), sheet.clone());
        Arc::new(move |row, guest| {
            if is_mailed(guest) {
                let message = words.of_row(&sheet, row, guest, &names);
                guest.message = Some(message.map_err(|why| why.what)?);
            }
            Ok(())
        })
    }
}
