//! A run in this process, so that its clock can be set.

use super::proofs::SHEET;
use crate::support::{Practice, Workdir};
use clap::Parser;
use guestlist::{Cli, Clock, Command, Exit, InviteOutput, Stop, invite};
use jiff::Timestamp;

/// One night, with a clock that starts at `start` and jumps over waits.
pub(super) fn night(
    workdir: &Workdir,
    practice: &Practice,
    start: Timestamp,
    more: &[&str],
) -> Exit {
    night_at(&practice.url, workdir, practice, start, more)
}

/// The same, and Graph is asked at another address.
pub(super) fn night_at(
    graph_url: &str,
    workdir: &Workdir,
    practice: &Practice,
    start: Timestamp,
    more: &[&str],
) -> Exit {
    let sheet = workdir.path(SHEET);
    let ledger = workdir.path("guestlist.db");
    let mut arguments = vec![
        "guestlist",
        "invite",
        sheet.to_str().unwrap(),
        "--yes",
        "--new-ledger",
        "--ledger",
        ledger.to_str().unwrap(),
        "--tenant",
        &practice.tenant,
        "--graph-url",
        graph_url,
        "--authority-url",
        &practice.url,
    ];
    arguments.extend(more);
    let cli = Cli::try_parse_from(arguments).unwrap();
    let Command::Invite(typed) = &cli.command else {
        unreachable!()
    };
    let token = practice.user_token.clone();
    let env = move |name: &str| (name == "GUESTLIST_ACCESS_TOKEN").then(|| token.clone());
    let settings = guestlist::resolve(&cli.flags(), &env, &workdir.path("")).unwrap();
    let telling = InviteOutput {
        quiet: true,
        ..InviteOutput::default()
    };
    let clock = Clock::jumping_from(start);
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(invite(
            &typed.sheet,
            &settings,
            &env,
            telling,
            &clock,
            Stop::default(),
        ))
        .unwrap()
}
