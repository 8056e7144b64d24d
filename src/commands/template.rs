//! `guestlist template`: an empty sheet with every column.
//!
//! Must not invent people: a row that nobody deleted would be invited.

use super::explain::written;
use crate::{exit::Exit, failure::Result, sheet::Field};
use std::io::Write;

/// Prints the header of a sheet. The columns that give access or power come last.
pub(crate) fn template(out: &mut dyn Write) -> Result<Exit> {
    let words: Vec<&str> = Field::ALL.iter().map(|field| field.word()).collect();
    written(out.write_all(format!("{}\r\n", words.join(",")).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Sheet, SheetOptions};

    #[test]
    fn a_filled_in_template_is_a_sheet_with_every_field() {
        let mut sheet = Vec::new();
        template(&mut sheet).unwrap();
        sheet.extend_from_slice(b"a@x.org,Anna\r\n");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), sheet).unwrap();
        let sheet = Sheet::open(file.path(), &SheetOptions::default()).unwrap();
        assert_eq!(sheet.header().mapping.len(), Field::COUNT);
    }
}
