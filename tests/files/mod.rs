//! Other people's hands: what stands where the program reads and writes, and who put it there.

#[cfg(unix)]
mod hands; //  a second user, something that appears during the run, what a killed run leaves
mod personal_data; // what docs/data-protection.md says
#[cfg(unix)]
mod planted; // a file, or something else, at a path
mod stdout; // -o -
#[cfg(unix)]
mod table; //   every file and everything that can stand there, as docs/files.md tells it
