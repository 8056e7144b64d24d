//! `guestlist reset-redemption`: guests whose sign-in address has changed redeem again; the list comes first.
//!
//! Whatever can refuse it comes before anything is sent. Must not invite anybody.

mod own; // mails of our own, after the resets
mod plan; // the rows beside the guests of the tenant
mod send; // the two calls, and the end
mod told; // the list, and what became of each row

use super::{
    ask,
    connect::{Connection, abilities},
    consent::{Consent, Limit, consent, show_list},
    invite::{refusals::words_will_arrive, stop_message::unless_stopped},
    older_ledger,
    own_mail::OwnMail,
    run_verb::run_verb,
    session::Session,
};
use crate::{
    cli,
    clock::Clock,
    directory::Directory,
    engine::{ResetOutcome, Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    graph,
    guest::resets::{is_reset_header, read_resets},
    ledger::{NewLedger, RunLock},
    message::Delivery,
    own_files::FileKind,
    results::{self, RunKind, STDOUT},
    settings::{Env, MailDelivery, Settings},
    sheet::Sheet,
    ui,
};
use plan::Planned;
use std::path::{Path, PathBuf};

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::ResetRedemption,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let quiet = cli.telling.quiet > 0;
    run_verb(settings, typed.json, async |settings, stop| {
        reset(typed, settings, env, quiet, &Clock::system(), stop).await
    })
}

async fn reset(
    typed: &cli::ResetRedemption,
    settings: &Settings,
    env: &Env<'_>,
    quiet: bool,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    let limit = Limit {
        flag: "--max-resets",
        means: "how many guests may be reset at most",
        example: "guestlist reset-redemption resets.csv --yes --max-resets 20",
        is_given: typed.max_resets.is_some(),
        ledger_knows: "the ledger knows who has been reset and mailed",
    };
    let consent = if settings.invite.dry_run.value {
        Consent::Missing
    } else {
        consent(settings, typed.yes, &limit)?
    };
    if !settings.invite.sandbox.value && !abilities(settings).reset_redemption {
        return Err(Failure::usage(format!(
            "the cloud of {} cannot reset a redemption [{}]; nothing was sent",
            settings.tenant.graph_url,
            graph::catalogue::NO_RESETS
        ))
        .hint("delete the guest and invite the new address instead; groups and rights have to be given again")
        .hint("correct --graph-url or [tenant] cloud, if another cloud is meant"));
    }
    let own = OwnMail::of(settings, env)?;
    let sheet = open(&typed.sheet, settings)?;
    let rows = read_resets(&sheet, &super::sheet_options::sheet_options(settings).map);
    let rows = rows.map_err(|refused| plan::refusal(refused.problems))?;
    if rows.is_empty() {
        return Err(Failure::new(
            Exit::SheetRefused,
            "the sheet has no rows: nobody is to be reset",
        )
        .hint("fill in the columns email (or user_id) and new_email"));
    }
    let results = results_path(typed, settings, &sheet)?;
    let may_be_new = settings.invite.new_ledger.value || settings.invite.sandbox.value;
    let new = if may_be_new {
        NewLedger::Allowed
    } else {
        NewLedger::Refused
    };
    let session = Session::open_or_make(
        ("reset-redemption", Some(&typed.sheet)),
        settings,
        clock,
        stop,
        quiet,
        new,
    )
    .await?;
    let verb = Verb {
        typed,
        session: &session,
        sheet: &sheet,
        own,
        consent,
        quiet,
        results,
    };
    let exit = verb.run(env, rows).await;
    session.end().await;
    exit
}

/// `guestlist reset` alone: what may be meant by it, and which command does that.
pub(crate) fn two_meanings() -> Failure {
    Failure::usage("`guestlist reset` could mean two things, and does neither")
        .hint("a guest has a new sign-in address, and is to redeem again with it: `guestlist reset-redemption SHEET`, with a sheet of the columns email and new_email; it keeps the guest, the groups and the rights")
        .hint("a run is to be started afresh: the same `guestlist invite SHEET` goes on where it stopped, and invites nobody twice; --retry-refused asks again for refused people, --again for people who were deleted")
        .hint("to try it out once more without a tenant: delete guestlist.practice.db and the files beside it that begin with the same name, then `guestlist invite SHEET --sandbox`")
        .hint("the ledger of a real tenant is never reset: it knows who was mailed; `guestlist ledger new --ledger OTHER.db` makes an empty one, which knows nobody")
}

/// How many guests a sheet of resets is about; none where it is another kind of sheet.
pub(in crate::commands) fn guests_of(path: &Path, settings: &Settings) -> Option<Result<u64>> {
    let options = super::sheet_options::sheet_options(settings);
    let sheet = Sheet::open_table(path, &options).ok()?;
    is_reset_header(&sheet.header().names).then(|| {
        let rows = read_resets(&sheet, &options.map);
        rows.map(|rows| rows.len() as u64)
            .map_err(|refused| plan::refusal(refused.problems))
    })
}

fn open(path: &Path, settings: &Settings) -> Result<Sheet> {
    let options = super::sheet_options::sheet_options(settings);
    if path == Path::new("-") {
        let stdin = &mut std::io::stdin();
        return Ok(Sheet::spool_table(stdin, "standard input", &options)?);
    }
    Ok(Sheet::open_table(path, &options)?)
}

fn results_path(
    typed: &cli::ResetRedemption,
    settings: &Settings,
    sheet: &Sheet,
) -> Result<PathBuf> {
    let kind = RunKind {
        workbook: sheet.tab().is_some(),
        dry_run: settings.invite.dry_run.value,
        practice: settings.invite.sandbox.value,
    };
    let default = results::default_paths(&typed.sheet, kind).results;
    let named = settings.invite.results.as_ref();
    let path = named.map_or(default, |path| path.value.clone());
    if typed.json && path == Path::new(STDOUT) {
        return Err(
            Failure::usage("--json and `-o -` both write to standard output")
                .hint("name a file with -o, or leave --json away"),
        );
    }
    results::check_target(&path, FileKind::Results, &typed.sheet)?;
    Ok(path)
}

struct Verb<'a> {
    typed: &'a cli::ResetRedemption,
    session: &'a Session<'a>,
    sheet: &'a Sheet,
    /// None: Microsoft mails, or nobody.
    own: Option<OwnMail>,
    consent: Consent,
    quiet: bool,
    results: PathBuf,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>, rows: Vec<crate::guest::resets::ResetRow>) -> Result<Exit> {
        let (settings, stop) = (self.session.settings, &self.session.stop);
        let connection = self.session.connect(env).await?;
        let lock = self.lock()?;
        let mails = "mails about resets";
        older_ledger::refuse_older_ledger(self.session, Some(&self.typed.sheet), mails, "reset")?;
        let directory = Directory::new(connection.graph.clone(), connection.domains.clone());
        let reader = self.session.ledger.reader()?;
        let planning = plan::plan(rows, &directory, &connection, &reader, self.typed.again);
        let planned = unless_stopped(stop, planning).await?;
        let worded = planned.iter().filter(|guest| guest.row.message.is_some());
        let worded = worded.filter(|guest| guest.step.is_due()).count() as u64;
        let warnings = words_will_arrive(settings, worded, &connection)?;
        warnings.into_iter().for_each(ui::tell);
        self.show(&planned, &connection)?;
        let due = planned.iter().filter(|guest| guest.step.is_due()).count() as u64;
        if self.session.settings.invite.dry_run.value {
            return self.end_dry_run(&planned, &connection);
        }
        let unsent = |guest: &Planned| guest.step == plan::Step::Done;
        if let Some(own) = self
            .own
            .as_ref()
            .filter(|_| due == 0 && planned.iter().any(unsent))
        {
            self.try_words(own, &planned, &connection)?;
        }
        if due > 0 {
            if let Some(own) = &self.own {
                self.try_words(own, &planned, &connection)?;
                unless_stopped(stop, own.probe(&connection)).await?;
            }
            self.agree(due, &connection).await?;
        }
        Box::pin(self.send(planned, directory, &connection, &lock)).await
    }

    fn lock(&self) -> Result<RunLock> {
        let now = self.session.clock.now();
        let holder = super::holder("reset-redemption", Some(&self.typed.sheet), now);
        let stop = self.session.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(self.session.ledger.lock(&holder, now, lost)?)
    }

    fn show(&self, planned: &[Planned], connection: &Connection) -> Result<()> {
        let on_stdout = self.results == Path::new(STDOUT);
        if self.quiet && self.consent == Consent::Given {
            return Ok(());
        }
        let whom = format!("of {}", connection.place());
        let lines = told::list(planned, &whom, &self.mail_by(connection));
        show_list(
            &lines.join("\n"),
            self.typed.json || on_stdout,
            self.consent == Consent::Asked,
        )
    }

    fn mail_by(&self, connection: &Connection) -> String {
        let settings = self.session.settings;
        match (&self.own, settings.message.delivery.value) {
            (Some(own), _) => format!("{} mails the link", own.by()),
            (None, MailDelivery::None) => {
                "nobody is mailed: the links are in the results".to_owned()
            }
            (None, _) => {
                let words = match Delivery::of(&connection.identity) {
                    Delivery::Dropped => ", without words of one's own, as an app asks for it",
                    _ => "",
                };
                format!("Microsoft mails those whose row does not say send = false{words}")
            }
        }
    }

    /// The person types how many guests there are: a yes is typed too easily.
    async fn agree(&self, due: u64, connection: &Connection) -> Result<()> {
        match self.consent {
            Consent::Given => Ok(()),
            Consent::Missing => Err(Failure::usage(
                "there is no terminal to ask on, and --yes is not given: nobody was reset",
            )
            .hint("add --yes --max-resets N to reset them without being asked")),
            Consent::Asked => {
                let most = self.typed.max_resets.map_or(due, |most| most.min(due));
                let question = format!(
                    "Make {} of {} redeem again? Type the number of guests to go on:",
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
                    Failure::usage("nobody was reset, as the answer was not the number")
                        .hint("run the same command again when the list is right"),
                )
            }
        }
    }

    fn end_dry_run(&self, planned: &[Planned], connection: &Connection) -> Result<Exit> {
        let results: Vec<_> = planned
            .iter()
            .map(|guest| told::result(guest, &ResetOutcome::NotAttempted, true))
            .collect();
        let written = self.write(&results, "dry-run", connection)?;
        if !self.quiet {
            ui::tell(format!(
                "nothing was sent; what would happen to each row: {}",
                written.display()
            ));
        }
        if self.typed.json {
            let mut out = ui::Out::stdout();
            out.json(&self.report(&results, None, &written, Exit::Done))?;
            out.finish()?;
        }
        Ok(Exit::Done)
    }
}
