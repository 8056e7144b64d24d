//! `guestlist mail`: the first mail of our own to people of a sheet who were invited silently; the list comes first.
//!
//! Whatever can refuse it comes before anything is sent. Must not invite anybody.

mod send; // the sending, and its end
mod targets; // who is mailed, and who is not
mod told; // the list, the numbers, the JSON object

use super::{
    ask,
    connect::Connection,
    consent::{Consent, Limit, consent, show_list},
    invite::{engine_options, stop_message::unless_stopped},
    older_ledger,
    own_mail::{MailTotals, Names, OwnMail},
    run_verb::run_verb,
    session::Session,
    sheet_options::rules,
    status,
};
use crate::{
    cli,
    clock::Clock,
    directory::Directory,
    engine::{Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    guest::Rules,
    ledger::{Reader, RunLock, RunRecord},
    one_word::OneWord,
    own_files::FileKind,
    results::{self, RunKind, STDOUT},
    settings::{Env, Settings},
    sheet::Sheet,
    ui::{self, text},
};
use std::path::{Path, PathBuf};
use targets::{Choice, Targets};

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Mail,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let quiet = cli.telling.quiet > 0;
    run_verb(settings, typed.json, async |settings, stop| {
        mail(typed, settings, env, quiet, &Clock::system(), stop).await
    })
}

async fn mail(
    typed: &cli::Mail,
    settings: &Settings,
    env: &Env<'_>,
    quiet: bool,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    let limit = Limit {
        flag: "--max-mails",
        means: "how many people may be mailed at most",
        example: "guestlist mail guests.csv --yes --max-mails 100",
        is_given: typed.max_mails.is_some(),
        ledger_knows: "the ledger knows who has been mailed",
    };
    let consent = consent(settings, typed.yes, &limit)?;
    let own = OwnMail::of(settings, env)?.ok_or_else(|| {
        Failure::usage(format!(
            "mail of our own is not switched on: [message] delivery is \"{}\"",
            settings.message.delivery.value.word()
        ))
        .hint("write delivery = \"graph\" or \"smtp\", and from, below [message]; nothing was sent")
    })?;
    let session = Session::open(("mail", Some(&typed.sheet)), settings, clock, stop, quiet).await?;
    let verb = Verb {
        typed,
        session: &session,
        own: &own,
        consent,
        quiet,
    };
    let exit = verb.run(env).await;
    session.end().await;
    exit
}

struct Verb<'a> {
    typed: &'a cli::Mail,
    session: &'a Session<'a>,
    own: &'a OwnMail,
    consent: Consent,
    quiet: bool,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let settings = self.session.settings;
        let rules = rules(settings);
        let sheet = status::open_sheet(&self.typed.sheet, settings, self.quiet).await?;
        let results = self.results_path(&sheet)?;
        let selection = engine_options::selection(&settings.invite.only.value)?;
        let connection = self.session.connect(env).await?;
        older_ledger::refuse_older_ledger(
            self.session,
            Some(&self.typed.sheet),
            "mails",
            "mailed",
        )?;
        let lock = self.lock()?;
        let reader = self.session.ledger.reader()?;
        let names = Names::of(&connection, self.own);
        let choice = Choice {
            typed: self.typed,
            own: self.own,
            sheet: &sheet,
            rules: &rules,
            selection: &selection,
            reader: &reader,
            names: &names,
        };
        let mut targets = choice.targets()?;
        let stop = &self.session.stop;
        unless_stopped(stop, targets.keep_pending(&connection)).await?;
        let list = told::list(&self.typed.sheet, &targets, self.own, &connection);
        if !self.quiet || self.consent != Consent::Given {
            show_list(&list, self.typed.json, self.consent == Consent::Asked)?;
        }
        if targets.people.is_empty() {
            return self.nobody_is_mailed(&targets, &connection);
        }
        for change in &targets.changes {
            ui::tell(text::wrap(&format!("warning: {change}"), 0, 2));
        }
        unless_stopped(stop, self.own.probe(&connection)).await?;
        self.agree(&targets, &connection).await?;
        let told_in = match sheet.place() {
            Some(place) => reader.last_invitation_run_of(&place.display().to_string())?,
            None => None,
        };
        let job = Job {
            names,
            directory: Directory::new(connection.graph.clone(), connection.domains.clone()),
            sheet: &sheet,
            rules: &rules,
            reader: &reader,
            connection: &connection,
            lock: &lock,
            told_in: told_in.as_ref(),
            results: &results,
        };
        self.send(&job, &targets).await
    }

    fn lock(&self) -> Result<RunLock> {
        let now = self.session.clock.now();
        let holder = super::holder("mail", Some(&self.typed.sheet), now);
        let stop = self.session.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(self.session.ledger.lock(&holder, now, lost)?)
    }

    fn results_path(&self, sheet: &Sheet) -> Result<PathBuf> {
        let settings = self.session.settings;
        let kind = RunKind {
            workbook: sheet.tab().is_some(),
            dry_run: false,
            practice: settings.invite.sandbox.value,
        };
        let default = results::default_paths(&self.typed.sheet, kind).results;
        let named = settings.invite.results.as_ref();
        let path = named.map_or(default, |path| path.value.clone());
        if self.typed.json && path == Path::new(STDOUT) {
            return Err(Failure::usage(
                "--json and the results cannot both be written to standard output",
            )
            .hint("name a file with -o, or leave --json out; nobody was mailed"));
        }
        results::check_target(&path, FileKind::Results, &self.typed.sheet)?;
        Ok(path)
    }

    async fn agree(&self, targets: &Targets, connection: &Connection) -> Result<()> {
        match self.consent {
            Consent::Given => Ok(()),
            Consent::Missing => Err(Failure::usage(
                "there is no terminal to ask on, and --yes is not given: nobody was mailed",
            )
            .hint("add --yes --max-mails N to mail them without being asked")),
            Consent::Asked => {
                let all = targets.people.len() as u64;
                let most = self.typed.max_mails.map_or(all, |most| most.min(all));
                let people = text::plural_of(most, "person", "people");
                let question = format!("Mail {people} of {}? (yes/no)", connection.place());
                let asking = async {
                    tokio::task::spawn_blocking(move || ask::agrees(&question))
                        .await
                        .map_err(anyhow::Error::from)?
                };
                if unless_stopped(&self.session.stop, asking).await? {
                    return Ok(());
                }
                Err(
                    Failure::usage("nobody was mailed, as the answer was not yes")
                        .hint("run the same command again when the list is right"),
                )
            }
        }
    }

    fn nobody_is_mailed(&self, targets: &Targets, connection: &Connection) -> Result<Exit> {
        if self.typed.json {
            let end = told::End {
                run: None,
                stopped: None,
                stopped_by: None,
                results: None,
                exit: Exit::Done,
            };
            let none = MailTotals::default();
            let sheet = &self.typed.sheet;
            let report = told::report(sheet, targets, &none, connection, &end);
            let mut out = ui::Out::stdout();
            out.json(&report)?;
            out.finish()?;
        }
        Ok(Exit::Done)
    }
}

/// What the mails are sent with.
struct Job<'a> {
    names: Names,
    directory: Directory,
    sheet: &'a Sheet,
    rules: &'a Rules,
    reader: &'a Reader,
    connection: &'a Connection,
    lock: &'a RunLock,
    /// The run whose results tell what became of the mails.
    told_in: Option<&'a RunRecord>,
    results: &'a Path,
}
