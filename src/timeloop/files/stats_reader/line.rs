//! Lines and blocks of the text.

use std::sync::LazyLock;

use regex::Regex;

/// `Level 3`, `Network 0`.
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(Level|Network) (\d+)\s*$").expect("a valid expression"));

/// `=== shared_glb ===`.
static TITLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^=== (.*?) ===\s*$").expect("a valid expression"));

/// `    SPECS`, and the longer titles of old networks.
static PART: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^    (?:NETWORK )?(SPECS|STATS|MAPPING)\s*$").expect("a valid expression"));

/// `    Outputs:`.
static HEADING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^    (\S[^:]*):\s*$").expect("a valid expression"));

/// A key of at least two blanks, and its value.
static FIELD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\s{2,})(\S.*?)\s*: *(.*?)\s*$").expect("a valid expression"));

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Level(usize),
    Network,
    Title(&'a str),
    Part(Part),
    /// Of a data space.
    Heading(&'a str),
    /// Belongs to the whole part if it is indented by four, else to the heading above.
    Field {
        is_deep: bool,
        key: &'a str,
        value: &'a str,
    },
    Other(&'a str),
}

/// A part of a level or network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Specs,
    Mapping,
    Stats,
}

impl<'a> Line<'a> {
    pub(super) fn of(line: &'a str) -> Self {
        let found = if line.starts_with("     ") {
            // Most lines are of this kind.
            Self::field(line)
        } else if line.starts_with("    ") {
            Self::part(line).or_else(|| Self::field(line))
        } else {
            Self::section(line).or_else(|| Self::field(line))
        };
        found.unwrap_or(Self::Other(line))
    }

    fn section(line: &'a str) -> Option<Self> {
        if let Some(found) = TITLE.captures(line) {
            return Some(Self::Title(found.get(1)?.as_str()));
        }
        let found = SECTION.captures(line)?;
        let number = found[2].parse().unwrap_or(usize::MAX);
        Some(if &found[1] == "Level" { Self::Level(number) } else { Self::Network })
    }

    fn part(line: &'a str) -> Option<Self> {
        if let Some(found) = HEADING.captures(line) {
            return Some(Self::Heading(found.get(1)?.as_str()));
        }
        Some(Self::Part(match &PART.captures(line)?[1] {
            "SPECS" => Part::Specs,
            "STATS" => Part::Stats,
            _ => Part::Mapping,
        }))
    }

    fn field(line: &'a str) -> Option<Self> {
        let found = FIELD.captures(line)?;
        let text = |group: usize| found.get(group).map_or("", |found| found.as_str());
        Some(Self::Field { is_deep: text(1).len() > 4, key: text(2), value: text(3) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_recognized() {
        assert_eq!(Line::of("Level 12"), Line::Level(12));
        assert_eq!(Line::of("=== DRAM ===\r"), Line::Title("DRAM"));
        assert_eq!(Line::of("    NETWORK STATS"), Line::Part(Part::Stats));
        assert_eq!(Line::of("    Outputs:"), Line::Heading("Outputs"));
        let field = |is_deep, key, value| Line::Field { is_deep, key, value };
        assert_eq!(Line::of("    Cycles               : 12"), field(false, "Cycles", "12"));
        assert_eq!(Line::of("        Legacy sub-type : "), field(true, "Legacy sub-type", ""));
        let rank = "            Rank 1 (metadata, payload): (0, 9)";
        assert_eq!(Line::of(rank), field(true, "Rank 1 (metadata, payload)", "(0, 9)"));
        assert_eq!(Line::of("Cycles: 3"), Line::Other("Cycles: 3"));
        assert_eq!(Line::of("DRAM <==> shared_glb"), Line::Other("DRAM <==> shared_glb"));
    }
}
