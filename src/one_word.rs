//! A value that is one word out of a few, such as `skip`. Flags, environment, settings file and messages use the same
//! words, and each type derives them from its variants.

use clap::ValueEnum;

pub(crate) trait OneWord: ValueEnum {
    fn word(&self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    fn from_word(text: &str) -> Result<Self, String> {
        Self::from_str(text.trim(), false).map_err(|_| {
            let words: Vec<String> = Self::value_variants().iter().map(OneWord::word).collect();
            format!("`{text}` is not one of {}", words.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
    enum Rows {
        SendAnyway,
        #[value(name = "github-actions")]
        GitHubActions,
    }

    impl OneWord for Rows {}

    #[test]
    fn the_known_words_are_listed_when_a_word_is_wrong() {
        assert_eq!(Rows::from_word(" send-anyway"), Ok(Rows::SendAnyway));
        assert_eq!(Rows::GitHubActions.word(), "github-actions");
        assert_eq!(
            Rows::from_word("update").unwrap_err(),
            "`update` is not one of send-anyway, github-actions"
        );
    }
}
