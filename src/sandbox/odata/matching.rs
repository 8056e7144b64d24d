//! Which objects a filter matches, and which users the indexes find for it.
//!
//! It takes every expression of the grammar: `filter` has refused those that Graph does not support.

use crate::sandbox::{
    directory::index::{DirectoryStore, LookupKey},
    odata::expression::{Expr, Function, Literal, Operator},
};
use jiff::Timestamp;

/// The value of a property in a comparison.
pub(crate) enum PropertyValue<'a> {
    Null,
    Text(&'a str),
    Bool(bool),
    Time(Timestamp),
    Texts(&'a [String]),
    /// The `issuer` and the `issuerAssignedId` of the only entry of `identities`.
    Identity(&'a str, &'a str),
}

/// An object that can be filtered.
pub(crate) trait Entity {
    /// The value of a property. `issuer` is the domain in `identities`.
    fn value<'a>(&'a self, name: &str, issuer: &'a str) -> Option<PropertyValue<'a>>;
}

/// The positions of all users who can match, when the indexes alone can tell; `None` when all users must be searched.
pub(super) fn indexed_positions(expr: &Expr, directory: &DirectoryStore) -> Option<Vec<u32>> {
    match expr {
        Expr::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(indexed_positions(part, directory)?);
            }
            Some(all)
        }
        Expr::And(parts) => parts
            .iter()
            .find_map(|part| indexed_positions(part, directory)),
        Expr::Compare {
            path,
            operator: Operator::Eq,
            value: Literal::Text(value),
        } => Some(directory.find(LookupKey::of(path)?, value)),
        Expr::In { path, values } => {
            let key = LookupKey::of(path)?;
            let mut all = Vec::new();
            for value in values {
                let Literal::Text(value) = value else {
                    return None;
                };
                all.extend(directory.find(key, value));
            }
            Some(all)
        }
        Expr::Any {
            path,
            body: Some(body),
            ..
        } => indexed_positions_of_any(LookupKey::of(path)?, body, directory),
        _ => None,
    }
}

fn indexed_positions_of_any(
    key: LookupKey,
    body: &Expr,
    directory: &DirectoryStore,
) -> Option<Vec<u32>> {
    match body {
        Expr::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(indexed_positions_of_any(key, part, directory)?);
            }
            Some(all)
        }
        Expr::Compare {
            operator: Operator::Eq,
            value: Literal::Text(value),
            ..
        } => Some(directory.find(key, value)),
        _ => None,
    }
}

/// The texts that the expression compares with.
pub(super) fn compared_texts<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    let mut add = |literal: &'a Literal| {
        if let Literal::Text(text) = literal {
            found.push(text);
        }
    };
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            for part in parts {
                compared_texts(part, found);
            }
        }
        Expr::Not(inner) => compared_texts(inner, found),
        Expr::Compare { value, .. } => add(value),
        Expr::In { values, .. } => values.iter().for_each(add),
        Expr::Function { value, .. } => found.push(value),
        Expr::Any { body, .. } => {
            if let Some(body) = body {
                compared_texts(body, found);
            }
        }
    }
}

/// Whether the expression matches an object.
pub(super) fn matches<E: Entity>(expr: &Expr, entity: &E, issuer: &str) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| matches(part, entity, issuer)),
        Expr::Or(parts) => parts.iter().any(|part| matches(part, entity, issuer)),
        Expr::Not(inner) => !matches(inner, entity, issuer),
        Expr::Compare {
            path,
            operator,
            value,
        } => {
            if let Some(collection) = path.strip_suffix("/$count") {
                let Some(PropertyValue::Texts(texts)) = entity.value(collection, issuer) else {
                    return false;
                };
                let Literal::Bare(wanted) = value else {
                    return false;
                };
                return wanted
                    .parse()
                    .is_ok_and(|wanted| satisfies(*operator, texts.len().cmp(&wanted)));
            }
            entity
                .value(path, issuer)
                .is_some_and(|field| compare(&field, *operator, value, false))
        }
        Expr::In { path, values } => entity.value(path, issuer).is_some_and(|field| {
            values
                .iter()
                .any(|value| compare(&field, Operator::Eq, value, false))
        }),
        Expr::Function { name, path, value } => matches!(
            entity.value(path, issuer),
            Some(PropertyValue::Text(text)) if function_matches(*name, text, value)
        ),
        Expr::Any { path, body, .. } => match entity.value(path, issuer) {
            Some(PropertyValue::Texts(texts)) => match body {
                None => !texts.is_empty(),
                Some(body) => texts
                    .iter()
                    .any(|text| text_matches(body, text, path == "proxyAddresses")),
            },
            Some(PropertyValue::Identity(issuer, id)) => body
                .as_deref()
                .is_some_and(|body| identity_matches(body, issuer, id)),
            _ => false,
        },
    }
}

fn text_matches(body: &Expr, text: &str, prefixed: bool) -> bool {
    match body {
        Expr::Or(parts) => parts.iter().any(|part| text_matches(part, text, prefixed)),
        Expr::Compare {
            operator, value, ..
        } => compare(&PropertyValue::Text(text), *operator, value, prefixed),
        Expr::Function { name, value, .. } => function_matches(*name, text, value),
        _ => false,
    }
}

fn identity_matches(body: &Expr, issuer: &str, id: &str) -> bool {
    let Expr::And(parts) = body else {
        return false;
    };
    parts.iter().all(|part| {
        let Expr::Compare { path, value, .. } = part else {
            return false;
        };
        let text = if path.ends_with("/issuer") {
            issuer
        } else {
            id
        };
        compare(&PropertyValue::Text(text), Operator::Eq, value, false)
    })
}

/// Texts are compared without regard to case. It is not documented whether this includes the prefix of a proxy address
/// (`SMTP:` or `smtp:`), so `prefixed` texts must have the same prefix: a client must not rely on either.
fn compare(field: &PropertyValue<'_>, operator: Operator, value: &Literal, prefixed: bool) -> bool {
    match (field, value) {
        (PropertyValue::Text(text), Literal::Text(wanted)) => {
            let same_prefix = !prefixed || text.get(..5) == wanted.get(..5);
            let order = text.to_lowercase().cmp(&wanted.to_lowercase());
            match operator {
                Operator::Eq => order.is_eq() && same_prefix,
                Operator::Ne => order.is_ne() || !same_prefix,
                _ => satisfies(operator, order),
            }
        }
        (PropertyValue::Bool(is), Literal::Bool(wanted)) => satisfies(operator, is.cmp(wanted)),
        (PropertyValue::Time(at), Literal::Bare(wanted)) => wanted
            .parse::<Timestamp>()
            .is_ok_and(|wanted| satisfies(operator, at.cmp(&wanted))),
        (PropertyValue::Null, Literal::Null) => operator == Operator::Eq,
        (PropertyValue::Null, _) | (_, Literal::Null) => operator == Operator::Ne,
        _ => false,
    }
}

/// Whether an ordering satisfies an operator.
fn satisfies(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Ge => order.is_ge(),
        Operator::Gt => order.is_gt(),
        Operator::Le => order.is_le(),
        Operator::Lt => order.is_lt(),
    }
}

fn function_matches(name: Function, text: &str, value: &str) -> bool {
    let (text, value) = (text.to_lowercase(), value.to_lowercase());
    match name {
        Function::StartsWith => text.starts_with(&value),
        Function::EndsWith => text.ends_with(&value),
        Function::Contains => text.contains(&value),
    }
}
