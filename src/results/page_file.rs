//! A page in the making: written as a whole or not at all, like a table, and readable by this user only.
//!
//! Must not know what is on the page.

use super::{file::Place, target::write_failure};
use crate::{failure::Failure, failure::Result, own_files::FileKind};
use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

pub(crate) struct PageFile {
    out: BufWriter<Place>,
    target: PathBuf,
}

impl PageFile {
    pub(crate) fn create(target: &Path) -> Result<Self> {
        let place = Place::of(target, FileKind::Report)
            .map_err(|error| write_failure(target, FileKind::Report, &error))?;
        Ok(Self {
            out: BufWriter::with_capacity(64 * 1024, place),
            target: target.to_owned(),
        })
    }

    /// Puts the file in its place. Returns where it is, and what a person should know about that.
    pub(crate) fn finish(self) -> Result<(PathBuf, Vec<String>)> {
        let target = self.target;
        let failed = |error: &io::Error| write_failure(&target, FileKind::Report, error);
        let place = self
            .out
            .into_inner()
            .map_err(|error| failed(error.error()))?;
        place
            .finish(target.clone(), FileKind::Report)
            .map_err(|error| failed(&error))
    }

    /// A failure to write it, in words.
    pub(crate) fn failed(target: &Path, error: &io::Error) -> Failure {
        write_failure(target, FileKind::Report, error)
    }
}

impl Write for PageFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
