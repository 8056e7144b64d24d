//! The zip file of a workbook. Its size is checked before its content is used.
//!
//! Must not read a part beyond the bound, whatever its directory says about its size.

use super::trouble::Trouble;
use quick_xml::{
    Reader, XmlVersion,
    events::{BytesStart, Event},
};
use std::{
    borrow::Cow,
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};
use zip::{ZipArchive, result::ZipError};

/// All parts of a workbook together, unpacked: a sheet of a million people has less.
const MAX_UNPACKED: u64 = 512 * 1024 * 1024;
const MAX_PARTS: usize = 10_000;
/// As much of a part as is read to know what kind of file it is in.
const PEEKED: u64 = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xlsx,
    Ods,
}

pub(super) struct Package {
    pub kind: Kind,
    archive: ZipArchive<BufReader<File>>,
}

impl Package {
    pub(super) fn open(path: &Path) -> Result<Self, Trouble> {
        let file = BufReader::new(crate::files::open_given(path).map_err(Trouble::damaged)?);
        let archive = ZipArchive::new(file).map_err(Trouble::damaged)?;
        let has = |archive: &ZipArchive<_>, name: &str| archive.index_for_name(name).is_some();
        let is_ods = has(&archive, "content.xml") && has(&archive, "META-INF/manifest.xml");
        let is_binary = has(&archive, "xl/workbook.bin");
        let has_sheets = names(&archive).any(|name| same_form(&name).starts_with("xl/worksheets/"));
        let other = other_package(&archive);
        let kind = if is_ods { Kind::Ods } else { Kind::Xlsx };
        let mut package = Self { kind, archive };
        if is_binary {
            return Err(Trouble::NotAWorkbook("a binary workbook (.xlsb)"));
        }
        // The folder of a workbook may have any name; what its parts are is said inside them.
        if !is_ods && !has_sheets && !package.begins_as_a_workbook() {
            return Err(Trouble::NotAWorkbook(other));
        }
        weigh(&mut package.archive)?;
        if kind == Kind::Ods && package.is_encrypted()? {
            return Err(Trouble::Protected);
        }
        Ok(package)
    }

    /// (OpenDocument 1.3 part 2, manifest:encryption-data)
    fn is_encrypted(&mut self) -> Result<bool, Trouble> {
        let mut encrypted = false;
        each_element(self.xml("META-INF/manifest.xml")?, |element| {
            encrypted |= local(element) == "encryption-data";
            Ok(())
        })?;
        Ok(encrypted)
    }

    /// Whether the main part of an OOXML package is a workbook.
    fn begins_as_a_workbook(&mut self) -> bool {
        let Ok(main) = self.main_part(PEEKED) else {
            return false;
        };
        let Ok(mut xml) = self.xml_within(&main, PEEKED) else {
            return false;
        };
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer) {
                Ok(Event::Start(element) | Event::Empty(element)) => {
                    return local(&element) == "workbook";
                }
                Ok(Event::Eof) | Err(_) => return false,
                Ok(_) => {}
            }
        }
    }

    /// The XML of a part.
    pub(super) fn xml(&mut self, name: &str) -> Result<Reader<impl BufRead + '_>, Trouble> {
        self.xml_within(name, MAX_UNPACKED)
    }

    /// The XML of a part, up to so many bytes. Some programs write `\\` into the paths, or other capitals.
    fn xml_within(&mut self, name: &str, most: u64) -> Result<Reader<impl BufRead + '_>, Trouble> {
        let wanted = same_form(name);
        let same = names(&self.archive).find(|part| same_form(part) == wanted);
        let part = self
            .archive
            .by_name(same.as_deref().unwrap_or(name))
            .map_err(trouble)?;
        Ok(Reader::from_reader(BufReader::new(part.take(most))))
    }

    /// The part of each sheet of an XLSX file, by the sheet's name.
    pub(super) fn sheet_parts(&mut self) -> Result<HashMap<String, String>, Trouble> {
        let workbook = self.main_part(MAX_UNPACKED)?;
        let (folder, file) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
        let relations = from_root(folder, &format!("_rels/{file}.rels"));
        let mut targets = HashMap::new();
        each_element(self.xml(&relations)?, |element| {
            if let ("Relationship", Some(id), Some(target)) = (
                local(element),
                attribute(element, "Id"),
                attribute(element, "Target"),
            ) {
                targets.insert(id, from_root(folder, &target));
            }
            Ok(())
        })?;
        let mut parts = HashMap::new();
        each_element(self.xml(&workbook)?, |element| {
            if let ("sheet", Some(name), Some(id)) = (
                local(element),
                attribute(element, "name"),
                attribute(element, "id"),
            ) && let Some(part) = targets.get(&id)
            {
                parts.insert(name, part.clone());
            }
            Ok(())
        })?;
        Ok(parts)
    }

    /// Where the workbook itself is; nearly always `xl/workbook.xml`.
    fn main_part(&mut self, most: u64) -> Result<String, Trouble> {
        let mut main = None;
        each_element(self.xml_within("_rels/.rels", most)?, |element| {
            if attribute(element, "Type").is_some_and(|kind| kind.ends_with("/officeDocument")) {
                main = attribute(element, "Target").map(|target| from_root("", &target));
            }
            Ok(())
        })?;
        Ok(main.unwrap_or_else(|| "xl/workbook.xml".to_owned()))
    }
}

/// What else it can be, by the parts that only such a file has.
fn other_package(archive: &ZipArchive<BufReader<File>>) -> &'static str {
    let has = |name: &str| archive.index_for_name(name).is_some();
    if has("word/document.xml") {
        "a Word document"
    } else if has("ppt/presentation.xml") {
        "a presentation"
    } else if has("Index/Document.iwa") || has("Index.zip") {
        "a Numbers or Pages document"
    } else {
        "a zip archive"
    }
}

/// A relationship's target is relative to the folder of its source, unless it begins at the root.
fn from_root(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').collect(),
    };
    for part in target.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.retain(|part| !matches!(*part, "" | "."));
    parts.join("/")
}

/// A part's name in the form in which two spellings of it are the same.
fn same_form(name: &str) -> String {
    name.replace('\\', "/").to_ascii_lowercase()
}

/// The names of all parts that have a readable one.
fn names(archive: &ZipArchive<BufReader<File>>) -> impl Iterator<Item = String> {
    archive.file_names().flatten().map(Cow::into_owned)
}

/// Unpacks every part once into nothing, and stops where it becomes too much.
fn weigh(archive: &mut ZipArchive<BufReader<File>>) -> Result<(), Trouble> {
    if archive.len() > MAX_PARTS {
        return Err(Trouble::TooLarge(format!("{} parts", archive.len())));
    }
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(trouble)?;
        let size = io::copy(&mut part.take(left + 1), &mut io::sink()).map_err(Trouble::damaged)?;
        if size > left {
            return Err(Trouble::TooLarge(format!(
                "more than {} MiB when unpacked",
                MAX_UNPACKED / 1024 / 1024
            )));
        }
        left -= size;
    }
    Ok(())
}

fn trouble(error: ZipError) -> Trouble {
    match error {
        ZipError::UnsupportedArchive(why) if why.contains("assword") => Trouble::Protected,
        other => Trouble::damaged(other),
    }
}

/// Calls `see` for each element that begins, and makes sure that each one ends: calamine waits for ends that
/// never come.
pub(super) fn each_element(
    xml: Reader<impl BufRead>,
    mut see: impl FnMut(&BytesStart<'_>) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    walk(xml, |step| match step {
        Step::Begin(element) => see(element),
        Step::ClosesItself | Step::End(_) | Step::Text(_) => Ok(()),
    })
}

/// What an entity stands for; one letter will do for those that nobody needs to understand here.
fn entity(name: &str) -> &'static str {
    match name {
        "quot" => "\"",
        "apos" => "'",
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        _ => "?",
    }
}

/// An element that begins or ends; an empty one does both.
pub(super) enum Step<'e> {
    Begin(&'e BytesStart<'e>),
    /// The element that began last is closed by its own tag: nothing is in it, not even an empty text.
    ClosesItself,
    /// The name without its prefix.
    End(&'e str),
    Text(&'e str),
}

pub(super) fn walk(
    mut xml: Reader<impl BufRead>,
    mut see: impl FnMut(Step<'_>) -> Result<(), Trouble>,
) -> Result<(), Trouble> {
    let mut buffer = Vec::new();
    let mut open = 0_u64;
    loop {
        match xml.read_event_into(&mut buffer).map_err(Trouble::damaged)? {
            Event::Start(element) => {
                open += 1;
                see(Step::Begin(&element))?;
            }
            Event::Empty(element) => {
                see(Step::Begin(&element))?;
                see(Step::ClosesItself)?;
                see(Step::End(local(&element)))?;
            }
            Event::End(element) => {
                open = open.saturating_sub(1);
                see(Step::End(without_prefix(element.name().into_inner())))?;
            }
            Event::Text(text) => see(Step::Text(&text.xml10_content()))?,
            Event::CData(text) => see(Step::Text(&text.xml10_content()))?,
            Event::GeneralRef(name) => see(Step::Text(entity(&name)))?,
            Event::Eof if open > 0 => {
                return Err(Trouble::Damaged("its XML ends in the middle".to_owned()));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
        buffer.clear();
    }
}

fn without_prefix(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The name of an element without its prefix.
pub(super) fn local<'a>(element: &'a BytesStart<'_>) -> &'a str {
    without_prefix(element.name().into_inner())
}

/// The value of an attribute, whatever its prefix.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    element
        .attributes()
        .map_while(Result::ok)
        .find_map(|attribute| {
            let key = attribute.key.into_inner();
            if without_prefix(key) != name {
                return None;
            }
            attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .ok()
                .map(Cow::into_owned)
        })
}
