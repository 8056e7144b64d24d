//! What Graph allows in a `$filter` of directory objects. What it means is in `matching`.
//!
//! The refusals are those of the advanced-queries and query-parameters pages of the Graph documentation.

use super::{
    directory::Directory,
    matching::{Entity, holds, places, values},
    odata::{Expr, Function, Literal, Operator, parse},
    reply::{Refusal, bad_request, unsupported_query},
};
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Text,
    Texts,
    Bool,
    Time,
    Identities,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Support {
    /// `eq`, `in`, `ge`, `le`, `startsWith`; the rest with advanced parameters.
    Default,
    /// `eq` and `in`; the rest with advanced parameters.
    Equality,
    /// Only with advanced parameters.
    Advanced,
    Never,
}

/// A type whose objects can be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    User,
    Group,
    DeletedUser,
}

impl Resource {
    fn name(self) -> &'static str {
        match self {
            Self::User | Self::DeletedUser => "User",
            Self::Group => "Group",
        }
    }

    pub fn edm(self) -> &'static str {
        match self {
            Self::User | Self::DeletedUser => "microsoft.graph.user",
            Self::Group => "microsoft.graph.group",
        }
    }

    fn property(self, name: &str) -> Option<(Shape, Support)> {
        use {Shape as S, Support as P};
        let user = !matches!(self, Self::Group);
        Some(match name {
            "id" => (S::Text, P::Equality),
            "displayName" | "mail" => (S::Text, P::Default),
            "proxyAddresses" => (S::Texts, P::Default),
            "createdDateTime" => (S::Time, P::Default),
            "description" | "visibility" if !user => (S::Text, P::Advanced),
            "securityEnabled" | "mailEnabled" if !user => (S::Bool, P::Equality),
            "userPrincipalName" | "givenName" | "surname" | "jobTitle" | "department"
            | "usageLocation" | "employeeId" | "mailNickname" | "city" | "country" | "state"
                if user =>
            {
                (S::Text, P::Default)
            }
            "otherMails" if user => (S::Texts, P::Default),
            "identities" if user => (S::Identities, P::Default),
            "userType" | "externalUserState" if user => (S::Text, P::Equality),
            "accountEnabled" | "onPremisesSyncEnabled" if user => (S::Bool, P::Equality),
            "creationType"
            | "companyName"
            | "employeeType"
            | "mobilePhone"
            | "officeLocation"
            | "postalCode"
            | "preferredLanguage"
            | "streetAddress"
            | "faxNumber"
            | "ageGroup"
            | "onPremisesUserPrincipalName"
                if user =>
            {
                (S::Text, P::Advanced)
            }
            "businessPhones" | "imAddresses" if user => (S::Texts, P::Advanced),
            "deletedDateTime" => (
                S::Time,
                if self == Self::DeletedUser {
                    P::Default
                } else {
                    P::Never
                },
            ),
            "externalUserStateChangeDateTime" if user => (S::Time, P::Never),
            _ => return None,
        })
    }
}

/// Clauses that one OR, or the OR that an `in` stands for, may have in default mode.
const MAX_OR: usize = 15;
const MAX_HEIGHT: usize = 3;
/// Characters of a value that is matched in default mode.
const MAX_VALUE: usize = 120;

/// An accepted filter.
#[derive(Debug)]
pub struct Filter(Expr);

impl Filter {
    pub fn accept(text: &str, resource: Resource, advanced: bool) -> Result<Self, Refusal> {
        let expr = parse(text).map_err(|malformed| {
            bad_request(format!(
                "Invalid filter clause: Syntax error at position {} in '{}': {}.",
                malformed.position, text, malformed.what
            ))
        })?;
        let check = Check { resource, advanced };
        check.expr(&expr)?;
        let height = height(&expr);
        if height > MAX_HEIGHT {
            return Err(unsupported_query(format!(
                "The specified search filter expression has excessive height: {height}. Max allowed: {MAX_HEIGHT}."
            )));
        }
        if !advanced {
            clauses(&expr)?;
        }
        Ok(Self(expr))
    }

    pub fn holds<E: Entity>(&self, entity: &E, tenant: &str) -> bool {
        holds(&self.0, entity, tenant)
    }

    /// Where everyone who can match must be, when keys alone tell that.
    pub fn places(&self, directory: &Directory) -> Option<Vec<u32>> {
        let mut places = places(&self.0, directory)?;
        places.sort_unstable();
        places.dedup();
        Some(places)
    }

    /// The text values in it: whom somebody was looking for.
    pub fn values(&self) -> Vec<&str> {
        let mut found = Vec::new();
        values(&self.0, &mut found);
        found
    }
}

struct Check {
    resource: Resource,
    advanced: bool,
}

impl Check {
    fn expr(&self, expr: &Expr) -> Result<(), Refusal> {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().try_for_each(|part| self.expr(part)),
            Expr::Not(inner) => {
                self.needs_advanced("not")?;
                self.expr(inner)
            }
            Expr::Any {
                path,
                variable,
                body,
            } => self.any(path, variable, body.as_deref()),
            Expr::Compare {
                path,
                operator,
                value,
            } => {
                if let Some(collection) = path.strip_suffix("/$count") {
                    self.property(collection)?;
                    return self.needs_advanced("$count");
                }
                let shape = self.single(path)?;
                self.operator(path, *operator)?;
                if *value == Literal::Null {
                    return if self.advanced {
                        Ok(())
                    } else {
                        Err(self.clause(path))
                    };
                }
                self.literal(path, shape, value)
            }
            Expr::In { path, values } => {
                let shape = self.single(path)?;
                values
                    .iter()
                    .try_for_each(|value| self.literal(path, shape, value))
            }
            Expr::Function { name, path, value } => {
                let shape = self.single(path)?;
                if shape != Shape::Text {
                    return Err(self.clause(path));
                }
                self.function(*name, path)?;
                self.length(path, value)
            }
        }
    }

    fn any(&self, path: &str, variable: &str, body: Option<&Expr>) -> Result<(), Refusal> {
        let shape = self.property(path)?;
        let Some(body) = body else {
            return self.needs_advanced("any");
        };
        match shape {
            Shape::Texts => self.any_text(path, variable, body),
            Shape::Identities => self.any_identity(path, variable, body),
            _ => Err(bad_request(format!(
                "Invalid filter clause: The property '{path}' is not a collection."
            ))),
        }
    }

    fn any_text(&self, path: &str, variable: &str, body: &Expr) -> Result<(), Refusal> {
        match body {
            Expr::Or(parts) => parts
                .iter()
                .try_for_each(|part| self.any_text(path, variable, part)),
            Expr::Compare {
                path: inner,
                operator,
                value,
            } if inner == variable => {
                self.operator(path, *operator)?;
                self.literal(path, Shape::Text, value)
            }
            Expr::Function {
                name,
                path: inner,
                value,
            } if inner == variable => {
                self.function(*name, path)?;
                self.length(path, value)
            }
            // `any` with `in` is not documented, nor seen to work.
            _ => Err(self.clause(path)),
        }
    }

    /// Both parts must be given, each by `eq`.
    fn any_identity(&self, path: &str, variable: &str, body: &Expr) -> Result<(), Refusal> {
        let Expr::And(parts) = body else {
            return Err(self.clause(path));
        };
        let given = |part: &str| {
            parts.iter().any(|clause| {
                matches!(clause, Expr::Compare { path, operator: Operator::Eq, value: Literal::Text(_) }
                    if *path == format!("{variable}/{part}"))
            })
        };
        if parts.len() == 2 && given("issuer") && given("issuerAssignedId") {
            Ok(())
        } else {
            Err(self.clause(path))
        }
    }

    fn property(&self, path: &str) -> Result<Shape, Refusal> {
        let Some((shape, support)) = self.resource.property(path) else {
            return Err(bad_request(format!(
                "Invalid filter clause: Could not find a property named '{path}' on type '{}'.",
                self.resource.edm()
            )));
        };
        match support {
            Support::Never => Err(self.clause(path)),
            Support::Advanced if !self.advanced => Err(self.clause(path)),
            _ => Ok(shape),
        }
    }

    fn single(&self, path: &str) -> Result<Shape, Refusal> {
        match self.property(path)? {
            Shape::Texts | Shape::Identities => Err(bad_request(format!(
                "Invalid filter clause: A binary operator with incompatible types was detected: '{path}' is a collection."
            ))),
            shape => Ok(shape),
        }
    }

    fn operator(&self, path: &str, operator: Operator) -> Result<(), Refusal> {
        let support = self.resource.property(path).map(|(_, support)| support);
        match operator {
            Operator::Eq => Ok(()),
            Operator::Ge | Operator::Le if support == Some(Support::Default) => Ok(()),
            Operator::Ne => self.needs_advanced("ne"),
            Operator::Ge | Operator::Le | Operator::Gt | Operator::Lt => Err(self.clause(path)),
        }
    }

    fn function(&self, name: Function, path: &str) -> Result<(), Refusal> {
        let support = self.resource.property(path).map(|(_, support)| support);
        match name {
            Function::StartsWith if support == Some(Support::Default) => Ok(()),
            Function::StartsWith if self.advanced => Ok(()),
            Function::EndsWith
                if matches!(
                    path,
                    "mail" | "userPrincipalName" | "otherMails" | "proxyAddresses"
                ) =>
            {
                self.needs_advanced("endsWith")
            }
            _ => Err(self.clause(path)),
        }
    }

    fn literal(&self, path: &str, shape: Shape, value: &Literal) -> Result<(), Refusal> {
        let fits = match (shape, value) {
            (Shape::Text, Literal::Text(text)) => return self.length(path, text),
            (Shape::Bool, Literal::Bool(_)) => true,
            (Shape::Time, Literal::Bare(text)) => text.parse::<Timestamp>().is_ok(),
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            Err(bad_request(format!(
                "Invalid filter clause: A binary operator with incompatible types was detected for the property '{path}'."
            )))
        }
    }

    fn length(&self, path: &str, value: &str) -> Result<(), Refusal> {
        if !self.advanced && value.chars().count() > MAX_VALUE {
            return Err(unsupported_query(format!(
                "The value that is compared with the property '{path}' is longer than {MAX_VALUE} characters."
            )));
        }
        Ok(())
    }

    fn needs_advanced(&self, operator: &str) -> Result<(), Refusal> {
        if self.advanced {
            return Ok(());
        }
        Err(unsupported_query(format!(
            "Operator '{operator}' is not supported because the 'ConsistencyLevel:eventual' header or the '$count=true' parameter is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
        )))
    }

    fn clause(&self, path: &str) -> Refusal {
        unsupported_query(format!(
            "Unsupported or invalid query filter clause specified for property '{path}' of resource '{}'.",
            self.resource.name()
        ))
    }
}

/// The limit on the clauses of an OR; an `in` is one OR of its values.
fn clauses(expr: &Expr) -> Result<(), Refusal> {
    let count = or_clauses(expr);
    if count > MAX_OR {
        return Err(unsupported_query(format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: {count}. Max allowed: {MAX_OR}."
        )));
    }
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().try_for_each(clauses),
        Expr::Not(inner) => clauses(inner),
        _ => Ok(()),
    }
}

fn or_clauses(expr: &Expr) -> usize {
    match expr {
        Expr::Or(parts) => parts.iter().map(or_clauses).sum(),
        Expr::In { values, .. } => values.len(),
        Expr::Any {
            body: Some(body), ..
        } => or_clauses(body),
        _ => 1,
    }
}

/// The parser keeps `a or b or c` flat, so this is the height after Graph's own flattening.
fn height(expr: &Expr) -> usize {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => 1 + parts.iter().map(height).max().unwrap_or(0),
        Expr::Not(inner) => 1 + height(inner),
        Expr::Any {
            body: Some(body), ..
        } => height(body),
        _ => 1,
    }
}
