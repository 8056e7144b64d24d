//! A log file: lines are added at its end; when it is large it becomes `FILE.1`, and the oldest of a few is deleted.
//!
//! It holds the lines of many runs, also of runs at the same time. It never stops a run: a full disk is told once, and the
//! run goes on. Must not add lines to a file that holds anything else, and opens it as `files` opens what is ours.

use crate::{
    failure::{Failure, Result},
    files::{self, FileId, Kind},
};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// In bytes; then it is put aside.
const LARGEST: u64 = 10 * 1024 * 1024;
/// `FILE.1` is the newest of them.
const KEPT: u32 = 5;

pub(crate) struct LogFile {
    path: PathBuf,
    largest: u64,
    /// Says that lines are lost.
    tell: fn(String),
    state: Mutex<State>,
}

struct State {
    file: File,
    /// None: a device, which is never put aside.
    id: Option<FileId>,
    size: u64,
    /// The last line is not whole.
    torn: bool,
    told: bool,
}

impl LogFile {
    /// Opens or makes it. What it cannot be used for is told now, before anything is sent.
    pub(crate) fn open(path: &Path, tell: fn(String)) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            largest: LARGEST,
            tell,
            state: Mutex::new(State::open(path)?),
        })
    }

    /// Adds a line. What cannot be written is lost, and that is told once.
    pub(crate) fn write(&self, line: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.add(&mut state, line)
            && !state.told
        {
            state.told = true;
            (self.tell)(format!(
                "the log file {} cannot be written ({error}): the run goes on, and lines are missing there",
                self.path.display()
            ));
        }
    }

    fn add(&self, state: &mut State, line: &str) -> io::Result<()> {
        if state.size > 0 && state.size + line.len() as u64 > self.largest {
            self.put_aside(state);
        }
        let ended = if state.torn { "\n" } else { "" };
        let bytes = format!("{ended}{line}");
        state.torn = true;
        state.file.write_all(bytes.as_bytes())?;
        state.torn = false;
        state.size += bytes.len() as u64;
        Ok(())
    }

    /// Where that does not work the file grows on.
    fn put_aside(&self, state: &mut State) {
        // From here on it is tried again only when the file has grown by as much again.
        state.size = 0;
        let Some(id) = state.id else { return };
        // Another run may have put the file aside already.
        if files::identity(&self.path) == Some(id) && self.rename_all().is_err() {
            return;
        }
        if let Ok(fresh) = State::open(&self.path) {
            let told = state.told;
            *state = fresh;
            state.told = told;
        }
    }

    fn rename_all(&self) -> io::Result<()> {
        let old = |number: u32| {
            let mut name = OsString::from(&self.path);
            name.push(format!(".{number}"));
            PathBuf::from(name)
        };
        for number in 1..=KEPT {
            if let Some(entry) = files::at(&old(number))?
                && (entry.kind != Kind::File || (number == KEPT && !is_log(&old(number))))
            {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
        }
        for number in (1..KEPT).rev() {
            match fs::rename(old(number), old(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(&self.path, old(1))
    }
}

impl State {
    fn open(path: &Path) -> Result<Self> {
        let refused =
            |why: String| Failure::usage(format!("the log file {} {why}", path.display()));
        let kind = files::at(path)
            .map_err(|error| refused(format!("cannot be opened: {error}")))?
            .map(|entry| entry.kind);
        let opened = match kind {
            Some(Kind::CharacterDevice) => files::open_device(path),
            _ => files::open_own(path),
        };
        let file = opened.map_err(|refusal| refused(refusal.to_string()).hint(refusal.advice()))?;
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        if kind == Some(Kind::File) && size > 0 && !is_log(path) {
            return Err(refused("holds something else than a log".to_owned())
                .hint("name another file with --log-file; nothing was written into this one"));
        }
        let id = files::identity(path).filter(|_| kind != Some(Kind::CharacterDevice));
        Ok(Self {
            file,
            id,
            size,
            torn: false,
            told: false,
        })
    }
}

/// Whether a file begins like a log of ours, in either form.
fn is_log(path: &Path) -> bool {
    let mut start = [0; 64];
    let Ok(mut file) = files::open_to_look(path) else {
        return false;
    };
    let read = file.read(&mut start).unwrap_or(0);
    let start = String::from_utf8_lossy(&start[..read]);
    let start = start.trim_start_matches('\n');
    let time = start.strip_prefix("{\"ts\":\"").unwrap_or(start);
    let form = "0000-00-00T00:00:00.";
    read == 0
        || time.len() > form.len()
            && time.chars().zip(form.chars()).all(|(c, form)| {
                if form == '0' {
                    c.is_ascii_digit()
                } else {
                    c == form
                }
            })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_os = "linux")]
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    const LINE: &str = "2026-11-22T02:00:00.000Z INFO  row row=2 outcome=invited\n";

    fn log(path: &Path, largest: u64) -> LogFile {
        LogFile {
            largest,
            ..LogFile::open(path, |_| {}).unwrap()
        }
    }

    #[test]
    fn a_large_file_is_put_aside_and_the_oldest_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.log");
        let log = log(&path, LINE.len() as u64 * 2);
        for _ in 0..30 {
            log.write(LINE);
        }
        let mut names: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let kept: Vec<String> = (1..=KEPT).map(|n| format!("night.log.{n}")).collect();
        assert_eq!(names, [vec!["night.log".to_owned()], kept].concat());
        for name in names {
            assert_eq!(
                fs::read_to_string(folder.path().join(name)).unwrap(),
                LINE.repeat(2)
            );
        }
    }

    #[test]
    fn two_runs_share_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.log");
        let (one, other) = (log(&path, 1_000), log(&path, 1_000));
        for _ in 0..40 {
            one.write(LINE);
            other.write(LINE);
        }
        let mut lines = 0;
        for entry in fs::read_dir(folder.path()).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(text.len() < 2_000, "{}", text.len());
            assert!(text.lines().all(|line| line == LINE.trim_end()), "{text}");
            lines += text.lines().count();
        }
        assert_eq!(lines, 80);
    }

    #[test]
    fn a_file_that_holds_something_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guests.csv");
        fs::write(&path, "email\nkim@x.example\n").unwrap();
        let failure = LogFile::open(&path, |_| {}).err().unwrap();
        assert!(failure.what.contains("something else"), "{}", failure.what);
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        for own in [
            LINE,
            "{\"ts\":\"2026-11-22T02:00:00.000Z\",\"level\":\"info\"}\n",
            "",
        ] {
            fs::write(&path, own).unwrap();
            LogFile::open(&path, |_| {}).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_this_user_reads_it_and_no_link_is_followed() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.log");
        log(&path, LARGEST).write(LINE);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let link = folder.path().join("link.log");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let failure = LogFile::open(&link, |_| {}).err().unwrap();
        assert!(failure.what.contains("is a link"), "{}", failure.what);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_once_and_the_next_line_begins_anew() {
        static TOLD: AtomicUsize = AtomicUsize::new(0);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("night.log");
        let log = LogFile::open(&path, |_| {
            TOLD.fetch_add(1, Relaxed);
        })
        .unwrap();
        let full = File::options().write(true).open("/dev/full").unwrap();
        let good = std::mem::replace(&mut log.state.lock().unwrap().file, full);
        log.write(LINE);
        log.write(LINE);
        assert_eq!(TOLD.load(Relaxed), 1);
        log.state.lock().unwrap().file = good;
        log.write(LINE);
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("\n{LINE}"));
        LogFile::open(&path, |_| {}).unwrap();
    }
}
