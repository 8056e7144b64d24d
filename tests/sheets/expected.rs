//! Comparing what came out with a file; with `UPDATE_EXPECTED=1` the file is written instead, to be read by a person.

use std::path::Path;

/// The text that differs, if it does.
pub(super) fn differs(file: &Path, found: &str) -> Option<String> {
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(file, found).unwrap();
        return None;
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    (expected != found).then(|| {
        format!(
            "{} differs.\n--- expected\n{expected}\n--- found\n{found}",
            file.display()
        )
    })
}
