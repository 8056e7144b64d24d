//! Which differences between a screen on a page and the real one do not count: times, ids, ports, and who the practice
//! tenant is.

/// What the practice tenant is called, and what pages call it.
const NAMES: [(&str, &str); 3] = [
    ("Northwind Practice", "Contoso"),
    ("northwind.example", "contoso.com"),
    ("(token)", "(azure-cli)"),
];

/// What was typed on a page, for the practice tenant.
pub(super) fn for_practice(command: &str) -> String {
    command.replace("contoso.com", "northwind.example")
}

/// What a person would see in the tenant of the pages: nothing of loopback, and the tenant's own name.
pub(super) fn for_page(screen: &str, folder: &str, host: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut leave_out = false;
    for line in screen.lines() {
        // The notes that hosts are not Microsoft's, and the lines on which they go on.
        leave_out = line.starts_with("Graph is asked at http://127.0.0.1")
            || line.starts_with("signing in happens at http://127.0.0.1")
            || line.starts_with("Host ") && line.contains("http://127.0.0.1")
            || leave_out && line.starts_with("  ");
        if !leave_out {
            let line = line.replace(folder, "/home/kim/guests");
            shown.push(
                line.replace(&format!("on {host}"), "on laptop")
                    .replace(&format!("on         {host}"), "on         laptop"),
            );
        }
    }
    let mut text = shown.join("\n");
    for (practice, page) in NAMES {
        text = text.replace(practice, page);
    }
    text
}

/// A line without what differs from run to run; runs of blanks count as one, apart from the first.
pub(super) fn essence(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut kept: Vec<String> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let core = word.trim_matches(|c: char| "(),.;:\"".contains(c));
        let before = at.checked_sub(1).map_or("", |before| words[before]);
        let after = words.get(at + 1).map_or("", |after| {
            after.trim_end_matches(|c: char| ",.;:".contains(c))
        });
        let changes = is_run(core)
            || is_date(core)
            || is_clock(core)
            || is_uuid(core)
            || core.contains("127.0.0.1:")
            || core.starts_with("https://") && core.contains("ticket=")
            || is_number(core) && ["s", "ms", "min", "MB", "seconds"].contains(&after)
            || is_number(core) && ["requests", "process"].contains(&before);
        kept.push(if changes {
            word.replace(core, "~")
        } else {
            (*word).to_owned()
        });
    }
    format!("{}{}", " ".repeat(indent), kept.join(" "))
}

fn shape(word: &str) -> String {
    word.chars()
        .map(|c| if c.is_ascii_digit() { '9' } else { c })
        .collect()
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || ".,".contains(c))
}

/// `20261126-204653-56bb`, perhaps with what kind of run it is.
fn is_run(word: &str) -> bool {
    let mut parts = word.split('-');
    let digits = |part: Option<&str>, length| {
        part.is_some_and(|part| part.len() == length && part.chars().all(|c| c.is_ascii_digit()))
    };
    digits(parts.next(), 8)
        && digits(parts.next(), 6)
        && parts
            .next()
            .is_some_and(|part| part.len() == 4 && part.chars().all(|c| c.is_ascii_hexdigit()))
}

fn is_date(word: &str) -> bool {
    shape(word).starts_with("9999-99-99")
}

fn is_clock(word: &str) -> bool {
    ["99:99", "99:99:99"].contains(&shape(word).as_str())
}

fn is_uuid(word: &str) -> bool {
    word.len() == 36
        && word.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// Where the shown screen and the real one part; a line `…` stands for any number of lines.
pub(super) fn difference(shown: &[String], real: &[String]) -> Option<String> {
    let essences = |lines: &[String]| -> Vec<String> {
        lines.iter().map(|line| essence(line.trim_end())).collect()
    };
    let (shown, real) = (essences(shown), essences(real));
    let fits = match shown.iter().position(|line| line.trim() == "…") {
        None => shown == real,
        Some(gap) => {
            let (first, last) = (&shown[..gap], &shown[gap + 1..]);
            first.len() + last.len() <= real.len()
                && real.starts_with(first)
                && real.ends_with(last)
        }
    };
    (!fits).then(|| {
        format!(
            "--- on the page\n{}\n--- in reality\n{}\n---",
            shown.join("\n"),
            real.join("\n")
        )
    })
}

/// The real screen, cut as the page cut it.
pub(super) fn cut_alike(shown: &[String], real: &[String]) -> Vec<String> {
    let Some(gap) = shown.iter().position(|line| line.trim() == "…") else {
        return real.to_vec();
    };
    let after = shown.len() - gap - 1;
    if gap + after >= real.len() {
        return real.to_vec();
    }
    let mut cut = real[..gap].to_vec();
    cut.push(shown[gap].clone());
    cut.extend_from_slice(&real[real.len() - after..]);
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn times_and_ids_do_not_count_and_words_do() {
        let page =
            lines("25 rows in 5 s\nrun  20261126-204645-376f-practice\nread 2026-11-26 20:46 UTC");
        let real = lines(
            "25 rows in 0.3 s\nrun  20270101-000000-ffff-practice\nread 2027-01-01 00:00 UTC",
        );
        assert_eq!(difference(&page, &real), None);
        for wrong in ["24 rows in 5 s", "  25 rows in 5 s", "25 rows in 5 d"] {
            assert!(
                difference(&lines(wrong), &lines("25 rows in 1 s")).is_some(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_is_left_out_fits_at_its_place_only() {
        let real = lines("a\nb\nc\nd");
        assert_eq!(difference(&lines("a\n…\nd"), &real), None);
        assert_eq!(difference(&lines("…\nd"), &real), None);
        assert!(difference(&lines("b\n…\nd"), &real).is_some());
        assert!(difference(&lines("a\nb\nc\n…\nc\nd"), &real).is_some());
        assert_eq!(
            cut_alike(&lines("a\n…\nd"), &lines("x\ny\nz")),
            ["x", "…", "z"]
        );
    }
}
