//! What a filter means: whom it matches, and where the indexes say they are.
//!
//! Takes any tree of the grammar; what Graph refuses is gone before.

use super::{
    directory::{Directory, Key},
    odata::{Expr, Function, Literal, Operator},
};
use jiff::Timestamp;

/// A property as a filter sees it.
pub enum Field<'a> {
    Null,
    Text(&'a str),
    Bool(bool),
    Time(Timestamp),
    Texts(&'a [String]),
    /// `identities`: the issuer and the assigned id of the only one.
    Identity(&'a str, &'a str),
}

/// Anything that can be filtered.
pub trait Entity {
    /// Nothing when the type has no such property.
    fn field<'a>(&'a self, name: &str, tenant: &'a str) -> Option<Field<'a>>;
}

/// Where everyone who can match must be, when keys alone tell that.
pub fn places(expr: &Expr, directory: &Directory) -> Option<Vec<u32>> {
    match expr {
        Expr::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(places(part, directory)?);
            }
            Some(all)
        }
        Expr::And(parts) => parts.iter().find_map(|part| places(part, directory)),
        Expr::Compare {
            path,
            operator: Operator::Eq,
            value: Literal::Text(value),
        } => Some(directory.find(Key::of(path)?, value)),
        Expr::In { path, values } => {
            let key = Key::of(path)?;
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
        } => any_places(Key::of(path)?, body, directory),
        _ => None,
    }
}

fn any_places(key: Key, body: &Expr, directory: &Directory) -> Option<Vec<u32>> {
    match body {
        Expr::Or(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(any_places(key, part, directory)?);
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

/// The text values in it.
pub fn values<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    let mut add = |literal: &'a Literal| {
        if let Literal::Text(text) = literal {
            found.push(text);
        }
    };
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().for_each(|part| values(part, found)),
        Expr::Not(inner) => values(inner, found),
        Expr::Compare { value, .. } => add(value),
        Expr::In { values, .. } => values.iter().for_each(add),
        Expr::Function { value, .. } => found.push(value),
        Expr::Any { body, .. } => {
            if let Some(body) = body {
                values(body, found);
            }
        }
    }
}

pub fn holds<E: Entity>(expr: &Expr, entity: &E, tenant: &str) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|part| holds(part, entity, tenant)),
        Expr::Or(parts) => parts.iter().any(|part| holds(part, entity, tenant)),
        Expr::Not(inner) => !holds(inner, entity, tenant),
        Expr::Compare {
            path,
            operator,
            value,
        } => {
            if let Some(collection) = path.strip_suffix("/$count") {
                let Some(Field::Texts(texts)) = entity.field(collection, tenant) else {
                    return false;
                };
                let Literal::Bare(wanted) = value else {
                    return false;
                };
                return wanted
                    .parse()
                    .is_ok_and(|wanted| ordered(*operator, texts.len().cmp(&wanted)));
            }
            entity
                .field(path, tenant)
                .is_some_and(|field| compares(&field, *operator, value, false))
        }
        Expr::In { path, values } => entity.field(path, tenant).is_some_and(|field| {
            values
                .iter()
                .any(|value| compares(&field, Operator::Eq, value, false))
        }),
        Expr::Function { name, path, value } => matches!(
            entity.field(path, tenant),
            Some(Field::Text(text)) if function(*name, text, value)
        ),
        Expr::Any { path, body, .. } => match entity.field(path, tenant) {
            Some(Field::Texts(texts)) => match body {
                None => !texts.is_empty(),
                Some(body) => texts
                    .iter()
                    .any(|text| text_holds(body, text, path == "proxyAddresses")),
            },
            Some(Field::Identity(issuer, id)) => body
                .as_deref()
                .is_some_and(|body| identity_holds(body, issuer, id)),
            _ => false,
        },
    }
}

fn text_holds(body: &Expr, text: &str, prefixed: bool) -> bool {
    match body {
        Expr::Or(parts) => parts.iter().any(|part| text_holds(part, text, prefixed)),
        Expr::Compare {
            operator, value, ..
        } => compares(&Field::Text(text), *operator, value, prefixed),
        Expr::Function { name, value, .. } => function(*name, text, value),
        _ => false,
    }
}

fn identity_holds(body: &Expr, issuer: &str, id: &str) -> bool {
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
        compares(&Field::Text(text), Operator::Eq, value, false)
    })
}

/// Directory strings compare without case. Whether that includes the prefix of a proxy address
/// is not documented, so the practice tenant takes the reading that is harder for a client.
fn compares(field: &Field<'_>, operator: Operator, value: &Literal, prefixed: bool) -> bool {
    match (field, value) {
        (Field::Text(text), Literal::Text(wanted)) => {
            let same_prefix = !prefixed || text.get(..5) == wanted.get(..5);
            let order = text.to_lowercase().cmp(&wanted.to_lowercase());
            match operator {
                Operator::Eq => order.is_eq() && same_prefix,
                Operator::Ne => order.is_ne() || !same_prefix,
                _ => ordered(operator, order),
            }
        }
        (Field::Bool(is), Literal::Bool(wanted)) => ordered(operator, is.cmp(wanted)),
        (Field::Time(at), Literal::Bare(wanted)) => wanted
            .parse::<Timestamp>()
            .is_ok_and(|wanted| ordered(operator, at.cmp(&wanted))),
        (Field::Null, Literal::Null) => operator == Operator::Eq,
        (Field::Null, _) | (_, Literal::Null) => operator == Operator::Ne,
        _ => false,
    }
}

fn ordered(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Ge => order.is_ge(),
        Operator::Gt => order.is_gt(),
        Operator::Le => order.is_le(),
        Operator::Lt => order.is_lt(),
    }
}

fn function(name: Function, text: &str, value: &str) -> bool {
    let (text, value) = (text.to_lowercase(), value.to_lowercase());
    match name {
        Function::StartsWith => text.starts_with(&value),
        Function::EndsWith => text.ends_with(&value),
        Function::Contains => text.contains(&value),
    }
}
