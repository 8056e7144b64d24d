//! The fields that a column can hold, each with its stable name.
//!
//! Must not know other names of a column; `aliases` does.

use std::fmt;

macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A column with a meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[$doc])* $variant,)+ }

        impl Field {
            pub const ALL: &'static [Field] = &[$(Field::$variant,)+];

            pub fn word(self) -> &'static str {
                match self { $(Field::$variant => $word,)+ }
            }

            /// The field of a word, in any case; `-` and space count as `_`.
            pub fn from_word(word: &str) -> Option<Self> {
                let word = word.trim().to_ascii_lowercase().replace(['-', ' '], "_");
                match word.as_str() { $($word => Some(Field::$variant),)+ _ => None }
            }
        }
    };
}

fields! {
    Email = "email",
    DisplayName = "display_name",
    FirstName = "first_name",
    LastName = "last_name",
    RedirectUrl = "redirect_url",
    Send = "send",
    Message = "message",
    Language = "language",
    Cc = "cc",
    Sponsors = "sponsors",
    Company = "company",
    Department = "department",
    JobTitle = "job_title",
    UsageLocation = "usage_location",
    /// Gives access: used only when allowed.
    UserType = "user_type",
    /// Gives power: used only when allowed.
    Manager = "manager",
    /// Gives access: used only when allowed.
    Groups = "groups",
}

impl Field {
    /// How many fields there are: the size of a table that is indexed by `field as usize`.
    pub const COUNT: usize = Self::ALL.len();
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_fields_are_one_to_one() {
        for field in Field::ALL {
            assert_eq!(Field::from_word(field.word()), Some(*field));
        }
        assert_eq!(Field::from_word("Job-Title"), Some(Field::JobTitle));
        assert_eq!(Field::from_word("note"), None);
    }
}
