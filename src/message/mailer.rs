//! The journey of one mail of our own: wait for its turn, write down the intent, send, write down the answer.
//!
//! At most one mail of a kind leaves for a user; the ledger says so inside the transaction of the intent. Must not decide
//! who is mailed, and must not word anything.

use super::{
    mail::{Mail, message_id},
    smtp::{ServerTrouble, Smtp, SmtpEnd},
};
use crate::{
    clock::Clock,
    failure::Failure,
    graph::{
        Fault, Graph,
        send_mail::{MailReply, MailVerdict},
    },
    ledger::{
        AskedBefore, LedgerError, MailAnswer, MailIntent, MailKind, NoMailIntent, OwnMailState,
        Reader, Writer,
    },
    pace::StopSignal,
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// Attempts for one mail when the mailbox asks to slow down; the gate spaces them.
const MOST_ATTEMPTS: u32 = 4;
/// Mails in a row that were not taken; then something is wrong with more than a person.
const MOST_NOT_TAKEN: u32 = 10;
/// Times in a row that the server was not there.
const MOST_UNREACHED: u32 = 3;
const BETWEEN_UNREACHED: Duration = Duration::from_secs(5);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// What carries the mails.
#[derive(Debug)]
pub(crate) enum Transport {
    Graph(Graph),
    Smtp(Smtp),
}

/// How fast mails leave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MailPace {
    /// 0: as fast as they can.
    pub per_minute: u32,
    pub per_day: Option<u64>,
}

impl MailPace {
    fn interval(self) -> Duration {
        match self.per_minute {
            0 => Duration::ZERO,
            per_minute => Duration::from_secs(60) / per_minute,
        }
    }
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

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MailEnd {
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
    /// An earlier mail of this kind stands in the way.
    Before(OwnMailState),
    /// Another run has written about the person: to be decided anew.
    Changed,
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
    pace: MailPace,
    clock: Clock,
    stop: StopSignal,
    /// When the last mail was about to leave.
    last: Option<Timestamp>,
    /// The same on a clock that nobody can set; none before the first mail of this run.
    last_here: Option<Instant>,
    /// The mails of the last 24 hours.
    today: VecDeque<Timestamp>,
    not_taken: u32,
    unreached: u32,
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
        let since = clock.now() - DAY;
        let today = match pace.per_day {
            Some(_) => reader.mails_since(mailbox, since)?.into(),
            None => VecDeque::new(),
        };
        Ok(Self {
            last: reader.last_mail_from(mailbox)?,
            last_here: None,
            transport,
            writer,
            run: run.to_owned(),
            mailbox: mailbox.to_owned(),
            pace,
            clock: clock.clone(),
            stop,
            today,
            not_taken: 0,
            unreached: 0,
        })
    }

    /// Sends a mail, when it is its turn.
    pub(crate) async fn send(
        &mut self,
        to: &Addressee,
        kind: MailKind,
        mail: &Mail,
        asked_before: AskedBefore,
    ) -> Result<MailEnd, MailStop> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            self.turn().await?;
            let message_id = message_id(&mail.from);
            let intent = MailIntent {
                person: to.person,
                user_id: to.user_id.clone(),
                row: to.row,
                kind,
                mailbox: self.mailbox.clone(),
                message_id: message_id.clone(),
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
                Err(NoMailIntent::Changed) => return Ok(MailEnd::Changed),
                Err(NoMailIntent::Before(state)) => return Ok(MailEnd::Before(state)),
            };
            (self.last, self.last_here) = (Some(intent.at), Some(Instant::now()));
            let sent = self.deliver(mail, &message_id).await;
            let answer = MailAnswer {
                state: sent.state,
                at: self.clock.now(),
                status: sent.status,
                request_id: sent.request_id.clone(),
                detail: sent.detail.clone(),
            };
            self.writer.mail_answered(&self.run, id, &answer)?;
            self.keep_the_wait()?;
            if matches!(sent.state, OwnMailState::HandedOver | OwnMailState::Unknown)
                && self.pace.per_day.is_some()
            {
                self.today.push_back(intent.at);
            }
            if matches!(sent.next, Next::Again) && attempts < MOST_ATTEMPTS {
                continue;
            }
            if let Some(stop) = self.judge(&sent) {
                return Err(stop);
            }
            if matches!(sent.next, Next::Unreached(_)) {
                self.wait(BETWEEN_UNREACHED).await?;
                continue;
            }
            if let Next::Stop(stop) = sent.next {
                return Err(*stop);
            }
            return Ok(match sent.state {
                OwnMailState::HandedOver => MailEnd::HandedOver,
                OwnMailState::Due => MailEnd::Due { why: sent.why },
                OwnMailState::Refused => MailEnd::Refused { why: sent.why },
                OwnMailState::Unknown | OwnMailState::Intent => MailEnd::Unknown { why: sent.why },
            });
        }
    }

    /// Waits for the mailbox's pace: one mail after the other, without a burst, whichever run sent the last one.
    async fn turn(&mut self) -> Result<(), MailStop> {
        if self.stop.is_raised() {
            return Err(MailStop::Raised);
        }
        let now = self.clock.now();
        if let Some(cap) = self.pace.per_day {
            while self
                .today
                .front()
                .is_some_and(|at| now.duration_since(*at) >= DAY)
            {
                self.today.pop_front();
            }
            let used = self.today.len() as u64;
            if used >= cap {
                let freed = usize::try_from(used - cap).unwrap_or(usize::MAX);
                let room_at = self.today.get(freed).map_or(now, |at| *at + DAY);
                return Err(MailStop::DailyCap { cap, room_at });
            }
        }
        if let Some(last) = self.last {
            let interval = self.pace.interval();
            let gone = now.duration_since(last);
            // A clock that was set back does not make anybody wait longer than the interval.
            let mut gone = Duration::try_from(gone).unwrap_or(Duration::ZERO);
            // One that was set ahead does not make a burst.
            if let (Some(last), false) = (self.last_here, self.clock.jumps()) {
                gone = gone.min(last.elapsed());
            }
            self.wait(interval.saturating_sub(gone)).await?;
        }
        Ok(())
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
        let waited = self.stop.unless_raised(self.clock.sleep(wait)).await;
        waited.map_err(|_| MailStop::Raised)
    }

    async fn deliver(&self, mail: &Mail, message_id: &str) -> Sent {
        match &self.transport {
            Transport::Graph(graph) => {
                let message = mail.graph_message(message_id);
                let reply = graph.send_mail(&self.mailbox, &message).await;
                Sent::by_graph(reply)
            }
            Transport::Smtp(server) => {
                let whole = mail.mime(message_id).and_then(|mime| {
                    let from = mail.from.mailbox()?.email;
                    Ok((mime, from, mail.recipients()?))
                });
                match whole {
                    Ok((mime, from, to)) => {
                        Sent::by_smtp(server, Box::pin(server.send(&from, &to, &mime)).await)
                    }
                    Err(why) => Sent::new(OwnMailState::Refused, None, why, "no-mail"),
                }
            }
        }
    }

    /// Whether so much has gone wrong in a row that going on is useless.
    fn judge(&mut self, sent: &Sent) -> Option<MailStop> {
        if sent.state == OwnMailState::HandedOver {
            (self.not_taken, self.unreached) = (0, 0);
            return None;
        }
        if let Next::Unreached(trouble) = &sent.next {
            self.unreached += 1;
            let Transport::Smtp(server) = &self.transport else {
                return None;
            };
            return (self.unreached >= MOST_UNREACHED)
                .then(|| MailStop::Server(trouble.failure(server)));
        }
        self.not_taken += 1;
        (self.not_taken >= MOST_NOT_TAKEN).then(|| MailStop::NotTaken {
            in_a_row: self.not_taken,
            why: sent.why.clone(),
        })
    }
}

/// What came of one attempt.
struct Sent {
    state: OwnMailState,
    status: Option<u16>,
    request_id: Option<String>,
    /// Words for a person; they may hold an address.
    why: String,
    /// A code for the ledger.
    detail: Option<String>,
    next: Next,
}

enum Next {
    Done,
    /// The mailbox asks to slow down.
    Again,
    /// The mail server is not there.
    Unreached(ServerTrouble),
    Stop(Box<MailStop>),
}

impl Sent {
    fn new(state: OwnMailState, status: Option<u16>, why: String, detail: &str) -> Self {
        Self {
            state,
            status,
            request_id: None,
            why,
            detail: Some(detail.to_owned()),
            next: Next::Done,
        }
    }

    fn by_graph(reply: MailReply) -> Self {
        use OwnMailState::{Due, HandedOver, Refused, Unknown};
        let (state, fault, next) = match reply.verdict {
            MailVerdict::HandedOver => (HandedOver, None, Next::Done),
            MailVerdict::Later(fault) => (Due, Some(fault), Next::Again),
            MailVerdict::Refused(fault) => (Refused, Some(fault), Next::Done),
            MailVerdict::Unknown(fault) => (Unknown, Some(fault), Next::Done),
            MailVerdict::Stop(fault) => {
                let stop = MailStop::Graph(Box::new(fault.clone()));
                (Due, Some(fault), Next::Stop(Box::new(stop)))
            }
        };
        let why = fault.as_ref().map(|fault| match fault.message.as_str() {
            "" => fault.to_string(),
            said => format!("{fault}: {said}"),
        });
        Self {
            state,
            status: reply.status,
            request_id: reply.request_id,
            why: why.unwrap_or_default(),
            detail: fault.map(|fault| fault.code.as_str().to_owned()),
            next,
        }
    }

    fn by_smtp(server: &Smtp, end: SmtpEnd) -> Self {
        use OwnMailState::{Due, HandedOver, Refused, Unknown};
        match end {
            SmtpEnd::HandedOver { status } => {
                Self::new(HandedOver, Some(status), String::new(), "taken")
            }
            SmtpEnd::Due { status, why } => Self::new(Due, status, why, "later"),
            SmtpEnd::Refused { status, why } => Self::new(Refused, Some(status), why, "never"),
            SmtpEnd::Unknown { why } => Self::new(Unknown, None, why, "no-reply"),
            SmtpEnd::Server(trouble) => {
                let next = if trouble.may_pass() {
                    Next::Unreached(trouble.clone())
                } else {
                    Next::Stop(Box::new(MailStop::Server(trouble.failure(server))))
                };
                Self {
                    next,
                    ..Self::new(Due, trouble.status, trouble.what, "server")
                }
            }
        }
    }
}
