use super::*;
use crate::random::Random;

fn run(text: &str) -> String {
    let mut scope = Scope::default();
    scope.set("word", Value::Int(8));
    scope.set("rows", Value::Int(12));
    scope.set("name", Value::Str("LPDDR4".into()));
    scope.set("spec", Value::Map([("depth".to_owned(), Value::Int(64))].into()));
    match evaluate(text, &scope) {
        Ok(value) => value.text(),
        Err(error) => format!("error: {error}"),
    }
}

/// Every expected value is what Python 3 prints for `print(expression)`.
#[test]
fn expressions_agree_with_python() {
    for (text, expected) in [
        ("1 + 2 * 3", "7"),
        ("-2 ** 2", "-4"),
        ("2 ** -1", "0.5"),
        ("2 ** 3 ** 2", "512"),
        ("-3 ** -2", "-0.1111111111111111"),
        ("7 // 2, 7 % 2, -7 // 2, -7 % 2, 7 % -2", "[3, 1, -4, 1, -1]"),
        ("7.5 // 2, -7.5 % 2", "[3.0, 0.5]"),
        ("8 / 2", "4.0"),
        (
            "1e-9, 1e16, 1e15, 0.0001, 0.00001, 123456789.0",
            "[1e-09, 1e+16, 1000000000000000.0, 0.0001, 1e-05, 123456789.0]",
        ),
        ("not 1 == 2", "True"),
        ("1 < 2 < 3, 1 < 3 < 2", "[True, False]"),
        ("1 if 0 else 2 if 0 else 3", "3"),
        ("(1 if rows > 8 else 2) + 1", "2"),
        ("1 or 2, 0 or 2, 0 and 3, 1 and 3", "[1, 2, 0, 3]"),
        ("'a' + 'b' * 2", "abb"),
        ("name == 'LPDDR4'", "True"),
        ("'DDR' in name, 3 not in [1, 2]", "[True, True]"),
        ("ceil(log2(100)), floor(-0.5), int(-2.9), round(2.5), round(3.5), round(2.675, 2)", "[7, -1, -2, 2, 4, 2.67]"),
        ("log(8, 2)", "3.0"),
        ("max(16, int(sqrt(12 * 14)) + 3), min([3, 1.0, 2])", "[16, 1.0]"),
        ("pow(2, 10), abs(-3), len('abc'), str(1.5) + 'x', float('2')", "[1024, 3, 3, '1.5x', 2.0]"),
        ("sum([1, 2.5]), True + 1, int('1_000')", "[3.5, 2, 1000]"),
        ("1 << 4 | 1, 6 & 3 ^ 1, ~5", "[17, 3, -6]"),
        ("[1, 2, 3][-1], spec.depth, spec['depth']", "[3, 64, 64]"),
        ("0x10 + 1_000", "1016"),
        ("word * 2 if word < 16 else word", "16"),
        ("sum(range(5)), gcd(12, 18), factorial(5), comb(5, 2)", "[10, 6, 120, 10]"),
        ("+-+3", "-3"),
        ("2*-3", "-6"),
        ("-2 * 3 % 5", "4"),
    ] {
        // A bare `a, b` is a tuple in Python; here it needs brackets.
        let text = if expected.starts_with('[') { format!("[{text}]") } else { text.to_owned() };
        assert_eq!(run(&text), expected, "{text}");
    }
}

#[test]
fn errors_of_expressions_say_why() {
    for (text, part) in [
        ("", "unexpected end"),
        ("1 +", "unexpected end at position 3"),
        ("rovs * 2", "name \"rovs\" is not defined, by `variables` or above it; did you mean \"rows\"?"),
        ("undefined_thing * 2", "name \"undefined_thing\" is not defined"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("frob(1)", "function \"frob\" is not known"),
        ("sqrt(-1)", "sqrt() is not defined"),
        ("2 ** 1000", "too large"),
        ("'a' - 1", "not defined between str and int"),
        ("1 2", "unexpected number"),
        ("2 ^ 1.5", "needs integers"),
        ("45nm", "malformed number"),
        ("SET ME", "unexpected name"),
        ("'x' * 10000000000", "too complex"),
        ("a.b", "name \"a\" is not defined"),
        ("spec.dept", "did you mean \"depth\""),
        ("(1).x", "no attribute"),
        ("'abc", "unterminated"),
        ("[x for x in [1]]", "expected \"]\""),
        ("010", "leading zeros"),
        ("$", "unexpected character"),
    ] {
        let got = run(text);
        assert!(got.starts_with("error: ") && got.contains(part), "{text:?} gave {got:?}, expected {part:?}");
    }
    assert!(run(&"(".repeat(5_000)).contains("too complex"));
    assert!(run(&"-".repeat(5_000)).contains("too complex"));
    assert_eq!(run(&["1"; 499].join("+")), "499");
    assert!(run(&"1*".repeat(4_000)).contains("too complex"));
    // The deepest trees that pass.
    run(&format!("{}1{}", "[".repeat(60), "][0]".repeat(60)));
    run(&format!("{}0{}", "spec[".repeat(60), "]".repeat(60)));
    run(&format!("spec{}", "[0]".repeat(60)));
    run(&format!("{}0{}", "spec[".repeat(60), "][0][0][0][0]".repeat(60)));
    run(&format!("{}1", "not -".repeat(30)));
    run(&format!("{}1", "1 if 1 else ".repeat(60)));
    run(&format!("{}{}", "max((1, ".repeat(29), "))".repeat(29)));
    assert!(run(&"1+".repeat(6_000)).contains("too complex"));
}

#[test]
fn no_text_panics() {
    let pieces = [
        "1", "2.5", "-", "**", "//", "%", "(", ")", "[", "]", ",", ".", "if", "else", "not", "in", "'a", "rows", "<<",
        "max(", "range(", "0x", "é", "1e", "~", "int(",
    ];
    let mut random = Random(1);
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..12 {
            text += random.pick(&pieces);
            if random.0 >> 60 & 1 == 0 {
                text.push(' ');
            }
        }
        run(&text);
    }
}
