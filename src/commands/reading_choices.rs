//! How a person said that a sheet is to be read, remembered with the run: the next command that reads the sheet takes
//! the same choices where nothing else is said, and says so.
//!
//! Must not remember what the program detected by itself, such as the encoding: it is detected again.

use super::sheet_options::sheet_options;
use crate::{
    ledger::{Ledger, Reading},
    one_word::OneWord,
    settings::Settings,
    sheet::{Field, Hidden, SheetOptions},
    ui,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The choices, as the ledger keeps them.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Choices {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    map: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignore: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delimiter: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sheet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_row: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden: Option<String>,
}

/// What is to be remembered of a sheet that was read with these options; none where nobody chose anything.
pub(super) fn to_remember(options: &SheetOptions) -> Option<String> {
    let choices = Choices {
        map: options
            .map
            .iter()
            .map(|(field, column)| (field.word().to_owned(), column.clone()))
            .collect(),
        ignore: options.ignore.clone(),
        encoding: options.encoding.clone(),
        delimiter: options.delimiter,
        sheet: options.sheet.clone(),
        header_row: options.header_row,
        hidden: options.hidden.map(|hidden| hidden.word()),
    };
    (choices != Choices::default())
        .then(|| serde_json::to_string(&choices).ok())
        .flatten()
}

fn remembered(choices: &str) -> SheetOptions {
    let choices: Choices = serde_json::from_str(choices).unwrap_or_default();
    SheetOptions {
        map: choices
            .map
            .into_iter()
            .filter_map(|(field, column)| Some((Field::from_word(&field)?, column)))
            .collect(),
        ignore: choices.ignore,
        encoding: choices.encoding,
        delimiter: choices.delimiter,
        sheet: choices.sheet,
        header_row: choices.header_row,
        hidden: choices
            .hidden
            .and_then(|word| Hidden::from_word(&word).ok()),
    }
}

/// How a sheet is to be read: as the settings say, and otherwise as an earlier run read it. `told` is the message about the
/// latter.
pub(super) struct Chosen {
    pub options: SheetOptions,
    pub told: Option<String>,
}

/// For a sheet that a person names: what the newest run that read it remembers counts too.
pub(super) fn of_sheet(settings: &Settings, typed: &Path) -> Chosen {
    let ledger = &settings.invite.ledger.value;
    let place = typed.canonicalize().ok();
    // A ledger that cannot be read is reported when it is opened.
    let reading = place.and_then(|place| Ledger::reading_of(ledger, &place.display().to_string()));
    chosen(settings, reading)
}

/// For the sheet of a run.
pub(super) fn of_run(settings: &Settings, run: &str, choices: Option<&str>) -> Chosen {
    let reading = choices.map(|choices| Reading {
        run: run.to_owned(),
        choices: choices.to_owned(),
        is_to_fix: false,
    });
    chosen(settings, reading)
}

fn chosen(settings: &Settings, reading: Option<Reading>) -> Chosen {
    let typed = sheet_options(settings);
    let Some(reading) = reading else {
        return Chosen {
            options: typed,
            told: None,
        };
    };
    let mut before = remembered(&reading.choices);
    if reading.is_to_fix {
        // A to-fix file has the sheet's columns, and its own dialect.
        before = SheetOptions {
            map: before.map,
            ignore: before.ignore,
            ..SheetOptions::default()
        };
    }
    // A choice that is given now replaces the remembered one.
    before
        .map
        .retain(|(field, _)| !typed.map.iter().any(|(said, _)| said == field));
    if !typed.ignore.is_empty() {
        before.ignore.clear();
    }
    before.encoding = before.encoding.filter(|_| typed.encoding.is_none());
    before.delimiter = before.delimiter.filter(|_| typed.delimiter.is_none());
    before.sheet = before.sheet.filter(|_| typed.sheet.is_none());
    before.header_row = before.header_row.filter(|_| typed.header_row.is_none());
    before.hidden = before.hidden.filter(|_| typed.hidden.is_none());
    let added = as_flags(&before);
    let told = (!added.is_empty()).then(|| {
        format!(
            "the sheet is read as run {} read {}: {added} (say otherwise with the same flags)",
            reading.run,
            if reading.is_to_fix {
                "the one that it comes from"
            } else {
                "it"
            }
        )
    });
    let mut map = typed.map;
    map.extend(before.map);
    let options = SheetOptions {
        map,
        ignore: [typed.ignore, before.ignore].concat(),
        encoding: typed.encoding.or(before.encoding),
        delimiter: typed.delimiter.or(before.delimiter),
        sheet: typed.sheet.or(before.sheet),
        header_row: typed.header_row.or(before.header_row),
        hidden: typed.hidden.or(before.hidden),
    };
    Chosen { options, told }
}

/// The choices as a person would type them.
pub(super) fn as_flags(options: &SheetOptions) -> String {
    let mut flags: Vec<String> = options
        .map
        .iter()
        .map(|(field, column)| format!("--map {field}=\"{column}\""))
        .collect();
    flags.extend(
        options
            .ignore
            .iter()
            .map(|column| format!("--ignore \"{column}\"")),
    );
    let mut flag = |name: &str, value: Option<String>| {
        flags.extend(value.map(|value| format!("--{name} {value}")));
    };
    flag("encoding", options.encoding.clone());
    flag(
        "delimiter",
        options.delimiter.map(|byte| match byte {
            b'\t' => "tab".to_owned(),
            other => format!("\"{}\"", char::from(other)),
        }),
    );
    flag(
        "sheet",
        options.sheet.as_ref().map(|tab| format!("\"{tab}\"")),
    );
    flag("header-row", options.header_row.map(|row| row.to_string()));
    flag("hidden", options.hidden.map(|hidden| hidden.word()));
    flags.join(" ")
}

/// Says which choices of an earlier run count.
pub(super) fn tell(told: Option<&String>) {
    if let Some(told) = told {
        ui::tell(ui::text::wrap(told, 0, 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_come_back_as_they_were() {
        let options = SheetOptions {
            map: vec![(Field::Email, "E-Mail \"privat\"".into())],
            ignore: vec!["Ansprechpartner".into()],
            encoding: Some("windows-1252".into()),
            delimiter: Some(b';'),
            sheet: Some("Gäste".into()),
            header_row: Some(3),
            hidden: Some(Hidden::Skip),
        };
        assert_eq!(remembered(&to_remember(&options).unwrap()), options);
        assert_eq!(to_remember(&SheetOptions::default()), None);
        assert_eq!(
            as_flags(&options),
            "--map email=\"E-Mail \"privat\"\" --ignore \"Ansprechpartner\" --encoding windows-1252 --delimiter \";\" --sheet \"Gäste\" --header-row 3 --hidden skip"
        );
    }
}
