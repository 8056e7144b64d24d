//! A practice tenant to sign in to, with a sheet that a signed-in run looks at.

use crate::support::{Ended, Guests, Practice, Terminal, Workdir};
use std::process::Command;

pub(super) struct Tenant {
    pub workdir: Workdir,
    pub practice: Practice,
}

impl Tenant {
    /// With the weather in TOML.
    pub(super) fn start(weather: &str) -> Self {
        let workdir = Workdir::new();
        workdir.write("guests.csv", Guests::new().people(2));
        let practice = Practice::start(&workdir, weather);
        Self { workdir, practice }
    }

    /// A dry run that still has to sign in, as this method and with these variables.
    pub(super) fn command(&self, method: &str, variables: &[(&str, &str)]) -> Command {
        self.invite(method, variables, &["--dry-run"])
    }

    pub(super) fn invite(
        &self,
        method: &str,
        variables: &[(&str, &str)],
        more: &[&str],
    ) -> Command {
        let mut command = self.practice.invite_bare(&self.workdir, "guests.csv", more);
        command
            .env_remove("GUESTLIST_ACCESS_TOKEN")
            .env("GUESTLIST_AUTH_METHOD", method)
            .env("AZURE_CLIENT_ID", &self.practice.client_id)
            .envs(variables.iter().copied());
        command
    }

    pub(super) fn run(&self, method: &str, variables: &[(&str, &str)]) -> Ended {
        Ended::of(&mut self.command(method, variables))
    }

    /// The same before a person; `None` where no terminal can be made.
    pub(super) fn at_a_terminal(&self, method: &str) -> Option<Terminal> {
        Terminal::open(&self.workdir, &self.command(method, &[]))
    }

    /// How many tokens were asked for.
    pub(super) fn token_requests(&self) -> u64 {
        self.practice.view("/requests")["kinds"]["token"]["requests"]
            .as_u64()
            .unwrap_or_default()
    }

    /// A program in front of all others on PATH.
    #[cfg(unix)]
    pub(super) fn program(&self, name: &str, script: &str) -> String {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.workdir.path("bin");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let others = std::env::var("PATH").unwrap();
        format!("{}:{others}", folder.display())
    }
}

/// Whether a text is on the screen, wherever its lines were broken.
#[track_caller]
pub(super) fn shows(screen: &str, text: &str) {
    let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(text), "no {text:?} on:\n{screen}");
}
