//! Collects the problems of one row, and adds the row, line and column to each.
//!
//! Must not decide what is a problem.

use super::diagnose::Wrong;
use crate::{
    problem::Problem,
    sheet::{Row, column_letter},
};

pub(super) struct RowProblems<'p> {
    pub row: &'p Row,
    pub names: &'p [String],
    pub list: &'p mut Vec<Problem>,
    /// Whether one of them was an error.
    pub failed: bool,
}

impl RowProblems<'_> {
    /// A problem of the row as such.
    pub(super) fn add(&mut self, problem: Problem) {
        self.failed |= problem.is_error();
        self.list.push(problem.at(self.row.number, self.row.line));
    }

    /// A problem of one cell.
    pub(super) fn at(&mut self, column: usize, problem: Problem) {
        let name = match self.names.get(column).map(|name| name.trim()) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => column_letter(column),
        };
        let mut problem = problem.column(name).text(self.row.cell(column));
        problem.cell = Some(column);
        // One wrong cell is one error, although it may break several rules.
        let told = |other: &Problem| other.is_error() && other.cell == Some(column);
        let mut own = self
            .list
            .iter()
            .rev()
            .take_while(|other| other.row == Some(self.row.number));
        if problem.is_error() && own.any(told) {
            return;
        }
        self.add(problem);
    }

    pub(super) fn wrong(&mut self, column: usize, wrong: Wrong) {
        let mut problem = Problem::error(wrong.code, wrong.message).fix(wrong.fix);
        problem.suggestion = wrong.suggestion;
        self.at(column, problem);
    }

    /// The value; or none, after the problem was reported.
    pub(super) fn ok<T>(&mut self, column: usize, value: Result<T, Wrong>) -> Option<T> {
        value.map_err(|wrong| self.wrong(column, wrong)).ok()
    }
}
