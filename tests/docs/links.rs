//! Links between pages: the file is there, and so is the heading.

use super::markdown::{Page, below};
use crate::house::package;
use std::path::{Component, Path, PathBuf};

/// The link of a page, as a path in the package and an anchor. `None`: it leads out of the package.
fn target(page: &str, link: &str) -> Option<(PathBuf, String)> {
    if link.contains("://") || link.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let mut path = PathBuf::from(page);
    if !file.is_empty() {
        path.pop();
        for part in Path::new(file).components() {
            match part {
                Component::ParentDir => {
                    path.pop();
                }
                Component::CurDir => {}
                other => path.push(other),
            }
        }
    }
    Some((path, anchor.to_owned()))
}

fn dead(package: &Path, page: &Page) -> Vec<String> {
    let mut dead = Vec::new();
    for (line, link) in page.links() {
        let Some((path, anchor)) = target(&page.name, &link) else {
            continue;
        };
        let place = page.place(line);
        if !package.join(&path).exists() {
            dead.push(format!("{place}: {} is not there", path.display()));
        } else if !anchor.is_empty() {
            let other = Page::read(package, path.to_str().unwrap());
            if !other.anchors().contains(&anchor) {
                dead.push(format!(
                    "{place}: {} has no heading #{anchor}",
                    path.display()
                ));
            }
        }
    }
    dead
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    let package = package();
    let mut pages: Vec<String> = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ]
    .map(str::to_owned)
    .into();
    for folder in ["docs", "samples", "tests"] {
        pages.extend(below(&package, folder));
    }
    let mut links = 0;
    let mut dead_links = Vec::new();
    for name in pages {
        let page = Page::read(&package, &name);
        links += page.links().len();
        dead_links.extend(dead(&package, &page));
    }
    assert!(dead_links.is_empty(), "\n{}\n", dead_links.join("\n"));
    assert!(links > 20, "only {links} links were found");
}

#[test]
fn a_dead_link_is_found() {
    let page = Page::new(
        "docs/a.md",
        "# One `b` & two\n[a](#one-b--two) [b](#three) [c](../README.md) [d](gone.md) <img src=\"x.svg\">\n[e](https://x.example/#y)",
    );
    assert_eq!(page.anchors(), ["one-b--two"]);
    let links: Vec<String> = page.links().into_iter().map(|(_, link)| link).collect();
    assert_eq!(
        links,
        [
            "#one-b--two",
            "#three",
            "../README.md",
            "gone.md",
            "x.svg",
            "https://x.example/#y"
        ]
    );
    assert_eq!(
        target("docs/a.md", "../README.md#b"),
        Some((PathBuf::from("README.md"), "b".to_owned()))
    );
}
