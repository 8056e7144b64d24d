use super::*;
use crate::ledger::{Claim, Found, Ledger, NewLedger};

struct Book {
    _folder: tempfile::TempDir,
    ledger: Ledger,
    writer: Writer,
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

/// A ledger with two addresses of one user.
fn book() -> Book {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&folder.path().join("l.db"), NewLedger::Allowed).unwrap();
    let writer = ledger.writer(None).unwrap();
    for key in ["ana@x.org", "a.silva@x.org"] {
        let found = Found {
            user_id: "u1".into(),
            redeem_url: None,
            redemption: None,
            mail: Mail::Due,
            invited_at: at(1),
        };
        writer
            .import(key, key, &Claim::Invited(found), at(1))
            .unwrap();
    }
    Book {
        _folder: folder,
        ledger,
        writer,
    }
}

impl Book {
    fn intend(
        &self,
        person: i64,
        kind: MailKind,
        message_id: &str,
        asked_before: AskedBefore,
    ) -> std::result::Result<MailIntentId, NoMailIntent> {
        let newest = self.ledger.reader().unwrap().person_by_id(person).unwrap();
        let intent = MailIntent {
            person,
            user_id: "u1".into(),
            row: Some(2),
            kind,
            mailbox: "desk@contoso.com".into(),
            message_id: message_id.into(),
            language: Some("de".into()),
            template: "hash".into(),
            at: at(100),
            decided_on: newest.unwrap().newest_event,
            asked_before,
        };
        self.writer.mail_intent("run", &intent).unwrap()
    }

    fn answer(&self, id: MailIntentId, state: OwnMailState) {
        let answer = MailAnswer {
            state,
            at: at(101),
            status: Some(202),
            request_id: None,
            detail: None,
        };
        self.writer.mail_answered("run", id, &answer).unwrap();
    }

    fn mail(&self, key: &str) -> Option<Mail> {
        let person = self.ledger.reader().unwrap().person(key).unwrap();
        person.unwrap().mail
    }
}

const PLAIN: AskedBefore = AskedBefore {
    unknown_too: false,
    refused_too: false,
};

#[test]
fn a_user_with_two_addresses_is_mailed_once() {
    let book = book();
    let id = book.intend(1, MailKind::Invitation, "m1", PLAIN).unwrap();
    assert_eq!(book.mail("a.silva@x.org"), Some(Mail::Unknown));
    let second = book.intend(2, MailKind::Invitation, "m2", PLAIN);
    assert_eq!(second, Err(NoMailIntent::Before(OwnMailState::Intent)));
    book.answer(id, OwnMailState::HandedOver);
    for decided in [
        PLAIN,
        AskedBefore {
            unknown_too: true,
            refused_too: true,
        },
    ] {
        let second = book.intend(2, MailKind::Invitation, "m3", decided);
        assert_eq!(second, Err(NoMailIntent::Before(OwnMailState::HandedOver)));
    }
    book.intend(2, MailKind::Reminder(1), "m4", PLAIN).unwrap();
    let reader = book.ledger.reader().unwrap();
    let of = |kind: MailKind| states(reader.connection(), "U1", &kind.word()).unwrap();
    assert_eq!(of(MailKind::Invitation), [OwnMailState::HandedOver]);
    assert_eq!(of(MailKind::Reminder(1)), [OwnMailState::Intent]);
}

#[test]
fn what_was_not_taken_is_sent_again_and_what_may_have_left_only_by_decision() {
    let book = book();
    let unknown_too = AskedBefore {
        unknown_too: true,
        ..PLAIN
    };
    let refused_too = AskedBefore {
        refused_too: true,
        ..PLAIN
    };
    let id = book.intend(1, MailKind::Invitation, "m1", PLAIN).unwrap();
    book.answer(id, OwnMailState::Due);
    let id = book.intend(1, MailKind::Invitation, "m2", PLAIN).unwrap();
    book.answer(id, OwnMailState::Refused);
    assert!(
        book.intend(1, MailKind::Invitation, "m3", unknown_too)
            .is_err()
    );
    let id = book
        .intend(1, MailKind::Invitation, "m3", refused_too)
        .unwrap();
    book.answer(id, OwnMailState::Unknown);
    assert!(
        book.intend(1, MailKind::Invitation, "m4", refused_too)
            .is_err()
    );
    book.intend(1, MailKind::Invitation, "m4", unknown_too)
        .unwrap();
    let reader = book.ledger.reader().unwrap();
    let since = reader.mails_since("Desk@contoso.com", at(0)).unwrap();
    assert_eq!(since.len(), 2, "an unknown one and an intent");
    assert_eq!(
        reader.last_mail_from("desk@CONTOSO.com").unwrap(),
        Some(at(100))
    );
}

#[test]
fn a_run_that_has_lost_the_ledger_intends_nothing() {
    let book = book();
    let late = book.ledger.writer(Some(-1)).unwrap();
    let intent = MailIntent {
        person: 1,
        user_id: "u1".into(),
        row: None,
        kind: MailKind::Invitation,
        mailbox: "desk@contoso.com".into(),
        message_id: "m".into(),
        language: None,
        template: String::new(),
        at: at(1),
        decided_on: i64::MAX,
        asked_before: PLAIN,
    };
    assert_eq!(
        late.mail_intent("late", &intent).unwrap(),
        Err(NoMailIntent::TakenOver)
    );
}

#[test]
fn a_mail_that_may_have_left_stays_unknown_when_the_next_attempt_is_not_taken() {
    let book = book();
    let unknown_too = AskedBefore {
        unknown_too: true,
        ..PLAIN
    };
    let id = book.intend(1, MailKind::Invitation, "m1", PLAIN).unwrap();
    book.answer(id, OwnMailState::Due);
    assert_eq!(book.mail("ana@x.org"), Some(Mail::Due));
    // The run is killed here.
    book.intend(1, MailKind::Invitation, "m2", PLAIN).unwrap();
    assert_eq!(book.mail("ana@x.org"), Some(Mail::Unknown));
    let id = book
        .intend(1, MailKind::Invitation, "m3", unknown_too)
        .unwrap();
    book.answer(id, OwnMailState::Due);
    assert_eq!(book.mail("ana@x.org"), Some(Mail::Unknown));
    let id = book
        .intend(1, MailKind::Invitation, "m4", unknown_too)
        .unwrap();
    book.answer(id, OwnMailState::HandedOver);
    assert_eq!(book.mail("ana@x.org"), Some(Mail::HandedOver));
}

#[test]
fn a_mail_that_is_not_needed_any_more_is_in_the_audit_trail() {
    let book = book();
    let of = |person| ("run", 2, person);
    book.writer
        .mail_not_needed(of(1), "redeemed", at(200))
        .unwrap();
    assert_eq!(book.mail("ana@x.org"), Some(Mail::None));
    // Of somebody whose mail was not due there is nothing to tell.
    book.writer
        .mail_not_needed(of(1), "redeemed", at(201))
        .unwrap();
    let story = book.ledger.reader().unwrap().story(1, None).unwrap();
    let told: Vec<_> = story
        .iter()
        .filter(|event| event.kind == "mail-not-needed")
        .map(|event| event.detail.as_deref())
        .collect();
    assert_eq!(told, [Some("redeemed")]);
}
