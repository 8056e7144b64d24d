//! "Did you mean": the known word that a mistyped one most likely stands for.
//!
//! Must not choose for anybody; it only suggests.

use strsim::osa_distance;

/// The nearest of the known words, when it is near enough to be a slip of the finger: letters were put in, left out,
/// changed, or swapped with their neighbour.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    // Of two letters, one that differs is half of the word.
    let limit = if letters < 3 { 0 } else { (letters / 3).min(3) };
    known
        .into_iter()
        // A name can be as long as a cell; such names are not compared letter by letter.
        .filter(|known| known.chars().count().abs_diff(letters) <= limit)
        .map(|known| (osa_distance(word, known), known))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = [
            "email",
            "sponsors",
            "message",
            "max_invites",
            "max_invalid",
            "rate",
            "tenant",
        ];
        for (typed, meant) in [
            ("emial", "email"),
            ("sponsers", "sponsors"),
            ("max_invite", "max_invites"),
            ("max-invalid", "max_invalid"),
            ("Rate", "rate"),
            ("rat", "rate"),
            ("tennant", "tenant"),
            ("tenent", "tenant"),
        ] {
            assert_eq!(nearest(typed, known), Some(meant), "{typed}");
        }
        for other in ["shoe size", "colour", "m", "", "sender"] {
            assert_eq!(nearest(other, known), None, "{other}");
        }
    }
}
