//! A settings file that was merely found: what of it is used, and what it takes to use the rest.
#![cfg(unix)]

use super::flags_of;
use crate::{
    exit::Exit,
    failure::{Failure, Result},
    settings::{Doubt, Env, KeyInForce, Reading, Settings, Standing, read, trust_found},
};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder with a `guestlist.toml`, and a user with a home.
struct Place {
    folder: TempDir,
    home: TempDir,
    env: BTreeMap<&'static str, String>,
}

impl Place {
    fn with(text: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
            home: tempfile::tempdir().unwrap(),
            env: BTreeMap::new(),
        };
        place.write(text);
        place
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("guestlist.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
        self.mode(0o644);
    }

    fn mode(&self, mode: u32) {
        fs::set_permissions(self.path(), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn get(&self, name: &str) -> Option<String> {
        match name {
            "HOME" => Some(self.home.path().display().to_string()),
            name => self.env.get(name).cloned(),
        }
    }

    fn read(&self, command: &str) -> Result<Reading> {
        let mut words = command.split(' ');
        let verb = words.next().unwrap();
        let args: Vec<String> = words
            .filter(|word| *word != "guests.csv")
            .map(str::to_owned)
            .collect();
        let env: &Env<'_> = &|name| self.get(name);
        read(&flags_of(verb, &args), env, self.folder.path())
    }

    #[track_caller]
    fn settled(&self, command: &str) -> Settings {
        match self.read(command).unwrap() {
            Reading::Settled(settings) => *settings,
            Reading::Untrusted(untrusted) => panic!("{}", untrusted.failure()),
        }
    }

    /// The keys that are asked about, and what is said without anybody to ask.
    #[track_caller]
    fn asked(&self, command: &str) -> (Doubt, Vec<String>, Failure) {
        match self.read(command).unwrap() {
            Reading::Settled(settings) => panic!("nobody is asked: {:?}", settings.file),
            Reading::Untrusted(untrusted) => {
                let failure = untrusted.failure();
                assert_eq!(failure.exit, Exit::Usage);
                let hints = failure.hints.join(" ");
                assert!(hints.contains("guestlist config trust"), "{hints}");
                assert!(hints.contains("--config"), "{hints}");
                (untrusted.doubt.clone(), names(&untrusted.keys), failure)
            }
        }
    }

    fn trust(&self) -> Result<PathBuf> {
        let env: &Env<'_> = &|name| self.get(name);
        trust_found(None, env, self.folder.path()).map(|trusted| trusted.kept_in)
    }
}

fn names(keys: &[KeyInForce]) -> Vec<String> {
    keys.iter()
        .map(|key| format!("{}.{}", key.section, key.key))
        .collect()
}

const INVITE: &str = "invite guests.csv --tenant contoso.com";

#[test]
fn columns_sheet_pace_and_what_does_less_are_used_at_once() {
    let place = Place::with(
        "[columns]\nemail = \"Mail\"\n[sheet]\ndelimiter = \";\"\n[pace]\ninvites_per_5s = 3\n[invite]\nmax_invites = 5\ndry_run = true\n",
    );
    let settings = place.settled(INVITE);
    assert_eq!(settings.invite.max_invites.unwrap().value, 5);
    assert_eq!(settings.pace.invites_per_5s.value, 3);
    assert_eq!(settings.sheet.columns.len(), 1);
    assert_eq!(settings.file.unwrap().standing, Standing::Harmless);
}

#[test]
fn every_attack_of_a_strangers_file_is_asked_about() {
    for (text, key) in [
        (
            "[tenant]\nauthority_url = \"https://evil.example\"\n",
            "tenant.authority_url",
        ),
        (
            "[tenant]\ngraph_url = \"https://evil.example\"\n",
            "tenant.graph_url",
        ),
        ("[tenant]\nid = \"evil.example\"\n", "tenant.id"),
        ("[tenant]\nca_file = \"evil.pem\"\n", "tenant.ca_file"),
        (
            "[auth]\nclient_secret = { file = \"/etc/shadow\" }\n",
            "auth.client_secret",
        ),
        (
            "[auth]\nclient_secret = { env = \"DATABASE_PASSWORD\" }\n",
            "auth.client_secret",
        ),
        (
            "[auth]\nfederated_token_file = \"/etc/shadow\"\n",
            "auth.federated_token_file",
        ),
        (
            "[invite]\nredirect_url = \"https://evil.example\"\n",
            "invite.redirect_url",
        ),
        ("[invite]\nallow = [\"member\"]\n", "invite.allow"),
        ("[invite]\nledger = \"other.db\"\n", "invite.ledger"),
        ("[invite]\nresults = \"../other.csv\"\n", "invite.results"),
        ("[invite]\nyes = true\n", "invite.yes"),
    ] {
        let place = Place::with(text);
        for command in ["invite guests.csv", "doctor guests.csv"] {
            let (doubt, keys, failure) = place.asked(command);
            assert_eq!((doubt, keys), (Doubt::NeverTrusted, vec![key.to_owned()]));
            assert!(failure.what.contains("(line 2)"), "{failure}");
        }
    }
}

#[test]
fn what_the_command_does_not_use_is_not_asked_about() {
    let place =
        Place::with("[tenant]\ngraph_url = \"https://evil.example\"\n[invite]\nlinks = \"none\"\n");
    assert_eq!(
        place.settled("runs").invite.links.value,
        crate::results::Links::Results
    );
    assert_eq!(place.asked("results").1, ["invite.links"]);
    // A flag comes first, so that the file has no say.
    let overruled = "invite guests.csv --graph-url http://127.0.0.1:9 --links results";
    let settings = place.settled(overruled);
    assert_eq!(settings.file.unwrap().standing, Standing::Harmless);
    let settings = Place::with("[invite]\nyes = true\nledger = \"other.db\"\n");
    assert_eq!(settings.asked("runs").1, ["invite.ledger"]);
}

#[test]
fn check_and_practice_go_on_without_what_needs_trust() {
    let place = Place::with(
        "[invite]\nallow = [\"member\"]\nredirect_url = \"https://evil.example\"\n[columns]\nemail = \"Mail\"\n",
    );
    let checked = place.settled("check guests.csv");
    assert!(checked.invite.allow.value.is_empty() && checked.sheet.columns.len() == 1);
    assert_eq!(names(&checked.file.unwrap().left_out), ["invite.allow"]);

    let practice = place.settled("invite guests.csv --sandbox");
    assert_eq!(
        practice.invite.redirect_url.value,
        "https://myapplications.microsoft.com"
    );
    assert_eq!(
        names(&practice.file.unwrap().left_out),
        ["invite.redirect_url", "invite.allow"]
    );
    // A file cannot say by itself that it is only practice.
    let place = Place::with("[invite]\nsandbox = true\n");
    assert_eq!(place.asked(INVITE).1, ["invite.sandbox"]);
}

#[test]
fn trust_outlives_harmless_edits_and_no_others() {
    let place = Place::with("[tenant]\nid = \"contoso.com\"\n");
    place.asked("invite guests.csv");
    let kept_in = place.trust().unwrap();
    let mode = fs::metadata(&kept_in).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", kept_in.display());
    let settings = place.settled("invite guests.csv");
    assert_eq!(settings.file.unwrap().standing, Standing::Trusted);

    place.write("# edited\n[columns]\nemail = \"Mail\"\n[invite]\nmax_invites = 3\n\n[tenant]\nid = \"contoso.com\"\n");
    place.settled("invite guests.csv");

    place.write("[tenant]\nid = \"contoso.com\"\n[invite]\nallow = [\"member\"]\n");
    let (doubt, keys, _) = place.asked("invite guests.csv");
    assert_eq!(doubt, Doubt::Changed);
    assert_eq!(keys, ["tenant.id", "invite.allow"]);
}

#[test]
fn a_file_that_is_named_is_used_as_it_is() {
    let mut place = Place::with("[tenant]\nid = \"contoso.com\"\n");
    let named = format!("invite guests.csv --config {}", place.path().display());
    let settings = place.settled(&named);
    assert_eq!(settings.file.unwrap().standing, Standing::Named("--config"));
    place
        .env
        .insert("GUESTLIST_CONFIG", place.path().display().to_string());
    let settings = place.settled("invite guests.csv");
    assert_eq!(
        settings.file.unwrap().standing,
        Standing::Named("GUESTLIST_CONFIG")
    );
    assert!(settings.tenant.id.is_some());
}

#[test]
fn what_others_can_change_is_not_trusted_any_longer() {
    let place = Place::with("[tenant]\nid = \"contoso.com\"\n");
    place.trust().unwrap();
    place.mode(0o666);
    let (doubt, _, failure) = place.asked("invite guests.csv");
    assert_eq!(doubt, Doubt::WorldWritable);
    assert!(failure.hints[0].contains("chmod go-w"), "{failure:?}");
    assert!(place.trust().unwrap_err().what.contains("every user"));
    // The user's own group may.
    place.mode(0o664);
    place.settled("invite guests.csv");

    let other = 61_234;
    if std::os::unix::fs::chown(place.path(), None, Some(other)).is_err() {
        println!("skipped: only root can give a file to another group or user");
        return;
    }
    place.mode(0o664);
    assert_eq!(
        place.asked("invite guests.csv").0,
        Doubt::GroupWritable(other)
    );
    place.mode(0o644);
    place.settled("invite guests.csv");
    std::os::unix::fs::chown(place.path(), Some(other), None).unwrap();
    let (doubt, _, failure) = place.asked("invite guests.csv");
    assert_eq!(doubt, Doubt::Owner(other));
    assert!(failure.what.contains("another user"), "{failure}");
}

#[test]
fn a_link_from_elsewhere_brings_no_trust() {
    let mine = Place::with("[tenant]\nid = \"contoso.com\"\nca_file = \"ca.pem\"\n");
    mine.trust().unwrap();
    mine.settled(INVITE);
    // Paths in the file would start from the stranger's folder.
    let theirs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(mine.path(), theirs.path().join("guestlist.toml")).unwrap();
    let env: &Env<'_> = &|name| mine.get(name);
    match read(&flags_of("invite", &[]), env, theirs.path()).unwrap() {
        Reading::Untrusted(untrusted) => assert_eq!(untrusted.doubt, Doubt::Changed),
        Reading::Settled(settings) => panic!("{:?}", settings.file),
    }
}

#[test]
fn what_is_no_regular_file_is_refused_by_name() {
    let place = Place::with("");
    for (name, make) in [
        (
            "a folder",
            &(|path: &Path| fs::create_dir(path).unwrap()) as &dyn Fn(&Path),
        ),
        ("a pipe", &|path| {
            rustix::fs::mkfifoat(rustix::fs::CWD, path, 0o600.into()).unwrap();
        }),
        ("a device", &|path| {
            std::os::unix::fs::symlink("/dev/zero", path).unwrap();
        }),
    ] {
        fs::remove_file(place.path())
            .or_else(|_| fs::remove_dir(place.path()))
            .unwrap();
        make(&place.path());
        for command in ["check guests.csv", INVITE] {
            let refused = place.read(command).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage);
            assert!(refused.what.contains("guestlist.toml"), "{refused}");
            assert!(refused.what.contains(name), "{refused}");
            assert!(refused.hints[0].contains("--config"), "{refused:?}");
        }
    }
}

#[test]
fn without_a_home_trust_is_not_kept_and_a_broken_list_is_told() {
    let place = Place::with("[tenant]\nid = \"contoso.com\"\n");
    let refused = trust_found(None, &|_| None, place.folder.path()).unwrap_err();
    assert!(refused.hints[0].contains("--config"), "{refused:?}");
    let kept_in = place.trust().unwrap();
    fs::write(&kept_in, "nonsense").unwrap();
    let refused = place.read("invite guests.csv").unwrap_err();
    assert!(
        refused.what.contains(&kept_in.display().to_string()),
        "{refused}"
    );
}
