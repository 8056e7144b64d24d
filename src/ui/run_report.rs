//! A run in numbers: the object that `invite --json` prints, and what the summary is made of.
//!
//! Scripts rely on the keys. Must not hold an address or a link.

use crate::outcome::{FollowUpKind, FollowUpTotals, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RunReport {
    pub run: String,
    pub tenant: TenantReport,
    pub sheet: String,
    pub rows: u64,
    /// Every outcome has a key, so that a script need not ask whether it is there.
    pub outcomes: BTreeMap<Outcome, u64>,
    pub this_run: ThisRunReport,
    pub requests: RequestTotals,
    /// Why the run ended before the sheet did.
    pub stopped_by: Option<String>,
    pub elapsed_seconds: f64,
    /// In a dry run where somebody would be invited: what the run itself would take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<ForecastReport>,
    pub results: Option<String>,
    pub to_fix: Option<String>,
    pub ledger: Option<String>,
    pub exit_code: u8,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct TenantReport {
    pub id: Option<String>,
    pub name: Option<String>,
}

/// What this run did itself. Reports of earlier versions in the ledger lack some of the keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ThisRunReport {
    pub invited: u64,
    pub mails_requested: u64,
    /// People of whom it is not known whether they are invited, or whether their mail was sent.
    pub mails_unknown: u64,
    /// Mails of our own that a server has taken over, and of all rows of the run those that have not left.
    pub mails_handed_over: u64,
    pub mails_due: u64,
    pub mails_refused: u64,
    pub relinked: u64,
    pub checked: u64,
    pub not_selected: u64,
    /// People who asked to be forgotten; their rows are `refused`.
    pub forgotten: u64,
    /// What was done beside the invitations, by kind; every kind has a key.
    pub follow_ups: BTreeMap<FollowUpKind, FollowUpTotals>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ForecastReport {
    /// None: no rate limits the run.
    pub seconds: Option<u64>,
    /// The invitations that would leave in this time.
    pub invitations: u64,
    /// How long, and why.
    pub words: String,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RequestTotals {
    pub total: u64,
    pub throttled: u64,
    pub retried: u64,
}

/// Every kind of follow-up with its counts.
pub(crate) fn follow_up_counts(
    counts: &BTreeMap<FollowUpKind, FollowUpTotals>,
) -> BTreeMap<FollowUpKind, FollowUpTotals> {
    let of = |kind: &FollowUpKind| counts.get(kind).copied().unwrap_or_default();
    let kinds = FollowUpKind::ALL.iter();
    kinds.map(|kind| (*kind, of(kind))).collect()
}

/// Every outcome with its count; outcomes that are not given have zero.
pub(crate) fn outcome_counts(
    outcomes: impl IntoIterator<Item = (Outcome, u64)>,
) -> BTreeMap<Outcome, u64> {
    let mut counts: BTreeMap<Outcome, u64> =
        Outcome::ALL.iter().map(|outcome| (*outcome, 0)).collect();
    for (outcome, n) in outcomes {
        *counts.entry(outcome).or_default() += n;
    }
    counts
}

#[cfg(test)]
pub(super) fn sample() -> RunReport {
    RunReport {
        run: "2026-11-22-0200-7f3a".into(),
        tenant: TenantReport {
            id: Some("11111111-2222-3333-4444-555555555555".into()),
            name: Some("Contoso".into()),
        },
        sheet: "guests.csv".into(),
        rows: 1_000,
        outcomes: outcome_counts([
            (Outcome::Invited, 860),
            (Outcome::ExistsPending, 70),
            (Outcome::ExistsAccepted, 45),
            (Outcome::ExistsMember, 10),
            (Outcome::Duplicate, 5),
            (Outcome::Invalid, 10),
        ]),
        this_run: ThisRunReport {
            invited: 840,
            mails_requested: 800,
            mails_handed_over: 0,
            mails_due: 0,
            mails_refused: 0,
            ..ThisRunReport::default()
        },
        requests: RequestTotals {
            total: 1_024,
            throttled: 3,
            retried: 5,
        },
        stopped_by: None,
        elapsed_seconds: 125.4,
        forecast: None,
        results: Some("guests.results.csv".into()),
        to_fix: Some("guests.to-fix.csv".into()),
        ledger: Some("guestlist.db".into()),
        exit_code: 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_has_the_documented_keys_in_order() {
        let json = serde_json::to_value(sample()).unwrap();
        let keys = |value: &serde_json::Value| {
            let keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.join(" ")
        };
        assert_eq!(
            keys(&json),
            "run tenant sheet rows outcomes this_run requests stopped_by elapsed_seconds results to_fix ledger exit_code"
        );
        assert_eq!(keys(&json["tenant"]), "id name");
        assert_eq!(keys(&json["requests"]), "total throttled retried");
        assert!(keys(&json["this_run"]).starts_with("invited mails_requested"));
        assert_eq!(json["outcomes"]["exists-pending"], 70);
        assert_eq!(json["outcomes"]["refused"], 0);
        assert_eq!(json["stopped_by"], serde_json::Value::Null);
    }

    #[test]
    fn the_outcomes_add_up_to_the_rows() {
        let report = sample();
        assert_eq!(report.outcomes.values().sum::<u64>(), report.rows);
        assert_eq!(report.outcomes.len(), Outcome::ALL.len());
    }
}
