//! `guestlist status`: who has redeemed; one person's whole story for an address.
//!
//! Reads the tenant and changes nothing in it.

// What is asked about, and how it is told.

mod follow_up_lines; // what was done after the invitation
pub(super) mod people; // who is asked about
pub(super) mod read_states; // their states, read and kept
pub(super) mod report; // counted, listed, written
mod sponsors; // --sponsors
mod story; // one person

use super::{
    ages,
    connect::Connection,
    reading_choices,
    run_verb::run_verb,
    session::Session,
    sheet_options::{WantedSheet, rules},
};
use crate::{
    cli::{self, RunName},
    clock::Clock,
    engine::Stop,
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    guest::EmailAddress,
    ledger::Ledger,
    own_files::FileKind,
    results::{GuestStatus, STDOUT, StatusFile, check_target, same_place},
    settings::{Env, Settings},
    sheet::Sheet,
    ui::{self, Phase, Progress, ProgressMode, ProgressView, StatusShown},
};
use people::Scope;
use read_states::StateReader;
use report::{Filter, Wanted};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tokio::sync::watch;

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Status,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let quiet = cli.telling.quiet > 0;
    // The list was to go to standard output, and nothing else may.
    let listed = typed.output.as_deref() == Some(Path::new(STDOUT));
    run_verb(settings, typed.json && !listed, async |settings, stop| {
        status(typed, settings, env, quiet, &Clock::system(), stop).await
    })
}

/// Who is meant.
enum About {
    Person(EmailAddress),
    Sheet(PathBuf),
    Run(RunName),
    Everybody,
}

async fn status(
    typed: &cli::Status,
    settings: &Settings,
    env: &Env<'_>,
    quiet: bool,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    let about = about(typed)?;
    let target = target(typed, settings, &about)?;
    let session = Session::open(("status", None), settings, clock, stop, quiet).await?;
    let told = match &about {
        About::Person(address) => story::tell(typed, &session, env, address).await,
        _ => tell(typed, &session, env, &about, target, quiet).await,
    };
    session.end().await;
    told
}

fn about(typed: &cli::Status) -> Result<About> {
    if let Some(run) = &typed.run {
        return Ok(About::Run(run.clone()));
    }
    let Some(text) = &typed.about else {
        return only_for_a_person(typed).map(|()| About::Everybody);
    };
    let is_there = text == Path::new("-") || text.try_exists().unwrap_or(true);
    match (is_there, text.to_str().map(EmailAddress::parse)) {
        (false, Some(Ok(address))) => Ok(About::Person(address)),
        (false, Some(Err(why))) if text.to_string_lossy().contains('@') => {
            Err(Failure::usage(format!(
                "there is no file {}, and it is no address either: {why}",
                text.display()
            ))
            .hint("write the address as it stood on the sheet, or name a sheet that is there"))
        }
        _ => only_for_a_person(typed).map(|()| About::Sheet(text.clone())),
    }
}

fn only_for_a_person(typed: &cli::Status) -> Result<()> {
    if typed.show_link {
        return Err(Failure::usage("--show-link shows the link of one person")
            .hint("name the person's address, as in `guestlist status ADDRESS --show-link`"));
    }
    Ok(())
}

/// Where the list goes, if anywhere.
fn target(typed: &cli::Status, settings: &Settings, about: &About) -> Result<Option<PathBuf>> {
    let Some(target) = &typed.output else {
        return Ok(None);
    };
    let other = "name another file with -o, or leave it away";
    if typed.json && target == Path::new(STDOUT) {
        return Err(
            Failure::usage("--json and `-o -` both write to standard output")
                .hint("name a file with -o, or leave --json away"),
        );
    }
    if matches!(about, About::Person(_)) {
        return Err(
            Failure::usage("the story of one person is not written to a file")
                .hint("leave -o away, or the address"),
        );
    }
    if same_place(target, &settings.invite.ledger.value) {
        let what = format!(
            "-o names the ledger, {}, which would be lost",
            target.display()
        );
        return Err(Failure::usage(what).hint(other));
    }
    let sheet = match about {
        About::Sheet(sheet) => sheet.as_path(),
        _ => Path::new(STDOUT),
    };
    check_target(target, FileKind::Status, sheet)?;
    Ok(Some(target.clone()))
}

async fn tell(
    typed: &cli::Status,
    session: &Session<'_>,
    env: &Env<'_>,
    about: &About,
    target: Option<PathBuf>,
    quiet: bool,
) -> Result<Exit> {
    let settings = session.settings;
    let rules = rules(settings);
    let run = match about {
        About::Run(name) => Some(super::results::find(&session.ledger, name)?),
        _ => None,
    };
    let sheet = match about {
        About::Sheet(path) => Some(open_sheet(path, settings, quiet).await?),
        _ => None,
    };
    let (scope, whom) = match (&run, &sheet) {
        (Some(run), _) => (Scope::Run(&run.id), format!("of run {}", run.id)),
        (None, Some(sheet)) => {
            let name = typed.about.as_deref().unwrap_or(Path::new("-")).display();
            (Scope::Sheet(sheet, &rules), format!("of {name}"))
        }
        (None, None) => {
            let path = settings.invite.ledger.value.display();
            (Scope::Everybody, format!("of the ledger {path}"))
        }
    };
    let connection = session.connect(env).await?;
    let whom = format!("{whom} in {}", connection.place());
    let progress = Showing::start(quiet, total(scope, &session.ledger)?);
    let reader = StateReader {
        ledger: &session.ledger,
        graph: &connection.graph,
        clock: session.clock,
        stop: &session.stop,
        progress: &progress.numbers,
    };
    if typed.sponsors {
        let found = sponsors::find(&reader, scope).await;
        progress.finish().await;
        return sponsors::tell(typed, &found?, &whom, &connection, target.as_deref());
    }
    let read = reader.read(scope).await;
    progress.finish().await;
    let read = read?;
    if let Some(began) = read.continues
        && !quiet
    {
        let began = began.strftime("%H:%M UTC");
        ui::tell(format!("goes on with the reading that was cut at {began}"));
    }
    let mut file = target.as_deref().map(StatusFile::create).transpose()?;
    let wanted = Wanted {
        file: file.as_mut(),
        all: typed.json,
    };
    let filter = Filter {
        pending: typed.pending,
        older_than: typed.older_than.map(|age| age.0),
        unverified: typed.unverified,
    };
    let ledger = session.ledger.reader()?;
    let (now, told) = ages::now(&connection.graph, session.clock);
    told.filter(|_| typed.older_than.is_some() && !quiet)
        .into_iter()
        .for_each(ui::tell);
    let report = report::report(&ledger, scope, filter, now, wanted)?;
    let shown = StatusShown {
        whom,
        ..report.shown
    };
    if typed.json {
        let mut out = ui::Out::stdout();
        let mut told = as_json(&shown, &report.guests, &connection);
        if sheet.is_some() {
            told["left_out"] = json!({
                "invalid": report.left_out.invalid,
                "duplicate": report.left_out.duplicate,
            });
        }
        out.json(&told)?;
        out.finish()?;
    } else if target.as_deref() != Some(Path::new(STDOUT)) {
        let mut out = ui::Out::stdout();
        out.line(ui::status_text(&shown).trim_end())?;
        out.finish()?;
    }
    finish(file, quiet)?;
    // Neither the list nor the object has room for a sentence.
    if (typed.json || target.as_deref() == Some(Path::new(STDOUT))) && !quiet {
        for rows in &shown.rows_left_out {
            ui::tell(ui::text::wrap(rows, 0, 2));
        }
    }
    Ok(Exit::Done)
}

/// Puts the file in its place, and says where that is.
fn finish(file: Option<StatusFile>, quiet: bool) -> Result<()> {
    let Some(file) = file else {
        return Ok(());
    };
    let (path, notes) = file.finish()?;
    for note in notes {
        ui::tell(note);
    }
    if path != Path::new(STDOUT) && !quiet {
        ui::tell(format!("written to {}", path.display()));
    }
    Ok(())
}

fn as_json(shown: &StatusShown, guests: &[GuestStatus], connection: &Connection) -> Value {
    let states: serde_json::Map<String, Value> = shown
        .states
        .iter()
        .map(|(state, count)| (state.word().to_owned(), json!(count)))
        .collect();
    let ages: serde_json::Map<String, Value> = shown
        .ages
        .iter()
        .map(|(age, count)| ((*age).to_owned(), json!(count)))
        .collect();
    let groups = |groups: &[ui::GuestGroup]| -> Vec<Value> {
        let value = |group: &ui::GuestGroup| json!({"name": group.name, "people": group.people, "pending": group.pending, "accepted": group.accepted});
        groups.iter().map(value).collect()
    };
    json!({
        "tenant": {"id": connection.tenant.id, "name": connection.tenant.name},
        "people": shown.people,
        "states": states,
        "pending_by_age": ages,
        "domains": groups(&shown.domains),
        "sponsors": groups(&shown.sponsors),
        "guests": guests,
        "requests": {"total": connection.graph.requests().total, "throttled": connection.graph.requests().throttled},
        "exit_code": Exit::Done.code(),
    })
}

/// Reads the sheet in the way in which an earlier run was told to read it, unless this command says otherwise.
pub(super) async fn open_sheet(path: &Path, settings: &Settings, quiet: bool) -> Result<Sheet> {
    let chosen = reading_choices::of_sheet(settings, path);
    if !quiet {
        reading_choices::tell(chosen.told.as_ref());
    }
    let wanted = WantedSheet::new(path, chosen.options, settings);
    // On a thread of its own: it may ask about hidden rows, and Ctrl-C must still work then.
    tokio::task::spawn_blocking(move || wanted.open())
        .await
        .map_err(anyhow::Error::from)?
}

/// How many there are to read, where that is known beforehand.
fn total(scope: Scope<'_>, ledger: &Ledger) -> Result<Option<u64>> {
    Ok(match scope {
        Scope::Everybody => Some(ledger.reader()?.people()?),
        Scope::Run(_) | Scope::Sheet(..) | Scope::Chosen(_) => None,
    })
}

/// The bar of a long reading.
pub(super) struct Showing {
    pub numbers: watch::Sender<Progress>,
    view: ProgressView,
}

impl Showing {
    pub(super) fn start(quiet: bool, total: Option<u64>) -> Self {
        let progress = Progress {
            phase: Phase::States,
            total,
            ..Progress::default()
        };
        let (numbers, seen) = watch::channel(progress);
        let mode = ProgressMode::choose(quiet, ui::stderr_is_terminal());
        Self {
            numbers,
            view: ProgressView::start(seen, mode),
        }
    }

    pub(super) async fn finish(self) {
        self.view.finish().await;
    }
}
