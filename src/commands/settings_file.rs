//! The settings of a command: asks whether a settings file that was found may be trusted, and says what it brings.
//!
//! Must not decide what needs trust: `settings` does.

use super::ask::{self, can_ask};
use crate::{
    cli::Cli,
    failure::{Failure, Result},
    guest::Access,
    settings::{self, Env, KeyInForce, Reading, Scope, Settings, Source, Standing, Untrusted},
    ui::{self, text},
};
use std::path::Path;
use text::{list, printable_line, wrap};
use url::Url;

/// Reads the settings, and from then on advises commands of the practice tenant where that is used. Only a settings file
/// that is not trusted leads to a question.
pub(super) fn settings(cli: &Cli, env: &Env<'_>) -> Result<Settings> {
    let flags = cli.flags();
    let settings = match settings::read(&flags, env, Path::new(""))? {
        Reading::Settled(settings) => *settings,
        Reading::Untrusted(untrusted) => ask(*untrusted, env)?,
    };
    if settings.invite.sandbox.value {
        ui::advise_practice();
    }
    if flags.scope != Scope::Shown
        && let Some(told) = left_out(&settings)
    {
        ui::tell(wrap(&told, 0, 2));
    }
    Ok(settings)
}

fn ask(untrusted: Untrusted, env: &Env<'_>) -> Result<Settings> {
    let yes = &untrusted.settings().invite.yes;
    let asked_not_to = yes.value && !matches!(yes.source, Source::File { .. });
    if !can_ask() || asked_not_to || !untrusted.doubt.can_be_lifted() {
        return Err(untrusted.failure());
    }
    ui::tell(question(&untrusted));
    if !ask::agrees("Type yes to trust it from now on:")? {
        let failure = untrusted.failure();
        return Err(Failure {
            what: format!(
                "the settings file {} was not trusted: nothing was done",
                untrusted.path().display()
            ),
            ..failure
        });
    }
    untrusted.trust(env)
}

fn question(untrusted: &Untrusted) -> String {
    let mut lines = vec![wrap(
        &format!(
            "The settings file {} {}. This command would use these keys of it:",
            printable_line(&untrusted.path().display().to_string()),
            untrusted.doubt
        ),
        0,
        2,
    )];
    lines.extend(untrusted.keys.iter().map(indented));
    lines.extend(
        Particulars::of(untrusted.settings())
            .lines(true)
            .iter()
            .map(|line| wrap(line, 0, 2)),
    );
    lines.join("\n")
}

/// One key of a file, on a line of its own.
pub(super) fn indented(key: &KeyInForce) -> String {
    format!("  {}", wrap(&shown(key), 2, 4))
}

/// As a line of the settings file.
fn shown(key: &KeyInForce) -> String {
    let line = match key.trusts_line {
        Some(line) => format!(" (line {line})"),
        None => String::new(),
    };
    printable_line(&format!(
        "[{}] {} = {}{line}",
        key.section, key.key, key.value
    ))
}

/// What is left out of a file that nobody trusts, and how to change that.
pub(super) fn left_out(settings: &Settings) -> Option<String> {
    let file = settings.file.as_ref()?;
    let Standing::Untrusted(doubt) = &file.standing else {
        return None;
    };
    let keys: Vec<String> = file
        .left_out
        .iter()
        .map(|key| format!("[{}] {}", key.section, key.key))
        .collect();
    let what_to_do = if doubt.can_be_lifted() {
        "`guestlist config trust` in this folder trusts it"
    } else {
        "make it a file that only you can change, then `guestlist config trust` in this folder trusts it"
    };
    Some(format!(
        "not used from {}, which {doubt}: {}; {what_to_do}",
        printable_line(&file.path.display().to_string()),
        list(&keys)
    ))
}

/// What every run and every question shows, so that a person notices a change.
#[derive(Debug, Clone, Default)]
pub(super) struct Particulars {
    pub file: String,
    /// Hosts that are not Microsoft's, as sentences.
    pub hosts: Vec<String>,
    pub landing: String,
    pub members: Option<String>,
}

impl Particulars {
    pub(super) fn of(settings: &Settings) -> Self {
        let file = match &settings.file {
            None => "none".to_owned(),
            Some(file) => {
                let path = printable_line(&file.path.display().to_string());
                match &file.standing {
                    Standing::Named(by) => format!("{path} (named by {by})"),
                    Standing::Trusted => format!("{path} (trusted)"),
                    Standing::Harmless => format!("{path} (nothing in it needs trust)"),
                    Standing::Untrusted(_) => format!("{path} (not trusted)"),
                }
            }
        };
        let tenant = &settings.tenant;
        let hosts = [
            ("Graph is asked at", &tenant.graph_url),
            ("signing in happens at", &tenant.authority_url),
        ];
        let elsewhere = hosts
            .into_iter()
            .filter(|(_, url)| {
                !settings.invite.sandbox.value && !settings::is_microsoft(&url.value)
            })
            .map(|(what, url)| {
                printable_line(&format!("{what} {url}, which is not a host of Microsoft"))
            });
        let landing = &settings.invite.redirect_url;
        let host = Url::parse(&landing.value)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| landing.value.clone());
        let allow = &settings.invite.allow;
        let members = allow.value.contains(&Access::Member).then(|| {
            printable_line(&format!(
                "people may be invited as Member instead of Guest, where the sheet says so ({})",
                allow.source
            ))
        });
        Self {
            file,
            hosts: elsewhere.collect(),
            landing: printable_line(&format!("{host} ({})", landing.source)),
            members,
        }
    }

    /// Lines for the screen. The file is left out if it has been named already.
    pub(super) fn lines(&self, file_is_named: bool) -> Vec<String> {
        let landing = format!("guests land at {}", self.landing);
        let first = if file_is_named {
            landing
        } else {
            format!("settings file {}; {landing}", self.file)
        };
        [first]
            .into_iter()
            .chain(self.hosts.iter().cloned())
            .chain(self.members.clone())
            .collect()
    }
}
