//! The default place of the ledger: the current folder, unless that folder is synchronised or on a network.
//!
//! A program that synchronises the ledger can make two ledgers of it, or damage it; on a network file system the
//! database cannot lock. There the default is the user's own data folder. Must not create anything.

use super::{Env, user_folder};
use crate::files;
use aws_lc_rs::digest::{SHA256, digest};
use std::path::{Component, Path, PathBuf};

/// The default ledger, and what a person should know about its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub path: PathBuf,
    pub note: Option<String>,
}

/// The default ledger for work in `folder`.
pub(super) fn default_ledger(name: &str, folder: &Path, practice: bool, env: &Env<'_>) -> Place {
    let here = Place {
        path: PathBuf::from(name),
        note: None,
    };
    let current = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let Ok(canonical) = current.canonicalize() else {
        return here;
    };
    let synchronised = synchroniser(&canonical, env);
    let network = || files::network_file_system(&canonical);
    let Some(why) = synchronised
        .map(|by| format!("is synchronised by {by}"))
        .or_else(|| network().map(|kind| format!("lies on a network file system ({kind})")))
    else {
        return here;
    };
    if folder.join(name).exists() {
        // A ledger in another place would not know the people in this one.
        return Place {
            note: synchronised.map(|by| warning(Path::new(name), by)),
            ..here
        };
    }
    let data = user_folder(env).or_else(|| practice.then(std::env::temp_dir));
    let Some(data) = data else {
        return Place {
            note: Some(format!(
                "the current folder {why}, and the environment names no folder of the user: name a place for the ledger with --ledger"
            )),
            ..here
        };
    };
    let path = data.join(file_name(&canonical, practice));
    let note = Some(format!(
        "the current folder {why}: the ledger lies in {} instead",
        path.display()
    ));
    Place { path, note }
}

/// A warning about the place of a ledger that was named.
pub(super) fn note_on_named(path: &Path, env: &Env<'_>) -> Option<String> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let canonical = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    synchroniser(&canonical, env).map(|by| warning(path, by))
}

fn warning(path: &Path, by: &str) -> String {
    format!(
        "the ledger {} lies in a folder that {by} synchronises: on another machine it becomes a second ledger, and it may be damaged while a run writes it; move it to a folder of this machine alone",
        path.display()
    )
}

/// `FOLDER-<8 hex of the canonical path>.db`: the same folder always leads to the same ledger.
fn file_name(canonical: &Path, practice: bool) -> String {
    let folder = canonical
        .file_name()
        .map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into());
    let hash = digest(&SHA256, canonical.as_os_str().as_encoded_bytes());
    let hex: String = hash.as_ref()[..4]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let kind = if practice { ".practice" } else { "" };
    format!("{folder}-{hex}{kind}.db")
}

/// The program that copies a folder to other machines, as far as its place tells.
fn synchroniser(canonical: &Path, env: &Env<'_>) -> Option<&'static str> {
    for name in ["OneDrive", "OneDriveCommercial", "OneDriveConsumer"] {
        let root = env(name).filter(|root| !root.trim().is_empty());
        if root.is_some_and(|root| {
            Path::new(&root)
                .canonicalize()
                .is_ok_and(|root| canonical.starts_with(root))
        }) {
            return Some("OneDrive");
        }
    }
    let names: Vec<String> = canonical
        .components()
        .map(|component| match component {
            Component::Normal(name) => name.to_string_lossy().to_lowercase(),
            _ => String::new(),
        })
        .collect();
    for (index, name) in names.iter().enumerate() {
        let above = index.checked_sub(1).map_or("", |above| &names[above]);
        let found = match name.as_str() {
            "onedrive" => "OneDrive",
            "dropbox" => "Dropbox",
            "google drive" | "googledrive" => "Google Drive",
            // The root of the drive that Google's program mounts.
            "my drive" if above.is_empty() => "Google Drive",
            "icloud drive" | "iclouddrive" => "iCloud",
            "mobile documents" if above == "library" => "iCloud",
            name if name.starts_with("onedrive - ") || name.starts_with("onedrive-") => "OneDrive",
            name if name.starts_with("dropbox (") || name.starts_with("dropbox-") => "Dropbox",
            name if name.starts_with("googledrive-") => "Google Drive",
            _ if above == "cloudstorage" => "a cloud storage program",
            _ => continue,
        };
        return Some(found);
    }
    canonical
        .ancestors()
        .any(|folder| folder.join(".dropbox.cache").is_dir())
        .then_some("Dropbox")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn made(name: &str) -> (tempfile::TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        (root, folder)
    }

    /// The environment of somebody whose home is `home`.
    fn at_home(home: &Path) -> impl Fn(&str) -> Option<String> {
        let home = home.display().to_string();
        move |name| {
            ["HOME", "LOCALAPPDATA"]
                .contains(&name)
                .then(|| home.clone())
        }
    }

    #[test]
    fn beside_the_work_unless_that_is_synchronised() {
        let home = tempfile::tempdir().unwrap();
        let env = at_home(home.path());
        let (_root, plain) = made("Projects/guests");
        let place = default_ledger("guestlist.db", &plain, false, &env);
        assert_eq!(place.path, Path::new("guestlist.db"));
        assert_eq!(place.note, None);
        for (name, by) in [
            ("OneDrive - Contoso/HR/guests", "OneDrive"),
            ("OneDrive/guests", "OneDrive"),
            ("Dropbox/guests", "Dropbox"),
            ("Dropbox (Contoso)/guests", "Dropbox"),
            ("Google Drive/guests", "Google Drive"),
            (
                "Library/CloudStorage/GoogleDrive-a@x.org/guests",
                "Google Drive",
            ),
            (
                "Library/CloudStorage/Box-Box/guests",
                "a cloud storage program",
            ),
            (
                "Library/Mobile Documents/com~apple~CloudDocs/guests",
                "iCloud",
            ),
            ("iCloudDrive/guests", "iCloud"),
        ] {
            let (_root, folder) = made(name);
            let place = default_ledger("guestlist.db", &folder, false, &env);
            assert!(place.path.starts_with(home.path()), "{name}: {place:?}");
            let file = place.path.file_name().unwrap().to_str().unwrap();
            assert!(file.starts_with("guests-"), "{file}");
            assert_eq!(file.len(), "guests-01234567.db".len(), "{file}");
            let note = place.note.unwrap();
            assert!(note.contains(by) && note.contains(file), "{note}");
            let practice = default_ledger("guestlist.practice.db", &folder, true, &env);
            let file = practice.path.display().to_string();
            assert!(file.ends_with(".practice.db"), "{file}");

            // One that is there already is used, and told.
            fs::write(folder.join("guestlist.db"), "x").unwrap();
            let place = default_ledger("guestlist.db", &folder, false, &env);
            assert_eq!(place.path, Path::new("guestlist.db"));
            assert!(place.note.unwrap().contains("synchronises"));
        }
    }

    #[test]
    fn without_a_home_practice_goes_to_the_temporary_folder() {
        let (_root, folder) = made("Dropbox/guests");
        let nothing = |_: &str| None;
        let practice = default_ledger("guestlist.practice.db", &folder, true, &nothing);
        assert!(practice.path.starts_with(std::env::temp_dir()));
        let real = default_ledger("guestlist.db", &folder, false, &nothing);
        assert_eq!(real.path, Path::new("guestlist.db"));
        assert!(real.note.unwrap().contains("--ledger"));
    }

    #[test]
    fn two_folders_of_one_name_have_two_ledgers() {
        let names =
            [Path::new("/a/guests"), Path::new("/b/guests")].map(|path| file_name(path, false));
        assert_ne!(names[0], names[1]);
    }
}
