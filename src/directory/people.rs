//! Many people in little memory: they are found by every text that leads to them, and the texts are not kept.
//!
//! A person takes less than a hundred bytes instead of a whole user, so a directory of 200,000 users fits into a few
//! megabytes.

use super::{
    lookup::unreadable,
    who::{self, FoundBy},
};
use crate::{
    fingerprint::{ByFingerprint, Fingerprints},
    graph::{DirectoryUser, Fault},
};
use uuid::Uuid;

/// The most people that are kept.
const MOST: usize = 1_000_000;
/// The number for users without a state, who were not invited.
const NO_STATE: u8 = u8::MAX;

/// What is kept of a person.
#[derive(Clone, Copy)]
struct Record {
    id: Uuid,
    enabled: bool,
    /// Whether the name is one that an invitation gives.
    guest: bool,
    /// Whether the user type is Guest. It says nothing about invitations, but the row's hint mentions it.
    type_guest: bool,
    /// The index of the state in `states`.
    state: u8,
    has_mail: bool,
    /// How the account came to be, where the row's hint mentions it.
    made: Made,
}

/// What the hints tell of `creationType`.
#[derive(Clone, Copy)]
enum Made {
    Else,
    SelfService,
    EmailVerified,
}

impl Made {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some(SELF_SERVICE) => Self::SelfService,
            Some(EMAIL_VERIFIED) => Self::EmailVerified,
            _ => Self::Else,
        }
    }

    fn word(self) -> Option<String> {
        match self {
            Self::Else => None,
            Self::SelfService => Some(SELF_SERVICE.to_owned()),
            Self::EmailVerified => Some(EMAIL_VERIFIED.to_owned()),
        }
    }
}

const SELF_SERVICE: &str = "SelfServiceSignUp";
const EMAIL_VERIFIED: &str = "EmailVerified";
/// A mail address that is not the one looked for: it is not kept.
const ANOTHER: &str = "";

#[derive(Default)]
pub(super) struct People {
    fingerprints: Fingerprints,
    /// The place of a record, and by which property this text leads to it.
    places: ByFingerprint<(u32, FoundBy)>,
    records: Vec<Record>,
    /// The few different words of `externalUserState`.
    states: Vec<String>,
}

impl People {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Keeps a user under these texts; upper and lower case are the same. If two users are kept under one text, the one that
    /// `decisive` chooses is found.
    pub(super) fn add(&mut self, user: &DirectoryUser, texts: &[&str]) -> Result<(), Fault> {
        // If the person were left out here, the row would be invited a second time.
        let id = Uuid::try_parse(&user.id).map_err(|_| unreadable("a user without a proper id"))?;
        if self.records.len() >= MOST {
            return Err(unreadable("more people than can be held at once"));
        }
        let place = self.records.len() as u32;
        let state = self.state(user.external_user_state.as_deref());
        self.records.push(Record {
            id,
            enabled: user.account_enabled != Some(false),
            guest: who::is_guest(user),
            type_guest: who::is_type_guest(user),
            state,
            has_mail: user.mail.is_some(),
            made: Made::of(user.creation_type.as_deref()),
        });
        for text in texts {
            let fingerprint = self.fingerprints.of(text.to_ascii_lowercase().as_bytes());
            let known = self.places.get(fingerprint).copied();
            // Most people have the same address in three properties.
            let decides = known.map(|(known, _)| known) != Some(place)
                && known
                    .and_then(|known| self.user(known, text))
                    .is_none_or(|known| who::rank(user) < who::rank(&known));
            if decides {
                let found_by = FoundBy::of(user, |own| own.eq_ignore_ascii_case(text));
                self.places.insert(fingerprint, (place, found_by));
            }
        }
        Ok(())
    }

    /// The user who is kept under one of these texts, with only what `classify` and the hints need.
    pub(super) fn find(&self, texts: &[&str]) -> Option<DirectoryUser> {
        texts
            .iter()
            .filter_map(|text| {
                let fingerprint = self.fingerprints.of(text.to_ascii_lowercase().as_bytes());
                self.user(*self.places.get(fingerprint)?, text)
            })
            .min_by_key(who::rank)
    }

    fn user(&self, (place, found_by): (u32, FoundBy), text: &str) -> Option<DirectoryUser> {
        let record = self.records.get(place as usize)?;
        let is = |property| found_by == property;
        let mail = if is(FoundBy::Mail) { text } else { ANOTHER };
        Some(DirectoryUser {
            mail: record.has_mail.then(|| mail.to_owned()),
            other_mails: is(FoundBy::OtherMails).then(|| vec![text.to_owned()]),
            proxy_addresses: if is(FoundBy::ProxyAddresses) {
                vec![format!("smtp:{text}")]
            } else {
                Vec::new()
            },
            creation_type: record.made.word(),
            id: record.id.to_string(),
            account_enabled: Some(record.enabled),
            user_type: record.type_guest.then(|| "Guest".to_owned()),
            user_principal_name: Some(if record.guest { who::EXTERNAL } else { "" }.to_owned()),
            external_user_state: self.states.get(usize::from(record.state)).cloned(),
            ..DirectoryUser::default()
        })
    }

    fn state(&mut self, word: Option<&str>) -> u8 {
        let Some(word) = word else {
            return NO_STATE;
        };
        let known = self.states.iter().position(|known| known == word);
        let place = known.unwrap_or_else(|| {
            // No known server has hundreds of states. Any further state counts as accepted.
            self.states
                .truncate(usize::from(NO_STATE).saturating_sub(1));
            self.states.push(word.to_owned());
            self.states.len() - 1
        });
        place as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{directory::classify, outcome::Outcome};

    fn user(id: u128, state: Option<&str>, kind: &str) -> DirectoryUser {
        DirectoryUser {
            id: Uuid::from_u128(id).to_string(),
            external_user_state: state.map(Into::into),
            user_type: Some(kind.into()),
            account_enabled: Some(true),
            ..DirectoryUser::default()
        }
    }

    #[test]
    fn who_is_found_is_who_was_put_in() {
        let mut people = People::default();
        let disabled = DirectoryUser {
            account_enabled: Some(false),
            ..user(4, None, "Member")
        };
        let by_name = DirectoryUser {
            user_principal_name: Some("e_x.org#ext#@t.onmicrosoft.com".into()),
            ..user(5, None, "Member")
        };
        let everybody = [
            ("a@x", user(1, Some("PendingAcceptance"), "Guest")),
            ("b@x", user(2, Some("Accepted"), "Member")),
            ("c@x", user(3, None, "Member")),
            ("d@x", disabled),
            ("e@x", by_name),
        ];
        for (address, user) in &everybody {
            people.add(user, &[address]).unwrap();
        }
        for (address, user) in &everybody {
            let found = people.find(&[&address.to_uppercase()]).unwrap();
            assert_eq!(found.id, user.id);
            assert_eq!(found.external_user_state, user.external_user_state);
            assert_eq!(classify(&found), classify(user), "{address}");
        }
        assert!(people.find(&["f@x", ""]).is_none());
    }

    #[test]
    fn of_several_the_one_who_decides_is_found_in_either_order() {
        let pending = user(1, Some("PendingAcceptance"), "Guest");
        let member = user(2, None, "Member");
        for order in [[&pending, &member], [&member, &pending]] {
            let mut people = People::default();
            for user in order {
                people.add(user, &["a@x"]).unwrap();
            }
            people
                .add(&user(3, Some("Accepted"), "Guest"), &["b@x"])
                .unwrap();
            let found = people.find(&["b@x", "a@x"]).unwrap();
            assert_eq!(classify(&found), Outcome::ExistsMember);
        }
    }

    #[test]
    fn a_person_is_small() {
        assert_eq!(size_of::<Record>(), 22);
        assert_eq!(
            size_of::<(crate::fingerprint::Fingerprint, (u32, FoundBy))>(),
            24
        );
    }

    #[test]
    fn nobody_is_left_out_silently() {
        let odd = DirectoryUser {
            id: "17".into(),
            ..DirectoryUser::default()
        };
        assert!(People::default().add(&odd, &["a@x"]).is_err());
    }

    #[test]
    fn more_states_than_fit_do_not_mix_up_pending() {
        let mut people = People::default();
        let pending = user(1, Some("PendingAcceptance"), "Guest");
        people.add(&pending, &["a@x"]).unwrap();
        for number in 2..600u128 {
            let odd = user(number, Some(&format!("State{number}")), "Guest");
            people.add(&odd, &["b@x"]).unwrap();
        }
        assert_eq!(
            people.find(&["a@x"]).unwrap().external_user_state,
            pending.external_user_state
        );
        assert_eq!(
            classify(&people.find(&["b@x"]).unwrap()),
            Outcome::ExistsAccepted
        );
    }
}
