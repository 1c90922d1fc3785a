//! Packs `src/energy/primitive/sram.csv` to a third of its size. `src/energy/primitive/sram/table.rs` reads it again.
//!
//! All numbers are little-endian. A line is the runs of one node, number of banks, number of ports and width: these four and the
//! number of its rows (`u16` each), then its rows. A row is the depth (`u32`), five decimal numbers, and the number of the
//! organisation (`u8`). A decimal number is a `u32`: 24 bits of digits, and below them how many of the digits stand behind the
//! point (`i8`), so that nothing is lost.

use std::error::Error;

pub(crate) const TABLE: &str = "src/energy/primitive/sram.csv";

/// Columns of decimal numbers.
const VALUES: std::ops::Range<usize> = 5..10;

pub(crate) fn pack() -> Result<Vec<u8>, Box<dyn Error>> {
    let text = std::fs::read_to_string(TABLE)?;
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let mut organisations: Vec<&str> = Vec::new();
    let mut packed = Vec::new();
    for line in rows.chunk_by(|a, b| a[..4] == b[..4]) {
        for key in &line[0][..4] {
            packed.extend(key.parse::<u16>()?.to_le_bytes());
        }
        packed.extend(u16::try_from(line.len())?.to_le_bytes());
        for row in line {
            packed.extend(row[4].parse::<u32>()?.to_le_bytes());
            for value in &row[VALUES] {
                packed.extend(decimal(value)?.to_le_bytes());
            }
            let known = organisations.iter().position(|organisation| *organisation == row[10]);
            let number = known.unwrap_or_else(|| {
                organisations.push(row[10]);
                organisations.len() - 1
            });
            packed.push(u8::try_from(number)?);
        }
    }
    Ok(packed)
}

/// `1.25e-03` as digits and the number of those behind the point.
fn decimal(text: &str) -> Result<u32, Box<dyn Error>> {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let behind = i32::try_from(fraction.len())? - exponent.parse::<i32>()?;
    let digits: u32 = format!("{whole}{fraction}").parse()?;
    let behind = i8::try_from(behind)?;
    if digits >= 1 << 24 {
        return Err(format!("{text}: more than 24 bits").into());
    }
    Ok(digits << 8 | u32::from(behind.to_le_bytes()[0]))
}
