//! `guestlist cleanup`: guests whom this ledger invited, and who are to go, are deleted; the list comes first.
//!
//! Whatever can refuse it comes before anything is deleted. Deletes nobody whom somebody else invited.

mod candidates; // who may be deleted
mod listed; // a list of leavers that came back
mod made_by_us; // whether the dates fit
mod send; // the deleting, and its end

use super::{
    ages, ask,
    connect::Connection,
    consent::{Consent, Limit, consent, show_list},
    invite::stop_message::unless_stopped,
    older_ledger,
    run_verb::run_verb,
    session::Session,
    status::{Showing, people::Scope, read_states::StateReader},
};
use crate::{
    cli,
    clock::Clock,
    directory::{Directory, read_states},
    engine::{OpenDeletionsJob, Stop, StopReason, settle_deletions},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    ledger::{Reader, RunLock, RunStart},
    own_files::FileKind,
    results::{STDOUT, check_target, same_place},
    settings::{Env, Settings},
    ui::{self, DeletionsShown},
};
use candidates::{Candidates, LeftOut, Rules};
use listed::Listed;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

/// So many further guests of a run are asked about, to learn by which clock they are dated.
const WITNESSES: usize = 10;

/// How this invocation talks.
#[derive(Debug, Clone, Copy, Default)]
struct CleanupOutput {
    json: bool,
    quiet: bool,
}

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Cleanup,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let output = CleanupOutput {
        json: typed.json,
        quiet: cli.telling.quiet > 0,
    };
    run_verb(settings, typed.json, async |settings, stop| {
        cleanup(typed, settings, env, output, &Clock::system(), stop).await
    })
}

async fn cleanup(
    typed: &cli::Cleanup,
    settings: &Settings,
    env: &Env<'_>,
    output: CleanupOutput,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    if typed.sheet.is_none() && typed.run.is_none() && typed.older_than.is_none() {
        return Err(Failure::usage("nobody is named who is to be deleted").hint(
            "name a list that `guestlist leavers SHEET` wrote, a run with --run, or an age with --older-than 90d",
        ));
    }
    if typed.accepted && typed.sheet.is_none() {
        return Err(Failure::usage(
            "--accepted takes guests who have redeemed, and only a list says who of them is to go",
        )
        .hint("name a list that `guestlist leavers SHEET` wrote, or leave --accepted away"));
    }
    let limit = Limit {
        flag: "--max-deletes",
        means: "how many guests may be deleted at most",
        example: "guestlist cleanup guests.leavers.csv --yes --max-deletes 100",
        is_given: typed.max_deletes.is_some(),
        ledger_knows: "the ledger knows who was invited by it",
    };
    let consent = if typed.dry_run {
        Consent::Missing
    } else {
        consent(settings, typed.yes, &limit)?
    };
    check_output(typed, settings)?;
    let listed = typed.sheet.as_deref().map(listed::read).transpose()?;
    let session = Session::open(
        ("cleanup", typed.sheet.as_deref()),
        settings,
        clock,
        stop,
        output.quiet,
    )
    .await?;
    let verb = Verb {
        typed,
        session: &session,
        output,
        consent,
        listed,
    };
    let exit = verb.run(env).await;
    session.end().await;
    exit
}

fn check_output(typed: &cli::Cleanup, settings: &Settings) -> Result<()> {
    let Some(target) = &typed.output else {
        return Ok(());
    };
    if typed.json && target == Path::new(STDOUT) {
        return Err(
            Failure::usage("--json and `-o -` both write to standard output")
                .hint("name a file with -o, or leave --json away"),
        );
    }
    if same_place(target, &settings.invite.ledger.value) {
        let what = format!(
            "-o names the ledger, {}, which would be lost",
            target.display()
        );
        return Err(Failure::usage(what).hint("name another file with -o"));
    }
    let sheet = typed.sheet.as_deref().unwrap_or(Path::new(STDOUT));
    check_target(target, FileKind::Cleanup, sheet)
}

struct Verb<'a> {
    typed: &'a cli::Cleanup,
    session: &'a Session<'a>,
    output: CleanupOutput,
    consent: Consent,
    listed: Option<Listed>,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let session = self.session;
        let connection = session.connect(env).await?;
        let reader = session.ledger.reader()?;
        if let Some(listed) = &self.listed {
            listed.check(&reader, &connection)?;
        }
        let run = match &self.typed.run {
            Some(name) => Some(super::results::find(&session.ledger, name)?),
            None => None,
        };
        let scope = match (&self.listed, &run) {
            (Some(listed), _) => Scope::Chosen(&listed.people),
            (None, Some(run)) => Scope::Run(&run.id),
            (None, None) => Scope::Everybody,
        };
        let lock = self.lock()?;
        let start = session.run.start(&connection);
        let mut notes = Vec::new();
        let is_started = !reader.open_deletions()?.is_empty();
        let unsettled = self
            .settle_open(&reader, &start, &connection, &lock)
            .await?;
        self.read_states(scope, &connection).await?;
        let candidates = self
            .candidates(&reader, scope, &unsettled, &connection, &mut notes)
            .await?;
        self.show(&candidates, notes, &connection)?;
        if candidates.due.is_empty() || self.typed.dry_run {
            return self.nobody_is_deleted(&candidates, is_started.then_some(&start));
        }
        self.agree(&candidates, &connection).await?;
        self.delete(candidates, connection, &lock, start, is_started)
            .await
    }

    fn lock(&self) -> Result<RunLock> {
        let now = self.session.clock.now();
        let holder = super::holder("cleanup", self.typed.sheet.as_deref(), now);
        let stop = self.session.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(self.session.ledger.lock(&holder, now, lost)?)
    }

    /// What earlier runs have left without an answer is found out first; that is reading, and needs nobody's consent.
    async fn settle_open(
        &self,
        reader: &Reader,
        start: &RunStart,
        connection: &Connection,
        lock: &RunLock,
    ) -> Result<Vec<String>> {
        let session = self.session;
        let open = reader.open_deletions()?;
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let writer = session.ledger.writer(Some(lock.generation()))?;
        writer.start_run(start)?;
        let directory = Directory::new(connection.graph.clone(), connection.domains.clone());
        let job = OpenDeletionsJob {
            run: &start.id,
            writer: &writer,
            open,
            directory: &directory,
            clock: session.clock,
            stop: &session.stop,
            shown_for: session.settings.invite.ask_again_after.value,
        };
        settle_deletions(job).await
    }

    async fn read_states(&self, scope: Scope<'_>, connection: &Connection) -> Result<()> {
        let session = self.session;
        let total = match scope {
            Scope::Everybody => Some(session.ledger.reader()?.people()?),
            _ => None,
        };
        let showing = Showing::start(self.output.quiet, total);
        let reader = StateReader {
            ledger: &session.ledger,
            graph: &connection.graph,
            clock: session.clock,
            stop: &session.stop,
            progress: &showing.numbers,
        };
        let read = reader.read(scope).await;
        showing.finish().await;
        read.map(drop)
    }

    async fn candidates(
        &self,
        reader: &Reader,
        scope: Scope<'_>,
        unsettled: &[String],
        connection: &Connection,
        notes: &mut Vec<String>,
    ) -> Result<Candidates> {
        let session = self.session;
        let (back, listed_users) = match &self.listed {
            Some(listed) => (
                listed.back_on_the_sheet(reader, session.settings, notes)?,
                listed.users.clone(),
            ),
            None => (HashSet::new(), HashMap::new()),
        };
        if let Some(listed) = &self.listed
            && (listed.list.people.len() as u64) < listed.list.written
        {
            notes.push(format!(
                "the list was written with {} people, and {} were taken out of it since",
                listed.list.written,
                listed.list.written - listed.list.people.len() as u64
            ));
        }
        let own_sheets = match (&self.listed, &self.typed.run) {
            (Some(listed), _) => Some(listed.sheets(reader)?),
            (None, Some(name)) => {
                let run = super::results::find(&session.ledger, name)?;
                Some(Vec::from_iter(reader.sheet_path_of_run(&run.id)?))
            }
            // By age alone, everybody of every sheet is meant.
            (None, None) => None,
        };
        let elsewhere = match &own_sheets {
            Some(own) => {
                let own: Vec<&str> = own.iter().map(String::as_str).collect();
                reader.elsewhere(&own)?
            }
            None => HashSet::new(),
        };
        let (now, told) = ages::now(&connection.graph, session.clock);
        notes.extend(told.filter(|_| self.typed.older_than.is_some()));
        let rules = Rules {
            older_than: self.typed.older_than,
            accepted: self.typed.accepted && self.listed.is_some(),
            elsewhere,
            back,
            addresses: reader.addresses_of_users()?,
            listed_users,
            unsettled,
            restored_at: older_ledger::since(session, None)?,
            now,
        };
        let mut found = candidates::candidates(reader, scope, &rules)?;
        for run in found.runs() {
            let others = reader.invited_in(&run, WITNESSES)?;
            let ids: Vec<String> = others.iter().map(|(_, user)| user.clone()).collect();
            let states = read_states(&connection.graph, &ids)
                .await
                .map_err(Failure::from)?;
            for (person, user) in others {
                let state = states.get(&user.to_ascii_lowercase());
                let created = state.and_then(|state| state.created_at);
                match reader.origin(person)? {
                    Ok(origin) => found.witness(&origin, &user, created),
                    Err(_) => found.no_witness(&run, &user),
                }
            }
        }
        Ok(found.decide())
    }

    fn show(
        &self,
        candidates: &Candidates,
        notes: Vec<String>,
        connection: &Connection,
    ) -> Result<()> {
        if self.output.quiet && self.consent == Consent::Given {
            return Ok(());
        }
        let settings = self.session.settings;
        let whom = match (&self.typed.sheet, &self.typed.run) {
            (Some(sheet), _) => sheet.display().to_string(),
            (None, Some(cli::RunName::Id(id))) => format!("run {id}"),
            (None, Some(cli::RunName::Last)) => "the last run".to_owned(),
            (None, None) => format!("the ledger {}", settings.invite.ledger.value.display()),
        };
        let shown = DeletionsShown {
            whom: format!("{whom} in {}", connection.place()),
            people: candidates.people,
            due: candidates.lines.clone(),
            left_out: candidates
                .left_out
                .iter()
                .map(|(why, count)| (why.words(*count, self.typed.older_than), *count))
                .collect(),
            notes,
        };
        let stdout_is_taken = self.output.json || self.lists_to_stdout();
        show_list(
            &ui::deletions_text(&shown),
            stdout_is_taken,
            self.consent == Consent::Asked,
        )
    }

    fn lists_to_stdout(&self) -> bool {
        self.typed.output.as_deref() == Some(Path::new(STDOUT))
    }

    /// Whether everybody whom a list names is where they should be.
    fn exit_for_the_left(&self, left_out: &BTreeMap<LeftOut, u64>) -> Exit {
        let all_fine = left_out.keys().all(|why| why.is_fine());
        if self.listed.is_none() || all_fine {
            Exit::Done
        } else {
            Exit::SomeRowsNotDone
        }
    }

    async fn agree(&self, candidates: &Candidates, connection: &Connection) -> Result<()> {
        match self.consent {
            Consent::Given => Ok(()),
            Consent::Missing => Err(Failure::usage(
                "there is no terminal to ask on, and --yes is not given: nobody was deleted",
            )
            .hint("add --yes --max-deletes N to delete them without being asked")),
            Consent::Asked => {
                let due = candidates.due.len() as u64;
                let most = self.typed.max_deletes.map_or(due, |most| most.min(due));
                let question = format!(
                    "Type {most} to delete {} of {}:",
                    ui::text::plural(most, "guest"),
                    connection.place()
                );
                let asking = async {
                    tokio::task::spawn_blocking(move || ask::types(&question, &most.to_string()))
                        .await
                        .map_err(anyhow::Error::from)?
                };
                if unless_stopped(&self.session.stop, asking).await? {
                    return Ok(());
                }
                Err(
                    Failure::usage("nobody was deleted, as the answer was not that number")
                        .hint("run the same command again when the list is right"),
                )
            }
        }
    }
}
