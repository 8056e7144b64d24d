//! A limit that is given as a count or as a percentage.
//!
//! It must not know what is counted.

use std::{fmt, str::FromStr};

/// A percentage of fewer rows than this says nothing.
pub(crate) const JUDGED_AFTER: u64 = 20;

/// A limit for a part of a whole: a count (`20`) or a percentage (`50%`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Threshold {
    Count(u64),
    Percent(f64),
}

impl Threshold {
    /// Whether `part` of `whole` is more than this.
    pub fn is_exceeded_by(self, part: u64, whole: u64) -> bool {
        match self {
            Threshold::Count(limit) => part > limit,
            Threshold::Percent(limit) => part as f64 * 100.0 > limit * whole as f64,
        }
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is neither a count like 20 nor a percentage like 50%");
        match text.trim().strip_suffix('%') {
            None => text
                .trim()
                .parse()
                .map(Threshold::Count)
                .map_err(|_| wrong()),
            Some(number) => match number.trim().parse() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Threshold::Percent(percent)),
                _ => Err(wrong()),
            },
        }
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Threshold::Count(count) => write!(f, "{count}"),
            Threshold::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_count_or_a_percentage() {
        assert_eq!("20".parse(), Ok(Threshold::Count(20)));
        assert_eq!("12.5%".parse(), Ok(Threshold::Percent(12.5)));
        for wrong in ["", "%", "-1", "101%", "half", "NaN%"] {
            assert!(wrong.parse::<Threshold>().is_err(), "{wrong}");
        }
        assert!(!Threshold::Percent(50.0).is_exceeded_by(10, 20));
        assert!(Threshold::Percent(50.0).is_exceeded_by(11, 20));
        assert!(!Threshold::Percent(50.0).is_exceeded_by(0, 0));
        assert!(!Threshold::Count(3).is_exceeded_by(3, 4));
        assert!(Threshold::Count(3).is_exceeded_by(4, 1000));
    }
}
