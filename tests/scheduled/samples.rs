//! The files of samples/nightly, and the command lines in them.

use super::yaml;
use serde_json::Value;
use std::{fs, path::PathBuf};

pub(super) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/nightly")
}

pub(super) fn text(name: &str) -> String {
    let path = folder().join(name);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.replace("\r\n", "\n")
}

/// The names of all files, in order.
pub(super) fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(super) fn documents(name: &str) -> Vec<Value> {
    yaml::documents(&text(name))
}

/// The document of a Kubernetes manifest that has this kind.
#[track_caller]
pub(super) fn document(name: &str, kind: &str) -> Value {
    let mut found = documents(name)
        .into_iter()
        .filter(|document| document["kind"] == kind);
    let document = found
        .next()
        .unwrap_or_else(|| panic!("{name} has no {kind}"));
    assert!(found.next().is_none(), "{name} has two of {kind}");
    document
}

/// The words of a list.
#[track_caller]
pub(super) fn words_of(list: &Value) -> Vec<String> {
    let list = list
        .as_array()
        .unwrap_or_else(|| panic!("not a list: {list}"));
    let words = list.iter().map(|word| word.as_str().unwrap().to_owned());
    words.collect()
}

/// A template of pods, and the specification of its job.
pub(super) struct Pods {
    pub job: Value,
    /// Where a CronJob starts the job.
    pub nightly: Option<Value>,
}

impl Pods {
    pub(super) fn spec(&self) -> &Value {
        &self.job["template"]["spec"]
    }

    pub(super) fn container(&self) -> &Value {
        let containers = self.spec()["containers"].as_array().unwrap();
        assert_eq!(
            containers.len(),
            1,
            "one container: what else would it be for?"
        );
        &containers[0]
    }

    pub(super) fn args(&self) -> Vec<String> {
        assert!(
            self.container()["command"].is_null(),
            "the image starts guestlist; it has no shell"
        );
        words_of(&self.container()["args"])
    }
}

/// Every job of a Kubernetes manifest.
pub(super) fn pods(name: &str) -> Vec<Pods> {
    let jobs = documents(name).into_iter().filter_map(|document| {
        let spec = document["spec"].clone();
        match document["kind"].as_str().unwrap() {
            "Job" => Some(Pods {
                job: spec,
                nightly: None,
            }),
            "CronJob" => Some(Pods {
                job: spec["jobTemplate"]["spec"].clone(),
                nightly: Some(spec),
            }),
            _ => None,
        }
    });
    jobs.collect()
}

/// The keys of a unit of systemd, in the order of the file, each as often as it stands there.
pub(super) fn unit(name: &str) -> Vec<(String, String)> {
    let text = text(name).replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with(['#', '[']) && !line.trim().is_empty());
    let keys = lines.map(|line| {
        let (key, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("{name}: {line}"));
        (key.to_owned(), value.trim().to_owned())
    });
    keys.collect()
}

/// The values of a key.
pub(super) fn of_key<'a>(unit: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    let found = unit.iter().filter(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str()).collect()
}

/// The jobs of a workflow of GitHub or of a pipeline of Azure, whether a machine of the platform runs them, and their steps.
pub(super) fn ci_jobs(name: &str) -> Vec<(String, bool, Vec<Value>)> {
    let document = documents(name).remove(0);
    let steps = |job: &Value| job["steps"].as_array().unwrap().clone();
    if let Some(stages) = document["stages"].as_array() {
        let jobs = stages
            .iter()
            .flat_map(|stage| stage["jobs"].as_array().unwrap().clone());
        let jobs = jobs.map(|job| {
            let hosted = job["pool"]["vmImage"].is_string();
            (job["job"].as_str().unwrap().to_owned(), hosted, steps(&job))
        });
        return jobs.collect();
    }
    let jobs = document["jobs"].as_object().unwrap().iter();
    let jobs = jobs.map(|(key, job)| {
        // One's own machines are asked for by a list of labels.
        (key.clone(), job["runs-on"].is_string(), steps(job))
    });
    jobs.collect()
}

/// What a step gives to a shell.
pub(super) fn script(step: &Value) -> Option<&str> {
    ["run", "script", "bash"]
        .iter()
        .find_map(|key| step[key].as_str())
}

/// The command lines of guestlist in a script.
pub(super) fn commands(script: &str) -> Vec<Vec<String>> {
    let script = script.replace("\\\n", " ");
    let lines = script
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("guestlist "));
    lines
        .map(|line| {
            let line = line.split(" || ").next().unwrap();
            let words = line.split_whitespace().map(|word| word.replace('"', ""));
            words.collect()
        })
        .collect()
}

/// Every command line of guestlist, with its file and whether it runs on a machine that keeps nothing.
pub(super) struct CommandLine {
    pub file: String,
    pub hosted: bool,
    pub words: Vec<String>,
}

pub(super) fn command_lines() -> Vec<CommandLine> {
    let mut lines = Vec::new();
    let mut add = |file: &str, hosted: bool, words: Vec<String>| {
        lines.push(CommandLine {
            file: file.to_owned(),
            hosted,
            words,
        });
    };
    for name in names() {
        match name.rsplit_once('.').unwrap().1 {
            "yaml" => {
                for pods in pods(&name) {
                    add(
                        &name,
                        false,
                        [vec!["guestlist".into()], pods.args()].concat(),
                    );
                }
            }
            "service" => {
                let unit = unit(&name);
                for line in of_key(&unit, "ExecStart") {
                    add(
                        &name,
                        false,
                        line.split_whitespace().map(str::to_owned).collect(),
                    );
                }
            }
            "cmd" => {
                let text = text(&name);
                let task = text.split("/TR \"").nth(1).unwrap();
                let task = task.split('"').next().unwrap();
                add(&name, false, task.split(' ').map(str::to_owned).collect());
            }
            "yml" if documents(&name)[0]["groups"].is_null() => {
                for (_, hosted, steps) in ci_jobs(&name) {
                    for script in steps.iter().filter_map(script) {
                        for words in commands(script) {
                            add(&name, hosted, words);
                        }
                    }
                }
            }
            _ => {}
        }
        // What is to be typed once, by hand.
        for comment in text(&name).lines().filter_map(|line| {
            let line = line
                .trim()
                .strip_prefix('#')
                .or(line.trim().strip_prefix("@rem"))?;
            let (_, command) = line.split_once("guestlist ledger new --ledger ")?;
            command.split(['`', ' ']).next().map(str::to_owned)
        }) {
            let words = ["guestlist", "ledger", "new", "--ledger", &comment];
            add(&name, false, words.map(str::to_owned).to_vec());
        }
    }
    lines
}
