//! The templates of our own mail: read once, checked, and rendered for one row at a time.
//!
//! Strict: a name without a value ends the rendering. A template is bounded in its size, in the work that it may do and in
//! what it may write, so that none can hang a run. Must not know who is mailed.

use super::words::Words;
use crate::{
    failure::{Failure, Result},
    files, fingerprint,
    visible::visible_line,
};
use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, syntax::SyntaxConfig,
};
use std::{
    collections::{BTreeMap, HashSet},
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A page of text is 4 KB.
const LONGEST_TEMPLATE: u64 = 256 * 1024;
const LONGEST_PART: usize = 512 * 1024;
/// In letters: mail services take 255 (Graph: message).
const LONGEST_SUBJECT: usize = 250;
/// Languages that there are; more are a wrong folder.
const MOST_FILES: usize = 400;
/// Some hundred thousand steps, and a few megabytes of text.
const FUEL: u64 = 100_000;

const DEFAULT: &str = "default";
/// The first line of a file may give the subject.
const SUBJECT_LINE: &str = "Subject:";

const SHIPPED: [(&str, &str, &str); 4] = [
    (
        "en",
        include_str!("shipped/en.txt"),
        include_str!("shipped/en.html"),
    ),
    (
        "de",
        include_str!("shipped/de.txt"),
        include_str!("shipped/de.html"),
    ),
    (
        "fr",
        include_str!("shipped/fr.txt"),
        include_str!("shipped/fr.html"),
    ),
    (
        "es",
        include_str!("shipped/es.txt"),
        include_str!("shipped/es.html"),
    ),
];

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

/// The texts of a language as they stand in files.
#[derive(Default)]
struct Sources {
    text: Option<(String, String)>,
    html: Option<(String, String)>,
}

impl Templates {
    /// `place`: a file, or a folder with a file for each language; without one, the templates that come with the program.
    /// `subject` goes before the subjects in the files.
    pub(crate) fn read(place: Option<&Path>, subject: Option<&str>) -> Result<Self> {
        let sources = match place {
            None => shipped(),
            Some(place) if place.is_dir() => folder(place)?,
            Some(file) => {
                let mut sources = Sources::default();
                add(&mut sources, &file_name(file), read(file)?, is_html(file));
                BTreeMap::from([(DEFAULT.to_owned(), sources)])
            }
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
        if !names.contains("redeem_url") {
            self.without_redeem_link
                .get_or_insert_with(|| name.to_owned());
            if !names.contains("redirect_url") {
                return self.have_the_redeem_link();
            }
        }
        Ok(())
    }

    /// Every part of every template must name the redeem link.
    pub(crate) fn have_the_redeem_link(&self) -> Result<()> {
        let Some(name) = &self.without_redeem_link else {
            return Ok(());
        };
        Err(
            Failure::usage(format!("the template {name} in {} does not name the redeem link", self.place))
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

fn shipped() -> BTreeMap<String, Sources> {
    let mut languages = BTreeMap::new();
    for (language, text, html) in SHIPPED {
        let sources = Sources {
            text: Some((format!("{language}.txt"), text.to_owned())),
            html: Some((format!("{language}.html"), html.to_owned())),
        };
        languages.insert(language.to_owned(), sources);
    }
    languages
}

fn folder(folder: &Path) -> Result<BTreeMap<String, Sources>> {
    let unreadable = |error: std::io::Error| {
        Failure::of_io(
            format!(
                "the folder of templates {} cannot be read",
                folder.display()
            ),
            &error,
        )
    };
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if has_html_ending(&file_name(&path)) || has_ending(&file_name(&path), &["txt"]) {
            paths.push(path);
        }
        if paths.len() > MOST_FILES {
            return Err(Failure::usage(format!(
                "the folder {} holds more than {MOST_FILES} templates",
                folder.display()
            ))
            .hint("name the folder that holds only the templates of the mail"));
        }
    }
    paths.sort();
    let mut languages: BTreeMap<String, Sources> = BTreeMap::new();
    for path in paths {
        let language = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().to_lowercase());
        let language = language.unwrap_or_default().replace('_', "-");
        let sources = languages.entry(language).or_default();
        add(sources, &file_name(&path), read(&path)?, is_html(&path));
    }
    if languages.is_empty() {
        return Err(Failure::usage(format!(
            "there is no template in the folder {}",
            folder.display()
        ))
        .hint("put one file for each language into it, such as en.txt and en.html, and default.txt for the rest"));
    }
    Ok(languages)
}

fn add(sources: &mut Sources, name: &str, source: String, is_html: bool) {
    let place = if is_html {
        &mut sources.html
    } else {
        &mut sources.text
    };
    *place = Some((name.to_owned(), source));
}

fn read(file: &Path) -> Result<String> {
    files::read_given_text(file, LONGEST_TEMPLATE).map_err(|error| {
        let what = format!("the template {} cannot be read", file.display());
        match error.kind() {
            // Not the disk's words, but ours: another kind of file, too long, or not UTF-8.
            io::ErrorKind::Other => Failure::usage(format!("{what}: {error}"))
                .hint("a template is a file of UTF-8 text: save it as UTF-8, or name another one"),
            _ => Failure {
                exit: crate::exit::Exit::Usage,
                ..Failure::of_io(what, &error)
            },
        }
    })
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn is_html(path: &Path) -> bool {
    has_html_ending(&file_name(path))
}

fn has_html_ending(name: &str) -> bool {
    has_ending(name, &["html", "htm"])
}

fn has_ending(name: &str, known: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| known.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}
