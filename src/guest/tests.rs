//! What a user would notice about understanding: who is invited, and what is said about the others.

use super::*;
use crate::sheet::{Sheet, SheetOptions};

fn understood_with(text: &str, rules: &Rules) -> Vec<Understood> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let sheet = Sheet::open(file.path(), &SheetOptions::default()).unwrap();
    let mut understanding = Understanding::new(&sheet, rules);
    sheet
        .rows()
        .unwrap()
        .map(|row| understanding.understand(&row.unwrap()))
        .collect()
}

fn understood(text: &str) -> Vec<Understood> {
    understood_with(text, &Rules::default())
}

/// `row verdict: CODE column; CODE column` for each row.
fn told(text: &str) -> Vec<String> {
    let tell = |row: Understood| {
        let verdict = match row.verdict {
            RowVerdict::Guest(guest) => guest.email.as_str().to_owned(),
            RowVerdict::Duplicate { of_row, .. } => format!("duplicate of {of_row}"),
            RowVerdict::Invalid => "invalid".to_owned(),
        };
        let problems: Vec<String> = row
            .problems
            .iter()
            .map(|p| format!("{} {}", p.code, p.column.as_deref().unwrap_or("-")))
            .collect();
        format!("{} {verdict}: {}", row.row, problems.join("; "))
            .trim_end_matches(": ")
            .to_owned()
    };
    understood(text).into_iter().map(tell).collect()
}

fn only_guest(text: &str) -> Guest {
    match understood(text).remove(0) {
        Understood {
            verdict: RowVerdict::Guest(guest),
            ..
        } => *guest,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_row_becomes_a_guest() {
    let guest = only_guest(
        "email,display_name,redirect_url,send,message,language,cc,sponsors,first_name,last_name,company,department,job_title,usage_location\n\
         Anna@Example.org,Anna Meier 🙂,https://x.example.org/,no,,de_de,bo@example.org,eva@contoso.com;group:Desk,Anna,Meier,Fabrikam,Sales,CEO,de\n",
    );
    assert_eq!(guest.email.as_str(), "Anna@Example.org");
    assert_eq!(guest.display_name.as_deref(), Some("Anna Meier 🙂"));
    assert_eq!(
        guest.redirect_url.as_deref(),
        Some("https://x.example.org/")
    );
    assert_eq!(
        (guest.send, guest.language.as_deref()),
        (Some(false), Some("de-DE"))
    );
    assert_eq!(guest.cc.unwrap().as_str(), "bo@example.org");
    assert_eq!(
        guest.sponsors,
        [
            SponsorRef::Address("eva@contoso.com".into()),
            SponsorRef::Group("Desk".into())
        ]
    );
    assert_eq!(guest.profile.job_title.as_deref(), Some("CEO"));
    assert_eq!(guest.profile.usage_location.as_deref(), Some("DE"));
    assert_eq!(guest.user_type, None);
}

#[test]
fn a_name_is_made_of_its_parts_where_it_is_missing() {
    let rows = understood(
        "email,display_name,Vorname,Nachname\na@x.org,,Anna,Meier\nb@x.org,Bo,B,C\nc@x.org,,,\n",
    );
    let names: Vec<_> = rows.iter().map(|row| row.display_name.as_deref()).collect();
    assert_eq!(names, [Some("Anna Meier"), Some("Bo"), None]);
}

#[test]
fn the_later_row_is_a_duplicate_of_the_earlier_valid_one() {
    let text = "email,send\nANNA@x.org,perhaps\nanna@x.org,yes\nAnna@X.org,no\n Anna@x.org ,no\nmailto:bo@x.org,no\nbo@x.org,yes\n";
    assert_eq!(
        told(text),
        [
            "2 invalid: GL131 send",
            "3 anna@x.org",
            "4 duplicate of 3: GL120 email",
            "5 duplicate of 3: GL113 email; GL120 email",
            "6 bo@x.org: GL113 email",
            "7 duplicate of 6: GL120 email"
        ]
    );
}

#[test]
fn all_problems_of_a_row_are_told_at_once() {
    let text = "email,send,redirect_url,language,cc,sponsors,usage_location\nanna@,vielleicht,portal,english please,\"a@x.org,b@x.org\",Eva,Utopia\n";
    let expected = "2 invalid: GL102 email; GL130 redirect_url; GL131 send; GL134 language; GL137 cc; GL140 sponsors; GL145 usage_location";
    assert_eq!(told(text), [expected]);
}

#[test]
fn messages_are_measured_in_characters() {
    let long = |length: usize| format!("email,message\na@x.org,{}\n", "ü".repeat(length));
    assert_eq!(told(&long(500)), ["2 a@x.org"]);
    assert_eq!(told(&long(501)), ["2 a@x.org: GL132 message"]);
    assert_eq!(told(&long(2001)), ["2 invalid: GL133 message"]);
}

#[test]
fn an_unquoted_comma_in_the_last_message_is_put_together_and_elsewhere_refused() {
    let guest = only_guest("email,message\na@x.org,Hello, and welcome, Anna\n");
    assert_eq!(guest.message.as_deref(), Some("Hello, and welcome, Anna"));
    assert_eq!(
        told("email;message\na@x.org;Hello; you;;\n"),
        ["2 a@x.org: GL117 message"]
    );
    assert_eq!(
        told("email,message,company\na@x.org,Hello, and welcome,Fabrikam\n"),
        ["2 invalid: GL116 D"]
    );
    assert_eq!(
        told("email,name\na@x.org,Anna,,,\n"),
        ["2 a@x.org: GL209 -"]
    );
    assert_eq!(told("email,name,,,\na@x.org,Anna,,,\n"), ["2 a@x.org"]);
}

#[test]
fn what_is_not_the_message_never_becomes_a_part_of_it() {
    // A column without a name, as spreadsheet programs leave it behind.
    let guest = only_guest("email,message,\na@x.org,Welcome,ask Bob first\n");
    assert_eq!(guest.message.as_deref(), Some("Welcome"));
    assert_eq!(told("email,name,\na@x.org,Anna,note\n"), ["2 a@x.org"]);
    // Whoever quotes one text would have quoted the other.
    assert_eq!(
        told("email,message\na@x.org,\"Welcome, Anna\",ask Bob first\n"),
        ["2 invalid: GL116 C"]
    );
}

#[test]
fn access_and_power_only_where_they_are_allowed() {
    let text = "email,user_type,manager,groups\na@x.org,Member,eva@x.org,Sales;Ops\n";
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let sheet = Sheet::open(file.path(), &SheetOptions::default()).unwrap();
    let hints = Understanding::new(&sheet, &Rules::default()).sheet_hints();
    let columns: Vec<_> = hints
        .iter()
        .filter_map(|hint| hint.column.as_deref())
        .collect();
    assert_eq!(columns, ["user_type", "manager", "groups"]);
    let plain = only_guest(text);
    assert_eq!(
        (plain.user_type, plain.manager, plain.groups.len()),
        (None, None, 0)
    );
    let rules = Rules {
        allow: Allow {
            member: true,
            manager: true,
            groups: true,
        },
        ..Rules::default()
    };
    let RowVerdict::Guest(guest) = understood_with(text, &rules).remove(0).verdict else {
        panic!("not a guest");
    };
    assert_eq!(guest.user_type, Some(UserType::Member));
    assert_eq!(guest.manager, Some(ManagerRef::Address("eva@x.org".into())));
    assert_eq!(guest.groups, ["Sales", "Ops"]);
}

#[test]
fn hints_never_block() {
    let text = "email,display_name,send,message,cc\n\
        anna@gmial.com,,,,\ninfo@x.org,,,,\nbo@mailinator.com,,,,\nc@x.org,Аnna,,,\nc.d@gmail.com,,,,\ncd@googlemail.com,,,,\n\
        e@x.org,,no,Hello,\nf@x.org,,,,F@x.org\ng@x.org,,,<b>Hi</b>,\nh@x.org,,,5 < 6 and a<b,\n";
    assert_eq!(
        told(text),
        [
            "2 anna@gmial.com: GL201 email",
            "3 info@x.org: GL202 email",
            "4 bo@mailinator.com: GL203 email",
            "5 c@x.org: GL204 display_name",
            "6 c.d@gmail.com",
            "7 cd@googlemail.com: GL205 email",
            "8 e@x.org: GL206 message",
            "9 f@x.org: GL207 cc",
            "10 g@x.org: GL208 message",
            "11 h@x.org"
        ]
    );
}

#[test]
fn a_row_without_an_address_and_a_broken_one_are_told() {
    let text = "email,name\n,Anna\na@x.org,A\0B\nb@x.org,\"two\nlines\"\n";
    assert_eq!(
        told(text),
        [
            "2 invalid: GL101 email",
            "3 invalid: GL115 name",
            "4 b@x.org: GL149 name"
        ]
    );
    let swallowed = "email,message\na@x.org,\"Hello\nb@x.org,\"Hi\"\n";
    assert_eq!(told(swallowed), ["2 invalid: GL114 message"]);
}

#[test]
fn every_code_is_in_use_and_in_order() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let read_all = |folder: &str| -> String {
        let files = std::fs::read_dir(source.join(folder))
            .unwrap()
            .map(|file| file.unwrap().path());
        let code = files.filter(|path| {
            let name = path.file_name().unwrap();
            path.is_file() && name != "catalogue.rs" && name != "tests.rs"
        });
        code.map(|path| std::fs::read_to_string(path).unwrap())
            .collect()
    };
    let users = read_all("sheet")
        + &read_all("sheet/workbook")
        + &read_all("guest")
        + &read_all("guest/address_accounting");
    let words: Vec<&str> = users
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect();
    for (folder, entries) in [
        ("sheet", crate::sheet::catalogue::ENTRIES),
        ("guest", catalogue::ENTRIES),
    ] {
        let table = std::fs::read_to_string(source.join(folder).join("catalogue.rs")).unwrap();
        assert!(entries.is_sorted_by(|a, b| a.code < b.code), "{folder}");
        for entry in entries {
            let line = table
                .lines()
                .find(|line| line.contains(&format!("= \"{}\"", entry.code)))
                .unwrap();
            let name = line.split_whitespace().next().unwrap();
            let used = words.iter().filter(|word| **word == name).count();
            // Once in a `use`, and at least once more.
            assert!(used > 1, "{name} ({}) is never used", entry.code);
        }
    }
}
