//! `$search` of directory objects (Microsoft Graph: use the $search query parameter; advanced query capabilities on
//! Microsoft Entra ID objects): `"displayName:anna" AND "mail:an"`.
//!
//! Graph compares `displayName` and `description` word by word, and every other property from its beginning.
//! Must not know a list: `query_options` refuses a search without the header that it needs.

use crate::sandbox::{
    messages::graph_error::{GraphError, bad_request, unsupported_query},
    odata::{
        filter::ResourceType,
        matching::{Entity, PropertyValue},
    },
};

/// A search inside parentheses inside parentheses: more than this is no search of a person.
const MAX_HEIGHT: usize = 8;

#[derive(Debug)]
pub(crate) enum Search {
    Clause { property: String, text: String },
    And(Vec<Search>),
    Or(Vec<Search>),
}

impl Search {
    pub(crate) fn accept(text: &str, resource: ResourceType) -> Result<Self, GraphError> {
        let mut parser = Parser {
            text,
            rest: text,
            resource,
        };
        let search = parser.any_of(0)?;
        if parser.rest.trim().is_empty() {
            Ok(search)
        } else {
            Err(parser.syntax_error())
        }
    }

    pub(crate) fn matches<E: Entity>(&self, entity: &E) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(entity)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(entity)),
            Self::Clause { property, text } => {
                let is_match: fn(&str, &str) -> bool = match property.as_str() {
                    "displayName" | "description" => has_words,
                    _ => begins_with,
                };
                match entity.value(property, "") {
                    Some(PropertyValue::Text(value)) => is_match(value, text),
                    Some(PropertyValue::Texts(values)) => {
                        values.iter().any(|value| is_match(value, text))
                    }
                    _ => false,
                }
            }
        }
    }
}

fn begins_with(value: &str, text: &str) -> bool {
    value.to_lowercase().starts_with(&text.to_lowercase())
}

/// Whether each word of the text begins a word of the value.
fn has_words(value: &str, text: &str) -> bool {
    let (value, text) = (words(value), words(text));
    !text.is_empty()
        && text
            .iter()
            .all(|word| value.iter().any(|of_value| of_value.starts_with(word)))
}

/// The words of a text in lower case: spaces, symbols, digits and a change to capital letters divide them.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for letter in text.chars() {
        let begins = letter.is_numeric() != before.is_numeric()
            || !before.is_alphanumeric()
            || (letter.is_uppercase() && before.is_lowercase());
        if letter.is_alphanumeric() {
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        before = letter;
    }
    words
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
    resource: ResourceType,
}

impl Parser<'_> {
    fn any_of(&mut self, height: usize) -> Result<Search, GraphError> {
        let mut parts = vec![self.all_of(height)?];
        while self.takes("OR") {
            parts.push(self.all_of(height)?);
        }
        Ok(single_or(parts, Search::Or))
    }

    fn all_of(&mut self, height: usize) -> Result<Search, GraphError> {
        let mut parts = vec![self.part(height)?];
        while self.takes("AND") {
            parts.push(self.part(height)?);
        }
        Ok(single_or(parts, Search::And))
    }

    fn part(&mut self, height: usize) -> Result<Search, GraphError> {
        if height < MAX_HEIGHT && self.takes("(") {
            let inner = self.any_of(height + 1)?;
            return if self.takes(")") {
                Ok(inner)
            } else {
                Err(self.syntax_error())
            };
        }
        let quoted = self.rest.trim_start().strip_prefix('"');
        let Some(quoted) = quoted else {
            return Err(self.syntax_error());
        };
        // A backslash keeps the quotation mark or the backslash that follows it.
        let mut clause = String::new();
        let mut letters = quoted.char_indices();
        let end = loop {
            match letters.next() {
                None => return Err(self.syntax_error()),
                Some((at, '"')) => break at,
                Some((_, '\\')) => clause.extend(letters.next().map(|(_, letter)| letter)),
                Some((_, letter)) => clause.push(letter),
            }
        };
        self.rest = &quoted[end + 1..];
        let Some((property, text)) = clause.split_once(':') else {
            return Err(self.syntax_error());
        };
        if !self.resource.is_text(property) {
            return Err(unsupported_query(format!(
                "Unsupported or invalid search clause specified for property '{property}' of resource '{}'.",
                self.resource.name()
            )));
        }
        Ok(Search::Clause {
            property: property.to_owned(),
            text: text.to_owned(),
        })
    }

    fn takes(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.trim_start().strip_prefix(word) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn syntax_error(&self) -> GraphError {
        let at = self.text.len() - self.rest.trim_start().len();
        bad_request(format!(
            "Syntax error at position {at} in '{}': a search is written \"property:text\", with AND or OR between several.",
            self.text
        ))
    }
}

fn single_or(mut parts: Vec<Search>, several: fn(Vec<Search>) -> Search) -> Search {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}
