//! What is owed, what is learnt, and what is said of it.

use super::{Change, Ended, FollowedGuest, GroupToJoin, Performer, Plan, Standing, Wishes, hint};
use crate::{
    graph::{
        Sponsor,
        testing::{Received, Reply, Server, error, json},
    },
    guest::Profile,
    ledger::KnownFollowUp,
    outcome::{FollowUp, FollowUpKind, FollowUpState},
    pace::StopSignal,
};
use jiff::Timestamp;
use std::time::Duration;
use tokio::sync::mpsc;

fn profile() -> Profile {
    Profile {
        company: Some("Partner AG".into()),
        job_title: Some("Buyer".into()),
        ..Profile::default()
    }
}

fn group(name: &str) -> GroupToJoin {
    GroupToJoin {
        id: format!("ID-of-{name}"),
        name: name.to_owned(),
        is_team: name == "Field Team",
    }
}

fn plan(profile: &Profile, manager: Option<&str>, groups: &[GroupToJoin]) -> Plan {
    Plan::of(Wishes {
        profile,
        sponsors: &[Sponsor::User("s1".into())],
        manager,
        groups,
    })
}

fn known(changes: &[Change], state: FollowUpState) -> Vec<KnownFollowUp> {
    let keys = changes.iter().flat_map(Change::keys);
    keys.map(|key| KnownFollowUp {
        key,
        state,
        at: Timestamp::UNIX_EPOCH,
        status: None,
        code: None,
        request_id: None,
    })
    .collect()
}

#[test]
fn what_was_done_is_not_owed_and_what_changed_is() {
    let groups = [group("Atlas")];
    let all = plan(&profile(), Some("M1"), &groups).owed(&[]);
    let kinds: Vec<FollowUpKind> = all.iter().map(Change::kind).collect();
    assert_eq!(
        kinds,
        [
            FollowUpKind::Profile,
            FollowUpKind::Sponsor,
            FollowUpKind::Manager,
            FollowUpKind::Group
        ]
    );
    let done = known(&all, FollowUpState::Done);
    // Ids are the same in any case.
    let same = [GroupToJoin {
        id: "id-OF-atlas".into(),
        ..group("Atlas")
    }];
    assert!(plan(&profile(), Some("m1"), &same).owed(&done).is_empty());
    let failed = known(&all, FollowUpState::Failed);
    assert_eq!(plan(&profile(), Some("M1"), &groups).owed(&failed), all);

    let other = Profile {
        job_title: Some("Head".into()),
        ..profile()
    };
    let more = [group("Atlas"), group("Field Team")];
    let owed = plan(&other, Some("M2"), &more).owed(&done);
    let [Change::Profile(properties), manager, joined] = owed.as_slice() else {
        panic!("{owed:?}");
    };
    let names: Vec<&str> = properties.iter().map(|property| property.name).collect();
    assert_eq!(names, ["jobTitle"]);
    assert_eq!(*manager, Change::Manager("M2".into()));
    assert_eq!(*joined, Change::Group(group("Field Team")));
}

#[test]
fn a_profile_that_waits_for_a_permission_is_no_failure() {
    use FollowUpKind::{Group, Profile};
    use FollowUpState::{Done, Failed, Left, Waiting};
    let cases = [
        (0, vec![(Profile, Done), (Group, Left)], 0, FollowUp::Done),
        (0, vec![(Profile, Waiting)], 0, FollowUp::Partial),
        (0, vec![(Group, Waiting)], 0, FollowUp::Failed),
        (1, vec![(Group, Failed)], 0, FollowUp::Partial),
        (0, vec![(Profile, Done)], 1, FollowUp::Partial),
        (0, vec![], 2, FollowUp::Failed),
    ];
    for (over, ends, stopped, expected) in cases {
        let told = super::overall(over, &ends, stopped);
        assert_eq!(told, expected, "{over} {ends:?} {stopped}");
    }
}

/// All ends of the changes of one guest, in words.
async fn ends(
    performer: &Performer,
    guest: &FollowedGuest,
    changes: Vec<Change>,
) -> Vec<(Change, Ended)> {
    let (told, mut ends) = mpsc::channel(100);
    performer.perform(guest, changes, &told).await;
    drop(told);
    let mut all = Vec::new();
    while let Some(end) = ends.recv().await {
        all.push(end);
    }
    all
}

fn guest(number: u32, standing: Standing) -> FollowedGuest {
    FollowedGuest {
        user_id: uuid::Uuid::from_u128(u128::from(number)).to_string(),
        standing,
        fills_sponsors: false,
        waited: Vec::new(),
    }
}

fn changed(server: &Server) -> Vec<Received> {
    let sent = server.received().into_iter();
    sent.filter(|sent| sent.method != "GET" && !sent.path.contains("$batch"))
        .collect()
}

fn no_content() -> Reply {
    Reply::Http(204, vec![("request-id", "r1".into())], String::new())
}

fn denied() -> Reply {
    error(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )
}

fn performer(server: &Server) -> Performer {
    Performer::new(
        server.graph(),
        Duration::from_millis(300),
        StopSignal::default(),
    )
}

#[tokio::test]
async fn a_group_that_takes_no_guests_is_asked_once_and_the_others_go_on() {
    let server = Server::start(|received, _| {
        if received.path.contains("ID-of-Atlas") {
            return error(
                403,
                "Authorization_RequestDenied",
                "Guests users are not allowed to join this Unified Group due to policy setting.",
            );
        }
        no_content()
    })
    .await;
    let performer = performer(&server);
    let groups = [group("Atlas"), group("Field Team")];
    let changes = || groups.iter().cloned().map(Change::Group).collect();
    let guests: Vec<FollowedGuest> = (1..=20).map(|n| guest(n, Standing::New)).collect();
    let all = futures_util::future::join_all(
        guests
            .iter()
            .map(|guest| ends(&performer, guest, changes())),
    )
    .await;
    let asked = changed(&server);
    let of = |name: &str| asked.iter().filter(|sent| sent.path.contains(name)).count();
    assert_eq!((of("ID-of-Atlas"), of("ID-of-Field")), (1, 20));
    let told = hint(&all[7], false, false).unwrap();
    assert_eq!(
        told,
        "not added to the group Atlas: this group takes no guests; added to Field Team; Teams may take up to a day to show it"
    );
    assert_eq!(
        performer.notes().join("\n"),
        "20 guests were not added to the group Atlas: this group takes no guests"
    );
}

#[tokio::test]
async fn a_missing_permission_is_learnt_from_a_new_guest_and_not_from_one_who_may_have_a_role() {
    let server = Server::start(|received, _| {
        if received.method == "GET" || received.path.contains("$batch") {
            return json(
                200,
                r#"{"responses":[{"id":"user","status":200,"body":{}}]}"#,
            );
        }
        denied()
    })
    .await;
    let change = || vec![Change::Manager("m1".into())];
    for (standing, asked) in [(Standing::New, 1), (Standing::Existing, 3)] {
        let performer = performer(&server);
        let before = changed(&server).len();
        for number in 1..=10 {
            ends(&performer, &guest(number, standing), change()).await;
        }
        assert_eq!(changed(&server).len() - before, asked, "{standing:?}");
    }
}

#[tokio::test]
async fn one_guest_who_is_refused_keeps_nobody_back() {
    let holder = guest(3, Standing::Existing).user_id;
    let server = Server::start(move |received, _| {
        if received.path.contains("$batch") {
            return json(
                200,
                r#"{"responses":[{"id":"user","status":200,"body":{}}]}"#,
            );
        }
        if received.path.contains(&holder) {
            denied()
        } else {
            no_content()
        }
    })
    .await;
    let performer = performer(&server);
    let mut made = 0;
    for number in 1..=10 {
        let change = vec![Change::Manager("m1".into())];
        let ends = ends(&performer, &guest(number, Standing::Existing), change).await;
        made += usize::from(matches!(ends[0].1, Ended::Made));
        if number == 3 {
            assert_eq!(
                hint(&ends, false, false).unwrap(),
                "the manager was not set: Graph does not let this sign-in change this guest, who may have a role in the directory; an administrator can do it"
            );
        }
    }
    assert_eq!(made, 9);
    assert!(performer.notes().is_empty());
}

#[tokio::test]
async fn a_profile_whose_answer_was_lost_is_looked_at_and_not_sent_again() {
    let server = Server::start(|received, _| {
        if received.path.contains("$batch") {
            return json(
                200,
                r#"{"responses":[{"id":"user","status":200,"body":{"companyName":"Partner AG","jobTitle":"Buyer"}}]}"#,
            );
        }
        Reply::Http(502, vec![], "bad gateway".into())
    })
    .await;
    let performer = performer(&server);
    let changes = plan(&profile(), None, &[]).owed(&[]);
    let profile = changes.into_iter().take(1).collect();
    let ends = ends(&performer, &guest(1, Standing::New), profile).await;
    assert!(matches!(ends[0].1, Ended::Made), "{ends:?}");
    assert_eq!(changed(&server).len(), 1);
}

#[tokio::test]
async fn one_wrong_property_does_not_keep_the_others_back() {
    let server = Server::start(|received, _| {
        let body = &received.body;
        if body.contains("jobTitle") {
            return error(
                400,
                "Request_BadRequest",
                "Invalid value specified for property 'jobTitle' of resource 'User'.",
            );
        }
        no_content()
    })
    .await;
    let performer = performer(&server);
    let changes = plan(&profile(), None, &[]).owed(&[]);
    let profile = changes.into_iter().take(1).collect();
    let ends = ends(&performer, &guest(1, Standing::New), profile).await;
    let states: Vec<_> = ends.iter().map(|(_, ended)| ended.state()).collect();
    assert_eq!(
        states,
        [Some(FollowUpState::Done), Some(FollowUpState::Failed)]
    );
    assert_eq!(
        hint(&ends, false, false).unwrap(),
        "the job title was not set: a value of this row is not accepted; correct the cell, and the same command sets it"
    );
}

#[tokio::test]
async fn a_manager_who_is_gone_is_looked_up_once_and_costs_no_waiting() {
    let server = Server::start(|received, _| {
        let absent = || {
            error(
                404,
                "Request_ResourceNotFound",
                "Resource 'm1' does not exist or one of its queried reference-property objects are not present.",
            )
        };
        match received.method.as_str() {
            "GET" | "PUT" => absent(),
            _ => no_content(),
        }
    })
    .await;
    let performer = performer(&server);
    for number in 1..=5 {
        let change = vec![Change::Manager("m1".into())];
        ends(&performer, &guest(number, Standing::New), change).await;
    }
    assert_eq!(server.received().len(), 2, "one change and one look");
    assert_eq!(
        performer.notes().join("\n"),
        "5 guests did not get the manager m1: the manager is not in the directory; correct the cell"
    );
}

/// Answers to reads of a guest, with these properties.
fn guest_with(properties: &str) -> Reply {
    json(
        200,
        &format!(r#"{{"responses":[{{"id":"user","status":200,"body":{properties}}}]}}"#),
    )
}

#[tokio::test]
async fn an_account_of_an_on_premises_directory_keeps_what_that_owns() {
    let server = Server::start(|received, _| {
        if received.path.contains("$batch") {
            return guest_with(r#"{"onPremisesSyncEnabled":true,"companyName":"Elsewhere"}"#);
        }
        no_content()
    })
    .await;
    let performer = performer(&server);
    let wished = Profile {
        usage_location: Some("DE".into()),
        ..profile()
    };
    let changes = plan(&wished, Some("m1"), &[group("Atlas")]).owed(&[]);
    let ends = ends(&performer, &guest(1, Standing::Existing), changes).await;
    let sent: Vec<String> = changed(&server)
        .iter()
        .map(|sent| format!("{} {}", sent.method, sent.body))
        .collect();
    assert_eq!(sent.len(), 3, "{sent:?}");
    assert_eq!(sent[0], r#"PATCH {"usageLocation":"DE"}"#);
    assert_eq!(
        hint(&ends, false, false).unwrap(),
        "the company and job title were not set: the account is synchronised from an on-premises directory, where that is kept; the manager was not set: the account is synchronised from an on-premises directory, where that is kept"
    );
    let left: Vec<(Change, Ended)> = ends
        .into_iter()
        .filter(|(_, ended)| matches!(ended, Ended::Left(_)))
        .collect();
    let keys = left.iter().flat_map(|(change, _)| change.keys());
    let known: Vec<KnownFollowUp> = keys
        .map(|key| KnownFollowUp {
            key,
            state: FollowUpState::Left,
            at: Timestamp::UNIX_EPOCH,
            status: None,
            code: Some("on-premises".into()),
            request_id: None,
        })
        .collect();
    // What was left is not asked for again, and is told again.
    let later = plan(&wished, Some("m1"), &[]);
    let told = later.left(&known);
    assert_eq!(told.len(), 3);
    assert!(
        !later
            .owed(&known)
            .iter()
            .any(|change| matches!(change, Change::Manager(_)))
    );
}

#[tokio::test]
async fn an_account_that_graph_calls_mastered_elsewhere_is_left_as_it_is() {
    let server = Server::start(|_, _| {
        error(
            400,
            "Request_BadRequest",
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects currently undergoing migration.",
        )
    })
    .await;
    let performer = performer(&server);
    let changes = plan(&profile(), Some("m1"), &[]).owed(&[]);
    let ends = ends(&performer, &guest(1, Standing::New), changes).await;
    let left = ends
        .iter()
        .filter(|(_, ended)| matches!(ended, Ended::Left(_)));
    assert_eq!(left.count(), 2, "{ends:?}");
}

#[tokio::test]
async fn whoever_another_tenant_seems_to_synchronise_gets_a_warning() {
    let server = Server::start(|received, _| {
        if received.path.contains("$batch") {
            return guest_with(
                r#"{"externalUserState":"Accepted","userType":"Member","createdDateTime":"2026-03-01T08:00:00Z","externalUserStateChangeDateTime":"2026-03-01T08:00:01Z"}"#,
            );
        }
        no_content()
    })
    .await;
    let performer = performer(&server);
    let changes = plan(&profile(), None, &[]).owed(&[]);
    let (told, _ends) = mpsc::channel(100);
    let existing = guest(1, Standing::Existing);
    assert!(performer.perform(&existing, changes, &told).await);
    let made = (Change::Manager("m1".into()), Ended::Made);
    assert_eq!(
        hint(&[made], false, true).unwrap(),
        "another tenant seems to synchronise this guest, and may overwrite what was set"
    );
}

#[tokio::test]
async fn a_403_in_unknown_words_is_learnt_too() {
    let server = Server::start(|_, _| error(403, "Forbidden", "Not today.")).await;
    let performer = performer(&server);
    for number in 1..=10 {
        let changes = plan(&profile(), Some("m1"), &[group("Atlas")]).owed(&[]);
        ends(&performer, &guest(number, Standing::New), changes).await;
    }
    // One for the profile, the sponsor, the manager and the group.
    assert_eq!(changed(&server).len(), 4);
}
