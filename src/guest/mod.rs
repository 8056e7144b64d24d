//! 2 Understanding: a row becomes a guest, or problems.

// In the order in which a row is understood. A blank line stands between the modules, so that formatting keeps the order.

mod layout; // which column holds which field

mod draft; // the fields of one row

mod record; // whether the row is whole, and which cells belong together

mod marks; // marks around a value

mod address_syntax; // what an address is

mod email; // the address, with the certain repairs

mod diagnose; // why a text is not an address

mod fields; // the other cells: send, language, country, …

mod sponsors; // sponsors

mod managers_and_groups; // the manager, and the groups

mod countries; // the countries, as two letters

mod texts; // names and messages

mod row_problems; // the problems of one row

mod hints; // what looks odd and may be right

mod first_rows; // which addresses came before

mod understand; // the whole row: a guest, a duplicate, or invalid

mod address_accounting; // where every address of the sheet went

pub(crate) mod resets; // guests who are to redeem again

mod model; // a guest, and the verdict about a row

pub(crate) mod catalogue; // the codes GL100 to GL299 in words

#[cfg(test)]
mod tests;

pub(crate) use address_accounting::{Addresses, UnusedColumn};
pub(crate) use email::EmailAddress;
pub(crate) use model::{Access, Inspected, ManagerRef, Profile, SponsorRef, Understood, UserType};
pub use model::{Allow, Guest, RowVerdict, Rules};
pub(crate) use texts::TOO_LONG as LONGEST_MESSAGE;
pub use understand::Understanding;
