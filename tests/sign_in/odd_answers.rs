//! Token endpoints, and what stands before them, answer in more ways than the documented one.

use super::{tenant::Tenant, web::Service};
use serde_json::json;

/// A dry run that signs in with a secret at this authority.
fn run(tenant: &Tenant, status: u16, body: &str) -> crate::support::Ended {
    let authority = Service::start(status, body);
    let mut command = tenant.invite(
        "client-secret",
        &[("AZURE_CLIENT_SECRET", &tenant.practice.client_secret)],
        &["--dry-run"],
    );
    // The flag of the practice tenant is given already, and no flag is given twice.
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let at = arguments
        .iter()
        .position(|argument| argument == "--authority-url")
        .unwrap();
    let mut other = std::process::Command::new(command.get_program());
    for (place, argument) in arguments.iter().enumerate() {
        if place == at + 1 {
            other.arg(&authority.url);
        } else {
            other.arg(argument);
        }
    }
    other
        .env_clear()
        .current_dir(command.get_current_dir().unwrap());
    for (name, value) in command.env("COLUMNS", "80").get_envs() {
        if let Some(value) = value {
            other.env(name, value);
        }
    }
    crate::support::Ended::of(&mut other)
}

#[test]
fn an_error_of_entra_is_understood_in_the_words_of_a_gateway() {
    let tenant = Tenant::start("");
    let unknown_app =
        "AADSTS700016: Application with identifier 'x' was not found in the directory 'y'.";
    let over = "AADSTS7000222: The provided client secret keys for app 'x' are expired.";
    let nested = json!({"error": {"code": "BadRequest", "message": format!("Token request failed: {unknown_app} Trace ID: t")}});
    let wrapped = json!({"message": over, "status": 401});
    for (status, body, code) in [
        (400, nested.to_string(), "GL703"),
        (401, wrapped.to_string(), "GL702"),
        (400, over.to_owned(), "GL702"),
        (200, format!("<html><body>{over}</body></html>"), "GL702"),
    ] {
        run(&tenant, status, &body).expect_code(6).says(code);
    }
    // A page that says nothing of Entra is nobody's refusal.
    run(&tenant, 403, "<html>Blocked by the filter</html>")
        .expect_code(5)
        .says("GL734");
}

#[test]
fn a_lifetime_in_any_form_signs_in() {
    let tenant = Tenant::start("");
    for lifetime in [
        json!("3599"),
        json!(99_999_999_999_999_u64),
        json!(-1),
        json!(3599.5),
    ] {
        let answer = json!({"token_type": "Bearer", "access_token": tenant.practice.user_token, "expires_in": lifetime});
        let ended = run(&tenant, 200, &answer.to_string()).expect_code(0);
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    }
}
