//! `guestlist remind`: pending guests are mailed again by Microsoft, within limits; the list comes first.
//!
//! Whatever can refuse it comes before anything is sent.

mod candidates; // who is due
mod own; // reminders in our own words
mod send; // the sending, and its end
mod told; // what became of them

use super::{
    ages, ask,
    asked_before::{AskNow, Changes, of_message, with_template_of_last_mail},
    connect::Connection,
    consent::{Consent, Limit, consent, show_list},
    invite::{refusals::words_will_arrive, stop_message::unless_stopped},
    microsoft_words::MicrosoftWords,
    older_ledger,
    own_mail::{self, Names, OwnMail},
    run_verb::run_verb,
    session::Session,
    sheet_options::rules,
    status::{self, people::Scope, read_states::StateReader},
};
use crate::{
    cli,
    clock::Clock,
    engine::{GuestToRemind, Stop, StopReason},
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    guest::Rules,
    ledger::RunLock,
    message::Delivery,
    settings::{Env, MailDelivery, Settings},
    sheet::Sheet,
    ui::{self, RemindersShown},
};
use candidates::{Candidates, Defaults};
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
};

/// How this invocation talks.
#[derive(Debug, Clone, Copy, Default)]
struct RemindOutput {
    json: bool,
    quiet: bool,
    /// Nobody is asked.
    yes: bool,
}

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Remind,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let output = RemindOutput {
        json: typed.json,
        quiet: cli.telling.quiet > 0,
        yes: typed.yes,
    };
    let sheet = typed.sheet.as_deref();
    run_verb(settings, typed.json, async |settings, stop| {
        remind(sheet, settings, env, output, &Clock::system(), stop).await
    })
}

async fn remind(
    sheet: Option<&Path>,
    settings: &Settings,
    env: &Env<'_>,
    output: RemindOutput,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    let limit = Limit {
        flag: "--max-mails",
        means: "how many guests may be mailed at most",
        example: "guestlist remind --yes --max-mails 100",
        is_given: settings.remind.max_mails.is_some(),
        ledger_knows: "the ledger knows who has been mailed",
    };
    let consent = consent(settings, output.yes, &limit)?;
    let own = of_our_own(sheet, settings, env)?;
    let words = MicrosoftWords::of(settings)?;
    if let (None, Some(template), Some(_)) = (sheet, &settings.message.template, &words) {
        ui::tell(format!(
            "the reminders carry Microsoft's own text: the template {} takes its words from the columns of a sheet, and no sheet is named",
            template.value.display()
        ));
    }
    let session = Session::open(("remind", sheet), settings, clock, stop, output.quiet).await?;
    let verb = Verb {
        sheet,
        session: &session,
        output,
        consent,
        own,
        words,
    };
    let exit = verb.run(env).await;
    session.end().await;
    exit
}

/// Reminders in our own words take them from the columns of a sheet.
fn of_our_own(sheet: Option<&Path>, settings: &Settings, env: &Env<'_>) -> Result<Option<OwnMail>> {
    let delivery = &settings.message.delivery;
    if delivery.value == MailDelivery::None {
        return Err(Failure::usage(format!(
            "nobody is mailed, and so nobody is reminded: [message] delivery = \"none\", {}",
            delivery.source
        ))
        .hint("write delivery = \"microsoft\" to let Microsoft remind them"));
    }
    let own = OwnMail::of(settings, env)?;
    if own.is_some() && sheet.is_none() {
        return Err(Failure::usage(
            "a reminder in our own words takes them from the columns of a sheet, and no sheet is named",
        )
        .hint("name it, as in `guestlist remind guests.csv`"));
    }
    Ok(own)
}

struct Verb<'a> {
    sheet: Option<&'a Path>,
    session: &'a Session<'a>,
    output: RemindOutput,
    consent: Consent,
    /// None: Microsoft mails.
    own: Option<OwnMail>,
    /// A template for Microsoft's mail, where one is named.
    words: Option<MicrosoftWords>,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let settings = self.session.settings;
        let rules = rules(settings);
        let sheet = match self.sheet {
            Some(path) => Some(status::open_sheet(path, settings, self.output.quiet).await?),
            None => None,
        };
        let scope = sheet
            .as_ref()
            .map_or(Scope::Everybody, |sheet| Scope::Sheet(sheet, &rules));
        let connection = self.session.connect(env).await?;
        let lock = self.lock()?;
        older_ledger::refuse_older_ledger(self.session, self.sheet, "reminders", "reminded")?;
        self.read_states(scope, &connection).await?;
        let mut candidates = self.candidates(scope, &connection)?;
        if let Some(sheet) = &sheet {
            self.put_words(&mut candidates, sheet, &rules, &connection)?;
        }
        if self.own.is_none() {
            let told = words_will_arrive(settings, candidates.worded, &connection)?;
            told.into_iter().for_each(ui::tell);
        }
        if sheet.is_some() {
            self.tell_changes(&candidates)?;
        }
        self.show(&candidates, &connection)?;
        if candidates.due.is_empty() {
            return self.nobody_is_due(&candidates);
        }
        if connection.is_external && self.own.is_none() {
            return Err(Failure::usage(format!(
                "{} is an external tenant, in which Microsoft sends no mail: nobody was reminded",
                connection.place()
            ))
            .hint("write delivery = \"graph\" or \"smtp\" below [message] to remind them in a mail of your own, which can lead to the app"));
        }
        if let (Some(own), Some(sheet)) = (&self.own, &sheet) {
            let rows: HashSet<u64> = candidates.due.iter().filter_map(|due| due.row).collect();
            own.words
                .check_rows(sheet, &rules, |guest| rows.contains(&guest.row))?;
            unless_stopped(&self.session.stop, own.probe(&connection)).await?;
        }
        if self.consent == Consent::Missing && self.output.json {
            return self.list_only(&candidates);
        }
        self.agree(&candidates, &connection).await?;
        let words = sheet.as_ref().map(|sheet| (sheet, &rules));
        self.send(candidates, connection, &lock, words).await
    }

    fn lock(&self) -> Result<RunLock> {
        let now = self.session.clock.now();
        let holder = super::holder("remind", self.sheet, now);
        let stop = self.session.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(self.session.ledger.lock(&holder, now, lost)?)
    }

    async fn read_states(&self, scope: Scope<'_>, connection: &Connection) -> Result<()> {
        let session = self.session;
        let total = match scope {
            Scope::Everybody => Some(session.ledger.reader()?.people()?),
            _ => None,
        };
        let showing = status::Showing::start(self.output.quiet, total);
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

    fn candidates(&self, scope: Scope<'_>, connection: &Connection) -> Result<Candidates> {
        let settings = self.session.settings;
        let defaults = Defaults {
            redirect_url: &settings.invite.redirect_url.value,
            words_arrive: Delivery::of(&connection.identity) != Delivery::Dropped,
            needs_link: self.own.is_some(),
        };
        let reader = self.session.ledger.reader()?;
        let (now, told) = ages::now(&connection.graph, self.session.clock);
        told.filter(|_| !self.output.quiet)
            .into_iter()
            .for_each(ui::tell);
        candidates::candidates(&reader, scope, &settings.remind, &defaults, now)
    }

    /// Words of a template for Microsoft's mail, for each guest who is due.
    fn put_words(
        &self,
        candidates: &mut Candidates,
        sheet: &Sheet,
        rules: &Rules,
        connection: &Connection,
    ) -> Result<()> {
        let Some(words) = &self.words else {
            return Ok(());
        };
        let names = Names::of_microsoft(connection);
        let due = candidates.due.iter_mut();
        let mut due: HashMap<u64, &mut GuestToRemind> =
            due.filter_map(|guest| Some((guest.row?, guest))).collect();
        let rows: HashSet<u64> = due.keys().copied().collect();
        let delivered = Delivery::of(&connection.identity) != Delivery::Dropped;
        own_mail::every_row(
            sheet,
            rules,
            |guest| rows.contains(&guest.row),
            |row, guest| {
                let message = words.of_row(sheet, row, guest, &names)?;
                if let Some(due) = due.get_mut(&guest.row) {
                    due.message.body = Some(message).filter(|_| delivered);
                }
                Ok(())
            },
        )?;
        candidates.worded = rows.len() as u64;
        Ok(())
    }

    /// What the reminders say otherwise than the first request did.
    fn tell_changes(&self, candidates: &Candidates) -> Result<()> {
        let reader = self.session.ledger.reader()?;
        let mut changes = Changes::default();
        for (due, then) in candidates.due.iter().zip(&candidates.known) {
            let language = due.message.language.as_deref();
            let (words, then) = match &self.own {
                Some(own) => (
                    own.words.templates.fingerprint(language).map(str::to_owned),
                    with_template_of_last_mail(&reader, then.clone())?,
                ),
                None => (Some(of_message(due.message.body.as_deref())), then.clone()),
            };
            let now = AskNow {
                redirect_url: &due.redirect_url,
                language,
                words: words.as_deref(),
            };
            changes.compare(due.row.unwrap_or_default(), &then, &now);
        }
        for change in changes.told() {
            ui::tell(ui::text::wrap(&format!("warning: {change}"), 0, 2));
        }
        Ok(())
    }

    fn show(&self, candidates: &Candidates, connection: &Connection) -> Result<()> {
        if self.output.quiet && self.consent == Consent::Given {
            return Ok(());
        }
        let settings = self.session.settings;
        let whom = match self.sheet {
            Some(sheet) => sheet.display().to_string(),
            None => format!("the ledger {}", settings.invite.ledger.value.display()),
        };
        let shown = RemindersShown {
            whom: format!("{whom} in {}", connection.place()),
            by: self
                .own
                .as_ref()
                .map_or_else(|| "Microsoft's mail".to_owned(), OwnMail::by),
            pending: candidates.pending,
            assumed: self.assumed(candidates, connection),
            due: candidates.lines.clone(),
            left_out: candidates
                .left_out
                .iter()
                .map(|(why, count)| (why.words(*count, &settings.remind), *count))
                .collect(),
        };
        show_list(
            &ui::reminders_text(&shown),
            self.output.json,
            self.consent == Consent::Asked,
        )
    }

    /// What is mailed to guests of whom the ledger does not know where they were to land.
    fn assumed(&self, candidates: &Candidates, connection: &Connection) -> Option<String> {
        let due = candidates.due.iter();
        let assumed = due.filter(|guest| guest.landing_is_assumed).count() as u64;
        (assumed > 0 && self.own.is_none()).then(|| {
            format!(
                "{} invited before the ledger kept where a guest lands: their mail leads to {}, in Microsoft's default language, signed by {}; the links that are kept stay as they are",
                ui::text::plural_of(assumed, "of them was", "of them were"),
                self.session.settings.invite.redirect_url.value,
                connection.signed_in_as()
            )
        })
    }

    fn nobody_is_due(&self, candidates: &Candidates) -> Result<Exit> {
        if self.output.json {
            let report = self.report(&candidates.counted(), &[], None, Exit::Done);
            let mut out = ui::Out::stdout();
            out.json(&report)?;
            out.finish()?;
        }
        Ok(Exit::Done)
    }

    /// Nobody can be asked: one object with the list, and why nobody was mailed.
    fn list_only(&self, candidates: &Candidates) -> Result<Exit> {
        let failure = nobody_to_ask();
        let mut report = self.report(&candidates.counted(), &[], None, failure.exit);
        if let Some(told) = report.as_object_mut() {
            told.insert("due".into(), candidates.due.len().into());
            told.insert("stopped_by".into(), failure.exit.word().into());
            told.insert("error".into(), failure.what.clone().into());
            told.insert("hints".into(), json!(failure.hints));
        }
        let mut out = ui::Out::stdout();
        out.json(&report)?;
        out.finish()?;
        ui::show_failure(&failure);
        Ok(failure.exit)
    }

    async fn agree(&self, candidates: &Candidates, connection: &Connection) -> Result<()> {
        match self.consent {
            Consent::Given => Ok(()),
            Consent::Missing => Err(nobody_to_ask()),
            Consent::Asked => {
                let due = candidates.due.len() as u64;
                let mails = self.session.settings.remind.max_mails.as_ref();
                let most = mails.map_or(due, |most| most.value.min(due));
                let question = format!(
                    "Mail {} of {} again? (yes/no)",
                    ui::text::plural(most, "guest"),
                    connection.place()
                );
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
}

fn nobody_to_ask() -> Failure {
    Failure::usage("there is no terminal to ask on, and --yes is not given: nobody was mailed")
        .hint("add --yes --max-mails N to mail them without being asked")
}

/// Everything that is counted before anybody is mailed, for `--json`.
pub(super) struct Counted(Map<String, Value>);

impl Candidates {
    /// `people` are those of all states and further addresses of a user; `pending` are due or left out for a reason.
    fn counted(&self) -> Counted {
        let left_out: BTreeMap<&str, u64> = self
            .left_out
            .iter()
            .map(|(why, count)| (why.word(), *count))
            .collect();
        let not_due: Vec<Value> = self
            .not_due
            .iter()
            .map(|(row, user_id, why)| json!({"row": row, "user_id": user_id, "why": why.word()}))
            .collect();
        let list: Vec<Value> = self
            .due
            .iter()
            .zip(&self.lines)
            .map(|(guest, line)| {
                json!({
                    "row": guest.row,
                    "user_id": guest.user_id,
                    "email": line.email,
                    "days": line.days,
                    "reminders": line.reminders,
                    "last_mail": line.last_mail.map(|at| at.to_string()),
                })
            })
            .collect();
        let counted = json!({
            "people": self.people,
            "states": self.states,
            "same_user": self.same_user,
            "pending": self.pending,
            "left_out": left_out,
            "not_due": not_due,
            "list": list,
        });
        Counted(match counted {
            Value::Object(counted) => counted,
            _ => Map::new(),
        })
    }
}
