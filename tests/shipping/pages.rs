//! `guestlist generate man`: a page for each command that tells of each flag.

use super::{commands, flags};
use crate::support::Workdir;
use std::fs;

#[test]
fn each_command_has_a_page_that_tells_of_each_flag() {
    let folder = Workdir::new();
    let ended = folder.run(&["generate", "man", "--out", "man1"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let mut files: Vec<String> = fs::read_dir(folder.path("man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    insta::assert_snapshot!("files", files.join("\n"));

    let commands = commands();
    assert_eq!(files.len(), commands.len());
    for (path, command) in commands {
        let name = path.join("-");
        let page = folder.read(&format!("man1/{name}.1"));
        // A minus that is typed is written so, or it could not be copied out of the page.
        let text = page.replace("\\-", "-");
        for flag in flags(&command) {
            assert!(text.contains(&format!("\\fB{flag}\\fR")), "{name}: {flag}");
        }
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "EXAMPLES",
            "\"SEE ALSO\"",
        ] {
            let heading = format!("\n.SH {section}\n");
            assert_eq!(text.matches(&heading).count(), 1, "{name}: {section}");
        }
        // `apropos` reads the line below NAME.
        let about = text.lines().skip_while(|line| *line != ".SH NAME").nth(1);
        let about = about.unwrap().strip_prefix(&format!("{name} - ")).unwrap();
        assert!(about.len() > 10, "{name}: {about}");
    }
}

#[test]
fn on_stdout_stand_all_pages_one_after_another() {
    let folder = Workdir::new();
    let ended = folder.run(&["generate", "man"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let titles: Vec<&str> = ended
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix(".TH "))
        .map(|title| title.split(' ').next().unwrap())
        .collect();
    assert_eq!(titles.len(), commands().len());
    assert_eq!(&titles[..2], ["GUESTLIST", "GUESTLIST-INVITE"]);
    // No line that a person wrote is taken for a request.
    let requests = ended.stdout.lines().filter(|line| line.starts_with('.'));
    for request in requests {
        let name = request[1..].split(' ').next().unwrap();
        let known = [
            "ie", "el", "TH", "SH", "SS", "TP", "PP", "IP", "RS", "RE", "nf", "fi", "br",
        ];
        assert!(known.contains(&name), "{request}");
    }
}
