//! A sheet that cannot be used, with all that is wrong with it as a whole.

use crate::{exit::Exit, failure::Failure, problem::Problem};

/// Why the sheet as a whole cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub problems: Vec<Problem>,
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        let mut problems = refused.problems;
        // A hint is no reason to refuse anything.
        problems.sort_by_key(|problem| problem.severity);
        let mut problems = problems.into_iter();
        let Some(first) = problems.next() else {
            return Failure::new(Exit::SheetRefused, "the sheet cannot be used");
        };
        // Most messages say where; what is wrong with the header needs no place.
        let place = match first.row {
            Some(row @ 2..) if !first.message.contains("row ") => format!("row {row}: "),
            _ => String::new(),
        };
        let failure = Failure::new(
            Exit::SheetRefused,
            format!("{place}{} [{}]", first.message, first.code),
        )
        .hint(first.fix);
        problems.fold(failure, |failure, problem| {
            failure.hint(format!("{}; {}", problem.message, problem.fix))
        })
    }
}
