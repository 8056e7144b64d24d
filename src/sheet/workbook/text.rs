//! A cell's value as a person reads it.
//!
//! Must not show a number as a machine would: 491701234567 is a telephone number, not 4.9e11.

use calamine::{Data, DataRef, ExcelDateTime};

pub(super) fn of(value: &Data) -> String {
    match value {
        Data::Int(number) => number.to_string(),
        Data::Float(number) => float(*number),
        Data::String(text) => text.clone(),
        Data::DurationIso(text) => duration(text),
        Data::Bool(value) => truth(*value).to_owned(),
        Data::DateTime(time) => date_time(time),
        Data::DateTimeIso(text) => iso(text),
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

pub(super) fn of_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => float(*number),
        DataRef::String(text) => text.clone(),
        DataRef::DurationIso(text) => duration(text),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => truth(*value).to_owned(),
        DataRef::DateTime(time) => date_time(time),
        DataRef::DateTimeIso(text) => iso(text),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// Spreadsheets compute with 15 digits, so that is what a person sees of 0.1 + 0.2.
fn float(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < 1e15 {
        return format!("{number:.0}");
    }
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

fn date_time(time: &ExcelDateTime) -> String {
    let value = time.as_f64();
    if time.is_duration() {
        let seconds = (value * 86_400.0).round() as u64;
        return format!(
            "{}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        );
    }
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    let clock = if second == 0 {
        format!("{hour:02}:{minute:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}")
    };
    match (value < 1.0, value.fract() == 0.0) {
        (true, _) => clock,
        (false, true) => format!("{year:04}-{month:02}-{day:02}"),
        (false, false) => format!("{year:04}-{month:02}-{day:02} {clock}"),
    }
}

/// A day without a time of day.
fn iso(text: &str) -> String {
    let text = text.strip_suffix("T00:00:00").unwrap_or(text);
    text.replacen('T', " ", 1)
}

/// A time of day or a duration as OpenDocument writes it: `PT09H30M00S`.
fn duration(text: &str) -> String {
    let parts = || {
        let (hours, rest) = text.strip_prefix("PT")?.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S')?.split(['.', ',']).next()?;
        let number = |digits: &str| digits.parse::<u32>().ok();
        Some((number(hours)?, number(minutes)?, number(seconds)?))
    };
    match parts() {
        Some((hours @ 0..24, minutes, 0)) => format!("{hours:02}:{minutes:02}"),
        Some((hours, minutes, seconds)) => format!("{hours}:{minutes:02}:{seconds:02}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn numbers_and_times_are_read_as_people_read_them() {
        let floats = [1.0, 491_701_234_567.0, 0.1 + 0.2, -2.5, 1e20].map(float);
        assert_eq!(
            floats,
            ["1", "491701234567", "0.3", "-2.5", "100000000000000000000"]
        );
        let at = |value, kind| date_time(&ExcelDateTime::new(value, kind, false));
        assert_eq!(at(46_082.0, ExcelDateTimeType::DateTime), "2026-03-01");
        assert_eq!(
            at(46_082.5, ExcelDateTimeType::DateTime),
            "2026-03-01 12:00"
        );
        assert_eq!(at(0.25, ExcelDateTimeType::DateTime), "06:00");
        assert_eq!(at(1.5, ExcelDateTimeType::TimeDelta), "36:00:00");
        assert_eq!(iso("2026-03-01T00:00:00"), "2026-03-01");
        assert_eq!(
            ["PT09H30M00S", "PT36H00M05S", "P1D"].map(duration),
            ["09:30", "36:00:05", "P1D"]
        );
        // Whatever number stands in a cell with a date's format.
        for odd in [-1.0, 1e9, 1e300, f64::MAX, f64::NAN] {
            at(odd, ExcelDateTimeType::DateTime);
            at(odd, ExcelDateTimeType::TimeDelta);
        }
    }
}
