//! The scripts of the workflow and of the pipeline, started as their platforms start them: on a hosted machine, which keeps
//! nothing, and on one's own.

use super::{
    super::samples::{ci_jobs, documents, script, text},
    Job, new_ledger, put_in, sheet,
};
use crate::{
    sign_in::workload::{WEATHER, github, pod},
    support::{Answer, Ended, Practice, Relay, Workdir, missing},
};
use serde_json::{Value, json};
use std::{fs, os::unix::fs::symlink, path::Path, process::Command};

/// A checkout, one's own disk, and the folder that is new for each job.
struct Machine {
    workdir: Workdir,
    practice: Practice,
    /// What answers for the platform's own tokens.
    tokens: Relay,
    /// Variables of the workflow, and of the platform.
    variables: Vec<(String, String)>,
    /// What the platform replaces in a script before a shell sees it.
    replaced: Vec<(String, String)>,
}

impl Machine {
    /// `None`, with the reason printed, where there is no bash.
    fn new(token: Value) -> Option<Self> {
        if Command::new("bash").arg("--version").output().is_err() {
            missing("bash", "install the package bash");
            return None;
        }
        let workdir = Workdir::new();
        let practice = Practice::start(&workdir, WEATHER);
        for folder in ["checkout/samples/nightly", "disk", "path"] {
            fs::create_dir_all(workdir.path(folder)).unwrap();
        }
        workdir.write("checkout/guests.csv", sheet(0)).write(
            "checkout/samples/nightly/guestlist.toml",
            text("guestlist.toml"),
        );
        symlink(
            env!("CARGO_BIN_EXE_guestlist"),
            workdir.path("path/guestlist"),
        )
        .unwrap();
        Some(Self {
            workdir,
            practice,
            tokens: Relay::start(move |_| Answer::json(200, &token)),
            variables: Vec::new(),
            replaced: Vec::new(),
        })
    }

    fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    fn path(&self, name: &str) -> String {
        self.workdir.path(name).to_str().unwrap().to_owned()
    }

    /// A step's script, as a shell gets it.
    fn shell(&self, step: &Value, flags: &[&str]) -> Command {
        let mut text = script(step)
            .unwrap()
            .replace("/var/lib/guestlist", &self.path("disk"));
        for (from, to) in &self.replaced {
            text = text.replace(from, to);
        }
        assert!(!text.contains("${{"), "{text}");
        self.workdir.write("step.sh", text);
        let mut command = self.workdir.command(&[]);
        let mut shell = Command::new("bash");
        shell
            .args(flags)
            .arg(self.workdir.path("step.sh"))
            .current_dir(self.workdir.path("checkout"))
            .env_clear();
        put_in(&mut command, &self.practice);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(own) = step["env"].as_object() {
            for (name, value) in own {
                let value = value.as_str().unwrap();
                let known = self.replaced.iter().find(|(from, _)| from == value);
                command.env(name, known.map_or(value, |(_, to)| to));
            }
        }
        for (name, value) in command.get_envs() {
            shell.env(name, value.unwrap());
        }
        let others = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{others}", self.path("path")));
        shell
    }

    /// The steps on a machine that keeps nothing: they say what would happen, and nothing happens.
    fn dry_run(&self, steps: &[Value], flags: &[&str], temporary: &Path, summary: &Path) {
        let _ = fs::remove_dir_all(temporary);
        fs::create_dir(temporary).unwrap();
        let _ = fs::remove_file(summary);
        for step in steps.iter().filter(|step| script(step).is_some()) {
            Ended::of(&mut self.shell(step, flags)).expect_code(0);
        }
        let text = fs::read_to_string(summary).unwrap();
        assert!(text.contains("dry run of 5 rows"), "{text}");
        assert!(!text.contains('@'), "{text}");
        assert!(temporary.join("guests.dry-run.csv").exists());
        let mut files: Vec<_> = fs::read_dir(self.workdir.path("checkout"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        files.sort();
        assert_eq!(
            files,
            ["guests.csv", "samples"],
            "the checkout stays as it is"
        );
        assert_eq!(
            self.practice.view("/mails")["total"],
            0,
            "nobody is invited"
        );
    }

    fn nights(&self, step: &Value, flags: &[&str], summary: &Path) {
        let disk = self.workdir.path("disk");
        let command = || {
            let _ = fs::remove_file(summary);
            self.shell(step, flags)
        };
        let job = Job {
            practice: &self.practice,
            command: &command,
            // A cap and the time are the usual end of a night.
            shown: |code| if [8, 10].contains(&code) { 0 } else { code },
            ledger: disk.join("contoso.db"),
            results: disk.join("guests.results.csv"),
            metrics: Some(disk.join("guestlist.prom")),
            summary: Some(summary.to_owned()),
        };
        new_ledger(&self.workdir, &job.ledger);
        job.nights();
        // Whatever else is wrong fails the job: here the ledger is gone.
        fs::remove_file(&job.ledger).unwrap();
        Ended::of(&mut command()).expect_code(2);
    }
}

#[test]
fn the_workflow_of_github_checks_on_a_hosted_runner_and_invites_on_ones_own() {
    let token = json!({"count": 1, "value": github(3600)});
    let Some(mut machine) = Machine::new(token) else {
        return;
    };
    let workflow = documents("github-actions.yml").remove(0);
    for (name, value) in workflow["env"].as_object().unwrap() {
        let value = match value.as_str().unwrap() {
            "${{ vars.GUESTLIST_TENANT_ID }}" => machine.practice.tenant.clone(),
            "${{ vars.AZURE_CLIENT_ID }}" => machine.practice.client_id.clone(),
            other => panic!("{other}"),
        };
        machine.set(name, &value);
    }
    let temporary = machine.workdir.path("temporary");
    let summary = machine.workdir.path("summary.md");
    let url = format!("{}/token?api-version=2.0", machine.tokens.url);
    for (name, value) in [
        ("CI", "true"),
        ("GITHUB_ACTIONS", "true"),
        ("RUNNER_TEMP", temporary.to_str().unwrap()),
        ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", &url),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "job-token"),
    ] {
        machine.set(name, value);
    }
    let jobs = ci_jobs("github-actions.yml");
    let (_, _, hosted) = &jobs[0];
    machine.dry_run(hosted, &["-e"], &temporary, &summary);
    let (_, _, own) = &jobs[1];
    let invite = own.iter().find(|step| script(step).is_some()).unwrap();
    assert_eq!(invite["shell"], "bash");
    let strict = ["--noprofile", "--norc", "-eo", "pipefail"];
    machine.nights(invite, &strict, &summary);
}

#[test]
fn the_pipeline_of_azure_checks_on_a_hosted_agent_and_invites_on_ones_own() {
    let token = json!({"oidcToken": pod()});
    let Some(mut machine) = Machine::new(token) else {
        return;
    };
    let pipeline = documents("azure-pipelines.yml").remove(0);
    for (name, value) in pipeline["variables"].as_object().unwrap() {
        let value = match name.as_str() {
            "GUESTLIST_TENANT_ID" => machine.practice.tenant.clone(),
            "AZURE_CLIENT_ID" => machine.practice.client_id.clone(),
            _ => value.as_str().unwrap().to_owned(),
        };
        machine.set(&name.to_uppercase(), &value);
        machine.replaced.push((format!("$({name})"), value));
    }
    let temporary = machine.workdir.path("temporary");
    let url = format!("{}/oidctoken", machine.tokens.url);
    machine.set("SYSTEM_OIDCREQUESTURI", &url);
    machine.set("TF_BUILD", "True");
    for (name, value) in [
        ("$(System.AccessToken)", "pipeline-token"),
        ("$(Agent.TempDirectory)", temporary.to_str().unwrap()),
    ] {
        machine.replaced.push((name.to_owned(), value.to_owned()));
    }
    let flags = ["--noprofile", "--norc"];
    let jobs = ci_jobs("azure-pipelines.yml");
    let summary = temporary.join("summary.md");
    let (_, _, hosted) = &jobs[0];
    machine.dry_run(hosted, &flags, &temporary, &summary);
    let (_, _, own) = &jobs[1];
    machine.nights(&own[0], &flags, &summary);
    let shown = Ended::of(&mut machine.shell(&own[1], &flags)).expect_code(0);
    let line = format!("##vso[task.uploadsummary]{}\n", summary.display());
    assert_eq!(shown.stdout, line);
}
