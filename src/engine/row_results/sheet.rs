//! Rows whose outcome follows from the sheet: invalid rows, duplicates, and rows that were not selected.

use super::address;
use crate::{
    guest::{RowVerdict, Understood},
    ledger::Corrected,
    outcome::{Outcome, RowResult, ThisRun},
    problem::{Problem, Severity},
};

/// Rows that are not invited: invalid ones and duplicates.
pub(in crate::engine) fn unusable(understood: &Understood) -> RowResult {
    let mut result = RowResult::new(understood.row, Outcome::Invalid, address(understood));
    result.display_name.clone_from(&understood.display_name);
    if let RowVerdict::Duplicate { of_row, .. } = &understood.verdict {
        result.outcome = Outcome::Duplicate;
        result.hint = Some(format!(
            "the same address as row {of_row}; only that row is invited"
        ));
        return result;
    }
    let errors: Vec<&Problem> = understood
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    let joined = |part: &dyn Fn(&Problem) -> String| {
        let mut parts: Vec<String> = Vec::new();
        for text in errors.iter().map(|problem| part(problem)) {
            if !parts.contains(&text) {
                parts.push(text);
            }
        }
        (!parts.is_empty()).then(|| parts.join("; "))
    };
    result.error_code = joined(&|problem| problem.code.to_string());
    result.error = joined(&|problem| problem.message.clone());
    result.hint = joined(&|problem| problem.fix.clone());
    result
}

/// A corrected copy of the row, from a to-fix file, is done.
pub(in crate::engine) fn corrected(understood: &Understood, corrected: &Corrected) -> RowResult {
    let who = corrected.emails.join(" and ");
    RowResult {
        display_name: understood.display_name.clone(),
        hint: Some(if corrected.invited {
            format!("corrected and invited as {who}")
        } else {
            format!("corrected as {who}, who is in the tenant already; nothing is left to do")
        }),
        ..RowResult::new(understood.row, Outcome::Duplicate, address(understood))
    }
}

pub(in crate::engine) fn not_selected(understood: &Understood) -> RowResult {
    RowResult {
        display_name: understood.display_name.clone(),
        this_run: Some(ThisRun::NotSelected),
        hint: Some("not selected by --only".into()),
        ..RowResult::new(understood.row, Outcome::NotAttempted, address(understood))
    }
}
