//! Which column is understood as which field.

use super::*;
use crate::own_files::RESULT_COLUMNS;

fn header(names: &str, map: &[(Field, &str)]) -> (Header, Vec<Problem>) {
    let names = names.split('|').map(str::to_owned).collect();
    let map: Vec<_> = map
        .iter()
        .map(|(field, name)| (*field, (*name).to_owned()))
        .collect();
    understand(names, 1, 1, &map, &[])
}

fn mapping(names: &str) -> String {
    let (header, problems) = header(names, &[]);
    assert!(
        problems.iter().all(|problem| !problem.is_error()),
        "{problems:?}"
    );
    let mapped: Vec<String> = header
        .mapping
        .iter()
        .map(|(field, column)| format!("{field}={column}"))
        .collect();
    mapped.join(" ")
}

#[test]
fn notes_are_never_the_message() {
    assert_eq!(mapping("email|note|Kommentar|_problem|Team"), "email=0");
    let (header, _) = header("email|note|_problem|Team", &[]);
    assert_eq!(header.unused().collect::<Vec<_>>(), ["note", "Team"]);
}

#[test]
fn a_bare_name_is_what_its_neighbours_leave() {
    assert_eq!(mapping("Name|Email"), "email=1 display_name=0");
    assert_eq!(
        mapping("Name|Vorname|E-Mail"),
        "email=2 first_name=1 last_name=0"
    );
    assert_eq!(
        mapping("Nome|Cognome|E-mail"),
        "email=2 first_name=0 last_name=1"
    );
}

#[test]
fn two_columns_for_one_field_are_named_and_map_decides() {
    let (_, problems) = header("email|Company|Firma", &[]);
    assert_eq!(problems.len(), 1);
    assert!(
        problems[0]
            .message
            .contains("`Company` (B) and `Firma` (C)"),
        "{}",
        problems[0].message
    );
    let (header, problems) = header("E-Mail|Mail|Name", &[(Field::Email, "mail")]);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(header.column_of(Field::Email), Some(1));
    assert_eq!(header.unused().collect::<Vec<_>>(), ["E-Mail"]);
}

#[test]
fn without_an_address_column_the_nearest_is_offered() {
    let problem = no_address_column(&["Vorname".to_owned(), "E-Mail privat".to_owned()]);
    assert!(problem.message.contains("`Vorname`, `E-Mail privat`"));
    assert!(
        problem.fix.contains("--map email=\"E-Mail privat\""),
        "{}",
        problem.fix
    );
}

#[test]
fn a_results_file_is_read_by_the_sheets_own_columns() {
    let own = RESULT_COLUMNS.join("|");
    assert_eq!(
        mapping(&format!("{own}|E-Mail|Name")),
        "email=18 display_name=19"
    );
    assert_eq!(
        mapping(&format!("{own}|sheet_email|sheet_display_name|company")),
        "email=18 display_name=19 company=20"
    );
    assert_eq!(mapping(&own), "email=2 display_name=3");
    // As earlier versions wrote it.
    let own = "row|outcome|email|display_name|user_id|redeem_url|redemption|mail|error_code|error|hint|invited_at|this_run|verified|follow_up|request_id";
    assert_eq!(
        mapping(&format!("{own}|E-Mail|Name")),
        "email=16 display_name=17"
    );
}

#[test]
fn a_to_fix_file_as_wide_as_our_results_is_not_one_of_them() {
    let own = "email|display_name|company|a|b|c|d|e|f|g|h|i|_row|_code|_problem|_fix";
    assert_eq!(mapping(own), "email=0 display_name=1 company=2");
}

#[test]
fn a_map_to_nowhere_names_the_nearest() {
    let (_, problems) = header("email|Sprache2", &[(Field::Language, "Sprach2")]);
    assert_eq!(problems[0].suggestion.as_deref(), Some("Sprache2"));
}
