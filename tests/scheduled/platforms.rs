//! The rules of the unit of systemd, of the workflows and of the pipelines.

use super::samples::{ci_jobs, commands, documents, of_key, script, text, unit};

#[test]
fn the_service_is_not_repeated_and_has_time_to_end() {
    let unit = unit("guestlist.service");
    let only = |key: &str| {
        let values = of_key(&unit, key);
        assert_eq!(values.len(), 1, "{key}");
        values[0].to_owned()
    };
    assert_eq!(only("Type"), "oneshot");
    assert_eq!(only("Restart"), "no");
    assert_eq!(only("SuccessExitStatus"), "8 10", "4 must be seen");
    assert_eq!(only("TimeoutStopSec"), "120");
    assert_eq!(only("KillSignal"), "SIGTERM");
    assert_eq!(only("User"), "guestlist");
    assert_eq!(only("ProtectSystem"), "strict");
    // The collector of the metrics is another user, and must not see the ledger.
    let line = only("ExecStart");
    let path = |flag: &str| {
        let mut words = line.split_whitespace().skip_while(|word| *word != flag);
        words.nth(1).unwrap().to_owned()
    };
    let (state, cache) = (only("StateDirectory"), only("CacheDirectory"));
    assert!(path("--ledger").starts_with(&format!("/var/lib/{state}/")));
    assert_eq!(only("StateDirectoryMode"), "0700");
    assert!(path("--metrics-file").starts_with(&format!("/var/cache/{cache}/")));
    assert_eq!(only("CacheDirectoryMode"), "0755");
    // The secret is a credential, and stands in no variable.
    assert!(only("LoadCredential").starts_with("certificate.pem:"));
    let secret = of_key(&unit, "Environment")
        .into_iter()
        .any(|variable| variable.contains("SECRET"));
    assert!(!secret);
}

#[test]
fn the_timer_starts_at_an_hour_that_every_night_has() {
    let unit = unit("guestlist.timer");
    let when = of_key(&unit, "OnCalendar")[0];
    let hour: u8 = when.rsplit(' ').next().unwrap()[..2].parse().unwrap();
    assert!(hour >= 4, "{when}");
    assert_eq!(of_key(&unit, "Persistent"), ["true"]);
    assert!(text("windows-task.cmd").contains("/ST 04:00"));
}

#[test]
fn workflows_invite_only_where_a_disk_stays() {
    for name in ["github-actions.yml", "azure-pipelines.yml"] {
        let jobs = ci_jobs(name);
        assert_eq!(jobs.len(), 2, "{name}");
        for (job, hosted, steps) in jobs {
            let scripts: Vec<&str> = steps.iter().filter_map(script).collect();
            assert!(!scripts.is_empty(), "{name}: {job}");
            for line in scripts.iter().flat_map(|script| commands(script)) {
                let changes = line[1] == "invite" && !line.contains(&"--dry-run".to_owned());
                assert_eq!(changes, !hosted, "{name}: {job}: {line:?}");
            }
            for step in &steps {
                let uses = step["uses"].as_str().or(step["task"].as_str());
                for store in ["cache", "artifact", "Cache", "Artifact"] {
                    assert!(
                        uses.is_none_or(|uses| !uses.contains(store)),
                        "{name}: a ledger is never a {store}"
                    );
                }
            }
            if !hosted {
                // Exit 8 and 10 are the usual end; 4 and all others fail the job.
                assert!(scripts.iter().any(|script| {
                    script.contains("case $code in 0|8|10) ;; *) exit \"$code\" ;; esac")
                }));
            }
        }
    }
}

#[test]
fn the_workflow_may_do_little_and_runs_alone() {
    let workflow = documents("github-actions.yml").remove(0);
    assert_eq!(workflow["permissions"], serde_json::json!({}));
    assert_eq!(workflow["concurrency"]["cancel-in-progress"], false);
    for (name, job) in workflow["jobs"].as_object().unwrap() {
        let permissions = &job["permissions"];
        assert_eq!(
            *permissions,
            serde_json::json!({"contents": "read", "id-token": "write"}),
            "{name}"
        );
        assert!(job["timeout-minutes"].as_u64().is_some(), "{name}");
        for step in job["steps"].as_array().unwrap() {
            if let Some(uses) = step["uses"].as_str() {
                let (_, version) = uses.split_once('@').unwrap();
                let pinned = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
                assert!(pinned, "{uses} may change");
            }
        }
    }
    let pipeline = documents("azure-pipelines.yml").remove(0);
    assert_eq!(pipeline["trigger"], "none");
    assert_eq!(pipeline["stages"][1]["lockBehavior"], "sequential");
    // A wrong row is told, and keeps nobody else from being invited.
    assert_eq!(
        workflow["jobs"]["dry-run"]["steps"][1]["continue-on-error"],
        true
    );
    assert_eq!(
        pipeline["stages"][0]["jobs"][0]["steps"][0]["continueOnError"],
        "true"
    );
}
