//! Sheets as people have them: what is read, what is understood, and what is said about the rest.

mod corpus; // tests/corpus: many small sheets, each with what must come out
mod damage; // random tables with random damage: every address is accounted for
mod formats; // one sheet in three formats; many problems of a kind
mod hidden; // hidden rows, asked about on a terminal
mod later; // what stands far down a large sheet, and what is told of the whole sheet
mod ordinary; // sheets that must go through
mod random; // random tables in random dialects and encodings, read back
mod round_trip; // a results file is a sheet again
mod screens; // what `check` shows, line by line
