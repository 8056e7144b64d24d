//! A second user, something that appears during the run, and what a killed run leaves.

use super::planted::{SOMEBODY, mode, named, pipe};
use crate::support::{Ended, Guests, Practice, Workdir};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const SLOW: &str = "[latency]\nmin_ms = 200\nmax_ms = 200\n";

#[track_caller]
fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "waited in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn sheet(people: usize) -> Workdir {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(people));
    workdir
}

/// False, aloud, where this user may not give files away.
fn give_away(path: &Path) -> bool {
    let given = std::os::unix::fs::chown(path, Some(SOMEBODY), Some(SOMEBODY)).is_ok();
    if !given {
        println!(
            "skipped: only root can give {} to another user",
            path.display()
        );
    }
    given
}

#[test]
fn nobody_is_mailed_when_the_results_cannot_be_written_safely() {
    let workdir = sheet(2);
    let practice = Practice::start(&workdir, "");
    pipe(&workdir.path("pipe.csv"));
    symlink("nowhere.csv", workdir.path("dangling.csv")).unwrap();
    symlink("weather.toml", workdir.path("link.csv")).unwrap();
    fs::create_dir(workdir.path("folder.csv")).unwrap();
    workdir.write("payroll.csv", "name,salary\nAda,1\n");
    for (results, said) in [
        ("pipe.csv", "is a pipe, not a file"),
        ("dangling.csv", "is a link to nowhere.csv"),
        ("link.csv", "is a link to weather.toml"),
        ("folder.csv", "is a folder, not a file"),
        ("/dev/zero", "is a device, not a file"),
        ("/dev/stdout", "is a link"),
        ("payroll.csv", "was not written by guestlist"),
    ] {
        for flag in ["-o", "--to-fix"] {
            practice
                .run(&workdir, "guests.csv", &[flag, results])
                .expect_code(2)
                .says(said)
                .says("name another file with");
        }
    }
    assert_eq!(practice.view("")["invitations"], 0);
    assert!(!workdir.exists("nowhere.csv") && !workdir.exists("guestlist.db"));
    // The null device is fine.
    practice
        .run(&workdir, "guests.csv", &["-o", "/dev/null"])
        .expect_code(0);
}

#[test]
fn what_appears_during_the_run_stays_as_it_is() {
    for something in ["a file", "a pipe", "a link"] {
        let workdir = sheet(4);
        let practice = Practice::start(&workdir, SLOW);
        let mut run = practice.invite(&workdir, "guests.csv", &["-o", "out.csv"]);
        let run = run
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        wait_until("the first invitation", || {
            practice.view("")["invitations"] != 0
        });
        let out = workdir.path("out.csv");
        match something {
            "a file" => fs::write(&out, "name,salary\nAda,1\n").unwrap(),
            "a pipe" => pipe(&out),
            _ => symlink("weather.toml", &out).unwrap(),
        }
        let ended = run.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{something}: {said}");
        assert!(said.contains("out-2.csv"), "{something}: {said}");
        assert_eq!(workdir.table("out-2.csv").outcomes()["invited"], 4);
        match something {
            "a file" => assert!(workdir.read("out.csv").contains("Ada")),
            "a pipe" => assert!(!fs::metadata(&out).unwrap().is_file()),
            _ => assert_eq!(workdir.read("weather.toml"), SLOW),
        }
    }
}

#[test]
fn a_ledger_made_beforehand_is_taken_only_from_this_user() {
    let workdir = sheet(1);
    let practice = Practice::start(&workdir, "");
    let ledger = workdir.path("guestlist.db");
    let refused = |said: &str| {
        practice
            .run(&workdir, "guests.csv", &[])
            .expect_code(2)
            .says(said)
            .says("guestlist.db");
        assert_eq!(practice.view("")["invitations"], 0);
    };
    fs::write(&ledger, "").unwrap();
    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o666)).unwrap();
    refused("can be written by every user");
    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o600)).unwrap();
    if give_away(&ledger) {
        refused("belongs to another user");
    }
    assert_eq!(fs::metadata(&ledger).unwrap().len(), 0);
    fs::remove_file(&ledger).unwrap();
    practice.run(&workdir, "guests.csv", &[]).expect_code(0);
    assert_eq!(mode(&ledger), 0o600);
}

#[test]
fn a_backup_is_private_and_leaves_nothing_beside_it() {
    let workdir = sheet(1);
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0);
    let names = || {
        let mut names = named(&workdir.path(""), "");
        names.sort();
        names
    };
    let mut before = names();
    workdir
        .run(&["ledger", "backup", "copy.db", "--sandbox"])
        .expect_code(0);
    before.push(workdir.path("copy.db"));
    before.sort();
    assert_eq!(names(), before);
    assert_eq!(mode(&workdir.path("copy.db")), 0o600);
}

#[test]
fn doctor_warns_of_a_ledger_that_others_can_read() {
    let workdir = sheet(1);
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0);
    let ledger = workdir.path("guestlist.practice.db");
    for (bits, warning) in [
        (0o600, None),
        (0o644, Some("other users of this machine can read it")),
        (0o660, Some("its group can write to it")),
    ] {
        fs::set_permissions(&ledger, fs::Permissions::from_mode(bits)).unwrap();
        let told = workdir
            .run(&["doctor", "--sandbox", "--json"])
            .expect_code(0);
        let checks = told.json()["checks"].clone();
        let checks = checks.as_array().unwrap();
        let check = checks
            .iter()
            .find(|check| check["name"] == "ledger")
            .unwrap();
        let message = check["message"].as_str().unwrap();
        match warning {
            None => assert_eq!(check["verdict"], "pass"),
            Some(warning) => {
                assert_eq!(check["verdict"], "warn");
                assert!(message.contains(warning), "{message}");
            }
        }
    }
    // The run says what it must, and goes on.
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0)
        .says("can write to it");
}

#[test]
fn another_user_can_neither_read_nor_lock_what_is_kept() {
    let workdir = sheet(1);
    let invite = ["invite", "guests.csv", "--sandbox"];
    workdir.run(&invite).expect_code(0);
    for name in [
        "guestlist.practice.db",
        "guestlist.practice.db.lock",
        "guestlist.practice.people.jsonl",
        "guests.practice.csv",
    ] {
        assert_eq!(mode(&workdir.path(name)), 0o600, "{name}");
    }
    let lock = workdir.path("guestlist.practice.db.lock");
    let mut stranger = Command::new("setpriv");
    let user = SOMEBODY.to_string();
    stranger
        .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
        .args(["flock", "--shared", "--nonblock"])
        .arg(&lock)
        .arg("true");
    match stranger.output() {
        Ok(output) if String::from_utf8_lossy(&output.stderr).contains("denied") => {}
        Ok(output) if output.status.success() => panic!("another user can hold the lock file"),
        other => println!("skipped: no second user can be played here (it takes root): {other:?}"),
    }
    workdir.run(&invite).expect_code(0);
}

/// A run whose temporary files are in a folder of its own.
fn start(workdir: &Workdir, practice: &Practice, more: &[&str]) -> Child {
    let mut command = practice.invite(workdir, "-", more);
    command
        .env("TMPDIR", workdir.path("tmp"))
        .stdin(File::open(workdir.path("guests.csv")).unwrap())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next_and_nothing_that_is_in_use() {
    let workdir = sheet(30);
    fs::create_dir(workdir.path("tmp")).unwrap();
    let practice = Practice::start(&workdir, SLOW);
    let folders = || named(&workdir.path("tmp"), "guestlist-run-");
    let mut killed = start(&workdir, &practice, &["--dry-run", "-o", "killed.csv"]);
    // The sheet and the copy of the ledger.
    wait_until("two private folders", || folders().len() == 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = folders();
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|folder| mode(folder) == 0o700));
    assert!(left.iter().any(|folder| folder.join("sheet").exists()));

    let mut running = start(&workdir, &practice, &["--dry-run", "-o", "running.csv"]);
    wait_until("the leftovers are gone", || {
        left.iter().all(|folder| !folder.exists())
    });
    wait_until("two private folders again", || folders().len() == 2);
    // A third one leaves those of the second alone.
    let mut third = start(&workdir, &practice, &["--dry-run", "-o", "third.csv"]);
    assert_eq!(third.wait().unwrap().code(), Some(0));
    assert_eq!(running.wait().unwrap().code(), Some(0));
    assert_eq!(workdir.table("running.csv").outcomes()["would-invite"], 30);
    assert_eq!(folders(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn half_written_results_of_a_killed_run_are_removed_by_the_next() {
    let workdir = sheet(1);
    workdir
        .write(".guestlist-AbCd1234.tmp", "row,outcome\n")
        .write(".guestlist-Used1234.tmp", "row,outcome\n")
        .write(".guestlist-notes.tmp", "mine");
    let used = File::open(workdir.path(".guestlist-Used1234.tmp")).unwrap();
    used.lock().unwrap();
    workdir
        .run(&["invite", "guests.csv", "--sandbox"])
        .expect_code(0);
    assert!(!workdir.exists(".guestlist-AbCd1234.tmp"));
    assert!(workdir.exists(".guestlist-Used1234.tmp"));
    assert_eq!(workdir.read(".guestlist-notes.tmp"), "mine");
}

#[test]
fn a_sheet_may_be_a_pipe_and_one_without_a_writer_ends() {
    let workdir = sheet(3);
    pipe(&workdir.path("pipe"));
    let invite = ["invite", "pipe", "--sandbox", "-o", "results.csv"];
    let mut command = workdir.command(&invite);
    let run = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    fs::write(workdir.path("pipe"), workdir.read("guests.csv")).unwrap();
    let ended = run.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert_eq!(workdir.table("results.csv").outcomes()["invited"], 3);

    // Nobody writes: it hears a signal, and ends by itself.
    let waiting = || {
        workdir
            .command(&invite)
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut told = waiting();
    thread::sleep(Duration::from_millis(500));
    let pid = told.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    assert_eq!(told.wait().unwrap().code(), Some(130));
    Ended::of(&mut workdir.command(&invite))
        .expect_code(3)
        .says("nobody has written into it");
}

/// No other program of the same user may look into it, and no core dump shows it: the system then says that what
/// belongs to the process belongs to root.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_a_run_is_private() {
    use std::os::unix::fs::MetadataExt;
    let workdir = sheet(1);
    let mut command = workdir.command(&["sandbox", "--port", "0"]);
    if fs::metadata("/proc/self/mem").unwrap().uid() == 0 {
        let user = SOMEBODY.to_string();
        let other = [
            "setpriv",
            "--reuid",
            &user,
            "--regid",
            &user,
            "--clear-groups",
        ];
        command = workdir.inside(&other, &command);
        command.current_dir("/");
    }
    let Ok(mut served) = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        return println!("skipped: no second user can be played here");
    };
    let mut line = String::new();
    BufReader::new(served.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    if line.contains("url") {
        let memory = fs::metadata(format!("/proc/{}/mem", served.id()));
        assert_eq!(memory.unwrap().uid(), 0);
    } else {
        println!("skipped: a second user cannot run the program here");
    }
    served.kill().unwrap();
    served.wait().unwrap();
}
