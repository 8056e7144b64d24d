//! The messages that are reported once for all rows of a sheet, and those for rows outside of its table.
//!
//! Must not count anything.

use super::{AddressAccounting, Cover, Role};
use crate::{
    problem::{Problem, shorten},
    sheet::{
        Place, Row, Stretches,
        catalogue::{
            ABOVE_HEADER, DIVIDED, HEADER_AGAIN, LOST_LETTERS, NAMES_NOT_ADDRESSES, OTHER_HEADER,
            SHORT_ROWS, UNUSED_ADDRESSES,
        },
        column_letter,
    },
};

impl AddressAccounting {
    /// The problems that are reported once, after all rows were read.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.above_header());
        problems.extend(self.cover.as_ref().map(covered));
        problems.extend(
            self.named
                .iter()
                .filter_map(|(column, rows)| self.names(*column, rows)),
        );
        problems.extend(self.unused_addresses());
        if let Some(again) = self.sheet.headers_again()
            && let Some(row) = again.rows.first()
        {
            let message = format!(
                "{} {} the header again, and left out",
                again.rows.named(),
                is_are(&again.rows)
            );
            let problem = Problem::warning(HEADER_AGAIN, message).at(row, again.first_line);
            problems
                .push(problem.fix(
                    "nothing is to be done; the sheet was probably put together from several",
                ));
        }
        if self.short.rows() > 0 {
            let (has, its) = if self.short.rows() == 1 {
                ("has", "its")
            } else {
                ("have", "their")
            };
            let message = format!(
                "{} {has} fewer cells than the header, so {its} cells may stand under wrong headings",
                self.short.named()
            );
            problems.push(Problem::warning(SHORT_ROWS, message).fix(
                "look whether a delimiter is missing, or save the sheet from a spreadsheet program",
            ));
        }
        if self.lost.rows() > 0 {
            let message = format!(
                "letters became question marks before the sheet reached us, as in `{}`: {}",
                self.lost_text,
                self.lost.named()
            );
            problems.push(
                Problem::warning(LOST_LETTERS, message)
                    .fix("export the sheet again as CSV UTF-8, or type the names again"),
            );
        }
        problems
    }

    fn above_header(&self) -> Option<Problem> {
        let first = self.above.first()?;
        let (row, line) = self.header;
        let holds = if self.above.rows() == 1 {
            "holds"
        } else {
            "hold"
        };
        let stands = if self.above.rows() == 1 {
            "stands"
        } else {
            "stand"
        };
        let message = format!(
            "{} {holds} {} and {stands} above the header (row {row}): nobody there is invited",
            self.above.named(),
            addresses_are(self.above_addresses)
        );
        let problem = Problem::error(ABOVE_HEADER, message).fix(
            "move them below the header, or into a sheet of their own; if the header is another row, --header-row N says which",
        );
        // All lines above the header are rows, apart from those inside cells.
        Some(problem.at(first, first.min(line)))
    }

    fn names(&self, column: usize, rows: &Stretches) -> Option<Problem> {
        if rows.rows() == 0 {
            return None;
        }
        let (name, typed) = &self.names[column];
        let role = match self.roles[column] {
            Role::Cc => "cc",
            Role::Manager => "the manager",
            _ => "sponsors",
        };
        let message = format!(
            "column `{}` is read as {role}, and holds names, not addresses: {}",
            shorten(name, 40),
            rows.named()
        );
        let problem = Problem::error(NAMES_NOT_ADDRESSES, message).at(self.header.0, self.header.1);
        Some(problem.column(name.as_str()).fix(format!(
            "write addresses or object ids, or leave the column unused: --ignore {typed}"
        )))
    }

    fn unused_addresses(&self) -> Option<Problem> {
        // Where no column is chosen yet, that is told already.
        if !self.roles.contains(&Role::Guest) {
            return None;
        }
        let width = self.names.len();
        let holding: Vec<(usize, u64)> = self
            .unused
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, cells)| *cells > 0)
            .collect();
        let label = |column: usize| match self.names.get(column) {
            Some((name, _)) if *name != column_letter(column) => format!("`{}`", shorten(name, 40)),
            _ => self.unused_label(column),
        };
        let told: Vec<String> = holding
            .iter()
            .map(|(column, cells)| format!("{} ({cells})", label(*column)))
            .collect();
        let (first, _) = holding.first()?;
        let one = holding.len() == 1 && *first < width;
        let (hold, are) = if one {
            ("holds", "is")
        } else {
            ("hold", "are")
        };
        let message = format!(
            "{} {hold} addresses too, and {are} not used",
            told.join(", ")
        );
        let fix = match self.names.get(*first) {
            Some((_, typed)) => format!(
                "nothing is to be done if that is right (--ignore {typed} says so); else name the guests' column: --map email={typed}"
            ),
            None => "look whether the cells stand under the right headings".to_owned(),
        };
        let problem = Problem::warning(UNUSED_ADDRESSES, message).at(self.header.0, self.header.1);
        let problem = if *first < width {
            problem.column(self.names[*first].0.as_str())
        } else {
            problem
        };
        Some(problem.fix(fix))
    }
}

fn covered(cover: &Cover) -> Problem {
    let below = match cover.rows.rows() {
        0 => String::new(),
        _ => format!(
            "; nobody in {} below it is invited ({})",
            cover.rows.named(),
            addresses_are(cover.addresses)
        ),
    };
    if cover.other_header {
        let message = format!(
            "row {} is another header: `{}`{below}",
            cover.row, cover.text
        );
        return Problem::error(OTHER_HEADER, message)
            .at(cover.row, cover.line)
            .fix("put the other table into a sheet of its own, or arrange its columns like the first ones");
    }
    let message = format!(
        "`{}` divides the sheet in row {}{below}",
        cover.text, cover.row
    );
    Problem::error(DIVIDED, message)
        .at(cover.row, cover.line)
        .fix("delete that row if the people below it are meant, or delete the rows below it")
}

/// The problem of a row outside the table, for its line in the results.
pub(in crate::guest) fn outside(row: &Row, header: u64) -> Option<Problem> {
    let (code, message, fix) = match row.place {
        Place::Table => return None,
        Place::AboveHeader => (
            ABOVE_HEADER,
            format!("this row stands above the header (row {header})"),
            "move it below the header, or into a sheet of its own",
        ),
        Place::Divides => (
            DIVIDED,
            "this row divides the sheet".to_owned(),
            "delete it if the people below it are meant",
        ),
        Place::OtherHeader => (
            OTHER_HEADER,
            "this row is another header".to_owned(),
            "put the table below it into a sheet of its own",
        ),
        Place::Below { row } => (
            DIVIDED,
            format!("this row stands below row {row}, which divides the sheet"),
            "delete that row if the people below it are meant, or put the table below it into a sheet of its own",
        ),
    };
    Some(Problem::error(code, message).fix(fix))
}

fn addresses_are(count: u64) -> String {
    match count {
        1 => "1 address".to_owned(),
        many => format!("{many} addresses"),
    }
}

fn is_are(rows: &Stretches) -> &'static str {
    if rows.rows() == 1 { "is" } else { "are" }
}
