//! Who may be deleted, and who is left, with the reason.
//!
//! Decides from what the ledger knows and from the states that were read a moment ago; whoever is to go is looked up once
//! more right before the deletion. Must leave everybody of whom there is a doubt.

use super::made_by_us::{Clocks, Made};
use crate::{
    commands::status::{
        people::{Person, Scope},
        report::status_of,
    },
    engine::{GuestToDelete, is_over},
    failure::Result,
    guest::EmailAddress,
    ledger::{KnownGuest, MailHistory, NotOurs, Origin, PersonState, Reader},
    outcome::GuestState,
    results::CleanupLine,
    settings::Age,
    ui::DeletionLine,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Why somebody is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    Gone,
    Elsewhere,
    BackOnTheSheet,
    NotOld,
    Redeemed,
    OtherState(GuestState),
    NotKnown,
    AnotherUser,
    Others,
    Imported,
    Settled,
    NotLookedUp,
    Restored,
    OlderLedger,
    MadeByOthers,
    ClocksDiffer,
    Unsettled,
    Forgotten,
}

impl LeftOut {
    /// One stable word for `--json` and the list.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Elsewhere => "elsewhere",
            Self::BackOnTheSheet => "back-on-the-sheet",
            Self::NotOld => "not-old",
            Self::Redeemed => "redeemed",
            Self::OtherState(_) => "other-state",
            Self::NotKnown => "not-known",
            Self::AnotherUser => "another-user",
            Self::Others => "not-ours",
            Self::Imported => "imported",
            Self::Settled => "settled",
            Self::NotLookedUp => "not-looked-up",
            Self::Restored => "restored",
            Self::OlderLedger => "older-ledger",
            Self::MadeByOthers => "made-by-others",
            Self::ClocksDiffer => "clocks-differ",
            Self::Unsettled => "unsettled",
            Self::Forgotten => "forgotten",
        }
    }

    /// As a part of a sentence, after the number.
    pub(super) fn words(self, count: u64, older_than: Option<Age>) -> String {
        let one = count == 1;
        let (was, were, has, stands) = if one {
            ("is", "was", "has", "stands")
        } else {
            ("are", "were", "have", "stand")
        };
        match self {
            Self::Gone => format!("{was} not in the directory any more"),
            Self::Elsewhere => format!("{stands} on the newest run of another sheet"),
            Self::BackOnTheSheet => format!("{stands} on the sheet again"),
            Self::NotOld => {
                let age = older_than.map_or_else(String::new, |age| age.to_string());
                format!("{were} asked or reminded within the last {age}")
            }
            Self::Redeemed => format!("{has} redeemed"),
            Self::OtherState(GuestState::Disabled) => {
                format!("{was} blocked from signing in, which a person decided")
            }
            Self::OtherState(_) => format!("{was} not pending"),
            Self::NotKnown => format!("{was} not known to this ledger"),
            Self::AnotherUser => format!("{was} another user by now than on the list"),
            Self::Others => format!("{were} not invited by this ledger"),
            Self::Imported => format!("{were} taken over from results files"),
            Self::Settled => {
                format!("{were} found to be invited without an answer that proves it")
            }
            Self::NotLookedUp => format!("{were} invited without a look whether they were there"),
            Self::Restored => format!("{were} deleted by an earlier run and restored since"),
            Self::OlderLedger => {
                format!("{were} invited before this ledger was restored from a copy")
            }
            Self::MadeByOthers => format!("{were} made by somebody else, as the dates say"),
            Self::ClocksDiffer => "cannot be told from guests of others, as the clocks of the tenant and of this machine differ".to_owned(),
            Self::Unsettled => {
                "may have been deleted and restored: an earlier deletion was never answered"
                    .to_owned()
            }
            Self::Forgotten => format!("{were} forgotten on request"),
        }
    }

    /// Whether it is as it should be that the person is left.
    pub(super) fn is_fine(self) -> bool {
        matches!(
            self,
            Self::Gone | Self::Elsewhere | Self::BackOnTheSheet | Self::NotOld | Self::Forgotten
        )
    }
}

impl From<NotOurs> for LeftOut {
    fn from(why: NotOurs) -> Self {
        match why {
            NotOurs::Others => Self::Others,
            NotOurs::Imported => Self::Imported,
            NotOurs::Settled => Self::Settled,
            NotOurs::NotLookedUp => Self::NotLookedUp,
            NotOurs::Restored => Self::Restored,
        }
    }
}

/// What is known beside the people themselves.
pub(super) struct Rules<'a> {
    pub older_than: Option<Age>,
    /// Guests of a list may have redeemed.
    pub accepted: bool,
    pub elsewhere: HashSet<String>,
    /// Whoever stands on the sheet again that the list is about.
    pub back: HashSet<String>,
    /// All addresses that lead to each user.
    pub addresses: HashMap<String, Vec<String>>,
    /// The users that the list names, by the address in small letters.
    pub listed_users: HashMap<String, Option<String>>,
    /// Users whose deletion was never answered.
    pub unsettled: &'a [String],
    /// The ledger is a copy that came into use then.
    pub restored_at: Option<Timestamp>,
    pub now: Timestamp,
}

/// Who may be deleted, and why the others may not.
#[derive(Default)]
pub(super) struct Candidates {
    pub people: u64,
    pub due: Vec<GuestToDelete>,
    pub lines: Vec<DeletionLine>,
    pub left_out: BTreeMap<LeftOut, u64>,
    /// Everybody who is left, for the list.
    pub left: Vec<CleanupLine>,
}

/// Somebody whose only open question is the date.
struct Dated {
    guest: GuestToDelete,
    origin: Origin,
    line: DeletionLine,
}

/// Whoever may be deleted, before the dates are judged.
pub(super) struct Found {
    candidates: Candidates,
    dated: Vec<Dated>,
    clocks: Clocks,
}

impl Found {
    /// The runs whose other guests tell about the clocks.
    pub(super) fn runs(&self) -> Vec<String> {
        let mut runs: Vec<String> = self
            .dated
            .iter()
            .filter_map(|dated| dated.origin.run.clone())
            .collect();
        runs.sort_unstable();
        runs.dedup();
        runs
    }

    /// A further guest of a run, with the date where the guest is still there.
    pub(super) fn witness(
        &mut self,
        origin: &Origin,
        user_id: &str,
        created_at: Option<Timestamp>,
    ) {
        self.clocks.add(origin, user_id, created_at);
    }

    /// A further guest of a run who tells nothing about the clocks.
    pub(super) fn no_witness(&mut self, run: &str, user_id: &str) {
        self.clocks.add_silent(run, user_id);
    }

    pub(super) fn decide(self) -> Candidates {
        let mut candidates = self.candidates;
        for Dated {
            guest,
            origin,
            line,
        } in self.dated
        {
            match self.clocks.judge(&origin, guest.created_at) {
                Made::ByUs => {
                    candidates.lines.push(line);
                    candidates.due.push(guest);
                }
                other => {
                    let why = if other == Made::ByOthers {
                        LeftOut::MadeByOthers
                    } else {
                        LeftOut::ClocksDiffer
                    };
                    let user = Some(guest.user_id.clone());
                    candidates.leave(why, &line.email, line.last_ask, user, guest.row);
                }
            }
        }
        candidates
    }
}

impl Candidates {
    fn leave(
        &mut self,
        why: LeftOut,
        email: &str,
        last_ask: Option<Timestamp>,
        user_id: Option<String>,
        row: Option<u64>,
    ) {
        *self.left_out.entry(why).or_default() += 1;
        self.left.push(CleanupLine {
            email: email.to_owned(),
            deletion: why.word(),
            why: why.words(1, None).trim_end().to_owned(),
            last_ask,
            user_id,
            row,
        });
    }
}

pub(super) fn candidates(reader: &Reader, scope: Scope<'_>, rules: &Rules<'_>) -> Result<Found> {
    let mut found = Found {
        candidates: Candidates::default(),
        dated: Vec::new(),
        clocks: Clocks::default(),
    };
    // Two addresses may be one person.
    let mut users: HashSet<String> = HashSet::new();
    let mut pages = scope.pages(reader)?;
    loop {
        let page = pages.next_page()?;
        if page.is_empty() {
            return Ok(found);
        }
        for person in page {
            let user = person
                .known
                .as_ref()
                .and_then(|known| known.user_id.as_ref())
                .map(|id| id.to_ascii_lowercase());
            if user.is_some_and(|user| !users.insert(user)) {
                continue;
            }
            found.candidates.people += 1;
            let last_ask = match person
                .known
                .as_ref()
                .and_then(|known| known.user_id.as_ref())
            {
                Some(user) => reader.last_asked(user)?,
                None => None,
            };
            match judge(&person, last_ask, reader, rules)? {
                Ok((guest, origin, state)) => {
                    found
                        .clocks
                        .add(&origin, &guest.user_id, Some(guest.created_at));
                    let line = DeletionLine {
                        email: guest.email.as_str().to_owned(),
                        state,
                        last_ask,
                    };
                    found.dated.push(Dated {
                        guest,
                        origin,
                        line,
                    });
                }
                Err(why) => {
                    let user_id = person.known.and_then(|known| known.user_id);
                    found
                        .candidates
                        .leave(why, &person.email, last_ask, user_id, person.row);
                }
            }
        }
    }
}

type Judged = std::result::Result<(GuestToDelete, Origin, GuestState), LeftOut>;

fn judge(
    person: &Person,
    last_ask: Option<Timestamp>,
    reader: &Reader,
    rules: &Rules<'_>,
) -> Result<Judged> {
    if person.is_forgotten {
        return Ok(Err(LeftOut::Forgotten));
    }
    let Some(KnownGuest {
        person: Some(id),
        user_id: Some(user_id),
        standing,
        read,
        ..
    }) = person.known.as_ref()
    else {
        let known = person.known.as_ref();
        let is_theirs = known.is_some_and(|known| known.user_id.is_some());
        return Ok(Err(if is_theirs {
            LeftOut::Others
        } else {
            LeftOut::NotKnown
        }));
    };
    let key = person.email.to_ascii_lowercase();
    let listed = rules.listed_users.get(&key).and_then(Option::as_ref);
    if listed.is_some_and(|listed| !listed.eq_ignore_ascii_case(user_id)) {
        return Ok(Err(LeftOut::AnotherUser));
    }
    let state = status_of(person, MailHistory::default(), rules.now).state;
    if state == GuestState::Gone {
        return Ok(Err(LeftOut::Gone));
    }
    if *standing == PersonState::Claimed {
        return Ok(Err(LeftOut::Imported));
    }
    let origin = match reader.origin(*id)? {
        Ok(origin) => origin,
        Err(why) => return Ok(Err(why.into())),
    };
    if *standing != PersonState::Invited {
        return Ok(Err(LeftOut::Settled));
    }
    let asked_before = |at: Timestamp| origin.asked_at <= at;
    if rules.restored_at.is_some_and(asked_before) {
        return Ok(Err(LeftOut::OlderLedger));
    }
    if rules
        .unsettled
        .iter()
        .any(|id| id.eq_ignore_ascii_case(user_id))
    {
        return Ok(Err(LeftOut::Unsettled));
    }
    let others = rules.addresses.get(&user_id.to_ascii_lowercase());
    let stands = |who: &HashSet<String>| {
        who.contains(&key) || others.is_some_and(|all| all.iter().any(|key| who.contains(key)))
    };
    if stands(&rules.elsewhere) {
        return Ok(Err(LeftOut::Elsewhere));
    }
    if stands(&rules.back) {
        return Ok(Err(LeftOut::BackOnTheSheet));
    }
    match state {
        GuestState::Pending if !rules.accepted && reader.was_reset(user_id)? => {
            return Ok(Err(LeftOut::Redeemed));
        }
        GuestState::Pending => {}
        GuestState::Accepted if rules.accepted => {}
        GuestState::Accepted => return Ok(Err(LeftOut::Redeemed)),
        other => return Ok(Err(LeftOut::OtherState(other))),
    }
    if let Some(age) = rules.older_than {
        // Our clock may have been wrong when the guest was asked.
        let created_at = read.and_then(|read| read.created_at);
        let last = last_ask.max(Some(origin.asked_at)).max(created_at);
        if last.is_none_or(|last| !is_over(last, age.0, rules.now)) {
            return Ok(Err(LeftOut::NotOld));
        }
    }
    let (Some(created_at), Ok(email)) = (
        read.and_then(|read| read.created_at),
        EmailAddress::parse(&person.email),
    ) else {
        return Ok(Err(LeftOut::ClocksDiffer));
    };
    let guest = GuestToDelete {
        person: *id,
        row: person.row,
        email,
        user_id: user_id.clone(),
        created_at,
        may_have_redeemed: rules.accepted,
        newest_event: reader.mail_history(user_id)?.newest_event,
    };
    Ok(Ok((guest, origin, state)))
}
