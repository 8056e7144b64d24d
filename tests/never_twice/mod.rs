//! Lost answers, kills, stops, caps: at most one mail a person, no link lost, every row one outcome.

mod proofs; // what must be true, whatever happened

mod blocked; // the tenant refuses everybody
mod kills; // SIGKILL at random instants
mod nights; // a cap, night after night
mod signals; // Ctrl-C
mod tokens; // short-lived, from a failing endpoint
mod weather; // random weather, random sheets
