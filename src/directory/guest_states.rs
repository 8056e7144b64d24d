//! In which state guests are now, read by their ids.
//!
//! Must not take an answer that lacks somebody for the news that the guest is gone: who is missing in the answer for many
//! is asked for again, one by one.

use super::who;
use crate::{
    graph::{DirectoryUser, Fault, Graph},
    outcome::GuestState,
};
use jiff::Timestamp;
use std::collections::HashMap;

/// What the directory tells about a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StateNow {
    pub state: GuestState,
    /// Since when, where the directory says so.
    pub since: Option<Timestamp>,
    pub created_at: Option<Timestamp>,
}

/// The states of those who were found, under their ids in small letters.
pub(crate) type States = HashMap<String, StateNow>;

/// Up to a thousand people in one request; whoever is missing here may still be there.
pub(crate) async fn read_states(graph: &Graph, ids: &[String]) -> Result<States, Fault> {
    Ok(by_id(graph.states_by_ids(ids).await?))
}

/// Twenty people in one request: whoever is missing here is gone.
pub(crate) async fn confirm_gone(graph: &Graph, ids: &[String]) -> Result<States, Fault> {
    Ok(by_id(graph.states_one_by_one(ids).await?))
}

fn by_id(users: Vec<DirectoryUser>) -> States {
    let state = |user: DirectoryUser| (user.id.to_ascii_lowercase(), state_of(&user));
    users.into_iter().map(state).collect()
}

/// A disabled account first. That nothing stands in the state does not say that the invitation is pending: people who
/// signed up by themselves, guests from before there was such a state, and internal accounts have none.
pub(crate) fn state_of(user: &DirectoryUser) -> StateNow {
    let signed_up = user.creation_type.as_deref().is_some_and(|kind| {
        kind.eq_ignore_ascii_case("SelfServiceSignUp") || kind.eq_ignore_ascii_case("EmailVerified")
    });
    let word = user.external_user_state.as_deref();
    let is = |state: &str| word.is_some_and(|word| word.eq_ignore_ascii_case(state));
    let state = match () {
        () if user.account_enabled == Some(false) => GuestState::Disabled,
        () if is("PendingAcceptance") => GuestState::Pending,
        () if is("Accepted") => GuestState::Accepted,
        () if word.is_some() => GuestState::Unknown,
        () if signed_up => GuestState::SelfService,
        () if who::is_guest(user) => GuestState::Unknown,
        () => GuestState::Member,
    };
    StateNow {
        state,
        since: user
            .external_user_state_change_date_time
            .filter(|at| is_told(*at)),
        created_at: user.created_date_time.filter(|at| is_told(*at)),
    }
}

/// Where the directory does not know a date it may give one of the year 1 or 1601, which says nothing.
fn is_told(at: Timestamp) -> bool {
    at > Timestamp::UNIX_EPOCH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(state: Option<&str>, name: &str) -> DirectoryUser {
        DirectoryUser {
            external_user_state: state.map(Into::into),
            user_principal_name: Some(name.into()),
            account_enabled: Some(true),
            ..DirectoryUser::default()
        }
    }

    #[test]
    fn a_state_that_is_not_told_is_not_pending() {
        const GUEST: &str = "a_x.org#EXT#@t.onmicrosoft.com";
        let signed_up = |kind: &str| DirectoryUser {
            creation_type: Some(kind.into()),
            ..user(None, GUEST)
        };
        let disabled = DirectoryUser {
            account_enabled: Some(false),
            ..user(Some("PendingAcceptance"), GUEST)
        };
        for (user, expected) in [
            (user(Some("PendingAcceptance"), GUEST), GuestState::Pending),
            (user(Some("Accepted"), GUEST), GuestState::Accepted),
            (user(Some("BrandNew"), GUEST), GuestState::Unknown),
            (user(None, GUEST), GuestState::Unknown),
            (user(None, "a@t.example"), GuestState::Member),
            (signed_up("SelfServiceSignUp"), GuestState::SelfService),
            (signed_up("EmailVerified"), GuestState::SelfService),
            (signed_up("Invitation"), GuestState::Unknown),
            (disabled, GuestState::Disabled),
        ] {
            assert_eq!(state_of(&user).state, expected, "{user:?}");
        }
    }

    #[test]
    fn a_date_of_the_year_1_is_no_date() {
        let user = DirectoryUser {
            external_user_state_change_date_time: "0001-01-01T00:00:00Z".parse().ok(),
            created_date_time: "2026-01-02T03:04:05Z".parse().ok(),
            ..user(Some("PendingAcceptance"), "a_x#EXT#@t")
        };
        let state = state_of(&user);
        assert_eq!((state.since, state.created_at.is_some()), (None, true));
    }
}
