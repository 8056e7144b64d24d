//! What became of a row: the vocabulary of the results file, the ledger and the summary.
//!
//! Must not decide an outcome; it names them and says which ones count as done.

use jiff::Timestamp;
use secrecy::SecretString;

/// Writes an enum whose values have one stable word each, used in files, in the ledger and in JSON.
macro_rules! words {
    ($(#[$meta:meta])* $vis:vis $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            $vis const ALL: &'static [$name] = &[$($name::$variant,)+];

            $vis const fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }

            $vis fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.word() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Every row of a sheet ends in exactly one of these.
    pub Outcome {
        /// Graph answered 201 and the link is stored.
        Invited = "invited",
        /// A guest who has not redeemed yet.
        ExistsPending = "exists-pending",
        /// A guest who has redeemed.
        ExistsAccepted = "exists-accepted",
        /// An internal user.
        ExistsMember = "exists-member",
        /// The account is blocked from signing in.
        ExistsDisabled = "exists-disabled",
        /// Soft-deleted: a person should restore or purge first.
        ExistsDeleted = "exists-deleted",
        /// Invited once, no longer in the directory.
        Gone = "gone",
        /// An earlier valid row of the sheet has the same address.
        Duplicate = "duplicate",
        /// The row must be corrected in the sheet.
        Invalid = "invalid",
        /// Graph or policy says never for this person.
        Refused = "refused",
        /// Gave up after retries; nothing happened.
        Failed = "failed",
        /// Asked, no answer, and reading has not settled it yet.
        Unknown = "unknown",
        /// The run stopped before this row.
        NotAttempted = "not-attempted",
        /// Dry run only.
        WouldInvite = "would-invite",
        /// Of `reset-redemption`: the guest has to redeem again.
        Reset = "reset",
        /// The same in a dry run.
        WouldReset = "would-reset",
    }
}

impl Outcome {
    /// Done rows do not make the exit code 4.
    pub fn is_done(self) -> bool {
        use Outcome::{
            Duplicate, ExistsAccepted, ExistsDisabled, ExistsMember, ExistsPending, Invited, Reset,
            WouldInvite, WouldReset,
        };
        matches!(
            self,
            Invited
                | ExistsPending
                | ExistsAccepted
                | ExistsMember
                | ExistsDisabled
                | Duplicate
                | WouldInvite
                | Reset
                | WouldReset
        )
    }
}

impl Outcome {
    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Outcome::Invited => "invited, and the link is kept",
            Outcome::ExistsPending => "a guest, has not redeemed yet",
            Outcome::ExistsAccepted => "a guest, has redeemed",
            Outcome::ExistsMember => "an internal user of the tenant",
            Outcome::ExistsDisabled => "in the directory, blocked from signing in",
            Outcome::ExistsDeleted => "deleted not long ago: restore or purge first",
            Outcome::Gone => "invited once, no longer in the directory",
            Outcome::Duplicate => "the same person as another row, or corrected since",
            Outcome::Invalid => "must be corrected in the sheet",
            Outcome::Refused => "Microsoft or a policy refuses this person",
            Outcome::Failed => "gave up; nothing happened",
            Outcome::Unknown => "asked, no answer; the next run settles it first",
            Outcome::NotAttempted => "not reached",
            Outcome::WouldInvite => "would be invited",
            Outcome::Reset => "has to redeem again, and the link is kept",
            Outcome::WouldReset => "would have to redeem again",
        }
    }

    /// How much it asks of a person.
    pub(crate) fn attention(self) -> Attention {
        match self {
            Self::Invalid | Self::Refused | Self::ExistsDeleted | Self::Gone => Attention::Hand,
            Self::Failed | Self::Unknown | Self::NotAttempted => Attention::Open,
            Self::Duplicate => Attention::Quiet,
            _ => Attention::Done,
        }
    }
}

/// How much something asks of a person; the most comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Attention {
    /// A person has to act before another run can succeed: to change the sheet, the tenant or the decision.
    Hand,
    /// Not done yet.
    Open,
    Done,
    Quiet,
}

words! {
    /// What is known about the invitation mail of a row.
    pub Mail {
        /// Microsoft was asked to send it.
        Requested = "requested",
        None = "none",
        /// Our own mail has not left yet, and is to be sent.
        Due = "due",
        /// A mail server refuses our own mail to this person for good.
        Refused = "refused",
        Unknown = "unknown",
        /// A mail server has taken our own mail over; whether it arrives is not known.
        HandedOver = "handed-over",
    }
}

words! {
    /// What tonight's run did to a row.
    pub ThisRun {
        Invited = "invited",
        Relinked = "relinked",
        Checked = "checked",
        NotSelected = "not-selected",
        /// Of `reset-redemption`.
        Reset = "reset",
    }
}

words! {
    /// Whether the invited guest was found by id afterwards.
    pub Verified {
        Found = "found",
        NotYet = "not-yet",
        Missing = "missing",
    }
}

words! {
    /// What a guest has done with the invitation, and what became of the account since.
    pub GuestState {
        /// Has redeemed.
        Accepted = "accepted",
        /// Has not redeemed.
        Pending = "pending",
        /// The account is blocked from signing in.
        Disabled = "disabled",
        /// Nobody in the directory has this id.
        Gone = "gone",
        /// Signed up by themselves: no invitation is waiting.
        SelfService = "self-service",
        /// An internal account, whatever its type says.
        Member = "member",
        /// The directory or the ledger does not tell.
        Unknown = "unknown",
        /// The ledger knows no user of this tenant for the person.
        NotInvited = "not-invited",
    }
}

impl GuestState {
    /// How much it asks of a person.
    pub(crate) fn attention(self) -> Attention {
        match self {
            Self::Accepted => Attention::Done,
            Self::Pending | Self::Unknown => Attention::Open,
            Self::Disabled | Self::Gone => Attention::Hand,
            Self::SelfService | Self::Member | Self::NotInvited => Attention::Quiet,
        }
    }
}

words! {
    /// Whether everything was added to the guest that the invitation could not carry.
    pub FollowUp {
        Done = "done",
        Partial = "partial",
        Failed = "failed",
    }
}

words! {
    /// What an invitation cannot carry, and is done for a guest afterwards.
    pub(crate) FollowUpKind {
        /// Properties of the guest, such as the company.
        Profile = "profile",
        Sponsor = "sponsor",
        Manager = "manager",
        /// The membership of a group.
        Group = "group",
    }
}

words! {
    /// What became of one follow-up.
    pub(crate) FollowUpState {
        Done = "done",
        /// Left as it is in the tenant, because it may not be changed there.
        Left = "left",
        /// The sign-in lacks the permission for all of this kind.
        Waiting = "waiting",
        /// It was refused or given up.
        Failed = "failed",
    }
}

impl FollowUpState {
    /// Whether the row is not done because of it. A profile that waits for a permission is only told: sheets have such
    /// columns whether or not anybody wants them in the directory.
    pub(crate) fn is_failure(self, kind: FollowUpKind) -> bool {
        match self {
            Self::Done | Self::Left => false,
            Self::Waiting => kind != FollowUpKind::Profile,
            Self::Failed => true,
        }
    }
}

/// The follow-ups of one kind that a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub(crate) struct FollowUpTotals {
    pub done: u64,
    /// It was so before, so nothing was changed.
    pub already: u64,
    pub left: u64,
    pub waiting: u64,
    pub failed: u64,
}

impl FollowUpTotals {
    pub(crate) fn count(&mut self, state: FollowUpState, was_so: bool) {
        match state {
            FollowUpState::Done if was_so => self.already += 1,
            FollowUpState::Done => self.done += 1,
            FollowUpState::Left => self.left += 1,
            FollowUpState::Waiting => self.waiting += 1,
            FollowUpState::Failed => self.failed += 1,
        }
    }
}

/// One line of the results file, apart from the sheet's own columns.
#[derive(Debug, Clone)]
pub struct RowResult {
    /// The number that a spreadsheet program shows beside the row.
    pub row: u64,
    pub outcome: Outcome,
    pub email: String,
    pub display_name: Option<String>,
    pub user_id: Option<String>,
    /// A bearer-like ticket: never logged, masked by its type.
    pub redeem_url: Option<SecretString>,
    pub redemption: Option<String>,
    pub mail: Option<Mail>,
    pub error_code: Option<String>,
    pub error: Option<String>,
    pub hint: Option<String>,
    pub invited_at: Option<Timestamp>,
    pub this_run: Option<ThisRun>,
    pub verified: Option<Verified>,
    pub follow_up: Option<FollowUp>,
    pub request_id: Option<String>,
}

/// The code of a row about somebody who asked to be forgotten.
pub(crate) const FORGOTTEN_CODE: &str = "GL420";

impl RowResult {
    /// Whether the person asked to be forgotten. The row is refused, and that is as it should be.
    pub fn was_forgotten(&self) -> bool {
        self.error_code.as_deref() == Some(FORGOTTEN_CODE)
    }

    /// How much it asks of a person; a row that was not selected asks nothing, nor does one of somebody who was forgotten.
    pub(crate) fn attention(&self) -> Attention {
        if self.this_run == Some(ThisRun::NotSelected) || self.was_forgotten() {
            return Attention::Quiet;
        }
        self.outcome.attention()
    }

    pub fn new(row: u64, outcome: Outcome, email: impl Into<String>) -> Self {
        Self {
            row,
            outcome,
            email: email.into(),
            display_name: None,
            user_id: None,
            redeem_url: None,
            redemption: None,
            mail: None,
            error_code: None,
            error: None,
            hint: None,
            invited_at: None,
            this_run: None,
            verified: None,
            follow_up: None,
            request_id: None,
        }
    }
}
