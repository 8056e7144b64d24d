//! A page of Markdown, as far as these tests read it: fenced blocks with the remark above them, headings, links, tables.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub(super) struct Page {
    /// Relative to the package, with `/`.
    pub name: String,
    pub lines: Vec<String>,
}

/// A fenced block.
pub(super) struct Block {
    /// Counted from 0: the line after the opening fence.
    pub first: usize,
    /// The line of the closing fence.
    pub end: usize,
    /// The first word after the fence, such as `console`.
    pub language: String,
    /// The second one: the block is this file.
    pub file: Option<String>,
    pub remarks: Remarks,
}

/// What `<!-- test: …; … -->` above a block says.
#[derive(Default, Clone)]
pub(super) struct Remarks {
    /// `not run: REASON`
    pub not_run: Option<String>,
    /// `exit N`
    pub exit: i32,
    /// `add WORDS`: for each command of the block, in the place of a person who says yes.
    pub add: String,
    /// `env NAME=VALUE`
    pub env: Vec<(String, String)>,
    /// `asks`: on a terminal. The block shows the question with its answer, which is not given.
    pub asks: bool,
    /// `before COMMAND`: run, and not shown to a reader.
    pub before: Vec<String>,
}

impl Remarks {
    fn parse(text: &str, place: &str) -> Self {
        let mut remarks = Self::default();
        if let Some(reason) = text.strip_prefix("not run: ") {
            remarks.not_run = Some(reason.to_owned());
            return remarks;
        }
        for part in text.split(';').map(str::trim) {
            let (word, rest) = part.split_once(' ').unwrap_or((part, ""));
            match word {
                "exit" => remarks.exit = rest.parse().unwrap(),
                "add" => rest.clone_into(&mut remarks.add),
                "env" => {
                    let (name, value) = rest.split_once('=').unwrap();
                    remarks.env.push((name.to_owned(), value.to_owned()));
                }
                "asks" => remarks.asks = true,
                "before" => remarks.before.push(rest.to_owned()),
                _ => panic!("{place}: {part:?} is no remark"),
            }
        }
        remarks
    }
}

impl Page {
    pub(super) fn read(package: &Path, name: &str) -> Self {
        let text = fs::read_to_string(package.join(name)).unwrap();
        Self::new(name, &text)
    }

    pub(super) fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            lines: text.lines().map(str::to_owned).collect(),
        }
    }

    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{}", self.name, line + 1)
    }

    /// Its blocks from top to bottom. A remark that begins with `test below:` holds for all blocks after it.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut open: Option<Block> = None;
        let (mut above, mut below) = (None, Remarks::default());
        for (at, line) in self.lines.iter().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (&mut open, fence) {
                (Some(block), Some(_)) => {
                    block.end = at;
                    blocks.extend(open.take());
                }
                (Some(_), None) => {}
                (None, Some(info)) => {
                    let mut words = info.split_whitespace().map(str::to_owned);
                    open = Some(Block {
                        first: at + 1,
                        end: at + 1,
                        language: words.next().unwrap_or_default(),
                        file: words.next(),
                        remarks: above.take().unwrap_or_else(|| below.clone()),
                    });
                }
                (None, None) => {
                    let remark = |start: &str| {
                        let text = line.trim().strip_prefix(start)?.strip_suffix("-->")?;
                        Some(Remarks::parse(text.trim(), &self.place(at)))
                    };
                    if let Some(all) = remark("<!-- test below:") {
                        below = all;
                    } else if let Some(one) = remark("<!-- test:") {
                        above = Some(one);
                    } else if !line.trim().is_empty() {
                        above = None;
                    }
                }
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.name);
        blocks
    }

    pub(super) fn block_lines(&self, block: &Block) -> &[String] {
        &self.lines[block.first..block.end]
    }

    /// The lines outside of fenced blocks, each with its number.
    pub(super) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut inside = false;
        self.lines.iter().enumerate().filter_map(move |(at, line)| {
            let fence = line.trim_start().starts_with("```");
            let was_inside = inside;
            inside = inside != fence;
            (!fence && !was_inside).then_some((at, line.as_str()))
        })
    }

    /// The anchors of its headings, as GitHub makes them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        for (_, line) in self.prose() {
            let title = line.trim_start_matches('#');
            if title.len() == line.len() || !title.starts_with(' ') {
                continue;
            }
            let anchor: String = title
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect();
            let same = anchors.iter().filter(|other| **other == anchor).count();
            anchors.push(match same {
                0 => anchor,
                number => format!("{anchor}-{number}"),
            });
        }
        anchors
    }

    /// Where its links and pictures lead, each with its line.
    pub(super) fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (at, line) in self.prose() {
            let starts = line
                .match_indices("](")
                .map(|(start, found)| start + found.len());
            for start in starts {
                let end = line[start..].find(')').unwrap_or_else(|| {
                    panic!("{}: a link without an end", self.place(at));
                });
                links.push((at, line[start..start + end].to_owned()));
            }
            for (start, found) in line.match_indices("src=\"") {
                let rest = &line[start + found.len()..];
                links.push((at, rest[..rest.find('"').unwrap()].to_owned()));
            }
        }
        links
    }

    /// The cells of the rows below a header of these names, without backticks.
    pub(super) fn table(&self, header: &[&str]) -> Vec<Vec<String>> {
        let cells = |line: &str| -> Vec<String> {
            let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
            inner
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        };
        let start = self
            .lines
            .iter()
            .position(|line| line.starts_with('|') && cells(line) == header)
            .unwrap_or_else(|| panic!("{} has no table {header:?}", self.name));
        let rows = self.lines[start + 2..].iter();
        rows.take_while(|line| line.starts_with('|'))
            .map(|line| cells(line))
            .collect()
    }
}

/// The pages whose commands are run: README.md and those of `docs/`.
pub(super) fn pages(package: &Path) -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    pages.extend(below(package, "docs"));
    pages
}

/// Every page below a folder of the package, in order.
pub(super) fn below(package: &Path, folder: &str) -> Vec<String> {
    let mut found: Vec<String> = crate::house::files_below(&package.join(folder), ".md")
        .iter()
        .map(|path: &PathBuf| {
            let name = path.strip_prefix(package).unwrap();
            name.to_str().unwrap().replace('\\', "/")
        })
        .collect();
    found.sort();
    found
}
