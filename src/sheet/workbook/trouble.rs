//! Why a workbook cannot be read.

#[derive(Debug)]
pub(super) enum Trouble {
    Protected,
    TooLarge(String),
    NotAWorkbook(&'static str),
    Damaged(String),
}

impl Trouble {
    pub(super) fn damaged(error: impl std::fmt::Display) -> Self {
        Self::Damaged(error.to_string())
    }
}
