//! Who says that mails may go out: a person on the terminal, or `--yes` with everything that matters named.

use crate::{
    cli,
    commands::ask,
    failure::{Failure, Result},
    settings::Settings,
};

/// Who says that mails may go out.
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
pub(super) fn consent(settings: &Settings, typed: &cli::Mail) -> Result<Consent> {
    if settings.invite.sandbox.value {
        return Ok(Consent::Given);
    }
    let terminal = ask::can_ask();
    if !typed.yes {
        return Ok(if terminal {
            Consent::Asked
        } else {
            Consent::Missing
        });
    }
    if !terminal && typed.max_mails.is_none() {
        return Err(Failure::usage(
            "--yes without a terminal needs --max-mails: how many people may be mailed at most",
        )
        .hint("as in `guestlist mail guests.csv --yes --max-mails 100`"));
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
