//! What is advised on a refusal, for every way of signing in: one page, made by real runs wherever a run can meet the
//! refusal, else by the table that the program itself prints (`guestlist explain`).
#![cfg(target_os = "linux")]

use super::{
    openssl::certificate,
    tenant::Tenant,
    web::{self, Service},
    workload::{WEATHER, github, pod, pod_for},
};
use crate::support::{Ended, Terminal, Workdir};
use serde_json::json;
use std::{fmt::Write, process::Command};

const NOBODY: &str = "99999999-8888-7777-6666-555555555555";
const ELSEWHERE: &str = "11111111-2222-3333-4444-555555555555";
/// No permission that a run needs.
const NOTHING: &str = "[permissions]\nuser = [\"User.Read\"]\napp = [\"Organization.Read.All\"]";
const BLOCKED: &str = "[sign_in]\nrefuse = 53003";
const OVER: &str = "[sign_in]\nrefuse = 700082";
const STRANGER: &str = "[sign_in]\nrefuse = 50020";

/// What differs in every run, or is not ours.
const IN_EVERY_RUN: [&str; 4] = [
    "the reason given",
    "in Microsoft's own words",
    "for support",
    "after that",
];
/// How the sentences of a stop begin.
const BEGINS: [&str; 8] = [
    "in Microsoft's own words",
    "Add ",
    "Assign ",
    "Nobody ",
    "Grant ",
    "who can",
    "for support",
    "after that",
];

struct Page(String);

impl Page {
    fn method(&mut self, name: &str) {
        let _ = write!(self.0, "\n{name}\n{}\n", "=".repeat(name.len()));
    }

    /// The advice on a refusal that a run met.
    fn run(&mut self, refusal: &str, ended: &Ended) {
        self.advice(refusal, ended.code, &ended.stderr);
    }

    fn advice(&mut self, refusal: &str, code: i32, said: &str) {
        let _ = writeln!(self.0, "\n{refusal} (a run, exit {code})");
        let (mut shown, mut is_stop) = (false, false);
        for line in said.lines() {
            let is_end = line.is_empty() || !line.starts_with(' ');
            is_stop = line.starts_with("stopped ") || (is_stop && !is_end);
            let text = line.trim_start_matches("hint:").trim_start();
            // A stop is told in lines of one width, each of which begins with a word of its own.
            if is_end || (is_stop && BEGINS.iter().any(|begin| text.starts_with(begin))) {
                shown = (is_stop || line.starts_with("error:") || line.starts_with("hint:"))
                    && !IN_EVERY_RUN.iter().any(|other| text.starts_with(other));
            }
            if shown {
                let _ = writeln!(self.0, "  {line}");
            }
        }
    }

    /// The advice of the table, for what no run here can meet.
    fn table(&mut self, refusal: &str, why: &str, workdir: &Workdir, code: &str, method: &str) {
        let page = workdir.run(&["explain", code]).expect_code(0).stdout;
        let title = page.lines().next().unwrap();
        let mut sections = page
            .split("\n\n")
            .skip_while(|part| !part.contains("By the way"));
        let section = sections
            .find(|part| {
                let names = part.trim_start().lines().next().unwrap_or_default();
                names.split(", ").any(|name| name == method)
            })
            .unwrap_or_else(|| panic!("{code} says nothing of {method}:\n{page}"));
        let _ = writeln!(self.0, "\n{refusal} (the table: {why})\n  {title}");
        for line in section.lines().skip(1) {
            let _ = writeln!(self.0, "  {}", line.trim_start());
        }
    }
}

/// The same tenant with other weather for each refusal.
fn under<T>(tenant: &Tenant, weather: &str, run: impl FnOnce() -> T) -> T {
    tenant.practice.post("/weather", weather);
    let ended = run();
    tenant.practice.post("/weather", WEATHER);
    ended
}

fn of(mut command: Command) -> Ended {
    Ended::of(&mut command)
}

/// A way of signing in that is tried without a person.
struct App<'a> {
    method: &'a str,
    variables: Vec<(&'a str, &'a str)>,
}

impl App<'_> {
    fn missing_and_blocked(&self, page: &mut Page, tenant: &Tenant) {
        page.method(self.method);
        let run = |weather: String| {
            under(tenant, &weather, || {
                tenant.run(self.method, &self.variables)
            })
        };
        page.run("missing permission", &run(format!("{NOTHING}\n{WEATHER}")));
        page.run("Conditional Access", &run(format!("{BLOCKED}\n{WEATHER}")));
    }

    fn with(&self, more: &[(&str, &str)], tenant: &Tenant) -> Ended {
        let mut command = tenant.command(self.method, &self.variables);
        command.envs(more.iter().copied());
        of(command)
    }
}

#[test]
fn every_way_of_signing_in_has_its_advice_on_every_refusal() {
    let tenant = Tenant::start(WEATHER);
    let (workdir, practice) = (&tenant.workdir, &tenant.practice);
    let mut page = Page(
        "What is advised on a refusal, for every way of signing in.\n\
         \"a run\": a real run against the practice tenant met it. \"the table\": no run here can.\n"
            .to_owned(),
    );
    apps(&mut page, &tenant);
    if !certificates(&mut page, &tenant) {
        return;
    }
    workloads(&mut page, &tenant);
    machine(&mut page, &tenant);
    azure_cli(&mut page, &tenant);
    for method in ["browser", "device-code"] {
        if !person(&mut page, &tenant, method) {
            return;
        }
    }
    page.method("token");
    let token = [("GUESTLIST_ACCESS_TOKEN", practice.user_token.as_str())];
    let poor = Tenant::start(NOTHING);
    let of_poor = [("GUESTLIST_ACCESS_TOKEN", poor.practice.user_token.as_str())];
    page.run("missing permission", &poor.run("token", &of_poor));
    page.table(
        "Conditional Access",
        "a policy refuses the sign-in, which was elsewhere",
        workdir,
        "GL709",
        "token",
    );
    let over = [("GUESTLIST_ACCESS_TOKEN", "e30.eyJleHAiOjF9.c2ln")];
    page.run("expired", &tenant.run("token", &over));
    let mut other = tenant.command("token", &token);
    page.run("wrong tenant", &of(elsewhere(&mut other)));

    let text = page.0.replace(&practice.url, "https://login.example");
    insta::assert_snapshot!(text);
}

/// The same command for another tenant: the last argument of the name wins nothing, so it is replaced.
fn elsewhere(command: &mut Command) -> Command {
    let mut other = Command::new(command.get_program());
    let mut is_tenant = false;
    for argument in command.get_args() {
        let named = std::mem::replace(&mut is_tenant, argument == "--tenant");
        other.arg(if named { ELSEWHERE.as_ref() } else { argument });
    }
    other.env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            other.env(name, value);
        }
    }
    other.current_dir(command.get_current_dir().unwrap());
    other
}

fn apps(page: &mut Page, tenant: &Tenant) {
    let app = App {
        method: "client-secret",
        variables: vec![("AZURE_CLIENT_SECRET", &tenant.practice.client_secret)],
    };
    app.missing_and_blocked(page, tenant);
    let over = [("AZURE_CLIENT_SECRET", "practice-only.expired")];
    page.run("expired", &app.with(&over, tenant));
    let unknown = [("AZURE_CLIENT_ID", NOBODY)];
    page.run("wrong tenant", &app.with(&unknown, tenant));
}

/// False where there is no openssl.
fn certificates(page: &mut Page, tenant: &Tenant) -> bool {
    let Some(pem) = certificate(&tenant.workdir, "app", 1) else {
        return false;
    };
    let register = || tenant.practice.post("/certificate", &pem);
    let variables = vec![("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")];
    page.method("certificate");
    let run = |weather: &str, more: &[(&str, &str)]| {
        under(tenant, weather, || {
            register();
            let mut command = tenant.command("certificate", &variables);
            command.envs(more.iter().copied());
            of(command)
        })
    };
    page.run("missing permission", &run(NOTHING, &[]));
    page.run("Conditional Access", &run(BLOCKED, &[]));
    page.run("expired", &run("[sign_in]\nclock_ahead = 172800", &[]));
    page.run("wrong tenant", &run("", &[("AZURE_CLIENT_ID", NOBODY)]));
    true
}

fn workloads(page: &mut Page, tenant: &Tenant) {
    tenant.workdir.write("token", pod());
    tenant.workdir.write("old-token", pod_for(-3_600));
    let unknown = [("AZURE_CLIENT_ID", NOBODY)];
    let file = "AZURE_FEDERATED_TOKEN_FILE";
    let app = App {
        method: "workload-identity",
        variables: vec![(file, "token")],
    };
    app.missing_and_blocked(page, tenant);
    page.run("expired", &app.with(&[(file, "old-token")], tenant));
    page.run("wrong tenant", &app.with(&unknown, tenant));

    let answer = json!({"value": github(600)}).to_string();
    let old = json!({"value": github(-3_600)}).to_string();
    let (service, old) = (Service::start(200, &answer), Service::start(200, &old));
    let app = App {
        method: "github-actions",
        variables: vec![
            ("ACTIONS_ID_TOKEN_REQUEST_URL", &service.url),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token"),
        ],
    };
    app.missing_and_blocked(page, tenant);
    let over = [("ACTIONS_ID_TOKEN_REQUEST_URL", old.url.as_str())];
    page.run("expired", &app.with(&over, tenant));
    page.run("wrong tenant", &app.with(&unknown, tenant));

    let answer = json!({"oidcToken": pod()}).to_string();
    let old = json!({"oidcToken": pod_for(-3_600)}).to_string();
    let (service, old) = (Service::start(200, &answer), Service::start(200, &old));
    let app = App {
        method: "azure-pipelines",
        variables: vec![
            ("SYSTEM_OIDCREQUESTURI", &service.url),
            ("SYSTEM_ACCESSTOKEN", "pipeline-token"),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection-1"),
        ],
    };
    app.missing_and_blocked(page, tenant);
    let over = [("SYSTEM_OIDCREQUESTURI", old.url.as_str())];
    page.run("expired", &app.with(&over, tenant));
    page.run("wrong tenant", &app.with(&unknown, tenant));
}

fn machine(page: &mut Page, tenant: &Tenant) {
    let identity = |token: &str| {
        let answer = json!({"access_token": token, "expires_on": "4102444800"});
        Service::start(200, &answer.to_string())
    };
    page.method("managed-identity");
    let good = identity(&tenant.practice.user_token);
    let old = identity("e30.eyJleHAiOjF9.c2ln");
    let at = |service: &Service| {
        let mut command = tenant.command("managed-identity", &[]);
        command
            .env("IDENTITY_ENDPOINT", &service.url)
            .env("IDENTITY_HEADER", "secret-header");
        command
    };
    let poor = Tenant::start(NOTHING);
    let mut lacking = poor.command("managed-identity", &[]);
    let service = identity(&poor.practice.user_token);
    lacking
        .env("IDENTITY_ENDPOINT", &service.url)
        .env("IDENTITY_HEADER", "secret-header");
    page.run("missing permission", &of(lacking));
    page.table(
        "Conditional Access",
        "policies do not cover managed identities",
        &tenant.workdir,
        "GL709",
        "managed-identity",
    );
    page.run("expired", &of(at(&old)));
    page.run("wrong tenant", &of(elsewhere(&mut at(&good))));
}

fn azure_cli(page: &mut Page, tenant: &Tenant) {
    page.method("azure-cli");
    let signed_in = |tenant: &Tenant| {
        let answer = json!({
            "accessToken": tenant.practice.user_token,
            "expiresOn": "2099-12-31 23:59:59.000000",
            "expires_on": 4_102_444_799_u64,
            "tenant": tenant.practice.tenant,
            "tokenType": "Bearer",
        });
        format!("echo '{answer}'")
    };
    let says = |text: &str| format!("echo \"ERROR: {text}\" >&2; exit 1");
    let command = |script: &str| {
        let path = tenant.program("az", script);
        tenant.command("azure-cli", &[("PATH", &path)])
    };
    let poor = Tenant::start(NOTHING);
    let path = poor.program("az", &signed_in(&poor));
    let lacking = poor.command("azure-cli", &[("PATH", &path)]);
    page.run("missing permission", &of(lacking));
    let blocked = says("AADSTS53003: Access has been blocked by Conditional Access policies.");
    page.run("Conditional Access", &of(command(&blocked)));
    let over = says("AADSTS700082: The refresh token has expired due to inactivity.");
    page.run("expired", &of(command(&over)));
    page.run(
        "wrong tenant",
        &of(elsewhere(&mut command(&signed_in(tenant)))),
    );
}

/// A person at a terminal. False where no terminal can be made.
fn person(page: &mut Page, tenant: &Tenant, method: &str) -> bool {
    page.method(method);
    let weather = format!("{NOTHING}\n[sign_in]\ndevice_interval = 1");
    let _ = std::fs::remove_file(tenant.workdir.path("bin/opened"));
    let missing = under(tenant, &weather, || match method {
        "browser" => in_the_browser(tenant),
        _ => with_a_code(tenant, true),
    });
    let Some((code, screen)) = missing else {
        return false;
    };
    page.advice("missing permission", code, &screen);
    for (refusal, weather, code) in [
        ("Conditional Access", BLOCKED, "GL709"),
        ("expired", OVER, "GL720"),
        ("wrong tenant", STRANGER, "GL735"),
    ] {
        if method == "browser" {
            let why = "Entra shows it in the browser, or at a renewal hours later";
            page.table(refusal, why, &tenant.workdir, code, method);
            continue;
        }
        let Some((code, screen)) = under(tenant, weather, || with_a_code(tenant, false)) else {
            return false;
        };
        page.advice(refusal, code, &screen);
    }
    true
}

/// `xdg-open` is a script, and the test plays the browser.
fn in_the_browser(tenant: &Tenant) -> Option<(i32, String)> {
    let path = tenant.program(
        "xdg-open",
        r#"printf %s "$1" > "$(dirname "$0")/part" && mv "$(dirname "$0")/part" "$(dirname "$0")/opened""#,
    );
    let command = tenant.command("browser", &[("PATH", &path), ("DISPLAY", ":0")]);
    let mut terminal = Terminal::open(&tenant.workdir, &command)?;
    terminal.wait_for("sign in in the browser");
    let opened = tenant.workdir.path("bin/opened");
    while !opened.exists() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let page = web::get(&tenant.workdir.read("bin/opened"));
    if let Some(back) = page.location {
        web::get(&back.replacen("/?", "?", 1).replacen('?', "/?", 1));
    }
    Some(terminal.end())
}

fn with_a_code(tenant: &Tenant, gets_a_code: bool) -> Option<(i32, String)> {
    let mut terminal = tenant.at_a_terminal("device-code")?;
    if gets_a_code {
        terminal.wait_for("type the code ");
        let devices = tenant.practice.view("/device")["devices"].take();
        let code = devices.as_array().unwrap().last().unwrap()["user_code"].clone();
        let code = code.as_str().unwrap();
        web::get(&format!(
            "{}/_sandbox/device?user_code={code}&do=approve",
            tenant.practice.url
        ));
    }
    Some(terminal.end())
}
