//! Small files about the run for the job that started it: a summary as Markdown, and numbers for Prometheus. They are
//! written however the run ends, also when it never began.
//!
//! They hold no address and no link. Must not end the run: what happened in the tenant is in the ledger.

use crate::{
    cli,
    clock::Clock,
    exit::Exit,
    failure::{Failure, Result},
    files::{self, Kind},
    results,
    settings::{Env, Settings, Sourced},
    ui::{self, MARKDOWN, RunMetrics, RunReport},
};
use std::{
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Longer files are not ours.
const LONGEST: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct JobFiles {
    summary: Option<PathBuf>,
    metrics: Option<PathBuf>,
    /// The tenant as it was named, and the file name of the sheet: the labels of the numbers.
    tenant: String,
    sheet: String,
}

impl JobFiles {
    /// Refuses places that hold something else, before anything is sent.
    pub(super) fn new(typed: &Path, settings: &Settings, env: &Env<'_>) -> Result<Self> {
        let path =
            |setting: &Option<Sourced<PathBuf>>| setting.as_ref().map(|path| path.value.clone());
        let invite = &settings.invite;
        let tenant = match &settings.tenant.id {
            _ if invite.sandbox.value => "practice".to_owned(),
            Some(named) => named.value.to_string(),
            None => String::new(),
        };
        let sheet = typed.file_name().unwrap_or(typed.as_os_str());
        let files = Self {
            summary: path(&invite.summary),
            // A rehearsal says nothing about the last real run.
            metrics: path(&invite.metrics_file).filter(|_| !invite.dry_run.value),
            tenant,
            sheet: sheet.to_string_lossy().into_owned(),
        };
        let used = used_places(typed, settings);
        if let Some(path) = &files.summary {
            fit_for_summary(path, &used, env)?;
        }
        if let Some(path) = &files.metrics {
            fit_for_metrics(path, &used)?;
        }
        if let (Some(summary), Some(metrics)) = (&files.summary, &files.metrics)
            && results::same_place(summary, metrics)
        {
            return Err(
                Failure::usage("--summary and --metrics-file name the same file")
                    .hint("name another file with one of them"),
            );
        }
        Ok(files)
    }

    /// Those that the command line names: where the settings are refused, nothing else is known. Without this, the files of
    /// an earlier run would still tell of its success.
    pub(super) fn of_flags(typed: &cli::Invite, env: &Env<'_>) -> Self {
        let flags = &typed.invite;
        let mut used = vec![typed.sheet.clone()];
        used.extend(
            [&flags.results, &flags.to_fix, &flags.ledger]
                .map(Clone::clone)
                .into_iter()
                .flatten(),
        );
        let tenant = match &flags.tenant {
            _ if flags.sandbox => Some("practice".to_owned()),
            Some(named) => Some(named.to_string()),
            None => env("GUESTLIST_TENANT_ID"),
        };
        let (summary, metrics) = (flags.summary.clone(), flags.metrics_file.clone());
        let sheet = typed.sheet.file_name().unwrap_or(typed.sheet.as_os_str());
        Self {
            summary: summary.filter(|path| fit_for_summary(path, &used, env).is_ok()),
            metrics: metrics.filter(|path| !flags.dry_run && fit_for_metrics(path, &used).is_ok()),
            tenant: tenant.unwrap_or_default(),
            sheet: sheet.to_string_lossy().into_owned(),
        }
    }

    /// A run that came to its end, with its summary as Markdown.
    pub(super) fn ended(&self, report: &RunReport, summary: &str, exit: Exit, clock: &Clock) {
        self.write(Some(report), summary, exit, clock);
    }

    /// A run that ended with an error.
    pub(super) fn failed(&self, failure: &Failure, clock: &Clock) {
        self.write(None, &ui::failure_markdown(failure), failure.exit, clock);
    }

    fn write(&self, report: Option<&RunReport>, summary: &str, exit: Exit, clock: &Clock) {
        let written = [
            self.summary
                .as_deref()
                .map(|path| (path, write_summary(path, summary))),
            self.metrics
                .as_deref()
                .map(|path| (path, self.write_metrics(path, report, exit, clock))),
        ];
        for (path, written) in written.into_iter().flatten() {
            if let Err(error) = written {
                ui::show_failure(&Failure::of_io(
                    format!("cannot write {}", path.display()),
                    &error,
                ));
            }
        }
    }

    fn write_metrics(
        &self,
        path: &Path,
        report: Option<&RunReport>,
        exit: Exit,
        clock: &Clock,
    ) -> io::Result<()> {
        let before = text_of(path)?;
        if !before.is_empty() && !ui::is_metrics(&before) {
            return Err(io::Error::other("it was not written by guestlist"));
        }
        let metrics = RunMetrics {
            tenant: &self.tenant,
            sheet: &self.sheet,
            ended: clock.now(),
            exit,
            report,
            last_success: ui::last_success(&before),
        };
        replace(path, &metrics.text(), Readers::Everybody)
    }
}

/// What the run reads or writes otherwise.
fn used_places(typed: &Path, settings: &Settings) -> Vec<PathBuf> {
    let invite = &settings.invite;
    let mut places = vec![typed.to_owned(), invite.ledger.value.clone()];
    places.extend(settings.file.iter().map(|file| file.path.clone()));
    for named in [&invite.results, &invite.to_fix].into_iter().flatten() {
        places.push(named.value.clone());
    }
    for workbook in [false, true] {
        let default = results::default_paths(
            typed,
            results::RunKind {
                workbook,
                dry_run: invite.dry_run.value,
                practice: invite.sandbox.value,
            },
        );
        places.extend([default.results, default.to_fix]);
    }
    places
}

fn fit_for_summary(path: &Path, used: &[PathBuf], env: &Env<'_>) -> Result<()> {
    check(path, "--summary", used)?;
    let of_this_step = env("GITHUB_STEP_SUMMARY").is_some_and(|step| Path::new(&step) == path);
    is_replaceable(path, "--summary", |text| {
        of_this_step || text.starts_with(MARKDOWN)
    })
}

fn fit_for_metrics(path: &Path, used: &[PathBuf]) -> Result<()> {
    check(path, "--metrics-file", used)?;
    is_replaceable(path, "--metrics-file", ui::is_metrics)
}

fn check(path: &Path, flag: &str, used: &[PathBuf]) -> Result<()> {
    let another = format!("name another file with {flag}");
    let refused = |what: String| Err(Failure::usage(what).hint(another.as_str()));
    let shown = path.display();
    if path == Path::new(results::STDOUT) {
        return refused(format!("{flag} cannot be standard output"));
    }
    if used.iter().any(|other| results::same_place(path, other)) {
        return refused(format!(
            "{flag} names {shown}, which this run needs for something else"
        ));
    }
    match files::at(path) {
        Ok(Some(entry)) if entry.kind != Kind::File => {
            return refused(format!("{flag} names {shown}, which is not a regular file"));
        }
        Ok(_) => {}
        Err(error) => {
            return refused(format!(
                "cannot look at {shown}, which {flag} names: {error}"
            ));
        }
    }
    match files::temporary_in(&files::folder_of(path)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::of_io(
            format!("cannot write {shown}, which {flag} names"),
            &error,
        )),
    }
}

fn is_replaceable(path: &Path, flag: &str, ours: impl Fn(&str) -> bool) -> Result<()> {
    let shown = path.display();
    let before = text_of(path).map_err(|error| {
        Failure::of_io(format!("cannot read {shown}, which {flag} names"), &error)
    })?;
    if before.is_empty() || ours(&before) {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "{shown} is there already and was not written by guestlist, so it is not overwritten"
    ))
    .hint(format!("name another file with {flag}")))
}

/// A summary of ours is replaced. To anything else, which is the file that GitHub gives to each step, it is added.
fn write_summary(path: &Path, summary: &str) -> io::Result<()> {
    let before = text_of(path)?;
    if before.is_empty() || before.starts_with(MARKDOWN) {
        return replace(path, summary, Readers::Owner);
    }
    let mut file = files::open_own(path).map_err(io::Error::other)?;
    let gap = if before.ends_with('\n') { "\n" } else { "\n\n" };
    file.write_all(format!("{gap}{summary}").as_bytes())
}

/// The text of a file; empty where there is none.
fn text_of(path: &Path) -> io::Result<String> {
    if files::at(path).map_err(io::Error::other)?.is_none() {
        return Ok(String::new());
    }
    let mut bytes = Vec::new();
    let file = files::open_to_look(path).map_err(io::Error::other)?;
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Readers {
    Owner,
    /// The collector of the numbers is another user.
    Everybody,
}

/// Puts the text in the place of the file as a whole, so that no reader sees half of it.
fn replace(path: &Path, text: &str, readers: Readers) -> io::Result<()> {
    let folder = files::folder_of(path);
    let mut temporary = files::temporary_in(&folder)?;
    temporary.write_all(text.as_bytes())?;
    if readers == Readers::Everybody {
        for_everybody(temporary.as_file())?;
    }
    temporary.as_file().sync_all()?;
    temporary.persist(path).map_err(|error| error.error)?;
    files::sync_folder(&folder);
    Ok(())
}

#[cfg(unix)]
fn for_everybody(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn for_everybody(_: &fs::File) -> io::Result<()> {
    Ok(())
}
