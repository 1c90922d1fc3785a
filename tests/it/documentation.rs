//! What the documentation quotes is what the commands write and print.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::kit::{Ran, path, program_in};
use crate::schemas::small_network_folder;

/// A fenced block of a page: the comments right above it, its language, its text.
struct Block {
    notes: Vec<String>,
    language: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(path(page)).unwrap();
    let mut blocks = Vec::new();
    let mut notes = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(note) = line.strip_prefix("<!-- ").and_then(|line| line.strip_suffix(" -->")) {
            notes.push(note.to_owned());
        } else if let Some(language) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
            let text = inside.iter().map(|line| format!("{line}\n")).collect();
            blocks.push(Block { notes: std::mem::take(&mut notes), language: language.to_owned(), text });
        } else {
            notes.clear();
        }
    }
    blocks
}

/// Examples in docs/file-formats.md, each with the file that it is from. Lists may be cut and columns left out; all that is there is
/// in the file.
#[test]
fn examples_of_files_are_from_real_files() {
    let folder = small_network_folder();
    let drawn = Ran::of(&mut program_in(folder.path(), "report out -o charted --chart-format svg"));
    assert_eq!(drawn.code, 0, "{}", drawn.stderr);
    let mut compared = Vec::new();
    for block in blocks("docs/file-formats.md") {
        let Some(file) = block.notes.iter().find_map(|note| note.strip_prefix("from: ")) else { continue };
        let real = fs::read_to_string(folder.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        match block.language.as_str() {
            "json" => {
                let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                if let Err(place) = contains(&parsed(&real), &parsed(&block.text), "") {
                    panic!("{file} has no such `{place}` as docs/file-formats.md shows");
                }
            }
            "csv" => assert_rows(file, &real, &block.text),
            _ => assert_eq!(real, block.text, "{file}"),
        }
        compared.push(file.to_owned());
    }
    assert!(compared.len() >= 13, "{compared:?}");
}

/// What a search counts on its way: better bounds change it, and nothing else.
const EFFORT: [&str; 3] = ["evaluations", "valid", "cuts"];

/// Whether a document has all that an example of it shows: of an object the keys, of a list the items in their order.
fn contains(real: &Value, example: &Value, place: &str) -> Result<(), String> {
    match (real, example) {
        (Value::Object(real), Value::Object(example)) => example.iter().try_for_each(|(key, value)| {
            let place = format!("{place}/{key}");
            let real = real.get(key).ok_or_else(|| place.clone())?;
            if EFFORT.contains(&key.as_str()) { Ok(()) } else { contains(real, value, &place) }
        }),
        (Value::Array(real), Value::Array(example)) => {
            let mut rest = real.iter();
            example.iter().enumerate().try_for_each(|(index, item)| {
                let place = format!("{place}/{index}");
                let mut reasons = rest.by_ref().map(|real| contains(real, item, &place));
                // The first item that does not fit says most.
                let mut first = None;
                let is_found = reasons.any(|reason| match reason {
                    Ok(()) => true,
                    Err(reason) => {
                        first.get_or_insert(reason);
                        false
                    }
                });
                if is_found { Ok(()) } else { Err(first.unwrap_or(place)) }
            })
        }
        (Value::Number(real), Value::Number(example)) if is_same(&real.to_string(), &example.to_string()) => Ok(()),
        _ if real == example => Ok(()),
        _ => Err(format!("{place} = {example}")),
    }
}

/// Whether two texts are the same, or numbers that differ in their last digits: sums may be added up in another order.
fn is_same(real: &str, example: &str) -> bool {
    let near = |real: f64, example: f64| (real - example).abs() <= 1e-9 * example.abs();
    real == example || matches!((real.parse(), example.parse()), (Ok(real), Ok(example)) if near(real, example))
}

fn assert_rows(file: &str, real: &str, example: &str) {
    let rows = |text: &str| -> Vec<Vec<String>> {
        let reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.into_records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    };
    let (real, example) = (rows(real), rows(example));
    let column = |name: &String| {
        real[0].iter().position(|known| known == name).unwrap_or_else(|| panic!("{file} has no column `{name}`"))
    };
    let columns: Vec<usize> = example[0].iter().map(column).collect();
    let shown: Vec<Vec<String>> = real.iter().map(|row| columns.iter().map(|at| row[*at].clone()).collect()).collect();
    for row in &example {
        let is_row = |real: &Vec<String>| real.iter().zip(row).all(|(real, example)| is_same(real, example));
        assert!(shown.iter().any(is_row), "{file} has no row {row:?}, but {shown:?}");
    }
}

/// Commands of the guide and of the reference, with their output, for as far as they take no time, or are noted to take little. The
/// pages are read from the top, so that a later command finds what an earlier one wrote, or a block with the name of a file.
#[test]
#[cfg(unix)]
fn quoted_output_is_what_the_commands_print() {
    const QUICK: [&str; 10] =
        ["convert", "check", "arch show", "arch list", "arch check", "arch schema", "map", "evaluate", "sed", "frob"];
    for (page, least) in [("docs/cli.md", 6), ("docs/guide.md", 6), ("docs/architectures.md", 3)] {
        let folder = tempfile::tempdir().unwrap();
        for name in ["models", "tests"] {
            std::os::unix::fs::symlink(path(name), folder.path().join(name)).unwrap();
        }
        let mut compared = 0;
        for block in blocks(page) {
            if let Some(file) = block.notes.iter().find_map(|note| note.strip_prefix("file: ")) {
                fs::write(folder.path().join(file), &block.text).unwrap();
            }
            let is_quick = block.notes.iter().any(|note| note == "quick");
            if block.language != "console" {
                continue;
            }
            for (command, shown) in commands(&block.text) {
                let verb = command.trim_start_matches("onnx2timeloop ");
                // What a skipped command would have written is not there.
                if !(is_quick || QUICK.iter().any(|quick| verb.starts_with(quick))) || verb.contains("$L") {
                    continue;
                }
                assert_output(command, &shown, &output(folder.path(), command));
                compared += 1;
            }
        }
        assert!(compared >= least, "{page}: {compared}");
    }
}

/// Command lines, each with the lines below it.
fn commands(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => {}
        }
    }
    commands
}

#[cfg(unix)]
fn output(folder: &Path, command: &str) -> String {
    let program = crate::kit::program().get_program().to_owned();
    let binaries = Path::new(&program).parent().unwrap().to_owned();
    let search = std::env::var("PATH").unwrap();
    let output = std::process::Command::new("bash")
        .current_dir(folder)
        .env("PATH", format!("{}:{search}", binaries.display()))
        .args(["-c", &format!("exec 2>&1; {command}")])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// `...` stands for any lines, and at the end of a line for its rest. Progress is told by the clock.
#[cfg(unix)]
fn assert_output(command: &str, shown: &[&str], output: &str) {
    let is_progress = |line: &str| line.contains(" s: best so far: ");
    let printed: Vec<&str> = output.lines().map(str::trim_end).filter(|line| !is_progress(line)).collect();
    let mut rest = &printed[..];
    let mut may_skip = false;
    for line in shown.iter().map(|line| line.trim_end()) {
        if line == "..." {
            may_skip = true;
            continue;
        }
        let begin = line.strip_suffix("...").map(str::trim_end);
        let fits = |printed: &&str| begin.map_or(*printed == line, |begin| printed.starts_with(begin));
        let at = rest.iter().position(fits).filter(|at| *at == 0 || may_skip);
        let at = at.unwrap_or_else(|| panic!("$ {command}\nprints no line (here)\n{line}\nbut\n{}", rest.join("\n")));
        (rest, may_skip) = (&rest[at + 1..], false);
    }
    assert!(may_skip || rest.is_empty(), "$ {command}\nalso prints\n{}", rest.join("\n"));
}
