//! A question on the terminal with a few words as answers.
//!
//! Must not be used where nobody can answer: callers check `can_ask` first.

use crate::{
    failure::{Failure, Result},
    ui,
};
use std::io::{BufRead, Read, Write};

const ATTEMPTS: usize = 3;
/// How many bytes of an answer are read.
const LONGEST_ANSWER: u64 = 64;

/// Whether there is somebody to answer.
pub(super) fn can_ask() -> bool {
    ui::stdin_is_terminal() && ui::stderr_is_terminal()
}

/// Asks until one of the words, or its first letter, is typed; again with the words alone. None if the input ends or no answer fits.
pub(super) fn choose<T: Copy>(question: &str, answers: &[(&str, T)]) -> Result<Option<T>> {
    let words: Vec<String> = answers
        .iter()
        .map(|(word, _)| format!("{} ({word})", &word[..1]))
        .collect();
    let again = format!("Please type {}:", words.join(" or "));
    for attempt in 0..ATTEMPTS {
        let shown = if attempt == 0 { question } else { &again };
        let Some(typed) = ask(shown)? else {
            break;
        };
        let is = |word: &str| typed == word || (typed.len() == 1 && word.starts_with(&typed));
        if let Some((_, answer)) = answers.iter().find(|(word, _)| is(word)) {
            return Ok(Some(*answer));
        }
    }
    Ok(None)
}

/// Asks once. Anything but yes is no.
pub(super) fn agrees(question: &str) -> Result<bool> {
    let typed = ask(question)?;
    Ok(matches!(typed.as_deref(), Some("yes" | "y")))
}

/// Asks once. Anything but this text is no.
pub(super) fn types(question: &str, wanted: &str) -> Result<bool> {
    Ok(ask(question)?.as_deref() == Some(wanted))
}

/// The typed answer in lower case. None at the end of the input.
fn ask(question: &str) -> Result<Option<String>> {
    let mut screen = ui::Messages;
    write!(screen, "{question} ")
        .and_then(|()| screen.flush())
        .map_err(|error| Failure::of_io("the question cannot be shown", &error))?;
    let mut answer = Vec::new();
    let read = std::io::stdin()
        .lock()
        .take(LONGEST_ANSWER)
        .read_until(b'\n', &mut answer)
        .map_err(|error| Failure::of_io("the answer cannot be read", &error))?;
    let typed = String::from_utf8_lossy(&answer).trim().to_lowercase();
    Ok((read > 0).then_some(typed))
}
