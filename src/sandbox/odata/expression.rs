//! Parses a filter expression into a tree (OData 4.01, part 2: URL conventions, 5.1.1).
//!
//! It knows the grammar only. `filter` knows what Graph accepts of it, and `matching` what an expression means.

use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        path: String,
        operator: Operator,
        value: Literal,
    },
    In {
        path: String,
        values: Vec<Literal>,
    },
    Function {
        name: Function,
        path: String,
        value: String,
    },
    /// `path/any(variable:body)`. Inside the body, paths start with the variable. `path/any()` has neither.
    Any {
        path: String,
        variable: String,
        body: Option<Box<Expr>>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Eq,
    Ne,
    Ge,
    Gt,
    Le,
    Lt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Bool(bool),
    Null,
    /// A number, a date or a GUID, as it is written.
    Bare(String),
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Ge => "ge",
            Self::Gt => "gt",
            Self::Le => "le",
            Self::Lt => "lt",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Lexeme {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

/// What is wrong, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    pub position: usize,
    pub problem: &'static str,
}

/// More than Graph allows at all. It bounds the stack of the parser.
const MAX_NESTING: usize = 32;

pub(super) fn parse(text: &str) -> Result<Expr, SyntaxError> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        end: text.len(),
    };
    let expr = parser.or(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some((position, _)) => Err(SyntaxError {
            position: *position,
            problem: "the expression goes on after its end",
        }),
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Lexeme)>, SyntaxError> {
    let mut found = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((position, character)) = rest.next() {
        let token = match character {
            ' ' | '\t' => continue,
            '(' => Lexeme::Open,
            ')' => Lexeme::Close,
            ',' => Lexeme::Comma,
            ':' => Lexeme::Colon,
            '\'' => {
                let mut value = String::new();
                loop {
                    match rest.next() {
                        // A quote inside a literal is written twice.
                        Some((_, '\'')) if rest.next_if(|(_, next)| *next == '\'').is_some() => {
                            value.push('\'');
                        }
                        Some((_, '\'')) => break,
                        Some((_, other)) => value.push(other),
                        None => {
                            return Err(SyntaxError {
                                position,
                                problem: "there is an unterminated string literal",
                            });
                        }
                    }
                }
                Lexeme::Text(value)
            }
            first if word_character(first) => {
                let mut word = String::from(first);
                // A colon is part of a word in a time such as 2026-01-31T10:00:00Z only.
                while let Some((_, next)) = rest.next_if(|(_, next)| {
                    word_character(*next)
                        || (*next == ':' && first.is_ascii_digit() && word.contains('T'))
                }) {
                    word.push(next);
                }
                Lexeme::Word(word)
            }
            _ => {
                return Err(SyntaxError {
                    position,
                    problem: "a character is not expected here",
                });
            }
        };
        found.push((position, token));
    }
    Ok(found)
}

fn word_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-./$@".contains(character)
}

struct Parser {
    tokens: Vec<(usize, Lexeme)>,
    at: usize,
    end: usize,
}

impl Parser {
    fn or(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        let mut parts = vec![self.and(depth)?];
        while self.take_word("or") {
            parts.push(self.and(depth)?);
        }
        Ok(combine(parts, Expr::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        let mut parts = vec![self.unary(depth)?];
        while self.take_word("and") {
            parts.push(self.unary(depth)?);
        }
        Ok(combine(parts, Expr::And))
    }

    fn unary(&mut self, depth: usize) -> Result<Expr, SyntaxError> {
        if depth > MAX_NESTING {
            return self.error("the expression is nested too deeply");
        }
        if self.take_word("not") {
            return Ok(Expr::Not(Box::new(self.unary(depth + 1)?)));
        }
        if self.take(&Lexeme::Open) {
            let inner = self.or(depth + 1)?;
            self.need(&Lexeme::Close, "a closing parenthesis is missing")?;
            return Ok(inner);
        }
        let word = self.word("a property or a function is expected")?;
        if self.take(&Lexeme::Open) {
            return self.function_or_any(&word, depth);
        }
        self.comparison(word)
    }

    /// What follows `name(`: the arguments of a function or the body of a lambda.
    fn function_or_any(&mut self, name: &str, depth: usize) -> Result<Expr, SyntaxError> {
        if let Some(path) = name.strip_suffix("/any") {
            let path = path.to_owned();
            if self.take(&Lexeme::Close) {
                return Ok(Expr::Any {
                    path,
                    variable: String::new(),
                    body: None,
                });
            }
            let variable = self.word("a range variable is expected")?;
            self.need(
                &Lexeme::Colon,
                "a colon is missing after the range variable",
            )?;
            let body = self.or(depth + 1)?;
            self.need(&Lexeme::Close, "a closing parenthesis is missing")?;
            return Ok(Expr::Any {
                path,
                variable,
                body: Some(Box::new(body)),
            });
        }
        let function = match name.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            _ => return self.error("this function is not known"),
        };
        let path = self.word("a property is expected")?;
        self.need(&Lexeme::Comma, "a comma is missing")?;
        let Literal::Text(value) = self.literal()? else {
            return self.error("a string literal is expected");
        };
        self.need(&Lexeme::Close, "a closing parenthesis is missing")?;
        // `startsWith(…) eq true` is allowed too.
        if self.take_word("eq") && self.literal()? != Literal::Bool(true) {
            return self.error("a function can only be compared with true");
        }
        Ok(Expr::Function {
            name: function,
            path,
            value,
        })
    }

    fn comparison(&mut self, path: String) -> Result<Expr, SyntaxError> {
        let operator = match self.word("an operator is expected")?.as_str() {
            "eq" => Operator::Eq,
            "ne" => Operator::Ne,
            "ge" => Operator::Ge,
            "gt" => Operator::Gt,
            "le" => Operator::Le,
            "lt" => Operator::Lt,
            "in" => {
                self.need(&Lexeme::Open, "a list in parentheses is expected")?;
                let mut values = vec![self.literal()?];
                while self.take(&Lexeme::Comma) {
                    values.push(self.literal()?);
                }
                self.need(&Lexeme::Close, "a closing parenthesis is missing")?;
                return Ok(Expr::In { path, values });
            }
            _ => {
                self.at -= 1;
                return self.error("this operator is not known");
            }
        };
        let value = self.literal()?;
        Ok(Expr::Compare {
            path,
            operator,
            value,
        })
    }

    fn literal(&mut self) -> Result<Literal, SyntaxError> {
        let literal = match self.tokens.get(self.at).map(|(_, token)| token) {
            Some(Lexeme::Text(text)) => Literal::Text(text.clone()),
            Some(Lexeme::Word(word)) => match word.as_str() {
                "true" => Literal::Bool(true),
                "false" => Literal::Bool(false),
                "null" => Literal::Null,
                bare if bare.starts_with(|c: char| c.is_ascii_hexdigit() || c == '-') => {
                    Literal::Bare(word.clone())
                }
                _ => return self.error("a literal is expected"),
            },
            _ => return self.error("a literal is expected"),
        };
        self.at += 1;
        Ok(literal)
    }

    fn take(&mut self, wanted: &Lexeme) -> bool {
        let there = self
            .tokens
            .get(self.at)
            .is_some_and(|(_, token)| token == wanted);
        self.at += usize::from(there);
        there
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let there =
            matches!(self.tokens.get(self.at), Some((_, Lexeme::Word(word))) if word == wanted);
        self.at += usize::from(there);
        there
    }

    fn need(&mut self, wanted: &Lexeme, problem: &'static str) -> Result<(), SyntaxError> {
        if self.take(wanted) {
            Ok(())
        } else {
            self.error(problem)
        }
    }

    fn word(&mut self, problem: &'static str) -> Result<String, SyntaxError> {
        if let Some((_, Lexeme::Word(word))) = self.tokens.get(self.at) {
            let word = word.clone();
            self.at += 1;
            return Ok(word);
        }
        self.error(problem)
    }

    fn error<T>(&self, problem: &'static str) -> Result<T, SyntaxError> {
        let position = self
            .tokens
            .get(self.at)
            .map_or(self.end, |(position, _)| *position);
        Err(SyntaxError { position, problem })
    }
}

/// A single part stays as it is; several parts are combined.
fn combine(mut parts: Vec<Expr>, several: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eq(path: &str, value: &str) -> Expr {
        Expr::Compare {
            path: path.into(),
            operator: Operator::Eq,
            value: Literal::Text(value.into()),
        }
    }

    #[test]
    fn two_quotes_inside_a_literal_are_one() {
        assert_eq!(
            parse("mail eq 'o''brien@x.org'").unwrap(),
            eq("mail", "o'brien@x.org")
        );
        assert!(parse("mail eq 'o'brien@x.org'").is_err());
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(
            parse("a eq '1' or b eq '2' and not (c eq '3')").unwrap(),
            Expr::Or(vec![
                eq("a", "1"),
                Expr::And(vec![eq("b", "2"), Expr::Not(Box::new(eq("c", "3")))]),
            ])
        );
    }

    #[test]
    fn lambdas_lists_functions_and_times() {
        let text = "otherMails/any(x:x eq 'a@b') or mail in ('a', 'b') or startsWith(mail,'c') \
                    or createdDateTime ge 2026-01-01T10:00:00Z or id eq null";
        let Expr::Or(parts) = parse(text).unwrap() else {
            panic!("an or");
        };
        assert!(
            matches!(&parts[0], Expr::Any { path, variable, .. } if path == "otherMails" && variable == "x")
        );
        assert!(matches!(&parts[1], Expr::In { values, .. } if values.len() == 2));
        assert!(matches!(
            &parts[2],
            Expr::Function {
                name: Function::StartsWith,
                ..
            }
        ));
        assert!(matches!(
            &parts[3],
            Expr::Compare { operator: Operator::Ge, value: Literal::Bare(at), .. } if at == "2026-01-01T10:00:00Z"
        ));
        assert!(matches!(
            &parts[4],
            Expr::Compare {
                value: Literal::Null,
                ..
            }
        ));
    }

    #[test]
    fn an_error_names_its_position() {
        for (text, position) in [
            ("mail", 4),
            ("mail eq", 7),
            ("mail is 'a'", 5),
            ("mail eq 'a", 8),
            ("mail eq 'a' mail eq 'b'", 12),
            ("(mail eq 'a'", 12),
            ("mail eq a b", 10),
            ("mail in ()", 9),
            ("mail eq \"a\"", 8),
            ("", 0),
        ] {
            assert_eq!(parse(text).unwrap_err().position, position, "{text}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse(&"not ".repeat(10_000)).is_err());
    }
}
