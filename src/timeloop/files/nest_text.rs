//! Reads loop nests as Timeloop's programs print them: in `map.txt`, and in the statistics of older versions.
//!
//! Names stay texts: neither an architecture nor a problem is needed.

use std::sync::LazyLock;

use regex::Regex;

use crate::mapping::Axis;

/// One printed loop: `for P in [0:4,3) (Spatial-X)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopLine {
    /// Letter of the dimension.
    pub dimension: char,
    /// Number of iterations.
    pub bound: u64,
    /// Iterations of the last pass; equal to `bound` unless it is printed.
    pub residual: u64,
    /// Where its iterations lie; in time if absent.
    pub axis: Option<Axis>,
}

/// One printed level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NestLevel {
    /// Name of the level, as in the architecture.
    pub name: String,
    /// Data spaces that it keeps, with the words of their tiles.
    pub tiles: Vec<(String, u64)>,
    /// Its loops, outermost first.
    pub loops: Vec<LoopLine>,
}

static LOOP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[|\s]*for (\S) in \[0:(\d+)(?:,(\d+))?\)(?: \(Spatial-([XY])\))?\s*$").expect("a valid expression")
});

static TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\S.*?) \[ ((?:\S+:\d+ \(\d+\) )*)\]\s*$").expect("a valid expression"));

static TILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\S+):(\d+) \(\d+\) ").expect("a valid expression"));

/// The loop of a line, if it is one.
pub(super) fn loop_line(line: &str) -> Option<LoopLine> {
    let found = LOOP.captures(line)?;
    let number = |group: usize| found.get(group)?.as_str().parse::<u64>().ok();
    let bound = number(2)?;
    let residual = if found.get(3).is_some() { number(3)? } else { bound };
    let axis = found.get(4).map(|axis| if axis.as_str() == "X" { Axis::X } else { Axis::Y });
    Some(LoopLine { dimension: found.get(1)?.as_str().chars().next()?, bound, residual, axis })
}

/// The levels of a `map.txt`, outermost first; empty if the text has no loop nest.
pub fn read(text: &str) -> Vec<NestLevel> {
    let mut levels: Vec<NestLevel> = Vec::new();
    for line in text.lines() {
        if let Some(found) = loop_line(line) {
            if let Some(level) = levels.last_mut() {
                level.loops.push(found);
            }
        } else if let Some(found) = TITLE.captures(line) {
            let tile = |tile: regex::Captures| Some((tile[1].to_owned(), tile[2].parse().ok()?));
            let tiles = TILE.captures_iter(&found[2]).filter_map(tile).collect();
            levels.push(NestLevel { name: found[1].to_owned(), tiles, loops: Vec::new() });
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_tiles_and_loops_are_read() {
        let text = "DRAM [ Weights:16 (16) Inputs:9 (9) ] \n----\n| for C in [0:4,3)\n\nfan-out [ ] \n-----------\n\
                    |   for M in [0:16) (Spatial-Y)\n\nreg [ Outputs:1 (1) ] \nmac [ ] \n-----\n|     << Compute >>\n";
        let levels = read(text);
        let names: Vec<&str> = levels.iter().map(|level| level.name.as_str()).collect();
        assert_eq!(names, ["DRAM", "fan-out", "reg", "mac"]);
        assert_eq!(levels[0].tiles, [("Weights".to_owned(), 16), ("Inputs".to_owned(), 9)]);
        assert_eq!(levels[0].loops, [LoopLine { dimension: 'C', bound: 4, residual: 3, axis: None }]);
        assert_eq!(levels[1].loops, [LoopLine { dimension: 'M', bound: 16, residual: 16, axis: Some(Axis::Y) }]);
        assert_eq!(read("for C in [0:4)\n[ ]\n\u{fffd}"), []);
    }
}
