//! What kind of trouble an answer is, and who wrote it.
//!
//! Which answer is of which class is decided by `error_rules`.

use crate::exit::Exit;

/// What kind of trouble an answer is, whatever was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The person is in the directory already.
    Exists,
    /// The person is in the directory, and the account is blocked.
    ExistsBlocked,
    /// Never for this person, or for this one target of a follow-up.
    Person,
    /// Never for anybody of this domain.
    Domain,
    /// The tenant refuses as a whole; going on does harm.
    Tenant,
    /// The app or user may not do this.
    Permission,
    /// The token was not accepted.
    Token,
    /// Asked too fast; not performed.
    Throttled,
    /// May or may not have been done: no answer, a broken one, or one of the 5xx.
    Unsettled,
    /// Nothing was sent.
    NotSent,
    /// Something between here and Graph answered: that says nothing about the request.
    NotGraph,
    /// The address of Graph, the cloud or the proxy is wrong.
    Address,
    /// Too early: another replica does not know the object yet.
    NotYet,
    /// The tenant was already in the state that the request asks for. This counts as success.
    Already,
    /// There is no such object.
    Absent,
    /// The request itself is wrong: a mistake of this program or its settings.
    Request,
    /// The walk over the pages has to start again.
    PageToken,
    /// Signing in is refused.
    SignIn,
    /// Signing in does not work just now.
    SignInLater,
}

impl Class {
    /// Whether going on with other rows is useless or does harm. A throttle ends a run only when it comes as a
    /// fault: then the client has waited as long as a run should.
    pub fn ends_run(self) -> bool {
        matches!(
            self,
            Self::Tenant
                | Self::Permission
                | Self::Token
                | Self::Address
                | Self::SignIn
                | Self::SignInLater
                | Self::Throttled
        )
    }

    /// Whether these words stop a run whoever wrote them: going on could do harm.
    pub fn stops_whoever_says_it(self) -> bool {
        matches!(self, Self::Tenant | Self::Permission)
    }

    pub fn exit(self) -> Exit {
        match self {
            Self::Tenant => Exit::TenantRefused,
            Self::Permission | Self::Token | Self::SignIn => Exit::Permission,
            Self::Throttled
            | Self::Unsettled
            | Self::NotSent
            | Self::NotGraph
            | Self::SignInLater
            | Self::PageToken => Exit::TryAgain,
            Self::Address => Exit::Usage,
            Self::Request => Exit::Unexpected,
            Self::Exists
            | Self::ExistsBlocked
            | Self::Person
            | Self::Domain
            | Self::NotYet
            | Self::Already
            | Self::Absent => Exit::SomeRowsNotDone,
        }
    }
}

/// Who wrote an answer that is not a success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// An error code in Graph's form and a `request-id`: this is what Graph says about the request.
    Graph,
    /// It came by way of Graph, and does not say what became of the request: a page, a broken body.
    Unclear,
    /// Something between here and Graph, whose headers are not on it, or between here and the sign-in service, whose
    /// form it has not.
    Between,
}
