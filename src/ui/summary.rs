//! The end of a run, for a person: what became of the rows, where it is written, and what to do next.
//!
//! Made from the same numbers as the JSON object. Must not hold an address or a link.

pub(crate) mod markdown; // the same for the page of a CI job

use super::{
    run_page::{Exactly, RunErrorShown, problem_lines},
    run_report::RunReport,
    style::{bad, bold, care, good},
    text::{
        duration, list, number, pad, plural, plural_of, printable, printable_line, shorten, wrap,
    },
};
use crate::{outcome::Outcome, results::needs_a_hand};
use std::{collections::BTreeSet, fmt::Write, time::Duration};

const INDENT: usize = 10;

/// A run's numbers, and the commands that may come next.
#[derive(Debug, Clone)]
pub(crate) struct Summary<'a> {
    pub report: &'a RunReport,
    pub dry_run: bool,
    /// Why the run ended before the sheet did, and what to do about it.
    pub stopped: Option<&'a str>,
    /// What a person must do before running the same command, as the beginning of a sentence that the command ends.
    pub first: Option<&'a str>,
    /// The same command; for a dry run, the one that really invites.
    pub again: &'a str,
    /// The command that runs the to-fix file.
    pub fix: Option<&'a str>,
    /// The first rows that a person must correct, as many as are named.
    pub by_hand: &'a BTreeSet<u64>,
    /// What to do when every row is done.
    pub when_done: Option<&'a str>,
    /// What is wrong with which rows.
    pub problems: &'a [RunErrorShown],
    /// Things about this run that a person should know.
    pub notes: &'a [String],
}

impl Summary<'_> {
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n{}\n", bold(self.head()), self.counts());
        for (name, value) in self.places() {
            let value = wrap(&value, INDENT, INDENT);
            let _ = writeln!(text, "{}{value}", pad(name, INDENT));
        }
        for note in self.notes {
            let note = wrap(&printable(note), INDENT, INDENT);
            let _ = writeln!(text, "{}{note}", pad("note", INDENT));
        }
        for (at, problem) in problem_lines(self.problems, Exactly::Texts)
            .iter()
            .enumerate()
        {
            let problem = wrap(problem, INDENT, INDENT + 2);
            let (gap, name) = if at == 0 {
                ("\n", "problems")
            } else {
                ("", "")
            };
            let _ = writeln!(text, "{gap}{}{problem}", bad(pad(name, INDENT)));
        }
        if let Some(why) = self.stopped {
            let why = wrap(&printable(why), INDENT, INDENT);
            let _ = write!(text, "\n{}{why}\n", care(pad("stopped", INDENT)));
        }
        for (what, command) in self.next() {
            let what = wrap(&what, INDENT, INDENT);
            let _ = write!(text, "\n{}{what}\n", bold(pad("next", INDENT)));
            if let Some(command) = command {
                let _ = writeln!(text, "{}{command}", " ".repeat(INDENT + 2));
            }
        }
        text
    }

    /// For those who want to hear only what needs attention: what is not done, in a line or two. None: all is well.
    pub(crate) fn attention(&self) -> Option<String> {
        if self.report.exit_code == 0 {
            return None;
        }
        let count = |of: &[Outcome]| of.iter().map(|one| self.report.outcomes[one]).sum::<u64>();
        let mut lines = Vec::new();
        let by_hand: Vec<Outcome> = Outcome::ALL
            .iter()
            .copied()
            .filter(|outcome| needs_a_hand(*outcome))
            .collect();
        let rows = plural(count(&by_hand), "row");
        if count(&by_hand) > 0 {
            let file = self.report.to_fix.as_deref().unwrap_or("the sheet");
            lines.push(format!(
                "{rows} must be corrected: {}",
                printable_line(file)
            ));
        }
        let open = [Outcome::Failed, Outcome::Unknown, Outcome::NotAttempted];
        let others: Vec<String> = Outcome::ALL
            .iter()
            .filter(|outcome| !outcome.is_done() && !by_hand.contains(outcome))
            .map(|outcome| {
                let skipped = match outcome {
                    Outcome::NotAttempted => self.report.this_run.not_selected,
                    _ => 0,
                };
                (
                    outcome,
                    self.report.outcomes[outcome].saturating_sub(skipped),
                )
            })
            .filter(|(_, rows)| *rows > 0)
            .map(|(outcome, rows)| format!("{} {outcome}", number(rows)))
            .collect();
        if !others.is_empty() {
            let results = match self.report.results.as_deref() {
                Some(path) if path != "-" => format!(": see {}", printable_line(path)),
                _ => String::new(),
            };
            let goes_on = if count(&open) > self.report.this_run.not_selected {
                "; the same command goes on"
            } else {
                ""
            };
            lines.push(format!("not done: {}{goes_on}{results}", others.join(", ")));
        }
        if lines.is_empty() {
            lines.extend(self.notes.iter().map(|note| printable(note).into_owned()));
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn head(&self) -> String {
        let report = self.report;
        let tenant = report.tenant.name.as_ref().or(report.tenant.id.as_ref());
        let tenant = tenant.map_or(String::new(), |name| {
            format!("{}: ", shorten(&printable_line(name), 30))
        });
        let rows = plural(report.rows, "row");
        let took = duration(Duration::from_secs_f64(report.elapsed_seconds.max(0.0)));
        if self.dry_run {
            format!("{tenant}dry run of {rows} in {took}, nothing was changed")
        } else {
            format!("{tenant}{rows} in {took}")
        }
    }

    fn counts(&self) -> String {
        let mut text = String::new();
        for (&outcome, &n) in self.report.outcomes.iter().filter(|(_, n)| **n > 0) {
            let word = pad(outcome.word(), 16);
            let word = match outcome {
                Outcome::NotAttempted | Outcome::Unknown | Outcome::Failed => care(word),
                _ if outcome.is_done() => good(word),
                _ => bad(word),
            };
            let _ = writeln!(
                text,
                "{:>9}  {word} {}",
                number(n),
                self.meaning_of(outcome, n)
            );
        }
        text
    }

    fn meaning_of(&self, outcome: Outcome, n: u64) -> String {
        let report = self.report;
        let now = report.this_run.invited;
        match outcome {
            Outcome::Invited if now == n => "all in this run".to_owned(),
            Outcome::Invited if now == 0 => "all in earlier runs".to_owned(),
            Outcome::Invited => format!(
                "{} in this run, {} in earlier ones",
                number(now),
                number(n.saturating_sub(now))
            ),
            Outcome::NotAttempted if report.this_run.not_selected == n => "not selected".to_owned(),
            Outcome::Refused if report.this_run.forgotten == n => {
                "forgotten on request: nobody asks them".to_owned()
            }
            Outcome::Refused if report.this_run.forgotten > 0 => format!(
                "{} by Microsoft or a policy, {} forgotten on request",
                number(n.saturating_sub(report.this_run.forgotten)),
                number(report.this_run.forgotten)
            ),
            other => other.meaning().to_owned(),
        }
    }

    fn places(&self) -> Vec<(&'static str, String)> {
        let report = self.report;
        let mut places = Vec::new();
        if !self.dry_run {
            let own = report.this_run.mails_handed_over;
            let unknown = report.this_run.mails_unknown;
            let mut mails = match report.this_run.mails_requested {
                0 if own > 0 => format!("{} of our own handed over in this run", number(own)),
                0 if unknown > 0 => "none confirmed".to_owned(),
                0 if report.this_run.invited == 0 => {
                    "none: nobody was invited in this run".to_owned()
                }
                0 => "none requested in this run".to_owned(),
                n => format!("{} requested from Microsoft in this run", number(n)),
            };
            if unknown > 0 {
                let more = if report.this_run.mails_requested > 0 || own > 0 {
                    " more"
                } else {
                    ""
                };
                let _ = write!(mails, "; {}{more} may have been mailed", number(unknown));
            }
            places.push(("mails", mails));
        }
        if let Some(forecast) = &report.forecast {
            places.push(("takes", forecast.words.clone()));
        }
        let follow_ups = self.follow_ups();
        if !follow_ups.is_empty() {
            places.push(("follow-up", follow_ups));
        }
        let requests = report.requests;
        let mut asked = number(requests.total);
        for (n, word) in [
            (requests.throttled, "throttled"),
            (requests.retried, "retried"),
        ] {
            if n > 0 {
                let _ = write!(asked, ", {} {word}", number(n));
            }
        }
        places.push(("requests", asked));
        for (name, path) in [
            ("results", &report.results),
            ("to fix", &report.to_fix),
            ("ledger", &report.ledger),
            ("run", &Some(report.run.clone())),
        ] {
            if let Some(path) = path {
                let path = match path.as_str() {
                    "-" => "standard output".to_owned(),
                    path => printable_line(path),
                };
                places.push((name, path));
            }
        }
        places
    }

    /// What was done beside the invitations.
    fn follow_ups(&self) -> String {
        let kinds = self.report.this_run.follow_ups.iter();
        let kinds = kinds.filter_map(|(kind, totals)| {
            let counts = [
                (totals.done, "done"),
                (totals.already, "so before"),
                (totals.left, "left as it is"),
                (totals.waiting, "without permission"),
                (totals.failed, "failed"),
            ];
            let counts: Vec<String> = counts
                .into_iter()
                .filter(|(n, _)| *n > 0)
                .map(|(n, word)| format!("{} {word}", number(n)))
                .collect();
            (!counts.is_empty()).then(|| format!("{kind} {}", counts.join(", ")))
        });
        kinds.collect::<Vec<_>>().join("; ")
    }

    /// What to do about the rows that a person must see to. Few are named; for many the file that holds only them is easier.
    fn correct(&self, rows: u64, all_are_invalid: bool) -> (String, Option<&str>) {
        let sheet = file_name(&self.report.sheet);
        let is_named = self.by_hand.len() as u64 == rows;
        let which = match rows {
            _ if !is_named => format!("the {} rows", number(rows)),
            1 => format!("row {}", list(&self.named())),
            _ => format!("rows {}", list(&self.named())),
        };
        let (Some(file), Some(fix)) = (&self.report.to_fix, self.fix) else {
            let what = format!("correct {which} in {sheet}, save it, then run");
            return (what, Some(self.again));
        };
        let file = printable_line(file);
        let what = if !is_named || sheet == "-" {
            format!("correct {which} in {file}, save it, then run")
        } else if all_are_invalid {
            format!(
                "correct {which} in {sheet}, save it, and run the same command; or correct {} in {file}, which says what is wrong, save it, and run",
                if rows == 1 { "it" } else { "them" }
            )
        } else {
            format!("see to {which}: {file} says what to do; correct it, save it, then run")
        };
        (what, Some(fix))
    }

    fn named(&self) -> Vec<String> {
        self.by_hand.iter().map(u64::to_string).collect()
    }

    /// What to do, and the command for it.
    fn next(&self) -> Vec<(String, Option<&str>)> {
        let count = |of: fn(Outcome) -> bool| -> u64 {
            let counts = self.report.outcomes.iter();
            counts
                .filter(|(outcome, _)| of(**outcome))
                .map(|(_, n)| n)
                .sum()
        };
        let mut next = Vec::new();
        let to_fix = count(needs_a_hand).saturating_sub(self.report.this_run.forgotten);
        if to_fix > 0 {
            let invalid = count(|outcome| outcome == Outcome::Invalid);
            next.push(self.correct(to_fix, invalid == to_fix));
        }
        let open = count(|outcome| {
            matches!(
                outcome,
                Outcome::Failed | Outcome::Unknown | Outcome::NotAttempted
            )
        })
        .saturating_sub(self.report.this_run.not_selected);
        if self.dry_run {
            if open > 0 {
                let rows = plural_of(open, "row was", "rows were");
                let first = match self.stopped {
                    Some(_) => "when what stopped this dry run is put right, run it again",
                    None => "run the same dry run again",
                };
                next.push((format!("{rows} not looked at; {first}"), None));
            }
            next.push(match count(|outcome| outcome == Outcome::WouldInvite) {
                0 if open > 0 => return next,
                0 if next.is_empty() => ("there is nobody to invite".to_owned(), None),
                // Nobody was found to be in order.
                0 if count(|it| !needs_a_hand(it) && it != Outcome::Duplicate) == 0 => return next,
                0 => ("there is nobody else to invite".to_owned(), None),
                n => {
                    let people = plural_of(n, "person", "people");
                    (format!("to invite {people}, run"), Some(self.again))
                }
            });
            return next;
        }
        if open > 0 {
            let rows = plural_of(open, "row is", "rows are");
            let what = self.first.unwrap_or("the same command goes on with them");
            next.push((format!("{rows} not done yet; {what}"), Some(self.again)));
        }
        // Nothing is known of rows that were not selected.
        if next.is_empty() && self.report.this_run.not_selected == 0 {
            next.extend(self.when_done.map(|command| {
                let what = "every row is done; to see who has redeemed, run";
                (what.to_owned(), Some(command))
            }));
        }
        next
    }
}

/// The last part of a path, whichever system wrote it.
fn file_name(path: &str) -> String {
    printable_line(path.rsplit(['/', '\\']).next().unwrap_or(path))
}

#[cfg(test)]
mod tests;
