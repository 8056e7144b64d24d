//! What a check-up found, for a person and for a script.
//!
//! Must not find anything out itself, and must not hold a secret or a guest's address.

use super::{
    style::{bad, bold, care, dim, good},
    text::{pad, plural, printable, wrap},
};
use crate::{exit::Exit, failure::Failure};
use serde::Serialize;
use std::fmt::Write;

const MARK: usize = 6;
const TEXT: usize = 22;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Finding {
    Pass,
    /// It works, but should be corrected.
    Warn,
    Fail,
    CannotTell,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    /// A stable word, for scripts.
    pub name: &'static str,
    pub verdict: Finding,
    pub message: String,
    /// What to do, and who can.
    pub hint: Option<String>,
    /// The permission that is missing, or that is needed to know.
    pub permission: Option<&'static str>,
    /// How `invite` would end because of it.
    #[serde(skip)]
    pub exit: Exit,
}

impl Check {
    fn new(name: &'static str, verdict: Finding, exit: Exit, message: impl Into<String>) -> Self {
        Self {
            name,
            verdict,
            message: message.into(),
            hint: None,
            permission: None,
            exit,
        }
    }

    pub(crate) fn pass(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Finding::Pass, Exit::Done, message)
    }

    pub(crate) fn warn(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Finding::Warn, Exit::Done, message)
    }

    /// `invite` can start, and would leave some rows undone.
    pub(crate) fn some_rows(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Finding::Warn, Exit::SomeRowsNotDone, message)
    }

    pub(crate) fn cannot_tell(name: &'static str, message: impl Into<String>) -> Self {
        Self::new(name, Finding::CannotTell, Exit::Done, message)
    }

    pub(crate) fn fail(name: &'static str, exit: Exit, message: impl Into<String>) -> Self {
        Self::new(name, Finding::Fail, exit, message)
    }

    /// A check that would end `invite` as well.
    pub(crate) fn failed(name: &'static str, failure: Failure) -> Self {
        Self {
            hint: (!failure.hints.is_empty()).then(|| failure.hints.join("\n")),
            ..Self::fail(name, failure.exit, failure.what)
        }
    }

    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub(crate) fn permission(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }
}

/// All checks, in the order in which they were made. Its JSON is what scripts rely on.
#[derive(Debug, Serialize)]
pub(crate) struct Checkup {
    checks: Vec<Check>,
    exit_code: u8,
    #[serde(skip)]
    pub exit: Exit,
}

impl Checkup {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        let exit = checks
            .iter()
            .fold(Exit::Done, |exit, check| exit.combine(check.exit));
        Self {
            checks,
            exit_code: exit.code(),
            exit,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text: String = self.checks.iter().map(line).collect();
        let count = |verdict| {
            let of = self.checks.iter().filter(|check| check.verdict == verdict);
            of.count() as u64
        };
        let (failed, untold) = (count(Finding::Fail), count(Finding::CannotTell));
        let mut told = String::new();
        match count(Finding::Warn) {
            0 => {}
            n => {
                let _ = write!(told, "; {}", plural(n, "warning"));
            }
        }
        if untold > 0 {
            let _ = write!(told, "; {untold} cannot be told");
        }
        let head = match failed {
            0 => "no check failed".to_owned(),
            n => plural(n, "check") + " failed",
        };
        let rest = match (failed, self.exit) {
            (0, Exit::SomeRowsNotDone) => format!(
                "`guestlist invite` can start, and would leave rows out (exit code {})",
                self.exit_code
            ),
            (0, _) => "`guestlist invite` can start".to_owned(),
            _ => format!(
                "`guestlist invite` would end with exit code {}",
                self.exit_code
            ),
        };
        let styled = if failed == 0 { good(&head) } else { bad(&head) };
        let summary = wrap(&format!("{head}{told}: {rest}"), 0, 0).replacen(&head, &styled, 1);
        let _ = write!(text, "\n{summary}");
        text
    }
}

fn line(check: &Check) -> String {
    let mark = match check.verdict {
        Finding::Pass => good(pad("pass", MARK)),
        Finding::Warn => care(pad("warn", MARK)),
        Finding::Fail => bad(pad("FAIL", MARK)),
        Finding::CannotTell => care(pad("?", MARK)),
    };
    let mut text = format!(
        "{mark}{}{}\n",
        bold(pad(check.name, TEXT - MARK)),
        wrap(&printable(&check.message), TEXT, TEXT)
    );
    let mut more = |told: String| {
        let told = wrap(&printable(&told), TEXT, TEXT);
        let _ = writeln!(text, "{}{}", " ".repeat(TEXT), dim(told));
    };
    match (check.permission, check.verdict) {
        (None, _) => {}
        (Some(permission), Finding::CannotTell) => more(format!("{permission} would tell")),
        (Some(permission), _) => more(format!("needs {permission}")),
    }
    if let Some(hint) = &check.hint {
        more(hint.clone());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::plain;

    #[test]
    fn every_check_says_what_it_found_and_what_to_do() {
        let checkup = Checkup::new(vec![
            Check::pass("tenant", "Northwind Practice, northwind.example"),
            Check::cannot_tell("policy", "who may invite cannot be read").permission("Policy.Read.All"),
            Check::fail(
                "read-people",
                Exit::Permission,
                "the people of the tenant cannot be read, so nobody could tell who is a guest already",
            )
            .permission("User.Read.All")
            .hint("an administrator can grant it: `guestlist doctor --ask-admin` prints what to send"),
            Check::fail("ledger", Exit::Usage, "the ledger is another tenant's"),
        ]);
        assert_eq!(checkup.exit, Exit::Usage);
        insta::assert_snapshot!(plain(&checkup.text()));
    }

    #[test]
    fn the_json_has_the_documented_keys() {
        let checkup = Checkup::new(vec![
            Check::cannot_tell("policy", "unread").permission("Policy.Read.All"),
        ]);
        insta::assert_snapshot!(
            serde_json::to_string(&checkup).unwrap(),
            @r#"{"checks":[{"name":"policy","verdict":"cannot-tell","message":"unread","hint":null,"permission":"Policy.Read.All"}],"exit_code":0}"#
        );
    }
}
