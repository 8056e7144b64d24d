//! Chooses the column of the guests' addresses: the header proposes one, and the cells confirm it or not.
//!
//! Must not choose between two columns that could both be meant.

use super::{
    Field, Header, Use,
    aliases::says_guest,
    catalogue::{
        ADDRESSES_ELSEWHERE, ALIAS_WITHOUT_ADDRESSES, AMBIGUOUS_ADDRESSES, COLUMN_BY_CELLS,
        NO_ADDRESS_COLUMN, SWAPPED_COLUMNS,
    },
    columns::{BY_MAP, no_address_column, two_columns},
    survey::{Column, Survey},
};
use crate::problem::Problem;

/// The thresholds of the rule "No address goes unmentioned: headers propose, cells decide".
///
/// - A column holds addresses when at least *half* of its filled cells do.
/// - The proposed column is doubted when *under half* of its filled cells hold one, or when *more than a tenth* of the
///   rows repeat one of its addresses beside a different one of another column.
/// - It holds *hardly any* when less than a tenth of its filled cells do.
impl Column {
    fn holds_addresses(&self) -> bool {
        self.holding > 0 && self.holding * 2 >= self.filled
    }

    fn is_under_half(&self) -> bool {
        self.holding * 2 < self.filled
    }

    pub(super) fn holds_hardly_any(&self) -> bool {
        self.holding == 0 || self.holding * 10 < self.filled
    }

    fn stands_beside_repeats(&self, rows: u64) -> bool {
        self.beside_repeated * 10 > rows
    }
}

/// What the cells decided.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The column of the guests' addresses, and why.
    pub email: Option<(usize, &'static str)>,
    /// Why nobody can be invited until a person decides.
    pub refusals: Vec<Problem>,
    pub hints: Vec<Problem>,
}

impl Choice {
    pub(super) fn column(&self) -> Option<usize> {
        self.email.map(|(column, _)| column)
    }

    fn refused(problem: Problem) -> Self {
        Self {
            refusals: vec![problem],
            ..Self::default()
        }
    }
}

/// What the first rows of a large sheet decided.
#[derive(Debug)]
pub(super) struct Chosen {
    pub email: usize,
    /// For each column, whether it held addresses there.
    holds: Vec<bool>,
}

impl Chosen {
    pub(super) fn new(email: usize, survey: &Survey) -> Self {
        let holds = survey.columns.iter().map(Column::holds_addresses).collect();
        Self { email, holds }
    }
}

/// Counts over all rows, which were made while the rows were read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counts<'c> {
    pub rows: u64,
    pub invalid: u64,
    pub duplicates: u64,
    /// Cells with addresses, for each column without a role; one more for the cells beyond the header.
    pub unused: &'c [u64],
}

impl Counts<'_> {
    /// Whether a threshold of this module may be crossed by all rows that was not by the first ones: another column holds
    /// addresses only further down, the guests' addresses repeat, or hardly any row has one.
    pub(super) fn may_decide_otherwise(&self, chosen: &Chosen) -> bool {
        let mut columns = self.unused.iter().zip(&chosen.holds);
        let newly = columns.any(|(cells, held)| *cells > 0 && !held);
        let others = self.unused.iter().any(|cells| *cells > 0);
        newly || (others && self.duplicates * 10 > self.rows) || self.invalid * 2 > self.rows
    }
}

/// Whether a person has named the column.
pub(super) fn is_named(header: &Header) -> bool {
    header
        .uses
        .iter()
        .any(|used| matches!(used, Use::Field(Field::Email, why) if *why == BY_MAP))
}

/// Another column holds the addresses, by the rows further down.
pub(super) fn changes(header: &Header, survey: &Survey, first: usize) -> Problem {
    let mut columns = vec![first];
    columns.extend(
        (0..header.uses.len())
            .filter(|column| *column != first && header.uses[*column].is_without_role())
            .filter(|column| survey.columns[*column].holds_addresses()),
    );
    several(header, survey, &columns, None).at(header.row, header.line)
}

/// The columns that names propose.
pub(super) fn proposed(header: &Header) -> Vec<usize> {
    let is_email = |used: &Use| matches!(used, Use::Field(Field::Email, _));
    (0..header.uses.len())
        .filter(|column| is_email(&header.uses[*column]))
        .collect()
}

/// The one column that a name proposes; none where several do.
pub(super) fn only_proposed(header: &Header) -> Option<usize> {
    match proposed(header)[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// An `Err` says that there is no column of addresses at all.
pub(super) fn choose(header: &Header, survey: &Survey) -> Result<Choice, Box<Problem>> {
    let at = |problem: Problem| problem.at(header.row, header.line);
    let others: Vec<usize> = (0..header.uses.len())
        .filter(|column| header.uses[*column].is_without_role())
        .filter(|column| survey.columns[*column].holds_addresses())
        .collect();
    match proposed(header)[..] {
        [column] => {
            let Use::Field(_, why) = &header.uses[column] else {
                return Ok(Choice::default());
            };
            let choice = Choice {
                email: Some((column, *why)),
                ..Choice::default()
            };
            // A column that a person has named is never doubted.
            if *why == BY_MAP {
                return Ok(choice);
            }
            let doubt = elsewhere(header, survey, column, &others)
                .or_else(|| ambiguous(header, survey, column, &others));
            Ok(doubt.map_or(choice, |doubt| Choice::refused(at(doubt))))
        }
        [] => match others[..] {
            [] => Err(Box::new(at(nothing_holds(header, survey)))),
            [column] => {
                let hint = Problem::hint(
                    COLUMN_BY_CELLS,
                    format!(
                        "{} is read as email, because its cells hold addresses",
                        header.label(column)
                    ),
                )
                .column(header.name(column))
                .fix(format!(
                    "if this is right, --map email={} confirms it; if another column is meant, use --map email=\"its name\"",
                    header.typed(column)
                ));
                Ok(Choice {
                    email: Some((column, "its cells hold addresses")),
                    hints: vec![at(hint)],
                    ..Choice::default()
                })
            }
            _ => {
                let likely = others
                    .iter()
                    .copied()
                    .find(|column| says_guest(&header.names[*column]));
                Ok(Choice::refused(at(several(
                    header, survey, &others, likely,
                ))))
            }
        },
        [first, second, ..] => {
            let all = proposed(header);
            let holding: Vec<usize> = all
                .iter()
                .copied()
                .filter(|column| survey.columns[*column].holding > 0)
                .collect();
            let [column] = holding[..] else {
                return Ok(Choice::refused(at(two_columns(
                    Field::Email,
                    &header.names,
                    first,
                    second,
                ))));
            };
            let hints = all.iter().filter(|other| **other != column).map(|other| {
                let message = format!(
                    "{} could be email by its name, and holds no address; {} is used",
                    header.label(*other),
                    header.label(column)
                );
                at(Problem::hint(ALIAS_WITHOUT_ADDRESSES, message)
                    .column(header.name(*other))
                    .fix(format!(
                        "if that is wrong, say so: --map email={}",
                        header.typed(*other)
                    )))
            });
            let choice = Choice {
                email: Some((column, "the only one of several that holds addresses")),
                hints: hints.collect(),
                ..Choice::default()
            };
            let doubt = ambiguous(header, survey, column, &others);
            Ok(doubt.map_or(choice, |doubt| Choice::refused(at(doubt))))
        }
    }
}

/// The proposed column holds hardly any address, and another one does.
fn elsewhere(header: &Header, survey: &Survey, column: usize, others: &[usize]) -> Option<Problem> {
    let counts = &survey.columns[column];
    if !counts.holds_hardly_any() {
        return None;
    }
    let (here, holds) = (header.label(column), held(counts));
    if let [other, ..] = others[..] {
        let likely = others
            .iter()
            .copied()
            .find(|other| says_guest(&header.names[*other]))
            .unwrap_or(other);
        let all: Vec<String> = others.iter().map(|other| header.label(*other)).collect();
        let does = if others.len() == 1 { "does" } else { "do" };
        return Some(
            Problem::error(
                ADDRESSES_ELSEWHERE,
                format!("{here} {holds}, and {} {does}", all.join(", ")),
            )
            .column(header.name(column))
            .fix(format!(
                "if that column is meant, say so: --map email={}",
                header.typed(likely)
            )),
        );
    }
    let (field, other) = header.mapping.iter().copied().find(|(field, other)| {
        !matches!(
            field,
            Field::Email | Field::Cc | Field::Sponsors | Field::Manager
        ) && survey.columns[*other].holds_addresses()
    })?;
    Some(
        Problem::error(
            SWAPPED_COLUMNS,
            format!(
                "the columns look swapped: {here} {holds}, and {}, which is read as {field}, does",
                header.label(other)
            ),
        )
        .column(header.name(column))
        .fix(format!(
            "correct the headings, or say what is meant: --map email={} --map {field}={}",
            header.typed(other),
            header.typed(column)
        )),
    )
}

fn held(counts: &Column) -> String {
    match counts.holding {
        0 => "holds no address".to_owned(),
        some => format!("holds an address in {some} of {} cells", counts.filled),
    }
}

/// Another column could be meant just as well.
fn ambiguous(header: &Header, survey: &Survey, column: usize, others: &[usize]) -> Option<Problem> {
    let counts = &survey.columns[column];
    let proposed_says = says_guest(&header.names[column]);
    let doubted = |other: &&usize| {
        let (name, held) = (&header.names[**other], &survey.columns[**other]);
        held.different > 0
            && ((says_guest(name) && !proposed_says)
                || counts.is_under_half()
                || held.stands_beside_repeats(survey.rows))
    };
    let likely = *others.iter().find(doubted)?;
    let mut both = vec![column];
    both.extend(
        others
            .iter()
            .copied()
            .filter(|other| survey.columns[*other].different > 0),
    );
    let mut problem = several(header, survey, &both, Some(likely));
    if survey.columns[likely].stands_beside_repeats(survey.rows) {
        problem.message += &format!(
            "; {} repeats its addresses beside different ones",
            header.label(column)
        );
    }
    Some(problem)
}

fn several(header: &Header, survey: &Survey, columns: &[usize], likely: Option<usize>) -> Problem {
    let told: Vec<String> = columns
        .iter()
        .map(|column| {
            format!(
                "{} in {}",
                header.label(*column),
                survey.columns[*column].holding
            )
        })
        .collect();
    let way = |column: usize| format!("--map email={}", header.typed(column));
    let rest: Vec<String> = columns
        .iter()
        .filter(|column| Some(**column) != likely)
        .map(|column| way(*column))
        .collect();
    let fix = match likely {
        Some(likely) => format!(
            "say which holds the guests: {} is the likelier one; else {}",
            way(likely),
            rest.join(" or ")
        ),
        None => format!("say which holds the guests: {}", rest.join(" or ")),
    };
    let problem = Problem::error(
        AMBIGUOUS_ADDRESSES,
        format!(
            "several columns hold different addresses, and guestlist does not guess which one holds the guests: {} rows",
            told.join(", ")
        ),
    );
    let problem = match likely {
        Some(likely) => problem.column(header.name(likely)),
        None => problem,
    };
    problem.fix(fix)
}

/// No name proposes a column, and no column without a role holds addresses.
fn nothing_holds(header: &Header, survey: &Survey) -> Problem {
    let problem = no_address_column(&header.names);
    let holding = (0..header.uses.len()).find(|column| survey.columns[*column].holds_addresses());
    if let Some(column) = holding {
        let message = format!(
            "{}; {} holds addresses",
            problem.message,
            header.label(column)
        );
        return Problem::error(NO_ADDRESS_COLUMN, message).fix(format!(
            "if that column is meant, say so: --map email={}",
            header.typed(column)
        ));
    }
    let fix = format!(
        "{}; if the names of the columns stand further down, --header-row N says where",
        problem.fix
    );
    problem.fix(fix)
}
