//! The wrong secret, the wrong tenant, the wrong host, nobody to ask.

use super::page::Page;
use crate::support::{Guests, Practice, Workdir};
use std::net::TcpListener;

#[test]
fn a_sign_in_that_cannot_work_is_told_with_who_can_mend_it() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "http://TENANT");

    let app = || practice.invite_as_app(&workdir, "guests.csv", &[]);
    page.mistake_of(
        "a wrong secret",
        6,
        app().env("AZURE_CLIENT_SECRET", "wrong"),
    );
    page.mistake_of(
        "an expired secret",
        6,
        app().env("AZURE_CLIENT_SECRET", "practice-only.expired"),
    );
    page.mistake_of(
        "an app that this tenant does not know",
        6,
        app().env("AZURE_CLIENT_ID", "99999999-8888-7777-6666-555555555555"),
    );
    let mut stale = practice.invite(&workdir, "guests.csv", &[]);
    page.mistake_of(
        "a token that is none",
        6,
        stale.env("GUESTLIST_ACCESS_TOKEN", "nonsense"),
    );
    assert_eq!(practice.view("")["invitations"], 0);
    page.compare("sign-in");
}

#[test]
fn only_the_tenant_that_is_meant_is_invited_into() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    workdir.write("guests.csv", Guests::new().people(2));
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "http://TENANT");
    let at = [
        "--graph-url",
        &practice.url,
        "--authority-url",
        &practice.url,
    ];
    let in_tenant = |tenant| {
        let more = [
            "invite",
            "guests.csv",
            "--yes",
            "--new-ledger",
            "--ledger",
            "guestlist.db",
            "--tenant",
            tenant,
        ];
        let mut command = workdir.command(&[&more[..], &at].concat());
        command
            .env("AZURE_CLIENT_ID", &practice.client_id)
            .env("AZURE_CLIENT_SECRET", &practice.client_secret);
        command
    };
    page.mistake_of(
        "a tenant that does not exist",
        6,
        &mut in_tenant("nowhere.example"),
    );
    let mut other = in_tenant("11111111-2222-3333-4444-555555555555");
    other.env("GUESTLIST_ACCESS_TOKEN", &practice.user_token);
    page.mistake_of("a token for another tenant", 2, &mut other);
    let mut both = in_tenant("northwind.example");
    both.env("AZURE_TENANT_ID", "11111111-2222-3333-4444-555555555555");
    page.mistake_of("two tenants named", 2, &mut both);
    let mut none = workdir.command(&[
        "invite",
        "guests.csv",
        "--yes",
        "--new-ledger",
        "--ledger",
        "guestlist.db",
    ]);
    page.mistake_of(
        "no tenant named",
        2,
        none.env("AZURE_TENANT_ID", &practice.tenant),
    );
    page.mistake(
        "nobody to ask",
        2,
        &["invite", "guests.csv", "--tenant", "northwind.example"],
    );
    let tenant = [
        "invite",
        "guests.csv",
        "--yes",
        "--tenant",
        "northwind.example",
    ];
    page.mistake("no ledger named", 2, &tenant);
    assert_eq!(practice.view("")["invitations"], 0);
    page.compare("tenant");
}

#[test]
fn a_host_that_is_not_there_is_named() {
    let workdir = Workdir::new();
    workdir.write("guests.csv", Guests::new().people(2));
    // A port on which nobody listens.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let nobody = format!("http://127.0.0.1:{port}");
    let mut page = Page::new(&workdir);
    page.hide(&nobody, "http://NOBODY");
    page.hide(&port.to_string(), "PORT");
    let more = [
        "invite",
        "guests.csv",
        "--yes",
        "--new-ledger",
        "--ledger",
        "guestlist.db",
        "--tenant",
        "northwind.example",
        "--graph-url",
        &nobody,
        "--authority-url",
        &nobody,
    ];
    let mut app = workdir.command(&more);
    app.env("AZURE_CLIENT_ID", "an-app")
        .env("AZURE_CLIENT_SECRET", "secret");
    page.mistake_of("a sign-in host that cannot be reached", 5, &mut app);
    let mut user = workdir.command(&more);
    page.mistake_of(
        "a Graph that cannot be reached",
        5,
        user.env("GUESTLIST_ACCESS_TOKEN", "any"),
    );
    page.mistake(
        "plain http elsewhere",
        2,
        &[
            "invite",
            "guests.csv",
            "--tenant",
            "a.example",
            "--graph-url",
            "http://graph.example",
        ],
    );
    page.compare("hosts");
}
