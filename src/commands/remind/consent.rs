//! Whether mails may go out: a person on the terminal says so, or everything was said beforehand.

use crate::{
    commands::ask,
    failure::{Failure, Result},
    settings::Settings,
};

/// Who is asked, if anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// A person on the terminal.
    Asked,
    /// `--yes`, or the practice tenant.
    Given,
    /// Nobody can be asked: the list is all there is.
    Missing,
}

/// Without a terminal everything that matters has to be said.
pub(super) fn consent(settings: &Settings, yes: bool) -> Result<Consent> {
    if settings.invite.sandbox.value {
        return Ok(Consent::Given);
    }
    if !yes {
        return Ok(if ask::can_ask() {
            Consent::Asked
        } else {
            Consent::Missing
        });
    }
    if !ask::can_ask() && settings.remind.max_mails.is_none() {
        return Err(Failure::usage(
            "--yes without a terminal needs --max-mails: how many guests may be mailed at most",
        )
        .hint("as in `guestlist remind --yes --max-mails 100`"));
    }
    if !settings.tenant_is_named() {
        return Err(Failure::usage("with --yes the tenant has to be named: by --tenant, GUESTLIST_TENANT_ID or [tenant] id")
            .hint("AZURE_* variables and `az login` may be there for other tools, and do not say which tenant is meant"));
    }
    if !settings.ledger_is_named() {
        return Err(Failure::usage(
            "with --yes the ledger has to be named: by --ledger, GUESTLIST_INVITE_LEDGER or [invite] ledger",
        )
        .hint("the ledger knows who has been mailed: a run that looks in the wrong folder would not know it"));
    }
    Ok(Consent::Given)
}
