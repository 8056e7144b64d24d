//! The program on a real terminal: a pseudo-terminal of 80 columns, made by `script` (util-linux).

use super::{Workdir, missing, workdir::given};
use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal, with what it has shown so far.
pub(crate) struct Terminal {
    process: Child,
    keys: ChildStdin,
    bytes: Receiver<Vec<u8>>,
    shown: Vec<u8>,
}

impl Terminal {
    /// `None`, with the reason printed, where no terminal can be made.
    pub(crate) fn open(workdir: &Workdir, command: &Command) -> Option<Self> {
        let version = Command::new("script").arg("--version").output();
        let linux =
            version.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("util-linux"));
        if !linux {
            missing(
                "`script` of util-linux",
                "on Debian and Ubuntu install bsdutils",
            );
            return None;
        }
        let mut words = vec![quoted(&command.get_program().to_string_lossy())];
        words.extend(
            command
                .get_args()
                .map(|word| quoted(&word.to_string_lossy())),
        );
        let line = format!("stty cols 80 rows 24; exec {}", words.join(" "));
        let mut process = Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(workdir.path(""))
            .env_clear()
            .envs(given(command))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, bytes) = channel();
        let mut screen = process.stdout.take().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut buffer) {
                if send.send(buffer[..read].to_vec()).is_err() {
                    break;
                }
            }
        });
        Some(Self {
            keys: process.stdin.take().unwrap(),
            process,
            bytes,
            shown: Vec::new(),
        })
    }

    /// Waits until this text is on the screen.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.screen().contains(text) {
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(why) => panic!("{why} before {text:?} was shown:\n{}", self.screen()),
            }
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        self.type_keys(&format!("{line}\n"));
    }

    /// Such as `\u{3}` for Ctrl-C.
    pub(crate) fn type_keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// What is on the screen by now.
    #[cfg(unix)]
    pub(crate) fn shown(&self) -> String {
        self.screen()
    }

    /// The exit code, and everything that was shown.
    pub(crate) fn end(self) -> (i32, String) {
        let (code, screen, _) = self.end_raw();
        (code, screen)
    }

    /// The same, and every byte as the terminal got it.
    pub(crate) fn end_raw(mut self) -> (i32, String, Vec<u8>) {
        while let Ok(bytes) = self.bytes.recv_timeout(PATIENCE) {
            self.shown.extend(bytes);
        }
        let code = self.process.wait().unwrap().code().unwrap_or(-1);
        (code, self.screen(), std::mem::take(&mut self.shown))
    }

    /// Without colours and cursor movements; of a line that was written over, what was written last.
    fn screen(&self) -> String {
        let plain = anstream::adapter::strip_bytes(&self.shown).into_vec();
        String::from_utf8_lossy(&plain)
            .replace("\r\n", "\n")
            .split_inclusive('\n')
            .map(|line| line.rsplit('\r').next().unwrap_or(line))
            .collect()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
