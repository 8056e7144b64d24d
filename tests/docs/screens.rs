//! The blocks of a page, run from top to bottom in one folder that holds the samples, as a reader would run them.
//!
//! Commands with `--sandbox` run as they are. Others meet a practice tenant in a process of its own in the place of
//! contoso.com, and `GUESTLIST_*` variables answer what a person at a terminal would be asked.

use super::{
    markdown::{Block, Page, Remarks},
    same,
};
use crate::support::{Practice, Terminal, Workdir};
use std::{fs, path::Path, process::Command};

/// What counts as a shown command's own words: its output goes on until the next one.
const PROMPT: &str = "$ ";

struct Reader {
    workdir: Workdir,
    practice: Practice,
    /// Holds the program under its own name.
    bin: tempfile::TempDir,
    /// The name of this machine.
    host: String,
}

impl Reader {
    fn new(package: &Path) -> Self {
        let workdir = Workdir::new();
        copy(&package.join("samples"), &workdir.path("samples"));
        for sheet in ["guests.csv", "messy.csv"] {
            fs::copy(
                workdir.path(&format!("samples/{sheet}")),
                workdir.path(sheet),
            )
            .unwrap();
        }
        let practice = Practice::start(&workdir, "");
        let bin = tempfile::tempdir().unwrap();
        let program = env!("CARGO_BIN_EXE_guestlist");
        std::os::unix::fs::symlink(program, bin.path().join("guestlist")).unwrap();
        let host = Command::new("uname").arg("-n").output().unwrap().stdout;
        Self {
            workdir,
            practice,
            bin,
            host: String::from_utf8(host).unwrap().trim().to_owned(),
        }
    }

    /// What was typed on the page, run by a shell: the exit code, and all that is shown.
    fn run(&self, typed: &str, remarks: &Remarks) -> (i32, String) {
        let (mut shell, practises) = self.shell(typed, remarks);
        let ended = shell.output().unwrap();
        let shown = String::from_utf8_lossy(&ended.stdout);
        (
            ended.status.code().unwrap_or(-1),
            self.for_page(&shown, practises),
        )
    }

    /// What is on a terminal when the question of the page has been asked, from its first line on. Nobody answers it.
    /// `None` where there is no terminal.
    fn asked(&self, typed: &str, question: &[String]) -> Option<Vec<String>> {
        let (mut shell, practises) = self.shell(typed, &Remarks::default());
        for answer in ["GUESTLIST_INVITE_YES", "GUESTLIST_INVITE_RATE"] {
            shell.env_remove(answer);
        }
        let mut terminal = Terminal::open(&self.workdir, &shell)?;
        let last = question.last().map_or("", |line| line.trim());
        let prompt = last.split_inclusive("): ").next().unwrap_or_default();
        terminal.wait_for(&same::for_practice(prompt));
        let shown = self.for_page(&terminal.shown(), practises);
        let first = question.first().map(|line| same::essence(line));
        let lines = shown.lines().map(|line| line.trim_end().to_owned());
        let mut lines: Vec<String> = lines
            .skip_while(|line| Some(same::essence(line)) != first)
            .collect();
        // What a reader would type.
        if let (Some(end), Some(answer)) = (lines.last_mut(), last.strip_prefix(prompt)) {
            end.push(' ');
            end.push_str(answer);
        }
        Some(lines)
    }

    fn for_page(&self, shown: &str, practises: bool) -> String {
        let shown = shown.replace(env!("CARGO_BIN_EXE_guestlist"), "guestlist");
        if practises {
            return shown;
        }
        let folder = fs::canonicalize(self.workdir.path("")).unwrap();
        same::for_page(&shown, folder.to_str().unwrap(), &self.host)
    }

    /// The shell for a command, and whether it runs in the built-in practice tenant.
    fn shell(&self, typed: &str, remarks: &Remarks) -> (Command, bool) {
        let line = typed.replace("cargo run -- ", "guestlist ");
        let practises = line.contains("--sandbox");
        let mut line = if practises {
            line
        } else {
            same::for_practice(&line)
        };
        if !remarks.add.is_empty() {
            // Before a comment.
            let (command, comment) = line.split_once(" #").unwrap_or((&line, ""));
            line = format!("{} {} #{comment}", command.trim_end(), remarks.add);
        }
        let script = format!("exec 2>&1\n{line}");
        let program = self.workdir.command(&[]);
        let mut shell = self.workdir.inside(&["sh", "-c", &script], &program);
        let path = std::env::var("PATH").unwrap_or_default();
        shell.env("PATH", format!("{}:{path}", self.bin.path().display()));
        if !practises {
            self.answers(&mut shell, &line);
        }
        shell.envs(remarks.env.iter().map(|(name, value)| (name, value)));
        (shell, practises)
    }

    /// Where the practice tenant is, and what a person at a terminal would say.
    fn answers(&self, shell: &mut Command, line: &str) {
        let practice = &self.practice;
        shell
            .env("GUESTLIST_TENANT_GRAPH_URL", &practice.url)
            .env("GUESTLIST_TENANT_AUTHORITY_URL", &practice.url)
            .env("GUESTLIST_TENANT_ID", "northwind.example")
            .env("GUESTLIST_ACCESS_TOKEN", &practice.user_token)
            .env("GUESTLIST_INVITE_LEDGER", "guestlist.db")
            .env("GUESTLIST_INVITE_NEW_LEDGER", "true")
            .env("GUESTLIST_INVITE_YES", "true");
        // A first run goes out at one a second, which is right and takes too long here.
        if line.contains("guestlist invite") && !line.contains(" -n") && !line.contains("--dry-run")
        {
            shell.env("GUESTLIST_INVITE_RATE", "20");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap().path();
        let target = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).unwrap();
        }
    }
}

/// Runs every block of a page. With `INSTA_UPDATE=always`, screens that differ are written anew into the page.
pub(super) fn run(package: &Path, page: &Page) {
    let reader = Reader::new(package);
    let updates = std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always");
    let mut wrong = Vec::new();
    let mut written: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for block in page.blocks() {
        let place = page.place(block.first);
        let lines = page.block_lines(&block);
        for hidden in &block.remarks.before {
            let (code, shown) = reader.run(hidden, &Remarks::default());
            if code != 0 {
                wrong.push(format!(
                    "{place}: before it, {hidden:?} ends with {code}:\n{shown}"
                ));
            }
        }
        if let Some(file) = &block.file {
            let text = same::for_practice(&lines.join("\n"));
            reader.workdir.write(file, text + "\n");
        }
        match block.language.as_str() {
            _ if block.remarks.not_run.is_some() => {}
            "console" => {
                for (command, at) in commands(lines, PROMPT) {
                    let on_page = &lines[at.clone()];
                    let (code, shown) = if block.remarks.asks {
                        let Some(asked) = reader.asked(&command, on_page) else {
                            continue;
                        };
                        (block.remarks.exit, asked.join("\n"))
                    } else {
                        reader.run(&command, &block.remarks)
                    };
                    let real: Vec<String> = shown
                        .trim_end()
                        .lines()
                        .map(|line| line.trim_end().to_owned())
                        .collect();
                    let place = page.place(block.first + at.start);
                    if code != block.remarks.exit {
                        wrong.push(format!("{place}: {command:?} ends with {code}:\n{shown}"));
                    } else if let Some(how) = same::difference(on_page, &real) {
                        let (first, end) = (block.first + at.start, block.first + at.end);
                        written.push((first, end, same::cut_alike(on_page, &real)));
                        wrong.push(format!("{place}: {command:?} shows something else\n{how}"));
                    }
                }
            }
            "sh" => {
                for (command, _) in commands(lines, "") {
                    let (code, shown) = reader.run(&command, &block.remarks);
                    if code != block.remarks.exit {
                        wrong.push(format!("{place}: {command:?} ends with {code}:\n{shown}"));
                    }
                }
            }
            "toml" => {
                reader
                    .workdir
                    .write("block.toml", same::for_practice(&lines.join("\n")));
                let (code, shown) =
                    reader.run("guestlist config --config block.toml", &Remarks::default());
                if code != 0 {
                    wrong.push(format!("{place}: these are no settings:\n{shown}"));
                }
            }
            _ if block.file.is_some() => {}
            other => wrong.push(format!(
                "{place}: nothing says what becomes of a block of {other:?}: name it console, sh or toml, or give it a \
                 file name, or write <!-- test: not run: REASON --> above it"
            )),
        }
    }
    if updates && !written.is_empty() {
        write(package, page, written);
    }
    assert!(
        wrong.is_empty(),
        "\n{}\n\nINSTA_UPDATE=always writes screens anew.",
        wrong.join("\n\n")
    );
}

/// The commands of a block, each with the lines of its output.
fn commands(lines: &[String], prompt: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let mut commands: Vec<(String, std::ops::Range<usize>)> = Vec::new();
    let mut goes_on = false;
    for (at, line) in lines.iter().enumerate() {
        let typed = line.strip_prefix(prompt);
        let next = at + 1;
        match (goes_on, typed, commands.last_mut()) {
            (true, _, Some((command, output))) => {
                command.push(' ');
                command.push_str(line.trim().trim_end_matches('\\'));
                *output = next..next;
            }
            (_, Some(typed), _) if !typed.is_empty() && !typed.starts_with('#') => {
                commands.push((typed.trim_end_matches('\\').to_owned(), next..next));
            }
            (_, _, Some((_, output))) => output.end = next,
            (_, _, None) => {}
        }
        let is_command = goes_on || typed.is_some();
        goes_on = is_command && line.ends_with('\\');
    }
    for (_, output) in &mut commands {
        while output.end > output.start && lines[output.end - 1].trim().is_empty() {
            output.end -= 1;
        }
    }
    commands
}

/// From the last to the first, so that the numbers of the lines before stay right.
fn write(package: &Path, page: &Page, written: Vec<(usize, usize, Vec<String>)>) {
    let mut lines = page.lines.clone();
    for (first, end, mut screen) in written.into_iter().rev() {
        if lines[end].starts_with(PROMPT) {
            screen.push(String::new());
        }
        lines.splice(first..end, screen);
    }
    fs::write(package.join(&page.name), lines.join("\n") + "\n").unwrap();
}

/// A block that is no screen of ours has a reason.
pub(super) fn without_verdict(page: &Page) -> Vec<String> {
    let known = ["console", "sh", "toml"];
    let has_one = |block: &Block| {
        block.remarks.not_run.is_some()
            || block.file.is_some()
            || known.contains(&block.language.as_str())
    };
    page.blocks()
        .iter()
        .filter(|block| !has_one(block))
        .map(|block| page.place(block.first))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_command_may_go_on_and_its_screen_ends_at_the_next() {
        let block = lines("$ guestlist a \\\n    --b c\none\n\n$ guestlist d\ntwo\nthree\n\n");
        let found = commands(&block, PROMPT);
        assert_eq!(found[0], ("guestlist a  --b c".to_owned(), 2..3));
        assert_eq!(found[1], ("guestlist d".to_owned(), 5..7));
        let block = lines("# first\nguestlist a\n\nguestlist b  # why");
        let found: Vec<_> = commands(&block, "")
            .into_iter()
            .map(|(command, _)| command)
            .collect();
        assert_eq!(found, ["guestlist a", "guestlist b  # why"]);
    }

    #[test]
    fn a_block_without_a_verdict_is_found() {
        let page = Page::new(
            "a.md",
            "```\nx\n```\n```csv a.csv\n1\n```\n<!-- test: not run: it asks a person -->\n```text\ny\n```\n",
        );
        assert_eq!(without_verdict(&page), ["a.md:2"]);
    }
}
