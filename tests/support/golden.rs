//! Pages that a person reads, kept in files and compared with what the program says now. With `UPDATE_GOLDEN=1` the file
//! is written instead.
//!
//! The unit tests of the library use this file too, so it must use nothing of either.

use std::{fs, path::Path};

/// The first line that differs, if one does.
pub(crate) fn differs(file: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(file, found).unwrap();
        return None;
    }
    let expected = fs::read_to_string(file)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    if expected == found {
        return None;
    }
    let (mut then, mut now) = (expected.lines(), found.lines());
    let mut line = 0;
    loop {
        line += 1;
        let (then, now) = (then.next(), now.next());
        if then != now || then.is_none() {
            let file = file.display();
            return Some(format!("{file}, line {line}: {then:?} is {now:?} now"));
        }
    }
}

/// Against `tests/golden/NAME`.
#[track_caller]
pub(crate) fn compare(name: &str, found: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let differs = differs(&folder.join(name), found);
    assert!(differs.is_none(), "{}", differs.unwrap_or_default());
}
