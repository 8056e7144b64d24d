//! What a person is shown before a run, and what counts as a yes.

use super::*;
use crate::ui::style::plain;
use unicode_width::UnicodeWidthStr;

fn question() -> Question {
    Question {
        tenant: TenantShown {
            id: "11111111-2222-3333-4444-555555555555".into(),
            name: Some("Contoso GmbH".into()),
            domains: vec!["contoso.com".into(), "contoso.onmicrosoft.com".into()],
        },
        identity: "ada@contoso.com".into(),
        sheet: "guests.csv".into(),
        addresses: "46 addresses: 40 guests, 2 invalid, 4 not used".to_owned(),
        rows: 1_000,
        settings_file: "guestlist.toml (trusted)".into(),
        hosts: vec![
            "Graph is asked at http://127.0.0.1:8086 (from --graph-url), which is not a host of Microsoft".into(),
        ],
        landing: "intranet.contoso.com (from guestlist.toml:7)".into(),
        members: Some("people may be invited as Member instead of Guest, where the sheet says so (from --allow)".into()),
        new: 860,
        here: vec![
            (Outcome::ExistsPending, 70),
            (Outcome::ExistsAccepted, 45),
            (Outcome::ExistsDisabled, 0),
        ],
        unanswered: 0,
        not_invited: vec![
            ("the sheet is wrong there".into(), 20),
            ("the same person as another row, or corrected since".into(), 5),
        ],
        mail: MailPlan {
            mailed: 800,
            silent: 60,
            by: "Microsoft, in the name of Contoso GmbH".into(),
            languages: vec![("English".into(), 790), ("German".into(), 10)],
        },
        afterwards: Some("Firma for 800 rows and Gruppen for 860 rows".into()),
        unused_columns: vec![
            ("E-Mail privat".into(), 38),
            ("note".into(), 0),
            ("Abteilung".into(), 0),
        ],
        first_mail: Some(FirstMail {
            to: "zoe@example.org".into(),
            cc: Some("boss@contoso.com".into()),
            words: Words::These("Welcome, Zoë!\n\nPlease read the house rules before the first meeting, they are on the start page of the portal.".into()),
        }),
        problems: vec![RunErrorShown::sample()],
        warnings: vec![
            "row 10 is hidden in the workbook and is read like every other row".into(),
            "the custom words of 3 rows are dropped by Microsoft, because an app signs in and not a person".into(),
        ],
        takes: Some("about 2 min: 8 invitations a second".into()),
    }
}

fn answer(typed: &str) -> Answer {
    let mut shown = Vec::new();
    question().ask(&mut typed.as_bytes(), &mut shown).unwrap()
}

#[test]
fn everything_that_would_happen_is_shown() {
    let mut shown = Vec::new();
    question().ask(&mut "no\n".as_bytes(), &mut shown).unwrap();
    let shown = plain(&String::from_utf8(shown).unwrap());
    insta::assert_snapshot!(shown, @"
    Tenant        Contoso GmbH (contoso.com, 11111111-2222-3333-4444-555555555555)
    Signed in as  ada@contoso.com
    Sheet         guests.csv, 1,000 rows, 46 addresses: 40 guests, 2 invalid, 4 not
                  used
    Settings      guestlist.toml (trusted)
    Landing page  intranet.contoso.com (from guestlist.toml:7)
    Host          Graph is asked at http://127.0.0.1:8086 (from --graph-url), which
                  is not a host of Microsoft
    Member        people may be invited as Member instead of Guest, where the sheet
                  says so (from --allow)
    Mail          800 people get a mail from Microsoft, in the name of Contoso GmbH,
                  in English (790) and German (10); 60 are invited silently
    Afterwards    Firma for 800 rows and Gruppen for 860 rows
    Not used      E-Mail privat (38 addresses), note and Abteilung (returned in the
                  results)
    Takes         about 2 min: 8 invitations a second

          860  to invite
           70  already here  a guest, has not redeemed yet
           45  already here  a guest, has redeemed
           20  not invited   the sheet is wrong there
            5  not invited   the same person as another row, or corrected since

    Problems      rows 11 and 12: `Event team` is not an address or an object id
                    [GL140]

    warning: row 10 is hidden in the workbook and is read like every other row
    warning: the custom words of 3 rows are dropped by Microsoft, because an app
             signs in and not a person

    The first mail goes to zoe@example.org, cc boss@contoso.com with these words:
      | Welcome, Zoë!
      |
      | Please read the house rules before the first meeting, they are on the start
      | page of the portal.

    To invite 860 people, type the tenant's name (Contoso GmbH or contoso.com):
    ");
    assert!(shown.lines().all(|line| line.trim_end().width() <= 80));
}

#[test]
fn the_name_a_domain_or_the_id_is_a_yes() {
    for typed in [
        "Contoso GmbH\n",
        "  contoso  gmbh \r\n",
        "CONTOSO.com\n",
        "contoso.onmicrosoft.com\n",
        "11111111-2222-3333-4444-555555555555",
    ] {
        assert_eq!(answer(typed), Answer::Yes, "{typed:?}");
    }
}

#[test]
fn anything_else_sends_nothing() {
    for typed in [
        "",
        "\n",
        "y\n",
        "yes\n",
        "Contoso\n",
        "fabrikam.com\n",
        "\u{fffd}\n",
    ] {
        let Answer::No(why) = answer(typed) else {
            panic!("{typed:?} was taken for a yes");
        };
        assert!(why.contains("nothing was sent"), "{why}");
    }
    assert_eq!(
        answer("fabrikam\n"),
        Answer::No("\"fabrikam\" is not the name of this tenant, which is Contoso GmbH or contoso.com: nothing was sent".into())
    );
    assert!(matches!(answer(&"x".repeat(100_000)), Answer::No(why) if why.len() < 200));
}

#[test]
fn a_tenant_without_a_readable_name_is_known_by_its_id() {
    let id = "11111111-2222-3333-4444-555555555555";
    let question = Question {
        tenant: TenantShown {
            id: id.into(),
            ..TenantShown::default()
        },
        new: 1,
        ..Question::default()
    };
    assert!(question.text().contains(id));
    assert!(
        question
            .prompt()
            .contains("To invite 1 person, type the tenant's name (1111")
    );
    assert_eq!(
        question.judge(""),
        Answer::No("no name was typed, which means no: nothing was sent".into())
    );
    assert_eq!(question.judge(id), Answer::Yes);
    assert!(question.text().contains("everybody is invited silently"));
}

#[test]
fn without_a_mail_the_question_says_so() {
    let mut question = question();
    question.first_mail = None;
    question.mail = MailPlan {
        silent: question.new,
        ..MailPlan::default()
    };
    assert!(plain(&question.text()).ends_with("\nNo mail goes out.\n"));
    question.new = 0;
    question.unanswered = 2;
    let text = plain(&question.text());
    assert!(
        text.contains("        2  to settle     an earlier run asked"),
        "{text}"
    );
    assert!(
        text.contains("No mail goes out, except to people whose earlier"),
        "{text}"
    );
    assert!(
        question
            .prompt()
            .starts_with("To go on, type the tenant's name")
    );
    question.mail.mailed = 3;
    assert!(question.prompt().starts_with("To mail 3 people, type"));
}

#[test]
fn mail_of_ones_own_is_not_called_microsofts() {
    let mut question = question();
    question.first_mail = Some(FirstMail {
        to: "zoe@example.org".into(),
        cc: None,
        words: Words::OfOurs {
            sheet: "guests.csv".into(),
        },
    });
    let text = plain(&question.text());
    assert!(
        text.contains("`guestlist check guests.csv --preview 1`"),
        "{text}"
    );
    assert!(!text.contains("Microsoft's own words"), "{text}");
}

#[test]
fn a_sheet_cannot_write_on_the_screen_as_it_likes() {
    let mut question = question();
    question.unused_columns = vec![("\u{1b}[2Jgone".into(), 1)];
    question.first_mail = Some(FirstMail {
        to: "a@b.org\r\nTo: c".into(),
        cc: None,
        words: Words::These("hi \u{1b}]0;x\u{7} there\n".repeat(50)),
    });
    let text = question.text();
    assert!(!text.contains("\u{1b}[2J") && !text.contains('\u{7}') && !text.contains('\r'));
    assert!(plain(&text).contains("… 30 more lines"), "{text}");
}
