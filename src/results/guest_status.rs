//! Who has come, as a file: one line for every guest who is meant, as CSV or as a workbook.
//!
//! Must not read anybody's state; it writes down what it is given.

use super::{file::TableFile, layout::Layout, target::write_failure};
use crate::{
    failure::Result,
    outcome::{GuestState, Mail},
    own_files::{FileKind, STATUS_COLUMNS},
    visible::visible_line,
};
use jiff::Timestamp;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What is known about one guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct GuestStatus {
    pub email: String,
    pub state: GuestState,
    /// Since when, where the directory says so.
    #[serde(serialize_with = "time")]
    pub since: Option<Timestamp>,
    #[serde(serialize_with = "time")]
    pub invited_at: Option<Timestamp>,
    /// Of pending guests, where it is known.
    pub pending_days: Option<u64>,
    pub mail: Option<Mail>,
    pub reminders: u64,
    #[serde(serialize_with = "time")]
    pub last_mail: Option<Timestamp>,
    pub sponsors: Vec<String>,
    /// A plain sentence where the state alone does not tell.
    pub note: Option<String>,
    pub user_id: Option<String>,
    #[serde(serialize_with = "time")]
    pub read_at: Option<Timestamp>,
    /// The row of the sheet or of the run that is meant.
    pub row: Option<u64>,
}

#[expect(clippy::ref_option, reason = "serde hands a reference to the field on")]
fn time<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    at.map(written).serialize(serializer)
}

fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A file of guests in the making; it appears whole or not at all.
pub(crate) struct StatusFile {
    file: TableFile,
    target: PathBuf,
}

impl StatusFile {
    pub(crate) fn create(target: &Path) -> Result<Self> {
        let layout = Layout {
            columns: Vec::new(),
            delimiter: b',',
            bom: false,
            line_end: "\n",
            sep_line: false,
        };
        let failed = |error| write_failure(target, FileKind::Status, &error);
        let mut file = TableFile::create(target, FileKind::Status, &layout).map_err(failed)?;
        file.record(STATUS_COLUMNS.into_iter()).map_err(failed)?;
        Ok(Self {
            file,
            target: target.to_owned(),
        })
    }

    pub(crate) fn guest(&mut self, guest: &GuestStatus) -> Result<()> {
        let at = |at: Option<Timestamp>| at.map(written).unwrap_or_default();
        let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
        let note = guest.note.as_deref().unwrap_or_default();
        let cells: [String; STATUS_COLUMNS.len()] = [
            guest.email.clone(),
            guest.state.word().to_owned(),
            at(guest.since),
            at(guest.invited_at),
            number(guest.pending_days),
            guest.mail.map(Mail::word).unwrap_or_default().to_owned(),
            guest.reminders.to_string(),
            at(guest.last_mail),
            visible_line(&guest.sponsors.join("; ")).into_owned(),
            visible_line(note).into_owned(),
            guest.user_id.clone().unwrap_or_default(),
            at(guest.read_at),
            number(guest.row),
        ];
        self.file
            .record(cells.iter().map(String::as_str))
            .map_err(|error| write_failure(&self.target, FileKind::Status, &error))
    }

    /// A row of the sheet that is nobody of its own, and why; `email` as the sheet has it.
    pub(crate) fn row_without_state(&mut self, row: u64, email: &str, why: &str) -> Result<()> {
        let (email, why, row) = (visible_line(email), visible_line(why), row.to_string());
        let cells = STATUS_COLUMNS.map(|column| match column {
            "email" => &*email,
            "note" => &*why,
            "row" => row.as_str(),
            _ => "",
        });
        self.file
            .record(cells.into_iter())
            .map_err(|error| write_failure(&self.target, FileKind::Status, &error))
    }

    /// Where the file is now, and what there is to say about it.
    pub(crate) fn finish(self) -> Result<(PathBuf, Vec<String>)> {
        let target = self.target;
        self.file
            .finish()
            .map_err(|error| write_failure(&target, FileKind::Status, &error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_run_as_a_formula_and_only_the_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("who.csv");
        let guest = GuestStatus {
            email: "a@b.example".into(),
            state: GuestState::Pending,
            since: None,
            invited_at: Some("2026-11-02T03:04:05Z".parse().unwrap()),
            pending_days: Some(24),
            mail: Some(Mail::Requested),
            reminders: 1,
            last_mail: None,
            sponsors: vec!["=cmd()".into(), "anna@b.example".into()],
            note: None,
            user_id: Some("17".into()),
            read_at: None,
            row: Some(3),
        };
        let mut file = StatusFile::create(&target).unwrap();
        file.guest(&guest).unwrap();
        assert_eq!(file.finish().unwrap(), (target.clone(), Vec::new()));
        assert_eq!(
            std::fs::read_to_string(&target).unwrap(),
            "email,state,since,invited_at,pending_days,mail,reminders,last_mail,sponsors,note,user_id,read_at,row\n\
             a@b.example,pending,,2026-11-02T03:04:05Z,24,requested,1,,'=cmd(); anna@b.example,,17,,3\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&target).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        // Ours, so that the next one may take its place.
        super::super::check_target(&target, FileKind::Status, Path::new("x.csv")).unwrap();
        let json = serde_json::to_value(&guest).unwrap();
        assert_eq!(json["state"], "pending");
        assert_eq!(json["invited_at"], "2026-11-02T03:04:05Z");
    }
}
