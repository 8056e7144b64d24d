//! A child process, how long it took, and what it used, as Linux tells it. Elsewhere only the time is known.

use std::{
    fs,
    io::Read,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How often the kernel is asked; what is used in between is in its peak all the same.
const LOOK: Duration = Duration::from_millis(20);
/// `USER_HZ`, which is 100 on every Linux that Rust supports.
const TICKS_PER_SECOND: f64 = 100.0;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Used {
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub peak_bytes: u64,
}

/// Runs to the end: what it used, and what it wrote to stdout.
pub(crate) fn measure(command: &mut Command) -> (Used, String) {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let reading = thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).unwrap();
        text
    });
    let mut used = Used::default();
    if cfg!(target_os = "linux") {
        watch(&child, &mut used);
    }
    let status = child.wait().unwrap();
    used.seconds = began.elapsed().as_secs_f64();
    let text = reading.join().unwrap();
    assert!(status.success(), "{command:?} ended with {status}: {text}");
    (used, text)
}

/// Until it has ended; it stays readable as a zombie until it is waited for.
fn watch(child: &Child, used: &mut Used) {
    let about = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap();
    loop {
        let status = about("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok());
        used.peak_bytes = used.peak_bytes.max(kilobytes.unwrap_or(0) * 1024);

        let stat = about("stat");
        // Behind the name, which is in parentheses: state first, utime and stime as 12th and 13th.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        used.cpu_seconds = ticks / TICKS_PER_SECOND;
        if fields[0] == "Z" {
            return;
        }
        thread::sleep(LOOK);
    }
}
