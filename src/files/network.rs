//! Whether a folder lies on a network file system, where SQLite's locks and syncs cannot be trusted
//! (sqlite.org, "Appropriate Uses", "WAL mode does not work over a network filesystem").
//!
//! A best effort: what cannot be told counts as local.

use std::path::Path;

/// The kind of network file system that holds `folder`, if it is known to be one.
pub(crate) fn file_system(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    unc_share(&folder).or_else(|| mounted(&folder))
}

/// Windows: `\\server\share\…`, also in its verbatim form.
fn unc_share(folder: &Path) -> Option<String> {
    use std::path::{Component, Prefix};
    match folder.components().next() {
        Some(Component::Prefix(prefix)) => {
            matches!(prefix.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..))
                .then(|| "a network share".to_owned())
        }
        _ => None,
    }
}

#[cfg(target_os = "linux")]
fn mounted(folder: &Path) -> Option<String> {
    mount_kind(
        &std::fs::read_to_string("/proc/self/mountinfo").ok()?,
        folder,
    )
}

#[cfg(not(target_os = "linux"))]
fn mounted(_folder: &Path) -> Option<String> {
    None
}

/// Reads Linux's mountinfo (proc(5)): the longest mount point above the folder tells its file system.
#[cfg(any(target_os = "linux", test))]
fn mount_kind(mountinfo: &str, folder: &Path) -> Option<String> {
    const NETWORK: [&str; 13] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        // Windows drives seen from Linux (WSL 2, WSL 1).
        "9p",
        "drvfs",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "fuse.sshfs",
        "fuse.rclone",
    ];
    mountinfo
        .lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let point = mount.split(' ').nth(4)?.replace("\\040", " ");
            folder.starts_with(&point).then(|| {
                (
                    point.len(),
                    kind.split(' ').next().unwrap_or_default().to_owned(),
                )
            })
        })
        // A later mount over the same point hides the earlier one: `max_by_key` keeps the last.
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
        .filter(|kind| NETWORK.contains(&kind.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
40 22 0:35 / /home rw,relatime shared:20 - nfs4 files:/home rw
41 40 0:36 / /home/hr/My\\040Sheets rw,relatime - ext4 /dev/vdb rw";

    #[test]
    fn the_nearest_mount_decides() {
        let kind = |path: &str| mount_kind(MOUNTS, Path::new(path));
        assert_eq!(kind("/home/hr").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/hr/My Sheets/2026"), None);
        assert_eq!(kind("/var/lib"), None);
    }
}
