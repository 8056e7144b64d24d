//! 9 Reporting as a page: one HTML file about a run or about everybody, for the people who asked for it. It asks nothing
//! of any other place: style, script and drawings are in it, and its own policy forbids the rest.
//!
//! Must not read the ledger or the tenant: what is shown comes in as data. Everything that others wrote is escaped, and a
//! redeem link is written only where that was asked for.

// In the order of the work. A blank line stands between the modules, so that formatting keeps the order.

mod groups; // rows with the same problem

mod tally; // rows, counted

mod problems; // problems with their cure

mod happened; // what happened and what is next, in sentences

mod chart; // invitations over time

mod redemption; // who has redeemed

mod page; // everything that stands above the table

mod row; // one line of the table

mod html; // the file

#[cfg(test)]
mod tests;

pub(crate) use chart::Chart;
pub(crate) use happened::{RunFacts, everybody_happened};
pub(crate) use html::HtmlPage;
pub(crate) use page::{About, Page, state_counts};
pub(crate) use redemption::Redemption;
pub(crate) use row::{Known, Row};
pub(crate) use tally::Tally;
