//! The files: results and to-fix.
