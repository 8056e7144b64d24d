//! The files of templates: those of a folder by their language, one file for all, or those that come with the program.
//!
//! Must not know what a template means.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    files,
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// A page of text is 4 KB.
const LONGEST_TEMPLATE: u64 = 256 * 1024;
/// Languages that there are; more are a wrong folder.
const MOST_FILES: usize = 400;

/// What serves the languages without a template of their own.
pub(super) const DEFAULT: &str = "default";

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

/// The texts of a language as they stand in files.
#[derive(Default)]
pub(super) struct Sources {
    pub text: Option<(String, String)>,
    pub html: Option<(String, String)>,
}

/// One file for everybody.
pub(super) fn file(file: &Path) -> Result<BTreeMap<String, Sources>> {
    let mut sources = Sources::default();
    add(&mut sources, &file_name(file), read(file)?, is_html(file));
    Ok(BTreeMap::from([(DEFAULT.to_owned(), sources)]))
}

/// What stands at a place: the files of a folder, or one file.
pub(super) fn at(place: &Path) -> Result<BTreeMap<String, Sources>> {
    if place.is_dir() {
        folder(place)
    } else {
        file(place)
    }
}

/// The templates that come with the program.
pub(super) fn shipped() -> BTreeMap<String, Sources> {
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

/// One file for each language.
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
                exit: Exit::Usage,
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

pub(super) fn has_html_ending(name: &str) -> bool {
    has_ending(name, &["html", "htm"])
}

fn has_ending(name: &str, known: &[&str]) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| known.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}
