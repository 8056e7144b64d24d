//! What a person notices about the settings: which value takes precedence, and what is refused.

mod keys;
mod trust;

use super::{
    ConnectionFlags, Env, Flags, InviteFlags, KeyInForce, MessageFlags, RemindFlags, Scope,
    SecretRef, Settings, SheetFlags, Source, Units, resolve,
};
use crate::{exit::Exit, failure::Failure, graph::auth::MethodName};
use clap::Parser;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// The heading that tells the flags of `remind` from those of `invite`.
const REMIND: &str = "Remind";

/// The flags that are keys of the settings, without the rest of the command line.
#[derive(Parser)]
struct Typed {
    #[command(flatten)]
    invite: InviteFlags,
    #[command(flatten)]
    sheet: SheetFlags,
    #[command(flatten)]
    connection: ConnectionFlags,
    #[arg(long)]
    config: Option<PathBuf>,
    #[command(flatten, next_help_heading = REMIND)]
    remind: RemindFlags,
    #[command(flatten)]
    message: MessageFlags,
}

fn flags_of(verb: &str, args: &[String]) -> Flags {
    let program = "guestlist".to_owned();
    let typed = Typed::try_parse_from([&program].into_iter().chain(args)).unwrap();
    Flags {
        config: typed.config,
        scope: match verb {
            "check" => Scope::Sheet,
            "runs" => Scope::Ledger,
            "results" => Scope::Results,
            "config" => Scope::Shown,
            _ => Scope::Tenant,
        },
        invite: typed.invite,
        remind: typed.remind,
        message: typed.message,
        sheet: typed.sheet,
        connection: typed.connection,
    }
}

/// Flags, an environment and a settings file.
#[derive(Default)]
struct World {
    args: Vec<String>,
    env: BTreeMap<String, String>,
    file: Option<String>,
}

impl World {
    fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    fn typed(mut self, args: &str) -> Self {
        self.args.extend(args.split(' ').map(str::to_owned));
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    fn file(mut self, text: &str) -> Self {
        self.file = Some(text.to_owned());
        self
    }

    fn noting(&self) -> crate::failure::Result<(Settings, Vec<KeyInForce>)> {
        self.noting_as("invite")
    }

    fn noting_as(&self, verb: &str) -> crate::failure::Result<(Settings, Vec<KeyInForce>)> {
        let folder = tempfile::tempdir().unwrap();
        let mut flags = flags_of(verb, &self.args);
        if let Some(text) = &self.file {
            // Named, so that no test here depends on whether it is trusted.
            let path = folder.path().join("guestlist.toml");
            std::fs::write(&path, text).unwrap();
            flags.config = Some(path);
        }
        let env: &Env<'_> = &|name| self.env.get(name).cloned();
        let settings = resolve(&flags, env, folder.path())?;
        let keys = settings.keys.clone();
        Ok((settings, keys))
    }

    fn settings(&self) -> Settings {
        self.noting().unwrap().0
    }

    fn failure(&self) -> Failure {
        let failure = self.noting().unwrap_err();
        assert_eq!(failure.exit, Exit::Usage, "{failure}");
        failure
    }
}

fn world() -> World {
    World::default()
}

#[test]
fn the_first_that_is_heard_wins_and_is_named() {
    let all = world()
        .typed("--settle 1s")
        .env("GUESTLIST_INVITE_SETTLE", "2s")
        .file("[invite]\n\nsettle = \"3s\"\n");
    let settle = all.settings().invite.settle;
    assert_eq!(settle.value, Duration::from_secs(1));
    assert_eq!(settle.source.to_string(), "from --settle");

    let below = World {
        args: Vec::new(),
        ..all
    };
    let settle = below.settings().invite.settle;
    assert_eq!(settle.value, Duration::from_secs(2));
    assert_eq!(settle.source.to_string(), "from GUESTLIST_INVITE_SETTLE");

    let below = World {
        env: BTreeMap::new(),
        ..below
    };
    let settle = below.settings().invite.settle;
    assert_eq!(settle.value, Duration::from_secs(3));
    assert!(
        settle.source.to_string().ends_with("guestlist.toml:3"),
        "{}",
        settle.source
    );

    let settle = world()
        .env("GUESTLIST_INVITE_SETTLE", " ")
        .settings()
        .invite
        .settle;
    assert_eq!(
        (settle.value, settle.source),
        (Duration::from_secs(60), Source::Default)
    );
}

#[test]
fn the_azure_family_is_heard_last_and_names_nothing() {
    let azure = world()
        .env("AZURE_TENANT_ID", "contoso.com")
        .env("AZURE_CLIENT_ID", "app")
        .env("AZURE_CLIENT_SECRET", "s3cret")
        .env("AZURE_CLIENT_CERTIFICATE_PATH", "app.pem")
        .env("AZURE_FEDERATED_TOKEN_FILE", "token")
        .env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/");
    let settings = azure.settings();
    assert!(!settings.tenant_is_named());
    assert_eq!(
        settings.tenant.id.unwrap().to_string(),
        "contoso.com (from AZURE_TENANT_ID)"
    );
    assert_eq!(
        settings.tenant.authority_url.value.as_str(),
        "https://login.microsoftonline.com"
    );
    assert_eq!(
        settings.tenant.authority_url.source.to_string(),
        "from AZURE_AUTHORITY_HOST"
    );
    assert_eq!(
        settings.auth.client_id.unwrap().source.to_string(),
        "from AZURE_CLIENT_ID"
    );
    assert_eq!(
        settings.auth.certificate.unwrap().value,
        PathBuf::from("app.pem")
    );
    assert_eq!(
        settings.auth.federated_token_file.unwrap().value,
        PathBuf::from("token")
    );
    assert_eq!(
        settings.auth.client_secret.unwrap().value,
        SecretRef::Env("AZURE_CLIENT_SECRET".to_owned())
    );

    let settings = azure.file("[auth]\nclient_id = \"ours\"\n").settings();
    assert_eq!(settings.auth.client_id.unwrap().value, "ours");
}

#[test]
fn a_person_names_tenant_and_ledger() {
    let settings = world().settings();
    assert!(!settings.tenant_is_named() && !settings.ledger_is_named());
    for named in [
        world().typed("--tenant contoso.com --ledger a.db"),
        world()
            .env("GUESTLIST_TENANT_ID", "contoso.com")
            .env("GUESTLIST_INVITE_LEDGER", "a.db"),
        world().file("[tenant]\nid = \"contoso.com\"\n[invite]\nledger = \"a.db\"\n"),
    ] {
        let settings = named.settings();
        assert!(settings.tenant_is_named() && settings.ledger_is_named());
    }
}

#[test]
fn reminders_keep_a_day_apart_where_somebody_may_be_mailed() {
    for short in ["0d", "0s", "1m", "23h"] {
        let failure = world()
            .file(&format!("[remind]\nevery = \"{short}\"\n"))
            .failure();
        assert_eq!(failure.exit, crate::exit::Exit::Usage);
        assert!(
            failure
                .what
                .contains("a second mail to a guest within a day is refused"),
            "{}",
            failure.what
        );
        world()
            .file(&format!("[remind]\nevery = \"{short}\"\n"))
            .env("GUESTLIST_TENANT_GRAPH_URL", "http://127.0.0.1:1")
            .settings();
    }
    world().file("[remind]\nevery = \"1d\"\n").settings();
}

#[test]
fn two_tenants_are_one_too_many() {
    let failure = world()
        .typed("--tenant contoso.com")
        .env("AZURE_TENANT_ID", "fabrikam.com")
        .failure();
    assert_eq!(
        failure.what,
        "two different tenants are named: contoso.com (from --tenant) and fabrikam.com (from AZURE_TENANT_ID)"
    );

    let id = "0f0f0f0f-0000-4000-8000-000000000001";
    let both = world()
        .typed("--tenant contoso.com")
        .env("AZURE_TENANT_ID", id)
        .settings();
    assert_eq!(both.tenant.id.unwrap().value.to_string(), "contoso.com");
    assert_eq!(both.tenant.second_name.unwrap().value.to_string(), id);

    let same = world()
        .typed("--tenant CONTOSO.com")
        .env("GUESTLIST_TENANT_ID", "contoso.com");
    assert_eq!(same.settings().tenant.second_name, None);

    // The conflict is below what is heard, and still a conflict.
    let other = "0f0f0f0f-0000-4000-8000-000000000002";
    world()
        .typed("--tenant contoso.com")
        .env("GUESTLIST_TENANT_ID", id)
        .env("AZURE_TENANT_ID", other)
        .failure();
}

#[test]
fn practice_does_not_hear_the_real_tenant() {
    let real = world()
        .env("AZURE_TENANT_ID", "fabrikam.com")
        .env("AZURE_CLIENT_SECRET", "s3cret")
        .env("GUESTLIST_ACCESS_TOKEN", "t0ken")
        .file("[tenant]\nid = \"contoso.com\"\ncloud = \"china\"\n[auth]\nmethod = \"azure-cli\"\n[invite]\nledger = \"real.db\"\nsettle = \"1s\"\n");
    real.failure();
    let settings = real.typed("--sandbox --rate max").settings();
    assert_eq!(settings.tenant.id, None);
    assert_eq!(settings.auth.method.value, MethodName::Auto);
    assert!(settings.auth.client_secret.is_none() && settings.auth.access_token.is_none());
    assert_eq!(
        settings.invite.ledger.value,
        PathBuf::from("guestlist.practice.db")
    );
    assert_eq!(settings.invite.settle.value, Duration::from_secs(1));
    let settings = world().typed("--sandbox --ledger mine.db").settings();
    assert_eq!(settings.invite.ledger.value, PathBuf::from("mine.db"));
}

#[test]
fn a_command_without_tenant_does_not_mind_its_settings() {
    let confused = world()
        .env("GUESTLIST_TENANT_ID", "contoso.com")
        .env("AZURE_TENANT_ID", "fabrikam.com")
        .file("[pace]\ninvites_per_5s = 0\n[invite]\nrate = \"max\"\n");
    confused.failure();
    assert!(confused.noting_as("check").is_ok());
}

#[test]
fn unknown_keys_name_file_line_and_what_was_meant() {
    let cases = [
        (
            "[invite]\n\nmax_invite = 5\n",
            ":3: unknown key `max_invite` in [invite]",
            "did you mean `max_invites`?",
        ),
        (
            "[invite]\ngraph_url = \"x\"\n",
            ":2: unknown key `graph_url` in [invite]",
            "`graph_url` belongs below [tenant]",
        ),
        (
            "[tennant]\nid = \"contoso.com\"\n",
            ":2: unknown section [tennant]",
            "did you mean [tenant]?",
        ),
        (
            "[columns]\nemial = \"Mail\"\n",
            ":2: unknown key `emial` in [columns]",
            "did you mean `email`?",
        ),
    ];
    for (text, what, hint) in cases {
        let failure = world().file(text).failure();
        assert!(
            failure.what.ends_with(&format!("guestlist.toml{what}")),
            "{failure}"
        );
        assert_eq!(failure.hints, [hint]);
    }
    assert!(
        world()
            .file("[invite]\ncolour = 1\n")
            .failure()
            .hints
            .is_empty()
    );
}

#[test]
fn wrong_values_name_key_and_place() {
    let failure = world().env("GUESTLIST_INVITE_SETTLE", "soon").failure();
    assert_eq!(
        failure.what,
        "[invite] settle, from GUESTLIST_INVITE_SETTLE: `soon` is not a duration: write 90s, 15m, 2h or 1h30m"
    );
    let failure = world().file("[invite]\nrate = [1, 2]\n").failure();
    assert!(
        failure.what.ends_with("guestlist.toml:2: takes one value"),
        "{failure}"
    );
    let failure = world().file("[auth]\nmethod = \"password\"\n").failure();
    assert!(
        failure
            .what
            .contains("`password` is not one of auto, client-secret"),
        "{failure}"
    );
    let failure = world().file("[invite]\nallow = [\"owner\"]\n").failure();
    assert!(
        failure
            .what
            .ends_with("`owner` is not one of member, manager, groups"),
        "{failure}"
    );
}

#[test]
fn paths_in_a_settings_file_start_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("night.toml");
    std::fs::write(
        &path,
        "[invite]\nledger = \"night.db\"\nresults = \"/out/r.csv\"\n",
    )
    .unwrap();
    let settings = world()
        .typed(&format!("--config {}", path.display()))
        .settings();
    assert_eq!(settings.invite.ledger.value, folder.path().join("night.db"));
    assert_eq!(
        settings.invite.results.unwrap().value,
        PathBuf::from("/out/r.csv")
    );
    assert_eq!(
        world()
            .typed("--ledger night.db")
            .settings()
            .invite
            .ledger
            .value,
        PathBuf::from("night.db")
    );
}

#[test]
fn secrets_are_named_and_not_written() {
    let failure = world()
        .file("[auth]\nclient_secret = \"s3cret\"\n")
        .failure();
    assert!(failure.what.contains("guestlist.toml:2"), "{failure}");
    assert!(
        failure.hints[0].contains("client_secret = { env = \"NAME\" }"),
        "{:?}",
        failure.hints
    );
    assert!(!format!("{failure:?}").contains("s3cret"));

    let reference = |world: World| world.settings().auth.client_secret.unwrap().value;
    assert_eq!(
        reference(world().file("[auth]\nclient_secret = { env = \"APP\" }\n")),
        SecretRef::Env("APP".to_owned())
    );
    assert_eq!(
        reference(world().env("GUESTLIST_AUTH_CLIENT_SECRET", "s3cret")),
        SecretRef::Env("GUESTLIST_AUTH_CLIENT_SECRET".to_owned())
    );
    let settings = world().env("GUESTLIST_ACCESS_TOKEN", "t0ken").settings();
    assert!(!format!("{settings:?}").contains("t0ken"));
    assert_eq!(
        settings.auth.access_token.unwrap().value,
        SecretRef::Env("GUESTLIST_ACCESS_TOKEN".to_owned())
    );
}

#[test]
fn a_cloud_sets_both_hosts() {
    let hosts = |world: World| {
        let tenant = world.settings().tenant;
        [
            tenant.graph_url.value.to_string(),
            tenant.authority_url.value.to_string(),
        ]
    };
    assert_eq!(
        hosts(world()),
        [
            "https://graph.microsoft.com",
            "https://login.microsoftonline.com"
        ]
    );
    let china = world().file("[tenant]\ncloud = \"china\"\n");
    let china = china.env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com");
    assert_eq!(
        hosts(china),
        [
            "https://microsoftgraph.chinacloudapi.cn",
            "https://login.chinacloudapi.cn"
        ]
    );
    let failure = world()
        .env("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us")
        .failure();
    assert!(failure.what.contains("different clouds"), "{failure}");
    assert!(failure.what.contains("AZURE_AUTHORITY_HOST"), "{failure}");
}

#[test]
fn what_does_harm_is_for_loopback_only() {
    for harm in [
        world().typed("--rate max"),
        world().file("[pace]\ninvites_per_5s = 151\n"),
        world().file("[pace]\nwrites_per_150s = 0\n"),
        world().file("[pace]\nresource_units_per_10s = 9000\n"),
    ] {
        harm.failure();
        let settings = harm.typed("--graph-url http://127.0.0.1:8086").settings();
        assert!(settings.is_loopback());
    }
    let settings = world()
        .file("[pace]\ninvites_per_5s = 15\nresource_units_per_10s = 100\n")
        .settings();
    assert_eq!(settings.pace.invites_per_5s.value, 15);
    assert_eq!(
        settings.pace.resource_units_per_10s.value,
        Units::Fixed(100)
    );
    let failure = world()
        .env("GUESTLIST_TENANT_GRAPH_URL", "http://graph.microsoft.com")
        .failure();
    assert!(
        failure.what.contains("plain http is for loopback only"),
        "{failure}"
    );
    assert!(world().typed("--weather storm.toml").failure().hints[0].contains("--sandbox"));
}

#[test]
fn columns_are_mapped_one_by_one() {
    let settings = world()
        .typed("--map email=Privat --map company=Firma")
        .env("GUESTLIST_COLUMNS_CC", "Kopie")
        .file("[columns]\nemail = \"Mail\"\ncc = \"CC\"\n")
        .settings();
    let mapped: Vec<_> = settings
        .sheet
        .columns
        .iter()
        .map(|column| {
            (
                column.value.field.word(),
                column.value.column.as_str(),
                column.is_named(),
            )
        })
        .collect();
    assert_eq!(
        mapped,
        [
            ("email", "Privat", true),
            ("cc", "Kopie", true),
            ("company", "Firma", true)
        ]
    );
    world().typed("--map email=A --map email=B").failure();
}
