//! What an invitation cannot carry: profile, sponsors, manager, groups. Each made once, whatever happens.

mod books; // what the practice tenant remembers

mod profiles; // company, department, job title, names, usage location
