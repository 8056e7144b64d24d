//! The templates of our own mail: read once, checked, and rendered for one row at a time.
//!
//! Strict: a name without a value ends the rendering. A template is bounded in its size, in the work that it may do and in
//! what it may write, so that none can hang a run. Must not know who is mailed.

use super::{
    template_files::{self, DEFAULT, Sources, has_html_ending},
    words::{REDEEM_URL, Words},
};
use crate::{
    failure::{Failure, Result},
    fingerprint,
    visible::visible_line,
};
use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig,
};
use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    path::Path,
    sync::Arc,
};

const LONGEST_PART: usize = 512 * 1024;
/// In letters: mail services take 255 (Graph: message).
const LONGEST_SUBJECT: usize = 250;
/// Some hundred thousand steps, and a few megabytes of text.
const FUEL: u64 = 100_000;

/// The first line of a file may give the subject.
const SUBJECT_LINE: &str = "Subject:";

/// The templates of a run.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
    /// By language in small letters; what serves the rest is under `default`.
    languages: BTreeMap<String, Language>,
    /// Where they were read, for showing.
    place: String,
    /// The first part that does not name the redeem link.
    without_redeem_link: Option<String>,
}

/// The files of a language, by their names, and a hash of what is in them.
#[derive(Debug, Clone, Default)]
struct Language {
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    fingerprint: String,
}

/// The words of one mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// The language of the template that was used; none where it is the one for the rest.
    pub language: Option<String>,
    /// A hash of the template.
    pub fingerprint: String,
}

/// Why a row has no mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotRendered {
    pub what: String,
    pub fix: String,
}

impl fmt::Display for NotRendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl Templates {
    /// `place`: a file, or a folder with a file for each language; without one, the templates that come with the program.
    /// `subject` goes before the subjects in the files.
    pub(crate) fn read(place: Option<&Path>, subject: Option<&str>) -> Result<Self> {
        let sources = match place {
            None => template_files::shipped(),
            Some(place) => template_files::at(place)?,
        };
        let mut templates = Self {
            environment: environment(),
            languages: BTreeMap::new(),
            place: place.map_or_else(
                || "the templates of guestlist itself".to_owned(),
                |place| place.display().to_string(),
            ),
            without_redeem_link: None,
        };
        for (language, sources) in sources {
            let known = templates.language(sources, subject)?;
            templates.languages.insert(language, known);
        }
        if place.is_none()
            && let Some(english) = templates.languages.get("en").cloned()
        {
            templates.languages.insert(DEFAULT.to_owned(), english);
        }
        Ok(templates)
    }

    /// Words for Microsoft's mail, which is plain text, and has a subject and the link by itself.
    pub(crate) fn of_messages(place: &Path) -> Result<Self> {
        let mut templates = Self {
            environment: environment(),
            languages: BTreeMap::new(),
            place: place.display().to_string(),
            without_redeem_link: None,
        };
        for (language, sources) in template_files::at(place)? {
            let Some((name, source)) = sources.text else {
                let (name, _) = sources.html.unwrap_or_default();
                return Err(Failure::usage(format!(
                    "Microsoft's mail takes plain text, and the template {} is HTML",
                    templates.shown(&name)
                ))
                .hint("put a .txt file beside it, or let [message] delivery = \"graph\" or \"smtp\" send the mail; nothing was sent"));
            };
            let (_, body) = without_subject(&source);
            templates.add(&name, &name, body)?;
            let language_files = Language {
                text: Some(name),
                fingerprint: fingerprint::lasting([body]),
                ..Language::default()
            };
            templates.languages.insert(language, language_files);
        }
        Ok(templates)
    }

    /// The text part of a row, without anything around it.
    pub(crate) fn text(
        &self,
        words: Words,
        language: Option<&str>,
    ) -> std::result::Result<String, NotRendered> {
        let (_, files) = self.chosen(language)?;
        let words = Arc::new(words);
        let text = files.text.as_ref().map(|name| self.part(name, &words));
        Ok(text.transpose()?.unwrap_or_default().trim().to_owned())
    }

    /// The template of the HTML part in a language, for showing.
    pub(crate) fn html_name(&self, language: Option<&str>) -> Option<&str> {
        let (_, files) = self.chosen(language).ok()?;
        files.html.as_deref()
    }

    fn language(&mut self, sources: Sources, subject: Option<&str>) -> Result<Language> {
        let mut language = Language::default();
        let mut hashed = Vec::new();
        let mut own_subject = None;
        for (source, is_html) in [(sources.text, false), (sources.html, true)] {
            let Some((name, source)) = source else {
                continue;
            };
            let (first, body) = without_subject(&source);
            own_subject = own_subject.or(first.map(|first| (name.clone(), first)));
            self.add(&name, &name, body)?;
            self.has_a_link(&name)?;
            hashed.push(body.to_owned());
            if is_html {
                language.html = Some(name);
            } else {
                language.text = Some(name);
            }
        }
        let (name, subject) = match (subject, own_subject) {
            (Some(subject), _) => ("[message] subject".to_owned(), subject.to_owned()),
            (None, Some((name, subject))) => (format!("{name}, line 1"), subject),
            (None, None) => {
                let name = language.text.or(language.html).unwrap_or_default();
                return Err(
                    Failure::usage(format!("the template {name} has no subject"))
                        .hint("begin the file with a line `Subject: …`, or set [message] subject"),
                );
            }
        };
        self.add(&name, &name, &subject)?;
        hashed.push(subject);
        language.subject = Some(name);
        language.fingerprint = fingerprint::lasting(hashed.iter().map(String::as_str));
        Ok(language)
    }

    fn add(&mut self, name: &str, shown: &str, source: &str) -> Result<()> {
        self.environment
            .add_template_owned(name.to_owned(), source.to_owned())
            .map_err(|error| {
                let line = error.line().map(|line| format!(", line {line}"));
                Failure::usage(format!(
                    "the template {shown}{} cannot be read: {}",
                    line.unwrap_or_default(),
                    detail(&error)
                ))
                .hint("correct the template: values stand in {{ }}, conditions in {% %}; nothing was sent")
            })
    }

    /// Guests get a link in no other way: a mail without it would be of no use, and each guest is mailed once. In an
    /// external tenant the app's own page is enough; which kind of tenant it is, is not known here.
    fn has_a_link(&mut self, name: &str) -> Result<()> {
        let names = self.names_of(name);
        if !names.contains(REDEEM_URL) {
            self.without_redeem_link
                .get_or_insert_with(|| name.to_owned());
            if !names.contains("redirect_url") {
                return self.have_the_redeem_link();
            }
        }
        Ok(())
    }

    /// A file of the templates, with the folder where there is one.
    fn shown(&self, name: &str) -> String {
        if self.place.ends_with(name) {
            self.place.clone()
        } else {
            format!("{name} in {}", self.place)
        }
    }

    /// Every part of every template must name the redeem link.
    pub(crate) fn have_the_redeem_link(&self) -> Result<()> {
        let Some(name) = &self.without_redeem_link else {
            return Ok(());
        };
        Err(
            Failure::usage(format!("the template {} does not name the redeem link", self.shown(name)))
                .hint("write {{ redeem_url }} where the link should stand, in the text part and in the HTML part; nothing was sent"),
        )
    }

    /// The names that a template asks for.
    fn names_of(&self, name: &str) -> HashSet<String> {
        let template = self.environment.get_template(name);
        template.map_or_else(
            |_| HashSet::new(),
            |template| template.undeclared_variables(false),
        )
    }

    /// Whether any part of any template names the page where guests land.
    pub(crate) fn name_the_landing_page(&self) -> bool {
        let files = self.languages.values();
        let mut parts = files.flat_map(|files| files.text.iter().chain(&files.html));
        parts.any(|part| self.names_of(part).contains("redirect_url"))
    }

    /// Whether the mail of a row in this language says what stands in this column of ours.
    pub(crate) fn names(&self, column: &str, language: Option<&str>) -> bool {
        let Ok((_, files)) = self.chosen(language) else {
            return true;
        };
        let mut parts = [&files.subject, &files.text, &files.html]
            .into_iter()
            .flatten();
        parts.any(|part| self.names_of(part).contains(column))
    }

    /// The hash of the template that a row in this language gets now.
    pub(crate) fn fingerprint(&self, language: Option<&str>) -> Option<&str> {
        let chosen = self.chosen(language).ok();
        chosen.map(|(_, files)| files.fingerprint.as_str())
    }

    /// The template of a language: its own, that of its main language, or the one for the rest.
    fn chosen(
        &self,
        wanted: Option<&str>,
    ) -> std::result::Result<(Option<String>, &Language), NotRendered> {
        let wanted = wanted.map(|wanted| wanted.trim().to_lowercase().replace('_', "-"));
        let mut names = Vec::new();
        if let Some(wanted) = &wanted {
            names.push(wanted.clone());
            names.extend(wanted.split_once('-').map(|(main, _)| main.to_owned()));
        }
        for name in names {
            if let Some(language) = self.languages.get(&name) {
                return Ok((Some(name), language));
            }
        }
        let rest = self.languages.get(DEFAULT);
        rest.map(|language| (None, language)).ok_or_else(|| {
            let known: Vec<&str> = self.languages.keys().map(String::as_str).collect();
            let what = match wanted {
                Some(wanted) => format!("there is no template for its language, `{}`", visible_line(&wanted)),
                None => "it names no language, and there is no template for such rows".to_owned(),
            };
            NotRendered {
                what,
                fix: format!(
                    "{} has templates for: {}; add default.txt for the rest, or correct the column `language`",
                    self.place,
                    known.join(", ")
                ),
            }
        })
    }

    /// Whether rows of this language get the template for the rest.
    pub(crate) fn is_for_the_rest(&self, language: &str) -> bool {
        matches!(self.chosen(Some(language)), Ok((None, _)))
    }

    /// The mail of a row.
    pub(crate) fn render(
        &self,
        words: Words,
        language: Option<&str>,
    ) -> std::result::Result<Rendered, NotRendered> {
        let (chosen, files) = self.chosen(language)?;
        let words = Arc::new(words);
        let part = |name: &Option<String>| {
            let part = name
                .as_ref()
                .map(|name| self.part(name, &words))
                .transpose();
            part.map(|text| text.map(|text| format!("{}\n", text.trim_matches(['\n', '\r']))))
        };
        let subject = match &files.subject {
            Some(name) => one_line(&self.part(name, &words)?),
            None => String::new(),
        };
        let letters = subject.chars().count();
        if letters > LONGEST_SUBJECT {
            return Err(NotRendered {
                what: format!(
                    "its subject has {letters} letters, and a mail takes {LONGEST_SUBJECT}"
                ),
                fix: "shorten the subject of the template, or the cells that it names".to_owned(),
            });
        }
        Ok(Rendered {
            subject,
            text: part(&files.text)?,
            html: part(&files.html)?,
            language: chosen,
            fingerprint: files.fingerprint.clone(),
        })
    }

    fn part(&self, name: &str, words: &Arc<Words>) -> std::result::Result<String, NotRendered> {
        let not_rendered = |error: minijinja::Error| {
            let line = error
                .line()
                .filter(|_| !name.contains("subject") && !name.contains("line 1"));
            let place = match line {
                Some(line) => format!("template {name}, line {line}"),
                None => format!("template {name}"),
            };
            let missed = words
                .missed()
                .filter(|_| error.kind() == ErrorKind::UndefinedError);
            match missed {
                Some(missed) if missed == REDEEM_URL => NotRendered {
                    what: format!(
                        "`{REDEEM_URL}` is not known beforehand in Microsoft's mail, which carries the link by itself ({place})"
                    ),
                    fix: "take it out of the template, or let [message] delivery = \"graph\" or \"smtp\" send the mail".to_owned(),
                },
                Some(missed) => NotRendered {
                    what: format!(
                        "`{}` is empty or no column of the sheet ({place})",
                        visible_line(&missed)
                    ),
                    fix: format!(
                        "fill the cell, or give the template a default: {{{{ {} | default(\"…\") }}}}",
                        visible_line(&missed)
                    ),
                },
                None => NotRendered {
                    what: format!("{place}: {}", detail(&error)),
                    fix: "correct the template".to_owned(),
                },
            }
        };
        let template = self.environment.get_template(name).map_err(not_rendered)?;
        let text = template
            .render(Value::from_dyn_object(words.clone()))
            .map_err(not_rendered)?;
        let longest = if text.trim().is_empty() {
            Some("it comes out empty")
        } else if text.len() > LONGEST_PART {
            Some("it comes out longer than a mail may be (512 KiB)")
        } else {
            None
        };
        match longest {
            Some(what) => Err(NotRendered {
                what: format!("template {name}: {what}"),
                fix: "correct the template".to_owned(),
            }),
            None => Ok(text),
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(50);
    // A condition on a line of its own leaves no empty line.
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    if let Ok(syntax) = syntax {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|name| {
        if has_html_ending(name) {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    environment
}

/// What an error says, in one line.
fn detail(error: &minijinja::Error) -> String {
    let what = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    visible_line(&what).into_owned()
}

/// A header is one line: no text of a row can add another.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    line
}

/// The subject in the first line, and the rest.
fn without_subject(source: &str) -> (Option<String>, &str) {
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let (first, rest) = source.split_once('\n').unwrap_or((source, ""));
    match first.strip_prefix(SUBJECT_LINE) {
        Some(subject) => (
            Some(subject.trim().to_owned()),
            rest.trim_start_matches(['\r', '\n']),
        ),
        None => (None, source),
    }
}
