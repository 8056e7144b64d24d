//! What this machine brings: settings, proxy, cloud, clock, ledger. None of it asks the tenant.

use super::{
    super::{
        connect::{Connection, abilities},
        invite::survey::Survey,
        proxy,
        settings_file::Particulars,
    },
    common::not_signed_in,
};
use crate::{
    exit::Exit,
    files,
    graph::cloud::Abilities,
    ledger::{Ledger, LedgerError, NewLedger},
    settings::{Env, Settings, Source, Sourced},
    ui::{Check, text},
};
use jiff::SignedDuration;
use std::{fmt::Display, path::Path};

/// Which settings file is used, and where the values that select a tenant come from.
pub(super) fn settings(settings: &Settings) -> Check {
    let particulars = Particulars::of(settings);
    let mut told = vec![match &settings.file {
        Some(_) => format!("settings file {}", particulars.file),
        None => "no settings file".to_owned(),
    }];
    let (tenant, auth) = (&settings.tenant, &settings.auth);
    let ledger = &settings.invite.ledger;
    let ledger = Sourced::new(ledger.value.display(), ledger.source.clone());
    let values = [
        named("tenant", tenant.id.as_ref()),
        named("Graph", Some(&tenant.graph_url)),
        named("sign-in host", Some(&tenant.authority_url)),
        named("method", Some(&auth.method)),
        named("app", auth.client_id.as_ref()),
        named("ledger", Some(&ledger)),
    ];
    told.extend(values.into_iter().flatten());
    if settings.invite.sandbox.value {
        told.push("the practice tenant, whatever the settings say about tenant and sign-in".into());
    } else if told.len() == 1 {
        told.push("everything is at its default".into());
    }
    told.extend(particulars.lines(true));
    let check = Check::pass("settings", told.join("; "));
    if settings.tenant.id.is_none() && !settings.invite.sandbox.value {
        return check.hint(
            "no tenant is named: --tenant or [tenant] id makes sure that it is the one you mean",
        );
    }
    check
}

/// A value that was given, and where.
fn named<T: Display>(what: &str, value: Option<&Sourced<T>>) -> Option<String> {
    let value = value.filter(|value| value.source != Source::Default)?;
    Some(format!("{what} {value}"))
}

/// Which proxy is used, without its user name and password.
pub(super) fn proxy(settings: &Settings, env: &Env<'_>) -> Check {
    const NAME: &str = "proxy";
    if settings.is_loopback() {
        return Check::pass(NAME, "none is used for this machine itself");
    }
    let Some(named) = proxy::named(env) else {
        return Check::pass(NAME, "none: no variable names one");
    };
    let Some(proxy) = named.proxy else {
        let variable = named.variable;
        return Check::cannot_tell(
            NAME,
            format!("{variable} does not hold a URL and is ignored"),
        )
        .hint(format!(
            "set {variable} to a URL like http://proxy.example:8080"
        ));
    };
    let except = match named.except {
        Some((name, hosts)) => format!(", except for {hosts} (from {name})"),
        None => String::new(),
    };
    Check::pass(
        NAME,
        format!("{} (from {}){except}", proxy.address, proxy.from),
    )
}

/// What the cloud lacks of the invitation API.
pub(super) fn cloud(settings: &Settings, survey: Option<&Survey>) -> Check {
    if settings.invite.sandbox.value {
        return Check::pass("cloud", "the practice tenant can do everything");
    }
    let sponsors = survey.is_some_and(|survey| !survey.wanted.sponsors.is_empty());
    let host = settings.tenant.graph_url.value.as_str();
    lacking(abilities(settings), host, sponsors)
}

fn lacking(abilities: Abilities, host: &str, sponsors: bool) -> Check {
    const NAME: &str = "cloud";
    if !abilities.invitations {
        return Check::fail(NAME, Exit::Usage, format!("{host} has no invitations"))
            .hint("guests of this cloud are invited in its portal, if at all");
    }
    if abilities.sponsors_in_invitations {
        return Check::pass(NAME, format!("{host} can do everything that is needed"));
    }
    let check = Check::pass(NAME, format!("{host} takes no sponsors inside invitations"));
    if sponsors {
        return check.hint("they are added after each invitation");
    }
    check
}

/// Sign-in trusts clocks within five minutes (Entra: AADSTS700024).
pub(super) fn clock(skew: Option<SignedDuration>) -> Check {
    const NAME: &str = "clock";
    let Some(skew) = skew else {
        return Check::cannot_tell(NAME, "no answer has told what time it is at the server");
    };
    let off = skew.unsigned_abs();
    let told = format!(
        "this clock is {} {} the server's",
        text::duration(off),
        if skew.is_negative() {
            "ahead of"
        } else {
            "behind"
        }
    );
    let hint = "set the clock of this machine by time service (NTP)";
    match off.as_secs() {
        0..=5 => Check::pass(NAME, "this clock and the server's agree"),
        6..=60 => Check::pass(NAME, told),
        61..=300 => Check::pass(NAME, told).hint(format!(
            "beyond 5 minutes certificates and tokens are refused: {hint}"
        )),
        _ => Check::fail(NAME, Exit::Permission, told).hint(hint),
    }
}

/// Whether the ledger exists, is readable, belongs to this tenant, is not locked by another run and is on a local disk.
pub(super) fn ledger(settings: &Settings, connection: Option<&Connection>) -> Check {
    const NAME: &str = "ledger";
    let path = &settings.invite.ledger.value;
    let shown = path.display();
    if files::at(path).is_ok_and(|entry| entry.is_none()) {
        let invite = &settings.invite;
        let must_be_there =
            settings.ledger_is_named() && !invite.new_ledger.value && !invite.sandbox.value;
        if must_be_there {
            let path = shown.to_string();
            return Check::failed(NAME, LedgerError::Missing { path }.into());
        }
        return match Ledger::is_local(path) {
            Ok(()) => Check::pass(
                NAME,
                format!("{shown} is not there yet; the first run makes it"),
            ),
            Err(error) => Check::failed(NAME, error.into()),
        };
    }
    let contents = Ledger::open(path, NewLedger::Refused).and_then(|ledger| {
        ledger.is_free(jiff::Timestamp::now())?;
        Ok((
            ledger.tenant()?,
            ledger.reader()?.people()?,
            ledger.access(),
        ))
    });
    let (bound, people, access) = match contents {
        Ok(contents) => contents,
        Err(error) => return Check::failed(NAME, error.into()),
    };
    let knows = format!(
        "{shown} knows {}",
        text::plural_of(people, "person", "people")
    );
    match (bound, connection) {
        (None, _) => private_or_not(
            format!("{knows}, and belongs to no tenant yet"),
            access,
            path,
        ),
        (Some(bound), None) => Check {
            message: format!("{knows}, and belongs to the tenant {}", bound.id),
            hint: Some(
                "the tenant was not reached, so nobody can tell whether it is this one".into(),
            ),
            ..not_signed_in(NAME)
        },
        (Some(bound), Some(connection)) if bound.id.eq_ignore_ascii_case(&connection.tenant.id) => {
            private_or_not(format!("{knows}, and belongs to this tenant"), access, path)
        }
        (Some(bound), Some(connection)) => {
            let other = LedgerError::OtherTenant {
                path: shown.to_string(),
                bound: bound.name.unwrap_or(bound.id),
                asked: connection.tenant.id.clone(),
            };
            Check::failed(NAME, other.into())
        }
    }
}

/// The ledger holds redeem links, so nobody else should be able to read it.
fn private_or_not(told: String, access: files::Access, path: &Path) -> Check {
    const NAME: &str = "ledger";
    let others = match access {
        files::Access {
            group_writes: true, ..
        } => "its group can write to it",
        files::Access {
            others_read: true, ..
        } => "other users of this machine can read it, links included",
        _ => return Check::pass(NAME, told),
    };
    Check::warn(NAME, format!("{told}; {others}"))
        .hint(format!("`chmod 600 {}` keeps it private", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        graph::{BaseUrl, cloud},
        ui::Finding,
    };

    #[test]
    fn a_clock_may_be_a_minute_off_and_never_five() {
        let of = |seconds| clock(Some(SignedDuration::from_secs(seconds)));
        for (seconds, verdict, hinted) in [
            (0, Finding::Pass, false),
            (-59, Finding::Pass, false),
            (61, Finding::Pass, true),
            (-300, Finding::Pass, true),
            (301, Finding::Fail, true),
            (-7_200, Finding::Fail, true),
        ] {
            let check = of(seconds);
            assert_eq!(
                (check.verdict, check.hint.is_some()),
                (verdict, hinted),
                "{seconds}"
            );
        }
        assert_eq!(of(301).exit, Exit::Permission);
        assert_eq!(
            of(301).message,
            "this clock is 5 min 1 s behind the server's"
        );
        assert_eq!(
            of(-90).message,
            "this clock is 1 min 30 s ahead of the server's"
        );
        assert_eq!(clock(None).verdict, Finding::CannotTell);
    }

    #[test]
    fn what_a_cloud_lacks_is_said() {
        let of = |url: &str, sponsors| {
            let check = lacking(
                cloud::abilities(&BaseUrl::graph(url).unwrap()),
                url,
                sponsors,
            );
            (check.verdict, check.exit, check.hint.is_some())
        };
        let pass = (Finding::Pass, Exit::Done);
        assert_eq!(
            of("https://graph.microsoft.com", true),
            (pass.0, pass.1, false)
        );
        assert_eq!(
            of("https://graph.microsoft.us", false),
            (pass.0, pass.1, false)
        );
        assert_eq!(
            of("https://graph.microsoft.us", true),
            (pass.0, pass.1, true)
        );
        let none = of("https://graph.svc.sovcloud.sg", false);
        assert_eq!((none.0, none.1), (Finding::Fail, Exit::Usage));
    }
}
