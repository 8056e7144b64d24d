//! A person signs in with a code on another device.

use super::{
    tenant::{Tenant, shows},
    web,
};
use crate::support::{Guests, Terminal};
use serde_json::Value;
use std::{thread, time::Duration};

/// The code as the person reads it, once it is shown.
fn code(tenant: &Tenant, terminal: &mut Terminal) -> String {
    terminal.wait_for("type the code ");
    let code = device(tenant)["user_code"].as_str().unwrap().to_owned();
    terminal.wait_for(&code);
    terminal.wait_for(&format!("{}/devicelogin", tenant.practice.url));
    code
}

fn device(tenant: &Tenant) -> Value {
    let devices = tenant.practice.view("/device")["devices"].take();
    assert_eq!(devices.as_array().unwrap().len(), 1);
    devices[0].clone()
}

/// Looks until there is something to see.
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(seen) = look() {
            return seen;
        }
        thread::sleep(Duration::from_millis(100));
    }
    unreachable!("it was waited for a minute");
}

/// What the person does on the other device.
fn person(tenant: &Tenant, code: &str, does: &str) {
    let url = &tenant.practice.url;
    let page = web::get(&format!("{url}/_sandbox/device?user_code={code}&do={does}"));
    assert_eq!(page.status, 200, "{}", page.body);
}

#[test]
fn the_code_is_shown_and_the_interval_kept() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 1");
    let Some(mut terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    let code = code(&tenant, &mut terminal);
    thread::sleep(Duration::from_millis(2_500));
    person(&tenant, &code, "approve");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    shows(&screen, "mia.keller@northwind.example");
    let device = device(&tenant);
    assert_eq!(device["state"], "used");
    assert_eq!(
        (&device["early"], &device["slowed"]),
        (&0.into(), &0.into())
    );
    assert!(device["polls"].as_u64().unwrap() >= 3, "{device}");
}

#[test]
fn slow_down_is_obeyed() {
    let tenant = Tenant::start(
        "[sign_in]\ndevice_interval = 1\ndevice_slow_downs = 1\ndevice_lifetime = 60",
    );
    let Some(mut terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    let code = code(&tenant, &mut terminal);
    person(&tenant, &code, "approve");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    // A question sooner than five seconds later would have been early, and slowed down again.
    let device = device(&tenant);
    assert_eq!(
        (&device["polls"], &device["early"], &device["slowed"]),
        (&2.into(), &0.into(), &1.into())
    );
}

#[test]
fn a_declined_sign_in_ends_at_once() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 1");
    let Some(mut terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    let code = code(&tenant, &mut terminal);
    person(&tenant, &code, "decline");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 6, "{screen}");
    shows(&screen, "the sign-in was declined");
    shows(&screen, "run the same command again");
    assert_eq!(device(&tenant)["polls"], 1);
}

#[test]
fn a_code_that_nobody_uses_expires() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 1\ndevice_lifetime = 3");
    let Some(mut terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    code(&tenant, &mut terminal);
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 6, "{screen}");
    shows(&screen, "the sign-in took too long");
    shows(&screen, "within a few minutes");
}

#[test]
fn an_app_without_public_client_flows_says_where_to_allow_them() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 1\npublic_client = false");
    let Some(terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 6, "{screen}");
    shows(&screen, "AADSTS7000218");
    shows(&screen, "public client flows");
}

#[test]
fn conditional_access_that_blocks_codes_says_so() {
    let tenant = Tenant::start("[sign_in]\nrefuse = 53003");
    let Some(terminal) = tenant.at_a_terminal("device-code") else {
        return;
    };
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 6, "{screen}");
    shows(&screen, "AADSTS53003");
    shows(&screen, "Try next: [auth] method = \"browser\"");
}

#[test]
fn a_long_run_renews_the_sign_in_and_asks_the_person_once() {
    let tenant = Tenant::start("token_lifetime = 4\n[sign_in]\ndevice_interval = 1");
    tenant.workdir.write("guests.csv", Guests::new().people(9));
    let ledger = ["--new-ledger", "--ledger", "guestlist.db", "--rate", "1"];
    let command = tenant.invite("device-code", &[], &ledger);
    let Some(mut terminal) = Terminal::open(&tenant.workdir, &command) else {
        return;
    };
    let code = code(&tenant, &mut terminal);
    person(&tenant, &code, "approve");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    let polls = device(&tenant)["polls"].as_u64().unwrap();
    assert!(
        tenant.token_requests() >= polls + 2,
        "{polls} of {}",
        tenant.token_requests()
    );
    assert_eq!(tenant.practice.view("/mails")["total"], 9);
}

#[test]
fn without_a_terminal_nobody_is_waited_for() {
    let tenant = Tenant::start("");
    for method in ["device-code", "browser"] {
        tenant
            .run(method, &[])
            .expect_code(2)
            .says("needs a terminal")
            .says("AZURE_CLIENT_ID");
    }
    assert_eq!(
        tenant.practice.view("/device")["devices"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

/// As over ssh: `auto` does not wait for a browser that cannot show itself.
#[test]
fn where_no_browser_can_open_a_code_is_shown() {
    let tenant = Tenant::start("[sign_in]\ndevice_interval = 1");
    let Some(mut terminal) = tenant.at_a_terminal("auto") else {
        return;
    };
    let code = code(&tenant, &mut terminal);
    person(&tenant, &code, "approve");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    assert!(!screen.contains("/authorize"), "{screen}");
}

/// Somebody ends the person's sessions while invitations go out: the person is asked again, and nobody is
/// invited twice.
#[test]
fn a_sign_in_that_is_revoked_during_the_run_is_asked_for_again() {
    let tenant = Tenant::start("token_lifetime = 12\n[sign_in]\ndevice_interval = 1");
    tenant.workdir.write("guests.csv", Guests::new().people(14));
    let ledger = ["--new-ledger", "--ledger", "guestlist.db", "--rate", "1"];
    let command = tenant.invite("device-code", &[], &ledger);
    let Some(mut terminal) = Terminal::open(&tenant.workdir, &command) else {
        return;
    };
    let first = code(&tenant, &mut terminal);
    person(&tenant, &first, "approve");
    until(|| (tenant.practice.view("/mails")["total"] != 0).then_some(()));
    tenant.practice.post("/revoke", "");
    let second = until(|| {
        let devices = tenant.practice.view("/device")["devices"].take();
        Some(devices.get(1)?["user_code"].as_str()?.to_owned())
    });
    terminal.wait_for(&second);
    person(&tenant, &second, "approve");
    let (exit, screen) = terminal.end();
    assert_eq!(exit, 0, "{screen}");
    let mails = tenant.practice.view("/mails");
    assert_eq!(mails["total"], 14);
    assert_eq!(mails["addresses"].as_object().unwrap().len(), 14);
}
