//! What a run has to know before it asks the tenant anything: the settings, the sheet and the ledger in one value, which
//! the question, the engine and the end of the run read.
//!
//! Must not use the network.

use super::{
    super::{
        asked_before::WordsFrom,
        connect::Connection,
        microsoft_words::MicrosoftWords,
        new_run::NewRun,
        own_mail::{Names, OwnMail},
        practice::practice,
        prepare_ledger_folder, reading_choices,
        sheet_options::{WantedSheet, rules},
    },
    engine_options,
    job_files::JobFiles,
    ledger,
    output::InviteOutput,
    refusals,
    stop_message::unless_stopped,
    survey::Survey,
    targets::Targets,
    waits,
};
use crate::{
    clock::Clock,
    engine::{Compose, MailBy, Options, Stop, StopReason},
    failure::Result,
    guest::{Guest, Rules},
    ledger::{Ledger, RunLock},
    own_files::Rehearsal,
    pace::{Pace, PaceOptions},
    sandbox::Sandbox,
    settings::{Env, Settings},
    sheet::{Field, Sheet},
    ui,
};
use std::{path::Path, sync::Arc, time::Instant};

pub(super) struct Prepared<'a> {
    /// The sheet, as it was typed.
    pub typed: &'a Path,
    pub settings: &'a Settings,
    pub output: InviteOutput,
    pub clock: &'a Clock,
    pub stop: Stop,
    pub began: Instant,
    pub run: NewRun,
    pub sheet: Arc<Sheet>,
    pub rules: Rules,
    pub options: Options,
    pub targets: Targets,
    pub job_files: &'a JobFiles,
    pub survey: Survey,
    /// None where Microsoft mails, or nobody.
    pub own_mail: Option<OwnMail>,
    /// A template for Microsoft's mail, where one is named.
    pub words: Option<Arc<MicrosoftWords>>,
    pub practice: Option<Sandbox>,
    pub ledger: Ledger,
    pub pace: Pace,
    pub pace_options: PaceOptions,
}

impl<'a> Prepared<'a> {
    pub(super) async fn new(
        typed: &'a Path,
        settings: &'a Settings,
        output: InviteOutput,
        clock: &'a Clock,
        stop: Stop,
        env: &Env<'_>,
        job_files: &'a JobFiles,
    ) -> Result<Self> {
        let began = Instant::now();
        let kind = Rehearsal {
            dry_run: settings.invite.dry_run.value,
            practice: settings.invite.sandbox.value,
        };
        let run = NewRun::begin("invite", Some(typed), kind, &output.command, clock);
        refusals::one_thing_on_stdout(settings, output.json)?;
        let terminal = ui::stdin_is_terminal() && ui::stderr_is_terminal();
        refusals::unattended(settings, terminal)?;
        let sheet = Arc::new(open_sheet(typed, settings, &output, &stop).await?);
        let targets = Targets::of(settings, typed, &sheet);
        targets.check(typed, &sheet, &settings.invite.ledger.value)?;
        let rules = rules(settings);
        let options = engine_options::options(settings)?;
        let survey = Survey::of(&sheet, &rules, &options.selection, options.send)?;
        refusals::too_many_invalid_rows(settings, &survey, typed)?;
        let own_mail = OwnMail::of(settings, env)?;
        if let Some(own) = &own_mail {
            own.words
                .check_rows(&sheet, &rules, |guest| is_mailed(&options, guest))?;
        }
        let words = MicrosoftWords::of(settings)?;
        if let Some(words) = &words {
            words.check_rows(&sheet, &rules, |guest| is_mailed(&options, guest))?;
        }

        prepare_ledger_folder(settings, output.quiet)?;
        let practice = practice(settings).await?;
        let ledger = ledger::open(settings, typed, &targets, clock)?;
        if !output.quiet {
            ledger::announce(&ledger, &settings.invite.ledger.value, clock)?;
        }
        let pace_options = engine_options::pace(settings, &ledger)?;
        let pace = Pace::new(&pace_options).hearing(stop.signal().clone());
        waits::wait_on(&ledger, &pace, clock)
            .inspect_err(|failure| run.not_begun(&ledger, failure))?;
        Ok(Self {
            typed,
            settings,
            output,
            clock,
            stop,
            began,
            run,
            sheet,
            rules,
            options,
            targets,
            job_files,
            survey,
            own_mail,
            words: words.map(Arc::new),
            practice,
            ledger,
            pace,
            pace_options,
        })
    }

    /// Whether a person is asked before anything is sent.
    pub(super) fn is_asked(&self) -> bool {
        let invite = &self.settings.invite;
        !invite.dry_run.value && !invite.yes.value && !invite.sandbox.value
    }

    /// Whether the sheet and the command ask for a mail to this guest.
    pub(super) fn is_mailed(&self, guest: &Guest) -> bool {
        is_mailed(&self.options, guest)
    }

    /// How many mails of Microsoft's carry words of one's own.
    pub(super) fn worded(&self) -> u64 {
        match &self.words {
            Some(_) => self.survey.mailing,
            None => self.survey.worded,
        }
    }

    /// What puts the words of the template into the mails of Microsoft.
    pub(super) fn compose(&self, connection: &Connection) -> Option<Compose> {
        let words = self.words.as_ref()?;
        let (options, names) = (self.options.clone(), Names::of_microsoft(connection));
        let is_mailed = move |guest: &Guest| is_mailed(&options, guest);
        Some(words.compose(&self.sheet, names, is_mailed))
    }

    /// What the sheet asks for that an invitation cannot carry, and in how many rows.
    pub(super) fn asked_afterwards(&self) -> Option<String> {
        self.survey.follow_ups.told(self.sheet.header(), "row")
    }

    /// Where the words of the mails come from.
    pub(super) fn words_from(&self) -> WordsFrom {
        match (&self.own_mail, self.options.mail_by) {
            (Some(own), _) => WordsFrom::Own(own.words.clone()),
            (None, MailBy::Microsoft) => WordsFrom::Microsoft(self.words.clone()),
            (None, _) => WordsFrom::Nobody,
        }
    }

    /// Columns that are returned in the results and used for nothing, and how those that give access or power are used.
    pub(super) fn told_not_used(&self) -> Option<String> {
        const MOST: usize = 8;
        let columns = &self.survey.unused_columns;
        if columns.is_empty() {
            return None;
        }
        let mut names: Vec<String> = columns
            .iter()
            .take(MOST)
            .map(|column| column.name.clone())
            .collect();
        let more = columns.len().saturating_sub(MOST);
        if more > 0 {
            names.push(ui::text::plural(more as u64, "more column"));
        }
        let header = self.sheet.header();
        let (mut words, mut not_allowed) = (Vec::new(), Vec::new());
        for (field, word) in [
            (Field::UserType, "member"),
            (Field::Manager, "manager"),
            (Field::Groups, "groups"),
        ] {
            let column = header.column_of(field);
            if let Some(column) = column.filter(|_| !self.rules.allow.takes(field)) {
                words.push(word);
                not_allowed.push(header.name(column));
            }
        }
        let allow = match words.len() {
            0 => String::new(),
            many => format!(
                "; --allow {} uses {}, which {} access or power",
                words.join(","),
                ui::text::list(&not_allowed),
                if many == 1 { "gives" } else { "give" }
            ),
        };
        Some(format!("{}{allow}", ui::text::list(&names)))
    }

    /// The right to run on this ledger. A dry run writes nothing and needs none.
    pub(super) fn lock(&self) -> Result<Option<RunLock>> {
        if self.options.dry_run {
            return Ok(None);
        }
        let now = self.clock.now();
        let holder = super::super::holder("invite", Some(self.typed), now);
        let stop = self.stop.clone();
        let lost = move |by| stop.raise(StopReason::TakenOver { by });
        Ok(Some(self.ledger.lock(&holder, now, lost)?))
    }
}

fn is_mailed(options: &Options, guest: &Guest) -> bool {
    let address = (guest.email.key(), guest.email.domain());
    guest.send.unwrap_or(options.send) && options.selection.takes(guest.row, Some(address))
}

/// Reads the sheet in the way in which an earlier run was told to read it, unless this command says otherwise.
async fn open_sheet(
    typed: &Path,
    settings: &Settings,
    output: &InviteOutput,
    stop: &Stop,
) -> Result<Sheet> {
    let chosen = reading_choices::of_sheet(settings, typed);
    if !output.quiet {
        reading_choices::tell(chosen.told.as_ref());
    }
    let wanted = WantedSheet::new(typed, chosen.options, settings);
    // On a thread of its own: it may ask about hidden rows, and Ctrl-C must still work then.
    let opening = tokio::task::spawn_blocking(move || wanted.open());
    unless_stopped(stop, async { opening.await.map_err(anyhow::Error::from)? }).await
}
