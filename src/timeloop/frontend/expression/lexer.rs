//! Text to tokens.

use super::ExpressionError;

/// A token and the byte offset it starts at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    Int(i128),
    Float(f64),
    Text(String),
    Name(String),
    /// Operators, brackets and keywords.
    Op(&'static str),
    End,
}

const KEYWORDS: [&str; 6] = ["if", "else", "and", "or", "not", "in"];

/// Longer operators first.
const OPERATORS: [&str; 29] = [
    "**", "//", "<=", ">=", "==", "!=", "<<", ">>", "+", "-", "*", "/", "%", "<", ">", "&", "|", "^", "~", "(", ")",
    "[", "]", ",", ".", "{", "}", ":", "=",
];

/// Splits a text into tokens, the last of which is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            number(rest, at)?
        } else if first.is_alphabetic() || first == '_' {
            word(rest)
        } else if first == '"' || first == '\'' {
            string(rest, first, at)?
        } else if let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) {
            (TokenKind::Op(operator), operator.len())
        } else {
            return Err(syntax(format!("unexpected character {first:?}"), at));
        };
        tokens.push(Token { kind, at });
        at += length;
    }
    tokens.push(Token { kind: TokenKind::End, at });
    Ok(tokens)
}

fn word(rest: &str) -> (TokenKind, usize) {
    let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let word = &rest[..length];
    let kind = match KEYWORDS.into_iter().find(|&keyword| keyword == word) {
        Some(keyword) => TokenKind::Op(keyword),
        None => TokenKind::Name(word.to_owned()),
    };
    (kind, length)
}

fn number(rest: &str, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    let bytes = rest.as_bytes();
    let radix = match bytes.get(..2) {
        Some(b"0x" | b"0X") => 16,
        Some(b"0o" | b"0O") => 8,
        Some(b"0b" | b"0B") => 2,
        _ => 10,
    };
    if radix != 10 {
        let length = 2 + rest[2..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        let digits = rest[2..length].replace('_', "");
        let value = i128::from_str_radix(&digits, radix).map_err(|_| syntax("malformed number", at))?;
        return Ok((TokenKind::Int(value), length));
    }
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit() || **b == b'_').count();
    let mut length = digits(0);
    let mut float = false;
    if bytes.get(length) == Some(&b'.') {
        float = true;
        length += 1;
        length += digits(length);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            float = true;
            length += 1 + sign + exponent;
        }
    }
    if rest[length..].starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return Err(syntax("malformed number", at));
    }
    let plain = rest[..length].replace('_', "");
    if float {
        let value = plain.parse().map_err(|_| syntax("malformed number", at))?;
        Ok((TokenKind::Float(value), length))
    } else if plain.len() > 1 && plain.starts_with('0') && plain.bytes().any(|digit| digit != b'0') {
        Err(syntax("leading zeros are not permitted", at))
    } else {
        Ok((TokenKind::Int(plain.parse().map_err(|_| ExpressionError::Overflow)?), length))
    }
}

fn string(rest: &str, quote: char, at: usize) -> Result<(TokenKind, usize), ExpressionError> {
    let mut value = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((index, c)) = characters.next() {
        if c == quote {
            return Ok((TokenKind::Text(value), index + 1));
        }
        if c == '\\' {
            match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, other)) => value.push(other),
                None => break,
            }
        } else {
            value.push(c);
        }
    }
    Err(syntax("unterminated string", at))
}

pub(super) fn syntax(message: impl Into<String>, at: usize) -> ExpressionError {
    ExpressionError::Syntax { message: message.into(), at }
}
