//! A request to Graph and its reply, free of HTTP libraries. Nothing here knows what the answer to a request is.

pub(super) mod graph_error; // Graph's error envelope, and the errors that several endpoints return
pub(super) mod reply; // status, headers, body, and what happens to it on its way
pub(super) mod request; // method, path, query, headers and body of a request
pub(super) mod request_kind; // the kinds of requests that are counted and disturbed separately
