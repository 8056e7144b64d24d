//! `guestlist runs`: the runs that the ledger knows, newest first; with a name, one run on a page.

mod page; // one run

use crate::{
    cli,
    cli::RunName,
    exit::Exit,
    failure::{Failure, Result},
    ledger::{Ledger, NOT_BEGUN, NewLedger, Reader, RunRecord},
    settings::Settings,
    ui,
};
use page::{page, report};
use serde_json::{Value, json};
use std::path::Path;

const SHOWN: u32 = 50;

pub(crate) fn run(settings: &Settings, typed: &cli::Runs) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    let ledger = Ledger::open(path, NewLedger::Refused)?;
    let reader = ledger.reader()?;
    let mut out = ui::Out::stdout();
    match &typed.run {
        Some(name) => {
            let found = find(&reader, path, name)?;
            let page = page(&reader, path, &found)?;
            if typed.json {
                out.json(&page)?;
            } else {
                out.line(ui::run_page_text(&page).trim_end())?;
            }
        }
        None => all(&reader, path, typed.json, &mut out)?,
    }
    out.finish()?;
    Ok(Exit::Done)
}

fn find(reader: &Reader, ledger: &Path, name: &RunName) -> Result<RunRecord> {
    let found = match name {
        RunName::Last => reader.runs(1)?.pop(),
        RunName::Id(id) => reader.run_named(id)?,
    };
    found.ok_or_else(|| {
        let ledger = ledger.display();
        match name {
            RunName::Last => Failure::usage(format!("the ledger {ledger} knows no run yet"))
                .hint("a run is in it as soon as it begins: name the ledger of that run with --ledger"),
            RunName::Id(id) => Failure::usage(format!("the ledger {ledger} knows no run {id}, and not one alone whose id begins so"))
                .hint("`guestlist runs` lists the runs that it knows; another ledger is named with --ledger"),
        }
    })
}

fn all(reader: &Reader, path: &Path, as_json: bool, out: &mut ui::Out) -> Result<()> {
    let runs = reader.runs(SHOWN)?;
    if as_json {
        let tenant = reader
            .tenant()?
            .map(|tenant| json!({"id": tenant.id, "name": tenant.name}));
        let runs: Vec<Value> = runs.iter().map(as_value).collect();
        return out.json(&json!({"ledger": path.display().to_string(), "tenant": tenant, "people": reader.people()?, "runs": runs}));
    }
    if runs.is_empty() {
        ui::tell(format!("the ledger {} knows no run yet", path.display()));
        return Ok(());
    }
    let lines: Vec<[String; 6]> = runs.iter().map(line_of).collect();
    out.line(ui::runs_text(&lines, ui::stdout_is_terminal()))?;
    if ui::stderr_is_terminal() {
        ui::tell("`guestlist runs last` shows the newest on a page, `guestlist runs ID` any other");
    }
    Ok(())
}

fn line_of(run: &RunRecord) -> [String; 6] {
    let report = report(run);
    let number = |pointer: &str| {
        let value = report.pointer(pointer).and_then(Value::as_u64);
        value.map_or("-".to_owned(), ui::text::number)
    };
    let ended = match (run.ended_at, run.exit_code) {
        (Some(_), Some(code)) => format!("exit {code}"),
        _ => "not ended".to_owned(),
    };
    [
        run.id.clone(),
        run.started_at.strftime("%F %H:%M").to_string(),
        ended,
        number("/this_run/invited"),
        number("/rows"),
        what_of(run),
    ]
}

/// The sheet; of a run that invited nobody its verb too.
fn what_of(run: &RunRecord) -> String {
    let sheet = run.sheet.as_deref().map(ui::text::printable_line);
    // Numbers that are missing tell that a run did not begin; there is no room for more.
    match run.verb.trim_end_matches(NOT_BEGUN) {
        "invite" => sheet.unwrap_or_default(),
        verb => match sheet {
            Some(sheet) => format!("{verb} {sheet}"),
            None => verb.to_owned(),
        },
    }
}

fn as_value(run: &RunRecord) -> Value {
    json!({
        "run": run.id,
        "verb": run.verb,
        "sheet": run.sheet,
        "started_at": run.started_at.to_string(),
        "ended_at": run.ended_at.map(|at| at.to_string()),
        "exit_code": run.exit_code,
        "command": run.command,
        "signed_in": run.signed_in,
        "report": report(run),
    })
}
