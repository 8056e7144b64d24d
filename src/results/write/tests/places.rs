//! Where a results file goes, and what becomes of the file that was there.

use super::*;

#[test]
fn ours_is_kept_once_and_a_failed_write_leaves_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    let previous = folder.path().join("r.previous.csv");
    let run = |email: &str| {
        let results = vec![invited(2, email)];
        write_to(
            &target,
            &layout(&["note"]),
            vec![row(2, &["n"])],
            results,
            Links::Results,
        )
    };
    run("first@x.org");
    assert!(!previous.exists());
    run("second@x.org");
    run("third@x.org");
    assert!(fs::read_to_string(&target).unwrap().contains("third@x.org"));
    assert!(
        fs::read_to_string(&previous)
            .unwrap()
            .contains("second@x.org")
    );

    let mut broken = vec![
        Ok(invited(2, "x@x.org")),
        Err(Failure::usage("ledger gone")),
    ]
    .into_iter();
    let nothing = std::iter::empty();
    assert!(
        write(
            &target,
            &layout(&["note"]),
            nothing,
            &mut broken,
            &About::default()
        )
        .is_err()
    );
    assert!(fs::read_to_string(&target).unwrap().contains("third@x.org"));
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn a_target_that_cannot_be_replaced_gets_a_numbered_sibling() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    fs::create_dir_all(target.join("in the way")).unwrap();
    fs::write(folder.path().join("r-2.csv"), "mine").unwrap();
    let results = vec![invited(2, "a@x.org")];
    let told = write_to(
        &target,
        &layout(&["n"]),
        vec![row(2, &["x"])],
        results,
        Links::Results,
    );
    assert_eq!(told.path, folder.path().join("r-3.csv"));
    assert!(told.notes[0].contains("r-3.csv"), "{:?}", told.notes);
    assert_eq!(
        fs::read_to_string(folder.path().join("r-2.csv")).unwrap(),
        "mine"
    );
}

#[test]
fn a_vanished_folder_is_told_with_the_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("gone/r.csv");
    let mut results = std::iter::once(Ok(invited(2, "a@x.org")));
    let nothing = std::iter::empty();
    let failure = write(
        &target,
        &layout(&["n"]),
        nothing,
        &mut results,
        &About::default(),
    )
    .unwrap_err();
    assert!(
        failure.what.contains("cannot write the results"),
        "{}",
        failure.what
    );
    assert!(
        failure
            .hints
            .iter()
            .any(|hint| hint.contains("guestlist results"))
    );
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_links() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    let results = vec![invited(2, "a@x.org")];
    write_to(
        &target,
        &layout(&["n"]),
        vec![row(2, &["x"])],
        results,
        Links::Results,
    );
    assert_eq!(
        fs::metadata(&target).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

/// Writes one row to a target at which something has appeared since it was checked.
#[cfg(unix)]
fn written_beside(appear: impl Fn(&Path)) -> (tempfile::TempDir, Written) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("r.csv");
    check_target(&target, FileKind::Results, Path::new("guests.csv")).unwrap();
    appear(&target);
    let results = vec![invited(2, "a@x.org")];
    let sheet = vec![row(2, &["x"])];
    let told = write_to(&target, &layout(&["n"]), sheet, results, Links::Results);
    assert_eq!(told.path, folder.path().join("r-2.csv"));
    assert!(fs::read_to_string(&told.path).unwrap().contains("a@x.org"));
    assert!(told.notes[0].contains("r-2.csv"), "{:?}", told.notes);
    (folder, told)
}

#[cfg(unix)]
#[test]
fn what_appears_during_the_run_stays_and_the_results_go_beside_it() {
    let (folder, _) = written_beside(|target| fs::write(target, "name,salary\nAda,1\n").unwrap());
    let theirs = fs::read_to_string(folder.path().join("r.csv")).unwrap();
    assert_eq!(theirs, "name,salary\nAda,1\n");

    let (folder, told) = written_beside(|target| {
        fs::write(target.with_file_name("victim"), "precious").unwrap();
        std::os::unix::fs::symlink(target.with_file_name("victim"), target).unwrap();
    });
    assert!(told.notes[0].contains("is a link to"), "{:?}", told.notes);
    assert!(folder.path().join("r.csv").is_symlink());
    let victim = fs::read_to_string(folder.path().join("victim")).unwrap();
    assert_eq!(victim, "precious");

    // Without a reader opening it would wait for ever.
    let (_, told) = written_beside(|target| {
        let made = std::process::Command::new("mkfifo").arg(target).status();
        assert!(made.unwrap().success());
    });
    assert!(told.notes[0].contains("is a pipe"), "{:?}", told.notes);
}

#[cfg(unix)]
#[test]
fn earlier_results_that_cannot_be_kept_are_not_replaced() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (target, previous) = (
        folder.path().join("r.csv"),
        folder.path().join("r.previous.csv"),
    );
    let run = |email: &str| {
        let results = vec![invited(2, email)];
        let sheet = vec![row(2, &["x"])];
        write_to(&target, &layout(&["n"]), sheet, results, Links::Results)
    };
    run("first@x.org");
    fs::write(&previous, "a diary\n").unwrap();
    let refused = check_target(&target, FileKind::Results, Path::new("guests.csv")).unwrap_err();
    assert!(refused.what.contains("r.previous.csv"), "{refused}");
    let told = run("second@x.org");
    assert_eq!(told.path, folder.path().join("r-2.csv"));
    assert_eq!(fs::read_to_string(&previous).unwrap(), "a diary\n");
    assert!(fs::read_to_string(&target).unwrap().contains("first@x.org"));

    // Kept for this user only, whoever could read it before.
    fs::remove_file(&previous).unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
    run("third@x.org");
    let mode = fs::metadata(&previous).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[cfg(unix)]
#[test]
fn a_device_takes_the_bytes() {
    let results = vec![invited(2, "a@x.org")];
    let null = Path::new("/dev/null");
    let told = write_to(
        null,
        &layout(&["n"]),
        vec![row(2, &["x"])],
        results,
        Links::Results,
    );
    assert_eq!((told.path.as_path(), told.rows), (null, 1));
    assert!(!fs::metadata(null).unwrap().is_file());
}
