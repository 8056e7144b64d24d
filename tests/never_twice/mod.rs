//! never_twice
