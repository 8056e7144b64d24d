//! The list of those who left a sheet, as a file that `cleanup` takes, and what it is when it comes back.
//!
//! Each line names the tenant, the sheet and the run, and the last line says how many there were: a list of another
//! tenant or sheet, or one that was cut short, is recognised. Must not choose anybody.

use super::{file::TableFile, layout::Layout, target::write_failure};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    outcome::GuestState,
    own_files::{FileKind, LEAVERS_COLUMNS},
    sheet::{Refused, Sheet},
    visible::visible_line,
};
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What stands in the place of an address on the last line.
const END: &str = "(end of the list)";

/// Somebody who left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Leaver {
    pub email: String,
    pub state: GuestState,
    /// Whether the person stands on the newest run of another sheet.
    pub elsewhere: bool,
    pub last_ask: Option<Timestamp>,
    pub sponsors: Vec<String>,
    /// A plain sentence where there is something to know.
    pub note: Option<String>,
    pub user_id: Option<String>,
}

/// Which list it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListOrigin {
    pub tenant_id: String,
    /// Where the sheet lies that they left.
    pub sheet: String,
    /// The run that made the list.
    pub run: String,
}

/// Writes the list; it appears whole or not at all. Returns where it is, and what there is to say about it.
pub(crate) fn write_leavers(
    target: &Path,
    leavers: &[Leaver],
    origin: &ListOrigin,
) -> Result<(PathBuf, Vec<String>)> {
    let layout = Layout {
        columns: Vec::new(),
        delimiter: b',',
        bom: false,
        line_end: "\n",
        sep_line: false,
    };
    let failed = |error| write_failure(target, FileKind::Leavers, &error);
    let mut file = TableFile::create(target, FileKind::Leavers, &layout).map_err(failed)?;
    file.record(LEAVERS_COLUMNS.into_iter()).map_err(failed)?;
    for leaver in leavers {
        let at = leaver
            .last_ask
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        let cells: [String; LEAVERS_COLUMNS.len()] = [
            leaver.email.clone(),
            leaver.state.word().to_owned(),
            if leaver.elsewhere { "elsewhere" } else { "" }.to_owned(),
            at.unwrap_or_default(),
            visible_line(&leaver.sponsors.join("; ")).into_owned(),
            visible_line(leaver.note.as_deref().unwrap_or_default()).into_owned(),
            leaver.user_id.clone().unwrap_or_default(),
            origin.tenant_id.clone(),
            origin.sheet.clone(),
            origin.run.clone(),
        ];
        file.record(cells.iter().map(String::as_str))
            .map_err(failed)?;
    }
    let count = leavers.len().to_string();
    let mut last = vec![END, &count, "", "", "", "", ""];
    last.extend([&*origin.tenant_id, &*origin.sheet, &*origin.run]);
    file.record(last.into_iter()).map_err(failed)?;
    file.finish().map_err(failed)
}

/// Somebody on a list that came back.
#[derive(Debug, Clone)]
pub(crate) struct ListedLeaver {
    pub row: u64,
    /// As it stands there; whoever uses the list reads it.
    pub email: String,
    pub user_id: Option<String>,
}

/// A list that came back.
#[derive(Debug, Clone)]
pub(crate) struct LeaversList {
    pub origin: ListOrigin,
    pub people: Vec<ListedLeaver>,
    /// How many stood on the list when it was written.
    pub written: u64,
}

/// How many guests stand on a list. None: the file is no such list.
pub(crate) fn guests_of_leavers(path: &Path) -> Option<Result<u64>> {
    let sheet = Sheet::open_own(path).ok()?;
    let is_list = FileKind::of(&sheet.header().names) == Some(FileKind::Leavers);
    is_list.then(|| Ok(read_leavers(path)?.people.len() as u64))
}

/// Reads a list that `leavers` wrote; a person may have taken lines out of it.
pub(crate) fn read_leavers(path: &Path) -> Result<LeaversList> {
    let again = "write it again with `guestlist leavers SHEET`";
    let refuse = |what: String| Failure::new(Exit::SheetRefused, what).hint(again);
    let shown = path.display();
    let unreadable = |refused: Refused| {
        let why: Vec<String> = refused
            .problems
            .iter()
            .map(|problem| format!("{}; {}", problem.message, problem.fix))
            .collect();
        refuse(format!("{shown} cannot be read: {}", why.join("; ")))
    };
    let sheet = Sheet::open_own(path).map_err(unreadable)?;
    let names = &sheet.header().names;
    let column = |ours: &str| names.iter().position(|name| name.trim() == ours);
    let columns = ["email", "user_id", "tenant_id", "sheet", "run", "state"].map(column);
    let (
        [
            Some(email),
            user_id,
            Some(tenant_id),
            Some(of_sheet),
            Some(run),
            Some(state),
        ],
        true,
    ) = (columns, FileKind::of(names) == Some(FileKind::Leavers))
    else {
        return Err(refuse(format!(
            "{shown} is no list of `guestlist leavers`: nobody on any other sheet is deleted"
        ))
        .hint("or name whom you mean with --run or --older-than, without a sheet"));
    };
    let mut list: Option<LeaversList> = None;
    let mut written = None;
    for row in sheet.rows().map_err(unreadable)? {
        let row = row.map_err(|problem| unreadable(problem.into()))?;
        let cell = |column: usize| row.cell(column).trim();
        let origin = ListOrigin {
            tenant_id: cell(tenant_id).to_owned(),
            sheet: cell(of_sheet).to_owned(),
            run: cell(run).to_owned(),
        };
        let list = list.get_or_insert_with(|| LeaversList {
            origin: origin.clone(),
            people: Vec::new(),
            written: 0,
        });
        if written.is_some() {
            return Err(refuse(format!(
                "row {} of {shown} stands below the end of the list: lines were added to it",
                row.number
            )));
        }
        if cell(email) == END {
            if list.origin != origin {
                return Err(refuse(format!(
                    "{shown} was cut short: its last line is not whole"
                )));
            }
            let number = cell(state).parse().map_err(|_| {
                refuse(format!(
                    "the last line of {shown} does not say how many there were"
                ))
            })?;
            written = Some(number);
            continue;
        }
        if list.origin != origin {
            return Err(refuse(format!(
                "row {} of {shown} names another tenant, sheet or run than the rows above it: two lists were put together, or the row was changed",
                row.number
            )));
        }
        list.people.push(ListedLeaver {
            row: row.number,
            email: cell(email).to_owned(),
            user_id: user_id
                .map(cell)
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
        });
    }
    let (Some(mut list), Some(written)) = (list, written) else {
        return Err(refuse(format!(
            "{shown} was cut short: the last line, which says how many there were, is missing"
        )));
    };
    if list.people.len() as u64 > written {
        return Err(refuse(format!(
            "{shown} holds {} people, and {written} were written to it: lines were added to it",
            list.people.len()
        )));
    }
    list.written = written;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(folder: &Path, name: &str) -> PathBuf {
        let leaver = |email: &str| Leaver {
            email: email.into(),
            state: GuestState::Pending,
            elsewhere: false,
            last_ask: Some("2026-11-02T03:04:05Z".parse().unwrap()),
            sponsors: vec!["mia@x.example".into()],
            note: None,
            user_id: Some("17".into()),
        };
        let origin = ListOrigin {
            tenant_id: "t".into(),
            sheet: "/in/guests.csv".into(),
            run: "r-1".into(),
        };
        let target = folder.join(name);
        let leavers = [leaver("a@b.example"), leaver("c@d.example")];
        write_leavers(&target, &leavers, &origin).unwrap().0
    }

    #[test]
    fn a_list_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x.leavers.csv", "x.leavers.xlsx"] {
            let list = read_leavers(&written(folder.path(), name)).unwrap();
            assert_eq!((list.people.len(), list.written), (2, 2));
            assert_eq!(list.people[1].email, "c@d.example");
            assert_eq!(list.origin.sheet, "/in/guests.csv");
        }
    }

    #[test]
    fn lines_may_be_taken_out_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), "x.csv");
        let whole = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = whole.lines().collect();
        let with = |lines: &[&str]| {
            std::fs::write(&path, lines.join("\n")).unwrap();
            read_leavers(&path).map_err(|failure| failure.what)
        };
        let [header, a, c, end] = lines[..] else {
            panic!("{whole}");
        };
        assert_eq!(with(&[header, c, end]).unwrap().people.len(), 1);
        for (lines, why) in [
            (vec![header, a, c], "cut short"),
            (vec![header, a], "cut short"),
            (vec![header], "cut short"),
            (vec![header, a, c, &end[..end.len() - 1]], "cut short"),
            (vec![header, a, c, a, end], "lines were added"),
            (vec![header, a, end, c], "lines were added"),
            (vec![header, a, &c.replace("r-1", "r-2"), end], "two lists"),
            (vec!["email,name", "a@b.example,A"], "no list"),
        ] {
            let told = with(&lines).unwrap_err();
            assert!(told.contains(why), "{lines:?}: {told}");
        }
        // In the middle of a line.
        std::fs::write(&path, &whole[..whole.len() - 40]).unwrap();
        assert!(read_leavers(&path).is_err());
    }
}
