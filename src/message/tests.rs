use super::*;
use crate::{
    guest::{EmailAddress, Guest, RowVerdict, Rules, Understanding},
    sheet::{Row, Sheet, SheetOptions},
};
use std::path::Path;

const AROUND: Around<'static> = Around {
    redeem_url: "https://login.microsoftonline.com/redeem?rd=a&b=1",
    tenant_name: "Contoso",
    inviter: "Desk",
    redirect_url: "https://myapplications.microsoft.com",
};

struct OneRow {
    sheet: Sheet,
    row: Row,
    guest: Box<Guest>,
    _folder: tempfile::TempDir,
}

fn one_row(header: &str, row: &str) -> OneRow {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guests.csv");
    std::fs::write(&path, format!("{header}\n{row}\n")).unwrap();
    let sheet = Sheet::open(&path, &SheetOptions::default()).unwrap();
    let mut understanding = Understanding::new(&sheet, &Rules::default());
    let row = sheet.rows().unwrap().next().unwrap().unwrap();
    let RowVerdict::Guest(guest) = understanding.understand(&row).verdict else {
        panic!("the row is no guest");
    };
    OneRow {
        sheet,
        row,
        guest,
        _folder: folder,
    }
}

impl OneRow {
    fn rendered(&self, templates: &Templates) -> Result<Rendered, NotRendered> {
        let words = Words::of(self.sheet.header(), &self.row, &self.guest, &AROUND);
        templates.render(words, self.guest.language.as_deref())
    }
}

fn templates(files: &[(&str, &str)]) -> crate::failure::Result<Templates> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        // Templates without the link are refused; here the words are what counts.
        let linked = format!("{text}{{% if false %}}{{{{ redeem_url }}}}{{% endif %}}");
        std::fs::write(folder.path().join(name), linked).unwrap();
    }
    Templates::read(Some(folder.path()), None)
}

fn one(text: &str) -> Templates {
    templates(&[("default.txt", &format!("Subject: Hi\n{text}"))]).unwrap()
}

#[test]
fn every_shipped_template_renders_with_much_and_with_little() {
    let shipped = Templates::read(None, None).unwrap();
    for language in ["en", "de-AT", "fr", "es", "", "pl"] {
        let little = one_row("email,language", &format!("ana@x.org,{language}"));
        let much = one_row(
            "email,display_name,message,language,sponsors",
            &format!("ana@x.org,Ana & Zoë 李 🎉 שלום,Bring <cake>,{language},bo@contoso.com"),
        );
        let little = little.rendered(&shipped).unwrap();
        let much = much.rendered(&shipped).unwrap();
        let (text, html) = (much.text.unwrap(), much.html.unwrap());
        assert!(text.contains("Ana & Zoë 李 🎉 שלום") && text.contains("Bring <cake>"));
        assert!(html.contains("Ana &amp; Zoë 李 🎉 שלום") && html.contains("Bring &lt;cake&gt;"));
        assert!(text.contains(AROUND.redeem_url) && !html.contains("rd=a&b=1"));
        assert!(text.contains("bo@contoso.com") && !little.text.unwrap().contains("bo@"));
        assert!(much.subject.contains("Contoso") && !text.contains("Subject:"));
        let known = ["en", "de", "fr", "es"]
            .iter()
            .find(|known| language.starts_with(**known));
        assert_eq!(much.language.as_deref(), known.copied());
    }
}

#[test]
fn a_value_that_is_empty_or_missing_is_named_unless_there_is_a_default() {
    let row = one_row("email,company,Cost center", "ana@x.org,,4711");
    let fails = |text: &str| row.rendered(&one(text)).unwrap_err().what;
    insta::assert_snapshot!(
        [
            fails("a\n{{ company }}"),
            fails("{{ nmae }}"),
            fails("{{ company | upper }}"),
            fails("{% if company %}x{% endif %}"),
            fails("{{ row[\"Cost centre\"] }}"),
            fails("{% if false %}x{% endif %}"),
            fails("{{ email | nofilter }}"),
        ]
        .join("\n"),
        @r#"
`company` is empty or no column of the sheet (template default.txt, line 2)
`nmae` is empty or no column of the sheet (template default.txt, line 1)
`company` is empty or no column of the sheet (template default.txt, line 1)
`company` is empty or no column of the sheet (template default.txt, line 1)
`Cost centre` is empty or no column of the sheet (template default.txt, line 1)
template default.txt: it comes out empty
template default.txt, line 1: filter nofilter is unknown
"#
    );
    let good = "{{ company | default(\"you\") }} {{ cost_center }} {{ row[\"Cost center\"] }}{% if company is defined %}!{% endif %}";
    assert_eq!(
        row.rendered(&one(good)).unwrap().text.unwrap(),
        "you 4711 4711\n"
    );
}

#[test]
fn a_hostile_template_ends() {
    let row = one_row("email", "ana@x.org");
    for text in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% set x = \"x\" * 1000000000 %}{{ x }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ] {
        row.rendered(&one(text)).unwrap_err();
    }
}

#[test]
fn no_value_adds_a_header_or_markup() {
    let row = one_row("email,company", "ana@x.org,\"A\r\nBcc: eve@x.org <b>\"");
    let templates = templates(&[
        ("default.txt", "Subject: {{ company }}\n{{ company }}"),
        ("default.html", "<p title='{{ company }}'>{{ company }}</p>"),
    ]);
    let rendered = row.rendered(&templates.unwrap()).unwrap();
    assert_eq!(rendered.subject, "A Bcc: eve@x.org <b>");
    assert!(!rendered.html.unwrap().contains("<b>"));
}

#[test]
fn the_language_chooses_the_template_and_one_without_is_named() {
    let files = [
        ("de.txt", "Subject: S\nDE"),
        ("pt-br.txt", "Subject: S\nBR"),
    ];
    let strict = templates(&files).unwrap();
    let row = |language: &str| one_row("email,language", &format!("ana@x.org,{language}"));
    assert_eq!(
        row("de-CH").rendered(&strict).unwrap().text.unwrap(),
        "DE\n"
    );
    assert_eq!(
        row("pt-BR").rendered(&strict).unwrap().text.unwrap(),
        "BR\n"
    );
    assert!(
        row("it")
            .rendered(&strict)
            .unwrap_err()
            .what
            .contains("`it`")
    );
    assert!(row("").rendered(&strict).is_err());
    let tolerant = templates(&[files[0], ("default.txt", "Subject: S\nrest")]).unwrap();
    assert_eq!(
        row("it").rendered(&tolerant).unwrap().text.unwrap(),
        "rest\n"
    );
    assert!(tolerant.is_for_the_rest("it") && !tolerant.is_for_the_rest("de"));
}

#[test]
fn files_that_are_no_templates_are_named() {
    let what = |files: &[(&str, &str)]| templates(files).unwrap_err().what;
    assert!(what(&[("de.txt", "Subject: S\n{{ email")]).contains("de.txt, line"));
    assert!(what(&[("de.txt", "no subject")]).contains("has no subject"));
    assert!(what(&[("readme.md", "x")]).contains("there is no template"));
    let missing = Templates::read(Some(Path::new("no/such/file.txt")), None).unwrap_err();
    assert_eq!(missing.exit, crate::exit::Exit::Usage);
}

#[test]
fn a_sender_may_have_a_name() {
    let sender: Sender = "\"Contoso Events\" <events@contoso.com>".parse().unwrap();
    assert_eq!(sender.to_string(), "Contoso Events <events@contoso.com>");
    assert!(
        "events@contoso.com"
            .parse::<Sender>()
            .unwrap()
            .name
            .is_none()
    );
    for wrong in ["", "Contoso", "a\nb <a@b.org>", "a@b.org, c@d.org"] {
        assert!(wrong.parse::<Sender>().is_err(), "{wrong}");
    }
}

#[test]
fn a_mail_keeps_every_writing_in_both_forms() {
    let row = one_row("email,display_name", "ana@x.org,Zoë 李 🎉 שלום");
    let words = row.rendered(&Templates::read(None, None).unwrap()).unwrap();
    let mail = Mail {
        from: "Désk <desk@contoso.com>".parse().unwrap(),
        reply_to: Some("help@contoso.com".parse().unwrap()),
        to: Sender {
            name: row.guest.display_name.clone(),
            address: row.guest.email.clone(),
        },
        cc: Some(EmailAddress::parse("boss@x.org").unwrap()),
        words,
    };
    let mime = String::from_utf8(mail.mime("id@contoso.com").unwrap()).unwrap();
    assert!(mime.is_ascii() && mime.contains("Message-ID: <id@contoso.com>"));
    assert!(mime.contains("Cc: boss@x.org"));
    assert!(mime.contains("multipart/alternative") && mime.contains("Reply-To: help@contoso.com"));
    assert!(mime.lines().all(|line| line.len() < 998));
    let json = mail.graph_message("id@contoso.com");
    assert_eq!(
        json["message"]["toRecipients"][0]["emailAddress"]["name"],
        "Zoë 李 🎉 שלום"
    );
    assert!(
        json["message"]["body"]["content"]
            .as_str()
            .unwrap()
            .contains("Zoë 李 🎉 שלום")
    );
}

#[test]
fn a_template_that_no_guest_could_use_is_refused() {
    let read = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let failure = Templates::read(Some(&folder.path().join(name)), None).unwrap_err();
        [vec![failure.what], failure.hints].concat().join(" ")
    };
    let told = read("a.txt", b"Subject: Hi\nHello {{ display_name }}\n");
    assert!(
        told.contains("a.txt") && told.contains("does not name the redeem link"),
        "{told}"
    );
    let told = read("a.txt", b"Subject: Hi\nGr\xfc\xdfe {{ redeem_url }}\n");
    assert!(told.contains("UTF-8") && !told.contains("disks"), "{told}");
}

#[test]
fn a_long_subject_is_refused_and_never_cut() {
    let row = one_row("email,display_name", "ana@x.org,Ana");
    let subject = |letters: usize| {
        let text = format!("Subject: {}\nx", "ü".repeat(letters));
        row.rendered(&templates(&[("default.txt", &text)]).unwrap())
    };
    assert_eq!(subject(250).unwrap().subject.chars().count(), 250);
    assert!(subject(251).unwrap_err().what.contains("251 letters"));
}
