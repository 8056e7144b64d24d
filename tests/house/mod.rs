//! The rules of the source itself: which module may use which, no circles of files, no message that names a command or
//! a flag that does not exist, no page that names a file that is gone, and workflows that may do little.

mod commands; // commands that messages name
mod directions; // which module may use which
mod imports; // which file uses which
mod pages; // files that the pages for developers name
mod workflows; // the workflows of the project

use std::path::{Path, PathBuf};

/// The folder of the package, as the source stands when the tests run.
pub(crate) fn package() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below a folder whose name ends in `ending`, in order.
pub(crate) fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.to_str().unwrap().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
