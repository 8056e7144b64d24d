//! What a person reads: the list before anything is sent, and what became of each row.

use super::{
    own::MailOf,
    plan::{Planned, Step},
};
use crate::{
    engine::ResetOutcome,
    graph::catalogue,
    outcome::{GuestState, Mail, Outcome, RowResult, ThisRun},
    ui::text::{number, plural, plural_of, printable_line},
};
use std::collections::BTreeMap;

/// What will happen to each row, as lines.
pub(super) fn list(planned: &[Planned], whom: &str, mail_by: &str) -> Vec<String> {
    let due = planned.iter().filter(|guest| guest.step.is_due()).count() as u64;
    let mut lines = vec![format!(
        "{} {whom} to redeem again",
        plural_of(due, "guest", "guests")
    )];
    for guest in planned {
        let what = match guest.step {
            Step::Both => {
                "the new address is added and the others kept, then the redemption is reset"
            }
            Step::ResetOnly => "has the address already; the redemption is reset",
            Step::Done => "was reset to this address before: nothing to do",
            Step::Settle => {
                "an earlier run had no answer: the directory is looked at before anything is sent"
            }
            Step::Never => "blocked from signing in: not reset",
        };
        let row = &guest.row;
        let who = format!("{} -> {}", who(guest), row.new_email.as_str());
        lines.push(format!(
            "  row {}: {}, {}: {what}",
            row.row,
            printable_line(&who),
            guest.state
        ));
    }
    if due > 0 {
        lines.push(format!(
            "each keeps the object id, the groups and the other addresses, and cannot sign in before redeeming again; {mail_by}"
        ));
    }
    lines
}

impl Step {
    pub(super) fn is_due(self) -> bool {
        !matches!(self, Self::Done | Self::Never)
    }
}

/// The guest as the sheet names it, or by the address in the tenant.
fn who(guest: &Planned) -> &str {
    match &guest.row.email {
        Some(email) => email.as_str(),
        None => guest.user.mail.as_deref().unwrap_or(guest.row.who()),
    }
}

/// A line of the results file.
pub(super) fn result(guest: &Planned, outcome: &ResetOutcome, dry_run: bool) -> RowResult {
    let email = guest.row.new_email.as_str();
    let mut row = RowResult::new(guest.row.row, Outcome::NotAttempted, email);
    row.display_name.clone_from(&guest.user.display_name);
    row.user_id = Some(guest.user.id.clone());
    row.redemption.clone_from(&guest.user.external_user_state);
    match outcome {
        ResetOutcome::Reset(was) => {
            row.outcome = Outcome::Reset;
            row.mail = Some(was.mail);
            row.redeem_url.clone_from(&was.link);
            row.redemption = was.redemption.clone().or(row.redemption);
            row.request_id.clone_from(&was.request_id);
            row.this_run = Some(if was.now {
                ThisRun::Reset
            } else {
                ThisRun::Checked
            });
            row.hint = match (was.now, was.mail) {
                (_, Mail::Due) => Some(
                    "has to redeem again; the mail with the link has not left yet: the same command sends it".to_owned(),
                ),
                (false, _) if guest.state != GuestState::Pending => Some(
                    "was reset to this address by an earlier run, and has redeemed since".to_owned(),
                ),
                (false, _) => Some("was reset to this address by an earlier run".to_owned()),
                (true, _) => None,
            };
        }
        ResetOutcome::Refused {
            code,
            why,
            added,
            request_id,
        } => {
            row.outcome = Outcome::Refused;
            row.error_code = Some(code.clone());
            row.error = Some(why.clone());
            row.request_id.clone_from(request_id);
            let what_stands = if *added {
                "the new address stands among the guest's addresses and stays there; the redemption was not reset; when the reason is put right, the same command goes on from there".to_owned()
            } else {
                "nothing was changed".to_owned()
            };
            row.hint = Some(if *code == catalogue::HAS_A_ROLE.to_string() {
                format!(
                    "the guest probably has a role in the directory, and an app can reset nobody who has one: a User Administrator has to do it; {what_stands}"
                )
            } else {
                what_stands
            });
        }
        ResetOutcome::Failed { why } => {
            row.outcome = Outcome::Failed;
            row.error = Some(why.clone());
            row.hint = Some("the same command tries again".to_owned());
        }
        ResetOutcome::Unknown { mails } => {
            row.outcome = Outcome::Unknown;
            row.mail = Some(if *mails { Mail::Unknown } else { Mail::None });
            row.hint = Some(
                "Graph was asked, and neither an answer nor the directory tells what it did: the same command looks again before it asks".to_owned(),
            );
        }
        ResetOutcome::NotAttempted if dry_run => {
            row.outcome = if guest.step.is_due() {
                Outcome::WouldReset
            } else if guest.step == Step::Done {
                Outcome::Reset
            } else {
                Outcome::Refused
            };
        }
        ResetOutcome::NotAttempted => {
            row.hint = Some("not reached: the same command goes on with it".to_owned());
        }
    }
    row
}

/// What became of the mail of our own.
pub(super) fn add_mail(row: &mut RowResult, mail: &MailOf) {
    row.mail = Some(mail.mail);
    if let Some(why) = &mail.error {
        row.error_code = Some("mail".to_owned());
        row.error = Some(why.clone());
    }
    row.hint = match mail.mail {
        Mail::HandedOver => None,
        Mail::Due => Some("has to redeem again; the mail with the link has not left yet: the same command sends it".to_owned()),
        Mail::Refused => Some("has to redeem again; the mail with the link was refused: send the link in another way".to_owned()),
        Mail::Unknown => Some("has to redeem again; nobody can tell whether the mail with the link left: ask before the link is sent in another way".to_owned()),
        _ => row.hint.take(),
    };
}

/// How many rows have each outcome, in words.
pub(super) fn summary(results: &[RowResult]) -> Vec<String> {
    let mut counts: BTreeMap<(Outcome, Option<&str>), u64> = BTreeMap::new();
    for row in results {
        let code = row.error_code.as_deref();
        *counts.entry((row.outcome, code)).or_default() += 1;
    }
    let mut lines = Vec::new();
    for ((outcome, code), count) in counts {
        let code = code
            .map(|code| format!(" [{code}]: `guestlist explain {code}` says why and who can help"))
            .unwrap_or_default();
        lines.push(format!(
            "{} {}: {}{code}",
            number(count),
            outcome.word(),
            outcome.meaning()
        ));
    }
    let mailed = |mail: Mail| {
        let rows = results.iter().filter(|row| row.mail == Some(mail));
        let now = |row: &&RowResult| {
            row.this_run != Some(ThisRun::Checked) || matches!(mail, Mail::Due | Mail::Refused)
        };
        rows.filter(now).count() as u64
    };
    for (mail, what) in [
        (Mail::Requested, "asked of Microsoft"),
        (Mail::HandedOver, "handed over"),
        (Mail::Due, "due: the same command sends them"),
        (Mail::Refused, "refused: see `error` in the results"),
        (Mail::Unknown, "of which nobody can tell whether they left"),
    ] {
        let count = mailed(mail);
        if count > 0 {
            lines.push(format!("{} {what}", plural(count, "mail")));
        }
    }
    lines
}
