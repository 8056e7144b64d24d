//! Who is due for a reminder, and who is not, with the reason.
//!
//! Decides from what the ledger knows and from the states that were read a moment ago; whoever is due is looked up once
//! more right before the mail.

use crate::{
    commands::{
        older_ledger::AFTER_AN_IMPORT,
        status::{
            people::{Person, Scope},
            report::{invited, status_of},
        },
    },
    engine::{GuestToRemind, is_over},
    failure::Result,
    graph::MessageInfo,
    guest::EmailAddress,
    ledger::{KnownGuest, MailHistory, PersonState, Reader},
    outcome::{GuestState, Mail},
    settings::RemindSettings,
    ui::ReminderLine,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashSet};

/// Why a pending guest is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LeftOut {
    NotOld,
    NoDate,
    MailedLately,
    ImportedLately,
    RefusedLately,
    OftenEnough,
    NeverMailed,
    FirstMailUnknown,
    NotSettled,
    NoLink,
    Reset,
}

impl LeftOut {
    /// One stable word for `--json`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::NotOld => "not-old",
            Self::NoDate => "no-date",
            Self::MailedLately => "mailed-lately",
            Self::ImportedLately => "imported-lately",
            Self::RefusedLately => "refused-lately",
            Self::OftenEnough => "often-enough",
            Self::NeverMailed => "never-mailed",
            Self::FirstMailUnknown => "first-mail-unknown",
            Self::NotSettled => "not-settled",
            Self::NoLink => "no-link",
            Self::Reset => "reset",
        }
    }

    /// As a part of a sentence, after the number.
    pub(super) fn words(self, count: u64, settings: &RemindSettings) -> String {
        let were = if count == 1 { "was" } else { "were" };
        match self {
            Self::NotOld => format!("{were} invited less than {} ago", settings.older_than.value),
            Self::NoDate => format!("{were} invited at a time that is not known"),
            Self::MailedLately => format!("{were} mailed within the last {}", settings.every.value),
            Self::ImportedLately => {
                format!("{were} taken over from results files within the last 7 days")
            }
            Self::RefusedLately => format!(
                "{were} refused by Graph within the last {}",
                settings.every.value
            ),
            Self::OftenEnough => {
                let times = crate::ui::text::plural(settings.max_times.value, "time");
                format!("{were} reminded {times} already")
            }
            Self::NeverMailed => format!("{were} never mailed"),
            Self::FirstMailUnknown => "may have got no first mail at all".to_owned(),
            Self::NotSettled => format!("{were} asked for without an answer that tells"),
            Self::NoLink => "cannot be mailed, as the ledger has no link".to_owned(),
            Self::Reset => format!(
                "{were} reset to a new address: `guestlist reset-redemption` with --again mails them once more"
            ),
        }
    }
}

/// Everybody who is due, and why the others are not.
#[derive(Default)]
pub(super) struct Candidates {
    /// Everybody who was looked at.
    pub people: u64,
    /// The same by state, pending guests included.
    pub states: BTreeMap<&'static str, u64>,
    /// Further addresses of a pending user, who is counted once.
    pub same_user: u64,
    pub pending: u64,
    /// Pending guests who are left out: the row, the id of the user, and why.
    pub not_due: Vec<(Option<u64>, String, LeftOut)>,
    pub due: Vec<GuestToRemind>,
    /// What the ledger knows of each of them, in the same order.
    pub known: Vec<KnownGuest>,
    pub lines: Vec<ReminderLine>,
    /// How many who are due have words of their own on the sheet.
    pub worded: u64,
    pub left_out: BTreeMap<LeftOut, u64>,
}

/// What a reminder carries that the ledger does not know.
pub(super) struct Defaults<'a> {
    pub redirect_url: &'a str,
    /// Whether Microsoft's mail will carry words of one's own.
    pub words_arrive: bool,
    /// A mail of our own is nothing without the link.
    pub needs_link: bool,
}

pub(super) fn candidates(
    reader: &Reader,
    scope: Scope<'_>,
    settings: &RemindSettings,
    defaults: &Defaults<'_>,
    now: Timestamp,
) -> Result<Candidates> {
    let mut found = Candidates::default();
    // Two addresses may be one person, who gets one mail.
    let mut users: HashSet<String> = HashSet::new();
    let histories = reader.mail_histories()?;
    let mut pages = scope.pages(reader)?;
    loop {
        let page = pages.next_page()?;
        if page.is_empty() {
            break;
        }
        for person in page {
            found.people += 1;
            if person.is_forgotten {
                *found.states.entry("forgotten").or_default() += 1;
                continue;
            }
            let known = person.known.as_ref();
            let Some((known, user_id)) =
                known.and_then(|known| Some((known, known.user_id.clone()?)))
            else {
                let guest = status_of(&person, MailHistory::default(), now);
                *found.states.entry(guest.state.word()).or_default() += 1;
                continue;
            };
            let history = histories.of(known.person, Some(&user_id))?;
            let guest = status_of(&person, history, now);
            if guest.state != GuestState::Pending {
                *found.states.entry(guest.state.word()).or_default() += 1;
                continue;
            }
            if !users.insert(user_id.to_ascii_lowercase()) {
                found.same_user += 1;
                continue;
            }
            *found.states.entry(guest.state.word()).or_default() += 1;
            found.pending += 1;
            let person_id = known.person.unwrap_or_default();
            let (reason, invited_at) = match judge(&person, history, settings, now) {
                Ok(invited_at) => (None, invited_at),
                Err(reason) => (Some(reason), now),
            };
            // The address that was invited may lead nowhere any more, or to somebody else's mailbox.
            let reason = match reader.reset_to(&user_id)? {
                Some(_) => Some(LeftOut::Reset),
                None => reason,
            };
            let reason = match reason {
                None if defaults.needs_link && !reader.knows_link(&user_id)? => {
                    Some(LeftOut::NoLink)
                }
                reason => reason,
            };
            let email = EmailAddress::parse(&known.email);
            match (reason, email) {
                (None, Ok(email)) => {
                    found.lines.push(ReminderLine {
                        email: known.email.clone(),
                        days: u64::try_from(now.duration_since(invited_at).as_hours() / 24)
                            .unwrap_or(0),
                        reminders: history.reminders,
                        last_mail: history.last_mail,
                    });
                    let guest = person.guest.as_ref();
                    found.worded += u64::from(guest.is_some_and(|guest| guest.message.is_some()));
                    let invited = (email, invited_at);
                    found.known.push(known.clone());
                    found
                        .due
                        .push(to_remind(&person, person_id, user_id, invited, defaults));
                }
                (reason, _) => {
                    let reason = reason.unwrap_or(LeftOut::NotSettled);
                    *found.left_out.entry(reason).or_default() += 1;
                    found.not_due.push((person.row, user_id, reason));
                }
            }
        }
    }
    name_the_nameless(reader, &mut found.due)?;
    Ok(found)
}

/// Where the sheet gives no name, the newest row of an earlier run may.
fn name_the_nameless(reader: &Reader, due: &mut [GuestToRemind]) -> Result<()> {
    let nameless: HashSet<i64> = due
        .iter()
        .filter(|guest| guest.display_name.is_none())
        .map(|guest| guest.person)
        .collect();
    if nameless.is_empty() {
        return Ok(());
    }
    let mut names = reader.names_of(&nameless)?;
    for guest in due {
        if guest.display_name.is_none() {
            guest.display_name = names.remove(&guest.person);
        }
    }
    Ok(())
}

/// When a guest was invited who is due; else why the guest is not.
fn judge(
    person: &Person,
    history: MailHistory,
    settings: &RemindSettings,
    now: Timestamp,
) -> std::result::Result<Timestamp, LeftOut> {
    let Some(known) = &person.known else {
        return Err(LeftOut::NotSettled);
    };
    let every = settings.every.value.0;
    match known.standing {
        PersonState::Invited | PersonState::Claimed => {}
        PersonState::Asked => return Err(LeftOut::NotSettled),
        // Invited by somebody else: this ledger never mailed them.
        PersonState::Open | PersonState::Refused => return Err(LeftOut::NeverMailed),
    }
    match known.mail {
        Some(Mail::Requested | Mail::HandedOver) => {}
        Some(Mail::Unknown) => return Err(LeftOut::FirstMailUnknown),
        _ => return Err(LeftOut::NeverMailed),
    }
    let invited_at = invited(known)
        .filter(|_| known.invited_at.is_some())
        .ok_or(LeftOut::NoDate)?;
    if !is_over(invited_at, settings.older_than.value.0, now) {
        return Err(LeftOut::NotOld);
    }
    if history
        .imported_at
        .is_some_and(|at| !is_over(at, AFTER_AN_IMPORT, now))
    {
        return Err(LeftOut::ImportedLately);
    }
    if history.reminders >= settings.max_times.value {
        return Err(LeftOut::OftenEnough);
    }
    let lately = |at: Option<Timestamp>| at.is_some_and(|at| !is_over(at, every, now));
    if lately(history.may_have_been_mailed_at().max(Some(invited_at))) {
        return Err(LeftOut::MailedLately);
    }
    if lately(history.refused_at) {
        return Err(LeftOut::RefusedLately);
    }
    Ok(invited_at)
}

/// As the sheet says it now; without a sheet, as the invitation said it.
fn to_remind(
    person: &Person,
    id: i64,
    user_id: String,
    (email, invited_at): (EmailAddress, Timestamp),
    defaults: &Defaults<'_>,
) -> GuestToRemind {
    let guest = person.guest.as_deref();
    let known = person.known.as_ref();
    let of_sheet = |of: fn(&crate::guest::Guest) -> Option<String>| guest.and_then(of);
    let redirect_url = match guest {
        Some(guest) => guest.redirect_url.clone(),
        None => known.and_then(|known| known.redirect_url.clone()),
    };
    let language = match guest {
        Some(guest) => guest.language.clone(),
        None => known.and_then(|known| known.language.clone()),
    };
    GuestToRemind {
        person: id,
        row: person.row,
        email,
        user_id,
        invited_at,
        display_name: of_sheet(|guest| guest.display_name.clone()),
        landing_is_assumed: guest.is_none() && redirect_url.is_none(),
        redirect_url: redirect_url.unwrap_or_else(|| defaults.redirect_url.to_owned()),
        message: MessageInfo {
            language,
            body: of_sheet(|guest| guest.message.clone()).filter(|_| defaults.words_arrive),
            cc: of_sheet(|guest| guest.cc.as_ref().map(|cc| cc.as_str().to_owned())),
        },
    }
}
