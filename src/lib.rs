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

pub mod cli; // what can be typed
pub mod settings; // what it means, and where each value came from

pub mod directory; // 4 looking: who is already there
pub mod engine; // 5 moving: feeder, workers, recorder, stop
pub mod graph; // 6 asking: the client, the wire, the verdict
pub mod guest; // 2 understanding: row -> guest, or problems
pub mod ledger; // 3 remembering: what was asked and answered, for every person
pub mod message; // 7 wording: what Microsoft will really deliver
pub mod pace; //   how fast, and when not at all
pub mod results; // 9 telling: the files
pub mod sheet; // 1 reading: bytes -> rows
pub mod ui; //   the screen

pub mod commands; // one verb per file
pub mod sandbox; // the practice tenant: its own reading of the API

mod children; // programs that are started, without our secrets
pub mod clock;
pub mod exit;
pub mod failure;
pub mod files; // how files are opened
mod fingerprint; // texts told apart without being kept
mod redeem_link; // what people may click on
mod secrets; // kept out of what others wrote
pub mod visible; // characters that act instead of being seen
