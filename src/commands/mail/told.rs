//! What a person, or a program, is told of the mails: the list beforehand, and the numbers afterwards.

use super::targets::Targets;
use crate::{
    commands::{
        connect::Connection,
        own_mail::{MailTotals, OwnMail},
    },
    exit::Exit,
    failure::Failure,
    outcome::Mail,
    ui::{self, text},
};
use serde_json::{Map, Value, json};
use std::path::Path;

/// The list of whom it is about.
pub(super) fn list(
    sheet: &Path,
    targets: &Targets,
    own: &OwnMail,
    connection: &Connection,
) -> String {
    let people = text::plural_of(targets.people.len() as u64, "person", "people");
    let mut lines = vec![format!(
        "{people} of {} in {} to mail, from {}",
        sheet.display(),
        connection.place(),
        own.by()
    )];
    for target in &targets.people {
        let known = match target.mail {
            Mail::Unknown => ", may have been mailed before",
            Mail::Refused => ", refused before",
            _ => "",
        };
        let who = text::printable_line(&format!("{} {}", target.name, target.email));
        lines.push(format!("  row {}: {}{known}", target.row, who.trim()));
    }
    for (why, rows) in &targets.left_out {
        lines.push(format!("  {} {}", text::number(*rows), why.words()));
    }
    lines.join("\n")
}

/// What became of the mails, in words.
pub(super) fn tell(totals: &MailTotals) {
    for (mails, _, what) in counts(totals) {
        if mails > 0 {
            ui::tell(format!("{} {what}", text::plural(mails, "mail")));
        }
    }
}

/// Each number with its word for `--json` and with its words for a person.
fn counts(totals: &MailTotals) -> [(u64, &'static str, &'static str); 7] {
    [
        (totals.handed_over, "handed-over", "handed over"),
        (totals.due, "due", "not taken now, and due"),
        (totals.refused, "refused", "refused"),
        (
            totals.unknown,
            "unknown",
            "without an answer: they may have left",
        ),
        (
            totals.passed_over,
            "passed-over",
            "not sent, as an earlier one may have left",
        ),
        (
            totals.not_pending,
            "not-pending",
            "not sent, as the guest is not pending: see `hint` in the results",
        ),
        (
            totals.not_looked_up,
            "not-looked-up",
            "not sent, as the guest could not be looked up",
        ),
    ]
}

/// How the verb has ended, beside its numbers.
pub(super) struct End<'a> {
    pub run: Option<&'a str>,
    pub stopped: Option<&'a Failure>,
    /// One word for why it has stopped.
    pub stopped_by: Option<&'a str>,
    pub results: Option<&'a Path>,
    pub exit: Exit,
}

/// One object: the rows of the sheet are those that are left out and those of which the mails tell.
pub(super) fn report(
    sheet: &Path,
    targets: &Targets,
    totals: &MailTotals,
    connection: &Connection,
    end: &End<'_>,
) -> Value {
    let left_out: Map<String, Value> = targets
        .left_out
        .iter()
        .map(|(why, rows)| (why.word().to_owned(), json!(rows)))
        .collect();
    let counts = counts(totals);
    let ended: u64 = counts.iter().map(|(mails, ..)| mails).sum();
    let mut mails: Map<String, Value> = counts
        .iter()
        .map(|(mails, word, _)| ((*word).to_owned(), json!(mails)))
        .collect();
    let left = (targets.people.len() as u64).saturating_sub(ended);
    mails.insert("not-attempted".to_owned(), json!(left));
    json!({
        "run": end.run,
        "tenant": {"id": connection.tenant.id, "name": connection.tenant.name},
        "sheet": sheet.display().to_string(),
        "rows": targets.rows,
        "left_out": left_out,
        "people": targets.people.len(),
        "mails": mails,
        "stopped_by": end.stopped_by,
        "error": end.stopped.map(|failure| failure.what.clone()),
        "hints": end.stopped.map(|failure| failure.hints.clone()).unwrap_or_default(),
        "results": end.results.map(|path| path.display().to_string()),
        "exit_code": end.exit.code(),
    })
}
