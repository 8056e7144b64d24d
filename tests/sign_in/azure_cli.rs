//! Whoever is signed in to the Azure CLI; a script stands in for it, with the documented output.
#![cfg(unix)]

use super::tenant::Tenant;

/// The documented answer of `az account get-access-token`, and what it was asked.
fn az(tenant: &Tenant) -> String {
    let token = &tenant.practice.user_token;
    tenant.program(
        "az",
        &format!(
            r#"echo "$@" >> "$(dirname "$0")/asked"
cat <<'END'
{{
  "accessToken": "{token}",
  "expiresOn": "2099-12-31 23:59:59.000000",
  "expires_on": 4102444799,
  "subscription": "00000000-0000-0000-0000-000000000000",
  "tenant": "{}",
  "tokenType": "Bearer"
}}
END"#,
            tenant.practice.tenant
        ),
    )
}

#[test]
fn a_signed_in_user_is_taken_over() {
    let tenant = Tenant::start("");
    let path = az(&tenant);
    tenant
        .run("azure-cli", &[("PATH", &path)])
        .expect_code(0)
        .says("mia.keller@northwind.example");
    let asked = tenant.workdir.read("bin/asked");
    assert!(asked.starts_with("account get-access-token"), "{asked}");
    assert!(asked.contains(&tenant.practice.tenant), "{asked}");
    assert!(asked.contains(&tenant.practice.url), "{asked}");
}

#[test]
fn a_signed_out_cli_says_what_to_type() {
    let tenant = Tenant::start("");
    let path = tenant.program(
        "az",
        "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1",
    );
    tenant
        .run("azure-cli", &[("PATH", &path)])
        .expect_code(6)
        .says("az login --tenant");
}

#[test]
fn what_entra_told_the_cli_is_understood() {
    let tenant = Tenant::start("");
    let path = tenant.program(
        "az",
        "echo 'ERROR: AADSTS50076: Due to a configuration change made by your administrator, you must use multi-factor authentication.' >&2; exit 1",
    );
    tenant
        .run("azure-cli", &[("PATH", &path)])
        .expect_code(6)
        .says("AADSTS50076")
        .says("multifactor authentication");
}

#[test]
fn a_missing_cli_is_told() {
    let tenant = Tenant::start("");
    let empty = tenant.workdir.path("empty");
    std::fs::create_dir(&empty).unwrap();
    tenant
        .run("azure-cli", &[("PATH", empty.to_str().unwrap())])
        .expect_code(6)
        .says("install the Azure CLI");
}
