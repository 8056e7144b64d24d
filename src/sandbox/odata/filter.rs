//! Which `$filter` of directory objects Graph accepts. `matching` says which objects it matches.
//!
//! The errors are those of Graph (Microsoft Graph: advanced query capabilities on Microsoft Entra ID objects; use query
//! parameters to customize responses).

use crate::sandbox::{
    directory::index::DirectoryStore,
    messages::graph_error::{GraphError, bad_request, unsupported_query},
    odata::{
        expression::{Expr, Function, Literal, Operator, parse},
        matching::{Entity, compared_texts, indexed_positions, matches},
    },
};
use jiff::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PropertyType {
    Text,
    Texts,
    Bool,
    Time,
    Identities,
}

/// Which operators a property supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FilterSupport {
    /// `eq`, `in`, `ge`, `le` and `startsWith`; all others in an advanced query.
    Default,
    /// `eq` and `in`; all others in an advanced query.
    Equality,
    /// Only in an advanced query.
    Advanced,
    Never,
}

/// A type whose objects can be filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ResourceType {
    User,
    Group,
    DeletedUser,
}

impl ResourceType {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User | Self::DeletedUser => "User",
            Self::Group => "Group",
        }
    }

    pub(crate) fn edm_type(self) -> &'static str {
        match self {
            Self::User | Self::DeletedUser => "microsoft.graph.user",
            Self::Group => "microsoft.graph.group",
        }
    }

    /// Whether a property holds a text or several: `$search` can name these.
    pub(super) fn is_text(self, name: &str) -> bool {
        let found = self.property(name);
        found.is_some_and(|(kind, _)| matches!(kind, PropertyType::Text | PropertyType::Texts))
    }

    fn property(self, name: &str) -> Option<(PropertyType, FilterSupport)> {
        use FilterSupport as P;
        use PropertyType as S;
        let user = !matches!(self, Self::Group);
        Some(match name {
            "id" => (S::Text, P::Equality),
            "displayName" | "mail" => (S::Text, P::Default),
            "proxyAddresses" => (S::Texts, P::Default),
            "createdDateTime" => (S::Time, P::Default),
            "description" | "visibility" | "membershipRule" if !user => (S::Text, P::Advanced),
            "securityEnabled" | "mailEnabled" | "onPremisesSyncEnabled" | "isAssignableToRole"
                if !user =>
            {
                (S::Bool, P::Equality)
            }
            "mailNickname" if !user => (S::Text, P::Default),
            "groupTypes" | "resourceProvisioningOptions" if !user => (S::Texts, P::Equality),
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

/// Clauses that an OR may have outside an advanced query. An `in` counts as an OR of its values.
const MAX_OR: usize = 15;
const MAX_HEIGHT: usize = 3;
/// Length of a compared text, in characters, outside an advanced query.
const MAX_VALUE: usize = 120;

/// A filter that Graph accepts.
#[derive(Debug)]
pub(crate) struct Filter(Expr);

impl Filter {
    pub(crate) fn accept(
        text: &str,
        resource: ResourceType,
        advanced: bool,
    ) -> Result<Self, GraphError> {
        let expr = parse(text).map_err(|error| {
            bad_request(format!(
                "Invalid filter clause: Syntax error at position {} in '{}': {}.",
                error.position, text, error.problem
            ))
        })?;
        let check = FilterCheck { resource, advanced };
        check.expr(&expr)?;
        let height = height(&expr);
        if height > MAX_HEIGHT {
            return Err(unsupported_query(format!(
                "The specified search filter expression has excessive height: {height}. Max allowed: {MAX_HEIGHT}."
            )));
        }
        if !advanced {
            check_or_clauses(&expr)?;
        }
        Ok(Self(expr))
    }

    pub(crate) fn matches<E: Entity>(&self, entity: &E, issuer: &str) -> bool {
        matches(&self.0, entity, issuer)
    }

    /// The positions of all users who can match, in order; `None` when all users must be searched.
    pub(crate) fn indexed_positions(&self, directory: &DirectoryStore) -> Option<Vec<u32>> {
        let mut positions = indexed_positions(&self.0, directory)?;
        positions.sort_unstable();
        positions.dedup();
        Some(positions)
    }

    /// The texts that the filter compares with: the people whom the client looks up.
    pub(crate) fn compared_texts(&self) -> Vec<&str> {
        let mut found = Vec::new();
        compared_texts(&self.0, &mut found);
        found
    }
}

struct FilterCheck {
    resource: ResourceType,
    advanced: bool,
}

impl FilterCheck {
    fn expr(&self, expr: &Expr) -> Result<(), GraphError> {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().try_for_each(|part| self.expr(part)),
            Expr::Not(inner) => {
                self.require_advanced("not")?;
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
                    return self.require_advanced("$count");
                }
                let shape = self.single_value(path)?;
                self.operator(path, *operator)?;
                if *value == Literal::Null {
                    // `externalUserState eq null` is refused in an advanced query too.
                    return if self.advanced && path != "externalUserState" {
                        Ok(())
                    } else {
                        Err(self.unsupported(path))
                    };
                }
                self.literal(path, shape, value)
            }
            Expr::In { path, values } => {
                let shape = self.single_value(path)?;
                values
                    .iter()
                    .try_for_each(|value| self.literal(path, shape, value))
            }
            Expr::Function { name, path, value } => {
                let shape = self.single_value(path)?;
                if shape != PropertyType::Text {
                    return Err(self.unsupported(path));
                }
                self.function(*name, path)?;
                self.length(path, value)
            }
        }
    }

    fn any(&self, path: &str, variable: &str, body: Option<&Expr>) -> Result<(), GraphError> {
        let shape = self.property(path)?;
        let Some(body) = body else {
            return self.require_advanced("any");
        };
        match shape {
            PropertyType::Texts => self.any_text(path, variable, body),
            PropertyType::Identities => self.any_identity(path, variable, body),
            _ => Err(bad_request(format!(
                "Invalid filter clause: The property '{path}' is not a collection."
            ))),
        }
    }

    fn any_text(&self, path: &str, variable: &str, body: &Expr) -> Result<(), GraphError> {
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
                self.literal(path, PropertyType::Text, value)
            }
            Expr::Function {
                name,
                path: inner,
                value,
            } if inner == variable => {
                self.function(*name, path)?;
                self.length(path, value)
            }
            // `any` with `in` is not documented, and nobody has reported that it works.
            _ => Err(self.unsupported(path)),
        }
    }

    /// `issuer` and `issuerAssignedId` must both be given, each with `eq`.
    fn any_identity(&self, path: &str, variable: &str, body: &Expr) -> Result<(), GraphError> {
        let Expr::And(parts) = body else {
            return Err(self.unsupported(path));
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
            Err(self.unsupported(path))
        }
    }

    fn property(&self, path: &str) -> Result<PropertyType, GraphError> {
        let Some((shape, support)) = self.resource.property(path) else {
            return Err(bad_request(format!(
                "Invalid filter clause: Could not find a property named '{path}' on type '{}'.",
                self.resource.edm_type()
            )));
        };
        match support {
            FilterSupport::Never => Err(self.unsupported(path)),
            FilterSupport::Advanced if !self.advanced => Err(self.unsupported(path)),
            _ => Ok(shape),
        }
    }

    fn single_value(&self, path: &str) -> Result<PropertyType, GraphError> {
        match self.property(path)? {
            PropertyType::Texts | PropertyType::Identities => Err(bad_request(format!(
                "Invalid filter clause: A binary operator with incompatible types was detected: '{path}' is a collection."
            ))),
            shape => Ok(shape),
        }
    }

    fn operator(&self, path: &str, operator: Operator) -> Result<(), GraphError> {
        let support = self.resource.property(path).map(|(_, support)| support);
        match operator {
            Operator::Eq => Ok(()),
            Operator::Ge | Operator::Le if support == Some(FilterSupport::Default) => Ok(()),
            Operator::Ne => self.require_advanced("ne"),
            Operator::Ge | Operator::Le | Operator::Gt | Operator::Lt => {
                Err(self.unsupported(path))
            }
        }
    }

    fn function(&self, name: Function, path: &str) -> Result<(), GraphError> {
        let support = self.resource.property(path).map(|(_, support)| support);
        match name {
            Function::StartsWith if support == Some(FilterSupport::Default) => Ok(()),
            Function::StartsWith if self.advanced => Ok(()),
            Function::EndsWith
                if matches!(
                    path,
                    "mail" | "userPrincipalName" | "otherMails" | "proxyAddresses"
                ) =>
            {
                self.require_advanced("endsWith")
            }
            _ => Err(self.unsupported(path)),
        }
    }

    fn literal(&self, path: &str, shape: PropertyType, value: &Literal) -> Result<(), GraphError> {
        let fits = match (shape, value) {
            (PropertyType::Text, Literal::Text(text)) => return self.length(path, text),
            (PropertyType::Bool, Literal::Bool(_)) => true,
            (PropertyType::Time, Literal::Bare(text)) => text.parse::<Timestamp>().is_ok(),
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

    fn length(&self, path: &str, value: &str) -> Result<(), GraphError> {
        if !self.advanced && value.chars().count() > MAX_VALUE {
            return Err(unsupported_query(format!(
                "The value that is compared with the property '{path}' is longer than {MAX_VALUE} characters."
            )));
        }
        Ok(())
    }

    fn require_advanced(&self, operator: &str) -> Result<(), GraphError> {
        if self.advanced {
            return Ok(());
        }
        Err(unsupported_query(format!(
            "Operator '{operator}' is not supported because the 'ConsistencyLevel:eventual' header or the '$count=true' parameter is missing. Refer to https://aka.ms/graph-docs/advanced-queries for more information"
        )))
    }

    fn unsupported(&self, path: &str) -> GraphError {
        unsupported_query(format!(
            "Unsupported or invalid query filter clause specified for property '{path}' of resource '{}'.",
            self.resource.name()
        ))
    }
}

/// Checks `MAX_OR` everywhere in the expression.
fn check_or_clauses(expr: &Expr) -> Result<(), GraphError> {
    let count = or_clauses(expr);
    if count > MAX_OR {
        return Err(unsupported_query(format!(
            "Too many child clauses specified in search filter expression containing 'OR' operators: {count}. Max allowed: {MAX_OR}."
        )));
    }
    match expr {
        Expr::And(parts) | Expr::Or(parts) => parts.iter().try_for_each(check_or_clauses),
        Expr::Not(inner) => check_or_clauses(inner),
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

/// The height of the tree. The parser keeps `a or b or c` as one OR, and so does Graph.
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
