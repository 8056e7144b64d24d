//! The two calls of a reset, and what their answers mean for the guest and for everybody else.
//!
//! Must not decide which call is next.

use super::{
    ADDED_LATELY, ADDRESS_TRIES, Answer, CONNECTS, GuestToReset, MOST_DENIED, Now, ResetOutcome,
    Resetting, Stopped, Tries, Turn, WasReset, parked, request,
};
use crate::{
    engine::{outage::Then, reset_evidence::state_before, row_results, stop::StopReason},
    graph::{Class, Fault, InvitationReply, Verdict, catalogue},
    ledger::{ResetCall, ResetEnd},
    outcome::Mail,
    pace::backoff,
};
use tokio::time::Instant;
use uuid::Uuid;

impl Resetting {
    /// The first call: the new address joins those that are there.
    pub(super) async fn add_address(
        &self,
        now: &Now<'_>,
        tries: &mut Tries,
    ) -> Result<Turn, Stopped> {
        // The addresses that are sent replace those that are there.
        let Some(mut other_mails) = now.user.other_mails.clone() else {
            let why = "the new address was not added: the answer about the guest does not tell the other addresses, which would be lost".to_owned();
            return Ok(Turn::Over(ResetOutcome::Failed { why }));
        };
        self.wait(self.hold.pace.gate()).await?;
        let client_request_id = Uuid::new_v4();
        let Some(intent) = self.intent(now, ResetCall::Address, client_request_id)? else {
            return Ok(Turn::Again);
        };
        let mut add = |address: &str| {
            let same = |known: &String| known.eq_ignore_ascii_case(address);
            if !other_mails.iter().any(same) {
                other_mails.push(address.to_owned());
            }
        };
        let lately = self.hold.clock.now() - ADDED_LATELY;
        for (address, at) in &now.history.added {
            if *at >= lately {
                add(address);
            }
        }
        add(now.guest.new_email.as_str());
        let graph = self.directory.graph().for_row(now.guest.row);
        let changed = graph.set_other_mails(&now.user.id, &other_mails).await;
        let Err(fault) = changed else {
            self.answered(
                intent.person,
                Some(intent),
                now.guest.row,
                ResetEnd::AddressAdded,
                &Answer::default(),
            )?;
            return self.reset_after_address(now, tries).await;
        };
        let answer = Answer::of(&fault);
        let end = if fault.class == Class::NotSent {
            ResetEnd::NotPerformed
        } else if fault
            .status
            .is_some_and(|status| (400..500).contains(&status))
        {
            ResetEnd::AddressRefused
        } else {
            ResetEnd::AddressUnknown
        };
        self.answered(intent.person, Some(intent), now.guest.row, end, &answer)?;
        if self.hold.stop.is_raised() {
            return Err(Stopped);
        }
        if fault.class == Class::Permission {
            return self.denied(&fault, false);
        }
        if let Some(reason) = StopReason::of(&fault) {
            return Err(self.hold.stopped(reason));
        }
        let why = row_results::own_words(&fault);
        Ok(Turn::Over(match fault.class {
            Class::Person | Class::Request | Class::Absent | Class::Domain => {
                ResetOutcome::Refused {
                    code: fault.code.to_string(),
                    why: format!("the new address was not added: {why}"),
                    added: false,
                    request_id: fault.request_id.clone(),
                }
            }
            _ => ResetOutcome::Failed {
                why: format!("the new address was not added: {why}"),
            },
        }))
    }

    /// The address is there by Graph's own answer, whatever a reading shows in the next seconds.
    async fn reset_after_address(&self, now: &Now<'_>, tries: &mut Tries) -> Result<Turn, Stopped> {
        let asks = tries.asks;
        loop {
            let history = self
                .reader
                .reset_history(&now.guest.user_id, now.guest.new_email.key())
                .map_err(|error| self.hold.failed(&error))?;
            let current = Now {
                guest: now.guest,
                user: now.user.clone(),
                history,
            };
            let call = ResetCall::Reset {
                mails: now.guest.send,
                before: state_before(&now.user),
            };
            let turn = self.ask(&current, call, tries).await?;
            if !matches!(turn, Turn::Again) || tries.asks > asks {
                return Ok(turn);
            }
            if self.hold.stop.is_raised() {
                return Err(Stopped);
            }
        }
    }

    /// The second call, or the same once more for the link.
    pub(super) async fn ask(
        &self,
        now: &Now<'_>,
        call: ResetCall,
        tries: &mut Tries,
    ) -> Result<Turn, Stopped> {
        let guest = now.guest;
        let asked_for_room = Instant::now();
        let slot = self
            .caps
            .admit(&self.hold.stop)
            .await
            .map_err(|reason| self.hold.stopped(reason))?
            .ok_or(Stopped)?;
        self.stop_rules.waited_for_room(asked_for_room.elapsed());
        self.wait(self.hold.pace.before_invitation()).await?;
        let mails = matches!(call, ResetCall::Reset { mails: true, .. });
        let for_link = matches!(call, ResetCall::Link);
        let client_request_id = Uuid::new_v4();
        let Some(intent) = self.intent(now, call, client_request_id)? else {
            slot.give_back();
            return Ok(Turn::Again);
        };
        if self.wait(self.hold.pace.gate()).await.is_err() || !self.hold.stands()? {
            return self.never_sent(guest, intent, slot);
        }
        let left = Instant::now();
        let request = request(guest, mails);
        let graph = self.directory.graph().for_row(now.guest.row);
        let reply = graph.invite(&request, client_request_id).await;
        let slot = (!matches!(reply.verdict, Verdict::NotSent { .. })).then_some(slot);
        if slot.is_some() {
            tries.asks += 1;
        }
        self.learn(&reply, guest, left);
        let answer = Answer {
            status: reply.status,
            request_id: reply.request_id.clone(),
            code: reply.verdict.fault().map(|fault| fault.code.to_string()),
        };
        let answered = |end| self.answered(intent.person, Some(intent), guest.row, end, &answer);
        match reply.verdict {
            Verdict::Done(invitation)
                if invitation.user_id.eq_ignore_ascii_case(&guest.user_id) =>
            {
                let link = invitation.redeem_url;
                if for_link {
                    answered(ResetEnd::Linked { link })?;
                    return Ok(Turn::Again);
                }
                let mail = match (guest.own_mail, mails) {
                    (true, _) => Mail::Due,
                    (false, true) => Mail::Requested,
                    (false, false) => Mail::None,
                };
                answered(ResetEnd::Reset {
                    link: link.clone(),
                    redemption: invitation.status.clone(),
                    mail,
                })?;
                self.worked.set(true);
                self.denied.set(0);
                Ok(Turn::Over(ResetOutcome::Reset(WasReset {
                    mail,
                    link: Some(link),
                    redemption: Some(invitation.status),
                    request_id: answer.request_id,
                    now: true,
                })))
            }
            Verdict::Done(_) => {
                answered(ResetEnd::SomebodyElse)?;
                self.somebody_else.set(Some(guest.row));
                Ok(Turn::Over(ResetOutcome::Unknown { mails }))
            }
            Verdict::Unknown { .. } => {
                answered(ResetEnd::Unknown)?;
                Ok(parked(for_link, mails))
            }
            Verdict::RetryAfter { .. } => {
                answered(ResetEnd::Throttled)?;
                self.hold.keep_the_wait()?;
                self.wait(self.hold.pace.gate()).await?;
                self.hold.sleep(self.waits.after_a_throttle()).await?;
                Ok(Turn::Again)
            }
            Verdict::NotSent { fault } => {
                answered(ResetEnd::NotPerformed)?;
                tries.connects += 1;
                if self.hold.stop.is_raised() {
                    return Err(Stopped);
                }
                if tries.connects >= CONNECTS {
                    return Err(self.hold.stopped(StopReason::Unreachable {
                        why: row_results::own_words(&fault),
                    }));
                }
                self.hold
                    .sleep(backoff(tries.connects, fastrand::f64()))
                    .await?;
                Ok(Turn::Again)
            }
            Verdict::Stop { fault, .. } if fault.class == Class::Permission => {
                answered(ResetEnd::Refused)?;
                self.denied(&fault, true)
            }
            Verdict::Stop { .. } => {
                answered(ResetEnd::NotPerformed)?;
                Err(Stopped)
            }
            Verdict::Exists { fault, .. }
            | Verdict::Refused { fault, .. }
            | Verdict::Failed { fault } => {
                let not_yet =
                    fault.code == catalogue::NOT_ITS_ADDRESS || fault.class == Class::NotYet;
                if not_yet && tries.address < ADDRESS_TRIES {
                    answered(ResetEnd::NotPerformed)?;
                    tries.asks = tries.asks.saturating_sub(1);
                    tries.address += 1;
                    self.hold
                        .sleep(backoff(tries.address, fastrand::f64()))
                        .await?;
                    return Ok(Turn::Again);
                }
                answered(ResetEnd::Refused)?;
                let why = row_results::own_words(&fault);
                Ok(Turn::Over(ResetOutcome::Refused {
                    code: fault.code.to_string(),
                    why,
                    added: true,
                    request_id: answer.request_id,
                }))
            }
        }
    }

    /// A permission or a role is missing: for everybody, or for this guest, who may have a role in the directory.
    fn denied(&self, fault: &Fault, added: bool) -> Result<Turn, Stopped> {
        self.denied.set(self.denied.get() + 1);
        let about_everybody =
            !self.worked.get() && (!self.permission_claimed || self.denied.get() >= MOST_DENIED);
        if about_everybody {
            let code = if added {
                catalogue::MAY_NOT_RESET
            } else {
                catalogue::MAY_NOT_CHANGE_ADDRESSES
            };
            let fault = fault.clone().known_as(code);
            return Err(self.hold.stopped(StopReason::Refused {
                exit: fault.exit(),
                fault: Box::new(fault),
            }));
        }
        Ok(Turn::Over(ResetOutcome::Refused {
            code: catalogue::HAS_A_ROLE.to_string(),
            why: row_results::own_words(fault),
            added,
            request_id: fault.request_id.clone(),
        }))
    }

    /// What an answer means for everybody else.
    fn learn(&self, reply: &InvitationReply, guest: &GuestToReset, left: Instant) {
        let stops = reply.verdict.run_stopping();
        // Whether a missing right is about everybody is decided with the guest.
        if let Some(fault) = stops.filter(|fault| fault.class != Class::Permission) {
            self.hold.stop.raise(StopReason::Refused {
                exit: fault.exit(),
                fault: Box::new(fault.clone()),
            });
        }
        match self.outage.answered(&reply.verdict, left) {
            Then::GoOn => {}
            Then::Pause(pause) => self.hold.pace.pause(pause),
            Then::Stop(reason) => self.hold.stop.raise(reason),
        }
        let domain = guest.new_email.domain();
        if let Some(reason) = self.stop_rules.answered(&reply.verdict, domain) {
            self.hold.stop.raise(reason);
        }
        if let Err(too_long) = self.hold.pace.gate_opens_in_time() {
            self.hold.stop.raise(too_long.into());
        }
    }
}
