//! Four tenants: fine, a permission missing, invitations off, the wrong one. And what else can be amiss.

use super::{checkup, command, named};
use crate::support::{Ended, Guests, Practice, Workdir};

const ELSEWHERE: &str = "11111111-2222-4333-8444-555555555555";
const SHEET: &str = "guests.csv";
const NOBODY: [&str; 0] = [];

#[test]
fn a_fine_tenant_passes_in_everything_and_is_left_as_it_was() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(SHEET, Guests::new().people(3).text());
    let (checks, code) = checkup(&mut command(
        &workdir,
        &practice,
        &practice.tenant,
        &[SHEET],
    ));
    assert_eq!(code, 0, "{checks:#?}");
    assert_eq!(named(&checks, "fail"), NOBODY);
    assert_eq!(named(&checks, "cannot-tell"), NOBODY);
    for name in [
        "settings",
        "proxy",
        "cloud",
        "sign-in",
        "clock",
        "tenant",
        "organization",
        "invite",
        "read-people",
        "read-deleted",
        "policy",
        "ledger",
        "sheet",
        "domains",
        "domain-lists",
        "words",
    ] {
        assert!(checks.contains_key(name), "no check {name}");
    }
    let seen = practice.view("");
    assert_eq!(
        (&seen["invitations"], &seen["mails"]),
        (&0.into(), &0.into())
    );
    assert!(!workdir.exists("guestlist.db"));
}

#[test]
fn a_missing_permission_is_named_and_ends_as_invite_would() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "organization_readable = false\n[permissions]\nuser = [\"User.Invite.All\"]\napp = [\"User.Read.All\"]",
    );
    let (checks, code) = checkup(&mut command(&workdir, &practice, &practice.tenant, &[]));
    assert_eq!(code, 6);
    assert_eq!(named(&checks, "fail"), ["read-people"]);
    assert_eq!(checks["read-people"]["permission"], "User.Read.All");
    assert_eq!(
        named(&checks, "cannot-tell"),
        ["organization", "policy", "read-deleted"]
    );
    assert_eq!(checks["policy"]["permission"], "Policy.Read.All");
    assert_eq!(checks["organization"]["permission"], "User.Read");

    // As an app that may read and not invite.
    let mut as_app = command(&workdir, &practice, &practice.tenant, &[]);
    as_app
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    let (checks, code) = checkup(&mut as_app);
    assert_eq!(code, 6);
    assert_eq!(named(&checks, "fail"), ["invite"]);
    assert_eq!(checks["invite"]["permission"], "User.Invite.All");
}

#[test]
fn switched_off_invitations_end_as_a_refusal_of_the_tenant() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "allow_invites_from = \"none\"");
    let (checks, code) = checkup(&mut command(&workdir, &practice, &practice.tenant, &[]));
    assert_eq!(code, 7);
    assert_eq!(named(&checks, "fail"), ["policy"]);
    let hint = checks["policy"]["hint"].as_str().unwrap();
    assert!(hint.contains("who can"), "{hint}");
}

#[test]
fn the_wrong_tenant_is_said_and_everything_else_is_still_looked_at() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let (checks, code) = checkup(&mut command(&workdir, &practice, ELSEWHERE, &[]));
    assert_eq!(code, 2);
    assert_eq!(named(&checks, "fail"), ["tenant"]);
    let told = checks["tenant"]["message"].as_str().unwrap();
    assert!(
        told.contains(ELSEWHERE) && told.contains("Northwind Practice"),
        "{told}"
    );
    assert_eq!(checks["policy"]["verdict"], "pass");

    // Two settings that name different tenants: nothing but the machine can be looked at.
    let mut torn = command(&workdir, &practice, ELSEWHERE, &[]);
    torn.env("GUESTLIST_TENANT_ID", &practice.tenant);
    let (checks, code) = checkup(&mut torn);
    assert_eq!((code, named(&checks, "fail")), (2, vec!["settings"]));
}

#[test]
fn an_app_is_told_that_its_words_are_dropped_and_a_user_is_not() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(SHEET, "email,message\na@partner.example,Welcome\n");
    let (checks, code) = checkup(&mut command(
        &workdir,
        &practice,
        &practice.tenant,
        &[SHEET],
    ));
    assert_eq!((code, &checks["words"]["verdict"]), (0, &"pass".into()));
    let mut as_app = command(&workdir, &practice, &practice.tenant, &[SHEET]);
    as_app
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", &practice.client_secret);
    let (checks, code) = checkup(&mut as_app);
    assert_eq!((code, named(&checks, "fail")), (3, vec!["words"]));
}

#[test]
fn a_sheet_is_held_against_the_tenant() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let of = |sheet: &str| {
        workdir.write(SHEET, sheet);
        checkup(&mut command(
            &workdir,
            &practice,
            &practice.tenant,
            &[SHEET],
        ))
    };
    let (checks, code) = of("email\nx@northwind.example\ny@northwind.example\nz@partner.example\n");
    assert_eq!((code, named(&checks, "fail")), (3, vec!["domains"]));
    let (checks, code) = of("email\nx@blocked.example\nwhat?\n");
    assert_eq!((code, named(&checks, "fail")), (4, vec!["domain-lists"]));
    assert_eq!(checks["sheet"]["verdict"], "warn");
    let (checks, code) = of("email,sponsors\nx@partner.example,anna.berg@northwind.example\n");
    assert_eq!((code, &checks["sponsors"]["verdict"]), (0, &"pass".into()));
    let (checks, code) = of("email,sponsors\nx@partner.example,nobody@northwind.example\n");
    assert_eq!((code, named(&checks, "warn")), (4, vec!["sponsors"]));
    let told = checks["sponsors"]["message"].as_str().unwrap();
    assert_eq!(
        told,
        "1 of 1 sponsor is not in the tenant (nobody@northwind.example)"
    );
    let (checks, _) = of("email,sponsors\nx@partner.example,newsletter@northwind.example\n");
    let told = checks["sponsors"]["message"].as_str().unwrap();
    assert!(told.contains("write group:Newsletter"), "{told}");
    let (checks, code) = of("name\nx\n");
    assert_eq!((code, named(&checks, "fail")), (3, vec!["sheet"]));
    assert_eq!(checks["policy"]["verdict"], "pass");
}

#[test]
fn permissions_for_what_comes_afterwards_are_named_only_where_the_sheet_asks() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.Read.All\"]",
    );
    let doctor = |sheet: &str, more: &[&str]| {
        workdir.write(SHEET, sheet);
        let arguments = [&[SHEET, "--allow", "manager,groups"], more].concat();
        command(&workdir, &practice, &practice.tenant, &arguments)
    };
    let mail = |sheet: &str| Ended::of(&mut doctor(sheet, &["--ask-admin"])).stdout;
    let sheet =
        "email,company,manager,groups\na@partner.example,Fabrikam,Anna Berg,Project Atlas\n";
    let (checks, code) = checkup(&mut doctor(sheet, &[]));
    assert_eq!(code, 4);
    for (name, verdict, permission) in [
        (
            "set-profile",
            "warn",
            "User.ReadUpdate.All or User.ReadWrite.All",
        ),
        ("set-manager", "fail", "User.ReadWrite.All"),
        ("add-to-groups", "fail", "GroupMember.ReadWrite.All"),
        ("groups", "cannot-tell", "GroupMember.Read.All"),
    ] {
        assert_eq!(checks[name]["verdict"], verdict, "{name}: {checks:#?}");
        assert_eq!(checks[name]["permission"], permission, "{name}");
    }
    assert_eq!(checks["managers"]["verdict"], "pass");
    let text = mail(sheet);
    assert!(
        text.contains("User.ReadWrite.All") && text.contains("GroupMember.ReadWrite.All"),
        "{text}"
    );
    let text = mail("email,company\na@partner.example,Fabrikam\n");
    assert!(
        text.contains("User.ReadUpdate.All") && !text.contains("GroupMember"),
        "{text}"
    );
    let text = mail("email,Telefon\na@partner.example,1\n");
    assert!(
        !text.contains("ReadWrite.All") && !text.contains("ReadUpdate"),
        "{text}"
    );
}

#[test]
fn a_cloud_that_takes_sponsors_afterwards_needs_one_more_permission() {
    let workdir = Workdir::new();
    let practice = Practice::start(
        &workdir,
        "[permissions]\nuser = [\"User.Read\", \"User.Invite.All\", \"User.Read.All\", \"Policy.Read.All\"]",
    );
    workdir.write(
        SHEET,
        "email,sponsors\nx@partner.example,anna.berg@northwind.example\n",
    );
    let mut there = command(&workdir, &practice, &practice.tenant, &[SHEET]);
    let (checks, code) = checkup(there.env("GUESTLIST_TENANT_CLOUD", "usgov"));
    assert_eq!((code, named(&checks, "fail")), (4, vec!["add-sponsors"]));
    assert_eq!(checks["add-sponsors"]["permission"], "User.ReadWrite.All");
    assert!(
        checks["cloud"]["hint"]
            .as_str()
            .unwrap()
            .contains("after each invitation")
    );
}

#[test]
fn the_ledger_has_to_be_there_and_this_tenants() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write(SHEET, Guests::new().people(1).text());
    let of = |tenant: &str| {
        let more = ["--ledger", "guestlist.db"];
        checkup(&mut command(&workdir, &practice, tenant, &more))
    };
    let (checks, code) = of(&practice.tenant);
    assert_eq!((code, named(&checks, "fail")), (2, vec!["ledger"]));
    practice.run(&workdir, SHEET, &[]).expect_code(0);
    let (checks, code) = of(&practice.tenant);
    assert_eq!(code, 0, "{checks:#?}");
    let told = checks["ledger"]["message"].as_str().unwrap();
    assert!(
        told.contains("knows 1 person, and belongs to this tenant"),
        "{told}"
    );
    workdir.write(
        "guestlist.db",
        "something else entirely, and long enough to be looked at",
    );
    let (checks, code) = of(&practice.tenant);
    assert_eq!((code, named(&checks, "fail")), (2, vec!["ledger"]));
}

#[test]
fn a_refused_sign_in_leaves_the_checks_of_the_machine() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let mut wrong = command(&workdir, &practice, &practice.tenant, &[]);
    wrong
        .env_remove("GUESTLIST_ACCESS_TOKEN")
        .env("AZURE_CLIENT_ID", &practice.client_id)
        .env("AZURE_CLIENT_SECRET", "guessed");
    let (checks, code) = checkup(&mut wrong);
    assert_eq!((code, named(&checks, "fail")), (6, vec!["sign-in"]));
    assert_eq!(checks["ledger"]["verdict"], "pass");
}
