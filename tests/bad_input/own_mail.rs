//! Mistakes with the words of mails, and with those who carry them: all before anybody is invited.

use super::page::Page;
use crate::support::{Practice, Reply, SmtpSink, Workdir};

const GUESTS: &str = "email,display_name,language,team\n\
    ada@partner.example,Ada,de,Blue\n\
    ben@partner.example,Ben,pl,\n";

#[test]
fn own_mail() {
    let workdir = Workdir::new();
    let practice = Practice::start(&workdir, "");
    let silent = SmtpSink::start(|_| Reply::NoGreeting);
    let plain = SmtpSink::start(|_| Reply::Take);
    std::fs::create_dir_all(workdir.path("words")).unwrap();
    workdir
        .write("guests.csv", GUESTS)
        .write("words/de.txt", "Subject: Hallo\n{{ redeem_url }}\n")
        .write(
            "broken.txt",
            "Subject: Hello\n{{ display_name\n{{ redeem_url }}\n",
        )
        .write(
            "column.txt",
            "Subject: Hello\n{{ shoe_size }} {{ redeem_url }}\n",
        )
        .write(
            "cell.txt",
            "Subject: Hello\nTeam {{ team }}: {{ redeem_url }}\n",
        )
        .write(
            "empty.txt",
            "Subject: {{ team | default(\"\") }}\n{{ redeem_url }}\n",
        )
        .write("nameless.txt", "Hello, {{ redeem_url }}\n")
        .write("linkless.txt", "Subject: Hello\nHello\n")
        .write("latin.txt", b"Subject: Gr\xfc\xdfe\n{{ redeem_url }}\n")
        .write("page.html", "<p>{{ team }}</p>\n")
        .write("link.txt", "Come in: {{ redeem_url }}\n");
    let mut page = Page::new(&workdir);
    page.hide(&practice.url, "URL");
    page.hide(&practice.tenant, "TENANT");
    page.hide(&silent.port.to_string(), "PORT");
    page.hide(&plain.port.to_string(), "PORT");
    let mut mistake = |title: &str, code: i32, more: &[&str], settings: &[(&str, &str)]| {
        let mut command = practice.invite(&workdir, "guests.csv", &[&["-q"], more].concat());
        for (key, value) in settings {
            command.env(format!("GUESTLIST_{key}"), value);
        }
        page.mistake_of(title, code, &mut command);
    };
    let own = [
        ("MESSAGE_DELIVERY", "graph"),
        ("MESSAGE_FROM", "mia.keller@northwind.example"),
    ];
    for (title, code, template) in [
        ("a template that does not parse", 2, "broken.txt"),
        (
            "a template that names a column that is not there",
            3,
            "column.txt",
        ),
        ("a template that names an empty cell", 3, "cell.txt"),
        ("a template that comes out empty", 3, "empty.txt"),
        ("a template without a subject", 2, "nameless.txt"),
        ("a template without the link", 2, "linkless.txt"),
        ("a template that is not UTF-8", 2, "latin.txt"),
        ("a template that is not there", 2, "missing.txt"),
        ("a language without a template", 3, "words"),
    ] {
        mistake(title, code, &["--message-file", template], &own);
    }
    mistake(
        "HTML in Microsoft's mail",
        2,
        &["--message-file", "page.html"],
        &[],
    );
    mistake(
        "the link in Microsoft's mail",
        3,
        &["--message-file", "link.txt"],
        &[],
    );
    mistake("no sender", 2, &[], &own[..1]);
    let nobody = [own[0], ("MESSAGE_FROM", "nobody@northwind.example")];
    mistake("a mailbox that does not exist", 2, &[], &nobody);
    let (silent, plain) = (silent.port.to_string(), plain.port.to_string());
    let smtp = |more: &[(&'static str, &'static str)]| {
        [&[("MESSAGE_DELIVERY", "smtp"), own[1]], more].concat()
    };
    mistake("no mail server", 2, &[], &smtp(&[]));
    let open = [("SMTP_HOST", "mail.contoso.com"), ("SMTP_SECURITY", "none")];
    mistake("a mail server in the open", 2, &[], &smtp(&open));
    let here = [("SMTP_HOST", "127.0.0.1"), ("SMTP_SECURITY", "none")];
    let mut at = smtp(&here);
    at.push(("SMTP_PORT", &silent));
    mistake("a mail server that does not greet", 5, &[], &at);
    let mut at = smtp(&here[..1]);
    at.push(("SMTP_PORT", &plain));
    mistake("a mail server without TLS", 2, &[], &at);
    let user = [("SMTP_HOST", "mail.contoso.com"), ("SMTP_USER", "desk")];
    mistake("a user without a password", 2, &[], &smtp(&user));
    assert_eq!(practice.view("")["invitations"], 0);
    page.compare("own-mail");
}
