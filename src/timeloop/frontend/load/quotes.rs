//! Marks quoted YAML scalars so that the quotes survive parsing.
//!
//! The YAML parser reports `"rows * 2"` and `rows * 2` as the same string. [`mark`] puts one private-use character
//! behind the opening quote of every quoted scalar; the tree builder strips it again and remembers that it was there.
//! The scanner follows YAML's token rules only as far as needed to know where a quote opens a scalar: comments, plain
//! scalars, block scalars and flow collections.

/// The character behind an opening quote.
pub(super) const MARK: char = '\u{E000}';

/// Flow collections, and block collections on one line, may nest this deep; deeper text is refused before the parser
/// sees it, because its time grows with the square of the depth.
const MAX_DEPTH: usize = 200;

/// The text nests collections deeper than any configuration does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep;

/// The text with [`MARK`] behind each opening quote.
pub(super) fn mark(text: &str) -> Result<String, TooDeep> {
    let mut scanner = Scanner {
        text: text.as_bytes(),
        at: 0,
        copied: 0,
        flow: 0,
        line_start: 0,
        scanned: 0,
        indicators: (0, 0),
        node_column: 0,
        out: String::new(),
    };
    scanner.out.reserve(text.len() + text.len() / 16);
    while scanner.at < scanner.text.len() {
        scanner.token(text)?;
    }
    scanner.out.push_str(&text[scanner.copied..]);
    Ok(scanner.out)
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    copied: usize,
    flow: usize,
    /// Start of the line last asked about, and how far newlines were looked for.
    line_start: usize,
    scanned: usize,
    /// The line the last dash or question mark stood on, and how many it had.
    indicators: (usize, usize),
    /// Column of the node (key, or dash) a block scalar on this line would belong to.
    node_column: usize,
    out: String,
}

impl Scanner<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(b'\n')
    }

    /// The column of the current position; looks at every byte once over the whole text.
    fn column(&mut self) -> usize {
        let at = self.at.min(self.text.len());
        if let Some(newline) = self.text[self.scanned..at].iter().rposition(|&byte| byte == b'\n') {
            self.line_start = self.scanned + newline + 1;
        }
        self.scanned = at;
        at - self.line_start
    }

    /// Consumes one token, or one blank.
    fn token(&mut self, source: &str) -> Result<(), TooDeep> {
        let blank_next = matches!(self.peek(1), b' ' | b'\t' | b'\n' | b'\r');
        match self.peek(0) {
            b' ' | b'\t' | b'\r' | b'\n' | b',' => self.at += 1,
            b'#' if self.at == 0 || self.text[self.at - 1].is_ascii_whitespace() => self.skip_line(),
            b'[' | b'{' => {
                self.flow += 1;
                self.at += 1;
                if self.flow > MAX_DEPTH {
                    return Err(TooDeep);
                }
            }
            b']' | b'}' => {
                self.flow = self.flow.saturating_sub(1);
                self.at += 1;
            }
            b':' if blank_next || self.flow > 0 => self.at += 1,
            b'-' | b'?' if blank_next => {
                self.node_column = self.column();
                self.at += 1;
                let before = if self.indicators.0 == self.line_start { self.indicators.1 } else { 0 };
                self.indicators = (self.line_start, before + 1);
                if before > MAX_DEPTH {
                    return Err(TooDeep);
                }
            }
            b'!' | b'&' | b'*' => self.skip_word(),
            quote @ (b'"' | b'\'') => {
                self.node_column = self.column();
                self.quoted(quote, source);
            }
            b'|' | b'>' if self.flow == 0 => self.block(),
            _ => self.plain(),
        }
        Ok(())
    }

    fn skip_line(&mut self) {
        while self.at < self.text.len() && self.text[self.at] != b'\n' {
            self.at += 1;
        }
    }

    fn skip_word(&mut self) {
        self.at += 1;
        while self.at < self.text.len() {
            let byte = self.text[self.at];
            if byte.is_ascii_whitespace() || (self.flow > 0 && matches!(byte, b',' | b']' | b'}')) {
                break;
            }
            self.at += 1;
        }
    }

    fn quoted(&mut self, quote: u8, source: &str) {
        self.at += 1;
        self.out.push_str(&source[self.copied..self.at]);
        self.out.push(MARK);
        self.copied = self.at;
        while self.at < self.text.len() {
            let byte = self.text[self.at];
            if byte == b'\\' && quote == b'"' {
                self.at += 2;
            } else if byte == quote {
                if quote == b'\'' && self.peek(1) == b'\'' {
                    self.at += 2;
                } else {
                    self.at += 1;
                    return;
                }
            } else {
                self.at += 1;
            }
        }
    }

    /// A plain scalar, up to a `: `, a comment, the end of the line or a flow indicator.
    fn plain(&mut self) {
        self.node_column = self.column();
        self.at += 1;
        while self.at < self.text.len() {
            let byte = self.text[self.at];
            let ends_flow = self.flow > 0 && matches!(byte, b',' | b'[' | b']' | b'{' | b'}');
            let next = self.peek(1);
            let ends_key = byte == b':'
                && (next.is_ascii_whitespace() || (self.flow > 0 && matches!(next, b',' | b']' | b'}' | b'[' | b'{')));
            let comment = byte == b'#' && self.text[self.at - 1].is_ascii_whitespace();
            if byte == b'\n' || ends_flow || ends_key || comment {
                return;
            }
            self.at += 1;
        }
    }

    /// A block scalar: everything more indented than the node it belongs to.
    fn block(&mut self) {
        let parent = self.node_column;
        self.skip_line();
        while self.at < self.text.len() {
            let start = self.at + 1;
            let rest = self.text.get(start..).unwrap_or_default();
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or_default();
            let indent = line.iter().take_while(|&&byte| byte == b' ').count();
            if indent <= parent && !line.iter().all(u8::is_ascii_whitespace) {
                return;
            }
            self.at = start + line.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        mark(text).unwrap().replace(MARK, "@")
    }

    #[test]
    fn only_scalars_are_marked() {
        assert_eq!(shown("a: \"b\"\n"), "a: \"@b\"\n");
        assert_eq!(shown("a: it's\nb: 'x'\n"), "a: it's\nb: '@x'\n");
        assert_eq!(shown("# don't\nb: ['x', \"y\"]\n"), "# don't\nb: ['@x', \"@y\"]\n");
        assert_eq!(shown("a: &x 'b''c' # it's\nd: !t \"\\\"e\"\n"), "a: &x '@b''c' # it's\nd: !t \"@\\\"e\"\n");
        assert_eq!(shown("{'a':'b'}"), "{'@a':'@b'}");
    }

    #[test]
    fn block_scalars_are_skipped() {
        assert_eq!(shown("a: |\n  it's\n  \"x\n\nb: 'c'\n"), "a: |\n  it's\n  \"x\n\nb: '@c'\n");
        assert_eq!(shown("- a: >-\n    it's\n  b: 'c'\n"), "- a: >-\n    it's\n  b: '@c'\n");
        assert_eq!(shown("- |\n  it's\n- 'c'\n"), "- |\n  it's\n- '@c'\n");
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert_eq!(mark(&"[".repeat(1000)), Err(TooDeep));
        assert_eq!(mark(&"- ".repeat(1000)), Err(TooDeep));
        assert!(mark(&"- a\n".repeat(1000)).is_ok());
        assert!(mark("'unterminated").is_ok());
        assert!(mark("\"\\").is_ok());
    }
}
