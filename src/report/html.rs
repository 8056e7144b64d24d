//! Writes the file: the part above the table, its rows one at a time, and the end. Memory does not grow with the rows.
//!
//! Must not write a text without escaping it; only the style and the script, which are part of this program, are written
//! as they stand.

use super::{page::Page, row::Row};
use crate::visible::visible_line;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use minijinja::{
    AutoEscape, Environment, HtmlEscape, UndefinedBehavior,
    value::{Serde, Value, ValueKind},
};
use serde::Serialize;
use std::{
    error::Error as _,
    fmt::Write as _,
    io::{self, Write},
};

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
const TEMPLATES: [(&str, &str); 3] = [
    ("head", include_str!("page/head.html")),
    ("row", include_str!("page/row.html")),
    ("tail", include_str!("page/tail.html")),
];
/// Rows stand in groups, and a browser lays out only the groups that can be seen.
const GROUP: usize = 250;

pub(crate) struct HtmlPage<W> {
    out: W,
    templates: Environment<'static>,
    tail: Tail,
    rows: usize,
}

#[derive(Serialize)]
struct Head<'p> {
    page: &'p Page,
    style: String,
    style_hash: String,
    script_hash: String,
}

#[derive(Serialize)]
struct Tail {
    made: Vec<String>,
    script: String,
}

#[derive(Serialize)]
struct Line<'r> {
    row: &'r Row<'r>,
}

impl<W: Write> HtmlPage<W> {
    /// Writes everything above the rows.
    pub(crate) fn begin(mut out: W, page: &Page) -> io::Result<Self> {
        let templates = templates().map_err(failed)?;
        // A browser reads every line end as a line feed before it compares the hashes.
        let style = STYLE.replace("\r\n", "\n");
        let script = SCRIPT.replace("\r\n", "\n");
        let head = Head {
            page,
            style_hash: hash(&style),
            script_hash: hash(&script),
            style,
        };
        write_with(&templates, "head", &head, &mut out)?;
        Ok(Self {
            out,
            templates,
            tail: Tail {
                made: page.made.clone(),
                script,
            },
            rows: 0,
        })
    }

    pub(crate) fn row(&mut self, row: &Row<'_>) -> io::Result<()> {
        if self.rows.is_multiple_of(GROUP) {
            let end = if self.rows == 0 { "" } else { "</tbody>\n" };
            write!(self.out, "{end}<tbody>")?;
        }
        self.rows += 1;
        write_with(&self.templates, "row", &Line { row }, &mut self.out)
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        if self.rows > 0 {
            self.out.write_all(b"</tbody>\n")?;
        }
        write_with(&self.templates, "tail", &self.tail, &mut self.out)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn templates() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(|out, state, value| {
        // A number or a text of ours has nothing hidden in it, so that looking costs little.
        match value.as_str() {
            Some(text) if !value.is_safe() && value.kind() == ValueKind::String => {
                let shown = visible_line(text);
                write!(out, "{}", HtmlEscape(&shown)).map_err(minijinja::Error::from)
            }
            _ => minijinja::escape_formatter(out, state, value),
        }
    });
    environment.add_filter("words", words);
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// A sentence, in which commands and names stand in backticks.
fn words(sentence: &str) -> Value {
    let sentence = visible_line(sentence);
    let mut written = String::with_capacity(sentence.len() + 32);
    let mut parts = sentence.split('`').peekable();
    let mut is_code = false;
    while let Some(part) = parts.next() {
        // A backtick without a second one is a backtick.
        if is_code && parts.peek().is_none() {
            let _ = write!(written, "`{}", HtmlEscape(part));
        } else if is_code {
            let _ = write!(written, "<code>{}</code>", HtmlEscape(part));
        } else {
            let _ = write!(written, "{}", HtmlEscape(part));
        }
        is_code = !is_code;
    }
    Value::from_safe_string(written)
}

fn hash(text: &str) -> String {
    STANDARD.encode(digest(&SHA256, text.as_bytes()))
}

fn write_with(
    templates: &Environment<'_>,
    name: &str,
    with: &impl Serialize,
    out: &mut impl Write,
) -> io::Result<()> {
    let template = templates.get_template(name).map_err(failed)?;
    template
        .render_captured_to(Value::from(Serde(with)), out)
        .map(drop)
        .map_err(failed)
}

/// The error of the file itself, where it is one, so that a full disk can be recognised.
fn failed(error: minijinja::Error) -> io::Error {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(inner) = inner.downcast_ref::<io::Error>() {
            return inner
                .raw_os_error()
                .map_or_else(|| inner.kind().into(), io::Error::from_raw_os_error);
        }
        source = inner.source();
    }
    io::Error::other(error)
}
