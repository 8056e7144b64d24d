//! `guestlist status ADDRESS`: what the ledger and the tenant know about one person, for whoever is asked about it.
//!
//! Must not fail because the tenant cannot be reached: then the ledger tells what it knows.

use super::{follow_up_lines, people::Person, read_states::StateReader, report::status_of};
use crate::{
    cli,
    commands::{connect::Connection, session::Session},
    engine::is_over,
    exit::Exit,
    failure::{Failure, Result},
    guest::EmailAddress,
    ledger::{self, KnownGuest, MailHistory, PersonState, Reader, StoryEvent},
    outcome::{GuestState, Mail},
    results::GuestStatus,
    settings::Settings,
    ui::{self, Progress, Story, StoryLine, text},
};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::sync::watch;

/// How many rows of runs are told.
const PLACES: usize = 3;

pub(super) async fn tell(
    typed: &cli::Status,
    session: &Session<'_>,
    env: &crate::settings::Env<'_>,
    address: &EmailAddress,
) -> Result<Exit> {
    let reader = session.ledger.reader()?;
    let Some(known) = known(&reader, address)? else {
        return Err(unknown(&reader, address)?);
    };
    let (connection, unreached) = match session.connect(env).await {
        Ok(connection) => {
            let (progress, _) = watch::channel(Progress::default());
            let reading = StateReader {
                ledger: &session.ledger,
                graph: &connection.graph,
                clock: session.clock,
                stop: &session.stop,
                progress: &progress,
            };
            match reading.read_one(&known).await {
                Ok(()) => (Some(connection), None),
                Err(failure) => (Some(connection), Some(failure)),
            }
        }
        Err(failure) if failure.exit == Exit::Usage || failure.exit == Exit::Interrupted => {
            return Err(failure);
        }
        Err(failure) => (None, Some(failure)),
    };
    let person = Person {
        row: None,
        email: known.email.clone(),
        sponsors: Vec::new(),
        guest: None,
        known: self::known(&reader, address)?,
        is_forgotten: false,
    };
    let history = match &known.user_id {
        Some(id) => reader.mail_history(id)?,
        None => MailHistory::default(),
    };
    let teller = Teller {
        settings: session.settings,
        reader: &reader,
        guest: status_of(&person, history, session.clock.now()),
        known: reader.person(address.key())?,
        tenant: tenant_name(connection.as_ref(), &reader)?,
        untold: history.untold,
        reset_to: match &known.user_id {
            Some(id) => reader.reset_to(id)?,
            None => None,
        },
        unreached,
        shows_link: typed.show_link,
        now: session.clock.now(),
    };
    let story = teller.story(&known)?;
    let mut out = ui::Out::stdout();
    if typed.json {
        out.json(&teller.as_json(&story))?;
    } else {
        out.line(ui::story_text(&story).trim_end())?;
    }
    out.finish()?;
    Ok(Exit::Done)
}

/// Somebody whom a run of this ledger invited, or found in the directory.
fn known(reader: &Reader, address: &EmailAddress) -> Result<Option<KnownGuest>> {
    Ok(match reader.known_guest(address.key())? {
        None => reader.found_in_directory(address.key())?,
        known => known,
    })
}

fn tenant_name(connection: Option<&Connection>, reader: &Reader) -> Result<String> {
    let of_ledger = reader.tenant()?;
    let tenant = connection
        .map(|connection| &connection.tenant)
        .or(of_ledger.as_ref());
    Ok(tenant.map_or_else(String::new, |tenant| {
        tenant.name.clone().unwrap_or_else(|| tenant.id.clone())
    }))
}

/// Nobody has this address; perhaps somebody has one that is nearly the same.
fn unknown(reader: &Reader, address: &EmailAddress) -> Result<Failure> {
    if reader.forgotten()?.contains(address.key()) {
        return Ok(Failure::usage(format!(
            "{} was forgotten on request, so that the ledger knows nothing of the person",
            address.as_str()
        ))
        .hint("no run asks the person; `guestlist invite` with --again and --only ADDRESS invites the person once more"));
    }
    let mut nearest: Option<(usize, String)> = None;
    // A slip of the finger or two, in a long address some more.
    let limit = (address.key().chars().count() / 8).max(2);
    reader.each_address(|known| {
        let distance = strsim::osa_distance(address.key(), known);
        if distance <= limit && nearest.as_ref().is_none_or(|(best, _)| distance < *best) {
            nearest = Some((distance, known.to_owned()));
        }
    })?;
    let failure = Failure::usage(format!(
        "the ledger knows nobody with the address {}",
        address.as_str()
    ));
    Ok(match nearest {
        Some((_, near)) => failure.hint(format!(
            "it knows {near}: `guestlist status {near}` tells that person's story"
        )),
        None => failure.hint(
            "look at how the sheet spells the address, or name another ledger with --ledger; `guestlist runs` lists what this one knows",
        ),
    })
}

struct Teller<'a> {
    settings: &'a Settings,
    reader: &'a Reader,
    guest: GuestStatus,
    known: Option<ledger::Person>,
    tenant: String,
    /// Reminders without an answer that tells.
    untold: u64,
    /// The address that the redemption was reset to.
    reset_to: Option<String>,
    /// Why the state could not be read.
    unreached: Option<Failure>,
    shows_link: bool,
    now: Timestamp,
}

impl Teller<'_> {
    fn story(&self, known: &KnownGuest) -> Result<Story> {
        let mut places = Vec::new();
        let key = known.email.to_lowercase();
        let rows = self.reader.rows_about(known.person, &key, PLACES)?;
        let name = rows.iter().find_map(|row| row.display_name.clone());
        for row in rows {
            let run = self.reader.story_run(&row.run)?;
            let of = run.as_ref().map_or_else(String::new, |run| {
                let sheet = run.sheet.as_deref().unwrap_or("standard input");
                let by = run.identity.as_deref().unwrap_or("somebody");
                format!(" of {sheet}; {by} was signed in on {}", run.host)
            });
            places.push(format!(
                "row {}{of} (run {}): {}",
                row.row, row.run, row.outcome
            ));
        }
        let (person, user_id) = (known.person.unwrap_or_default(), known.user_id.as_deref());
        let events = self.reader.story(person, user_id)?;
        let mut lines = Vec::with_capacity(events.len());
        let mut run_before = None;
        for event in &events {
            let run = event
                .run
                .clone()
                .filter(|run| run_before.as_ref() != Some(run));
            run_before = event.run.clone().or(run_before);
            lines.push(self.line(event, run.as_deref())?);
        }
        if let Some(user_id) = self.known.as_ref().and_then(|known| known.user_id.as_ref()) {
            lines.extend(follow_up_lines::lines(&self.reader.follow_ups_of(user_id)?));
            lines.sort_by_key(|line| line.at);
        }
        let mut facts = vec![("now", self.state())];
        facts.push(("mail", self.mails()));
        facts.push(("link", self.link()));
        facts.push(("next", self.next()));
        Ok(Story {
            email: self.guest.email.clone(),
            places,
            lines,
            facts,
            forward: self.forward(name.as_deref()),
        })
    }

    fn line(&self, event: &StoryEvent, run: Option<&str>) -> Result<StoryLine> {
        let mut what = words(event);
        if let Some(run) = run
            .map(|id| self.reader.story_run(id))
            .transpose()?
            .flatten()
        {
            let by = run.identity.as_deref().unwrap_or("somebody");
            what = format!("{what} (`{}` run {}, {by} signed in)", run.verb, run.id);
        }
        let own = if event.kind == "mail-intent" {
            "Message-ID"
        } else {
            "client-request-id"
        };
        let ids = [
            (own, &event.client_request_id),
            ("request-id", &event.request_id),
        ];
        let ids: Vec<String> = ids
            .into_iter()
            .filter_map(|(name, id)| {
                let id = id.as_deref().filter(|id| !id.is_empty())?;
                Some(format!("{name} {id}"))
            })
            .collect();
        Ok(StoryLine {
            at: event.at,
            what,
            ids: ids.join(", "),
        })
    }

    fn state(&self) -> String {
        let day = |at: Timestamp| at.strftime("%Y-%m-%d").to_string();
        let since = |what: &str| {
            self.guest.since.map_or_else(
                || format!("{what}, since when is unknown"),
                |at| format!("{what} on {}", day(at)),
            )
        };
        let state = match self.guest.state {
            GuestState::Pending => match self.guest.pending_days {
                Some(days) => format!("has not redeemed, for {}", text::plural(days, "day")),
                None => "has not redeemed; since when is unknown".to_owned(),
            },
            GuestState::Accepted => since("redeemed"),
            GuestState::Disabled => "blocked from signing in".to_owned(),
            GuestState::Gone => match self.deleted() {
                Some((at, run)) => format!(
                    "deleted by `guestlist cleanup` on {} (run {run}); an administrator can restore the guest within 30 days of that",
                    day(*at)
                ),
                None => "no longer in the directory".to_owned(),
            },
            GuestState::SelfService => "signed up without an invitation".to_owned(),
            GuestState::Member => "an internal account of the tenant, not a guest".to_owned(),
            GuestState::Unknown
                if self.known.as_ref().map(|known| known.state) == Some(PersonState::Asked) =>
            {
                "asked for, and it is not known yet what came of it".to_owned()
            }
            GuestState::Unknown => {
                "the directory does not tell whether this guest has redeemed".to_owned()
            }
            GuestState::NotInvited => match self.known.as_ref().map(|known| known.state) {
                Some(PersonState::Refused) => "refused by Graph".to_owned(),
                _ => "not invited by a run of this ledger".to_owned(),
            },
        };
        match (&self.unreached, self.guest.read_at) {
            (None, Some(_)) => format!("{state} (read just now)"),
            (None, None) => state,
            (Some(failure), Some(at)) => format!(
                "{state}, as read on {}; it could not be read now: {}",
                at.strftime("%Y-%m-%d %H:%M UTC"),
                failure.what
            ),
            (Some(failure), None) => {
                format!("{state}; the tenant could not be asked: {}", failure.what)
            }
        }
    }

    /// When a run of `cleanup` deleted the guest, and which run that was.
    fn deleted(&self) -> Option<&(Timestamp, String)> {
        self.known.as_ref()?.deleted.as_ref()
    }

    fn mails(&self) -> String {
        let first = match self.guest.mail {
            Some(Mail::Requested) => "Microsoft was asked to mail the invitation",
            Some(Mail::Unknown) => "whether the first mail left is not known",
            Some(Mail::None) => "none was asked for",
            Some(Mail::HandedOver) => "a mail of our own was handed over",
            Some(Mail::Due) => "a mail of our own is due",
            Some(Mail::Refused) => "a mail server refused our own mail",
            None => "none is known",
        };
        let reminders = match self.guest.reminders {
            0 => String::new(),
            n => {
                let untold = match self.untold {
                    0 => String::new(),
                    untold => format!(", {untold} of them without an answer that tells"),
                };
                let asked = text::plural_of(n, "reminder was", "reminders were");
                format!(", then {asked} asked for{untold}")
            }
        };
        let last = self
            .guest
            .last_mail
            .map(|at| format!("; the last one {}", at.strftime("%Y-%m-%d %H:%M UTC")))
            .unwrap_or_default();
        format!("{first}{reminders}{last}")
    }

    fn link(&self) -> String {
        match self
            .known
            .as_ref()
            .and_then(|known| known.redeem_url.as_ref())
        {
            None => "the ledger has none".to_owned(),
            Some(link) if self.shows_link => link.expose_secret().to_owned(),
            Some(_) => "kept and not shown here (--show-link shows it)".to_owned(),
        }
    }

    fn next(&self) -> String {
        let email = &self.guest.email;
        let nothing = || "nothing to do".to_owned();
        match self.guest.state {
            GuestState::Pending => self.next_for_pending(),
            GuestState::Accepted | GuestState::SelfService | GuestState::Member => nothing(),
            GuestState::Disabled => {
                "an administrator of the tenant can unblock the account".to_owned()
            }
            GuestState::Gone => format!(
                "if the person is to come back: `guestlist invite SHEET --again --only {email}`"
            ),
            GuestState::Unknown
                if self.known.as_ref().map(|known| known.state) == Some(PersonState::Asked) =>
            {
                format!("`guestlist invite SHEET --only {email}` finds out and goes on")
            }
            GuestState::Unknown => "look at the account in the Entra admin center".to_owned(),
            GuestState::NotInvited => match self.known.as_ref() {
                Some(known) if known.state == PersonState::Refused => {
                    let code = known.error_code.as_deref().unwrap_or("GL500");
                    format!("`guestlist explain {code}` says why, and who can change it")
                }
                _ => format!("`guestlist invite SHEET --only {email}` finds out and goes on"),
            },
        }
    }

    fn next_for_pending(&self) -> String {
        let remind = &self.settings.remind;
        if let Some(to) = &self.reset_to {
            return format!(
                "the guest redeems again, as {to}: `guestlist reset-redemption SHEET --again` mails the new link once more, and no reminder goes out"
            );
        }
        match self.guest.mail {
            Some(Mail::Requested | Mail::HandedOver) => {}
            Some(Mail::None | Mail::Due | Mail::Refused) | None => {
                return format!(
                    "no mail was sent: `guestlist status {} --show-link` shows the link to send",
                    self.guest.email
                );
            }
            Some(Mail::Unknown) => {
                return "ask whether the first mail arrived: that is not known, so no reminder goes out".to_owned();
            }
        }
        if self.guest.reminders >= remind.max_times.value {
            return format!(
                "{} were sent, and no more are: reach the person in another way",
                text::plural(self.guest.reminders, "reminder")
            );
        }
        let due = [
            (self.guest.invited_at, remind.older_than.value.0),
            (self.guest.last_mail, remind.every.value.0),
        ];
        let not_yet = due
            .into_iter()
            .filter_map(|(at, wait)| Some((at?, wait)))
            .filter(|(at, wait)| !is_over(*at, *wait, self.now))
            .filter_map(|(at, wait)| at.checked_add(SignedDuration::try_from(wait).ok()?).ok())
            .max();
        match not_yet {
            Some(at) => format!(
                "wait; from {} on `guestlist remind` mails the guest again",
                at.strftime("%Y-%m-%d")
            ),
            None => "`guestlist remind` mails the guest again".to_owned(),
        }
    }

    /// What may be sent to the person, or to whoever asked.
    fn forward(&self, name: Option<&str>) -> String {
        let hello = name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},"));
        let email = self.reset_to.as_ref().unwrap_or(&self.guest.email);
        let tenant = &self.tenant;
        let day = |at: Option<Timestamp>| {
            at.map(|at| format!(" on {}", at.strftime("%Y-%m-%d")))
                .unwrap_or_default()
        };
        match self.guest.state {
            GuestState::Pending => {
                let mailed = matches!(self.guest.mail, Some(Mail::Requested | Mail::HandedOver));
                let link = self
                    .known
                    .as_ref()
                    .and_then(|known| known.redeem_url.as_ref());
                let way = match link.filter(|_| self.shows_link) {
                    Some(link) => format!(
                        "Please open this link, which is for you alone:\n{}",
                        link.expose_secret()
                    ),
                    None if mailed => "Please look for that mail, in the junk folder too, and open the link in it.".to_owned(),
                    None => format!(
                        "No mail is known to have gone out; `guestlist status {email} --show-link` shows the link to send."
                    ),
                };
                let mailed = if mailed && self.guest.last_mail.is_some() {
                    format!(
                        " The last mail about it was asked for{}.",
                        day(self.guest.last_mail)
                    )
                } else {
                    String::new()
                };
                format!(
                    "{hello}\nyou were invited as a guest of {tenant}{}, under the address {email}.{mailed}\n{way}\nSign in with exactly this address.",
                    day(self.guest.invited_at)
                )
            }
            GuestState::Accepted => format!(
                "{hello}\nyou accepted the invitation of {tenant}{}, under the address {email}. Sign in with exactly this address.",
                day(self.guest.since)
            ),
            _ => String::new(),
        }
    }

    fn as_json(&self, story: &Story) -> serde_json::Value {
        let events: Vec<_> = story
            .lines
            .iter()
            .map(|line| json!({"at": line.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(), "what": line.what, "ids": line.ids}))
            .collect();
        let link = self
            .known
            .as_ref()
            .and_then(|known| known.redeem_url.as_ref())
            .filter(|_| self.shows_link)
            .map(|link| link.expose_secret().to_owned());
        json!({
            "guest": self.guest,
            "tenant": self.tenant,
            "read_now": self.unreached.is_none(),
            "places": story.places,
            "events": events,
            "redeem_url": link,
            "next": self.next(),
            "forward": story.forward,
            "exit_code": Exit::Done.code(),
        })
    }
}

/// What the status of an answer is one of. Of mails by SMTP the ledger keeps a word, and of others a code of ours.
fn protocol(event: &StoryEvent) -> &'static str {
    let is_code = |detail: &str| detail.starts_with("GL");
    let by_smtp = event.kind.starts_with("mail-")
        && event.detail.as_deref().is_some_and(|word| !is_code(word));
    if by_smtp { "SMTP" } else { "HTTP" }
}

/// What an event of the audit trail means.
fn words(event: &StoryEvent) -> String {
    let code = event
        .detail
        .as_deref()
        .map(|code| format!(" ({code})"))
        .unwrap_or_default();
    let status = event
        .status
        .map(|status| format!(", {} {status}", protocol(event)))
        .unwrap_or_default();
    let mail = if event.mails {
        "with Microsoft's mail"
    } else {
        "without a mail"
    };
    match event.kind.as_str() {
        "intent" => match event.detail.as_deref() {
            Some("relink") => "Graph was asked again without a mail, for the link".to_owned(),
            Some("probe") => {
                "Graph was asked again without a mail, to find out what the request before did"
                    .to_owned()
            }
            Some("remind") => "Graph was asked to mail a reminder".to_owned(),
            Some("reset") => format!("Graph was asked to reset the redemption, {mail}"),
            Some("reset-link") => {
                "Graph was asked again without a mail, for the link of the reset".to_owned()
            }
            _ => format!("Graph was asked to invite, {mail}"),
        },
        "assumed" => "a run that this ledger does not know may have asked".to_owned(),
        "invited" => format!("invited{status}"),
        "relinked" => format!("the link is here{status}"),
        "probed" => format!("answered without a mail{status}"),
        "reminded" => format!("Graph took the reminder{status}"),
        "somebody-else" => format!("Graph answered for another user{status}"),
        "reminder-refused" => format!("Graph refused the reminder{status}{code}"),
        "not-performed" if event.status.is_none() => format!("nothing was sent{code}"),
        "not-performed" => format!("Graph did not do it{status}{code}"),
        "throttled" => format!("Graph asked to wait{status}"),
        "unknown" => format!("no answer that tells what was done{status}{code}"),
        "settled" => format!("settled by looking{code}"),
        "follow-up" => format!("afterwards{code}"),
        "address-intent" => format!(
            "{} was to join the other addresses of the guest",
            event.email
        ),
        "address-added" => "Graph added the address to the guest".to_owned(),
        "address-refused" => format!("Graph refused the address{status}{code}"),
        "address-unknown" => format!("whether the address was added is not known{status}{code}"),
        "reset" => format!("the redemption was reset{status}"),
        "reset-linked" => format!("the link of the reset is here{status}"),
        "reset-performed" => "the directory shows that the redemption was reset".to_owned(),
        "reset-not-performed" => "the directory shows that nothing was reset".to_owned(),
        "reset-refused" => format!("Graph refused the reset{status}{code}"),
        "mail-intent" if event.detail.as_deref() == Some("invitation") => {
            "a mail of our own was about to leave".to_owned()
        }
        "mail-intent"
            if event
                .detail
                .as_deref()
                .is_some_and(|kind| kind.starts_with("reset-")) =>
        {
            "a mail of our own with the link of the reset was about to leave".to_owned()
        }
        "mail-intent" => "a reminder of our own was about to leave".to_owned(),
        "mail-handed-over" => format!("a mail server took it over{status}"),
        "mail-due" => format!("it was not sent, and is due{status}{code}"),
        "mail-refused" => format!("a mail server refused it{status}{code}"),
        "mail-unknown" => format!("whether it left is not known{status}{code}"),
        "mail-not-needed" => format!("the mail was not needed any more{code}"),
        "mailed-instead" => {
            format!("Graph answered a reminder to another address with this user{status}")
        }
        "delete-intent" => "Graph was asked to delete the guest".to_owned(),
        "deleted" => match event.status {
            Some(_) => format!("the guest was deleted{status}"),
            None => format!("the guest was deleted, as was found out by looking{code}"),
        },
        "delete-refused" => format!("Graph refused to delete the guest{status}{code}"),
        "delete-not-performed" => format!("the guest was not deleted{status}{code}"),
        "delete-unknown" => {
            format!("no answer that tells whether the guest was deleted{status}{code}")
        }
        "imported" => "taken over from a results file".to_owned(),
        other => format!("{other}{status}{code}"),
    }
}
