//! How long a run will take, and why, in words: for the question and for a dry run.
//!
//! The engine counts the time; this only says what it means.

use super::prepared::Prepared;
use crate::{
    engine::{EndedBy, Forecast, Planned, RunTotals},
    failure::Result,
    outcome::Outcome,
    pace::Rate,
    ui::{ForecastReport, text},
};
use jiff::SignedDuration;
use std::time::Duration;

/// A shorter time needs no reason.
const FEW_SECONDS: Duration = Duration::from_secs(8);

/// What a real run would take, by what a rehearsal or a dry run has found. None: nobody is to be invited.
pub(super) fn forecast(
    prepared: &Prepared<'_>,
    rehearsed: &RunTotals,
) -> Result<Option<ForecastReport>> {
    let Prepared {
        options,
        survey,
        clock,
        ..
    } = prepared;
    let new = rehearsed.of(Outcome::WouldInvite);
    let relinks = rehearsed.would_relink;
    if new + relinks == 0 {
        return Ok(None);
    }
    let follow_ups = &survey.follow_ups;
    let changes = follow_ups.profiles + follow_ups.managers + follow_ups.in_groups;
    let day_ago = clock.now() - SignedDuration::from_hours(24);
    let recent = match options.daily_cap {
        Some(_) => prepared.ledger.reader()?.asks_since(day_ago)?,
        None => Vec::new(),
    };
    let used_up = if options.dry_run {
        Duration::ZERO
    } else {
        prepared.began.elapsed()
    };
    let planned = Planned {
        invitations: new,
        relinks,
        // Of the guests of the sheet only those who are new.
        changes: changes * new / survey.guests.max(new).max(1),
        caps: options.into(),
        recent,
        now: clock.now(),
        closed: prepared.pace.closed().unwrap_or_default(),
        ends_after: prepared
            .settings
            .invite
            .max_duration
            .as_ref()
            .map(|limit| limit.value.saturating_sub(used_up)),
    };
    let forecast = Forecast::of(planned, &prepared.pace_options);
    let mails = prepared.own_mail.as_ref().map(|own| {
        let mails = rehearsed.would_mail.min(forecast.invitations);
        (mails, own.time_for(mails))
    });
    let mailing = mails.map_or(Duration::ZERO, |(_, time)| time);
    Ok(Some(ForecastReport {
        seconds: forecast.rates.map(|_| (forecast.takes + mailing).as_secs()),
        invitations: forecast.invitations,
        words: words(
            &forecast,
            (new, relinks),
            mails,
            prepared.settings.invite.rate.value,
        ),
    }))
}

fn words(
    forecast: &Forecast,
    (new, relinks): (u64, u64),
    mails: Option<(u64, Duration)>,
    asked_for: Rate,
) -> String {
    if forecast.invitations == 0
        && let Some(end) = forecast.ended_by
    {
        return format!(
            "nothing: {} leaves no room for an invitation now",
            flag(end)
        );
    }
    let Some(rates) = forecast.rates else {
        return "as long as Graph takes to answer: no rate holds this run back".to_owned();
    };
    let mut why = why(forecast, rates, asked_for);
    if !forecast.cap_wait.is_zero() {
        why = format!(
            "{why}; {} of it is a wait for room in --daily-cap",
            text::duration(forecast.cap_wait)
        );
    }
    if relinks > 0 {
        let requests = text::plural_of(relinks, "silent request", "silent requests");
        why = format!("{why}; with {requests} for the links of pending guests");
    }
    let invited = text::number(forecast.invitations);
    let mut words = match forecast.ended_by {
        None if forecast.takes <= FEW_SECONDS => about(forecast.takes),
        None => format!("{}: {why}", about(forecast.takes)),
        Some(end) => format!(
            "{} for {invited} of {} invitations: {why}; then {} ends the run",
            about(forecast.takes),
            text::number(new + relinks),
            flag(end)
        ),
    };
    if let Some((mails, time)) = mails.filter(|(mails, _)| *mails > 0) {
        words = format!(
            "{words}; then {} for {}",
            about(time),
            text::plural_of(mails, "mail of our own", "mails of our own")
        );
    }
    words
}

fn why(forecast: &Forecast, (first, last): (f64, f64), asked_for: Rate) -> String {
    if forecast.held_by_limits {
        return "as fast as the limits in [pace] allow".to_owned();
    }
    let rate = |per_second: f64| match (per_second * 10.0).round() / 10.0 {
        1.0 => "1 invitation a second".to_owned(),
        many => format!("{many} invitations a second"),
    };
    if asked_for == Rate::Auto && last > first * 1.01 {
        return format!(
            "the rate starts at {} and rises to {} as the first guests are found in the directory",
            rate(first),
            (last * 10.0).round() / 10.0
        );
    }
    rate(last)
}

fn flag(end: EndedBy) -> &'static str {
    match end {
        EndedBy::MaxInvites(_) => "--max-invites",
        EndedBy::DailyCap(_) => "--daily-cap",
        EndedBy::MaxDuration => "--max-duration",
    }
}

/// Rounded to a twentieth or so, but for the shortest times.
fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let rounded = |to: f64| Duration::from_secs_f64((seconds / to).round() * to);
    let time = match seconds {
        _ if time <= FEW_SECONDS => return "a few seconds".to_owned(),
        ..=55.0 => rounded(5.0),
        ..=590.0 => rounded(10.0),
        ..=3_570.0 => rounded(60.0),
        ..=36_000.0 => rounded(300.0),
        _ => rounded(1_800.0),
    };
    format!("about {}", text::duration(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecast(seconds: u64) -> Forecast {
        Forecast {
            takes: Duration::from_secs(seconds),
            invitations: 300,
            ended_by: None,
            rates: Some((1.0, 7.59)),
            held_by_limits: false,
            cap_wait: Duration::ZERO,
        }
    }

    #[test]
    fn it_says_how_long_and_why() {
        let steady = |rate: f64| Forecast {
            rates: Some((rate, rate)),
            ..forecast(725)
        };
        let cases = [
            words(&forecast(137), (300, 0), None, Rate::Auto),
            words(&forecast(4), (0, 3), None, Rate::Auto),
            words(&forecast(147), (300, 40), None, Rate::Auto),
            words(&steady(8.0), (300, 0), None, Rate::Auto),
            words(&steady(1.0), (300, 0), None, Rate::PerSecond(1.0)),
            words(
                &Forecast {
                    held_by_limits: true,
                    ..forecast(9_000)
                },
                (300, 0),
                None,
                Rate::PerSecond(100.0),
            ),
            words(
                &Forecast {
                    ended_by: Some(EndedBy::DailyCap(300)),
                    cap_wait: Duration::from_secs(600),
                    ..forecast(700)
                },
                (1_000, 0),
                None,
                Rate::Auto,
            ),
            words(
                &Forecast {
                    ended_by: Some(EndedBy::MaxDuration),
                    ..steady(2.5)
                },
                (1_000, 0),
                None,
                Rate::PerSecond(2.5),
            ),
            words(
                &Forecast {
                    invitations: 0,
                    ended_by: Some(EndedBy::DailyCap(5)),
                    ..forecast(0)
                },
                (9, 0),
                None,
                Rate::Auto,
            ),
            words(
                &forecast(4),
                (1, 0),
                Some((300, Duration::from_secs(600))),
                Rate::Auto,
            ),
            words(
                &Forecast {
                    rates: None,
                    ..forecast(0)
                },
                (300, 0),
                None,
                Rate::Max,
            ),
        ];
        insta::assert_snapshot!(cases.join("\n"));
    }

    #[test]
    fn what_is_rounded_stays_within_a_tenth() {
        for seconds in 9..100_000_u64 {
            let text = about(Duration::from_secs(seconds));
            let mut told = 0.0;
            let mut words = text.split(' ').skip(1);
            while let (Some(number), Some(unit)) = (words.next(), words.next()) {
                let unit = match unit {
                    "s" => 1.0,
                    "min" => 60.0,
                    "h" => 3_600.0,
                    _ => 86_400.0,
                };
                told += number.parse::<f64>().unwrap() * unit;
            }
            let off = (told - seconds as f64).abs() / seconds as f64;
            assert!(
                off <= 0.25 && (seconds < 23 || off <= 0.1),
                "{seconds} s: {text}"
            );
        }
    }
}
