//! Whether a text holds a known fragment, exactly or with a small misspelling.
//!
//! Both are in the form of `server_text::squeezed`. Must know no network, and must not decide what a fragment means.

/// A shorter fragment must be there exactly.
const SHORTEST: usize = 15;
/// One letter that is missing, added or changed is allowed for so many letters of a fragment.
const LETTERS_FOR_A_MISTAKE: usize = 12;
/// More of a text is not searched for misspellings: sentences of Graph stand at the beginning.
const LONGEST_SEARCHED: usize = 1_500;

pub(super) fn holds(said: &str, fragment: &str) -> bool {
    said.contains(fragment)
}

/// Whether the fragment is there with at most one mistake for each twelve letters.
pub(super) fn nearly_holds(said: &str, fragment: &str) -> bool {
    if holds(said, fragment) {
        return true;
    }
    if fragment.len() < SHORTEST {
        return false;
    }
    fewest_mistakes(said, fragment) <= fragment.len() / LETTERS_FOR_A_MISTAKE
}

/// The edit distance between the fragment and the part of the text that is most like it (the algorithm of Sellers, 1980:
/// an edit distance whose first row is zero, because the part may begin anywhere).
fn fewest_mistakes(said: &str, fragment: &str) -> usize {
    let fragment = fragment.as_bytes();
    let mut column: Vec<usize> = (0..=fragment.len()).collect();
    let mut fewest = fragment.len();
    for letter in said.bytes().take(LONGEST_SEARCHED) {
        let mut diagonal = 0;
        for (at, expected) in fragment.iter().enumerate() {
            let changed = diagonal + usize::from(*expected != letter);
            diagonal = column[at + 1];
            column[at + 1] = changed.min(diagonal + 1).min(column[at] + 1);
        }
        fewest = fewest.min(column[fragment.len()]);
    }
    fewest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_is_recognised_and_another_word_is_not() {
        let said = "error:insuficientprivilegestoperform";
        assert!(nearly_holds(said, "insufficientprivileges"));
        assert!(!nearly_holds(said, "insufficientfunds"));
        assert_eq!(fewest_mistakes("xxabdxx", "abcd"), 1);
        assert_eq!(fewest_mistakes("", "abcd"), 4);
    }

    #[test]
    fn a_short_fragment_must_be_exact() {
        assert!(nearly_holds("onthedenylist", "denylist"));
        assert!(!nearly_holds("onthedennylist", "denylist"));
    }
}
