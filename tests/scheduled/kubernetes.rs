//! The rules of the Kubernetes manifests: nothing is repeated by itself, no two pods have one ledger, and the ledger lies
//! where SQLite can live.

use super::samples::{Pods, document, documents, pods, words_of};
use serde_json::{Value, json};
use std::collections::HashMap;

const MANIFESTS: [&str; 2] = ["cronjob.yaml", "indexed-job.yaml"];
/// `max_duration` of the settings, and what a run may take to end.
const LONGEST_NIGHT: u64 = 3 * 3600 + 120;

fn all() -> Vec<(&'static str, Pods)> {
    let of = |name: &'static str| pods(name).into_iter().map(move |pods| (name, pods));
    MANIFESTS.into_iter().flat_map(of).collect()
}

#[test]
fn no_pod_is_repeated_by_the_cluster() {
    for (name, pods) in all() {
        assert_eq!(pods.spec()["restartPolicy"], "Never", "{name}");
        if pods.job["completionMode"] == "Indexed" {
            assert_eq!(pods.job["backoffLimitPerIndex"], 0, "{name}");
            let tenants = pods.job["completions"].as_u64().unwrap();
            assert_eq!(tenants, 3);
            if pods.nightly.is_some() {
                assert_eq!(pods.job["parallelism"], tenants, "side by side");
                assert_eq!(
                    pods.job["maxFailedIndexes"], tenants,
                    "nobody holds others up"
                );
                assert_eq!(pods.job["podReplacementPolicy"], "Failed", "{name}");
            }
        } else {
            assert_eq!(pods.job["backoffLimit"], 0, "{name}");
        }
        // `Ignore` and `Count` would start a pod anew.
        for rule in pods.job["podFailurePolicy"]["rules"]
            .as_array()
            .unwrap_or(&vec![])
        {
            assert_eq!(rule["action"], "FailJob", "{name}: {rule}");
        }
    }
}

/// Each exit code of the program belongs to one rule, so that the condition of a failed job always names it.
#[test]
fn the_job_tells_the_usual_end_of_a_night_from_all_others() {
    let job = document("cronjob.yaml", "CronJob")["spec"]["jobTemplate"]["spec"].clone();
    let rules = job["podFailurePolicy"]["rules"].as_array().unwrap();
    let codes = |operator: &str| {
        json!({
            "action": "FailJob",
            "onExitCodes": {"containerName": "guestlist", "operator": operator, "values": [8, 10]},
        })
    };
    assert_eq!(*rules, [codes("In"), codes("NotIn")]);
}

#[test]
fn one_night_follows_another_and_ends_before_it() {
    let mut nights = 0;
    for (name, pods) in all() {
        assert_eq!(pods.spec()["terminationGracePeriodSeconds"], 120, "{name}");
        let Some(nightly) = &pods.nightly else {
            continue;
        };
        nights += 1;
        assert_eq!(nightly["concurrencyPolicy"], "Forbid", "{name}");
        assert!(nightly["timeZone"].is_string(), "{name}");
        let hour = nightly["schedule"].as_str().unwrap().split(' ').nth(1);
        let hour: u8 = hour.unwrap().parse().unwrap();
        assert!(
            hour >= 4,
            "{name}: hours before four may be missing in a night"
        );
        let deadline = pods.job["activeDeadlineSeconds"].as_u64().unwrap();
        assert!(
            (LONGEST_NIGHT + 1..24 * 3600).contains(&deadline),
            "{name}: {deadline}"
        );
    }
    assert_eq!(nights, 2);
}

#[test]
fn nothing_runs_as_root_and_only_volumes_are_written() {
    for (name, pods) in all() {
        let spec = pods.spec();
        let user = &spec["securityContext"];
        assert_eq!(user["runAsNonRoot"], true, "{name}");
        assert!(user["runAsUser"].as_u64().unwrap() > 0, "{name}");
        assert_eq!(user["fsGroup"], user["runAsGroup"], "{name}");
        assert_eq!(user["fsGroupChangePolicy"], "OnRootMismatch", "{name}");
        assert_eq!(user["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(spec["automountServiceAccountToken"], false, "{name}");
        let container = &pods.container()["securityContext"];
        assert_eq!(container["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(container["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(container["capabilities"]["drop"], json!(["ALL"]), "{name}");
        assert!(container["privileged"].is_null(), "{name}");
    }
}

/// Where a path of a pod lies.
fn volume_of<'a>(pods: &'a Pods, path: &str) -> &'a Value {
    let mounts = pods.container()["volumeMounts"].as_array().unwrap();
    let mount = mounts.iter().find(|mount| {
        let at = mount["mountPath"].as_str().unwrap();
        path == at || path.starts_with(&format!("{at}/"))
    });
    let mount = mount.unwrap_or_else(|| panic!("{path} lies on no volume"));
    let volumes = pods.spec()["volumes"].as_array().unwrap();
    volumes
        .iter()
        .find(|volume| volume["name"] == mount["name"])
        .unwrap_or_else(|| panic!("there is no volume {}", mount["name"]))
}

#[test]
fn the_ledger_lies_on_a_disk_of_its_own_and_inputs_are_not_written() {
    for name in MANIFESTS {
        let claims: HashMap<String, Value> = documents(name)
            .into_iter()
            .filter(|document| document["kind"] == "PersistentVolumeClaim")
            .map(|claim| {
                let name = claim["metadata"]["name"].as_str().unwrap().to_owned();
                (name, claim["spec"].clone())
            })
            .collect();
        for pods in pods(name) {
            let kinds = [
                "persistentVolumeClaim",
                "emptyDir",
                "secret",
                "configMap",
                "projected",
            ];
            for volume in pods.spec()["volumes"].as_array().unwrap() {
                let known = kinds.iter().any(|kind| volume[*kind].is_object());
                assert!(known, "{name}: {volume} may be a network file system");
            }
            let args = pods.args();
            let written: Vec<&String> =
                ["--ledger", "-o", "--to-fix", "--summary", "--metrics-file"]
                    .iter()
                    .filter_map(|flag| args.iter().skip_while(|word| word != flag).nth(1))
                    .collect();
            assert!(!written.is_empty(), "{name}");
            for path in written {
                let claim = volume_of(&pods, path)["persistentVolumeClaim"]["claimName"].as_str();
                let claim = &claims[claim.unwrap_or_else(|| panic!("{path} does not stay"))];
                let modes = words_of(&claim["accessModes"]);
                let block = ["ReadWriteOncePod", "ReadWriteOnce"];
                assert!(
                    modes.iter().all(|mode| block.contains(&mode.as_str())),
                    "{name}: {modes:?}"
                );
                let shared = modes != ["ReadWriteOncePod"];
                let mounts = pods.container()["volumeMounts"].as_array().unwrap();
                let folder = mounts
                    .iter()
                    .find(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()));
                assert_eq!(
                    folder.unwrap()["subPathExpr"].is_string(),
                    shared,
                    "{name}: each pod of a volume that they share has its own folder"
                );
            }
            assert!(volume_of(&pods, "/tmp")["emptyDir"]["sizeLimit"].is_string());
            if pods.nightly.is_some() {
                for mount in pods.container()["volumeMounts"].as_array().unwrap() {
                    let volume = volume_of(&pods, mount["mountPath"].as_str().unwrap());
                    let input = ["secret", "configMap", "projected"]
                        .iter()
                        .any(|kind| volume[*kind].is_object());
                    assert_eq!(mount["readOnly"] == true, input, "{name}: {mount}");
                }
            }
        }
    }
}

/// A pod of the indexed job that shares a node-bound volume runs where the volume is.
#[test]
fn pods_that_share_a_disk_run_on_one_node() {
    let job = document("indexed-job.yaml", "CronJob")["spec"]["jobTemplate"]["spec"].clone();
    let template = &job["template"];
    let rules = &template["spec"]["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let rule = &rules[0];
    assert_eq!(rule["topologyKey"], "kubernetes.io/hostname");
    assert_eq!(
        rule["labelSelector"]["matchLabels"],
        template["metadata"]["labels"]
    );
}

#[test]
fn secrets_come_by_reference_and_each_tenant_has_its_own() {
    for (name, pods) in all() {
        for variable in pods.container()["env"].as_array().unwrap_or(&vec![]) {
            assert!(variable["value"].is_null(), "{name}: {variable}");
        }
        for from in pods.container()["envFrom"].as_array().unwrap_or(&vec![]) {
            assert!(from["secretRef"].is_object(), "{name}: {from}");
        }
    }
    let (_, tenants) = all()
        .into_iter()
        .find(|(name, pods)| *name == "indexed-job.yaml" && pods.nightly.is_some())
        .unwrap();
    let sources = volume_of(&tenants, "/tenant")["projected"]["sources"].clone();
    let mut files = Vec::new();
    for source in sources.as_array().unwrap() {
        let (kind, of) = source.as_object().unwrap().iter().next().unwrap();
        let object = of["name"].as_str().unwrap();
        for item in of["items"].as_array().unwrap() {
            let path = item["path"].as_str().unwrap().to_owned();
            let (index, file) = path.split_once('/').unwrap();
            assert_eq!(object, format!("guestlist-{index}"), "{path}");
            assert_eq!(item["key"], file);
            assert_eq!(
                kind == "configMap",
                file == "guestlist.toml",
                "{path} is in a {kind}"
            );
            files.push(path);
        }
    }
    files.sort();
    let expected = (0..3).flat_map(|index| {
        ["client-secret", "guestlist.toml", "guests.csv"].map(|file| format!("{index}/{file}"))
    });
    assert_eq!(files, expected.collect::<Vec<_>>());
}
