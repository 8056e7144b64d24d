//! One run, from what the ledger keeps of it: also of one that was killed.

use super::super::row_errors::errors;
use crate::{
    failure::Result,
    ledger::{Reader, RunRecord},
    ui::{RunPage, TenantReport},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::Path};

pub(super) fn page(reader: &Reader, ledger: &Path, run: &RunRecord) -> Result<RunPage> {
    let report = report(run);
    let text = |key: &str| report.get(key).and_then(Value::as_str).map(str::to_owned);
    let tenant = reader.tenant()?;
    let traffic = reader.traffic_of(run)?;
    let took = run
        .ended_at
        .map(|ended| ended.duration_since(run.started_at));
    Ok(RunPage {
        run: run.id.clone(),
        verb: run.verb.clone(),
        started_at: run.started_at,
        ended_at: run.ended_at,
        seconds: took.map(|took| took.as_millis() as f64 / 1000.0),
        exit_code: run.exit_code,
        stopped_by: text("stopped_by"),
        error: text("error"),
        tenant: TenantReport {
            id: tenant.as_ref().map(|tenant| tenant.id.clone()),
            name: tenant.and_then(|tenant| tenant.name),
        },
        signed_in: run.signed_in.clone(),
        host: run.host.clone(),
        pid: run.pid,
        folder: run.folder.clone(),
        command: run.command.clone(),
        sheet: run.sheet.clone(),
        ledger: ledger.display().to_string(),
        rows: report.get("rows").and_then(Value::as_u64),
        outcomes: outcomes(reader, run, &report)?,
        requests: report.pointer("/requests/total").and_then(Value::as_u64),
        traffic,
        errors: errors(reader, &run.id)?,
        results: text("results"),
        to_fix: text("to_fix"),
    })
}

/// The numbers that the run itself printed as JSON.
pub(super) fn report(run: &RunRecord) -> Value {
    run.report
        .as_deref()
        .and_then(|report| serde_json::from_str(report).ok())
        .unwrap_or(Value::Null)
}

/// How many ended how. Each verb counts under words of its own.
fn outcomes(reader: &Reader, run: &RunRecord, report: &Value) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let mut add = |numbers: &Map<String, Value>| {
        for (word, number) in numbers {
            if let Some(number) = number.as_u64().filter(|number| *number > 0) {
                counts.insert(word.clone(), number);
            }
        }
    };
    for group in ["outcomes", "mails", "others"] {
        // The mails of a run that has outcomes belong to these.
        if let Some(Value::Object(numbers)) = report.get(group)
            && (group != "mails" || report.get("outcomes").is_none())
        {
            add(numbers);
        }
    }
    if report.get("outcomes").is_none() {
        let alone = ["reminded", "deleted", "unknown", "leavers"];
        let numbers = alone.map(|word| (word.to_owned(), report[word].clone()));
        add(&numbers.into_iter().collect());
    }
    if counts.is_empty() {
        counts.extend(reader.run_outcomes(&run.id)?);
    }
    Ok(counts)
}
