//! The guest whose changes are made, and how a change ends.

use crate::{
    graph::Fault,
    outcome::{FollowUpKind, FollowUpState},
};

/// How a guest came to be in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// This run made the guest.
    New,
    /// A request of ours made the guest, perhaps one of an earlier run.
    Settled,
    /// An earlier run did, and may have been killed before it could write down what it changed.
    Earlier,
    /// Somebody else did.
    Existing,
}

/// The guest whose changes are made.
#[derive(Debug, Clone)]
pub(crate) struct FollowedGuest {
    pub user_id: String,
    pub standing: Standing,
    /// Whether only a guest who has no sponsor gets those of the sheet.
    pub fills_sponsors: bool,
    /// What earlier runs did not make for want of a permission.
    pub waited: Vec<FollowUpKind>,
}

/// How a change ended.
#[derive(Debug, Clone)]
pub(crate) enum Ended {
    Made,
    /// It was so already.
    WasSo,
    Left(Left),
    Refused(Because, Fault),
    /// Not every replica knew the guest in time.
    TooEarly(Fault),
    /// It was given up.
    Failed(Fault),
    /// The run stopped first: it is still owed.
    Stopped,
}

impl Ended {
    /// What is remembered of it. None: nothing was found out.
    pub(crate) fn state(&self) -> Option<FollowUpState> {
        match self {
            Self::Made | Self::WasSo => Some(FollowUpState::Done),
            Self::Left(_) => Some(FollowUpState::Left),
            Self::Refused(Because::Permission | Because::Role, _) => Some(FollowUpState::Waiting),
            Self::Refused(..) | Self::TooEarly(_) | Self::Failed(_) => Some(FollowUpState::Failed),
            Self::Stopped => None,
        }
    }

    pub(crate) fn fault(&self) -> Option<&Fault> {
        match self {
            Self::Refused(_, fault) | Self::TooEarly(fault) | Self::Failed(fault) => Some(fault),
            Self::Made | Self::WasSo | Self::Left(_) | Self::Stopped => None,
        }
    }
}

/// Why somebody is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Because {
    /// The sign-in lacks the permission for all of this kind.
    Permission,
    /// It has the permission, as its token says, and still may not do this.
    Role,
    /// This group, manager or sponsor cannot be used for anybody.
    Target,
    /// The group, manager or sponsor is not in the directory.
    Gone,
    /// It concerns this guest alone.
    Guest,
}

/// A refusal that holds for everybody.
#[derive(Debug, Clone)]
pub(super) struct Learnt {
    pub because: Because,
    pub fault: Fault,
}

/// Why something is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    /// The account is synchronised from an on-premises directory, which owns it.
    OnPremises,
    /// The guest has sponsors, and only whoever has none gets those of the sheet.
    HasSponsors,
}

impl Left {
    /// The word for the ledger.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::OnPremises => "on-premises",
            Self::HasSponsors => "has-sponsors",
        }
    }

    pub(super) fn from_word(word: Option<&str>) -> Self {
        match word {
            Some("has-sponsors") => Self::HasSponsors,
            _ => Self::OnPremises,
        }
    }
}
