//! Whether something may leave that cannot be taken back: a person on the terminal says so, or everything was said
//! beforehand.

use super::ask;
use crate::{
    failure::{Failure, Result},
    settings::Settings,
    ui,
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

/// Shows the list of whom it is about: on standard output, or where other data goes there, on standard error and only
/// to the person who is asked about it.
pub(super) fn show_list(text: &str, stdout_is_taken: bool, is_asked: bool) -> Result<()> {
    let text = text.trim_end();
    if !stdout_is_taken {
        let mut out = ui::Out::stdout();
        out.line(text)?;
        return out.finish();
    }
    if is_asked {
        ui::tell(text);
    }
    Ok(())
}

/// The flag that says how much may be done at most.
pub(super) struct Limit {
    pub flag: &'static str,
    /// As in `how many guests may be mailed at most`.
    pub means: &'static str,
    pub example: &'static str,
    pub is_given: bool,
    /// Why the right ledger matters, as the end of a sentence.
    pub ledger_knows: &'static str,
}

/// Without a terminal everything that matters has to be said.
pub(super) fn consent(settings: &Settings, yes: bool, limit: &Limit) -> Result<Consent> {
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
    if !ask::can_ask() && !limit.is_given {
        return Err(Failure::usage(format!(
            "--yes without a terminal needs {}: {}",
            limit.flag, limit.means
        ))
        .hint(format!("as in `{}`", limit.example)));
    }
    if !settings.tenant_is_named() {
        return Err(Failure::usage("with --yes the tenant has to be named: by --tenant, GUESTLIST_TENANT_ID or [tenant] id")
            .hint("AZURE_* variables and `az login` may be there for other tools, and do not say which tenant is meant"));
    }
    if !settings.ledger_is_named() {
        return Err(Failure::usage(
            "with --yes the ledger has to be named: by --ledger (as in --ledger guestlist.db), GUESTLIST_INVITE_LEDGER or [invite] ledger",
        )
        .hint(format!("{}: a run that looks in the wrong folder would not know it", limit.ledger_knows)));
    }
    Ok(Consent::Given)
}
