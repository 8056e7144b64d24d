//! Something is missing for the sign-in: this is reported before any request is sent.

use super::tenant::Tenant;
use crate::support::Ended;
#[cfg(unix)]
use crate::support::Workdir;

#[test]
fn each_way_names_what_it_needs_and_where_it_goes() {
    let tenant = Tenant::start("");
    for (method, lacks, set) in [
        ("client-secret", "a client secret", "AZURE_CLIENT_SECRET"),
        (
            "certificate",
            "a certificate",
            "AZURE_CLIENT_CERTIFICATE_PATH",
        ),
        (
            "workload-identity",
            "AZURE_FEDERATED_TOKEN_FILE",
            "AZURE_CLIENT_ID",
        ),
        ("github-actions", "id-token: write", "AZURE_CLIENT_ID"),
        (
            "azure-pipelines",
            "SYSTEM_ACCESSTOKEN",
            "$(System.AccessToken)",
        ),
        ("token", "GUESTLIST_ACCESS_TOKEN", "another [auth] method"),
    ] {
        tenant
            .run(method, &[])
            .expect_code(2)
            .says(&format!("[auth] method = \"{method}\" needs"))
            .says(lacks)
            .says(set);
    }
    assert_eq!(tenant.token_requests(), 0);
}

#[test]
fn an_app_without_a_tenant_says_how_to_name_it() {
    let tenant = Tenant::start("");
    let url = &tenant.practice.url;
    let mut command = tenant.workdir.command(&[
        "invite",
        "guests.csv",
        "--dry-run",
        "--graph-url",
        url,
        "--authority-url",
        url,
    ]);
    command
        .env("AZURE_CLIENT_ID", &tenant.practice.client_id)
        .env("AZURE_CLIENT_SECRET", &tenant.practice.client_secret);
    Ended::of(&mut command)
        .expect_code(2)
        .says("client-secret needs the tenant's name")
        .says("--tenant");
}

/// The Azure CLI is what is left when nothing was given; that it is not there is not the whole story.
#[cfg(unix)]
#[test]
fn with_nothing_at_all_it_says_what_would_do() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", "email\na@partner.example\n");
    let run = |variables: &[(&str, &str)]| {
        let mut command = workdir.command(&["invite", "guests.csv", "--dry-run"]);
        command
            .env("PATH", workdir.path(""))
            .envs(variables.iter().copied());
        Ended::of(&mut command).expect_code(6)
    };
    run(&[])
        .says("the Azure CLI cannot be run")
        .says("nothing else to sign in with was found");
    run(&[("AZURE_CLIENT_SECRET", "s")]).says("but no client id: set AZURE_CLIENT_ID");
}

#[test]
fn what_auto_took_is_named_when_it_fails() {
    let tenant = Tenant::start("");
    tenant
        .run("auto", &[("AZURE_CLIENT_SECRET", "wrong")])
        .expect_code(6)
        .says("AADSTS7000215")
        .says("its Value, not its Secret ID")
        .says("method is auto, and it chose client-secret");
}

/// The numbers that a policy of the tenant answers with, each with who can change it.
#[test]
fn refusals_of_the_tenant_say_who_can_help() {
    for (number, says, who) in [
        ("65001", "grant admin consent", "Global Administrator"),
        (
            "53003",
            "Try next, on a machine in Azure: [auth] method = \"managed-identity\"",
            "a Conditional Access Administrator",
        ),
        (
            "50105",
            "have the user assigned",
            "a Cloud Application Administrator",
        ),
        (
            "7000112",
            "Enterprise applications",
            "an administrator of the tenant",
        ),
    ] {
        let tenant = Tenant::start(&format!("[sign_in]\nrefuse = {number}"));
        let secret = tenant.practice.client_secret.clone();
        let ended = tenant
            .run("client-secret", &[("AZURE_CLIENT_SECRET", &secret)])
            .expect_code(6)
            .says(&format!("AADSTS{number}"))
            .says(says)
            .says(who)
            .says("request-id");
        assert!(!ended.stderr.contains("Trace ID"), "{}", ended.stderr);
        assert!(!ended.stderr.contains(&secret), "{}", ended.stderr);
        assert_eq!(tenant.token_requests(), 1, "{number} is asked once");
    }
}
