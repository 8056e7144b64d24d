//! Lost answers, kills, stops, caps: at most one mail a person, no link lost, every row one outcome.

mod in_process; // a run whose clock can be set
mod proofs; // what must be true, whatever happened

mod all_or_nothing; // copies and imports that are killed, ledgers that are locked or damaged
mod answers; // 201s that are hollow, guests who never appear, people refused or gone
mod auto_rate; // faster with what was verified
mod blocked; // the tenant refuses everybody
mod claims; // imported, restored, taken over: believed when seen
mod clocks; // clocks that disagree
mod disk; // no space for the ledger
mod forged; // answers that Graph did not write, and 201s for somebody else
mod imports; // results files, read back
mod kills; // SIGKILL at random instants
mod ledgers; // lost, rebuilt, copied, busy, too new
mod links; // what no read, answer or command takes from the results
mod nights; // a cap, night after night
mod own_mail; // mail of our own and reminders, in random weather and under kills
mod resets; // redemptions that are reset, in random weather and killed
mod signals; // Ctrl-C
mod stopped_waiters; // the tenant blocks everybody while many wait
mod stops; // limits, piled-up failures, results that cannot be written
mod throttled; // a 429 after the work was done
mod throttles; // throttled by other names, for ever, across runs
mod tokens; // short-lived, from a failing endpoint
mod weather; // random weather, random sheets
