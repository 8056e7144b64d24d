//! The query options of Graph (OData 4.01, as far as Graph supports them). A filter passes `expression`, then `filter`,
//! then `matching`.

pub(super) mod annotations; // @odata.type and its like in the body of a request
pub(super) mod entities; // users and groups as a filter sees them
mod expression; // the grammar of $filter
pub(super) mod filter; // which filters Graph accepts
mod matching; // which objects a filter matches
pub(super) mod query_options; // $select, $top, $count, page tokens
pub(super) mod search; // $search
