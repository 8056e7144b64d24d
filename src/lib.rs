//! `guestlist` invites a spreadsheet of people into a Microsoft Entra tenant as B2B guests.
//!
//! Read from top to bottom, the modules are the order in which a row travels.

#![cfg_attr(
    test,
    expect(
        clippy::disallowed_methods,
        reason = "tests start tools, and have no secrets"
    )
)]

mod cli; // what can be typed
mod settings; // what it means, and where each value came from

mod directory; // 4 looking: who is already there
mod engine; // 5 moving: feeder, workers, recorder, stop
mod graph; // 6 asking: the client, the wire, the verdict
mod guest; // 2 understanding: row -> guest, or problems
mod ledger; // 3 remembering: what was asked and answered, for every person
mod message; // 7 wording: what Microsoft will really deliver
mod pace; //   how fast, and when not at all
mod results; // 9 telling: the files
mod sheet; // 1 reading: bytes -> rows
mod ui; //   the screen

mod commands; // one verb per file
mod sandbox; // the practice tenant: its own reading of the API

mod children; // programs that are started, without our secrets
mod clock;
mod exit;
mod failure;
mod files; // how files are opened
mod fingerprint; // texts told apart without being kept
mod outcome; // what became of a row
mod problem; // what is wrong, and the catalogue of codes
mod redeem_link; // what people may click on
mod secrets; // kept out of what others wrote
mod threshold; // a limit, as a count or a percentage
mod visible; // characters that act instead of being seen

// The public face: what the program, the benches, the fuzz targets and the tests use. Everything else is private, so that
// the compiler finds what nobody uses.
pub use cli::{Cli, Command, end, parse};
pub use clock::Clock;
pub use commands::{
    check::{CheckOptions, Format, check},
    invite::{InviteOutput, invite},
    run,
};
pub use engine::Stop;
pub use exit::Exit;
pub use guest::{Allow, Guest, RowVerdict, Rules, Understanding};
pub use outcome::{Outcome, RowResult};
pub use problem::{Entry, Problem, Severity, shorten};
pub use results::{About, Column, Layout, SheetRow, write};
pub use sandbox::{Sandbox, SandboxOptions, Weather};
pub use settings::resolve;
pub use sheet::{
    Field, Hidden, RESULT_COLUMNS, Refused, Repair, Row, SHEET_PREFIX, Sheet, SheetOptions,
    addresses, formula, rewrite,
};
pub use ui::{Out, problems::Look};

/// The catalogue of what can be wrong with a row, for tests that walk through all of it.
pub fn row_problems() -> &'static [Entry] {
    guest::catalogue::ENTRIES
}
