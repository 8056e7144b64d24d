//! `guestlist config [trust]`: every setting in force and where it comes from; trusting this folder's settings file.
//!
//! Must not show a secret: the settings only say where one is kept.

use super::settings_file::{self, Particulars, indented};
use crate::{
    cli::{self, Cli, ConfigAction},
    exit::Exit,
    failure::Result,
    settings::{self, Env, KeyInForce, Settings, Source},
    ui::{self, text},
};
use std::path::Path;
use text::{pad, printable_line, wrap};

/// In the order of `config.example.toml`.
const SECTIONS: [&str; 9] = [
    "tenant", "auth", "invite", "remind", "pace", "message", "smtp", "columns", "sheet",
];
/// The column in which the sources begin, unless a value is longer.
const VALUES: usize = 52;

pub(crate) fn run(cli: &Cli, typed: &cli::Config, env: &Env<'_>) -> Result<Exit> {
    match typed.action {
        None => {
            let mut out = ui::Out::stdout();
            out.line(in_force(&settings_file::settings(cli, env)?).trim_end())?;
            out.finish()?;
        }
        Some(ConfigAction::Trust) => trust(cli, env)?,
    }
    Ok(Exit::Done)
}

/// Lines that could stand in a settings file, each with where its value comes from.
fn in_force(settings: &Settings) -> String {
    let mut text = format!("# settings file: {}\n", Particulars::of(settings).file);
    if let Some(told) = settings_file::left_out(settings) {
        text.push_str(&format!("# {}\n", wrap(&told, 2, 0).replace('\n', "\n# ")));
    }
    for section in SECTIONS {
        text.push_str(&format!("\n[{section}]\n"));
        for key in settings.keys.iter().filter(|key| key.section == section) {
            text.push_str(&line(key));
        }
        if section == "auth"
            && let Some(token) = &settings.auth.access_token
        {
            text.push_str(&format!("# an access token: {}\n", token.value));
        }
    }
    text
}

fn line(key: &KeyInForce) -> String {
    if !key.is_set() {
        return format!("#{} is not set\n", key.key);
    }
    let value = printable_line(&format!("{} = {}", key.key, key.value));
    let source = match &key.source {
        Source::Default => "default".to_owned(),
        named => printable_line(&named.place()),
    };
    format!("{} # {source}\n", pad(&value, VALUES))
}

/// Answers the question that other commands would ask, and shows what is trusted.
fn trust(cli: &Cli, env: &Env<'_>) -> Result<()> {
    let trusted = settings::trust_found(cli.config.as_deref(), env, Path::new(""))?;
    let path = printable_line(&trusted.path.display().to_string());
    if trusted.keys.is_empty() {
        ui::tell(format!("nothing in {path} needs trust"));
        return Ok(());
    }
    ui::tell(format!("{path} is trusted from now on, with"));
    for key in &trusted.keys {
        ui::tell(indented(key));
    }
    for line in Particulars::of(&trusted.settings).lines(true) {
        ui::tell(wrap(&line, 0, 2));
    }
    ui::tell(wrap(
        &format!(
            "whoever changes one of these keys is asked again; this is kept in {}",
            printable_line(&trusted.kept_in.display().to_string())
        ),
        0,
        2,
    ));
    Ok(())
}
