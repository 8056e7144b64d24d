//! One run on a page: when, by whom, what became of it, what stood in its way, and what to do next. The same as JSON.
//!
//! Scripts rely on the keys. Must not hold an address or a link, beyond what was typed.

use super::{
    run_report::TenantReport,
    style::{bold, care},
    text::{duration, list, number, pad, plural, printable_line, shorten_start, width, wrap},
};
use crate::events::Traffic;
use jiff::Timestamp;
use serde::Serialize;
use std::{collections::BTreeMap, fmt::Write, time::Duration};
use unicode_width::UnicodeWidthStr;

const INDENT: usize = 11;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunPage {
    pub run: String,
    pub verb: String,
    pub started_at: Timestamp,
    /// None: still under way, or killed.
    pub ended_at: Option<Timestamp>,
    pub seconds: Option<f64>,
    pub exit_code: Option<u8>,
    pub stopped_by: Option<String>,
    /// What the verb said when it stopped, where the ledger keeps it.
    pub error: Option<String>,
    pub tenant: TenantReport,
    pub signed_in: Option<String>,
    pub host: String,
    pub pid: u32,
    pub folder: Option<String>,
    pub command: Option<String>,
    pub sheet: Option<String>,
    pub ledger: String,
    pub rows: Option<u64>,
    /// Only those that there are.
    pub outcomes: BTreeMap<String, u64>,
    pub requests: Option<u64>,
    #[serde(flatten)]
    pub traffic: Traffic,
    pub errors: Vec<RunErrorShown>,
    pub results: Option<String>,
    pub to_fix: Option<String>,
}

/// Rows that ended with the same code.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RunErrorShown {
    pub code: String,
    pub title: Option<String>,
    /// What is wrong, more exactly than the title. Never an address.
    #[serde(skip)]
    pub text: Option<String>,
    pub count: u64,
    /// The first of them.
    pub rows: Vec<u64>,
}

/// The list of runs: id, start, end, invited, rows, sheet. Columns are as wide as their values; the sheet, which is last,
/// is cut off where a screen ends.
pub(crate) fn runs_text(runs: &[[String; 6]], for_screen: bool) -> String {
    const HEAD: [&str; 6] = ["RUN", "STARTED (UTC)", "ENDED", "INVITED", "ROWS", "SHEET"];
    let head = HEAD.map(str::to_owned);
    let widest = |column: usize| {
        let values = runs.iter().map(|run| run[column].width());
        values
            .chain([HEAD[column].width()])
            .max()
            .unwrap_or_default()
    };
    let widths: [usize; 5] = std::array::from_fn(widest);
    let line = |run: &[String; 6]| {
        let mut line = String::new();
        for (at, (value, width)) in run.iter().zip(widths).enumerate() {
            // Numbers end where their column ends.
            let gap = " ".repeat(width.saturating_sub(value.width()));
            let _ = match at {
                3 | 4 => write!(line, "{gap}{value}  "),
                _ => write!(line, "{value}{gap}  "),
            };
        }
        let room = if for_screen {
            width().saturating_sub(line.width()).max(12)
        } else {
            usize::MAX
        };
        format!("{line}{}", shorten_start(&run[5], room))
    };
    let lines: Vec<String> = [&head].into_iter().chain(runs).map(line).collect();
    lines.join("\n")
}

#[cfg(test)]
impl RunErrorShown {
    pub(super) fn sample() -> Self {
        Self {
            code: "GL140".into(),
            title: Some("not a sponsor".into()),
            text: Some("`Event team` is not an address or an object id".into()),
            count: 2,
            rows: vec![11, 12],
        }
    }
}

pub(crate) fn run_page_text(page: &RunPage) -> String {
    let mut text = format!("{}\n\n", bold(head(page)));
    for (name, value) in facts(page) {
        let value = wrap(&printable_line(&value), INDENT, INDENT);
        let _ = writeln!(text, "{}{value}", pad(name, INDENT));
    }
    if let Some(command) = &page.command {
        // In one piece, to be copied.
        let _ = writeln!(
            text,
            "{}{}",
            pad("command", INDENT),
            printable_line(command)
        );
    }
    if !page.outcomes.is_empty() {
        text.push('\n');
        for (word, count) in &page.outcomes {
            let _ = writeln!(text, "{:>9}  {word}", number(*count));
        }
    }
    let weather = weather(page);
    if !weather.is_empty() {
        text.push('\n');
    }
    for (name, value) in weather {
        let value = wrap(&value, INDENT, INDENT);
        let _ = writeln!(text, "{}{value}", pad(name, INDENT));
    }
    if !page.errors.is_empty() {
        text.push('\n');
    }
    for (at, error) in page.errors.iter().enumerate() {
        let name = if at == 0 { "errors" } else { "" };
        let value = wrap(&error_line(error), INDENT, INDENT + 2);
        let _ = writeln!(text, "{}{value}", pad(name, INDENT));
    }
    for next in next(page) {
        let next = wrap(&next, INDENT, INDENT);
        let _ = write!(text, "\n{}{next}\n", bold(pad("next", INDENT)));
    }
    text
}

fn head(page: &RunPage) -> String {
    let ended = match (page.ended_at, page.exit_code) {
        (Some(_), Some(0)) => "ended well (exit 0)".to_owned(),
        (Some(_), Some(code)) => format!("ended with exit {code}: {}", why(page, code)),
        _ => "has not ended".to_owned(),
    };
    format!("{} {} {ended}", page.verb, page.run)
}

/// Why a run ended as it did, in a few words.
fn why(page: &RunPage, code: u8) -> String {
    let words = match page.stopped_by.as_deref() {
        Some("interrupted") => "it was interrupted",
        Some("tenant-refused") => "the tenant refuses invitations as a whole",
        Some("permission") => "the sign-in lacks a permission, or was refused",
        // Told in full below.
        Some("try-again") if page.error.is_some() => "the same command may work later",
        Some("try-again") => "Graph asked for a longer wait than a run takes",
        Some("not-graph") => "something between here and Graph answered",
        Some("unreachable") => "Graph could not be reached, or nothing went on",
        Some("failures") => "too many requests failed",
        Some("max-invites" | "max-resets") => "the most that one run may send were sent",
        Some("daily-cap") => "the daily cap was reached",
        Some("max-duration") => "the time was up",
        Some("canary") => "the first guests could not be found in the directory",
        Some("ledger" | "ledger-gone") => "the ledger could not be written",
        Some("taken-over") => "another run took the ledger over",
        Some("sheet") => "the sheet changed, or cannot be read",
        Some("mail") => "mails of our own could not go on",
        Some(other) => other,
        None if code == 4 => "some rows are not done",
        None => "see below",
    };
    words.to_owned()
}

fn facts(page: &RunPage) -> Vec<(&'static str, String)> {
    let started = page.started_at.strftime("%F %T UTC");
    let when = match page.seconds {
        Some(seconds) => format!(
            "{started}, for {}",
            duration(Duration::from_secs_f64(seconds.max(0.0)))
        ),
        None => format!("{started}; the ledger knows no end"),
    };
    let tenant = match (&page.tenant.name, &page.tenant.id) {
        (Some(name), Some(id)) => Some(format!("{name} ({id})")),
        (name, id) => name.clone().or(id.clone()),
    };
    let mut facts = vec![("when", when)];
    for (name, value) in [
        ("tenant", tenant),
        ("signed in", page.signed_in.clone()),
        ("on", Some(format!("{}, process {}", page.host, page.pid))),
        ("sheet", page.sheet.clone()),
        ("results", page.results.clone().map(|path| not_dash(&path))),
        ("to fix", page.to_fix.clone()),
        ("ledger", Some(page.ledger.clone())),
        ("folder", page.folder.clone()),
    ] {
        facts.extend(value.map(|value| (name, value)));
    }
    facts
}

fn not_dash(path: &str) -> String {
    match path {
        "-" => "standard output".to_owned(),
        path => path.to_owned(),
    }
}

/// Throttles, waits and retries.
fn weather(page: &RunPage) -> Vec<(&'static str, String)> {
    let mut weather = Vec::new();
    if let Some(requests) = page.requests {
        weather.push(("requests", number(requests)));
    }
    for (request, throttles) in &page.traffic.throttles {
        let mut told = plural(throttles.count, request);
        if let Some(seconds) = throttles.longest_retry_after_seconds {
            let _ = write!(told, ", at most {} to wait", in_seconds(seconds));
        }
        if let (Some(first), Some(last)) = (throttles.first_at, throttles.last_at) {
            let (first, last) = (first.strftime("%T"), last.strftime("%T"));
            let _ = write!(told, ", from {first} to {last} UTC");
        }
        if !throttles.rows.is_empty() {
            let _ = write!(
                told,
                "; {}",
                rows(&throttles.rows, throttles.rows.len() as u64)
            );
        }
        weather.push(("throttled", told));
    }
    for (reason, waits) in &page.traffic.waits {
        let times = match reason.as_str() {
            "settle" => plural(waits.count, "row"),
            _ => plural(waits.count, "time"),
        };
        let words = why_waited(reason);
        weather.push((
            "waited",
            format!("{} {words}, {times}", in_seconds(waits.seconds)),
        ));
    }
    for (request, count) in &page.traffic.retries {
        weather.push(("retried", plural(*count, request)));
    }
    for stop in &page.traffic.stops {
        let mut told = stop.reason.clone();
        if let Some(code) = &stop.code {
            let _ = write!(told, " [{code}]");
        }
        if let Some(at) = stop.at {
            let _ = write!(told, " at {} UTC", at.strftime("%T"));
        }
        if let Some(status) = stop.status {
            let _ = write!(told, ", HTTP {status}");
        }
        if let Some(id) = &stop.request_id {
            let _ = write!(told, ", request-id {}", printable_line(id));
        }
        weather.push(("stopped", told));
    }
    let mut before = "";
    for (name, _) in &mut weather {
        let same = *name == before;
        before = name;
        if same {
            *name = "";
        }
    }
    weather
}

/// What follows on "waited 12 s".
pub(crate) fn why_waited(reason: &str) -> &str {
    match reason {
        "retry-after" => "as the server asked",
        "slow-down" => "because the server throttled again and again",
        "outage" => "because the server was unwell",
        "earlier-run" => "as an earlier run was asked",
        "daily-cap" => "for room in the daily cap",
        "sign-in" => "for the sign-in service",
        "settle" => "until lost answers were found out, while others went on",
        other => other,
    }
}

pub(crate) fn in_seconds(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{} s", (seconds * 10.0).round() / 10.0);
    }
    duration(Duration::from_secs_f64(seconds.min(1e9)))
}

fn error_line(error: &RunErrorShown) -> String {
    let title = error.title.as_deref().map(|title| format!(" {title}"));
    let rows = match error.rows.as_slice() {
        [] => number(error.count),
        named => rows(named, error.count),
    };
    format!("{}{}: {rows}", care(&error.code), title.unwrap_or_default())
}

/// So many kinds of errors are told at the end of a run, and before it.
const KINDS: usize = 6;
/// So many of their rows are named.
const ROWS: usize = 6;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exactly {
    /// With what stands in the sheet: for the person who runs the command.
    Texts,
    /// For pages that others read.
    Titles,
}

/// What is wrong with which rows, the most frequent first: `rows 3 and 17: not a sponsor [GL140]`.
pub(super) fn problem_lines(errors: &[RunErrorShown], exactly: Exactly) -> Vec<String> {
    let line = |error: &RunErrorShown| {
        let named = &error.rows[..error.rows.len().min(ROWS)];
        let rows = match named {
            [] => number(error.count),
            named => rows(named, error.count),
        };
        let text = error.text.as_deref().filter(|_| exactly == Exactly::Texts);
        let what = text.or(error.title.as_deref());
        match what {
            Some(what) => format!("{rows}: {} [{}]", printable_line(what), error.code),
            None => format!("{rows}: {}", error.code),
        }
    };
    let mut lines: Vec<String> = errors.iter().take(KINDS).map(line).collect();
    let more = errors.len().saturating_sub(KINDS);
    if more > 0 {
        lines.push(plural(more as u64, "more kind"));
    }
    lines
}

/// "rows 17, 23 and 12 more"
fn rows(named: &[u64], all: u64) -> String {
    let mut words: Vec<String> = named.iter().map(u64::to_string).collect();
    let more = all.saturating_sub(named.len() as u64);
    if more > 0 {
        words.push(format!("{} more", number(more)));
    }
    let word = if words.len() == 1 { "row" } else { "rows" };
    format!("{word} {}", list(&words))
}

fn next(page: &RunPage) -> Vec<String> {
    let mut next = Vec::new();
    if page.ended_at.is_none() {
        next.push("it is still under way, or it was killed: then the same command goes on where it stopped, and nobody is mailed twice".to_owned());
    }
    next.extend(page.error.as_deref().map(printable_line));
    let goes_on = match page.exit_code {
        Some(5 | 8 | 10 | 130) => Some("the same command goes on where it stopped"),
        Some(6) => Some(
            "correct the sign-in or its permissions, then the same command goes on; `guestlist doctor` checks them",
        ),
        Some(7) => Some(
            "do not run it again before an administrator or Microsoft has helped: `guestlist doctor` checks, and the log or the screen of that run has the text for a support ticket",
        ),
        _ => None,
    };
    next.extend(goes_on.map(str::to_owned));
    if let Some(path) = &page.to_fix {
        next.push(format!("correct {}, then run it", printable_line(path)));
    }
    let codes = page
        .traffic
        .stops
        .iter()
        .filter_map(|stop| stop.code.as_ref());
    let code = codes
        .chain(page.errors.iter().map(|error| &error.code))
        .next();
    next.extend(
        code.map(|code| {
            format!("`guestlist explain {code}` says what a code means and who can help")
        }),
    );
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{StopSeen, Throttles, Timeline, Waits};

    fn sample() -> RunPage {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let throttles = Throttles {
            count: 3,
            longest_retry_after_seconds: Some(2.128),
            first_at: Some(at("2026-11-22T02:00:07Z")),
            last_at: Some(at("2026-11-22T02:01:10Z")),
            rows: vec![17, 23],
        };
        let waits = Waits {
            count: 2,
            seconds: 5.25,
        };
        RunPage {
            run: "20261122-020000-7f3a".into(),
            verb: "invite".into(),
            started_at: at("2026-11-22T02:00:00Z"),
            ended_at: Some(at("2026-11-22T02:02:05Z")),
            seconds: Some(125.0),
            exit_code: Some(7),
            stopped_by: Some("tenant-refused".into()),
            error: None,
            tenant: TenantReport {
                id: Some("11111111-2222-3333-4444-555555555555".into()),
                name: Some("Contoso".into()),
            },
            signed_in: Some("the app GuestInviter (client-secret)".into()),
            host: "night".into(),
            pid: 4711,
            folder: Some("/srv/guests".into()),
            command: Some("guestlist invite guests.csv --yes --ledger guestlist.db".into()),
            sheet: Some("guests.csv".into()),
            ledger: "guestlist.db".into(),
            rows: Some(40),
            outcomes: [("invited".into(), 30), ("refused".into(), 2)].into(),
            requests: Some(64),
            traffic: Traffic {
                timeline: Timeline::default(),
                throttles: [("invitation".into(), throttles)].into(),
                waits: [("retry-after".into(), waits)].into(),
                retries: [("invitation".into(), 2), ("read".into(), 1)].into(),
                stops: vec![StopSeen {
                    at: Some(at("2026-11-22T02:02:04Z")),
                    reason: "tenant-refused".into(),
                    code: Some("GL600".into()),
                    status: Some(403),
                    request_id: Some("8eb2f4a3-c922-4b84-9c23-2d64f6043fa6".into()),
                }],
            },
            errors: vec![RunErrorShown {
                code: "GL503".into(),
                title: Some("the domain is blocked".into()),
                text: None,
                count: 3,
                rows: vec![4, 9],
            }],
            results: Some("guests.results.csv".into()),
            to_fix: Some("guests.to-fix.csv".into()),
        }
    }

    #[test]
    fn the_page_tells_the_night() {
        insta::assert_snapshot!(crate::ui::style::plain(&run_page_text(&sample())));
    }

    #[test]
    fn the_json_has_the_documented_keys() {
        let json = serde_json::to_value(sample()).unwrap();
        let keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let page = include_str!("../../docs/logs.md");
        let (_, runs) = page.split_once("\n## Runs as JSON\n").unwrap();
        let runs = runs.split("\n## ").next().unwrap();
        let documented: Vec<&str> = runs
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .collect();
        assert_eq!(documented, keys);
    }
}
