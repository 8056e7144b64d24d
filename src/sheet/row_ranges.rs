//! Row numbers for a message: neighbours are joined, the first few are named, and the rest are counted.

use std::fmt;

/// How many stretches are named.
const MOST: usize = 24;

/// Rows in ascending order; bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stretches {
    list: Vec<(u64, u64)>,
    /// How many rows there are, and how many of them are not named.
    rows: u64,
    more: u64,
}

impl Stretches {
    pub(crate) fn add(&mut self, row: u64) {
        let room = self.list.len() < MOST;
        match self.list.last_mut() {
            Some((_, last)) if self.more == 0 && row.saturating_sub(*last) <= 1 => {
                self.rows += u64::from(row != *last);
                *last = row;
                return;
            }
            _ if room => self.list.push((row, row)),
            _ => self.more += 1,
        }
        self.rows += 1;
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether a row is among those that are named.
    pub(crate) fn names(&self, row: u64) -> bool {
        self.list
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&row))
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.list.first().map(|(first, _)| *first)
    }

    /// `row 3`, or `rows 3-5, 9`.
    pub(crate) fn named(&self) -> String {
        let word = if self.rows == 1 { "row" } else { "rows" };
        format!("{word} {self}")
    }
}

impl fmt::Display for Stretches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (first, last)) in self.list.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first}, {last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        if self.more > 0 {
            write!(f, " and {} more", self.more)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_joined_and_the_rest_is_counted() {
        let mut rows = Stretches::default();
        for row in [7, 8, 9, 10, 12, 12, 1500] {
            rows.add(row);
        }
        assert_eq!(
            (rows.rows(), rows.named().as_str()),
            (6, "rows 7-10, 12, 1500")
        );
        for row in (2000..4000).step_by(2) {
            rows.add(row);
        }
        assert!(rows.to_string().ends_with(" and 979 more"), "{rows}");
    }
}
