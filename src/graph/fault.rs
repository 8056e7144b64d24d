//! What went wrong with a request: our code, its class, and everything that support asks for.
//!
//! `Display` and `Debug` must not show what Graph said, because messages hold addresses. Code that writes the message into
//! the results or the ledger reads `message`.

/// Code that handles a fault needs its class too.
pub(crate) use super::class::{Author, Class};

use super::{
    answer::{Answer, Asker, Unreached},
    auth::{
        self,
        advice::{self, Advice},
    },
    catalogue,
    envelope::{Envelope, LONGEST_MESSAGE},
    error_rules, server_text,
};
use crate::{
    events,
    exit::Exit,
    failure::{Failure, fragment},
    pace::{Stopped, TooLong},
    problem::{Code, Entry},
};
use jiff::Timestamp;
use std::{
    fmt,
    ops::{Deref, DerefMut},
};

/// Who wrote this answer, as its error code and the headers of Graph tell.
fn author_of(answer: &Answer, envelope: &Envelope) -> Author {
    let has_id =
        answer.request_id.is_some() || envelope.request_id.is_some() || answer.is_batch_item;
    if has_id && envelope.has_code && answer.is_whole() {
        Author::Graph
    } else if has_id || answer.has_graph_header {
        Author::Unclear
    } else {
        Author::Between
    }
}

/// A fault. Boxed, because it is the rare case of many results.
#[derive(Clone)]
pub struct Fault(Box<Details>);

#[derive(Clone)]
pub struct Details {
    /// `GL5xx` a person, `GL6xx` the run, `GL7xx` signing in.
    pub code: Code,
    pub class: Class,
    pub status: Option<u16>,
    /// None: nothing was answered.
    pub author: Option<Author>,
    pub graph_code: String,
    /// What Graph said, cleaned and cut; it can hold addresses.
    pub message: String,
    /// Parsed out of "already exists … as object ID: …".
    pub object_id: Option<String>,
    pub request_id: Option<String>,
    pub client_request_id: String,
    pub date: Option<Timestamp>,
    /// Who wrote or forwarded the answer, as its headers say.
    pub answered_by: Option<String>,
    /// How the sign-in was made, and what the request needs.
    pub asker: Asker,
}

impl Fault {
    pub fn new(code: Code, class: Class, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            code,
            class,
            status: None,
            author: None,
            graph_code: String::new(),
            message: server_text::clean(&message.into(), LONGEST_MESSAGE),
            object_id: None,
            request_id: None,
            client_request_id: String::new(),
            date: None,
            answered_by: None,
            asker: Asker::default(),
        }))
    }

    /// Nothing was sent, because the run stopped first.
    pub fn run_stopped() -> Self {
        Self::new(
            catalogue::RUN_STOPPED,
            Class::NotSent,
            "the run stopped first",
        )
    }

    /// There was no connection.
    pub(crate) fn unreached(unreached: &Unreached) -> Self {
        Self::new(unreached.code, unreached.class, unreached.why.clone())
    }

    /// A token that was requested with the claims of a challenge was challenged again.
    pub fn challenged(answer: &Answer) -> Self {
        let fault = Self::new(auth::catalogue::CHALLENGED, Class::SignIn, "");
        fault.with_answer(answer, None)
    }

    /// What an answer that is not a success means.
    pub fn of(answer: &Answer) -> Self {
        let envelope = Envelope::parse(&answer.body);
        let author = author_of(answer, &envelope);
        let known = error_rules::recognise(answer.status, &envelope, author);
        let mut fault = Self::new(known.code, known.class, envelope.message.clone());
        fault.author = Some(author);
        if matches!(known.class, Class::Exists | Class::ExistsBlocked) {
            fault.object_id = object_id(&envelope.message);
        }
        fault.graph_code.clone_from(&envelope.code);
        fault.with_answer(answer, envelope.request_id)
    }

    pub(super) fn with_answer(mut self, answer: &Answer, inner_request_id: Option<String>) -> Self {
        self.status = Some(answer.status);
        self.request_id = answer.request_id.clone().or(inner_request_id);
        self.date = answer.date;
        self.answered_by.clone_from(&answer.answered_by);
        self.asker = answer.asker;
        self
    }

    #[must_use]
    pub fn with_client_request_id(mut self, id: &str) -> Self {
        id.clone_into(&mut self.client_request_id);
        self
    }

    /// The same fault under a code that says more about what was asked.
    #[must_use]
    pub(crate) fn known_as(mut self, code: Code) -> Self {
        self.0.code = code;
        self
    }

    pub fn exit(&self) -> Exit {
        self.class.exit()
    }

    /// Whether something between here and Graph wrote the answer, which then says nothing about the request.
    pub fn is_from_between(&self) -> bool {
        self.author == Some(Author::Between)
    }

    pub fn title(&self) -> &'static str {
        self.entry().title
    }

    /// What to do about it, and who can, for the way in which the sign-in was made.
    pub(crate) fn advice(&self) -> Advice {
        let entry = self.entry();
        let by_method = self
            .asker
            .method
            .and_then(|method| advice::of_code(self.code, method, self.asker.permission));
        by_method.unwrap_or_else(|| Advice {
            fix: entry.fix.to_owned(),
            who: entry.who,
        })
    }

    /// What the catalogue says about it.
    pub fn entry(&self) -> &'static Entry {
        catalogue::entry(self.code).unwrap_or(&catalogue::UNNAMED)
    }

    /// For the log: what was asked for, and what came back.
    pub(crate) fn sent<'a>(&'a self, request: &'a str, row: Option<u64>) -> events::Sent<'a> {
        events::Sent {
            request,
            row,
            status: self.status,
            code: Some(self.code.as_str()),
            request_id: self.request_id.as_deref(),
            client_request_id: Some(self.client_request_id.as_str()).filter(|id| !id.is_empty()),
        }
    }

    /// The line that support asks for: the status, the code and the ids, without any address.
    pub fn reference(&self) -> String {
        let mut parts = Vec::new();
        if let Some(status) = self.status {
            parts.push(
                format!("HTTP {status} {}", self.graph_code)
                    .trim_end()
                    .to_owned(),
            );
        }
        if let Some(id) = &self.request_id {
            parts.push(format!("request-id {id}"));
        }
        if !self.client_request_id.is_empty() {
            parts.push(format!("client-request-id {}", self.client_request_id));
        }
        if let Some(date) = self.date {
            parts.push(format!("at {date}"));
        }
        parts.join(", ")
    }
}

impl From<Stopped> for Fault {
    fn from(_: Stopped) -> Self {
        Self::run_stopped()
    }
}

/// The server asks for a longer wait than a run waits: the run ends, and continues later.
impl From<TooLong> for Fault {
    fn from(wait: TooLong) -> Self {
        Self::new(catalogue::THROTTLED, Class::Throttled, wait.to_string())
    }
}

impl Deref for Fault {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut Details {
        &mut self.0
    }
}

/// The object id that an "already exists" message names.
fn object_id(message: &str) -> Option<String> {
    message
        .split(|c: char| !c.is_ascii_hexdigit() && c != '-')
        .find(|word| word.len() == 36 && uuid::Uuid::try_parse(word).is_ok())
        .map(str::to_lowercase)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())?;
        if let (catalogue::MAY_NOT, Some(permission)) = (self.code, self.asker.permission) {
            write!(f, ": {permission}")?;
        }
        if let Some(status) = self.status {
            write!(f, " (HTTP {status}")?;
            if !self.graph_code.is_empty() {
                write!(f, " {}", self.graph_code)?;
            }
            f.write_str(")")?;
        }
        write!(f, " [{}]", self.code)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fault")
            .field("code", &self.code)
            .field("class", &self.class)
            .field("status", &self.status)
            .field("graph_code", &self.graph_code)
            .field("request_id", &self.request_id)
            .field("client_request_id", &self.client_request_id)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Fault {}

/// For commands that a fault ends: what happened, what was said, what to do, who can do it, and the ids for support.
impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let advice = fault.advice();
        let mut failure = Failure::new(fault.exit(), fault.to_string()).hint(fragment(&advice.fix));
        let said = without_addresses(&fault.message);
        // Entra repeats its ids and the time in every sentence; the line for support has them.
        let said = said.split(" Trace ID: ").next().unwrap_or_default();
        if !said.is_empty() {
            failure = failure.hint(format!("the reason given: {said}"));
        }
        if !advice.who.is_empty() && advice.who != "whoever runs the command" {
            failure = failure.hint(format!("who can: {}", advice.who));
        }
        if fault.request_id.is_some() {
            failure = failure.hint(format!("for support: {}", fault.reference()));
        }
        failure
    }
}

/// The first line of what was said, without the words that may be addresses: screens are copied into tickets, and output
/// into logs.
fn without_addresses(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.split_whitespace()
        .map(|word| {
            if word.contains('@') || word.contains("%40") {
                "(address)"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_id_is_found_in_the_sentence() {
        let said = "The invited user already exists in the directory as object ID: \
            A0B1C2D3-0000-4000-8000-00000000ABCD. They can use that account to sign in.";
        assert_eq!(
            object_id(said).as_deref(),
            Some("a0b1c2d3-0000-4000-8000-00000000abcd")
        );
        assert_eq!(object_id("no id here: abc-def"), None);
    }

    #[test]
    fn neither_display_nor_debug_nor_the_failure_repeats_the_message() {
        let mut fault = Fault::new(
            catalogue::REFUSED,
            Class::Person,
            "ada@partner.example is odd",
        );
        fault.request_id = Some("r1".into());
        let failure = Failure::from(fault.clone());
        let shown = format!("{fault} {fault:?} {failure:?} {}", fault.reference());
        assert!(!shown.contains("ada"), "{shown}");
        assert!(failure.hints[1].contains("(address) is odd"), "{failure:?}");
        assert!(failure.hints.iter().any(|hint| hint.contains("r1")));
    }
}
