//! `guestlist mail`: the first mail of our own to people of a sheet who were invited silently; the list comes first.
//!
//! Whatever can refuse it comes before anything is sent. Must not invite anybody.

use super::{
    ask,
    connect::Connection,
    files,
    invite::{
        InviteOutput, engine_options,
        stop_message::{self, Stopped, unless_stopped},
    },
    own_mail::{self, MailTotals, MailsOf, Names, OwnMail},
    restored,
    session::Session,
    sheet_options::rules,
    signals, status,
};
use crate::{
    cli,
    clock::Clock,
    directory::{Directory, read_states},
    engine::{Selection, Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    graph::Class,
    guest::{Guest, RowVerdict, Rules, Understanding},
    ledger::{AskedBefore, Person, PersonState, Reader, RunLock, RunRecord, RunStart},
    one_word::OneWord,
    outcome::{GuestState, Mail},
    own_files::{FileKind, Rehearsal},
    results::{self, RunKind},
    settings::{Env, Settings},
    sheet::{Refused, Sheet},
    ui::{self, text},
};
use secrecy::ExposeSecret;
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Mail,
    settings: &Settings,
    env: &Env<'_>,
) -> Result<Exit> {
    let runtime = tokio::runtime::Runtime::new().map_err(anyhow::Error::from)?;
    let stop = Stop::default();
    let exit = runtime.block_on(async {
        signals::listen(stop.clone(), InviteOutput::default().writing.subscribe());
        Scratch::remove_leftovers();
        let consent = consent(settings, typed)?;
        let own = OwnMail::of(settings, env)?.ok_or_else(|| {
            Failure::usage(format!(
                "mail of our own is not switched on: [message] delivery is \"{}\"",
                settings.message.delivery.value.word()
            ))
            .hint("write delivery = \"graph\" or \"smtp\", and from, below [message]; nothing was sent")
        })?;
        let quiet = cli.telling.quiet > 0;
        let clock = Clock::system();
        let session = Session::open(settings, &clock, stop, quiet).await?;
        let verb = Verb {
            typed,
            session: &session,
            own: &own,
            consent,
            quiet,
        };
        let exit = Box::pin(verb.run(env)).await;
        session.end().await;
        exit
    });
    // The process does not wait for threads whose result nobody needs any more.
    runtime.shutdown_background();
    exit
}

/// Who says that mails may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    /// A person on the terminal.
    Asked,
    /// `--yes`, or the practice tenant.
    Given,
    /// Nobody can be asked: the list is all there is.
    Missing,
}

/// Without a terminal everything that matters has to be said.
fn consent(settings: &Settings, typed: &cli::Mail) -> Result<Consent> {
    if settings.invite.sandbox.value {
        return Ok(Consent::Given);
    }
    let terminal = ask::can_ask();
    if !typed.yes {
        return Ok(if terminal {
            Consent::Asked
        } else {
            Consent::Missing
        });
    }
    if !terminal && typed.max_mails.is_none() {
        return Err(Failure::usage(
            "--yes without a terminal needs --max-mails: how many people may be mailed at most",
        )
        .hint("as in `guestlist mail guests.csv --yes --max-mails 100`"));
    }
    if !settings.tenant_is_named() {
        return Err(Failure::usage("with --yes the tenant has to be named: by --tenant, GUESTLIST_TENANT_ID or [tenant] id")
            .hint("AZURE_* variables and `az login` may be there for other tools, and do not say which tenant is meant"));
    }
    if !settings.ledger_is_named() {
        return Err(Failure::usage(
            "with --yes the ledger has to be named: by --ledger, GUESTLIST_INVITE_LEDGER or [invite] ledger",
        )
        .hint("the ledger knows who has been mailed: a run that looks in the wrong folder would not know it"));
    }
    Ok(Consent::Given)
}

struct Verb<'a> {
    typed: &'a cli::Mail,
    session: &'a Session<'a>,
    own: &'a OwnMail,
    consent: Consent,
    quiet: bool,
}

/// Somebody who is to be mailed.
struct Target {
    row: u64,
    name: String,
    email: String,
    user_id: String,
    mail: Mail,
}

/// Who is mailed, and why the others are not.
#[derive(Default)]
struct Targets {
    people: Vec<Target>,
    left_out: BTreeMap<&'static str, u64>,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let settings = self.session.settings;
        let rules = rules(settings);
        let sheet = status::open_sheet(&self.typed.sheet, settings, self.quiet).await?;
        let results = self.results_path(&sheet)?;
        let selection = engine_options::selection(&settings.invite.only.value)?;
        let connection = self.session.connect(env).await?;
        restored::refuse_older_ledger(self.session, Some(&self.typed.sheet), "mails", "mailed")?;
        let lock = self.lock()?;
        let reader = self.session.ledger.reader()?;
        let mut targets = self.targets(&sheet, &rules, &selection, &reader, &connection)?;
        let stop = &self.session.stop;
        unless_stopped(stop, keep_pending(&mut targets, &connection)).await?;
        self.show(&targets, &connection)?;
        if targets.people.is_empty() {
            return Ok(Exit::Done);
        }
        unless_stopped(stop, self.own.probe(&connection)).await?;
        self.agree(&targets, &connection).await?;
        let told_in = match sheet.place() {
            Some(place) => reader.last_invitation_run_of(&place.display().to_string())?,
            None => None,
        };
        let job = Job {
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
        results::check_target(&path, FileKind::Results, &self.typed.sheet)?;
        Ok(path)
    }

    /// The people of the sheet whose mail has not left, each with words that can be sent.
    fn targets(
        &self,
        sheet: &Sheet,
        rules: &Rules,
        selection: &Selection,
        reader: &Reader,
        connection: &Connection,
    ) -> Result<Targets> {
        let names = Names::of(connection, self.own);
        let mut targets = Targets::default();
        let mut wrong = own_mail::Wrong::default();
        let mut understanding = Understanding::new(sheet, rules);
        for row in sheet.rows()? {
            let row = row.map_err(Refused::from)?;
            let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
                continue;
            };
            let address = (guest.email.key(), guest.email.domain());
            if !selection.takes(guest.row, Some(address)) {
                continue;
            }
            let person = reader.person(guest.email.key())?;
            match self.takes(&guest, person.as_ref()) {
                Err(why) => *targets.left_out.entry(why).or_default() += 1,
                Ok((person, mail)) => {
                    let (Some(user_id), Some(link)) = (&person.user_id, &person.redeem_url) else {
                        *targets.left_out.entry("have no link").or_default() += 1;
                        continue;
                    };
                    let link = link.expose_secret();
                    if let Err(why) = self.own.render(sheet, &row, &guest, link, &names) {
                        wrong.add(&guest, why);
                    }
                    let name = guest.display_name.clone().unwrap_or_default();
                    targets.people.push(Target {
                        row: guest.row,
                        name,
                        email: guest.email.as_str().to_owned(),
                        user_id: user_id.clone(),
                        mail,
                    });
                }
            }
        }
        wrong.or_none()?;
        Ok(targets)
    }

    /// Whether a person is to be mailed, or why not.
    fn takes<'p>(
        &self,
        guest: &Guest,
        person: Option<&'p Person>,
    ) -> std::result::Result<(&'p Person, Mail), &'static str> {
        if guest.send == Some(false) {
            return Err("are to get no mail, as the sheet says");
        }
        let person = person.ok_or("were never invited")?;
        if person.state != PersonState::Invited {
            return Err("are not known as invited: `guestlist invite` comes first");
        }
        match person.mail {
            Some(mail @ (Mail::None | Mail::Due)) => Ok((person, mail)),
            Some(mail @ Mail::Refused) if self.typed.retry_refused => Ok((person, mail)),
            Some(mail @ Mail::Unknown) if self.typed.include_unknown => Ok((person, mail)),
            Some(Mail::Refused) => Err("were refused: --retry-refused mails them"),
            Some(Mail::Unknown) => Err("may have been mailed: --include-unknown mails them again"),
            Some(Mail::Requested | Mail::HandedOver) => Err("have been mailed"),
            None => Err("are not known as invited silently"),
        }
    }

    fn show(&self, targets: &Targets, connection: &Connection) -> Result<()> {
        let mut out = ui::Out::stdout();
        let people = text::plural_of(targets.people.len() as u64, "person", "people");
        out.line(format!(
            "{people} of {} in {} to mail, from {}",
            self.typed.sheet.display(),
            connection.place(),
            self.own.by()
        ))?;
        for target in &targets.people {
            let known = match target.mail {
                Mail::Unknown => ", may have been mailed before",
                Mail::Refused => ", refused before",
                _ => "",
            };
            let who = text::printable_line(&format!("{} {}", target.name, target.email));
            out.line(format!("  row {}: {}{known}", target.row, who.trim()))?;
        }
        for (why, people) in &targets.left_out {
            out.line(format!("  {} {why}", text::number(*people)))?;
        }
        out.finish()
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

    async fn send(&self, job: &Job<'_>, targets: &Targets) -> Result<Exit> {
        let session = self.session;
        let writer = session.ledger.writer(Some(job.lock.generation()))?;
        let start = self.run_start(job);
        let run = start.id.clone();
        writer.start_run(&start)?;
        let rows: HashMap<u64, Mail> = targets
            .people
            .iter()
            .map(|target| (target.row, target.mail))
            .collect();
        let most = self.typed.max_mails.unwrap_or(u64::MAX);
        let (taken, held_back) = (Cell::new(0_u64), Cell::new(0_u64));
        let mails = MailsOf {
            own: self.own,
            graph: &job.connection.graph,
            directory: &job.directory,
            // Refused before.
            may_be_older: false,
            names: Names::of(job.connection, self.own),
            sheet: job.sheet,
            rules: job.rules,
            reader: job.reader,
            writer: &writer,
            run: &run,
            told_in: job.told_in.map(|run| run.id.as_str()),
            asked_before: AskedBefore {
                unknown_too: self.typed.include_unknown,
                refused_too: self.typed.retry_refused,
            },
            clock: session.clock,
            stop: &session.stop,
            quiet: self.quiet,
            expected: (targets.people.len() as u64).min(most),
        };
        let sending = own_mail::send(&mails, |guest, person| {
            let is_target = rows.get(&guest.row).copied() == person.mail;
            if is_target && taken.get() >= most {
                held_back.set(held_back.get() + 1);
                return false;
            }
            taken.set(taken.get() + u64::from(is_target));
            is_target
        });
        let totals = Box::pin(sending).await?;
        if held_back.get() > 0 {
            session.stop.raise(StopReason::OwnMail {
                exit: Exit::CapReached,
                what: format!("--max-mails {most} is reached"),
                hints: vec![format!("{} are left", text::number(held_back.get()))],
            });
        }
        let (exit, stopped) = self.judge(job, &totals);
        self.write_results(job)?;
        let now = session.clock.now();
        let report = serde_json::json!({"run": run, "mails_handed_over": totals.handed_over, "exit_code": exit.code()});
        writer.end_run(&run, now, exit.code(), &report.to_string())?;
        writer.checkpoint()?;
        self.tell(&totals);
        stopped.iter().for_each(ui::show_failure);
        Ok(exit)
    }

    fn judge(&self, job: &Job<'_>, totals: &MailTotals) -> (Exit, Option<Failure>) {
        let reason = self.session.stop.reason();
        let stopped = reason.as_ref().map(|reason| {
            stop_message::stopped(&Stopped {
                reason,
                tenant: &job.connection.tenant.id,
                asked_today: 0,
                left: 0,
                now: self.session.clock.now(),
            })
        });
        let exit = match &stopped {
            Some(failure) => failure.exit,
            None if totals.due + totals.refused + totals.not_looked_up > 0 => Exit::SomeRowsNotDone,
            None => Exit::Done,
        };
        (exit, stopped)
    }

    fn tell(&self, totals: &MailTotals) {
        if self.quiet {
            return;
        }
        let counted = [
            (totals.handed_over, "handed over"),
            (totals.due, "not taken now, and due"),
            (totals.refused, "refused"),
            (totals.unknown, "without an answer: they may have left"),
            (
                totals.not_looked_up,
                "not sent, as the guest could not be looked up",
            ),
            (
                totals.passed_over,
                "not sent, as an earlier one may have left",
            ),
            (
                totals.not_pending,
                "not sent, as the guest is not pending: see `hint` in the results",
            ),
        ];
        for (mails, what) in counted {
            if mails > 0 {
                ui::tell(format!("{} {what}", text::plural(mails, "mail")));
            }
        }
    }

    /// The results of the newest run of this sheet, with what is known of the mails now.
    fn write_results(&self, job: &Job<'_>) -> Result<()> {
        let Some(told_in) = job.told_in else {
            if !self.quiet {
                ui::tell(
                    "the ledger knows no run of this sheet at this place, so no results are written",
                );
            }
            return Ok(());
        };
        let run = files::Run {
            id: &told_in.id,
            incomplete: told_in.ended_at.is_none(),
            unwritten: &[],
            rules: job.rules,
        };
        let links = self.session.settings.invite.links.value;
        let ledger = &self.session.ledger;
        let written = files::write(ledger, run, Some(job.sheet), job.results, None, links)?;
        if !self.quiet {
            written.notes.iter().for_each(ui::tell);
            ui::tell(format!("results: {}", written.results.display()));
        }
        Ok(())
    }

    fn run_start(&self, job: &Job<'_>) -> RunStart {
        let now = self.session.clock.now();
        let kind = Rehearsal {
            dry_run: false,
            practice: self.session.settings.invite.sandbox.value,
        };
        let id = format!(
            "{}-{:04x}",
            now.strftime("%Y%m%d-%H%M%S"),
            fastrand::u16(..)
        );
        RunStart {
            id: kind.mark(&id),
            verb: "mail",
            sheet: Some(self.typed.sheet.display().to_string()),
            sheet_path: None,
            reading: None,
            started_at: now,
            host: super::host_name(),
            pid: std::process::id(),
            identity: job.connection.identity.name.clone(),
        }
    }
}

/// What the mails are sent with.
struct Job<'a> {
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

/// Leaves out whoever is no longer pending: a link is worth nothing to them.
async fn keep_pending(targets: &mut Targets, connection: &Connection) -> Result<()> {
    let ids: Vec<String> = targets
        .people
        .iter()
        .map(|target| target.user_id.clone())
        .collect();
    let states = match read_states(&connection.graph, &ids).await {
        // Nobody can tell, which the sending says.
        Err(fault) if fault.class == Class::Permission => return Ok(()),
        states => states?,
    };
    let left_out = &mut targets.left_out;
    targets.people.retain(|target| {
        let now = states.get(&target.user_id.to_ascii_lowercase());
        let why = match now.map(|now| now.state) {
            Some(GuestState::Pending) => return true,
            Some(GuestState::Disabled) => "are blocked from signing in",
            Some(GuestState::Accepted) => "have redeemed already",
            Some(_) => "are in a state that the directory does not tell",
            None => "are not in the directory, or not yet",
        };
        *left_out.entry(why).or_default() += 1;
        false
    });
    Ok(())
}
