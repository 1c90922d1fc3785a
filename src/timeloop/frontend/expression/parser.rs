//! Tokens to an expression tree: a Pratt parser with Python's binding powers.

use super::ExpressionError;
use super::lexer::{Token, TokenKind, syntax};
use super::value::Value;

/// Nesting beyond this is refused, so that no input overflows the stack.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    Literal(Value),
    Name(String),
    List(Vec<Expr>),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a < b <= c`: every neighbouring pair must hold.
    Compare(Box<Expr>, Vec<(&'static str, Expr)>),
    /// `then if condition else otherwise`, in the order condition, then, otherwise.
    Conditional(Box<[Expr; 3]>),
    Call(String, Vec<Expr>),
    Attribute(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
}

// Binding powers, loosest first.
const CONDITIONAL: u8 = 1;
const NOT: u8 = 4;
const COMPARISON: u8 = 5;
const UNARY: u8 = 11;
const POWER: u8 = 12;

fn power(operator: &str) -> Option<u8> {
    Some(match operator {
        "if" => CONDITIONAL,
        "or" => 2,
        "and" => 3,
        "<" | "<=" | ">" | ">=" | "==" | "!=" | "in" | "not" => COMPARISON,
        "|" => 6,
        "^" => 7,
        "&" => 8,
        "<<" | ">>" => 9,
        "+" | "-" => 10,
        "*" | "/" | "//" | "%" => UNARY,
        "**" => POWER + 1,
        _ => return None,
    })
}

pub(super) fn parse(tokens: &[Token]) -> Result<Expr, ExpressionError> {
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let expression = parser.expression(0)?;
    match &parser.peek().kind {
        TokenKind::End => Ok(expression),
        _ => Err(parser.unexpected()),
    }
}

struct Parser<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        // The end token is never consumed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn take(&mut self, operator: &str) -> bool {
        let found = matches!(&self.peek().kind, TokenKind::Op(op) if *op == operator);
        if found {
            self.next();
        }
        found
    }

    fn expect(&mut self, operator: &str) -> Result<(), ExpressionError> {
        if self.take(operator) { Ok(()) } else { Err(syntax(format!("expected {operator:?}"), self.peek().at)) }
    }

    fn unexpected(&self) -> ExpressionError {
        let token = self.peek();
        let what = match &token.kind {
            TokenKind::End => "unexpected end".to_owned(),
            TokenKind::Op(op) => format!("unexpected {op:?}"),
            TokenKind::Name(name) => format!("unexpected name {name:?}"),
            TokenKind::Int(_) | TokenKind::Float(_) => "unexpected number".to_owned(),
            TokenKind::Text(_) => "unexpected string".to_owned(),
        };
        syntax(what, token.at)
    }

    /// An expression whose operators bind at least this tightly.
    fn expression(&mut self, min_power: u8) -> Result<Expr, ExpressionError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ExpressionError::TooComplex);
        }
        let mut left = self.prefix()?;
        while let TokenKind::Op(operator) = self.peek().kind {
            let Some(power) = power(operator).filter(|&power| power >= min_power) else { break };
            left = match operator {
                "if" => self.conditional(left)?,
                "**" => {
                    self.next();
                    // Right-associative, and its right operand may carry a sign: 2 ** -1.
                    let right = self.expression(UNARY + 1)?;
                    Expr::Binary("**", Box::new(left), Box::new(right))
                }
                _ if power == COMPARISON => self.comparisons(left)?,
                _ => {
                    self.next();
                    let right = self.expression(power + 1)?;
                    Expr::Binary(operator, Box::new(left), Box::new(right))
                }
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conditional(&mut self, then: Expr) -> Result<Expr, ExpressionError> {
        self.expect("if")?;
        let condition = self.expression(CONDITIONAL + 1)?;
        self.expect("else")?;
        let otherwise = self.expression(CONDITIONAL)?;
        Ok(Expr::Conditional(Box::new([condition, then, otherwise])))
    }

    fn comparisons(&mut self, first: Expr) -> Result<Expr, ExpressionError> {
        let mut rest = Vec::new();
        while let TokenKind::Op(operator) = self.peek().kind {
            if power(operator) != Some(COMPARISON) {
                break;
            }
            self.next();
            let operator = if operator == "not" {
                self.expect("in")?;
                "not in"
            } else {
                operator
            };
            rest.push((operator, self.expression(COMPARISON + 1)?));
        }
        Ok(Expr::Compare(Box::new(first), rest))
    }

    fn prefix(&mut self) -> Result<Expr, ExpressionError> {
        let token = self.peek().clone();
        let operand = match token.kind {
            TokenKind::Op(operator @ ("-" | "+" | "~")) => {
                self.next();
                return Ok(Expr::Unary(operator, Box::new(self.expression(POWER)?)));
            }
            TokenKind::Op("not") => {
                self.next();
                return Ok(Expr::Unary("not", Box::new(self.expression(NOT)?)));
            }
            TokenKind::Op("(") => {
                self.next();
                self.parenthesised()?
            }
            TokenKind::Op("[") => {
                self.next();
                Expr::List(self.items("]")?)
            }
            TokenKind::Int(value) => self.literal(Value::Int(value)),
            TokenKind::Float(value) => self.literal(Value::Float(value)),
            TokenKind::Text(value) => {
                let mut text = value;
                self.next();
                // Neighbouring literals join.
                while let TokenKind::Text(more) = &self.peek().kind {
                    text.push_str(more);
                    self.next();
                }
                Expr::Literal(Value::Str(text))
            }
            TokenKind::Name(name) => {
                self.next();
                match name.as_str() {
                    "True" => Expr::Literal(Value::Bool(true)),
                    "False" => Expr::Literal(Value::Bool(false)),
                    "None" => Expr::Literal(Value::None),
                    _ => Expr::Name(name),
                }
            }
            TokenKind::Op(_) | TokenKind::End => return Err(self.unexpected()),
        };
        self.postfix(operand)
    }

    fn literal(&mut self, value: Value) -> Expr {
        self.next();
        Expr::Literal(value)
    }

    /// Calls, attributes and indices behind an operand.
    fn postfix(&mut self, mut operand: Expr) -> Result<Expr, ExpressionError> {
        let mut links = 0;
        loop {
            links += 1;
            if links > MAX_DEPTH {
                return Err(ExpressionError::TooComplex);
            }
            let at = self.peek().at;
            if self.take("(") {
                let arguments = self.items(")")?;
                operand = match operand {
                    Expr::Name(name) => Expr::Call(name, arguments),
                    _ => return Err(syntax("only named functions can be called", at)),
                };
            } else if self.take("[") {
                let index = self.expression(0)?;
                self.expect("]")?;
                operand = Expr::Index(Box::new(operand), Box::new(index));
            } else if self.take(".") {
                let TokenKind::Name(name) = self.next().kind else { return Err(syntax("expected a name", at + 1)) };
                operand = Expr::Attribute(Box::new(operand), name);
            } else {
                return Ok(operand);
            }
        }
    }

    /// `(a)` is `a`; `(a, b)` is a list, as tuples behave like lists here.
    fn parenthesised(&mut self) -> Result<Expr, ExpressionError> {
        if self.take(")") {
            return Ok(Expr::List(Vec::new()));
        }
        let first = self.expression(0)?;
        if self.take(")") {
            return Ok(first);
        }
        self.expect(",")?;
        let mut items = vec![first];
        items.extend(self.items(")")?);
        Ok(Expr::List(items))
    }

    fn items(&mut self, close: &str) -> Result<Vec<Expr>, ExpressionError> {
        let mut items = Vec::new();
        while !self.take(close) {
            items.push(self.expression(0)?);
            if !self.take(",") {
                self.expect(close)?;
                break;
            }
        }
        Ok(items)
    }
}
