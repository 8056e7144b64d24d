//! Every command that a message, a comment or a page names exists, with its flags.

use super::{files_below, package};
use clap::{Parser, error::ErrorKind};
use guestlist::Cli;
use std::fs;

/// The commands that a text names: in backticks, or on a line of a fenced example.
fn commands_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_example = false;
    for line in text.replace("\\\"", "\"").lines() {
        let line = line.trim();
        if line.starts_with("```") {
            is_example = !is_example;
        } else if is_example {
            // Some examples show the screen too; in a checkout, cargo starts the program.
            let typed = line.strip_prefix("$ ").unwrap_or(line);
            let typed = typed.trim_end_matches('\\');
            let typed = typed.replacen("cargo run -- ", "guestlist ", 1);
            found.extend(typed.starts_with("guestlist ").then_some(typed));
        } else {
            let quoted = line.split('`').skip(1).step_by(2);
            found.extend(
                quoted
                    .filter(|part| part.starts_with("guestlist "))
                    .map(str::to_owned),
            );
        }
    }
    found
}

/// The words of a command, with something for each placeholder; what follows a comment or a pipe is left out.
fn words_of(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut inside = 0;
    for c in command.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => {
                inside += 1;
                word.push('x');
            }
            (None, '[') => inside += 1,
            (None, '}' | ']') => inside -= 1,
            (None, _) if inside > 0 => {}
            (None, '#' | '|' | '>' | '(' | '…') if word.is_empty() => break,
            (None, ' ') if word.is_empty() => {}
            (None, ' ') => {
                // Of several ways to go on, such as `new|backup`, the first.
                let first = word.split('|').next().unwrap().to_owned();
                words.push(first);
                word.clear();
            }
            (_, c) => word.push(c),
        }
    }
    words
}

/// What is wrong with a command; values are placeholders, so only names count.
fn unknown(command: &str) -> Option<String> {
    let words = words_of(command);
    // A command whose verb is a placeholder is put together by the code.
    if words
        .get(1)
        .is_some_and(|verb| verb.starts_with("xx") || verb == "x")
    {
        return None;
    }
    let error = Cli::try_parse_from(&words).err()?;
    let wrong = matches!(
        error.kind(),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand
    );
    wrong.then(|| format!("`{command}`: {}", error.to_string().lines().next().unwrap()))
}

#[test]
fn commands_in_messages_and_pages_exist() {
    let package = package();
    let mut files = files_below(&package.join("src"), ".rs");
    files.extend(files_below(&package.join("docs"), ".md"));
    for page in fs::read_dir(&package).unwrap() {
        let page = page.unwrap().path();
        if page
            .extension()
            .is_some_and(|ending| ending == "md" || ending == "toml")
        {
            files.push(page);
        }
    }
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for command in commands_in(&text) {
            seen += 1;
            let name = file.strip_prefix(&package).unwrap().display();
            wrong.extend(unknown(&command).map(|why| format!("{name}: {why}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    assert!(seen > 60, "only {seen} commands were found");
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    let text = "write `guestlist ledger import {results} --ledger {}`, or\n```\n    guestlist invit a.csv  # no\n$ cargo run -- invite --nothing b \\\n```\nand `guestlist check a --fixx b`";
    let commands = commands_in(text);
    assert_eq!(commands.len(), 4, "{commands:?}");
    let wrong: Vec<bool> = commands
        .iter()
        .map(|command| unknown(command).is_some())
        .collect();
    assert_eq!(wrong, [false, true, true, true], "{commands:?}");
}
