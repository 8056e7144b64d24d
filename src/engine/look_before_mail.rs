//! The last look at a guest before a mail: still pending by id, and the address still leads to that id.
//!
//! Must not take a failed reading for an answer.

use crate::{
    directory::{Directory, confirm_gone, is_type_guest, read_states, state_of},
    graph::Fault,
    guest::EmailAddress,
    outcome::GuestState,
};
use std::time::Duration;
use tokio::time::Instant;

/// A look that took longer, because Graph asked to wait, is taken once more: it may be about the time before the wait.
const FRESH: Duration = Duration::from_secs(10);
/// Looks at a directory that is always slow.
const MOST_LOOKS: u32 = 3;

/// What the directory says right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLook {
    /// Pending, and the address leads there; whether the guest was invited as a member.
    Pending { member: bool },
    /// Not pending any more.
    State(GuestState),
    /// The address leads to another user.
    AddressOfAnother,
    /// The address leads to nobody.
    AddressOfNobody,
}

pub(crate) async fn last_look(
    directory: &Directory,
    user_id: &str,
    email: &EmailAddress,
) -> Result<LastLook, Fault> {
    let mut looks = 0;
    loop {
        let began = Instant::now();
        let seen = look(directory, user_id, email).await?;
        looks += 1;
        if began.elapsed() < FRESH || looks == MOST_LOOKS {
            return Ok(seen);
        }
    }
}

/// Reads by id and by address at the same time. Both have to agree: the index of addresses may be ahead of the other.
async fn look(
    directory: &Directory,
    user_id: &str,
    email: &EmailAddress,
) -> Result<LastLook, Fault> {
    let ids = [user_id.to_owned()];
    let graph = directory.graph();
    let addresses = [email];
    let (by_id, by_address) = tokio::join!(
        async {
            let states = read_states(graph, &ids).await?;
            if states.is_empty() {
                confirm_gone(graph, &ids).await
            } else {
                Ok(states)
            }
        },
        directory.find(&addresses),
    );
    let state = by_id?
        .into_values()
        .next()
        .map_or(GuestState::Gone, |now| now.state);
    if state != GuestState::Pending {
        return Ok(LastLook::State(state));
    }
    let Some(user) = by_address?.pop().transpose()?.flatten() else {
        return Ok(LastLook::AddressOfNobody);
    };
    if !user.id.eq_ignore_ascii_case(user_id) {
        return Ok(LastLook::AddressOfAnother);
    }
    Ok(match state_of(&user).state {
        GuestState::Pending => LastLook::Pending {
            member: user.user_type.is_some() && !is_type_guest(&user),
        },
        other => LastLook::State(other),
    })
}
