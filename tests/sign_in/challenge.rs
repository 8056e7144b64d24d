//! Continuous access evaluation: Graph refuses a token that was good, and names the claims for a new one.

use super::{openssl::certificate, tenant::Tenant};
use crate::support::{Ended, Guests};
use std::process::Command;

const PACE: [&str; 8] = [
    "--new-ledger",
    "--ledger",
    "guestlist.db",
    "--rate",
    "max",
    "--workers",
    "4",
    "--json",
];

fn people(tenant: &Tenant) {
    tenant.workdir.write("guests.csv", Guests::new().people(12));
}

fn as_app(tenant: &Tenant) -> Command {
    let secret = tenant.practice.client_secret.clone();
    tenant.invite("client-secret", &[("AZURE_CLIENT_SECRET", &secret)], &PACE)
}

/// One token at the start, one with the claims, and everybody is invited.
fn goes_on(tenant: &Tenant, mut command: Command) {
    let ended = Ended::of(&mut command).expect_code(0);
    assert_eq!(ended.json()["outcomes"]["invited"], 12);
    assert_eq!(tenant.token_requests(), 2);
    let mails = tenant.practice.view("/mails");
    assert_eq!(mails["total"], 12, "a 401 says that nothing was done");
}

#[test]
fn an_app_with_a_secret_asks_again_with_the_claims() {
    let tenant = Tenant::start("[sign_in]\nchallenge_after = 7");
    people(&tenant);
    goes_on(&tenant, as_app(&tenant));
}

#[test]
fn an_app_with_a_certificate_does_so_too() {
    let tenant = Tenant::start("[sign_in]\nchallenge_after = 7");
    people(&tenant);
    let Some(pem) = certificate(&tenant.workdir, "app", 1) else {
        return;
    };
    tenant.practice.post("/certificate", &pem);
    let variables = [("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")];
    goes_on(&tenant, tenant.invite("certificate", &variables, &PACE));
}

#[test]
fn a_workload_does_so_too() {
    let weather = format!(
        "[sign_in]\nchallenge_after = 7\n{}",
        super::workload::WEATHER
    );
    let tenant = Tenant::start(&weather);
    people(&tenant);
    tenant.workdir.write("token", super::workload::pod());
    let variables = [("AZURE_FEDERATED_TOKEN_FILE", "token")];
    goes_on(
        &tenant,
        tenant.invite("workload-identity", &variables, &PACE),
    );
}

#[test]
fn a_challenge_that_never_ends_ends_the_run() {
    let tenant = Tenant::start("[sign_in]\nchallenge_after = 7\nchallenge_for_ever = true");
    people(&tenant);
    let ended = Ended::of(&mut as_app(&tenant)).expect_code(6);
    ended.says("Graph does not accept the sign-in any more");
    let asked = tenant.token_requests();
    assert!(asked <= 4, "{asked} tokens");
    let posts = tenant.practice.view("/invitations")["total"]
        .as_u64()
        .unwrap();
    assert!(posts <= 7 + 4 * 4, "{posts} POSTs");
}

#[test]
fn who_cannot_pass_claims_on_says_what_to_do_instead() {
    let tenant = Tenant::start("[sign_in]\nchallenge_after = 7");
    people(&tenant);
    let mut command = tenant
        .practice
        .invite_bare(&tenant.workdir, "guests.csv", &PACE);
    Ended::of(&mut command)
        .expect_code(6)
        .says("Get a new token from the same source");
    assert_eq!(tenant.token_requests(), 0);
}
