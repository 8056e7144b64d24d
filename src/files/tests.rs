use super::*;
use std::fs;

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
fn pipe_at(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_kept_file_is_regular_of_one_name_and_private_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kept");
    open_own(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    set_mode(&path, 0o644);
    open_own(&path).unwrap();
    assert_eq!(mode(&path), 0o600);

    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert!(matches!(open_own(&link), Err(Refusal::Link(Some(_)))));
    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink(folder.path().join("nowhere"), &dangling).unwrap();
    assert!(matches!(open_own(&dangling), Err(Refusal::Link(Some(_)))));
    assert!(create_own(&dangling).is_err());
    assert!(!folder.path().join("nowhere").exists());

    fs::hard_link(&path, folder.path().join("other name")).unwrap();
    assert!(matches!(open_own(&path), Err(Refusal::HardLinks(2))));
    assert!(matches!(
        open_own(folder.path()),
        Err(Refusal::NotAFile(Kind::Folder))
    ));
    assert!(matches!(
        open_own(Path::new("/dev/null")),
        Err(Refusal::NotAFile(Kind::CharacterDevice))
    ));
    let pipe = folder.path().join("pipe");
    pipe_at(&pipe);
    assert!(matches!(
        open_own(&pipe),
        Err(Refusal::NotAFile(Kind::Pipe))
    ));
    assert!(open_device(&pipe).is_err());
    open_device(Path::new("/dev/null")).unwrap();
    assert!(open_device(Path::new("/dev/zero")).is_err());
}

#[cfg(unix)]
#[test]
fn what_is_given_may_be_a_link_and_never_makes_anybody_wait() {
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("secret"), folder.path().join("link"));
    fs::write(&path, "s3cret").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    assert_eq!(read_given_text(&link, 6).unwrap(), "s3cret");
    let told = read_given(&link, 5).unwrap_err().to_string();
    assert!(told.contains("too long"), "{told}");
    let pipe = folder.path().join("pipe");
    pipe_at(&pipe);
    for (path, what) in [
        (folder.path(), "a folder"),
        (&pipe, "a pipe"),
        (Path::new("/dev/zero"), "a device"),
    ] {
        let told = read_given(path, 10).unwrap_err().to_string();
        assert_eq!(told, format!("it is {what}, not a file"));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_to_its_end() {
    use std::io::Read;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    pipe_at(&pipe);
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "x".repeat(1_000_000)).unwrap()
    });
    let mut reader = open_pipe(&pipe).unwrap().unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    writer.join().unwrap();
    assert_eq!(text.len(), 1_000_000);
}

#[test]
fn only_what_nobody_uses_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let used = temporary_in(folder.path()).unwrap();
    let (file, left) = temporary_in(folder.path()).unwrap().keep().unwrap();
    drop(file);
    for other in [".guestlist-notes.tmp", ".guestlist-12345678.tmp.csv"] {
        fs::write(folder.path().join(other), "mine").unwrap();
    }
    // A program that another test starts holds a copy of the lock for a moment, between its fork and its exec.
    for _ in 0..200 {
        remove_leftovers(folder.path());
        if !left.exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert!(used.path().exists() && !left.exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
}

#[test]
fn a_private_folder_stays_for_as_long_as_it_is_used() {
    let scratch = Scratch::new().unwrap();
    fs::write(scratch.sheet(), "email\n").unwrap();
    Scratch::remove_leftovers();
    assert!(scratch.sheet().exists());
    #[cfg(unix)]
    assert_eq!(mode(scratch.sheet().parent().unwrap()), 0o700);
    let folder = scratch.sheet().parent().unwrap().to_owned();
    drop(scratch);
    assert!(!folder.exists());
}
