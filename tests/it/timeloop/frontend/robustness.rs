//! No input panics: mutated designs, random bytes, hostile values.

use onnx2timeloop::architecture::presets;
use onnx2timeloop::timeloop::frontend::{LoadOptions, ProcessOptions, Source, load_sources, process};

use crate::kit::Random;

/// `ROUNDS=20` runs twenty times as many mutants, other ones than usual.
fn factor() -> usize {
    std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

fn rounds(usual: usize) -> usize {
    usual * factor()
}

fn seed(usual: u64) -> u64 {
    usual + 1_000 * (factor() as u64 - 1)
}

fn run(text: String) {
    let source = Source::Text { name: "mutant".into(), text };
    if let Ok(document) = load_sources(&[source], &LoadOptions::default()) {
        for frontend_quirks in [false, true] {
            let options = ProcessOptions { for_model: frontend_quirks, frontend_quirks };
            match process(&document, options) {
                Ok(processed) => drop(serde_yaml::to_string(&processed.value)),
                Err(errors) => drop(errors.to_string()),
            }
        }
    }
}

fn designs() -> Vec<String> {
    let common = std::fs::read_to_string(super::common::data("inputs/_common.yaml")).unwrap();
    let mut texts: Vec<String> = presets::PRESETS.iter().map(|preset| format!("{common}\n{}", preset.text)).collect();
    let mut files: Vec<_> =
        std::fs::read_dir(super::common::data("inputs")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| !file.ends_with("_common.yaml")) {
        texts.push(format!("{common}\n{}", std::fs::read_to_string(file).unwrap()));
    }
    texts
}

/// Exchanges, removes and inserts words: most results are still YAML, many still designs.
#[test]
fn mutated_designs_never_panic() {
    const WORDS: [&str; 40] = [
        "0",
        "-1",
        "1",
        "999",
        "9223372036854775807",
        "1e400",
        "null",
        "true",
        "[]",
        "{}",
        "\"x\"",
        "'",
        "\"",
        "C",
        "M",
        "Q",
        "C=4",
        "M<=0",
        "C>=1",
        "*",
        "Weights",
        "Inputs",
        "!Parallel",
        "!Component",
        "!Nothing",
        "!Container",
        "nodes:",
        "keep:",
        "factors_only:",
        "maximize_dims:",
        "split:",
        "meshX:",
        "<<<:",
        "&a",
        "*a",
        "(1/0)",
        "depth",
        "{{ 1 }}",
        "#",
        "|",
    ];
    let designs = designs();
    let mut random = Random(seed(7));
    for round in 0..rounds(1_500) {
        let design = &designs[round % designs.len()];
        let mut words: Vec<&str> = design.split_inclusive(|c: char| c.is_whitespace() || ",[]{}".contains(c)).collect();
        for _ in 0..=random.below(4) {
            let at = random.below(words.len());
            match random.below(4) {
                0 => words[at] = WORDS[random.below(WORDS.len())],
                1 => drop(words.remove(at)),
                2 => words.insert(at, WORDS[random.below(WORDS.len())]),
                _ => {
                    let other = random.below(words.len());
                    words.swap(at, other);
                }
            }
        }
        run(words.concat());
    }
}

#[test]
fn random_bytes_never_panic() {
    const ALPHABET: &[u8] = b" \n:-[]{}!&*|>'\"#%@,?<abC01=.\t\\";
    let designs = designs();
    let mut random = Random(seed(11));
    for round in 0..rounds(1_500) {
        let bytes: Vec<u8> = if round % 3 == 0 {
            (0..random.below(200)).map(|_| ALPHABET[random.below(ALPHABET.len())]).collect()
        } else {
            let mut bytes = designs[round % designs.len()].clone().into_bytes();
            for _ in 0..=random.below(6) {
                let at = random.below(bytes.len());
                bytes[at] = u8::try_from(random.below(256)).unwrap();
            }
            bytes.truncate(random.below(2 * bytes.len()));
            bytes
        };
        run(String::from_utf8_lossy(&bytes).into_owned());
    }
}

/// Every scalar of every design replaced by values nobody expects.
#[test]
fn hostile_values_never_panic() {
    const VALUES: [&str; 14] = [
        "null",
        "-1",
        "0",
        "18446744073709551615",
        "1e308",
        ".nan",
        "[]",
        "{}",
        "[[]]",
        "'x'",
        "x",
        "!t 1",
        "(1,2)",
        "2**100",
    ];
    /// Every place gets every eleventh value: one or two, other ones than the place before it.
    const STEP: usize = 11;
    let common = std::fs::read_to_string(super::common::data("inputs/_common.yaml")).unwrap();
    let mut places = 0;
    for preset in presets::PRESETS {
        let lines = preset.text.lines().filter(|line| !line.starts_with('#'));
        let text = format!("{common}\n{}", lines.collect::<Vec<_>>().join("\n"));
        for start in text.match_indices(": ").map(|(at, _)| at + 2) {
            let length = text[start..].find([',', '}', '\n']).unwrap_or(0);
            for value in VALUES.iter().skip(places % STEP).step_by(STEP) {
                run(format!("{}{value}{}", &text[..start], &text[start + length..]));
            }
            places += 1;
        }
    }
}
