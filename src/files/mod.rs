//! Opening files: one way for files that the program writes, and one way for files that it is given.
//!
//! What is written: no link as the last component of the path, a regular file, never waiting for a reader, readable by
//! this user only where the system can tell users apart. The only devices are the null device and terminals.
//! What is given may be reached by links and may belong to others, but it is a regular file; a sheet may be a pipe.
//!
//! Must not know what is in a file.

mod entry; //   what stands at a path
mod given; //   files to read
mod network; // network file systems
mod own; //     files that are kept and written in place
mod scratch; // temporary files, and what killed runs left of them

pub(crate) use entry::{FileId, Kind, Refusal, at, identity};
pub(crate) use given::{open_given, open_pipe, read_given, read_given_text};
pub(crate) use network::file_system as network_file_system;
pub(crate) use own::{Access, access, create_own, open_device, open_own, open_to_look, restrict};
pub(crate) use scratch::{Scratch, remove_leftovers, temporary_database_in, temporary_in};

use std::path::{Path, PathBuf};

/// The folder that a path lies in.
pub(crate) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A rename is durable when its folder is. Where folders cannot be opened there is nothing to do.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests;
