//! The words of mail of our own, whoever carries it: the templates of the settings, filled for one row at a time.

use super::{OwnMail, check::every_row};
use crate::{
    commands::connect::Connection,
    failure::Result,
    guest::{Guest, Rules},
    message::{Around, NotRendered, Rendered, Templates, Words},
    settings::Settings,
    sheet::{Row, Sheet},
};

/// A link in the form of the real ones, for words that are not sent.
pub(in crate::commands) const fn placeholder() -> &'static str {
    "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2fredeem%2f%3ftenant%3dexample"
}

/// The words of mail of our own, before it is known who carries it.
#[derive(Debug)]
pub(in crate::commands) struct OwnWords {
    pub templates: Templates,
    redirect_url: String,
}

impl OwnWords {
    pub(in crate::commands) fn of(settings: &Settings) -> Result<Self> {
        let message = &settings.message;
        let subject = message.subject.as_ref();
        let template = message.template.as_ref();
        Ok(Self {
            templates: Templates::read(
                template.map(|template| template.value.as_path()),
                subject.map(|subject| subject.value.as_str()),
            )?,
            redirect_url: settings.invite.redirect_url.value.clone(),
        })
    }

    /// Where a guest lands.
    pub(in crate::commands) fn landing_page<'g>(&'g self, guest: &'g Guest) -> &'g str {
        let named = guest.redirect_url.as_deref();
        named.unwrap_or(&self.redirect_url)
    }

    /// The words of a row.
    pub(in crate::commands) fn render(
        &self,
        sheet: &Sheet,
        row: &Row,
        guest: &Guest,
        redeem_url: &str,
        names: &Names,
    ) -> std::result::Result<Rendered, NotRendered> {
        let around = Around {
            redeem_url,
            tenant_name: &names.tenant,
            inviter: &names.inviter,
            redirect_url: &self.redirect_url,
        };
        let words = Words::of(sheet.header(), row, guest, &around);
        self.templates.render(words, guest.language.as_deref())
    }

    /// Renders the mail of every row that is selected; a refusal names those that have no words.
    pub(in crate::commands) fn check_rows(
        &self,
        sheet: &Sheet,
        rules: &Rules,
        is_mailed: impl Fn(&Guest) -> bool,
    ) -> Result<()> {
        let names = Names::placeholders();
        every_row(sheet, rules, is_mailed, |row, guest| {
            let rendered = self.render(sheet, row, guest, placeholder(), &names);
            rendered.map(drop)
        })
    }
}

/// The names that stand in a mail and not on the sheet.
#[derive(Debug, Clone)]
pub(in crate::commands) struct Names {
    pub tenant: String,
    pub inviter: String,
}

impl Names {
    pub(in crate::commands) fn of(connection: &Connection, own: &OwnMail) -> Self {
        let inviter = own.from.name.clone();
        Self {
            tenant: tenant_name(connection),
            inviter: inviter.unwrap_or_else(|| own.from.address.as_str().to_owned()),
        }
    }

    /// For a mail of Microsoft's, which is from nobody of ours.
    pub(in crate::commands) fn of_microsoft(connection: &Connection) -> Self {
        let identity = &connection.identity;
        let inviter = identity.name.clone().or_else(|| identity.app_id.clone());
        Self {
            tenant: tenant_name(connection),
            inviter: inviter.unwrap_or_else(|| tenant_name(connection)),
        }
    }

    /// They are not known before somebody has signed in.
    pub(in crate::commands) fn placeholders() -> Self {
        Self {
            tenant: "tenant".to_owned(),
            inviter: "inviter".to_owned(),
        }
    }
}

fn tenant_name(connection: &Connection) -> String {
    let tenant = &connection.tenant;
    let named = tenant.name.clone().or_else(|| connection.domain.clone());
    named.unwrap_or_else(|| tenant.id.clone())
}
