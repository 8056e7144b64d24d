//! The one tenant that a ledger belongs to.

use super::{LedgerError, Result, units::millis};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::path::Path;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tenant {
    pub id: String,
    pub name: Option<String>,
}

pub(super) fn read(connection: &Connection) -> Result<Option<Tenant>> {
    Ok(connection
        .query_row("SELECT id, name FROM tenant", [], |row| {
            Ok(Tenant {
                id: row.get(0)?,
                name: row.get(1)?,
            })
        })
        .optional()?)
}

/// Binds a new ledger to its tenant; refuses a ledger that is bound to another.
pub(super) fn bind(
    connection: &mut Connection,
    path: &Path,
    tenant: &Tenant,
    now: Timestamp,
) -> Result<()> {
    // Two runs that bind at once must not both find it unbound.
    let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match read(&step)? {
        Some(bound) if bound.id.eq_ignore_ascii_case(&tenant.id) => {
            if bound.name.is_none() && tenant.name.is_some() {
                // Bound by an import, which knows the id only.
                step.execute("UPDATE tenant SET name = ?1", [&tenant.name])?;
            }
        }
        Some(bound) => {
            return Err(LedgerError::OtherTenant {
                path: path.display().to_string(),
                bound: named(&bound),
                asked: named(tenant),
            });
        }
        None => {
            step.execute(
                "INSERT INTO tenant (id, name, bound_at) VALUES (?1, ?2, ?3)",
                (&tenant.id, &tenant.name, millis(now)),
            )?;
        }
    }
    Ok(step.commit()?)
}

fn named(tenant: &Tenant) -> String {
    match &tenant.name {
        Some(name) => format!("{name} ({})", tenant.id),
        None => tenant.id.clone(),
    }
}
