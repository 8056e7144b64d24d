//! Mail of our own in random weather and under random kills: `invite`, `mail` and `remind`, through a mail server or by
//! `sendMail`. By the books of whoever took the mails, each one left at most once, with its own row's words and link;
//! none is lost, and each row of the sheet has its line in the results.
//!
//! `GUESTLIST_LONG=1` tries many more; `GUESTLIST_SEED` repeats one case.

use super::weather;
use crate::afterwards::{change, days_pass, ledger};
use crate::own_mail::{by_graph, by_smtp};
use crate::support::{Ended, Practice, Reply, SmtpSink, Workdir};
use std::{
    collections::{HashMap, HashSet},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

#[test]
fn whatever_the_weather_and_the_kills_each_mail_of_our_own_leaves_once() {
    let long = std::env::var("GUESTLIST_LONG").is_ok_and(|long| long == "1");
    let seeds: Vec<u64> = if let Ok(seed) = std::env::var("GUESTLIST_SEED") {
        vec![seed.parse().unwrap()]
    } else if long {
        (0..60).map(|_| fastrand::u64(..1_000_000)).collect()
    } else {
        // The same cases each time, so that a change is judged by what it changes.
        vec![745_674, 54_998, 635_027, 281_186, 698_747]
    };
    let cases = seeds.len();
    let queue = Mutex::new(seeds.into_iter());
    let (kills, mails) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(seed) = queue.lock().unwrap().next() else {
                        break;
                    };
                    let case = Case::new(seed).run();
                    kills.fetch_add(case.0, SeqCst);
                    mails.fetch_add(case.1, SeqCst);
                }
            });
        }
    });
    eprintln!("{cases} cases, {kills:?} kills, {mails:?} mails, none twice, none lost");
}

/// A row as the test means it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
enum Kind {
    Mailed,
    /// The sheet says that there is to be no mail.
    Silent,
    Invalid,
    Duplicate,
    /// Somebody who is in the tenant already.
    There,
}

struct Case {
    seed: u64,
    dice: fastrand::Rng,
    workdir: Workdir,
    practice: Practice,
    /// None: by `sendMail`.
    sink: Option<SmtpSink>,
    /// The mail server takes everything.
    is_calm: Arc<AtomicBool>,
    kinds: Vec<Kind>,
    /// What the tenant does in bad weather, and that its clocks are wrong in good weather too.
    weather: String,
    clocks: String,
    kills: usize,
}

const SHEET: &str = "guests.csv";

fn address(row: usize) -> String {
    format!("p{row:03}@partner.example")
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let workdir = Workdir::new();
        let (sheet, kinds, people) = sheet(&mut dice);
        workdir.write(SHEET, sheet);
        let is_calm = Arc::new(AtomicBool::new(false));
        let sink = dice.bool().then(|| {
            let (calm, odd) = (is_calm.clone(), dice.usize(2..8));
            let draws = Mutex::new(fastrand::Rng::with_seed(seed));
            SmtpSink::start(move |_| {
                let mut draws = draws.lock().unwrap();
                if calm.load(SeqCst) || draws.usize(..odd) > 0 {
                    return Reply::Take;
                }
                match draws.u8(..7) {
                    0 => Reply::Recipient(450),
                    1 => Reply::Recipient(550),
                    2 => Reply::AfterData(451),
                    3 => Reply::AfterData(554),
                    4 => Reply::LostAfter,
                    5 => Reply::LostBefore,
                    _ => Reply::NoGreeting,
                }
            })
        });
        if let Some(sink) = &sink {
            by_smtp(&workdir, sink);
        } else {
            by_graph(&workdir);
            // Plain words, which `sendMail` carries as they are.
            std::fs::remove_file(workdir.path("words/default.html")).unwrap();
        }
        let clocks = weather::clocks(&mut dice);
        let mut weather = weather::weather(&mut dice, &clocks);
        weather += "[faults.sendMail]\nlost_ms = 50\n";
        let severity = [0.02, 0.05, 0.1][dice.usize(..3)];
        for fault in [
            "throttled",
            "unavailable",
            "unavailable_after",
            "lost_before",
            "lost_after",
            "cut",
            "reset",
            "forged_before",
            "forged_after",
        ] {
            if dice.bool() {
                weather += &format!("{fault} = {:.4}\n", dice.f64() * severity);
            }
        }
        weather += "retry_after = \"0.3\"\n";
        let practice = Practice::start(&workdir, &weather);
        practice.post("/people", &serde_json::Value::from(people).to_string());
        Self {
            seed,
            dice,
            workdir,
            practice,
            sink,
            is_calm,
            kinds,
            weather,
            clocks,
            kills: 0,
        }
    }

    fn told(&self) -> String {
        let by = if self.sink.is_some() {
            "a mail server"
        } else {
            "sendMail"
        };
        format!("seed {}, by {by}, weather:\n{}", self.seed, self.weather)
    }

    fn run(mut self) -> (usize, usize) {
        let began = Instant::now();
        for round in 0..self.dice.usize(2..=5) {
            let verb = self.dice.u8(..10);
            let command = if round > 0 && verb < 3 && self.workdir.exists("guestlist.db") {
                self.mail(&[])
            } else {
                self.invite()
            };
            self.at_times_killed(command);
            self.nobody_twice();
        }
        self.calm();
        self.until_done(Self::invite);
        // What a mail server refused for good is sent when somebody says so.
        self.until_done(|case| case.mail(&["--retry-refused"]));
        self.first_mails();
        let first = self.mails();
        self.reminders(&first);
        // Again, and nothing happens.
        let before = self.mails().len();
        let again = Ended::of(&mut self.invite());
        assert!([0, 4].contains(&again.code), "{}", again.stderr);
        assert_eq!(self.mails().len(), before, "{}", self.told());
        let rows = self.workdir.table("guests.results.csv").0.len();
        assert_eq!(rows, self.kinds.len(), "{}", self.told());
        eprintln!(
            "seed {}: {} rows, {} kills, {before} mails, {:.0} s",
            self.seed,
            self.kinds.len(),
            self.kills,
            began.elapsed().as_secs_f64()
        );
        (self.kills, before)
    }

    fn invite(&self) -> Command {
        let more = [
            "--config",
            "mail.toml",
            "--json",
            "--settle",
            "1s",
            "--ask-again-after",
            "3s",
            "--rate",
            "max",
            "--workers",
            "6",
            "--max-failures",
            "100%",
        ];
        self.practice.invite(&self.workdir, SHEET, &more)
    }

    fn mail(&self, more: &[&str]) -> Command {
        let verb = [
            "mail",
            SHEET,
            "--config",
            "mail.toml",
            "--json",
            "--yes",
            "--max-mails",
            "1000",
        ];
        self.practice.verb(&self.workdir, &[&verb, more].concat())
    }

    fn remind(&self) -> Command {
        let verb = [
            "remind",
            SHEET,
            "--config",
            "mail.toml",
            "--json",
            "--yes",
            "--max-mails",
            "1000",
        ];
        let mut command = self.practice.verb(&self.workdir, &verb);
        command.env("GUESTLIST_INVITE_MAX_FAILURES", "100%");
        command
    }

    /// Every other time the program is killed at some instant.
    fn at_times_killed(&mut self, mut command: Command) {
        let lives = match self.dice.u8(..10) {
            0..=4 => None,
            5 | 6 => Some(self.dice.u64(50..800)),
            _ => Some(self.dice.u64(800..5_000)),
        };
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        if let Some(lives) = lives {
            let end = Instant::now() + Duration::from_millis(lives);
            while Instant::now() < end && process.try_wait().unwrap().is_none() {
                std::thread::sleep(Duration::from_millis(5));
            }
            if process.try_wait().unwrap().is_none() {
                process.kill().unwrap();
                process.wait().unwrap();
                self.kills += 1;
                return;
            }
        }
        let output = process.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 4 | 5)),
            "{code:?} {}\n{said}",
            self.told()
        );
    }

    /// Faults end; a clock stays as it is.
    fn calm(&self) {
        self.is_calm.store(true, SeqCst);
        self.practice.post("/weather", &self.clocks);
    }

    fn until_done(&self, command: impl Fn(&Self) -> Command) {
        let mut last = Ended::of(&mut command(self));
        for _ in 0..5 {
            if last.code == 0 {
                return;
            }
            // Whoever is not found by the address yet, because a replica lags, is mailed by a later run.
            std::thread::sleep(Duration::from_secs(1));
            last = Ended::of(&mut command(self));
        }
        // Rows that cannot be used stay so, and a refused mail waits for a word.
        assert_eq!(last.code, 4, "{}\n{}", self.told(), last.stderr);
    }

    /// To whom, and with which words, by the books of whoever took them.
    fn mails(&self) -> Vec<(String, String)> {
        if let Some(sink) = &self.sink {
            let mails = sink.mails();
            let mails = mails.iter();
            return mails
                .map(|mail| (mail.to.clone(), mail.part("text/plain").unwrap()))
                .collect();
        }
        let view = self.practice.view("/own-mails");
        let mails = view["mails"].as_array().unwrap().iter();
        let text = |mail: &serde_json::Value, key: &str| mail[key].as_str().unwrap().to_owned();
        mails
            .map(|mail| (text(mail, "to"), text(mail, "content")))
            .collect()
    }

    /// Whether there is such a guest: a 201 does not prove it, and may name a user who never was.
    fn is_there(&self, address: &str, user_id: &str) -> bool {
        let view = self.practice.view(&format!("/people?address={address}"));
        let mut people = view["people"].as_array().unwrap().iter();
        people.any(|user| user["id"] == user_id)
    }

    #[track_caller]
    fn nobody_twice(&self) {
        let counts = of_each(&self.mails());
        let twice: Vec<_> = counts.iter().filter(|(_, mails)| **mails > 1).collect();
        assert!(twice.is_empty(), "mailed twice: {twice:?}\n{}", self.told());
        let by_microsoft = self.practice.view("/mails");
        assert_eq!(by_microsoft["total"], 0, "{by_microsoft}");
    }

    /// Every row has its line, every mail its own row's words and link; a mail that cannot be found is told as unknown.
    fn first_mails(&self) {
        self.nobody_twice();
        let mails: HashMap<String, String> = self.mails().into_iter().collect();
        let table = self.workdir.table("guests.results.csv").0;
        assert_eq!(table.len(), self.kinds.len(), "{}", self.told());
        let mut of_rows = HashSet::new();
        for (index, (row, kind)) in table.iter().zip(&self.kinds).enumerate() {
            let told = || format!("{}\n{kind:?} {row:?}", self.told());
            assert_eq!(row["row"], (index + 2).to_string(), "{}", told());
            if *kind == Kind::Duplicate {
                assert_eq!(row["outcome"], "duplicate", "{}", told());
                continue;
            }
            let mail = mails.get(&row["email"]);
            match kind {
                Kind::Mailed => {
                    assert_eq!(row["outcome"], "invited", "{}", told());
                    match row["mail"].as_str() {
                        "handed-over" => assert!(mail.is_some(), "lost: {}", told()),
                        "unknown" => {}
                        // Graph said yes, and made nobody: such a guest is waited for, also where the mail was refused.
                        "due" | "refused" if !self.is_there(&row["email"], &row["user_id"]) => {}
                        other => panic!("mail is {other}: {}", told()),
                    }
                }
                Kind::Silent => assert_eq!(row["mail"], "none", "{}", told()),
                Kind::Invalid => assert_eq!(row["outcome"], "invalid", "{}", told()),
                Kind::There | Kind::Duplicate => {}
            }
            if let Some(mail) = mail {
                assert_eq!(*kind, Kind::Mailed, "{}", told());
                assert!(mail.contains(&row["words"]), "{mail}\n{}", told());
                assert!(mail.contains(&row["redeem_url"]), "{mail}\n{}", told());
                of_rows.insert(row["email"].clone());
            }
        }
        assert_eq!(of_rows.len(), mails.len(), "strangers were mailed");
    }

    /// Three weeks later some have redeemed. The others are reminded once that day, however often that is tried.
    fn reminders(&mut self, first: &[(String, String)]) {
        days_pass(&self.workdir, 21);
        let mut accepted = HashSet::new();
        for (to, _) in first {
            let view = self.practice.view(&format!("/people?address={to}"));
            let is_there = !view["people"].as_array().unwrap().is_empty();
            if is_there && self.dice.u8(..5) == 0 {
                change(&self.practice, "accept", to);
                accepted.insert(to.clone());
            }
        }
        self.is_calm.store(false, SeqCst);
        self.practice.post("/weather", &as_json(&self.weather));
        let before = of_each(first);
        let check = |case: &Self| {
            let now = of_each(&case.mails());
            for (to, mails) in &now {
                let reminders = mails - before.get(to).copied().unwrap_or(0);
                assert!(reminders <= 1, "{to} reminded twice\n{}", case.told());
                assert!(
                    reminders == 0 || !accepted.contains(to),
                    "{to} reminded after redeeming\n{}",
                    case.told()
                );
            }
            now
        };
        for _ in 0..self.dice.usize(1..=4) {
            let command = self.remind();
            self.at_times_killed(command);
            check(self);
        }
        self.calm();
        self.until_done(Self::remind);
        let nobody = Ended::of(&mut self.remind()).stdout;
        let now = check(self);
        let ledger = ledger(&self.workdir);
        let mut statement = ledger
            .prepare(
                "SELECT person.key, person.user_id, person.mail, (SELECT group_concat(state) FROM own_mail
                    WHERE own_mail.person = person.id AND own_mail.kind = 'reminder-1')
                 FROM person",
            )
            .unwrap();
        let people = statement
            .query_map([], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    row.get::<_, Option<String>>(2)?,
                    row.get::<_, Option<String>>(3)?,
                ))
            })
            .unwrap();
        for person in people.map(Result::unwrap) {
            let (to, user_id, mail, states) = person;
            let states = states.unwrap_or_default();
            let reminders = now.get(&to).unwrap_or(&0) - before.get(&to).unwrap_or(&0);
            let told = || format!("{to} {mail:?} {states}\n{nobody}\n{}", self.told());
            if mail.as_deref() != Some("handed-over")
                || accepted.contains(&to)
                || !self.is_there(&to, &user_id)
            {
                assert_eq!(reminders, 0, "{}", told());
            } else if states.contains("handed-over") {
                assert_eq!(reminders, 1, "lost: {}", told());
            } else {
                // It may have left, or was refused for good: then it is not tried again that day.
                let known = ["unknown", "intent", "refused"];
                assert!(
                    known.iter().any(|state| states.contains(state)),
                    "not reminded: {}",
                    told()
                );
            }
        }
    }
}

fn of_each(mails: &[(String, String)]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for (to, _) in mails {
        *counts.entry(to.clone()).or_default() += 1;
    }
    counts
}

fn as_json(weather: &str) -> String {
    let weather: serde_json::Value = toml::from_str(weather).unwrap();
    weather.to_string()
}

/// A sheet, what each of its rows is, and the people who are there already.
fn sheet(dice: &mut fastrand::Rng) -> (String, Vec<Kind>, Vec<serde_json::Value>) {
    let mut text = String::from("email,display_name,words,send\n");
    let (mut kinds, mut people) = (Vec::new(), Vec::new());
    let mut known: Vec<String> = Vec::new();
    for row in 0..dice.usize(8..30) {
        let kind = match dice.u8(..20) {
            0 => Kind::Invalid,
            1 if !known.is_empty() => Kind::Duplicate,
            2 | 3 => Kind::Silent,
            4 => {
                let standing = ["pending", "accepted", "disabled"][dice.usize(..3)];
                people.push(serde_json::json!({"address": address(row), "standing": standing}));
                Kind::There
            }
            _ => Kind::Mailed,
        };
        let email = match kind {
            Kind::Invalid => format!("p{row:03} at partner.example"),
            Kind::Duplicate => known[dice.usize(..known.len())].to_uppercase(),
            _ => address(row),
        };
        if kind == Kind::Mailed {
            known.push(address(row));
        }
        let send = if kind == Kind::Silent { "no" } else { "" };
        text += &format!("{email},Person {row},own words of row {row} – ü,{send}\n");
        kinds.push(kind);
    }
    (text, kinds, people)
}
