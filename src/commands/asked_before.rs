//! What an earlier run asked for a guest with (landing page, language, words), beside what this one would ask with.
//!
//! Only tells; a person decides whether that is meant.

use super::{microsoft_words::MicrosoftWords, own_mail::Names, own_mail::OwnWords};
use crate::{
    engine::WordsOf,
    failure::Result,
    fingerprint,
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::{KnownGuest, Reader},
    sheet::{Refused, Sheet},
    ui::text,
};
use std::{collections::BTreeMap, sync::Arc};

/// Rows that are named; more are counted.
const NAMED: usize = 10;

/// What a guest would be asked for with now.
pub(super) struct AskNow<'a> {
    pub redirect_url: &'a str,
    pub language: Option<&'a str>,
    /// A hash; none where no mail goes out.
    pub words: Option<&'a str>,
}

/// One thing that has changed, and how.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Redirect { then: String, now: String },
    Language { then: String, now: String },
    Words { then: String, now: String },
}

/// The rows for which something has changed.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Change, Vec<u64>>);

impl Changes {
    /// `then` is what the ledger kept of the newest ask; what it did not keep is not compared.
    pub(super) fn compare(&mut self, row: u64, then: &KnownGuest, now: &AskNow<'_>) {
        let Some(redirect) = &then.redirect_url else {
            return;
        };
        if redirect != now.redirect_url {
            let (then, now) = (redirect.clone(), now.redirect_url.to_owned());
            self.add(row, Change::Redirect { then, now });
        }
        let language = |language: Option<&str>| language.unwrap_or("none").to_owned();
        let (before, after) = (then.language.as_deref(), now.language);
        let is_same = match (before, after) {
            (Some(before), Some(after)) => before.eq_ignore_ascii_case(after),
            (before, after) => before == after,
        };
        if !is_same {
            let (then, now) = (language(before), language(after));
            self.add(row, Change::Language { then, now });
        }
        if let (Some(then), Some(now)) = (&then.words, now.words)
            && then != now
        {
            let (then, now) = (short(then), short(now));
            self.add(row, Change::Words { then, now });
        }
    }

    fn add(&mut self, row: u64, change: Change) {
        self.0.entry(change).or_default().push(row);
    }

    /// One sentence for each change.
    pub(super) fn told(self) -> Vec<String> {
        self.0
            .into_iter()
            .map(|(change, rows)| {
                let rows = named(&rows);
                match change {
                    Change::Redirect { then, now } => format!(
                        "{rows}: the guest was asked for with the landing page {then}, and it is {now} now"
                    ),
                    Change::Language { then, now } => format!(
                        "{rows}: the language of the first request was {then}, and it is {now} now"
                    ),
                    Change::Words { then, now } => format!(
                        "{rows}: the words of the mail are others than those of the first request (template or message {then} then, {now} now)"
                    ),
                }
            })
            .collect()
    }
}

/// Enough to tell two hashes apart.
fn short(hash: &str) -> String {
    hash.chars().take(8).collect()
}

fn named(rows: &[u64]) -> String {
    let shown: Vec<String> = rows.iter().take(NAMED).map(u64::to_string).collect();
    let more = rows.len().saturating_sub(shown.len()) as u64;
    let word = if rows.len() == 1 { "row" } else { "rows" };
    match more {
        0 => format!("{word} {}", text::list(&shown)),
        more => format!(
            "{word} {} and {} more",
            shown.join(", "),
            text::number(more)
        ),
    }
}

/// Where the words of the mails come from.
#[derive(Clone)]
pub(super) enum WordsFrom {
    Own(Arc<OwnWords>),
    /// Microsoft's mail, with a template or without.
    Microsoft(Option<Arc<MicrosoftWords>>),
    Nobody,
}

impl WordsFrom {
    /// The words of a guest whose message is in place already, as a hash.
    pub(super) fn hash(&self, guest: &Guest) -> Option<String> {
        match self {
            Self::Own(words) => {
                let template = words.templates.fingerprint(guest.language.as_deref());
                template.map(str::to_owned)
            }
            Self::Microsoft(_) => Some(of_message(guest.message.as_deref())),
            Self::Nobody => None,
        }
    }

    /// For the engine, which keeps it with each ask.
    pub(super) fn for_engine(&self) -> WordsOf {
        let words = self.clone();
        WordsOf::new(move |guest| words.hash(guest))
    }
}

/// Of the words in Microsoft's mail.
pub(super) fn of_message(message: Option<&str>) -> String {
    fingerprint::lasting([message.unwrap_or_default()])
}

/// What a resumed run of `invite` looks at.
pub(super) struct Resumed<'a> {
    pub sheet: &'a Sheet,
    pub rules: &'a Rules,
    pub reader: &'a Reader,
    pub words: &'a WordsFrom,
    pub names: &'a Names,
    pub redirect_url: &'a str,
}

impl Resumed<'_> {
    /// Of the selected rows, those that were asked for without a certain answer, or whose mail is due.
    pub(super) fn changes(&self, is_mailed: impl Fn(&Guest) -> bool) -> Result<Vec<String>> {
        let mut changes = Changes::default();
        let unfinished = self.reader.unfinished()?;
        if unfinished.is_empty() {
            return Ok(Vec::new());
        }
        let mut understanding = Understanding::new(self.sheet, self.rules);
        for row in self.sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(mut guest) = understanding.understand(&row).verdict else {
                continue;
            };
            if !unfinished.contains(guest.email.key()) {
                continue;
            }
            let Some(then) = self.reader.known_guest(guest.email.key())? else {
                continue;
            };
            let mailed = is_mailed(&guest);
            if let (true, WordsFrom::Microsoft(Some(words))) = (mailed, self.words)
                && let Ok(message) = words.of_row(self.sheet, &row, &guest, self.names)
            {
                guest.message = Some(message);
            }
            let words = self.words.hash(&guest).filter(|_| mailed);
            let now = AskNow {
                redirect_url: guest.redirect_url.as_deref().unwrap_or(self.redirect_url),
                language: guest.language.as_deref(),
                words: words.as_deref(),
            };
            changes.compare(guest.row, &self.with_its_mail(then)?, &now);
        }
        Ok(changes.told())
    }

    fn with_its_mail(&self, then: KnownGuest) -> Result<KnownGuest> {
        match self.words {
            WordsFrom::Own(_) => with_template_of_last_mail(self.reader, then),
            _ => Ok(then),
        }
    }
}

/// A mail of our own that was about to leave says more than the ask before it.
pub(super) fn with_template_of_last_mail(
    reader: &Reader,
    mut then: KnownGuest,
) -> Result<KnownGuest> {
    if let Some(user) = &then.user_id
        && let Some(template) = reader.last_template(user)?
    {
        then.words = Some(template);
    }
    Ok(then)
}
