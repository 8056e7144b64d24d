//! How a failure looks: what happened, then what to do, each on lines of its own.

use super::{
    practice::advised,
    style::{error, hint},
    text::{printable, wrap},
};
use crate::failure::Failure;
use serde_json::{Value, json};

/// `error: …`, and a `hint: …` for each hint.
pub(crate) fn failure_text(failure: &Failure) -> String {
    let mut lines = vec![format!(
        "{} {}",
        error("error:"),
        wrap(&shown(&failure.what), 7, 7)
    )];
    for text in &failure.hints {
        lines.push(format!("{}  {}", hint("hint:"), wrap(&shown(text), 7, 7)));
    }
    lines.join("\n")
}

/// The object that `--json` prints where a command could not do its job.
pub(crate) fn failure_object(failure: &Failure) -> Value {
    json!({
        "stopped_by": failure.exit.word(),
        "error": failure.what,
        "hints": failure.hints.iter().map(|hint| advised(hint)).collect::<Vec<_>>(),
        "exit_code": failure.exit.code(),
    })
}

/// A message of the command-line parser, in our colours and as wide as the screen, with what to type instead.
pub(crate) fn usage_text(said: &str, instead: Option<&str>) -> String {
    let lines = said.trim_end().lines().map(|line| {
        let begins = line.len() - line.trim_start().len();
        format!(
            "{}{}",
            &line[..begins],
            wrap(line.trim_start(), begins, begins + 2)
        )
    });
    let said = lines.collect::<Vec<_>>().join("\n");
    let said = match said.split_once("error:") {
        Some(("", rest)) => format!("{}{rest}", error("error:")),
        _ => said,
    };
    match instead {
        None => said,
        Some(instead) => format!("{said}\n{}  {}", hint("hint:"), wrap(&shown(instead), 7, 7)),
    }
}

/// Without the number of a system error, because its words say the same.
fn shown(text: &str) -> String {
    let text = printable(text);
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| {
        shown + part.split_once(')').map_or(part, |(_, after)| after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{exit::Exit, ui::style::plain};

    #[test]
    fn what_happened_comes_first_and_hints_stand_apart() {
        let failure = Failure::new(
            Exit::Permission,
            "the app may not invite guests: Graph answered 401, and the token has no User.Invite.All among its roles",
        )
        .hint("an administrator of the tenant can grant it: `guestlist doctor --ask-admin` prints what to send")
        .hint("then run the same command again");
        insta::assert_snapshot!(plain(&failure_text(&failure)), @"
        error: the app may not invite guests: Graph answered 401, and the token has no
               User.Invite.All among its roles
        hint:  an administrator of the tenant can grant it:
               `guestlist doctor --ask-admin` prints what to send
        hint:  then run the same command again
        ");
    }
}
