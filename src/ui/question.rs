//! The question before a real run: everything that would happen, and the tenant's name to be typed.
//!
//! Gets data, makes text, and reads the answer. Anything but the tenant's name means no. Must not find out anything itself.

use super::{
    run_page::{Exactly, RunErrorShown, problem_lines},
    style::{bold, care, dim},
    text::{list, number, pad, plural, plural_of, printable, printable_line, wrap},
};
use crate::outcome::Outcome;
use std::{
    fmt::Write as _,
    io::{self, BufRead, Read, Write},
};

/// The column in which the values of the table begin.
const INDENT: usize = 14;
/// Lines of the first mail that are shown.
const MAIL_LINES: usize = 20;
/// How many bytes of an answer are read.
const LONGEST_ANSWER: u64 = 1_024;

#[derive(Debug, Clone, Default)]
pub(crate) struct TenantShown {
    pub id: String,
    pub name: Option<String>,
    /// The domain to show first; every one of them is accepted as an answer.
    pub domains: Vec<String>,
}

/// What mail goes out.
#[derive(Debug, Clone, Default)]
pub(crate) struct MailPlan {
    /// People who get a mail.
    pub mailed: u64,
    /// People who are invited without one.
    pub silent: u64,
    /// Who sends it, such as "Microsoft, in the name of Contoso".
    pub by: String,
    /// Languages as a person would say them, and how many mails.
    pub languages: Vec<(String, u64)>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct FirstMail {
    pub to: String,
    pub cc: Option<String>,
    pub words: Words,
}

/// What stands in a mail.
#[derive(Debug, Clone, Default)]
pub(crate) enum Words {
    /// Microsoft's text, without a message of one's own.
    #[default]
    OfMicrosoft,
    /// Microsoft's text with this message.
    These(String),
    /// A mail of our own; `check --preview` shows it.
    OfOurs { sheet: String },
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Question {
    pub tenant: TenantShown,
    /// Such as "ada@contoso.com" or "the app guest-inviter".
    pub identity: String,
    pub sheet: String,
    pub rows: u64,
    /// Where the addresses of the sheet went, in words.
    pub addresses: String,
    /// The settings file, or that there is none.
    pub settings_file: String,
    /// Sentences about hosts that are not Microsoft's.
    pub hosts: Vec<String>,
    /// The host of the landing page, for rows that name none.
    pub landing: String,
    /// That people may become members, where the settings allow it.
    pub members: Option<String>,
    pub new: u64,
    /// People who are there already, by outcome.
    pub here: Vec<(Outcome, u64)>,
    /// Rows that are not invited, with the reason.
    pub not_invited: Vec<(String, u64)>,
    /// Rows that an earlier run asked for without an answer.
    pub unanswered: u64,
    pub mail: MailPlan,
    /// The columns that are set after the invitation, and for how many rows.
    pub afterwards: Option<String>,
    /// By name, with how many of their cells hold an address; those with addresses first.
    pub unused_columns: Vec<(String, u64)>,
    pub first_mail: Option<FirstMail>,
    /// What is wrong with which rows.
    pub problems: Vec<RunErrorShown>,
    pub warnings: Vec<String>,
    /// How long the run takes, and why.
    pub takes: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    /// What to tell the person.
    No(String),
}

impl Question {
    /// Shows everything and reads one line. The end of the input means no.
    pub(crate) fn ask(
        &self,
        input: &mut dyn BufRead,
        output: &mut dyn Write,
    ) -> io::Result<Answer> {
        let prompt = bold(wrap(&self.prompt(), 0, 0));
        write!(output, "\n{}\n{prompt} ", self.text())?;
        output.flush()?;
        let mut typed = Vec::new();
        input.take(LONGEST_ANSWER).read_until(b'\n', &mut typed)?;
        let typed = String::from_utf8_lossy(&typed);
        if !typed.ends_with('\n') {
            writeln!(output)?; // The answer did not end the prompt's line.
        }
        Ok(self.judge(&typed))
    }

    fn judge(&self, typed: &str) -> Answer {
        let shown = printable_line(typed.trim());
        let typed = folded(typed);
        if typed.is_empty() {
            return Answer::No("no name was typed, which means no: nothing was sent".to_owned());
        }
        if self.names().any(|name| folded(name) == typed) {
            return Answer::Yes;
        }
        Answer::No(format!(
            "\"{}\" is not the name of this tenant, which is {}: nothing was sent",
            super::text::shorten(&shown, 40),
            self.shown_names()
        ))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let tenant = &self.tenant;
        tenant
            .name
            .iter()
            .chain(&tenant.domains)
            .chain([&tenant.id])
            .map(String::as_str)
            .filter(|name| !name.trim().is_empty())
    }

    fn prompt(&self) -> String {
        let what = match (self.new, self.mail.mailed) {
            (0, 0) => "To go on".to_owned(),
            (0, mailed) => format!("To mail {}", plural_of(mailed, "person", "people")),
            (new, _) => format!("To invite {}", plural_of(new, "person", "people")),
        };
        format!("{what}, type the tenant's name ({}):", self.shown_names())
    }

    fn shown_names(&self) -> String {
        let shown: Vec<String> = self.names().take(2).map(printable_line).collect();
        shown.join(" or ")
    }

    /// The whole question, apart from the prompt.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        let mut say = |name: &str, value: &str| {
            let value = wrap(value, INDENT, INDENT);
            let _ = writeln!(text, "{}{value}", bold(pad(name, INDENT)));
        };
        say("Tenant", &self.tenant_line());
        say("Signed in as", &printable_line(&self.identity));
        let sheet = printable_line(&self.sheet);
        let rows = plural(self.rows, "row");
        match self.addresses.as_str() {
            "" => say("Sheet", &format!("{sheet}, {rows}")),
            addresses => say("Sheet", &format!("{sheet}, {rows}, {addresses}")),
        }
        say("Settings", &self.settings_file);
        say("Landing page", &self.landing);
        for host in &self.hosts {
            say("Host", host);
        }
        if let Some(members) = &self.members {
            say("Member", members);
        }
        say("Mail", &self.mail_line());
        if let Some(columns) = &self.afterwards {
            say("Afterwards", &printable_line(columns));
        }
        if !self.unused_columns.is_empty() {
            let names: Vec<String> = self
                .unused_columns
                .iter()
                .map(|(name, addresses)| match addresses {
                    0 => printable_line(name),
                    1 => format!("{} (1 address)", printable_line(name)),
                    many => format!("{} ({} addresses)", printable_line(name), number(*many)),
                })
                .collect();
            say(
                "Not used",
                &format!("{} (returned in the results)", list(&names)),
            );
        }
        if let Some(takes) = &self.takes {
            say("Takes", takes);
        }
        text.push('\n');
        text.push_str(&self.counts());
        for (at, problem) in problem_lines(&self.problems, Exactly::Texts)
            .iter()
            .enumerate()
        {
            let problem = wrap(problem, INDENT, INDENT + 2);
            let (gap, name) = if at == 0 {
                ("\n", "Problems")
            } else {
                ("", "")
            };
            let _ = writeln!(text, "{gap}{}{problem}", bold(pad(name, INDENT)));
        }
        for (at, warning) in self.warnings.iter().enumerate() {
            let gap = if at == 0 { "\n" } else { "" };
            let warning = wrap(&printable(warning), 9, 9);
            let _ = writeln!(text, "{gap}{} {warning}", care("warning:"));
        }
        let told = match &self.first_mail {
            Some(mail) => first_mail(mail),
            None if self.unanswered > 0 => wrap(
                "No mail goes out, except to people whose earlier invitation turns out not to have been made.\n",
                0,
                0,
            ),
            None => "No mail goes out.\n".to_owned(),
        };
        let _ = write!(text, "\n{told}");
        text
    }

    fn tenant_line(&self) -> String {
        let tenant = &self.tenant;
        let details: Vec<String> = tenant
            .domains
            .iter()
            .take(1)
            .chain([&tenant.id])
            .filter(|detail| !detail.is_empty())
            .map(|detail| printable_line(detail))
            .collect();
        match &tenant.name {
            Some(name) => format!("{} ({})", printable_line(name), details.join(", ")),
            None => details.join(", "),
        }
    }

    fn mail_line(&self) -> String {
        let MailPlan {
            mailed,
            silent,
            by,
            languages,
        } = &self.mail;
        if *mailed == 0 {
            return match self.new {
                0 => "none: nobody is left to invite".to_owned(),
                _ => "none: everybody is invited silently".to_owned(),
            };
        }
        let by = printable_line(by);
        let mut line = format!(
            "{} get a mail from {by}",
            plural_of(*mailed, "person", "people")
        );
        if *mailed == 1 {
            line = format!("1 person gets a mail from {by}");
        }
        match languages.as_slice() {
            [] => {}
            [(language, _)] => {
                let _ = write!(line, ", in {language}");
            }
            several => {
                let each: Vec<String> = several
                    .iter()
                    .map(|(language, n)| format!("{language} ({})", number(*n)))
                    .collect();
                let _ = write!(line, ", in {}", list(&each));
            }
        }
        if *silent > 0 {
            let _ = write!(
                line,
                "; {} invited silently",
                match silent {
                    1 => "1 is".to_owned(),
                    n => format!("{} are", number(*n)),
                }
            );
        }
        line
    }

    fn counts(&self) -> String {
        let mut text = format!("{:>9}  {}\n", number(self.new), bold("to invite"));
        let mut line = |n: u64, what: &str, why: &str| {
            if n > 0 {
                let _ = writeln!(
                    text,
                    "{:>9}  {}  {}",
                    number(n),
                    pad(what, 12),
                    wrap(why, 25, 25)
                );
            }
        };
        for (outcome, n) in &self.here {
            line(*n, "already here", outcome.meaning());
        }
        line(
            self.unanswered,
            "to settle",
            "an earlier run asked and got no answer; the people are looked up first, and nobody is mailed twice",
        );
        for (reason, n) in &self.not_invited {
            line(*n, "not invited", &printable_line(reason));
        }
        text
    }
}

fn first_mail(mail: &FirstMail) -> String {
    let mut text = format!("The first mail goes to {}", printable_line(&mail.to));
    if let Some(cc) = &mail.cc {
        let _ = write!(text, ", cc {}", printable_line(cc));
    }
    match &mail.words {
        Words::OfMicrosoft => text.push_str(" in Microsoft's own words.\n"),
        Words::OfOurs { sheet } => {
            let told = format!(
                "{text}, in your own words: `guestlist check {} --preview 1` shows a mail as it is made.",
                printable_line(sheet)
            );
            text = format!("{}\n", wrap(&told, 0, 0));
        }
        Words::These(words) => {
            text.push_str(" with these words:\n");
            let words = printable(words);
            let mut lines = words.lines().flat_map(|line| {
                let wrapped = wrap(line, 4, 4);
                let lines = wrapped.split('\n').map(|line| line.trim_start().to_owned());
                lines.collect::<Vec<_>>()
            });
            for line in lines.by_ref().take(MAIL_LINES) {
                let _ = writeln!(text, "{}", format!("  {} {line}", dim("|")).trim_end());
            }
            let more = lines.count();
            if more > 0 {
                let _ = writeln!(
                    text,
                    "  {} … {}",
                    dim("|"),
                    plural(more as u64, "more line")
                );
            }
        }
    }
    text
}

/// For comparing names: lower case, single spaces.
fn folded(name: &str) -> String {
    name.split_whitespace()
        .map(str::to_lowercase)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
