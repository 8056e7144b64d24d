//! What `check` says of a sheet as one JSON object.

use super::{
    CheckOptions,
    counts::{SheetCounts, count, needs_tenant},
};
use crate::{
    problem::Problem,
    sheet::{Refused, Row, Sheet},
    visible,
};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

pub(super) fn write(
    options: &CheckOptions,
    name: &str,
    opened: &std::result::Result<Sheet, Refused>,
    preview: Option<&Value>,
    out: &mut dyn Write,
    errors: &mut bool,
) -> io::Result<()> {
    let (encoding, delimiter, mapping) = match opened {
        Ok(sheet) => {
            let header = sheet.header();
            let mapping: Map<String, Value> = header
                .mapping
                .iter()
                .filter(|(field, _)| options.rules.allow.takes(*field))
                .map(|(field, column)| (field.word().to_owned(), json!(header.name(*column))))
                .collect();
            (
                json!(sheet.encoding()),
                json!(
                    header
                        .delimiter
                        .map(|delimiter| char::from(delimiter).to_string())
                ),
                Value::Object(mapping),
            )
        }
        Err(_) => (Value::Null, Value::Null, json!({})),
    };
    // Written piece by piece, so that the problems of a million rows need no memory; the counts are known last.
    write!(
        out,
        "{{\"sheet\":{},\"encoding\":{encoding},\"delimiter\":{delimiter},\"mapping\":{},\"problems\":[",
        visible::json(&json!(name).to_string()),
        visible::json(&mapping.to_string())
    )?;
    let mut first = true;
    let mut tell = |problem: Problem, _: Option<&Row>| {
        *errors |= problem.is_error();
        out.write_all(if first { b"\n" } else { b",\n" })?;
        first = false;
        let problem = serde_json::to_string(&problem).map_err(io::Error::from)?;
        out.write_all(visible::json(&problem).as_bytes())
    };
    let counts = match opened {
        Ok(sheet) => count(sheet, &options.rules, &mut tell)?,
        Err(refused) => refused
            .problems
            .iter()
            .cloned()
            .try_for_each(|problem| tell(problem, None))
            .map(|()| SheetCounts::default())?,
    };
    let addresses = serde_json::to_string(&counts.addresses)?;
    let needs_tenant = match opened {
        Ok(sheet) => json!(needs_tenant(sheet, &options.rules)),
        Err(_) => json!([]),
    };
    writeln!(
        out,
        "],\"rows\":{},\"addresses\":{addresses},\"needs_tenant\":{needs_tenant}{}{}}}",
        counts.rows,
        match &options.changed_addresses {
            Some(changed) => format!(
                ",\"changed_addresses\":{}",
                visible::json(&changed.to_string())
            ),
            None => String::new(),
        },
        match preview {
            Some(mails) => format!(",\"preview\":{}", visible::json(&mails.to_string())),
            None => String::new(),
        }
    )
}
