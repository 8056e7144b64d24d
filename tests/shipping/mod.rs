//! What is shipped beside the program: its version, completions and manual pages, made by itself.

#[path = "../../build.rs"]
#[expect(dead_code, reason = "cargo starts it, not this program")]
mod build_script;
mod built_from; //  which commit a release is built from
mod completions; // for each shell
mod pages; //       manual pages

use clap::CommandFactory;

/// Every command that the help screens show, as it is typed, with its flags and arguments.
fn commands() -> Vec<(Vec<String>, clap::Command)> {
    let mut root = guestlist::Cli::command().disable_help_subcommand(true);
    root.build();
    let mut found = Vec::new();
    let mut open = vec![(vec!["guestlist".to_owned()], root)];
    while let Some((path, command)) = open.pop() {
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let mut path = path.clone();
            path.push(sub.get_name().to_owned());
            open.push((path, sub.clone()));
        }
        found.push((path, command));
    }
    assert!(found.len() > 20, "only {} commands were found", found.len());
    found
}

/// The long flags of a command.
fn flags(command: &clap::Command) -> impl Iterator<Item = String> {
    let shown = command.get_arguments().filter(|arg| !arg.is_hide_set());
    shown.filter_map(|arg| Some(format!("--{}", arg.get_long()?)))
}
