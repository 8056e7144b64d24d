//! A simulated server.
