//! `guestlist` invites a spreadsheet of people into a Microsoft Entra tenant as B2B guests.
//!
//! Read from top to bottom, the modules stand in the order in which a row travels; ARCHITECTURE.md tells more.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests start tools, and have no secrets"
    )
)]

// The journey of a row. A blank line stands between the modules, so that formatting keeps their order.

mod cli; // what can be typed

mod settings; // what it means, and where each value came from

mod commands; // one verb per file

mod sheet; // 1 reading: bytes -> rows

mod guest; // 2 understanding: row -> guest, or problems

mod ledger; // 3 remembering: what was asked and answered, for every person

mod directory; // 4 looking: who is already there

mod engine; // 5 moving: feeder, prechecker, workers, recorder, stop

mod pace; // how fast invitations go out, and when not at all

mod graph; // 6 asking: the client, what travels, the verdict

mod message; // 7 wording: what Microsoft will really deliver

mod follow_up; // 8 finishing: what an invitation cannot carry

mod results; // 9 telling: the files

mod report; // 9 telling: the page

mod ui; // 9 telling: the screen

mod sandbox; // the practice tenant: its own reading of the API

// What many modules share.

mod children; // programs that are started, without our secrets
mod clock; // the time, which tests can set
mod events; // what happens in a run, as log events: their names and fields
mod exit; // exit codes, and which of two is the graver
mod failure; // why a command ends, what to do, and its exit code
mod files; // how files are opened
mod fingerprint; // hashes that tell texts apart without keeping them
mod log; // events become lines, on stderr or in a file
mod nearest; // which word was probably meant
mod one_word; // values that are one word out of a few
mod outcome; // what became of a row
mod own_files; // the files that this program writes about a sheet, and how they are recognised
mod problem; // what is wrong with a sheet, and the catalogue of codes
mod redeem_link; // which links people may click on
mod secrets; // secrets are taken out of what servers wrote
mod threshold; // a limit, as a count or a percentage
mod version; // which program this is
mod visible; // control characters are made visible

// The public face: what the program, the benches, the fuzz targets and the tests use. Everything else is private, so that
// the compiler finds what nobody uses.
pub use cli::{Cli, Command, Format, end, parse};
pub use clock::Clock;
pub use commands::{
    check::{CheckOptions, Preview, check},
    invite::{InviteOutput, invite},
    run,
};
pub use engine::Stop;
pub use exit::Exit;
pub use guest::{Allow, Guest, RowVerdict, Rules, Understanding};
pub use outcome::{GuestState, Outcome, RowResult};
pub use own_files::{RESULT_COLUMNS, SHEET_PREFIX};
pub use problem::{Entry, Problem, Severity, shorten};
pub use results::{About, Column, Layout, RunWords, SheetRow, write};
pub use sandbox::{Sandbox, SandboxOptions, Weather};
pub use settings::resolve;
pub use sheet::{
    Field, Hidden, Refused, Repair, Row, Sheet, SheetOptions, addresses, formula, rewrite,
};
pub use ui::{Out, fit_to_terminal, problems::Look};

/// The catalogue of what can be wrong with a row, for tests that walk through all of it.
pub fn row_problems() -> &'static [Entry] {
    guest::catalogue::ENTRIES
}
