//! The links of a results file that is about to be replaced, so that none of them is lost.

use super::read_own;
use crate::outcome::{Outcome, RowResult};
use secrecy::SecretString;
use std::{collections::HashMap, path::Path};

/// The links of a file that is about to be replaced and that nothing else knows, with the users they belong to.
#[derive(Debug, Default)]
pub struct KeptLinks {
    by_user: HashMap<String, SecretString>,
    /// Of this tenant only: in another tenant an address may belong to another person.
    by_address: HashMap<String, (String, SecretString)>,
}

impl KeptLinks {
    /// Reads the file at `path` if it is a results file. `is_known` says whether the ledger has a user's link.
    pub fn of(path: &Path, tenant_id: &str, is_known: impl Fn(&str) -> bool) -> Self {
        let mut kept = Self::default();
        if !path.is_file() {
            return kept;
        }
        let Ok(rows) = read_own(path) else {
            return kept;
        };
        // Nearly all links are known as a rule, so this is asked before anything else of a row.
        for row in rows.of_unknown(is_known) {
            let (Some(user), Some(link)) = (row.user_id, row.redeem_url) else {
                continue;
            };
            let tenant = row.tenant_id.as_deref();
            let here = tenant.is_some_and(|tenant| tenant.eq_ignore_ascii_case(tenant_id));
            if tenant.is_some() && !here {
                continue;
            }
            if here && !row.email.is_empty() {
                let address = row.email.to_lowercase();
                kept.by_address
                    .insert(address, (user.clone(), link.clone()));
            }
            kept.by_user.insert(user.to_ascii_lowercase(), link);
        }
        kept
    }

    /// Adds the kept link to a result that has none.
    pub(super) fn complete(&self, result: &mut RowResult) {
        let away = matches!(result.outcome, Outcome::Gone | Outcome::ExistsDeleted);
        if self.by_user.is_empty() || result.redeem_url.is_some() || away {
            return;
        }
        if let Some(user) = &result.user_id {
            result.redeem_url = self.by_user.get(&user.to_ascii_lowercase()).cloned();
        } else if let Some((user, link)) = self.by_address.get(&result.email.to_lowercase()) {
            result.user_id = Some(user.clone());
            result.redeem_url = Some(link.clone());
        }
    }
}
