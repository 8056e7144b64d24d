//! `guestlist leavers`: who was invited from this sheet, or found from it, and is nowhere on it now.
//!
//! Reads the tenant and changes nothing in it. Whoever is overlooked on the sheet may be deleted later, so every address
//! counts wherever it stands.

use super::{
    changed_addresses,
    connect::Connection,
    reading_choices,
    run_verb::run_verb,
    session::Session,
    status::{
        Showing,
        people::{Chosen, Scope},
        read_states::StateReader,
        report::status_of,
    },
};
use crate::{
    cli,
    clock::Clock,
    engine::Stop,
    exit::Exit,
    failure::{Failure, Result},
    files::Scratch,
    graph::{Class, DirectoryUser, Fault},
    ledger::{MailHistory, PersonState, Reader, RunStart, SheetRuns, Stood},
    outcome::GuestState,
    own_files::FileKind,
    results::{
        Leaver, ListOrigin, RunKind, STDOUT, check_target, default_paths, same_place, write_leavers,
    },
    settings::{Env, Settings},
    sheet::{Mentions, Sheet},
    threshold::Threshold,
    ui::{self, LeaversShown},
};
use serde_json::json;
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

pub(crate) fn run(
    cli: &cli::Cli,
    typed: &cli::Leavers,
    settings: Result<Settings>,
    env: &Env<'_>,
) -> Result<Exit> {
    let quiet = cli.telling.quiet > 0;
    // The list was to go to standard output, and nothing else may.
    let listed = typed.output.as_deref() == Some(Path::new(STDOUT));
    run_verb(settings, typed.json && !listed, async |settings, stop| {
        leavers(typed, settings, env, quiet, &Clock::system(), stop).await
    })
}

async fn leavers(
    typed: &cli::Leavers,
    settings: &Settings,
    env: &Env<'_>,
    quiet: bool,
    clock: &Clock,
    stop: Stop,
) -> Result<Exit> {
    Scratch::remove_leftovers();
    if typed.json && typed.output.as_deref() == Some(Path::new(STDOUT)) {
        return Err(
            Failure::usage("--json and `-o -` both write to standard output")
                .hint("name a file with -o, or leave --json away"),
        );
    }
    let sheet = open(&typed.sheet, settings, quiet)?;
    let mentions = sheet.mentions()?;
    let target = target(typed, settings, &sheet)?;
    let session = Session::open(
        ("leavers", Some(&typed.sheet)),
        settings,
        clock,
        stop,
        quiet,
    )
    .await?;
    let verb = Verb {
        typed,
        session: &session,
        sheet: &sheet,
        mentions: &mentions,
        target: &target,
        quiet,
    };
    let exit = verb.run(env).await;
    session.end().await;
    exit
}

/// Hidden rows and doubts about columns need no decision here: every address counts.
fn open(path: &Path, settings: &Settings, quiet: bool) -> Result<Sheet> {
    let is_file = path.is_file();
    if path == Path::new(STDOUT) || (path.exists() && !is_file) {
        return Err(Failure::usage(format!(
            "{} is no file that lies somewhere, so that it is not known who stood on it before",
            path.display()
        ))
        .hint("save the sheet as a file, under the name under which it was invited"));
    }
    let chosen = reading_choices::of_sheet(settings, path);
    if !quiet {
        reading_choices::tell(chosen.told.as_ref());
    }
    Ok(Sheet::open_to_check(path, &chosen.options)?)
}

fn target(typed: &cli::Leavers, settings: &Settings, sheet: &Sheet) -> Result<PathBuf> {
    let kind = RunKind {
        workbook: sheet.tab().is_some(),
        dry_run: false,
        practice: settings.invite.sandbox.value,
    };
    let target = match &typed.output {
        Some(target) => target.clone(),
        None => default_paths(&typed.sheet, kind).leavers,
    };
    if same_place(&target, &settings.invite.ledger.value) {
        let what = format!(
            "-o names the ledger, {}, which would be lost",
            target.display()
        );
        return Err(Failure::usage(what).hint("name another file with -o"));
    }
    check_target(&target, FileKind::Leavers, &typed.sheet)?;
    Ok(target)
}

struct Verb<'a> {
    typed: &'a cli::Leavers,
    session: &'a Session<'a>,
    sheet: &'a Sheet,
    mentions: &'a Mentions,
    target: &'a Path,
    quiet: bool,
}

/// The places of one sheet.
struct OwnSheets {
    now: String,
    before: Option<String>,
}

impl OwnSheets {
    fn each(&self) -> Vec<&str> {
        let places = [Some(self.now.as_str()), self.before.as_deref()];
        places.into_iter().flatten().collect()
    }
}

/// Who stood on earlier runs.
struct Before {
    /// Everybody who is in the directory, or may be.
    people: Vec<Stood>,
    /// Those of them who are nowhere on the sheet now.
    left: Vec<Stood>,
    /// Whoever stands on the newest run of another sheet.
    elsewhere: HashSet<String>,
}

impl Verb<'_> {
    async fn run(&self, env: &Env<'_>) -> Result<Exit> {
        let place = self.place()?;
        let reader = self.session.ledger.reader()?;
        let before = self.before(&reader, &place)?;
        let connection = self.session.connect(env).await?;
        let everybody = chosen(&before.people);
        let scope = Scope::Chosen(&everybody);
        self.read_states(scope, &connection).await?;
        let (people, leavers) = self.leavers(&reader, scope, &before)?;
        let mut notes = Vec::new();
        let mut leavers = self
            .without_new_addresses(leavers, &reader, &connection, &mut notes)
            .await?;
        self.refuse_too_many(leavers.len() as u64, people)?;
        self.name_sponsors(&mut leavers, &connection, &mut notes)
            .await?;
        let now = self.session.clock.now();
        let run = RunStart {
            sheet_path: Some(place.clone()),
            reading: reading_choices::to_remember(self.sheet.options()),
            ..self.session.run.start(&connection)
        };
        let origin = ListOrigin {
            tenant_id: connection.tenant.id.clone(),
            sheet: place,
            run: run.id.clone(),
        };
        let written = if leavers.is_empty() {
            None
        } else {
            let writer = self.session.ledger.writer(None)?;
            writer.start_run(&run)?;
            let (path, told) = write_leavers(self.target, &leavers, &origin)?;
            let own = self.own_sheets(&reader, &origin.sheet)?;
            let report = json!({
                "leavers": leavers.len(),
                "people": people,
                "output": path,
                "before": own.before,
            });
            writer.end_run(&run.id, now, Exit::Done.code(), &report.to_string())?;
            told.into_iter().for_each(ui::tell);
            Some(path)
        };
        self.show(people, leavers, notes, &connection, written.as_deref())
    }

    /// Where the sheet lies: that is how its earlier runs are found.
    fn place(&self) -> Result<String> {
        let place = self.sheet.place().ok_or_else(|| {
            Failure::usage("the sheet lies nowhere, so that it is not known who stood on it before")
        })?;
        Ok(place.display().to_string())
    }

    fn before(&self, reader: &Reader, place: &str) -> Result<Before> {
        let runs = match &self.typed.since {
            None => reader.runs_of_sheet(place, None)?,
            Some(id) => runs_since(reader, id, place)?,
        };
        if runs.ids.is_empty() {
            return Err(Failure::usage(format!(
                "the ledger knows no run that invited from {}",
                self.typed.sheet.display()
            ))
            .hint("if it had another name then, say from which run on: `guestlist leavers SHEET --since RUN`; `guestlist runs` lists them"));
        }
        let mut people = reader.stood_on(&runs.ids)?;
        // Without a user, and with no attempt that could have made one, there is nobody to leave.
        people.retain(|stood| stood.user_id.is_some() || stood.state == PersonState::Asked);
        let addresses = reader.addresses_of_users()?;
        let is_here = |stood: &Stood| {
            // Under another address of the same user, the person is still here.
            let user = stood.user_id.as_ref().map(|id| id.to_ascii_lowercase());
            let others = user.and_then(|user| addresses.get(&user));
            let mut all = others.into_iter().flatten().chain([&stood.key]);
            all.any(|address| self.mentions.contain(address))
        };
        let left = people
            .iter()
            .filter(|stood| !is_here(stood))
            .cloned()
            .collect();
        Ok(Before {
            people,
            left,
            elsewhere: reader.elsewhere(&self.own_sheets(reader, place)?.each())?,
        })
    }

    /// This sheet, and the one that it was before.
    fn own_sheets(&self, reader: &Reader, place: &str) -> Result<OwnSheets> {
        Ok(OwnSheets {
            now: place.to_owned(),
            before: match &self.typed.since {
                Some(id) => reader.sheet_path_of_run(id)?,
                None => None,
            },
        })
    }

    async fn read_states(&self, scope: Scope<'_>, connection: &Connection) -> Result<()> {
        let session = self.session;
        let showing = Showing::start(self.quiet, None);
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

    /// Who left and is still in the directory, or may be; and of how many.
    fn leavers(
        &self,
        reader: &Reader,
        scope: Scope<'_>,
        before: &Before,
    ) -> Result<(u64, Vec<Leaver>)> {
        let now = self.session.clock.now();
        let left: HashSet<&str> = before.left.iter().map(|stood| stood.key.as_str()).collect();
        let (mut people, mut leavers) = (0, Vec::new());
        let mut users: HashSet<String> = HashSet::new();
        let mut pages = scope.pages(reader)?;
        loop {
            let page = pages.next_page()?;
            if page.is_empty() {
                break;
            }
            for person in page {
                let guest = status_of(&person, MailHistory::default(), now);
                if guest.state == GuestState::Gone {
                    continue;
                }
                people += 1;
                let key = guest.email.to_ascii_lowercase();
                if !left.contains(key.as_str()) {
                    continue;
                }
                let user = guest.user_id.as_ref().map(|id| id.to_ascii_lowercase());
                // Two addresses may be one person.
                if user.is_some_and(|user| !users.insert(user)) {
                    continue;
                }
                let known = person.known.as_ref().and_then(|known| known.person);
                let last_ask = match (&guest.user_id, known) {
                    (Some(user), Some(_)) => reader.last_asked(user)?,
                    _ => None,
                };
                leavers.push(Leaver {
                    elsewhere: before.elsewhere.contains(&key),
                    email: guest.email,
                    state: guest.state,
                    last_ask,
                    sponsors: Vec::new(),
                    note: match known {
                        None => Some("was not invited by this ledger".to_owned()),
                        Some(_) => guest.note,
                    },
                    user_id: guest.user_id,
                });
            }
        }
        Ok((people, leavers))
    }

    /// Whoever stands on the sheet under a new address has not left: they are told, and not put on the list.
    async fn without_new_addresses(
        &self,
        leavers: Vec<Leaver>,
        reader: &Reader,
        connection: &Connection,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Leaver>> {
        if leavers.is_empty() {
            return Ok(leavers);
        }
        let rows = changed_addresses::rows_with_the_name(self.sheet, reader)?;
        let ids: Vec<String> = leavers
            .iter()
            .filter_map(|leaver| leaver.user_id.clone())
            .collect();
        let users = connection.graph.get_by_ids(&ids).await?;
        let here: HashSet<String> = users
            .iter()
            .filter(|user| addresses_of(user).any(|address| self.mentions.contain(address)))
            .map(|user| user.id.to_ascii_lowercase())
            .collect();
        let (mut changed, mut left) = (Vec::new(), Vec::new());
        for leaver in leavers {
            let user = leaver.user_id.as_ref().map(|id| id.to_ascii_lowercase());
            if let Some(row) = rows.get(&leaver.email.to_ascii_lowercase()) {
                changed.push(format!("{} is probably row {row}", leaver.email));
            } else if user.is_some_and(|user| here.contains(&user)) {
                changed.push(format!(
                    "{} stands there under another address",
                    leaver.email
                ));
            } else {
                left.push(leaver);
            }
        }
        if !changed.is_empty() {
            notes.push(format!(
                "{} on the sheet under a new address, and {} not on the list: {}. `guestlist reset-redemption` lets them redeem with the new one",
                ui::text::plural_of(changed.len() as u64, "person is probably", "people are probably"),
                if changed.len() == 1 { "is" } else { "are" },
                changed.join("; ")
            ));
        }
        Ok(left)
    }

    /// An export that was cut short looks as if everybody had left.
    fn refuse_too_many(&self, left: u64, people: u64) -> Result<()> {
        let most = self.typed.max_leavers;
        if !most
            .unwrap_or(DEFAULT_MOST_LEAVERS)
            .is_exceeded_by(left, people)
        {
            return Ok(());
        }
        let limit = most.map_or_else(
            || "more than 10%".to_owned(),
            |most| format!("more than --max-leavers {most}"),
        );
        Err(Failure::new(
            Exit::SheetRefused,
            format!(
                "{} of {} who stood on earlier runs are nowhere on {}: {limit}, so that the sheet may be cut short or the wrong one; no list was written",
                ui::text::number(left),
                ui::text::plural_of(people, "person", "people"),
                self.typed.sheet.display(),
            ),
        )
        .hint(format!(
            "look whether the sheet is whole; if they have all left, say so: --max-leavers {left}"
        )))
    }

    /// Who vouches for each of them, as the directory says.
    async fn name_sponsors(
        &self,
        leavers: &mut [Leaver],
        connection: &Connection,
        notes: &mut Vec<String>,
    ) -> Result<()> {
        let ids: Vec<String> = leavers
            .iter()
            .filter_map(|leaver| leaver.user_id.clone())
            .collect();
        let graph = &connection.graph;
        let read = async {
            let sponsors = graph.sponsors_of(&ids).await?;
            let mut who: Vec<String> = sponsors
                .iter()
                .flat_map(|(_, sponsors)| sponsors)
                .filter(|sponsor| !sponsor.is_group)
                .map(|sponsor| sponsor.id.to_ascii_lowercase())
                .collect();
            who.sort_unstable();
            who.dedup();
            let users = graph.get_by_ids(&who).await?;
            Ok::<_, Fault>((sponsors, users))
        };
        let (sponsors, users) = match read.await {
            Ok(read) => read,
            Err(fault) if fault.class.ends_run() && fault.class != Class::Permission => {
                return Err(Failure::from(fault));
            }
            Err(fault) => {
                notes.push(format!(
                    "who sponsors them cannot be told: {}",
                    fault.title()
                ));
                return Ok(());
            }
        };
        let names: HashMap<String, String> = users
            .into_iter()
            .map(|user| (user.id.to_ascii_lowercase(), name_of(user)))
            .collect();
        let sponsors: HashMap<String, Vec<String>> = sponsors
            .into_iter()
            .map(|(guest, sponsors)| {
                let theirs = sponsors.into_iter().map(|sponsor| {
                    let name = names.get(&sponsor.id.to_ascii_lowercase());
                    name.cloned().unwrap_or(sponsor.id)
                });
                (guest.to_ascii_lowercase(), theirs.collect())
            })
            .collect();
        for leaver in leavers {
            let id = leaver.user_id.as_ref().map(|id| id.to_ascii_lowercase());
            if let Some(found) = id.and_then(|id| sponsors.get(&id)) {
                leaver.sponsors.clone_from(found);
            }
        }
        Ok(())
    }

    fn show(
        &self,
        people: u64,
        leavers: Vec<Leaver>,
        notes: Vec<String>,
        connection: &Connection,
        written: Option<&Path>,
    ) -> Result<Exit> {
        let mut out = ui::Out::stdout();
        if self.typed.json {
            let requests = connection.graph.requests();
            out.json(&json!({
                "tenant": {"id": connection.tenant.id, "name": connection.tenant.name},
                "sheet": self.typed.sheet.display().to_string(),
                "people": people,
                "leavers": leavers,
                "notes": notes,
                "output": written,
                "requests": {"total": requests.total, "throttled": requests.throttled},
                "exit_code": Exit::Done.code(),
            }))?;
        } else if written != Some(Path::new(STDOUT)) {
            let shown = LeaversShown {
                whom: format!("{} in {}", self.typed.sheet.display(), connection.place()),
                people,
                leavers,
                notes,
            };
            out.line(ui::leavers_text(&shown).trim_end())?;
        }
        out.finish()?;
        if let Some(path) = written.filter(|path| *path != Path::new(STDOUT) && !self.quiet) {
            let path = path.display();
            ui::tell(format!(
                "written to {path}; nothing was changed. `guestlist cleanup {path}` lists whom it would delete"
            ));
        }
        Ok(Exit::Done)
    }
}

/// More than this share is refused.
const DEFAULT_MOST_LEAVERS: Threshold = Threshold::Percent(10.0);

/// Every address under which the directory knows a user.
fn addresses_of(user: &DirectoryUser) -> impl Iterator<Item = &str> {
    let other_mails = user.other_mails.iter().flatten();
    let proxies = user.proxy_addresses.iter();
    let proxies =
        proxies.map(|address| address.split_once(':').map_or(&**address, |(_, rest)| rest));
    user.mail
        .as_deref()
        .into_iter()
        .chain(other_mails.map(String::as_str))
        .chain(proxies)
}

fn name_of(user: DirectoryUser) -> String {
    user.mail
        .or(user.user_principal_name)
        .or(user.display_name)
        .unwrap_or(user.id)
}

/// The runs of the sheet of this run from then on, and those of the sheet that lies there now.
fn runs_since(reader: &Reader, id: &str, place: &str) -> Result<SheetRuns> {
    let known = reader.run(id)?.ok_or_else(|| {
        Failure::usage(format!("the ledger knows no run {id}")).hint("`guestlist runs` lists them")
    })?;
    if known.verb != "invite" {
        return Err(Failure::usage(format!(
            "run {id} is one of `{}`, which invited nobody",
            known.verb
        ))
        .hint("name a run of `guestlist invite`; `guestlist runs` lists them"));
    }
    let since = Some(known.started_at);
    let mut runs = match reader.sheet_path_of_run(id)? {
        Some(path) => reader.runs_of_sheet(&path, since)?,
        None => SheetRuns {
            ids: vec![id.to_owned()],
        },
    };
    for run in reader.runs_of_sheet(place, since)?.ids {
        if !runs.ids.contains(&run) {
            runs.ids.push(run);
        }
    }
    Ok(runs)
}

fn chosen(people: &[Stood]) -> Vec<Chosen> {
    let chosen = |stood: &Stood| Chosen {
        row: None,
        email: stood.email.clone(),
        key: stood.key.clone(),
        user_id: stood.user_id.clone(),
    };
    people.iter().map(chosen).collect()
}
