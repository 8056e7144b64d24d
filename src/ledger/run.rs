//! A run as the ledger lists it.

use jiff::Timestamp;

/// What is known when a run begins.
#[derive(Debug, Clone)]
pub(crate) struct RunStart {
    pub id: String,
    pub verb: &'static str,
    pub sheet: Option<String>,
    /// Where the sheet really lies; none for what cannot be read again, such as standard input.
    pub sheet_path: Option<String>,
    /// How a person said that the sheet is to be read.
    pub reading: Option<String>,
    pub started_at: Timestamp,
    pub host: String,
    pub pid: u32,
    pub identity: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct RunRecord {
    pub id: String,
    pub verb: String,
    pub sheet: Option<String>,
    /// How a person said that the sheet is to be read.
    pub reading: Option<String>,
    pub started_at: Timestamp,
    /// None: still under way, or it died.
    pub ended_at: Option<Timestamp>,
    pub exit_code: Option<u8>,
    /// The run's own JSON report.
    pub report: Option<String>,
}
