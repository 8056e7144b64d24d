//! The page as a whole: its words, and that nothing on it acts.

use super::*;
use crate::{
    events::{Slice, Traffic, Waits},
    outcome::{GuestState, Mail, Outcome, RowResult, ThisRun, Verified},
    own_files::{REPORT_MARK, Rehearsal},
    problem::Entry,
    ui::{GuestGroup, StatusShown},
};
use jiff::Timestamp;
use proptest::prelude::*;

const LINK: &str = "https://login.microsoftonline.com/redeem?rd=https%3a%2f%2finvitations.microsoft.com%2f%3ftenant%3d1";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn about(with_links: bool) -> About {
    About {
        tenant: Some((
            Some("Contoso".into()),
            "11111111-2222-3333-4444-555555555555".into(),
        )),
        ledger: "guestlist.db".into(),
        now: at("2026-11-26T06:00:00Z"),
        version: "0.1.0",
        with_links,
    }
}

fn facts() -> RunFacts {
    RunFacts {
        id: "20261126-020000-7f3a".into(),
        sheet: Some("hr/externals.xlsx".into()),
        started_at: at("2026-11-26T02:00:00Z"),
        ended_at: Some(at("2026-11-26T02:03:20Z")),
        exit_code: Some(8),
        stopped_by: Some("daily-cap".into()),
        requests: Some(14),
        traffic: traffic(),
        mails_requested: 1,
        to_fix: Some("hr/externals.to-fix.xlsx".into()),
        ..RunFacts::default()
    }
}

fn results() -> Vec<RowResult> {
    let row = |row, outcome, email: &str| RowResult {
        display_name: Some(format!("Guest {row}")),
        ..RowResult::new(row, outcome, email)
    };
    vec![
        RowResult {
            redeem_url: Some(LINK.to_owned().into()),
            mail: Some(Mail::Requested),
            invited_at: Some(at("2026-11-26T02:00:05Z")),
            this_run: Some(ThisRun::Invited),
            verified: Some(Verified::Found),
            redemption: Some("PendingAcceptance".into()),
            ..row(2, Outcome::Invited, "ana@partner.example")
        },
        RowResult {
            error_code: Some("GL102; GL999".into()),
            error: Some("not an e-mail address: there is no @; another".into()),
            hint: Some("correct the address".into()),
            ..row(3, Outcome::Invalid, "bob.partner.example")
        },
        RowResult {
            hint: Some("has redeemed; nothing was sent, see `guestlist status`".into()),
            redemption: Some("Accepted".into()),
            ..row(4, Outcome::ExistsAccepted, "cleo@partner.example")
        },
        row(5, Outcome::NotAttempted, "dan@supplier.example"),
    ]
}

fn catalogue(code: &str) -> Option<&'static Entry> {
    const ENTRY: Entry = Entry {
        code: "GL102",
        title: "not an e-mail address",
        meaning: "An address has exactly one @.",
        fix: "Correct the cell.",
        who: "whoever made the sheet",
    };
    (code == ENTRY.code).then_some(&ENTRY)
}

fn second(seconds: u32) -> Timestamp {
    at(&format!(
        "2026-11-26T02:{:02}:{:02}Z",
        seconds / 60,
        seconds % 60
    ))
}

fn traffic() -> Traffic {
    let mut traffic = Traffic::default();
    traffic.throttled("invitation", second(130), Some(3));
    traffic.throttled("read", second(131), None);
    traffic.throttled("token", second(131), None);
    let waits = |count, seconds| Waits { count, seconds };
    traffic.waits = [
        ("retry-after".to_owned(), waits(1, 12.5)),
        ("settle".to_owned(), waits(1, 3.0)),
    ]
    .into();
    traffic.timeline.slices = vec![
        Slice {
            from: second(130),
            throttled: 2,
            waited: [("retry-after".to_owned(), 9.0)].into(),
        },
        Slice {
            from: second(140),
            throttled: 0,
            waited: [("retry-after".to_owned(), 3.5), ("settle".to_owned(), 3.0)].into(),
        },
    ];
    traffic
}

fn chart() -> Option<Chart> {
    Chart::of(&[second(5), second(6), second(125)], &traffic())
}

fn redemption() -> Redemption {
    Redemption::of(
        &StatusShown {
            read_at: Some(at("2026-11-26T05:00:00Z")),
            people: 3,
            states: vec![(GuestState::Accepted, 1), (GuestState::Pending, 2)],
            ages: vec![("7 to 13 days", 2)],
            domains: vec![GuestGroup {
                name: "partner.example".into(),
                people: 3,
                pending: 2,
                accepted: 1,
            }],
            more_domains: 4,
            ..StatusShown::default()
        },
        "guestlist status --run last",
    )
}

fn page_of(about: &About, facts: &RunFacts, results: &[RowResult]) -> String {
    let mut tally = Tally::default();
    for result in results {
        tally.add(result);
    }
    let page = Page::of_run(about, facts, &tally, &catalogue, chart(), redemption());
    let mut html = HtmlPage::begin(Vec::new(), &page).unwrap();
    for result in results {
        let state = (result.row == 4).then_some((GuestState::Accepted, None));
        html.row(&Row::of_run(result, state, about.with_links))
            .unwrap();
    }
    String::from_utf8(html.finish().unwrap()).unwrap()
}

/// The page without what never changes.
fn without_style_and_script(page: &str) -> String {
    let mut rest = page.to_owned();
    for (from, to) in [
        ("<style>", "</style>"),
        ("<script>", "</script>"),
        ("sha256-", "'"),
    ] {
        while let Some(start) = rest.find(from) {
            let end = rest[start..].find(to).unwrap() + start;
            rest.replace_range(start..end, "…");
        }
    }
    rest
}

#[test]
fn the_page_of_a_small_run() {
    let page = page_of(&about(false), &facts(), &results());
    assert!(page[..1024].contains(REPORT_MARK));
    insta::assert_snapshot!(without_style_and_script(&page));
}

#[test]
fn a_dry_run_a_practice_run_and_a_killed_run_say_so() {
    let said = |facts: &RunFacts| page_of(&about(false), facts, &results());
    let rehearsal = |dry_run, practice| RunFacts {
        rehearsal: Rehearsal { dry_run, practice },
        ..facts()
    };
    assert!(said(&rehearsal(true, false)).contains("This was a dry run"));
    assert!(said(&rehearsal(false, true)).contains("This was practice"));
    let killed = RunFacts {
        ended_at: None,
        ..facts()
    };
    assert!(said(&killed).contains("was killed, or is still under way"));
    assert!(!said(&facts()).contains("class=\"notice\""));
}

#[test]
fn links_are_masked_unless_they_were_asked_for() {
    let masked = page_of(&about(false), &facts(), &results());
    assert!(!masked.contains("login.microsoftonline.com") && !masked.contains("rd="));
    assert!(masked.contains("<td>masked</td>"));
    let shown = page_of(&about(true), &facts(), &results());
    let link = minijinja::HtmlEscape(LINK).to_string();
    assert!(shown.contains(&format!(
        "<a href=\"{link}\" target=\"_blank\" rel=\"noopener noreferrer\">open</a>"
    )));
    // What is no link of a server is shown nowhere.
    let mut odd = results();
    odd[0].redeem_url = Some("javascript:alert(1)".to_owned().into());
    let page = page_of(&about(true), &facts(), &odd);
    assert!(!page.contains("javascript:") && page.contains("<td>masked</td>"));
}

/// Every place from which a browser would fetch something.
fn places(page: &str) -> Vec<String> {
    let attributes = [
        "src=", "href=", "action=", "srcset=", "data=", "poster=", "url(", "@import",
    ];
    let mut found = Vec::new();
    for attribute in attributes {
        for (at, _) in page.match_indices(attribute) {
            let value: String = page[at + attribute.len()..].chars().take(60).collect();
            found.push(format!("{attribute}{value}"));
        }
    }
    found
}

#[test]
fn nothing_is_fetched_from_anywhere() {
    let page = page_of(&about(false), &facts(), &results());
    let mut places = places(&page);
    places.retain(|place| {
        !place.starts_with("href=\"#table\"") && !place.starts_with("href=\"data:,\"")
    });
    assert_eq!(places, Vec::<String>::new());
    assert!(
        !page.contains("http:") && !page.contains("https:"),
        "no address of a server at all"
    );
    assert!(page.contains("default-src 'none'"));
    // The policy allows no style in an attribute, and no script but ours.
    assert!(!page.contains(" style=") && !page.contains(" onclick"));
    assert_eq!(page.matches("<script").count(), 1);
}

/// Texts that have broken pages before, in a list of our own.
const HOSTILE: [&str; 24] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><svg onload=alert(1)>",
    "</title><h1>x",
    "</td></tr></table><img src=x onerror=alert(1)>",
    "<!-- ",
    "-->",
    "<![CDATA[",
    "]]>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='alert(1)",
    "`onload=alert(1)`",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; &#60;b&#62;",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "${alert(1)} <%= 7 %>",
    "=HYPERLINK(\"https://evil.example\")",
    "a\u{202e}gnp.exe\u{200b}\u{feff}",
    "a\u{0}b\u{7}c\u{1b}[31m\r\nd\te\u{2028}",
    "Ω≈ç√ 田中さん שלום مرحبا 👩‍👩‍👧 Z\u{351}\u{336}algo",
    "\u{fffe}\u{ffff}\u{fdd0}",
    "<a href=https://evil.example>click</a>",
    "<meta http-equiv=refresh content=0;url=https://evil.example>",
    "",
];

/// How many tags a page has, by their names.
fn tags(page: &str) -> usize {
    let is_tag =
        |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
    page.match_indices('<')
        .filter(|(at, _)| is_tag(&page[at + 1..]))
        .count()
}

/// A page whose every field holds a text that others wrote.
fn full_of(text: &str) -> String {
    let result = |row, outcome| RowResult {
        display_name: Some(text.into()),
        user_id: Some(text.into()),
        redemption: Some(text.into()),
        // Several codes of a row make several problems.
        error_code: Some(text.replace("; ", ";")),
        error: Some(text.into()),
        hint: Some(text.into()),
        request_id: Some(text.into()),
        redeem_url: Some(text.to_owned().into()),
        ..RowResult::new(row, outcome, text)
    };
    let facts = RunFacts {
        id: text.into(),
        sheet: Some(text.into()),
        stopped_by: Some(text.into()),
        to_fix: Some(text.into()),
        ..facts()
    };
    let about = About {
        tenant: Some((Some(text.into()), text.into())),
        ledger: text.into(),
        ..about(true)
    };
    page_of(
        &about,
        &facts,
        &[result(2, Outcome::Refused), result(3, Outcome::Invited)],
    )
}

#[test]
fn hostile_texts_are_shown_as_texts() {
    let harmless = tags(&full_of("x").replace("<code>", "").replace("</code>", ""));
    for text in HOSTILE {
        let page = full_of(text);
        let page = page.replace("<code>", "").replace("</code>", "");
        let empty = text.is_empty();
        assert!(
            empty || tags(&page) == harmless,
            "{text:?} made or broke a tag"
        );
        assert!(!page.contains(crate::visible::is_hidden), "{text:?}");
        let shown = crate::visible::visible_line(text);
        let escaped = minijinja::HtmlEscape(&shown).to_string();
        assert!(
            page.contains(&escaped) || text.contains('`'),
            "{text:?} is not shown"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_tag_or_an_attribute(text in "([<>\"'&`/!={}%#;-]|[a-z]|\\PC|\\p{Cc}){0,40}") {
        let page = full_of(&format!("x{text}"));
        let harmless = full_of("x");
        let plain = |page: &str| page.replace("<code>", "").replace("</code>", "");
        prop_assert_eq!(tags(&plain(&page)), tags(&plain(&harmless)));
        prop_assert_eq!(plain(&page).matches('"').count(), plain(&harmless).matches('"').count());
        prop_assert!(!page.contains(crate::visible::is_hidden));
    }
}

#[test]
fn a_drawing_has_few_bars_and_loses_nobody() {
    for (count, apart) in [
        (2u32, 1i64),
        (100, 1),
        (100, 3_600),
        (3, 90 * 86_400),
        (2, 40_000 * 86_400),
    ] {
        let moments: Vec<Timestamp> = (0..count)
            .map(|n| Timestamp::from_second(i64::from(n) * apart).unwrap())
            .collect();
        let chart = Chart::of(&moments, &Traffic::default()).unwrap();
        let chart = serde_json::to_value(chart).unwrap();
        let bars = chart["numbers"].as_array().unwrap();
        assert!(bars.len() <= 61, "{}", bars.len());
        let total: u64 = bars
            .iter()
            .map(|bar| bar["invited"].as_str().unwrap().parse::<u64>().unwrap())
            .sum();
        assert_eq!(total, u64::from(count));
    }
    assert!(Chart::of(&[], &Traffic::default()).is_none());
    assert!(Chart::of(&[second(1); 5], &Traffic::default()).is_none());
}

#[test]
fn the_drawing_and_the_sentence_count_the_same_throttles_and_waits() {
    let page = page_of(&about(false), &facts(), &results());
    assert!(page.contains("Graph asked to slow down 2 times; the run waited"));
    assert!(page.contains("UTC; Graph asked to slow down 2 times.</p>"));
    assert!(page.contains("</span> Graph asked to slow down 2 times</p>"));
    assert!(page.contains("</span> waited 12.5 s as the server asked</p>"));
    assert!(page.contains("</span> it took 3 s to find out what became of lost answers"));
    let chart = serde_json::to_value(chart().unwrap()).unwrap();
    let sum = |key: &str| -> f64 {
        let lines = chart["numbers"].as_array().unwrap().iter();
        lines
            .map(|line| line[key].as_str().unwrap().trim_end_matches(" s"))
            .map(|number| number.parse::<f64>().unwrap())
            .sum()
    };
    assert_eq!((sum("invited"), sum("throttled")), (3.0, 2.0));
    // Rows that are settled keep nobody waiting.
    assert!((sum("waited") - 12.5).abs() <= 1.0);
}
