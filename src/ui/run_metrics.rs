//! The numbers of the newest run for Prometheus, in its text format (version 0.0.4), as the textfile collector of the
//! node exporter reads it.
//!
//! Names, labels and meanings are relied upon by alerts, and stand in samples/nightly/README.md. Must not hold an address or a link.

use super::run_report::RunReport;
use crate::exit::Exit;
use jiff::Timestamp;
use std::fmt::Write;

const SUCCESS: &str = "guestlist_last_success_timestamp_seconds";
/// How a file begins that this program wrote.
const FIRST: &str = "# HELP guestlist_build_info ";

/// A run that ended, or that ended before it began: then there is no report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunMetrics<'a> {
    /// The tenant as it was named, and the file name of the sheet: together they tell the jobs of one machine apart.
    pub tenant: &'a str,
    pub sheet: &'a str,
    pub ended: Timestamp,
    pub exit: Exit,
    pub report: Option<&'a RunReport>,
    /// When a run last ended with exit code 0, in seconds since 1970, as the file said before.
    pub last_success: Option<i64>,
}

impl RunMetrics<'_> {
    pub(crate) fn text(&self) -> String {
        let mut page = Page {
            text: String::new(),
            labels: format!(
                "tenant=\"{}\",sheet=\"{}\"",
                escaped(self.tenant),
                escaped(self.sheet)
            ),
        };
        page.add(
            "guestlist_build_info",
            "The program that wrote this file; always 1.",
            &[(format!("version=\"{}\"", env!("CARGO_PKG_VERSION")), 1.0)],
        );
        page.one(
            "guestlist_last_run_timestamp_seconds",
            "When the newest run ended, in seconds since 1970-01-01 UTC.",
            self.ended.as_second() as f64,
        );
        let success = match self.exit {
            Exit::Done => Some(self.ended.as_second()),
            _ => self.last_success,
        };
        if let Some(success) = success {
            page.one(
                SUCCESS,
                "When a run last ended with exit code 0, in seconds since 1970-01-01 UTC.",
                success as f64,
            );
        }
        page.one(
            "guestlist_last_run_exit_code",
            "Exit code of the newest run; 0 when every row is done.",
            f64::from(self.exit.code()),
        );
        if let Some(report) = self.report {
            page.report(report);
        }
        page.text
    }
}

/// Whether the text is a file of metrics that this program wrote.
pub(crate) fn is_ours(text: &str) -> bool {
    text.starts_with(FIRST)
}

/// When a run last ended with exit code 0, by a file that this program wrote.
pub(crate) fn last_success(text: &str) -> Option<i64> {
    let sample = text
        .lines()
        .find(|line| line.starts_with(SUCCESS) && line.contains('{'))?;
    sample.rsplit(' ').next()?.parse().ok()
}

struct Page {
    text: String,
    labels: String,
}

impl Page {
    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.add(name, help, &[(String::new(), value)]);
    }

    fn add(&mut self, name: &str, help: &str, samples: &[(String, f64)]) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (label, value) in samples {
            let comma = if label.is_empty() { "" } else { "," };
            let _ = writeln!(self.text, "{name}{{{}{comma}{label}}} {value}", self.labels);
        }
    }

    fn report(&mut self, report: &RunReport) {
        self.one(
            "guestlist_last_run_duration_seconds",
            "How long the newest run took.",
            report.elapsed_seconds,
        );
        let rows: Vec<_> = report
            .outcomes
            .iter()
            .map(|(outcome, n)| (format!("outcome=\"{}\"", outcome.word()), *n as f64))
            .collect();
        self.add(
            "guestlist_last_run_rows",
            "Rows of the sheet after the newest run, by outcome.",
            &rows,
        );
        let this_run = &report.this_run;
        self.one(
            "guestlist_last_run_invitations",
            "People whom the newest run invited.",
            this_run.invited as f64,
        );
        let mails = [
            ("requested", this_run.mails_requested),
            ("handed-over", this_run.mails_handed_over),
            ("due", this_run.mails_due),
            ("refused", this_run.mails_refused),
        ];
        let mails = mails.map(|(state, n)| (format!("state=\"{state}\""), n as f64));
        self.add(
            "guestlist_last_run_mails",
            "Mails of the newest run: requested from Microsoft, or of one's own.",
            &mails,
        );
        let requests = report.requests;
        for (name, help, n) in [
            (
                "guestlist_last_run_requests",
                "Requests to Microsoft Graph in the newest run.",
                requests.total,
            ),
            (
                "guestlist_last_run_throttled_requests",
                "Requests of the newest run that Microsoft Graph throttled.",
                requests.throttled,
            ),
            (
                "guestlist_last_run_retried_requests",
                "Requests of the newest run that were sent again.",
                requests.retried,
            ),
        ] {
            self.one(name, help, n as f64);
        }
    }
}

/// A label's value: a backslash, a quotation mark and a line feed are escaped.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::run_report::sample;
    use std::collections::BTreeSet;

    fn metrics(report: Option<&RunReport>, exit: Exit, last_success: Option<i64>) -> String {
        let metrics = RunMetrics {
            tenant: "contoso.com",
            sheet: "a \"b\"\\\nc.csv",
            ended: Timestamp::from_second(1_764_115_200).unwrap(),
            exit,
            report,
            last_success,
        };
        metrics.text()
    }

    /// The rules of the text format, and those that `promtool check metrics` adds.
    fn assert_clean(text: &str) {
        let name = |name: &str| {
            name.chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let (mut described, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            let help = line.strip_prefix("# HELP ").expect("HELP comes first");
            let (metric, words) = help.split_once(' ').unwrap();
            assert!(name(metric) && !words.is_empty(), "{line}");
            assert!(described.insert(metric), "{metric} is described once");
            // These endings are of counters, histograms and summaries.
            for ending in ["_total", "_count", "_sum", "_bucket"] {
                assert!(!metric.ends_with(ending), "{metric}");
            }
            // A name holds no type, and no unit but the base unit.
            for word in metric.split('_') {
                let known = ["gauge", "counter", "histogram", "summary"].contains(&word)
                    || [
                        "milliseconds",
                        "minutes",
                        "hours",
                        "days",
                        "percent",
                        "kilobytes",
                    ]
                    .contains(&word);
                assert!(!known, "{metric}");
            }
            assert_eq!(lines.next(), Some(&*format!("# TYPE {metric} gauge")));
            let mut samples = 0;
            while let Some(sample) = lines.next_if(|line| !line.starts_with('#')) {
                let (series, value) = sample.rsplit_once(' ').unwrap();
                assert!(series.starts_with(&format!("{metric}{{")), "{sample}");
                assert!(series.ends_with('}'), "{sample}");
                for reserved in ["le=\"", "quantile=\"", "job=\"", "instance=\""] {
                    assert!(!series.contains(&format!(",{reserved}")), "{sample}");
                }
                value.parse::<f64>().unwrap();
                assert!(seen.insert(series.to_owned()), "{series} has one value");
                samples += 1;
            }
            assert!(samples > 0, "{metric} has a value");
        }
        assert!(text.ends_with('\n'));
    }

    #[test]
    fn every_line_obeys_the_format() {
        let report = sample();
        assert_clean(&metrics(Some(&report), Exit::SomeRowsNotDone, None));
        assert_clean(&metrics(None, Exit::Permission, Some(5)));
        insta::assert_snapshot!(metrics(Some(&report), Exit::Done, None));
    }

    #[test]
    fn the_last_success_outlives_a_run_that_failed() {
        let good = metrics(Some(&sample()), Exit::Done, None);
        assert_eq!(last_success(&good), Some(1_764_115_200));
        let bad = metrics(None, Exit::Permission, Some(1_764_000_000));
        assert_eq!(last_success(&bad), Some(1_764_000_000));
        let worse = metrics(None, Exit::Permission, None);
        assert_eq!(last_success(&worse), None);
        assert!(is_ours(&good) && is_ours(&worse));
        assert!(!is_ours("# HELP node_cpu_seconds_total Seconds.\n"));
    }
}
