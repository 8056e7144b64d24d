//! Understands the names in a header row: which column is which field, or why that is not clear.
//!
//! Must not choose between two columns.

use super::{
    Field, Header, Use,
    aliases::{self, Meaning, meaning, normalise},
    catalogue::{
        NAME_READ_AS_PART, NO_ADDRESS_COLUMN, TWO_COLUMNS, TWO_FIELDS, UNKNOWN_MAPPED_COLUMN,
    },
    header::column_letter,
};
use crate::{
    nearest::nearest,
    own_files::{SHEET_PREFIX, result_columns},
    problem::{Problem, shorten},
};

pub(super) const BY_MAP: &str = "named with --map or in [columns]";
const BY_NAME: &str = "known by its name";
const BY_PORTAL: &str = "the portal's name in brackets";

/// Whether these names could be a header: one of them is an address column.
pub(super) fn has_address(names: &[String], map: &[(Field, String)]) -> bool {
    let mapped = map.iter().filter(|(field, _)| *field == Field::Email);
    let mut wanted = mapped.map(|(_, name)| name).peekable();
    if wanted.peek().is_some() {
        return wanted.any(|wanted| !exact_or_alike(names, wanted).is_empty());
    }
    names
        .iter()
        .any(|name| meaning(name) == Some(Meaning::Field(Field::Email)))
}

/// The columns that could hold the addresses, by their names or because a person named them.
pub(super) fn address_columns(names: &[String], map: &[(Field, String)]) -> Vec<usize> {
    let mapped = map.iter().filter(|(field, _)| *field == Field::Email);
    let mapped: Vec<usize> = mapped
        .flat_map(|(_, wanted)| exact_or_alike(names, wanted))
        .collect();
    if !mapped.is_empty() {
        return mapped;
    }
    (0..names.len())
        .filter(|column| meaning(&names[*column]) == Some(Meaning::Field(Field::Email)))
        .collect()
}

/// Understands a header. Errors among the problems mean that the sheet cannot be used. Which column holds the guests'
/// addresses is open as long as no name, or more than one, says so.
pub(super) fn understand(
    names: Vec<String>,
    row: u64,
    line: u64,
    map: &[(Field, String)],
    ignore: &[String],
) -> (Header, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut uses = first_uses(&names);
    apply_map(&names, map, &mut uses, &mut problems);
    apply_ignore(&names, ignore, &mut uses, &mut problems);
    resolve_bare_names(&names, &mut uses, &mut problems);
    let mut mapping = Vec::new();
    for &field in Field::ALL {
        let columns: Vec<usize> = (0..names.len())
            .filter(|column| matches!(uses[*column], Use::Field(other, _) if other == field))
            .collect();
        let columns = match named_by_address(field, &names, &columns) {
            Some(column) => {
                for other in columns.into_iter().filter(|other| *other != column) {
                    uses[other] = Use::Other;
                }
                vec![column]
            }
            None => columns,
        };
        match columns[..] {
            [] => {}
            [column] => mapping.push((field, column)),
            // What the cells hold decides; see `address_column`.
            _ if field == Field::Email => {}
            [first, second, ..] => problems.push(two_columns(field, &names, first, second)),
        }
    }
    let problems = problems
        .into_iter()
        .map(|problem| problem.at(row, line))
        .collect();
    let header = Header {
        row,
        line,
        names,
        uses,
        mapping,
        examples: Vec::new(),
        hardly_addresses: Vec::new(),
        delimiter: None,
    };
    (header, problems)
}

/// A header whose columns are taken as they stand, all for the same use.
pub(super) fn as_they_stand(names: Vec<String>, row: u64, line: u64, used: Use) -> Header {
    Header {
        row,
        line,
        uses: vec![used; names.len()],
        names,
        mapping: Vec::new(),
        examples: Vec::new(),
        hardly_addresses: Vec::new(),
        delimiter: None,
    }
}

/// Of several columns about the same person, the one that says it holds the address: `Manager e-mail` beside `Manager`.
fn named_by_address(field: Field, names: &[String], columns: &[usize]) -> Option<usize> {
    const ADDRESS: [&str; 5] = ["mail", "courriel", "correo", "epost", "upn"];
    let is_person = matches!(field, Field::Manager | Field::Sponsors | Field::Cc);
    if columns.len() < 2 || !is_person {
        return None;
    }
    let says = |column: &&usize| {
        let name = normalise(&names[**column]);
        ADDRESS.iter().any(|word| name.contains(word))
    };
    let mut saying = columns.iter().filter(says);
    saying.next().copied().filter(|_| saying.next().is_none())
}

/// For a results file, which columns are ours and not the sheet's own; empty for any other sheet.
/// Where the results are all there is (no column of the sheet's own holds an address), ours are used.
fn own_results(names: &[String]) -> Vec<bool> {
    let ours = result_columns(names);
    if ours == 0 {
        return Vec::new();
    }
    let own = |field| {
        names[ours..].iter().any(|name| {
            let name = name.trim();
            meaning(name.strip_prefix(SHEET_PREFIX).unwrap_or(name)) == Some(Meaning::Field(field))
        })
    };
    let keep_email = !own(Field::Email);
    let keep_name = keep_email && !own(Field::DisplayName);
    let is_kept = |name: &str| match name.trim() {
        "email" => keep_email,
        "display_name" => keep_name,
        _ => false,
    };
    let columns = names.iter().enumerate();
    columns
        .map(|(column, name)| column < ours && !is_kept(name))
        .collect()
}

/// What each name means by itself. A bare name such as `Name` begins as the display name and may change later.
fn first_uses(names: &[String]) -> Vec<Use> {
    let own = own_results(names);
    names
        .iter()
        .enumerate()
        .map(|(column, name)| {
            let name = name.trim();
            if own.get(column) == Some(&true) {
                return Use::OwnResult;
            }
            let name = if own.is_empty() {
                name
            } else {
                name.strip_prefix(SHEET_PREFIX).unwrap_or(name)
            };
            if name.is_empty() {
                return Use::Unnamed;
            }
            if name.starts_with('_') {
                return Use::Underscore;
            }
            match meaning(name) {
                Some(Meaning::Field(field)) if aliases::portal_name(name).is_some() => {
                    Use::Field(field, BY_PORTAL)
                }
                Some(Meaning::Field(field)) => Use::Field(field, BY_NAME),
                Some(Meaning::BareName) => Use::Field(Field::DisplayName, BY_NAME),
                Some(Meaning::Note) => Use::Note,
                None => Use::Other,
            }
        })
        .collect()
}

/// Applies `--map` and `[columns]`, which take precedence over the names.
fn apply_map(
    names: &[String],
    map: &[(Field, String)],
    uses: &mut [Use],
    problems: &mut Vec<Problem>,
) {
    for (field, wanted) in map {
        let found: Vec<usize> = exact_or_alike(names, wanted);
        let [column] = found[..] else {
            problems.push(unknown_column(
                &format!("--map {field}="),
                wanted,
                names,
                &found,
            ));
            continue;
        };
        if let Use::Field(other, why) = &uses[column]
            && *why == BY_MAP
            && other != field
        {
            problems.push(
                Problem::error(
                    TWO_FIELDS,
                    format!(
                        "--map says that column `{}` is {other}, and that it is {field}",
                        shorten(names[column].trim(), 40)
                    ),
                )
                .fix("name another column for one of them"),
            );
        }
        for used in uses.iter_mut() {
            if matches!(used, Use::Field(other, why) if other == field && *why != BY_MAP) {
                *used = Use::Other;
            }
        }
        uses[column] = Use::Field(*field, BY_MAP);
    }
}

/// Applies `--ignore`: such a column has no role, whatever its name is.
fn apply_ignore(
    names: &[String],
    ignore: &[String],
    uses: &mut [Use],
    problems: &mut Vec<Problem>,
) {
    for wanted in ignore {
        let found = exact_or_alike(names, wanted);
        let [column] = found[..] else {
            problems.push(unknown_column("--ignore ", wanted, names, &found));
            continue;
        };
        if matches!(&uses[column], Use::Field(_, why) if *why == BY_MAP) {
            let name = shorten(names[column].trim(), 40);
            problems.push(
                Problem::error(
                    TWO_FIELDS,
                    format!("column `{name}` is named with --map and with --ignore"),
                )
                .fix("leave one of them out"),
            );
        }
        uses[column] = Use::Ignored;
    }
}

fn exact_or_alike(names: &[String], wanted: &str) -> Vec<usize> {
    let columns = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..names.len())
            .filter(|column| same(&names[*column]))
            .collect()
    };
    let exact = columns(&|name| name.trim() == wanted.trim());
    if !exact.is_empty() {
        return exact;
    }
    let alike = normalise(wanted);
    let found = columns(&|name| !alike.is_empty() && normalise(name) == alike);
    if !found.is_empty() {
        return found;
    }
    // As a spreadsheet program shows it above the column.
    (0..names.len())
        .filter(|column| column_letter(*column) == wanted.trim())
        .collect()
}

/// `Name` beside `Vorname` is the last name, `Nome` beside `Cognome` the first.
fn resolve_bare_names(names: &[String], uses: &mut [Use], problems: &mut Vec<Problem>) {
    let has = |uses: &[Use], field| {
        uses.iter()
            .any(|used| matches!(used, Use::Field(other, _) if *other == field))
    };
    let (first, last) = (has(uses, Field::FirstName), has(uses, Field::LastName));
    for column in 0..names.len() {
        let bare = meaning(&names[column]) == Some(Meaning::BareName);
        if !bare || !matches!(uses[column], Use::Field(Field::DisplayName, why) if why != BY_MAP) {
            continue;
        }
        let (field, why) = match (first, last) {
            (true, false) => (Field::LastName, "beside a column of first names"),
            (false, true) => (Field::FirstName, "beside a column of last names"),
            _ => continue,
        };
        uses[column] = Use::Field(field, why);
        let name = names[column].trim();
        problems.push(
            Problem::hint(
                NAME_READ_AS_PART,
                format!("column `{name}` is read as {field}, because it stands {why}"),
            )
            .column(name)
            .fix(format!(
                "if it holds whole names, say so: --map display_name=\"{name}\""
            )),
        );
    }
}

pub(super) fn two_columns(field: Field, names: &[String], first: usize, second: usize) -> Problem {
    let (a, b) = (label(names, first), label(names, second));
    let (one, other) = (names[first].trim(), names[second].trim());
    let fix = if one.eq_ignore_ascii_case(other) {
        "rename or delete the one that is not meant".to_owned()
    } else {
        format!("name the one that is meant: --map {field}=\"{one}\" or --map {field}=\"{other}\"")
    };
    Problem::error(
        TWO_COLUMNS,
        format!("two columns could be {field}: {a} and {b}"),
    )
    .column(other)
    .fix(fix)
}

/// A column as a person would point at it: its name and its letter.
fn label(names: &[String], column: usize) -> String {
    format!(
        "`{}` ({})",
        shorten(names[column].trim(), 40),
        column_letter(column)
    )
}

pub(super) fn no_address_column(names: &[String]) -> Problem {
    let seen = seen(names);
    let known: Vec<&str> = aliases::known(Field::Email).chain(["email"]).collect();
    let near = names
        .iter()
        .find(|name| nearest(&normalise(name), known.iter().copied()).is_some());
    let contains = names.iter().find(|name| {
        let name = normalise(name);
        name.contains("mail") || name.contains("courriel") || name.contains("correo")
    });
    let fix = match near.or(contains) {
        Some(name) => format!(
            "is it `{0}`? then say --map email=\"{0}\", or rename the column to `email`",
            name.trim()
        ),
        None => {
            "rename the column with the addresses to `email`, or name it: --map email=\"its name\""
                .to_owned()
        }
    };
    Problem::error(
        NO_ADDRESS_COLUMN,
        format!("no column holds e-mail addresses; the columns are {seen}"),
    )
    .fix(fix)
}

fn unknown_column(flag: &str, wanted: &str, names: &[String], found: &[usize]) -> Problem {
    let message = match found {
        [first, second, ..] => format!(
            "{flag}\"{wanted}\" fits two columns: {} and {}",
            label(names, *first),
            label(names, *second)
        ),
        _ => format!(
            "{flag}\"{wanted}\": there is no such column; the columns are {}",
            seen(names)
        ),
    };
    let spelled: Vec<String> = names.iter().map(|name| normalise(name)).collect();
    let near = nearest(&normalise(wanted), spelled.iter().map(String::as_str));
    let near = near.and_then(|near| spelled.iter().position(|name| name == near));
    let near = near.map(|column| names[column].trim());
    let problem = Problem::error(UNKNOWN_MAPPED_COLUMN, message).text(wanted);
    match near {
        Some(name) => problem
            .fix(format!("did you mean {flag}\"{name}\"?"))
            .suggest(name),
        None => problem.fix("copy the column's name out of the sheet"),
    }
}

/// The columns that were seen, bounded.
fn seen(names: &[String]) -> String {
    const MOST: usize = 12;
    let all = || {
        names
            .iter()
            .map(|name| name.trim())
            .filter(|name| !name.is_empty())
    };
    let shown: Vec<String> = all()
        .take(MOST)
        .map(|name| format!("`{}`", shorten(name, 40)))
        .collect();
    let more = all().count().saturating_sub(MOST);
    match (shown.is_empty(), more) {
        (true, _) => "all without a name".to_owned(),
        (false, 0) => shown.join(", "),
        (false, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
