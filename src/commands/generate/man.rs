//! The manual pages: one for the program and one for each command, with the flags as the help screens tell them.
//!
//! The words that no flag has are in `words`.

use super::{
    Generated, NAME,
    words::{self, Words},
};
use crate::{
    exit::Exit,
    failure::{Failure, Result},
};
use clap::{Arg, builder::PossibleValue};
use clap_mangen::{
    Man,
    roff::{Inline, Roff, bold, italic, roman},
};

/// Every page, the program's own first.
pub(super) fn pages(command: clap::Command) -> Result<Vec<Generated>> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let mut pages = Vec::new();
    let mut open = vec![(NAME.to_owned(), command)];
    while let Some((name, command)) = open.pop() {
        let below: Vec<(String, clap::Command)> = command
            .get_subcommands()
            .map(|sub| (format!("{name}-{}", sub.get_name()), sub.clone()))
            .collect();
        pages.push(Generated {
            bytes: page(&name, &command)?.into_bytes(),
            name: format!("{name}.1"),
        });
        open.extend(below.into_iter().rev());
    }
    Ok(pages)
}

fn page(name: &str, command: &clap::Command) -> Result<String> {
    let words = words::of(name);
    let mut page = Roff::new();
    let source = format!("{NAME} {}", env!("CARGO_PKG_VERSION"));
    // A date would make the same source give another page every day.
    let title = name.to_uppercase();
    page.control(
        "TH",
        [title.as_str(), "1", " ", &source, "Guestlist Manual"],
    );
    page.control("SH", ["NAME"]);
    let about = command.get_about().map(ToString::to_string);
    let about = about.unwrap_or_default();
    page.text([roman(format!("{name} - {}", about.trim_end_matches('.')))]);
    page.control("SH", ["SYNOPSIS"]);
    page.text(synopsis(name, command));
    page.control("SH", ["DESCRIPTION"]);
    for (i, paragraph) in words.description.iter().enumerate() {
        if i > 0 {
            page.control("PP", []);
        }
        page.text(marked(paragraph));
    }
    let mut text = page.render();
    text += &flags(command)?;

    let mut rest = Roff::new();
    if command.has_subcommands() {
        list(&mut rest, "COMMANDS", commands(name, command));
    }
    list(&mut rest, "EXIT STATUS", exit_codes(words));
    if !words.files.is_empty() {
        list(&mut rest, "FILES", pairs(words.files));
    }
    list(&mut rest, "ENVIRONMENT", pairs(words.environment));
    rest.control("SH", ["EXAMPLES"]);
    for (what, line) in words.examples {
        rest.control("PP", []);
        rest.text([roman(format!("{what}:"))]);
        rest.control("PP", []);
        rest.control("RS", ["4"]);
        rest.control("nf", []);
        rest.text([bold(*line)]);
        rest.control("fi", []);
        rest.control("RE", []);
    }
    rest.control("SH", ["SEE ALSO"]);
    rest.text(see_also(name, words));
    text.extend(without_preamble(&rest.render()).map(|line| format!("{line}\n")));
    Ok(text)
}

/// How the command is typed, from its usage line.
fn synopsis(name: &str, command: &clap::Command) -> Vec<Inline> {
    let typed = command.get_bin_name().unwrap_or(name).to_owned();
    let usage = command.clone().render_usage().to_string();
    let rest = usage.trim_start_matches("Usage:").trim();
    let rest = rest.strip_prefix(&typed).unwrap_or(rest).to_owned();
    vec![bold(typed), roman(rest)]
}

/// The arguments and flags, under the headings of the help screen.
fn flags(command: &clap::Command) -> Result<String> {
    let command = command.clone().mut_args(for_a_page);
    let mut text = Vec::new();
    Man::new(command)
        .render_options_section(&mut text)
        .map_err(|error| Failure::of_io("cannot make a manual page", &error))?;
    let text = String::from_utf8_lossy(&text);
    let lines = without_preamble(&text).map(|line| match line.strip_prefix(".SH ") {
        Some(heading) if heading != "OPTIONS" => {
            let (first, rest) = heading.split_at(1);
            format!(".SS {first}{}\n", rest.to_lowercase())
        }
        _ => format!("{line}\n"),
    });
    Ok(lines.collect())
}

/// A flag or an argument, so that the page tells of it what the help screen does.
fn for_a_page(arg: Arg) -> Arg {
    // Otherwise a flag that the short help leaves out would stand there without its help.
    let mut arg = arg.hide_short_help(false);
    if arg.is_positional() {
        arg = arg.help_heading("Arguments");
    }
    let values = arg.get_possible_values();
    let are_explained = values.iter().any(|value| value.get_help().is_some());
    let takes_values = arg.get_num_args().is_some_and(|range| range.takes_values());
    if !takes_values || values.is_empty() || are_explained {
        return arg;
    }
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let help = format!("{help} [possible values: {}]", names.join(", "));
    arg.help(help).hide_possible_values(true)
}

/// Each piece begins with how an apostrophe is set; once, at the top of the page, is enough.
fn without_preamble(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with(".ie ") && !line.starts_with(".el "))
}

type Entries = Vec<(Vec<Inline>, Vec<Inline>)>;

fn list(page: &mut Roff, heading: &str, entries: Entries) {
    page.control("SH", [heading]);
    for (term, text) in entries {
        page.control("TP", []);
        page.text(term);
        page.text(text);
    }
}

fn pairs(pairs: &[(&str, &str)]) -> Entries {
    let entry = |(term, text): &(&str, &str)| (vec![bold(*term)], marked(text));
    pairs.iter().map(entry).collect()
}

fn commands(name: &str, command: &clap::Command) -> Entries {
    let entry = |sub: &clap::Command| {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
        let term = vec![bold(format!("{name}-{}", sub.get_name())), roman("(1)")];
        (term, vec![roman(about)])
    };
    command.get_subcommands().map(entry).collect()
}

fn exit_codes(words: &Words) -> Entries {
    let entry = |exit: &Exit| {
        let meaning = match exit {
            Exit::Done if !words.has_rows() => "the command did what was asked for",
            exit => exit.meaning(),
        };
        (vec![bold(exit.code().to_string())], vec![roman(meaning)])
    };
    words.exits.iter().map(entry).collect()
}

fn see_also(name: &str, words: &Words) -> Vec<Inline> {
    let main = (name != NAME).then_some(NAME);
    let mut line = Vec::new();
    for other in main.into_iter().chain(words.see_also.iter().copied()) {
        if !line.is_empty() {
            line.push(roman(", "));
        }
        line.extend([bold(other), roman("(1)")]);
    }
    line
}

/// A text in which `…` marks what is typed, and *…* a placeholder.
fn marked(text: &str) -> Vec<Inline> {
    let mut line = Vec::new();
    for (i, part) in text.split('`').enumerate() {
        if i % 2 == 1 {
            line.push(bold(part));
            continue;
        }
        for (i, part) in part.split('*').enumerate() {
            line.push(if i % 2 == 1 {
                italic(part)
            } else {
                roman(part)
            });
        }
    }
    line
}
