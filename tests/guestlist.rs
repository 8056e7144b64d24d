//! The program as its users meet it: one binary, real files, real HTTP against the practice tenant.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod support; // a folder, the program in it, a practice tenant beside it

mod afterwards; // who has come: status, stories, reminders
mod bad_input; // each mistake: one clear message, the right exit code, nothing half-written
mod departures; // who has left, who is deleted, who is forgotten
mod docs; // README.md and docs/: commands are run, screens compared, tables and links checked
mod doctor; // can this machine, sign-in and tenant do the job?
mod files; // other people's hands: what stands at a path, who put it there, what a killed run leaves
mod follow_ups; // profile, sponsors, manager, groups: made once after the invitation
mod hostile; // servers, files and pages that mean harm
mod house; // which module may use which, and commands that messages name
mod main_job; // a sheet in, invitations out, results back
mod never_twice; // lost answers, kills, stops, caps: at most one mail, no link lost
mod night; // nobody watches: logs, -q, runs
mod own_mail; // mail in our own words: each with its row's, at most once
mod precheck; // who is there already, in small tenants and large ones
mod reports; // the page about a run
mod resets; // guests redeem again: other addresses kept, mailed at most once
mod scheduled; // the samples of nightly jobs: valid, and run as they are written
mod settings_file; // whose settings are used, and what a stranger's cannot do
mod sheets; // any spreadsheet: a corpus, random tables, screens
mod shipping; // version, completions, manual pages
mod sign_in; // every way to sign in, and what each failure says
