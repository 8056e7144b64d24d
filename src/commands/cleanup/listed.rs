//! A list of leavers that came back: whether it is about this tenant, this ledger and a sheet that is as it was.
//!
//! Must not choose anybody.

use crate::{
    commands::{connect::Connection, reading_choices, status::people::Chosen},
    exit::Exit,
    failure::{Failure, Result},
    guest::EmailAddress,
    ledger::Reader,
    results::{LeaversList, read_leavers},
    settings::Settings,
    sheet::Sheet,
};
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

pub(super) struct Listed {
    pub list: LeaversList,
    pub people: Vec<Chosen>,
    /// The users that the list names, by the address in small letters.
    pub users: HashMap<String, Option<String>>,
}

/// Reads the list. Nothing is asked of anybody for it.
pub(super) fn read(path: &Path) -> Result<Listed> {
    let list = read_leavers(path)?;
    let mut people = Vec::with_capacity(list.people.len());
    let mut users = HashMap::new();
    for named in &list.people {
        let email = EmailAddress::parse(&named.email).map_err(|why| {
            refused(format!(
                "row {} of {} holds no address: {why}",
                named.row,
                path.display()
            ))
        })?;
        let key = email.key().to_owned();
        if users.insert(key.clone(), named.user_id.clone()).is_some() {
            return Err(refused(format!(
                "row {} of {} names somebody a second time",
                named.row,
                path.display()
            )));
        }
        people.push(Chosen {
            row: Some(named.row),
            email: email.as_str().to_owned(),
            key,
            user_id: named.user_id.clone(),
        });
    }
    Ok(Listed {
        list,
        people,
        users,
    })
}

fn refused(what: String) -> Failure {
    Failure::new(Exit::SheetRefused, what)
        .hint("nobody was deleted; write the list again with `guestlist leavers SHEET`")
}

impl Listed {
    /// Whether the list is about this tenant and was made with this ledger.
    pub(super) fn check(&self, reader: &Reader, connection: &Connection) -> Result<()> {
        let origin = &self.list.origin;
        if !origin.tenant_id.eq_ignore_ascii_case(&connection.tenant.id) {
            return Err(refused(format!(
                "the list is about the tenant {}, and this is {}",
                origin.tenant_id,
                connection.place()
            )));
        }
        let run = reader.run(&origin.run)?;
        let of_leavers = run.filter(|run| run.verb == "leavers");
        if of_leavers.is_none() {
            return Err(refused(format!(
                "this ledger has not made the list: it knows no run {} of `guestlist leavers`",
                origin.run
            ))
            .hint("name the ledger with which it was made, with --ledger"));
        }
        let place = reader.sheet_path_of_run(&origin.run)?;
        if place.as_deref() != Some(&origin.sheet) {
            return Err(refused(format!(
                "the list names another sheet than its run {} was about",
                origin.run
            )));
        }
        Ok(())
    }

    /// The sheet that the list is about, and the one that it was before.
    pub(super) fn sheets(&self, reader: &Reader) -> Result<Vec<String>> {
        let report = reader
            .run(&self.list.origin.run)?
            .and_then(|run| run.report);
        let report: Option<serde_json::Value> =
            report.and_then(|report| serde_json::from_str(&report).ok());
        let before = report.and_then(|report| report["before"].as_str().map(str::to_owned));
        let now = Some(self.list.origin.sheet.clone());
        Ok([now, before].into_iter().flatten().collect())
    }

    /// Whoever of the list stands on its sheet again: in the file as it is now, or on a run since.
    pub(super) fn back_on_the_sheet(
        &self,
        reader: &Reader,
        settings: &Settings,
        notes: &mut Vec<String>,
    ) -> Result<HashSet<String>> {
        let origin = &self.list.origin;
        let mut back = match reader.run(&origin.run)? {
            Some(run) => reader.on_newest_run_after(&origin.sheet, run.started_at)?,
            None => HashSet::new(),
        };
        let place = Path::new(&origin.sheet);
        if !place.is_file() {
            notes.push(format!(
                "{} is not there any more, so that it is not looked whether somebody stands on it again",
                place.display()
            ));
            return Ok(back);
        }
        let chosen = reading_choices::of_sheet(settings, place);
        let sheet = Sheet::open_to_check(place, &chosen.options)?;
        let mentions = sheet.mentions()?;
        // Whoever stands there under another address is the same user.
        let users: HashSet<String> = self
            .users
            .values()
            .flatten()
            .map(|user| user.to_ascii_lowercase())
            .collect();
        let addresses = reader.addresses_of_users()?;
        let of_users = addresses
            .iter()
            .filter(|(user, _)| users.contains(*user))
            .flat_map(|(_, addresses)| addresses);
        let all = self.people.iter().map(|person| &person.key).chain(of_users);
        back.extend(all.filter(|address| mentions.contain(address)).cloned());
        Ok(back)
    }
}
