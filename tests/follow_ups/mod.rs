//! What an invitation cannot carry: profile, sponsors, manager, groups. Each made once, whatever happens.

mod books; // what the practice tenant remembers

mod names; // managers and groups that cannot be used, or not yet

mod profiles; // company, department, job title, names, usage location
