//! A night without a person: what the log, `-q` and `guestlist runs` tell afterwards.

mod log_file; // the log in a file
mod questions; // a night in bad weather, asked about with jq
mod quiet; // only what needs attention
mod runs; // a run on a page
mod screen; // beside the progress bar
