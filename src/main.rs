//! The program: parses the command line, runs the command, returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    guestlist::fit_to_terminal();
    let cli = match guestlist::parse(std::env::args_os().skip(1)) {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    keep_memory_private();
    let env = |name: &str| std::env::var(name).ok();
    let started = cli.telling.start(&env).map_err(anyhow::Error::from);
    let ended = started.and_then(|()| guestlist::run(&cli, &env));
    guestlist::end(ended).into()
}

/// Memory holds secrets and redeem links, so where the system allows it, neither a core dump nor another program of this
/// user may read it.
fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
