//! `guestlist runs`: the runs that the ledger knows, newest first.

use crate::{
    clock::Clock,
    exit::Exit,
    failure::Result,
    ledger::{Ledger, NewLedger, RunRecord},
    settings::Settings,
    ui,
};
use serde_json::{Value, json};

const SHOWN: u32 = 50;

pub(crate) fn run(settings: &Settings, as_json: bool, _clock: &Clock) -> Result<Exit> {
    let path = &settings.invite.ledger.value;
    let ledger = Ledger::open(path, NewLedger::Refused)?;
    let reader = ledger.reader()?;
    let runs = reader.runs(SHOWN)?;
    let mut out = ui::Out::stdout();
    if as_json {
        let tenant = reader
            .tenant()?
            .map(|tenant| json!({"id": tenant.id, "name": tenant.name}));
        let runs: Vec<Value> = runs.iter().map(as_value).collect();
        out.json(&json!({"ledger": path.display().to_string(), "tenant": tenant, "people": reader.people()?, "runs": runs}))?;
    } else if runs.is_empty() {
        ui::tell(format!("the ledger {} knows no run yet", path.display()));
    } else {
        out.line(format!(
            "{:<22} {:<17} {:<9} {:>8} {:>8}  {}",
            "RUN", "STARTED (UTC)", "ENDED", "INVITED", "ROWS", "SHEET"
        ))?;
        for run in &runs {
            let report = report(run);
            let number = |pointer: &str| {
                report
                    .pointer(pointer)
                    .and_then(Value::as_u64)
                    .map_or("-".to_owned(), ui::text::number)
            };
            let ended = match (run.ended_at, run.exit_code) {
                (Some(_), Some(code)) => format!("exit {code}"),
                _ => "not ended".to_owned(),
            };
            out.line(format!(
                "{:<22} {:<17} {ended:<9} {:>8} {:>8}  {}",
                run.id,
                run.started_at.strftime("%F %H:%M").to_string(),
                number("/this_run/invited"),
                number("/rows"),
                what_of(run),
            ))?;
        }
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// The sheet; of a run that invited nobody its verb too.
fn what_of(run: &RunRecord) -> String {
    let sheet = run.sheet.as_deref().map(ui::text::printable_line);
    match run.verb.as_str() {
        "invite" => sheet.unwrap_or_default(),
        verb => match sheet {
            Some(sheet) => format!("{verb} {sheet}"),
            None => verb.to_owned(),
        },
    }
}

fn report(run: &RunRecord) -> Value {
    run.report
        .as_deref()
        .and_then(|report| serde_json::from_str(report).ok())
        .unwrap_or(Value::Null)
}

fn as_value(run: &RunRecord) -> Value {
    json!({
        "run": run.id,
        "verb": run.verb,
        "sheet": run.sheet,
        "started_at": run.started_at.to_string(),
        "ended_at": run.ended_at.map(|at| at.to_string()),
        "exit_code": run.exit_code,
        "report": report(run),
    })
}
