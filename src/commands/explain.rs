//! `guestlist explain CODE`: what a code means, who can fix it, and how.
//!
//! Must not know the codes; the catalogues are passed in. What depends on the sign-in is asked of its table.

use crate::{
    exit::Exit,
    failure::{Failure, Result},
    graph::auth::advice,
    nearest::nearest,
    problem::{Code, Entry},
    ui::text::{lines, width},
};
use std::{
    fmt::Write as _,
    io::{self, Write},
};

/// How many codes a search names.
const MOST: usize = 8;
/// What asks for the list of all codes.
const ALL: [&str; 4] = ["all", "codes", "list", "*"];

/// Explains a code, or names the codes that a few words may mean.
/// `recognise` knows what Microsoft says: AADSTS numbers and messages as they were shown.
pub(crate) fn explain(
    asked: &str,
    catalogues: &[&[Entry]],
    recognise: impl Fn(&str) -> Option<&'static Entry>,
    out: &mut dyn Write,
) -> Result<Exit> {
    let entries = || catalogues.iter().flat_map(|entries| entries.iter());
    if ALL.contains(&asked.trim().to_lowercase().as_str()) {
        return written(out.write_all(lines_of(entries()).as_bytes()));
    }
    let code = normalise(asked);
    let inside = || {
        let words = asked.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .map(str::to_ascii_uppercase)
            .find_map(|word| entries().find(|entry| entry.code == word))
    };
    if let Some(entry) = entries().find(|entry| entry.code.eq_ignore_ascii_case(&code)) {
        return written(out.write_all(page(entry).as_bytes()));
    }
    if let Some(entry) = inside().or_else(|| recognise(asked)) {
        return written(out.write_all(page(entry).as_bytes()));
    }
    let found: Vec<&Entry> = search(asked, entries()).take(MOST).collect();
    match found[..] {
        [] => {}
        [entry] => return written(out.write_all(page(entry).as_bytes())),
        _ => return written(out.write_all(lines_of(found).as_bytes())),
    }
    let failure = Failure::usage(if asked.contains(' ') {
        "this text matches no code and no known message".to_owned()
    } else {
        format!("there is no code `{asked}`")
    });
    Err(match nearest(&code, entries().map(|entry| entry.code)) {
        Some(near) => failure.hint(format!("did you mean `guestlist explain {near}`?")),
        None => failure
            .hint("codes look like GL103 and stand in brackets behind error, warning or hint; `guestlist explain all` lists them"),
    })
}

/// `gl103`, `[GL103]` and `103` are all GL103.
fn normalise(asked: &str) -> String {
    let code = asked
        .trim()
        .trim_matches(['[', ']', '`', ':'])
        .to_ascii_uppercase();
    match code.parse::<u16>() {
        Ok(number) if code.len() <= 3 => format!("GL{number:03}"),
        _ => code,
    }
}

/// A code a line, in their order.
fn lines_of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut entries: Vec<&Entry> = entries.into_iter().collect();
    entries.sort_by_key(|entry| entry.code);
    let lines = entries
        .iter()
        .map(|entry| format!("{}  {}\n", entry.code, entry.title));
    lines.collect()
}

/// The entries that hold every word that was asked for, or a word that begins like it.
fn search<'a>(
    asked: &str,
    entries: impl Iterator<Item = &'a Entry>,
) -> impl Iterator<Item = &'a Entry> {
    let words: Vec<String> = asked
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.len() > 2)
        .collect();
    entries.filter(move |entry| {
        let text = format!("{} {}", entry.title, entry.meaning).to_lowercase();
        let holds = |asked: &String| {
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            words.any(|word| word.starts_with(asked.as_str()))
        };
        !words.is_empty() && words.iter().all(holds)
    })
}

fn page(entry: &Entry) -> String {
    let mut page = format!("{}: {}\n", entry.code, entry.title);
    for (label, text) in [
        ("What it means", entry.meaning),
        ("How to fix it", entry.fix),
        ("Who can", entry.who),
    ] {
        let broken = lines(text, width() - 17, width() - 17);
        for (index, line) in broken.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let gap = if index == 0 { "\n" } else { "" };
            let _ = writeln!(page, "{gap}  {label:<13}  {line}");
        }
    }
    by_sign_in(&mut page, entry);
    page
}

/// What to do for each way of signing in, where that differs.
fn by_sign_in(page: &mut String, entry: &Entry) {
    let groups = advice::by_method(Code(entry.code));
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n  By the way of signing in ([auth] method)");
    for (methods, advice) in groups {
        let names: Vec<String> = methods.iter().map(ToString::to_string).collect();
        let _ = writeln!(page, "\n    {}", names.join(", "));
        for line in lines(&advice.fix, width() - 6, width() - 6) {
            let _ = writeln!(page, "      {line}");
        }
    }
}

/// A reader that closes the pipe (`| head`) is not an error.
pub(super) fn written(result: io::Result<()>) -> Result<Exit> {
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        Err(error) => Err(Failure::of_io("cannot write what was asked for", &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{guest, sheet};

    fn explained(asked: &str) -> std::result::Result<String, Failure> {
        let mut out = Vec::new();
        explain(
            asked,
            &[sheet::catalogue::ENTRIES, guest::catalogue::ENTRIES],
            |_| None,
            &mut out,
        )?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_code_is_explained_however_it_is_typed() {
        let page = explained("GL103").unwrap();
        assert!(
            page.starts_with("GL103: two addresses in one cell\n"),
            "{page}"
        );
        assert!(page.contains("whoever made the sheet"));
        assert!(page.lines().all(|line| line.chars().count() <= width()));
        for asked in ["gl103", "103", "[GL103]", " GL103: "] {
            assert_eq!(explained(asked).unwrap(), page, "{asked}");
        }
    }

    #[test]
    fn all_lists_every_code_once() {
        let shown = explained("all").unwrap();
        let codes: Vec<&str> = shown.lines().map(|line| &line[..5]).collect();
        let known = sheet::catalogue::ENTRIES.len() + guest::catalogue::ENTRIES.len();
        assert_eq!(codes.len(), known, "{shown}");
        assert!(codes.is_sorted(), "{shown}");
    }

    #[test]
    fn words_find_codes_and_an_unknown_code_the_nearest() {
        assert!(
            explained("quotation mark never closed")
                .unwrap()
                .starts_with("GL012")
        );
        assert!(!explained("lock").unwrap_or_default().contains("block"));
        let failure = explained("GL1O3").unwrap_err();
        assert_eq!(failure.exit, Exit::Usage);
        assert!(failure.hints[0].contains("GL1"), "{:?}", failure.hints);
    }
}
