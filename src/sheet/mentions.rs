//! Every address that a sheet mentions anywhere: in whatever column, in rows that cannot be used, in hidden rows, on the
//! other sheets of a workbook.
//!
//! Used to find out who is no longer on a sheet. Must rather see an address too many than one too few: somebody who is
//! overlooked here may be deleted.

use super::{
    Refused, Row, Sheet, addresses, bytes::Bytes, encoding::Text, opened::Body, records::Records,
    sheet_errors::cannot_read, workbook,
};
use std::collections::HashSet;

/// The addresses of a sheet, each reduced to its letters and digits: a slip in the signs between them hides nobody.
#[derive(Debug, Default)]
pub(crate) struct Mentions {
    reduced: HashSet<String>,
}

impl Mentions {
    /// Whether an address stands somewhere on the sheet.
    pub(crate) fn contain(&self, address: &str) -> bool {
        self.reduced.contains(&reduced(address))
    }

    fn add_row(&mut self, row: &Row) {
        for (_, cell) in row.filled() {
            self.add(cell);
        }
    }

    fn add(&mut self, cell: &str) {
        let spelled_out = cell.replace("(at)", "@").replace("[at]", "@");
        if !addresses::has_at_sign(&spelled_out) {
            return;
        }
        for address in addresses::all(&spelled_out) {
            self.reduced.insert(reduced(address));
        }
        // What is no address by its form may be one with a slip in it.
        self.reduced.insert(reduced(&spelled_out));
        let between = |c: char| c.is_whitespace() || matches!(c, ';' | '<' | '>' | '"' | '|');
        for word in spelled_out.split(between) {
            if addresses::has_at_sign(word) {
                let word = word.strip_prefix("mailto:").unwrap_or(word);
                self.reduced.insert(reduced(word));
            }
        }
    }
}

fn reduced(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Sheet {
    /// Reads the whole sheet, and of a workbook all of it.
    pub(crate) fn mentions(&self) -> Result<Mentions, Refused> {
        let mut mentions = Mentions::default();
        match self.body() {
            Body::Workbook { .. } => {
                for tab in workbook::read(self.path())?.tabs {
                    tab.rows.iter().for_each(|held| mentions.add_row(&held.row));
                    tab.links.values().for_each(|link| mentions.add(link));
                }
            }
            Body::Text(charset) => {
                let (bytes, _) =
                    Bytes::open(self.path()).map_err(|error| cannot_read(self.path(), &error))?;
                let text = Text::new(bytes, *charset);
                let mut records = Records::new(text, self.dialect().delimiter);
                // Titles and headers too. Where the file breaks off is told below.
                while let Ok(Some(record)) = records.next() {
                    record.cells().for_each(|cell| mentions.add(cell));
                }
            }
        }
        for row in self.rows()? {
            mentions.add_row(&row?);
        }
        Ok(mentions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::SheetOptions;

    #[test]
    fn nobody_is_overlooked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("guests.csv");
        let sheet = "title of kim@above.example\n\
             email,Name,Note\n\
             Anna@Partner.Example,Anna,\n\
             bo@@partner.example,Bo,two signs\n\
             \"cy@partner,example\",Cy,a comma\n\
             dora(at)partner.example,Dora,\n\
             ,Eva,ask eva@partner.example first\n\
             \"Finn <finn@partner.example>; gina@partner.example\",two,\n\
             mailto:hugo@partner.example,Hugo,\n\
             o'hara\u{200b}@partner.example,Nora,\n";
        std::fs::write(&path, sheet).unwrap();
        let sheet = Sheet::open_to_check(&path, &SheetOptions::default()).unwrap();
        let mentions = sheet.mentions().unwrap();
        for address in [
            "kim@above.example",
            "anna@partner.example",
            "bo@partner.example",
            "cy@partner.example",
            "dora@partner.example",
            "eva@partner.example",
            "finn@partner.example",
            "gina@partner.example",
            "hugo@partner.example",
            "o'hara@partner.example",
        ] {
            assert!(mentions.contain(address), "{address}");
        }
        assert!(!mentions.contain("ann@partner.example"));
        assert!(!mentions.contain("partner.example"));
    }
}
