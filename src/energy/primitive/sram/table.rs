//! The table of CACTI's runs: lines of one node, banks, ports and width, over the depth.

use std::ops::Range;
use std::sync::LazyLock;

use super::measures::{MEASURES, Measures};

/// What `build/sram.rs` made of `sram.csv`; its head describes the form.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sram.bin"));

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(PACKED));

/// A run that spans less than this share of its depth, between two of one organisation, is a flicker of CACTI's optimiser.
const FLICKER: f64 = 1.05;

/// All runs.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Sorted by node, banks, ports, width.
    lines: Vec<Line>,
}

/// The runs of one node, number of banks, number of ports and width.
#[derive(Debug)]
pub(super) struct Line {
    /// nm.
    pub(super) node: u16,
    pub(super) banks: u16,
    pub(super) ports: u16,
    /// Bits.
    pub(super) width: u16,
    /// In order of depth; there is at least one.
    pub(super) rows: Vec<Row>,
    /// The ranges of depth in which the organisation stays.
    pub(super) stretches: Vec<Stretch>,
}

/// One run of CACTI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Words of all banks.
    pub(super) depth: f64,
    pub(super) measures: Measures,
    /// A number for each way of dividing the array.
    pub(super) organisation: u8,
}

/// Neighbouring rows of one organisation.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) organisation: u8,
    /// Natural logarithms of the first and the last depth.
    pub(super) logs: (f64, f64),
    pub(super) rows: Vec<Row>,
}

impl Table {
    pub(super) fn get() -> &'static Self {
        &TABLE
    }

    fn read(mut packed: &[u8]) -> Self {
        let mut lines = Vec::new();
        while let Some(line) = Line::read(&mut packed) {
            lines.push(line);
        }
        lines.sort_by_key(Line::key);
        Self { lines }
    }

    pub(super) fn all(&self) -> &[Line] {
        &self.lines
    }

    /// The lines of a node, number of banks and number of ports, in order of width.
    pub(super) fn lines(&self, node: u16, banks: u16, ports: u16) -> &[Line] {
        let before = |key: (u16, u16, u16)| self.lines.partition_point(|line| line.group() < key);
        let range: Range<usize> = before((node, banks, ports))..before((node, banks, ports + 1));
        &self.lines[range]
    }
}

impl Line {
    fn read(packed: &mut &[u8]) -> Option<Self> {
        let [node, banks, ports, width, count] = std::array::from_fn(|_| take(packed).map(u16::from_le_bytes));
        let (node, banks, ports, width, count) = (node?, banks?, ports?, width?, count?);
        let mut rows = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            let depth = take(packed).map(u32::from_le_bytes)?;
            let mut measures = [0.0; MEASURES];
            for measure in &mut measures {
                *measure = decimal(take(packed).map(u32::from_le_bytes)?);
            }
            let [organisation] = take(packed)?;
            rows.push(Row { depth: f64::from(depth), measures: Measures(measures), organisation });
        }
        let stretches = stretches(&rows);
        (!rows.is_empty()).then_some(Self { node, banks, ports, width, rows, stretches })
    }

    fn group(&self) -> (u16, u16, u16) {
        (self.node, self.banks, self.ports)
    }

    fn key(&self) -> (u16, u16, u16, u16) {
        (self.node, self.banks, self.ports, self.width)
    }

    /// Whether a depth is not above the last row.
    pub(super) fn reaches(&self, depth: f64) -> bool {
        self.rows.last().is_some_and(|last| last.depth >= depth)
    }
}

/// The next bytes.
fn take<const N: usize>(packed: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = packed.split_first_chunk::<N>()?;
    *packed = rest;
    Some(*first)
}

/// 24 bits of digits, and below them how many of these stand behind the point.
fn decimal(packed: u32) -> f64 {
    let digits = f64::from(packed >> 8);
    let behind = i32::from(i8::from_le_bytes([packed.to_le_bytes()[0]]));
    // A power of ten of this size is exact, so the result is the nearest double of the decimal number.
    if behind < 0 { digits * 10_f64.powi(-behind) } else { digits / 10_f64.powi(behind) }
}

fn stretches(rows: &[Row]) -> Vec<Stretch> {
    let mut runs: Vec<Vec<Row>> = rows.chunk_by(|a, b| a.organisation == b.organisation).map(<[Row]>::to_vec).collect();
    let mut at = 1;
    while at + 1 < runs.len() {
        let spans = |run: &[Row]| run[run.len() - 1].depth / run[0].depth;
        if runs[at - 1][0].organisation == runs[at + 1][0].organisation && spans(&runs[at]) < FLICKER {
            let after = runs.remove(at + 1);
            runs.remove(at);
            runs[at - 1].extend(after);
        } else {
            at += 1;
        }
    }
    let stretch = |rows: Vec<Row>| Stretch {
        organisation: rows[0].organisation,
        logs: (rows[0].depth.ln(), rows[rows.len() - 1].depth.ln()),
        rows,
    };
    runs.into_iter().map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_table_is_the_csv() {
        let text =
            std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/energy/primitive/sram.csv")).unwrap();
        let mut lines = Table::get().lines.iter().flat_map(|line| line.rows.iter().map(move |row| (line, row)));
        let mut organisations = std::collections::HashMap::new();
        let mut count = 0;
        for written in text.lines().skip(1) {
            let fields: Vec<&str> = written.split(',').collect();
            let (line, row) = lines.next().unwrap();
            let numbers = [line.node, line.banks, line.ports, line.width].map(f64::from);
            let read = numbers.into_iter().chain([row.depth]).chain(row.measures.0);
            for (read, written) in read.zip(&fields) {
                assert_eq!(read.to_bits(), written.parse::<f64>().unwrap().to_bits(), "{fields:?}");
            }
            let known = organisations.entry(fields[10].to_owned()).or_insert(row.organisation);
            assert_eq!(*known, row.organisation);
            count += 1;
        }
        assert_eq!((lines.next().is_none(), count), (true, 5014));
        assert!(PACKED.len() < 130_000, "{} bytes", PACKED.len());
    }
}
