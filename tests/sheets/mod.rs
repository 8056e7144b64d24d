//! Sheets as people have them: what is read, what is understood, and what is said about the rest.

mod corpus; // tests/corpus: many small sheets, each with what must come out
mod damage; // random tables with random damage: every address is accounted for
mod expected; // comparing with a file, or writing it again
mod formats;
mod hidden; // one sheet in three formats; a million rows' worth of errors, grouped
mod later; // what stands far down a large sheet, and what is told of the whole sheet
mod ordinary; // sheets that must go through
mod random;
mod round_trip; // random tables in random dialects and encodings, read back
mod screens; // what `check` shows, line by line
