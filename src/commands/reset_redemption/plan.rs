//! Who is to be reset: the rows of the sheet beside the guests of the tenant, or everything that is wrong with them.
//!
//! Reads only. A mistake in one row holds all of them back: nothing is sent before a person has seen to it.

use crate::{
    commands::connect::Connection,
    directory::{BATCH, Directory, UserLookup, state_of},
    engine::{has_address, not_to_be_reset},
    exit::Exit,
    failure::{Failure, Result},
    graph::{self, DirectoryUser},
    guest::{EmailAddress, resets, resets::ResetRow},
    ledger::{Forgotten, PersonState, Reader},
    outcome::GuestState,
    problem::Problem,
    ui::text,
};
use std::collections::HashMap;

/// How many mistakes are told.
const TOLD: usize = 20;

/// One guest of the sheet.
pub(super) struct Planned {
    pub row: ResetRow,
    pub user: DirectoryUser,
    pub state: GuestState,
    pub step: Step,
}

/// What is to be done for a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The address is added, then the redemption is reset.
    Both,
    /// The address is there.
    ResetOnly,
    /// An earlier run did it.
    Done,
    /// An earlier run has asked and got no answer: the directory is looked at first.
    Settle,
    /// The state of the account forbids it.
    Never,
}

pub(super) async fn plan(
    rows: Vec<ResetRow>,
    directory: &Directory,
    connection: &Connection,
    reader: &Reader,
    again: bool,
) -> Result<Vec<Planned>> {
    let forgotten = reader.forgotten()?;
    let found = guests(&rows, directory).await?;
    let new: Vec<&EmailAddress> = rows.iter().map(|row| &row.new_email).collect();
    let of_new = find_all(directory, &new).await?;
    let deleted = UserLookup::new(directory.clone());
    let mut problems = Vec::new();
    let mut planned: Vec<Planned> = Vec::new();
    let mut swapped = 0;
    let mut users: HashMap<String, u64> = HashMap::new();
    for ((row, found), holders) in rows.into_iter().zip(found).zip(of_new) {
        if is_forgotten(&row, found.user.as_ref(), &forgotten, reader)? {
            let message = format!(
                "row {} is about somebody who was forgotten on request",
                row.row
            );
            problems.push(
                row.problem(Problem::error(resets::RESET_FORGOTTEN, message))
                    .fix("take the row off the sheet"),
            );
            continue;
        }
        let Some(user) = found.user else {
            swapped += u64::from(!holders.is_empty());
            let deleted = match &row.email {
                Some(address) => deleted.deleted(address).await?.is_some(),
                None => false,
            };
            problems.push(not_there(&row, deleted, connection));
            continue;
        };
        let before = problems.len();
        problems.extend(several(&row, &found.with_address));
        problems.extend(wrong(
            &row,
            &user,
            found.somebody_else,
            &holders,
            connection,
        ));
        if let Some(first) = users.get(&user.id) {
            let message = format!("row {} is about the same guest as row {first}", row.row);
            problems.push(
                row.problem(Problem::error(resets::RESET_TWICE, message))
                    .fix("leave one of the two rows"),
            );
        }
        users.entry(user.id.clone()).or_insert(row.row);
        problems.extend(known_as_another(&row, &user, reader)?);
        if problems.len() > before {
            continue;
        }
        let step = step(&row, &user, reader, again)?;
        planned.push(Planned {
            state: state_of(&user).state,
            row,
            user,
            step,
        });
    }
    if swapped > 0 && planned.is_empty() && swapped == problems.len() as u64 {
        let message = format!(
            "the old and the new addresses look swapped: in {} the new ones belong to guests, and the old ones to nobody",
            text::plural(swapped, "row")
        );
        problems = vec![
            Problem::error(resets::RESET_SWAPPED, message)
                .fix("exchange the headings of the two columns"),
        ];
    }
    if problems.is_empty() {
        return Ok(planned);
    }
    Err(refusal(problems))
}

/// Nobody has the address or the id of the row, or somebody had it who was deleted.
fn not_there(row: &ResetRow, deleted: bool, connection: &Connection) -> Problem {
    let (number, who, place) = (row.row, row.who(), connection.place());
    let (message, fix) = if deleted {
        (
            format!("row {number}: {who} was deleted from {place}"),
            "an administrator of the tenant can restore the user within 30 days of the deletion; or take the row off the sheet, and invite the new address with `guestlist invite`",
        )
    } else {
        (
            format!("row {number}: nobody in {place} has {who}"),
            "correct it; somebody who was never invited is invited with `guestlist invite`",
        )
    };
    row.problem(Problem::error(resets::RESET_UNKNOWN, message))
        .fix(fix)
}

/// Whether the row, or the user whom its id names, has an address of somebody who was forgotten and not invited again.
fn is_forgotten(
    row: &ResetRow,
    user: Option<&DirectoryUser>,
    forgotten: &Forgotten,
    reader: &Reader,
) -> Result<bool> {
    let of_user = user.into_iter().flat_map(|user| {
        let other = user.other_mails.iter().flatten();
        user.mail.iter().chain(other)
    });
    let of_user = of_user.filter_map(|address| EmailAddress::parse(address).ok());
    let all: Vec<EmailAddress> = row
        .email
        .iter()
        .chain([&row.new_email])
        .cloned()
        .chain(of_user)
        .collect();
    for address in all {
        if forgotten.contains(address.key()) && reader.person(address.key())?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All mistakes, one line each; nothing was sent.
pub(super) fn refusal(problems: Vec<Problem>) -> Failure {
    let (count, more) = (problems.len(), problems.len().saturating_sub(TOLD));
    let what = match &problems[..] {
        [only] => format!("{} [{}]; nothing was sent", only.message, only.code),
        _ => format!(
            "{} are to be corrected first; nothing was sent",
            text::plural(count as u64, "mistake")
        ),
    };
    let mut failure = Failure::new(Exit::SheetRefused, what);
    let single = count == 1;
    for problem in problems.into_iter().take(TOLD) {
        failure = failure.hint(if single {
            problem.fix
        } else {
            format!("{} [{}]: {}", problem.message, problem.code, problem.fix)
        });
    }
    if more > 0 {
        failure = failure.hint(format!("and {} more", text::number(more as u64)));
    }
    failure
}

/// A guest that was looked for.
#[derive(Default)]
struct Found {
    user: Option<DirectoryUser>,
    /// The address and the id lead to two users.
    somebody_else: bool,
    /// All users who have the old address.
    with_address: Vec<DirectoryUser>,
}

async fn guests(rows: &[ResetRow], directory: &Directory) -> Result<Vec<Found>> {
    let ids: Vec<String> = rows.iter().filter_map(|row| row.user_id.clone()).collect();
    let mut by_id: HashMap<String, DirectoryUser> = HashMap::new();
    if !ids.is_empty() {
        let graph = directory.graph();
        for user in graph.guests_to_reset(&ids).await.map_err(Failure::from)? {
            by_id.insert(user.id.to_ascii_lowercase(), user);
        }
    }
    let emails: Vec<&EmailAddress> = rows.iter().filter_map(|row| row.email.as_ref()).collect();
    let mut by_email = find_all(directory, &emails).await?.into_iter();
    let found = rows.iter().map(|row| {
        let with_address = row.email.as_ref().and_then(|_| by_email.next());
        let with_address = with_address.unwrap_or_default();
        let Some(id) = &row.user_id else {
            return Found {
                user: with_address.first().cloned(),
                somebody_else: false,
                with_address,
            };
        };
        let is_meant = |user: &DirectoryUser| user.id.eq_ignore_ascii_case(id);
        Found {
            somebody_else: !with_address.is_empty() && !with_address.iter().any(is_meant),
            user: by_id.get(id).cloned(),
            // The id says who is meant.
            with_address: Vec::new(),
        }
    });
    Ok(found.collect())
}

/// All users who have each address.
async fn find_all(
    directory: &Directory,
    addresses: &[&EmailAddress],
) -> Result<Vec<Vec<DirectoryUser>>> {
    let mut found = Vec::with_capacity(addresses.len());
    for twenty in addresses.chunks(BATCH) {
        for users in directory.everybody_with(twenty).await? {
            let mut users = users?;
            users.sort_by(|one, other| one.id.cmp(&other.id));
            users.dedup_by(|one, other| one.id == other.id);
            found.push(users);
        }
    }
    Ok(found)
}

/// An address that several users have does not say who is meant.
fn several(row: &ResetRow, users: &[DirectoryUser]) -> Option<Problem> {
    let [_, _, ..] = users else {
        return None;
    };
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let message = format!(
        "row {}: {} users have the address {}: {}",
        row.row,
        users.len(),
        row.who(),
        ids.join(", ")
    );
    let problem = Problem::error(resets::RESET_AMBIGUOUS, message);
    Some(
        row.problem(problem)
            .fix("name the one that is meant by its object id, in a column user_id"),
    )
}

fn wrong(
    row: &ResetRow,
    user: &DirectoryUser,
    somebody_else: bool,
    holders: &[DirectoryUser],
    connection: &Connection,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |code, message: String, fix: &str| {
        problems.push(row.problem(Problem::error(code, message)).fix(fix));
    };
    let (number, new) = (row.row, row.new_email.as_str());
    if somebody_else {
        let message = format!("row {number}: the address and the object id are two users");
        add(
            resets::RESET_TWO_PEOPLE,
            message,
            "leave one of the two, or correct it",
        );
    }
    if state_of(user).state == GuestState::Member {
        let message = format!(
            "row {number}: {} is an internal user of {}, not a guest",
            row.who(),
            connection.place()
        );
        add(
            graph::catalogue::NOT_A_GUEST,
            message,
            "take the row off the sheet",
        );
    }
    if connection.domains.is_own(row.new_email.domain()) {
        let message = format!(
            "row {number}: the new address {new} is in one of the own domains of {}",
            connection.place()
        );
        let fix = "write the address of the guest's own organization";
        add(resets::RESET_OWN_DOMAIN, message, fix);
    } else if let Some(holder) = holders.iter().find(|holder| holder.id != user.id) {
        let name = holder.display_name.as_deref().unwrap_or("another user");
        let message = format!(
            "row {number}: the new address {new} belongs to {} (object id {})",
            text::printable_line(name),
            holder.id
        );
        let fix =
            "correct it; if both are the same person, one of the two accounts has to go first";
        add(resets::RESET_TAKEN, message, fix);
    }
    problems
}

/// The ledger may know the address as somebody who is not to be found now.
fn known_as_another(
    row: &ResetRow,
    user: &DirectoryUser,
    reader: &Reader,
) -> Result<Option<Problem>> {
    let Some(known) = reader.reset_person(row.new_email.key())? else {
        return Ok(None);
    };
    let new = row.new_email.as_str();
    let message = if known.state == PersonState::Asked {
        format!(
            "row {}: whether {new} was invited is not settled yet",
            row.row
        )
    } else if known
        .user_id
        .is_some_and(|id| !id.eq_ignore_ascii_case(&user.id))
    {
        format!(
            "row {}: this ledger knows {new} as another guest, who is not found now",
            row.row
        )
    } else {
        return Ok(None);
    };
    let fix = "`guestlist status ADDRESS` tells what is known; run `guestlist invite` for that row first, or correct it";
    Ok(Some(
        row.problem(Problem::error(resets::RESET_TAKEN, message))
            .fix(fix),
    ))
}

fn step(row: &ResetRow, user: &DirectoryUser, reader: &Reader, again: bool) -> Result<Step> {
    let history = reader.reset_history(&user.id, row.new_email.key())?;
    let known = reader.reset_person(row.new_email.key())?;
    let done = history
        .done
        .is_some_and(|done| known.as_ref().is_some_and(|known| known.id == done.person));
    Ok(if done && !again {
        Step::Done
    } else if !history.open.is_empty() {
        Step::Settle
    } else if not_to_be_reset(user).is_some() {
        Step::Never
    } else if has_address(user, &row.new_email) {
        Step::ResetOnly
    } else {
        Step::Both
    })
}
