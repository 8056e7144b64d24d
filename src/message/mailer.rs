//! The journey of one mail of our own: wait for its turn, look at the guest, write down the intent, send, write down the
//! answer.
//!
//! Every wait comes before the intent, so that a run that is killed while it waits leaves a mail that is due. At most one
//! mail of a kind leaves for a user; the ledger says so inside the transaction of the intent. Must not decide who is
//! mailed, and must not word anything.

use super::{
    attempt::{MailAttempt, Next, in_words},
    mail::{Mail, message_id},
    mailbox_pace::{MailPace, MailboxPace},
    smtp::Smtp,
    smtp_trouble::ServerTrouble,
};
use crate::{
    clock::Clock,
    events,
    failure::Failure,
    graph::{Fault, Graph},
    ledger::{
        AskedBefore, LedgerError, MailAnswer, MailIntent, MailIntentId, MailKind, NoMailIntent,
        OwnMailState, Reader, Writer,
    },
    pace::StopSignal,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Attempts for one mail when the mailbox asks to slow down; the gate spaces them.
const MOST_ATTEMPTS: u32 = 4;
/// Mails in a row that were not taken; then something is wrong with more than a person.
const MOST_NOT_TAKEN: u32 = 10;
/// Times in a row that the server was not there, broke off, or was too slow to answer.
const MOST_UNREACHED: u32 = 3;
const BETWEEN_UNREACHED: Duration = Duration::from_secs(5);
/// Without progress for this long no further mail is sent.
const STUCK: Duration = Duration::from_secs(15 * 60);

/// What carries the mails.
#[derive(Debug)]
pub(crate) enum Transport {
    Graph(Graph),
    Smtp(Smtp),
}

/// To whom a mail goes, as the ledger knows them.
#[derive(Debug, Clone)]
pub(crate) struct Addressee {
    pub person: i64,
    pub user_id: String,
    pub row: Option<u64>,
    /// The newest event about the person when it was decided to send.
    pub decided_on: i64,
}

/// What became of a mail. `N`: why a guest is not mailed, as the last look says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MailEnd<N> {
    HandedOver,
    /// It has not left; it is sent by the next run.
    Due {
        why: String,
    },
    /// It has not left, and never will by itself.
    Refused {
        why: String,
    },
    /// It may have left.
    Unknown {
        why: String,
    },
    /// The guest is not to be mailed now.
    NotWanted(N),
    /// The guest could not be looked up, so nothing was sent.
    NotLookedUp {
        why: String,
    },
    /// An earlier mail of this kind stands in the way.
    Before(OwnMailState),
    /// Another run has written about the person: to be decided anew.
    Changed,
}

impl<N> MailEnd<N> {
    fn of(attempt: &MailAttempt) -> Self {
        let why = attempt.why.clone();
        match attempt.state {
            OwnMailState::HandedOver => Self::HandedOver,
            OwnMailState::Due => Self::Due { why },
            OwnMailState::Refused => Self::Refused { why },
            OwnMailState::Unknown | OwnMailState::Intent => Self::Unknown { why },
        }
    }
}

/// What came of the turn of one guest.
#[derive(Debug)]
pub(crate) struct MailTurn<N> {
    /// None: the turn did not come, and nothing has changed.
    pub end: Option<MailEnd<N>>,
    /// Why no other mail is sent after this one.
    pub stop: Option<MailStop>,
}

/// Why no further mail is sent. A mail that was under way has its answer in the ledger.
#[derive(Debug)]
pub(crate) enum MailStop {
    /// The signal was raised.
    Raised,
    TakenOver,
    LedgerGone,
    Ledger(LedgerError),
    /// The mailbox has sent as many in 24 hours as it may.
    DailyCap {
        cap: u64,
        room_at: Timestamp,
    },
    Graph(Box<Fault>),
    /// A mail server that takes nothing, in words.
    Server(Failure),
    /// Nobody takes the mails: the last reason.
    NotTaken {
        in_a_row: u32,
        why: String,
    },
    /// No mail came further for too long.
    Stuck,
}

impl From<LedgerError> for MailStop {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

pub(crate) struct Mailer<'l> {
    transport: Transport,
    writer: &'l Writer,
    run: String,
    mailbox: String,
    pace: MailboxPace,
    clock: Clock,
    stop: StopSignal,
    not_taken: u32,
    unreached: u32,
    progress_at: Instant,
}

impl<'l> Mailer<'l> {
    /// `mailbox`: the address that all mails are from.
    pub(crate) fn new(
        transport: Transport,
        (writer, reader): (&'l Writer, &Reader),
        run: &str,
        mailbox: &str,
        pace: MailPace,
        clock: &Clock,
        stop: StopSignal,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            pace: MailboxPace::new(pace, reader, mailbox, clock)?,
            transport,
            writer,
            run: run.to_owned(),
            mailbox: mailbox.to_owned(),
            clock: clock.clone(),
            stop,
            not_taken: 0,
            unreached: 0,
            progress_at: Instant::now(),
        })
    }

    /// Sends a mail when it is its turn, if `look`, which is asked after each wait, gives no reason not to.
    pub(crate) async fn send<N>(
        &mut self,
        to: &Addressee,
        kind: MailKind,
        mail: &Mail,
        asked_before: AskedBefore,
        look: impl AsyncFnMut() -> Result<Option<N>, Fault>,
    ) -> MailTurn<N> {
        let mut end = None;
        let stop = self
            .go(&mut end, to, kind, mail, asked_before, look)
            .await
            .err();
        MailTurn { end, stop }
    }

    async fn go<N>(
        &mut self,
        end: &mut Option<MailEnd<N>>,
        to: &Addressee,
        kind: MailKind,
        mail: &Mail,
        asked_before: AskedBefore,
        mut look: impl AsyncFnMut() -> Result<Option<N>, Fault>,
    ) -> Result<(), MailStop> {
        let mut attempts = 0;
        loop {
            self.turn().await?;
            match look().await {
                Ok(None) => {}
                Ok(Some(why)) => {
                    self.progress_at = Instant::now();
                    *end = Some(MailEnd::NotWanted(why));
                    return Ok(());
                }
                Err(fault) => return self.not_looked_up(&fault, end),
            }
            // The look itself may have been asked to wait.
            if !self.is_open() {
                continue;
            }
            let intent = MailIntent {
                person: to.person,
                user_id: to.user_id.clone(),
                row: to.row,
                kind,
                mailbox: self.mailbox.clone(),
                message_id: message_id(&mail.from),
                language: mail.words.language.clone(),
                template: mail.words.fingerprint.clone(),
                at: self.clock.now(),
                decided_on: to.decided_on,
                asked_before,
            };
            let id = match self.writer.mail_intent(&self.run, &intent)? {
                Ok(id) => id,
                Err(NoMailIntent::TakenOver) => return Err(MailStop::TakenOver),
                Err(NoMailIntent::Gone) => return Err(MailStop::LedgerGone),
                Err(NoMailIntent::Changed) => {
                    *end = Some(MailEnd::Changed);
                    return Ok(());
                }
                Err(NoMailIntent::Before(state)) => {
                    *end = Some(MailEnd::Before(state));
                    return Ok(());
                }
            };
            self.pace.leaves(intent.at);
            let attempt = self.deliver(mail, &intent.message_id).await;
            self.answered(id, &attempt, intent.at)?;
            let sent = events::Sent {
                status: attempt.status,
                code: attempt.detail.as_deref(),
                request_id: attempt.request_id.as_deref(),
                ..events::Sent::default()
            };
            events::mail(to.row, &kind.word(), attempt.state.word(), &sent);
            attempts += 1;
            *end = Some(MailEnd::of(&attempt));
            if matches!(attempt.next, Next::Again) && attempts < MOST_ATTEMPTS {
                continue;
            }
            self.judge(&attempt)?;
            match attempt.next {
                Next::Unreached(_) => self.wait(BETWEEN_UNREACHED).await?,
                Next::Stop(fault) => return Err(MailStop::Graph(fault)),
                Next::StopServer(trouble) => return Err(self.stop_server(&trouble)),
                Next::Done | Next::Again | Next::BrokenOff(_) => return Ok(()),
            }
        }
    }

    /// Durable when it returns; only then is anything waited for.
    fn answered(
        &mut self,
        id: MailIntentId,
        attempt: &MailAttempt,
        sent_at: Timestamp,
    ) -> Result<(), LedgerError> {
        let answer = MailAnswer {
            state: attempt.state,
            at: self.clock.now(),
            status: attempt.status,
            request_id: attempt.request_id.clone(),
            detail: attempt.detail.clone(),
        };
        self.writer.mail_answered(&self.run, id, &answer)?;
        if matches!(
            attempt.state,
            OwnMailState::HandedOver | OwnMailState::Unknown
        ) {
            self.pace.left(sent_at);
        }
        self.keep_the_wait()
    }

    fn not_looked_up<N>(
        &mut self,
        fault: &Fault,
        end: &mut Option<MailEnd<N>>,
    ) -> Result<(), MailStop> {
        if self.stop.is_raised() {
            return Err(MailStop::Raised);
        }
        self.keep_the_wait()?;
        if fault.class.ends_run() {
            return Err(MailStop::Graph(Box::new(fault.clone())));
        }
        let why = in_words(fault);
        *end = Some(MailEnd::NotLookedUp { why: why.clone() });
        self.not_taken(why)
    }

    /// Waits for the mailbox's pace: one mail after the other, without a burst, whichever run sent the last one.
    async fn turn(&mut self) -> Result<(), MailStop> {
        if self.stop.is_raised() {
            return Err(MailStop::Raised);
        }
        let now = self.clock.now();
        self.pace
            .room(now)
            .map_err(|(cap, room_at)| MailStop::DailyCap { cap, room_at })?;
        self.wait(self.pace.until_the_next(now, &self.clock))
            .await?;
        let Transport::Graph(graph) = &self.transport else {
            return Ok(());
        };
        let ready = graph.clone();
        match self.unless_stopped(ready.ready_to_mail()).await? {
            Ok(()) => Ok(()),
            Err(_) if self.stop.is_raised() => Err(MailStop::Raised),
            Err(fault) => {
                self.keep_the_wait()?;
                Err(MailStop::Graph(Box::new(fault)))
            }
        }
    }

    /// Whether a mail may leave at once.
    fn is_open(&self) -> bool {
        match &self.transport {
            Transport::Graph(graph) => graph.is_open(),
            Transport::Smtp(_) => !self.stop.is_raised(),
        }
    }

    /// What the mailbox asked for outlives this process.
    fn keep_the_wait(&self) -> Result<(), LedgerError> {
        let Transport::Graph(graph) = &self.transport else {
            return Ok(());
        };
        let left = graph.asked_to_wait();
        let left = left.and_then(|left| SignedDuration::try_from(left).ok());
        match left.and_then(|left| self.clock.now().checked_add(left).ok()) {
            Some(until) => self.writer.wait_until(until),
            None => Ok(()),
        }
    }

    async fn wait(&self, wait: Duration) -> Result<(), MailStop> {
        if wait.is_zero() {
            return Ok(());
        }
        self.unless_stopped(self.clock.sleep(wait)).await
    }

    /// Waits for something that comes before a mail.
    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, MailStop> {
        let work = timeout_at(self.progress_at + STUCK, work);
        match self.stop.unless_raised(work).await {
            Err(_) => Err(MailStop::Raised),
            Ok(Err(_)) => Err(MailStop::Stuck),
            Ok(Ok(done)) => Ok(done),
        }
    }

    async fn deliver(&self, mail: &Mail, message_id: &str) -> MailAttempt {
        match &self.transport {
            Transport::Graph(graph) => {
                let message = mail.graph_message(message_id);
                let reply = graph.send_mail(&self.mailbox, &message).await;
                MailAttempt::by_graph(reply)
            }
            Transport::Smtp(server) => {
                let whole = mail.mime(message_id).and_then(|mime| {
                    let from = mail.from.mailbox()?.email;
                    Ok((mime, from, mail.recipients()?))
                });
                match whole {
                    Ok((mime, from, to)) => MailAttempt::by_smtp(server.send(from, to, mime).await),
                    Err(why) => MailAttempt::new(OwnMailState::Refused, None, why, "no-mail"),
                }
            }
        }
    }

    /// Why going on is useless, when too much has gone wrong in a row.
    fn judge(&mut self, attempt: &MailAttempt) -> Result<(), MailStop> {
        if attempt.is_answered() {
            self.unreached = 0;
            self.progress_at = Instant::now();
        }
        if attempt.state == OwnMailState::HandedOver {
            self.not_taken = 0;
            return Ok(());
        }
        if let Next::Unreached(trouble) | Next::BrokenOff(trouble) = &attempt.next {
            self.unreached += 1;
            if self.unreached >= MOST_UNREACHED {
                return Err(self.stop_server(trouble));
            }
        }
        self.not_taken(attempt.why.clone())
    }

    fn not_taken(&mut self, why: String) -> Result<(), MailStop> {
        self.not_taken += 1;
        if self.not_taken < MOST_NOT_TAKEN {
            return Ok(());
        }
        Err(MailStop::NotTaken {
            in_a_row: self.not_taken,
            why,
        })
    }

    fn stop_server(&self, trouble: &ServerTrouble) -> MailStop {
        match &self.transport {
            Transport::Smtp(server) => MailStop::Server(trouble.failure(server)),
            Transport::Graph(_) => MailStop::Stuck,
        }
    }
}
