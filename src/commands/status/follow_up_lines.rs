//! What was done for a guest after the invitation, as lines of the story.
//!
//! Must not read anything but what it is given.

use crate::{
    ledger::KnownFollowUp,
    outcome::{FollowUpKind, FollowUpState},
    ui::StoryLine,
};

/// A line for each change; the properties that went into one request are told together.
pub(super) fn lines(known: &[KnownFollowUp]) -> Vec<StoryLine> {
    known
        .chunk_by(|one, other| {
            let of_one_request = one.key.kind == FollowUpKind::Profile
                && other.key.kind == FollowUpKind::Profile
                && one.at == other.at;
            of_one_request && one.state == other.state
        })
        .filter_map(line)
        .collect()
}

fn line(of: &[KnownFollowUp]) -> Option<StoryLine> {
    let known = of.first()?;
    let targets: Vec<&str> = of.iter().map(|known| known.key.target.as_str()).collect();
    let what = match known.key.kind {
        FollowUpKind::Profile => targets.join(", "),
        FollowUpKind::Sponsor => format!("the sponsor {}", known.key.target),
        FollowUpKind::Manager => format!("the manager {}", known.key.content),
        FollowUpKind::Group => format!("the membership of the group {}", known.key.target),
    };
    let became = match known.state {
        FollowUpState::Done => "set",
        FollowUpState::Left => "left as in the directory",
        FollowUpState::Waiting => "waiting for a permission",
        FollowUpState::Failed => "not set",
    };
    let status = known
        .status
        .map(|status| format!(", HTTP {status}"))
        .unwrap_or_default();
    let code = known
        .code
        .as_deref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    Some(StoryLine {
        at: known.at,
        what: format!("afterwards {became}: {what}{status}{code}"),
        ids: known
            .request_id
            .as_deref()
            .map(|id| format!("request-id {id}"))
            .unwrap_or_default(),
    })
}
