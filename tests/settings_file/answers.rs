//! How a settings file comes to be trusted, and how to see what is in force.

use crate::support::{Ended, Guests, Practice, Terminal, Workdir};

fn settings(workdir: &Workdir, practice: &Practice, more: &str) {
    workdir.write(
        "guestlist.toml",
        format!(
            "[tenant]\nid = \"{}\"\ngraph_url = \"{}\"\nauthority_url = \"{}\"\n{more}",
            practice.tenant, practice.url, practice.url
        ),
    );
}

#[test]
fn a_person_is_asked_once_and_again_when_it_matters() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    settings(&workdir, &practice, "");
    let command = || {
        let mut command = workdir.command(&["invite", "guests.csv", "--dry-run"]);
        command.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
        command
    };
    let question = "Type yes to trust it from now on:";
    let Some(mut no) = Terminal::open(&workdir, &command()) else {
        return;
    };
    no.wait_for(question);
    no.type_line("");
    let (code, screen) = no.end();
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(code, 2, "{screen}");
    for told in [
        "guestlist.toml was found in the current folder and has not been trusted yet",
        "[tenant] graph_url",
        "which is not a host of Microsoft",
        "guests land at myapplications.microsoft.com",
        "was not trusted: nothing was done",
    ] {
        assert!(words.contains(told), "no {told:?} in:\n{screen}");
    }

    let mut yes = Terminal::open(&workdir, &command()).unwrap();
    yes.wait_for(question);
    yes.type_line("yes");
    let (code, screen) = yes.end();
    assert_eq!(code, 0, "{screen}");

    // Neither a terminal nor cron asks again, also after an edit that needs no trust.
    settings(&workdir, &practice, "[columns]\nemail = \"email\"\n");
    Ended::of(&mut command())
        .expect_code(0)
        .says("guestlist.toml (trusted)");
    settings(&workdir, &practice, "[invite]\nallow = [\"member\"]\n");
    Ended::of(&mut command())
        .expect_code(2)
        .says("keys that need trust were changed");
}

#[test]
fn config_trust_answers_beforehand_and_shows_what_it_trusts() {
    let workdir = Workdir::new();
    workdir
        .run(&["config", "trust"])
        .expect_code(2)
        .says("there is no guestlist.toml in the current folder");
    workdir.write("guestlist.toml", "[columns]\nemail = \"Mail\"\n");
    workdir
        .run(&["config", "trust"])
        .expect_code(0)
        .says("nothing in guestlist.toml needs trust");
    workdir.write("guestlist.toml", "[invite]\nledger = \"other.db\"\n");
    workdir.run(&["runs"]).expect_code(2).says("config trust");
    workdir
        .run(&["config", "trust"])
        .expect_code(0)
        .says("guestlist.toml is trusted from now on")
        .says("[invite] ledger = \"other.db\" (line 2)")
        .says("trusted-settings.json");
    workdir
        .run(&["runs"])
        .expect_code(2)
        .says("the ledger other.db does not exist");
    workdir
        .run(&["config", "trust", "--config", "guestlist.toml"])
        .expect_code(2)
        .says("used as it is");
}

#[cfg(unix)]
#[test]
fn a_trusted_file_that_others_can_change_is_untrusted_aloud() {
    use std::os::unix::fs::PermissionsExt;
    let workdir = Workdir::new();
    workdir.write("guestlist.toml", "[invite]\nledger = \"other.db\"\n");
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(workdir.path("guestlist.toml"), permissions).unwrap();
    };
    mode(0o600);
    workdir.run(&["config", "trust"]).expect_code(0);
    mode(0o606);
    workdir
        .run(&["runs"])
        .expect_code(2)
        .says("can be changed by every user of this machine")
        .says("chmod go-w guestlist.toml")
        .says("--config guestlist.toml");
    // What is named is used as it is.
    for named in [workdir.command(&["runs", "--config", "guestlist.toml"]), {
        let mut command = workdir.command(&["runs"]);
        command.env("GUESTLIST_CONFIG", "guestlist.toml");
        command
    }] {
        let mut named = named;
        Ended::of(&mut named)
            .expect_code(2)
            .says("the ledger other.db does not exist");
    }
    mode(0o600);
    workdir
        .run(&["runs"])
        .expect_code(2)
        .says("the ledger other.db does not exist");
}

#[test]
fn config_shows_what_is_in_force_where_it_comes_from_and_no_secret() {
    let workdir = Workdir::new();
    workdir.write(
        "guestlist.toml",
        "[tenant]\nid = \"contoso.com\"\n[auth]\nclient_secret = { file = \"secret.txt\" }\n[columns]\nemail = \"Mail\"\n",
    );
    workdir.write("secret.txt", "s3cret-in-a-file");
    let show = || {
        let mut command = workdir.command(&["config"]);
        command
            .env("AZURE_CLIENT_ID", "an-app")
            .env("AZURE_CLIENT_SECRET", "s3cret-in-the-environment")
            .env("GUESTLIST_ACCESS_TOKEN", "t0ken")
            .env("GUESTLIST_INVITE_SETTLE", "90s");
        let ended = Ended::of(&mut command).expect_code(0);
        let shown = ended.stdout + &ended.stderr;
        assert!(
            !shown.contains("s3cret") && !shown.contains("t0ken"),
            "{shown}"
        );
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let untrusted = show();
    for told in [
        "# settings file: guestlist.toml (not trusted)",
        "[tenant] id and [auth] client_secret;",
        "`guestlist config trust` in this folder trusts it",
        "#id is not set",
        "client_secret = { env = \"AZURE_CLIENT_SECRET\" } # AZURE_CLIENT_SECRET",
        "email = \"Mail\" # guestlist.toml:6",
    ] {
        assert!(untrusted.contains(told), "no {told:?} in:\n{untrusted}");
    }
    workdir.run(&["config", "trust"]).expect_code(0);
    let trusted = show();
    for told in [
        "# settings file: guestlist.toml (trusted)",
        "id = \"contoso.com\" # guestlist.toml:2",
        "graph_url = \"https://graph.microsoft.com\" # default",
        "client_id = \"an-app\" # AZURE_CLIENT_ID",
        "client_secret = { file = \"secret.txt\" } # guestlist.toml:4",
        "# an access token: the environment variable GUESTLIST_ACCESS_TOKEN",
        "settle = \"1m 30s\" # GUESTLIST_INVITE_SETTLE",
        "send = true # default",
    ] {
        assert!(trusted.contains(told), "no {told:?} in:\n{trusted}");
    }
}

/// What `config` prints is a settings file again.
#[test]
fn what_config_prints_can_be_used_as_settings() {
    let workdir = Workdir::new();
    let example = include_str!("../../config.example.toml");
    workdir.write("example.toml", example);
    let shown = workdir
        .run(&["config", "--config", "example.toml"])
        .expect_code(0)
        .stdout;
    workdir.write("again.toml", &shown);
    let again = workdir
        .run(&["config", "--config", "again.toml"])
        .expect_code(0)
        .stdout;
    let values = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&shown));
}
