//! The pods: their arguments, with folders in the place of volumes, mounted as the kubelet mounts them.

use super::{
    super::samples::{Pods, pods, text},
    Job, placed, put_in, sheet,
};
use crate::support::{Ended, Practice, Workdir};
use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
};

/// A volume of a secret or of a config map: each file is a link, through a link that is replaced as a whole.
fn mount(folder: &Path, files: &[(&str, String)]) {
    let version = folder.join("..2026_01_02");
    fs::create_dir_all(&version).unwrap();
    symlink("..2026_01_02", folder.join("..data")).unwrap();
    for (name, text) in files {
        fs::write(version.join(name), text).unwrap();
        symlink(Path::new("..data").join(name), folder.join(name)).unwrap();
    }
}

/// The job that runs every night, and the one that makes its ledgers.
fn jobs(manifest: &str) -> (Pods, Pods) {
    let (nightly, once): (Vec<_>, Vec<_>) = pods(manifest)
        .into_iter()
        .partition(|pods| pods.nightly.is_some());
    let only = |jobs: Vec<Pods>| jobs.into_iter().next().unwrap();
    (only(nightly), only(once))
}

struct Pod {
    workdir: Workdir,
    practice: Practice,
    /// Mount points and the folders in their place.
    volumes: Vec<(&'static str, PathBuf)>,
}

impl Pod {
    fn start(inputs: &[&'static str], ledger: &'static str) -> Self {
        let workdir = Workdir::new();
        let practice = Practice::start(&workdir, "");
        let mut volumes = Vec::new();
        for at in inputs.iter().copied().chain([ledger, "/tmp"]) {
            let folder = workdir.path(&at[1..]);
            fs::create_dir(&folder).unwrap();
            volumes.push((at, folder));
        }
        // The file system of the image, in which nothing may be written.
        fs::create_dir(workdir.path("root")).unwrap();
        Self {
            workdir,
            practice,
            volumes,
        }
    }

    fn folder(&self, at: &str) -> &Path {
        let found = self.volumes.iter().find(|(point, _)| *point == at);
        &found.unwrap().1
    }

    /// What the container runs, with a home that no image has.
    fn command(&self, pods: &Pods) -> Command {
        let places: Vec<(&str, &Path)> = self
            .volumes
            .iter()
            .map(|(point, folder)| (*point, folder.as_path()))
            .collect();
        let args: Vec<String> = pods
            .args()
            .iter()
            .map(|word| placed(word, &places))
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut command = self.workdir.command(&args);
        command
            .current_dir(self.workdir.path("root"))
            .env("HOME", self.workdir.path("root"))
            .env("TMPDIR", self.folder("/tmp"));
        put_in(&mut command, &self.practice);
        command
    }

    fn job<'a>(&'a self, command: &'a dyn Fn() -> Command, ledger: &Path) -> Job<'a> {
        let folder = ledger.parent().unwrap();
        Job {
            practice: &self.practice,
            command,
            shown: |code| code,
            ledger: ledger.to_owned(),
            results: folder.join("guests.results.csv"),
            metrics: Some(folder.join("guestlist.prom")),
            summary: Some(folder.join("summary.md")),
        }
    }

    #[track_caller]
    fn left_nothing_in_the_image(&self) {
        for at in ["root", "tmp"] {
            let left: Vec<_> = fs::read_dir(self.workdir.path(at)).unwrap().collect();
            assert!(left.is_empty(), "{at}: {left:?}");
        }
    }
}

#[test]
fn the_cron_job_takes_two_nights() {
    let (nightly, once) = jobs("cronjob.yaml");
    let pod = Pod::start(&["/sheet", "/settings"], "/ledger");
    mount(
        pod.folder("/sheet"),
        &[("guests.csv", sheet(0).text().to_owned())],
    );
    mount(
        pod.folder("/settings"),
        &[("guestlist.toml", text("guestlist.toml"))],
    );
    let command = || {
        let mut command = pod.command(&nightly);
        command
            .env("GUESTLIST_TENANT_ID", &pod.practice.tenant)
            .env("AZURE_CLIENT_ID", &pod.practice.client_id)
            .env("AZURE_CLIENT_SECRET", &pod.practice.client_secret);
        command
    };
    // Before the ledger is made, nobody is invited: a new one would know nobody.
    Ended::of(&mut command())
        .expect_code(2)
        .says("guestlist ledger new");
    assert_eq!(pod.practice.view("/mails")["total"], 0);
    Ended::of(&mut pod.command(&once)).expect_code(0);
    pod.job(&command, &pod.folder("/ledger").join("contoso.db"))
        .nights();
    pod.left_nothing_in_the_image();
}

/// Three tenants at once: each pod sees its own tenant, and each night of one is a night of all.
#[test]
fn the_indexed_job_takes_two_nights_for_three_tenants_side_by_side() {
    let (nightly, once) = jobs("indexed-job.yaml");
    let indexes = usize::try_from(nightly.job["completions"].as_u64().unwrap()).unwrap();
    std::thread::scope(|scope| {
        for index in 0..indexes {
            let (nightly, once) = (&nightly, &once);
            scope.spawn(move || {
                let pod = Pod::start(&["/tenant"], "/ledger");
                let practice = &pod.practice;
                let settings = text("guestlist.toml")
                    .replace("#[", "[")
                    .replace(
                        "#id = \"contoso.com\"",
                        &format!("id = \"{}\"", practice.tenant),
                    )
                    .replace(
                        "#client_id = \"00000000-0000-0000-0000-000000000000\"",
                        &format!("client_id = \"{}\"", practice.client_id),
                    )
                    .replace("#client_secret", "client_secret");
                mount(
                    pod.folder("/tenant"),
                    &[
                        ("guestlist.toml", settings),
                        ("client-secret", practice.client_secret.clone()),
                        ("guests.csv", sheet(index).text().to_owned()),
                    ],
                );
                Ended::of(&mut pod.command(once)).expect_code(0);
                let command = || pod.command(nightly);
                pod.job(&command, &pod.folder("/ledger").join("guestlist.db"))
                    .nights();
                pod.left_nothing_in_the_image();
                let mails = practice.view("/mails")["addresses"].clone();
                for address in mails.as_object().unwrap().keys() {
                    assert!(sheet(index).text().contains(address), "{address}");
                }
            });
        }
    });
}
