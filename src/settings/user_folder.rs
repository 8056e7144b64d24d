//! The user's own data folder of this program: the one place that knows where each system keeps it.
//!
//! Must not create the folder unless something is to be put into it.

use super::Env;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

const NAME: &str = "guestlist";

/// `$XDG_DATA_HOME/guestlist` or `~/.local/share/guestlist`; on macOS
/// `~/Library/Application Support/guestlist`; on Windows `%LOCALAPPDATA%\guestlist`. None where
/// the environment names no absolute folder, as for some services.
pub(crate) fn user_folder(env: &Env<'_>) -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(env(name)?);
        path.is_absolute().then_some(path)
    };
    let data = if cfg!(windows) {
        absolute("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        absolute("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        // The XDG base directory specification: a relative path is ignored.
        absolute("XDG_DATA_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
    };
    data.map(|folder| folder.join(NAME))
}

/// Creates the folder if it is missing. On Unix, only this user may read it.
pub(crate) fn create_user_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Option<PathBuf> {
        user_folder(&|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn the_folder_follows_the_environment_and_ignores_relative_paths() {
        let home = Some(PathBuf::from("/home/ada/.local/share/guestlist"));
        assert_eq!(of(&[("HOME", "/home/ada")]), home);
        let both = [("HOME", "/home/ada"), ("XDG_DATA_HOME", "/data/ada")];
        assert_eq!(of(&both), Some("/data/ada/guestlist".into()));
        let relative = [("HOME", "/home/ada"), ("XDG_DATA_HOME", "data")];
        assert_eq!(of(&relative), home);
    }

    #[test]
    fn without_a_home_there_is_none() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("HOME", "")]), None);
        assert_eq!(of(&[("HOME", "somewhere")]), None);
    }

    #[test]
    fn only_the_user_may_look_into_it() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("share/guestlist");
        create_user_folder(&folder).unwrap();
        create_user_folder(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
