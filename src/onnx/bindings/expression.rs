//! Names of dimensions that are expressions: exporters write `past + seq` or `floor(height/2)` where a size follows from others.
//!
//! The grammar is that of sympy's printer, which PyTorch, onnxruntime's symbolic shape inference and Optimum use: sums,
//! products, quotients, powers, and the functions below. Arithmetic is exact, on fractions, and a value that is not a size
//! is no value.

/// Parts of a name are followed this deep.
const MAX_DEPTH: usize = 50;

/// An expression over names of dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    Number(i128),
    Name(String),
    Call(Function, Vec<Expression>),
}

/// What an expression computes of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    Floor,
    Ceiling,
    Minimum,
    Maximum,
}

/// The names of functions, in lower case.
const FUNCTIONS: [(&str, Function); 10] = [
    ("floor", Function::Floor),
    ("ceil", Function::Ceiling),
    ("ceiling", Function::Ceiling),
    ("ceiltoint", Function::Ceiling),
    ("min", Function::Minimum),
    ("max", Function::Maximum),
    ("mod", Function::Modulo),
    ("pythonmod", Function::Modulo),
    ("floordiv", Function::FloorDivide),
    ("inttruediv", Function::Divide),
];

impl Expression {
    /// The expression that a name is; `None` for a name that is no expression but one word or any text.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let mut parser = Parser { rest: name.trim_start(), depth: 0 };
        let expression = parser.sum()?;
        (parser.rest.is_empty() && matches!(expression, Self::Call(..))).then_some(expression)
    }

    /// The names in it.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Number(_) => Vec::new(),
            Self::Name(name) => vec![name],
            Self::Call(_, arguments) => arguments.iter().flat_map(Self::names).collect(),
        }
    }

    /// Whether a number stands in it.
    pub(super) fn has_number(&self) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Name(_) => false,
            Self::Call(_, arguments) => arguments.iter().any(Self::has_number),
        }
    }

    /// Its size under the sizes of its names; `None` where a name has none, or where it is no whole number from 0 on.
    pub(super) fn size(&self, of: &impl Fn(&str) -> Option<u64>) -> Option<u64> {
        let (numerator, denominator) = self.value(of)?;
        (denominator == 1).then(|| u64::try_from(numerator).ok()).flatten()
    }

    /// The only name without a size, with the whole number that makes this the size of the expression; `None` where more are
    /// open, or it stands twice, or several numbers would do.
    pub(super) fn solved(&self, size: u64, of: &impl Fn(&str) -> Option<u64>) -> Option<(&str, u64)> {
        let names = self.names();
        let mut open = names.into_iter().filter(|name| of(name).is_none());
        let name = open.next().filter(|_| open.next().is_none())?;
        let (numerator, denominator) = self.inverted((i128::from(size), 1), of)?;
        (denominator == 1).then(|| u64::try_from(numerator).ok()).flatten().map(|size| (name, size))
    }

    /// The value of the only open name, where the expression has this value.
    fn inverted(&self, value: (i128, i128), of: &impl Fn(&str) -> Option<u64>) -> Option<(i128, i128)> {
        use Function::{Add, Divide, Multiply, Subtract};
        let (function, arguments) = match self {
            Self::Number(_) => return None,
            Self::Name(_) => return Some(value),
            Self::Call(function, arguments) => (*function, arguments),
        };
        let [first, second] = arguments.as_slice() else { return None };
        match (function, first.value(of), second.value(of)) {
            (Add, Some(known), None) => second.inverted(Subtract.apply(value, known)?, of),
            (Add, None, Some(known)) => first.inverted(Subtract.apply(value, known)?, of),
            (Subtract, Some(known), None) => second.inverted(Subtract.apply(known, value)?, of),
            (Subtract, None, Some(known)) => first.inverted(Add.apply(value, known)?, of),
            (Multiply, Some(known), None) => second.inverted(Divide.apply(value, known)?, of),
            (Multiply, None, Some(known)) => first.inverted(Divide.apply(value, known)?, of),
            (Divide, Some(known), None) => second.inverted(Divide.apply(known, value)?, of),
            (Divide, None, Some(known)) => first.inverted(Multiply.apply(value, known)?, of),
            _ => None,
        }
    }

    /// The value as a fraction in lowest terms, of positive denominator.
    fn value(&self, of: &impl Fn(&str) -> Option<u64>) -> Option<(i128, i128)> {
        match self {
            Self::Number(number) => Some((*number, 1)),
            Self::Name(name) => Some((i128::from(of(name)?), 1)),
            Self::Call(function, arguments) => {
                let mut values = arguments.iter().map(|argument| argument.value(of));
                let first = values.next()??;
                values.try_fold(first, |so_far, next| function.apply(so_far, next?)).map(|value| match function {
                    Function::Floor => (value.0.div_euclid(value.1), 1),
                    Function::Ceiling => (-(-value.0).div_euclid(value.1), 1),
                    _ => value,
                })
            }
        }
    }
}

impl Function {
    fn apply(self, (a, b): (i128, i128), (c, d): (i128, i128)) -> Option<(i128, i128)> {
        let quotient = || reduced(a.checked_mul(d)?, b.checked_mul(c)?);
        match self {
            Self::Add => reduced(a.checked_mul(d)?.checked_add(c.checked_mul(b)?)?, b.checked_mul(d)?),
            Self::Subtract => reduced(a.checked_mul(d)?.checked_sub(c.checked_mul(b)?)?, b.checked_mul(d)?),
            Self::Multiply => reduced(a.checked_mul(c)?, b.checked_mul(d)?),
            Self::Divide => quotient(),
            Self::FloorDivide => quotient().map(|(e, f)| (e.div_euclid(f), 1)),
            Self::Modulo => {
                let times = quotient().map(|(e, f)| (e.div_euclid(f), 1))?;
                Self::Subtract.apply((a, b), Self::Multiply.apply(times, (c, d))?)
            }
            Self::Power => {
                let exponent = u32::try_from(c).ok().filter(|_| d == 1)?;
                Some((a.checked_pow(exponent)?, b.checked_pow(exponent)?))
            }
            Self::Minimum => Some(if a.checked_mul(d)? <= c.checked_mul(b)? { (a, b) } else { (c, d) }),
            Self::Maximum => Some(if a.checked_mul(d)? >= c.checked_mul(b)? { (a, b) } else { (c, d) }),
            // They have one argument.
            Self::Floor | Self::Ceiling => None,
        }
    }
}

fn reduced(numerator: i128, denominator: i128) -> Option<(i128, i128)> {
    let (mut a, mut b) = (numerator.checked_abs()?, denominator.checked_abs()?);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // A denominator of zero has no sign.
    (denominator != 0).then(|| (numerator / a * denominator.signum(), denominator / a * denominator.signum()))
}

/// A parser by recursive descent; whoever reads a token takes the spaces behind it.
struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn takes(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// The longest beginning of such characters, not empty.
    fn word(&mut self, is_part: impl Fn(char) -> bool) -> Option<&'t str> {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        (!word.is_empty()).then_some(word)
    }

    fn sum(&mut self) -> Option<Expression> {
        let mut sum = self.product()?;
        loop {
            let function = if self.takes("+") {
                Function::Add
            } else if self.takes("-") {
                Function::Subtract
            } else {
                return Some(sum);
            };
            sum = Expression::Call(function, vec![sum, self.product()?]);
        }
    }

    fn product(&mut self) -> Option<Expression> {
        let mut product = self.power()?;
        loop {
            let function = if self.takes("//") {
                Function::FloorDivide
            } else if self.takes("*") {
                Function::Multiply
            } else if self.takes("/") {
                Function::Divide
            } else if self.takes("%") {
                Function::Modulo
            } else {
                return Some(product);
            };
            product = Expression::Call(function, vec![product, self.power()?]);
        }
    }

    fn power(&mut self) -> Option<Expression> {
        let base = self.atom()?;
        Some(if self.takes("**") || self.takes("^") {
            Expression::Call(Function::Power, vec![base, self.atom()?])
        } else {
            base
        })
    }

    fn atom(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let atom = if self.takes("-") {
            Expression::Call(Function::Subtract, vec![Expression::Number(0), self.atom()?])
        } else if self.takes("(") {
            let inner = self.sum()?;
            self.takes(")").then_some(inner)?
        } else if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            Expression::Number(self.word(|c| c.is_ascii_digit())?.parse().ok()?)
        } else {
            let name = self.word(|c| c.is_alphanumeric() || "_.:$#@".contains(c))?;
            if self.takes("(") { self.call(name)? } else { Expression::Name(name.to_owned()) }
        };
        self.depth -= 1;
        Some(atom)
    }

    fn call(&mut self, name: &str) -> Option<Expression> {
        let name = name.to_ascii_lowercase();
        let (_, function) = *FUNCTIONS.iter().find(|(known, _)| *known == name)?;
        let mut arguments = vec![self.sum()?];
        while self.takes(",") {
            arguments.push(self.sum()?);
        }
        let fits = match function {
            Function::Floor | Function::Ceiling => arguments.len() == 1,
            Function::Minimum | Function::Maximum => true,
            _ => arguments.len() == 2,
        };
        (self.takes(")") && fits).then_some(Expression::Call(function, arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(text: &str) -> Option<u64> {
        let sizes = [("past", 7), ("seq", 3), ("height", 513), ("s0", 10)];
        let of = |name: &str| sizes.iter().find(|(known, _)| *known == name).map(|(_, size)| *size);
        Expression::parse(text)?.size(&of)
    }

    #[test]
    fn a_size_follows_from_its_parts() {
        for (text, expected) in [
            ("past + seq", 10),
            ("past+1", 8),
            ("2*seq", 6),
            ("(past - 1)*(seq+1)/4", 6),
            ("floor(floor(height/2 - 1/2)/2) + 1", 129),
            ("ceiling(s0/4)", 3),
            ("-seq + 4", 1),
            ("s0//4 + s0 % 4", 4),
            ("Max(1, s0 - 12)", 1),
            ("Min(past, seq, s0)", 3),
            ("seq**2", 9),
            ("FloorDiv(s0, 3)", 3),
            ("Mod(s0, 3)", 1),
        ] {
            assert_eq!(size(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn the_only_open_part_follows_from_the_size() {
        let of = |name: &str| (name == "seq").then_some(3);
        let solved = |text: &str, size| {
            let expression = Expression::parse(text).unwrap();
            expression.solved(size, &of).map(|(name, size)| (name.to_owned(), size))
        };
        for (text, size, expected) in [
            ("2*half", 10, Some(5)),
            ("2*half", 11, None),
            ("past + seq", 10, Some(7)),
            ("past + seq", 2, None),
            ("seq - past", 1, Some(2)),
            ("(n - 1)/2 + seq", 8, Some(11)),
            ("12/n", 4, Some(3)),
            ("0*n", 0, None),
            // Either several numbers would do, or several parts are open.
            ("floor(n/2)", 3, None),
            ("n + n", 4, None),
            ("a*b", 4, None),
            ("Max(n, seq)", 3, None),
        ] {
            assert_eq!(solved(text, size).map(|(_, size)| size), expected, "{text} = {size}");
        }
    }

    #[test]
    fn what_is_no_size_has_no_value() {
        for text in [
            "seq/2",
            "seq - past",
            "past/0",
            "past % 0",
            "past + unknown",
            "seq**99",
            "170141183460469231731687303715884105727*s0",
        ] {
            assert_eq!(size(text), None, "{text}");
        }
    }

    #[test]
    fn names_and_texts_are_no_expressions() {
        for text in [
            "",
            "batch",
            "12",
            "p2o.DynamicDimension.0",
            "unk__12",
            "a b",
            "past +",
            "(past",
            "f(x)",
            "?",
            &"(".repeat(10_000),
        ] {
            assert_eq!(Expression::parse(text), None, "{text}");
        }
        assert_eq!(Expression::parse("a.b + 2*c").unwrap().names(), ["a.b", "c"]);
    }
}
