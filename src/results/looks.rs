//! How the columns of our own files look in a workbook: dates as dates, links as links, outcomes in colour.
//!
//! Must not change what a cell says: a file that is read again says the same.

use crate::{
    outcome::{Attention, Outcome},
    own_files::{
        CLEANUP_COLUMNS, FileKind, LEAVERS_COLUMNS, RESULT_COLUMNS, STATUS_COLUMNS, TO_FIX_COLUMNS,
    },
};
use rust_xlsxwriter::{Format, FormatAlign, Url, Worksheet, XlsxError};

/// A4.
pub(super) const PAPER: u8 = 9;

/// How a column looks below its header.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Look {
    /// A text as it stands.
    #[default]
    Plain,
    /// A number, where the cell is one.
    Number,
    /// A time, where the cell is one of ours.
    Time,
    Outcome,
    /// A link that can be clicked.
    Link,
    /// A sentence, broken into lines.
    Sentence,
}

impl Look {
    /// Of a column by its place and its name. Columns of the sheet's own stay as they are.
    pub(super) fn of(kind: FileKind, place: usize, name: &str) -> Self {
        let ours: &[&str] = match kind {
            FileKind::Results => &RESULT_COLUMNS,
            FileKind::Status => &STATUS_COLUMNS,
            FileKind::Leavers => &LEAVERS_COLUMNS,
            FileKind::Cleanup => &CLEANUP_COLUMNS,
            FileKind::ToFix if TO_FIX_COLUMNS.contains(&name) => return Self::named(name),
            FileKind::ToFix | FileKind::Report => return Self::Plain,
        };
        if ours.get(place) == Some(&name) {
            Self::named(name)
        } else {
            Self::Plain
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "row" | "_row" | "pending_days" | "reminders" => Self::Number,
            "invited_at" | "since" | "last_mail" | "read_at" | "last_ask" => Self::Time,
            "outcome" => Self::Outcome,
            "redeem_url" => Self::Link,
            "hint" | "error" | "note" | "why" | "_problem" | "_fix" => Self::Sentence,
            _ => Self::Plain,
        }
    }
}

/// A sheet of XLSX holds as many links; a longer one is damaged (Excel specifications and limits).
const MOST_LINKS: u32 = 65_530;

/// Stands in the targets of links for a percent sign, which the writer of the workbook would escape once more. No link
/// has such a character.
pub(super) const PERCENT: &str = "\u{E000}";

/// What the cells of one sheet of a workbook are written with.
pub(super) struct Pen {
    pub header: Format,
    number: Format,
    time: Format,
    link: Format,
    sentence: Format,
    top: Format,
    outcomes: [Format; 4],
    pub links: u32,
    most_links: u32,
}

impl Pen {
    pub(super) fn new() -> Self {
        let top = Format::new().set_align(FormatAlign::Top);
        Self {
            header: Format::new().set_bold(),
            number: top.clone().set_align(FormatAlign::Left),
            time: top.clone().set_num_format(r#"yyyy-mm-dd hh:mm:ss "UTC""#),
            link: top.clone().set_hyperlink(),
            sentence: top.clone().set_text_wrap(),
            outcomes: [
                Attention::Hand,
                Attention::Open,
                Attention::Done,
                Attention::Quiet,
            ]
            .map(coloured),
            top,
            links: 0,
            most_links: MOST_LINKS,
        }
    }

    /// Writes a cell that is not empty.
    pub(super) fn write(
        &mut self,
        sheet: &mut Worksheet,
        place: (u32, u16),
        look: Look,
        cell: &str,
    ) -> Result<(), XlsxError> {
        let (row, column) = place;
        match look {
            Look::Number => {
                let number = cell.parse::<u32>().ok();
                if let Some(number) = number.filter(|number| number.to_string() == cell) {
                    sheet.write_number_with_format(row, column, number, &self.number)?;
                    return Ok(());
                }
            }
            Look::Time => {
                if let Some(serial) = serial(cell) {
                    sheet.write_number_with_format(row, column, serial, &self.time)?;
                    return Ok(());
                }
            }
            Look::Link if self.links < self.most_links && cell.starts_with("http") => {
                let url = Url::new(cell.replace('%', PERCENT)).set_text(cell);
                // Longer ones than Excel takes are left as text.
                if sheet
                    .write_url_with_format(row, column, url, &self.link)
                    .is_ok()
                {
                    self.links += 1;
                    return Ok(());
                }
            }
            Look::Outcome => {
                if let Some(outcome) = Outcome::from_word(cell) {
                    let format = &self.outcomes[outcome.attention() as usize];
                    sheet.write_string_with_format(row, column, cell, format)?;
                    return Ok(());
                }
            }
            Look::Sentence => {
                sheet.write_string_with_format(row, column, cell, &self.sentence)?;
                return Ok(());
            }
            Look::Link | Look::Plain => {}
        }
        sheet.write_string_with_format(row, column, cell, &self.top)?;
        Ok(())
    }
}

/// The colours of an outcome; its word says the same.
pub(super) fn coloured(attention: Attention) -> Format {
    let (paper, ink) = match attention {
        Attention::Hand => (0x00FD_E0DC, 0x008C_1D18),
        Attention::Open => (0x00FF_F1CC, 0x006A_4A00),
        Attention::Done => (0x00DF_F3E4, 0x000F_5323),
        Attention::Quiet => (0x00E8_EAED, 0x003C_4043),
    };
    Format::new()
        .set_align(FormatAlign::Top)
        .set_background_color(paper)
        .set_font_color(ink)
}

/// A time as spreadsheets count it: days since the end of 1899.
fn serial(cell: &str) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    const EPOCH: f64 = 25_569.0;
    let at: jiff::Timestamp = cell.parse().ok()?;
    let is_ours = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string() == cell;
    (is_ours && at.as_second() >= 0).then(|| at.as_second() as f64 / DAY + EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_columns_look_special() {
        let look = |place, name| Look::of(FileKind::Results, place, name);
        assert_eq!(look(0, "row"), Look::Number);
        assert_eq!(look(1, "outcome"), Look::Outcome);
        assert_eq!(look(5, "redeem_url"), Look::Link);
        assert_eq!(look(10, "invited_at"), Look::Time);
        assert_eq!(look(20, "sheet_hint"), Look::Plain);
        // A name that a person has moved stands in another place.
        assert_eq!(look(9, "redeem_url"), Look::Plain);
        assert_eq!(Look::of(FileKind::ToFix, 3, "hint"), Look::Plain);
        assert_eq!(Look::of(FileKind::ToFix, 9, "_fix"), Look::Sentence);
    }

    #[test]
    fn links_beyond_what_a_sheet_takes_are_texts() {
        const LINK: &str = "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2fx";
        let mut workbook = rust_xlsxwriter::Workbook::new();
        let sheet = workbook.add_worksheet();
        let mut pen = Pen {
            most_links: 2,
            ..Pen::new()
        };
        for row in 0..5 {
            pen.write(sheet, (row, 0), Look::Link, LINK).unwrap();
        }
        assert_eq!((pen.links, Pen::new().most_links), (2, 65_530));
        let whole = workbook.save_to_buffer().unwrap();
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
        let mut part = |name: &str| {
            let mut text = String::new();
            let mut part = zip.by_name(name).unwrap();
            std::io::Read::read_to_string(&mut part, &mut text).unwrap();
            text
        };
        let sheet = part("xl/worksheets/sheet1.xml");
        assert_eq!(sheet.matches("<hyperlink ").count(), 2);
        // All five are there to be read.
        assert_eq!(sheet.matches("<c r=\"A").count(), 5);
        assert!(part("xl/sharedStrings.xml").contains("count=\"5\""));
    }

    #[test]
    fn only_times_as_we_write_them_become_times() {
        assert_eq!(serial("1970-01-01T00:00:00Z"), Some(25_569.0));
        assert_eq!(serial("2026-03-01T12:00:00Z"), Some(46_082.5));
        for other in [
            "",
            "2026-03-01",
            "2026-03-01T12:00:00+01:00",
            "1969-12-31T23:59:59Z",
            "x",
        ] {
            assert_eq!(serial(other), None, "{other}");
        }
    }
}
