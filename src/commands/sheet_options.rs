//! From settings to what reading and understanding a sheet need; and stdin as a file.

use crate::{
    failure::{Failure, Result},
    guest::{Allow, Rules},
    settings::{Access, Hidden, Settings},
    sheet::{self, SheetOptions},
};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
};

pub fn sheet_options(settings: &Settings) -> SheetOptions {
    let sheet = &settings.sheet;
    SheetOptions {
        map: sheet
            .columns
            .iter()
            .map(|map| (map.value.field, map.value.column.clone()))
            .collect(),
        encoding: sheet
            .encoding
            .as_ref()
            .map(|encoding| encoding.value.clone()),
        delimiter: sheet.delimiter.as_ref().map(|delimiter| delimiter.value),
        sheet: sheet.sheet.as_ref().map(|sheet| sheet.value.clone()),
        header_row: sheet.header_row.as_ref().map(|row| row.value),
        hidden: sheet.hidden.as_ref().map(|hidden| match hidden.value {
            Hidden::Include => sheet::Hidden::Include,
            Hidden::Skip => sheet::Hidden::Skip,
        }),
    }
}

pub fn rules(settings: &Settings) -> Rules {
    let allow = &settings.invite.allow.value;
    Rules {
        allow: Allow {
            member: allow.contains(&Access::Member),
            manager: allow.contains(&Access::Manager),
            groups: allow.contains(&Access::Groups),
        },
    }
}

/// A sheet that can be read several times: a path, or stdin put into a private temporary file.
pub struct Readable {
    path: PathBuf,
    _copy: Option<tempfile::NamedTempFile>,
}

impl Readable {
    pub fn new(sheet: &Path) -> Result<Self> {
        if sheet != Path::new("-") {
            return Ok(Self {
                path: sheet.to_owned(),
                _copy: None,
            });
        }
        let failed = |error: std::io::Error| {
            Failure::new(
                crate::exit::Exit::Unexpected,
                format!("cannot keep what came on stdin: {error}"),
            )
            .hint("give the sheet as a file, or make space in the temporary folder")
        };
        let mut copy = tempfile::Builder::new()
            .prefix("guestlist-")
            .suffix(".csv")
            .tempfile()
            .map_err(failed)?;
        let mut stdin = std::io::stdin().lock();
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match stdin.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => copy.write_all(&buffer[..read]).map_err(failed)?,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        copy.flush().map_err(failed)?;
        Ok(Self {
            path: copy.path().to_owned(),
            _copy: Some(copy),
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
