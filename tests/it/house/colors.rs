//! One palette.

use super::{files, read};

/// Where colours are written down: the palette, and the few surfaces of pages beside it.
const PALETTES: [&str; 2] = ["src/report/charts/palette.rs", "src/report/page/style.css"];

/// Colours in hexadecimal digits, as CSS and SVG write them, and red, green and blue as the drawing kit does.
#[test]
fn colours_stand_in_the_palette() {
    let mut found = Vec::new();
    for extension in ["rs", "css", "html", "js"] {
        for file in files(&["src"], extension).into_iter().filter(|file| !PALETTES.contains(&file.as_str())) {
            let text = read(&file);
            let own = text.split("#[cfg(test)]").next().unwrap_or_default();
            found.extend(own.lines().filter(|line| has_color(line)).map(|line| format!("{file}: {}", line.trim())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(PALETTES.iter().all(|file| read(file).lines().any(has_color)));
}

fn has_color(line: &str) -> bool {
    let is_hex = |after: &str| {
        let digits = after.chars().take_while(char::is_ascii_hexdigit).count();
        let next = after.chars().nth(digits);
        [3, 6].contains(&digits) && !next.is_some_and(|next| next.is_alphanumeric() || next == '-')
    };
    let is_number = |after: &str| after.starts_with(|letter: char| letter.is_ascii_digit());
    line.split('#').skip(1).any(is_hex) || line.split("Rgb(").skip(1).any(is_number)
}
