//! What an invitation cannot carry: profile, sponsors, manager, groups. Each made once, whatever happens.

mod books; // what the practice tenant remembers

mod existing; // people who were there before
mod names; // managers and groups that cannot be used, and names that may not be read yet
mod profiles; // company, department, job title, names, usage location
mod refusals; // what is refused to everybody
mod whole; // everything at once, with kills, and with permissions that come later
