//! One bank with one port: between the runs of the table (docs/energy.md section 8.3).

use super::Fit;
use super::measures::Measures;
use super::table::{Line, Row, Stretch, Table};

/// Beyond this distance of logarithms a stretch of depths says nothing about a depth.
const NEAR: f64 = 0.12;

/// CACTI's numbers for a width (bits) and a depth (words) at a node of the table.
pub(super) fn one_bank(node: u16, width: f64, depth: f64) -> (Measures, Fit) {
    let lines = Table::get().lines(node, 1, 1);
    if let Some(line) = lines.iter().find(|line| f64::from(line.width) == width && line.reaches(depth)) {
        return along(&line.rows, depth);
    }
    let Some((narrow, wide, inside)) = neighbours(lines, width, depth) else { return (Measures::NONE, Fit::Outside) };
    let (a, b) = (f64::from(narrow.width), f64::from(wide.width));
    let share = (width / a).ln() / (b / a).ln();
    let (measures, fit) = between(narrow, wide, share, depth);
    (measures, if inside { fit } else { Fit::Outside })
}

/// The lines on both sides of a width, of those that reach a depth if there are any, and whether the point lies within both.
fn neighbours(lines: &[Line], width: f64, depth: f64) -> Option<(&Line, &Line, bool)> {
    let last_below =
        |reach: bool| lines.iter().rev().find(|line| f64::from(line.width) < width && (!reach || line.reaches(depth)));
    let first_above =
        |reach: bool| lines.iter().find(|line| f64::from(line.width) > width && (!reach || line.reaches(depth)));
    match (last_below(true).or_else(|| last_below(false)), first_above(true).or_else(|| first_above(false))) {
        (Some(narrow), Some(wide)) => Some((narrow, wide, narrow.reaches(depth) && wide.reaches(depth))),
        // Wider or narrower than all: the line through the last two.
        (Some(_), None) => lines.last_chunk().map(|[narrow, wide]| (narrow, wide, false)),
        (None, _) => lines.first_chunk().map(|[narrow, wide]| (narrow, wide, false)),
    }
}

/// On the straight line between the rows around a depth, or on the nearest one.
pub(super) fn along(rows: &[Row], depth: f64) -> (Measures, Fit) {
    match around(rows, depth) {
        Some([before, after]) => (between_rows(before, after, depth), fit(before, after, depth)),
        None => match rows.first() {
            Some(only) if only.depth == depth => (only.measures, Fit::SameOrganisation),
            Some(only) => (only.measures, Fit::Outside),
            None => (Measures::NONE, Fit::Outside),
        },
    }
}

/// The rows around a depth; the first two or the last two if it lies outside.
pub(super) fn around(rows: &[Row], depth: f64) -> Option<[&Row; 2]> {
    let after = rows.partition_point(|row| row.depth <= depth).clamp(1, rows.len().max(2) - 1);
    Some([rows.get(after - 1)?, rows.get(after)?])
}

pub(super) fn between_rows(before: &Row, after: &Row, depth: f64) -> Measures {
    before.measures.towards(after.measures, (depth - before.depth) / (after.depth - before.depth))
}

fn fit(before: &Row, after: &Row, depth: f64) -> Fit {
    if depth < before.depth || depth > after.depth {
        Fit::Outside
    } else if before.organisation == after.organisation || depth == before.depth || depth == after.depth {
        Fit::SameOrganisation
    } else {
        Fit::BetweenOrganisations
    }
}

/// Between two lines, at a share of the way from the narrow to the wide one: within the organisation that holds the depth there.
fn between(narrow: &Line, wide: &Line, share: f64, depth: f64) -> (Measures, Fit) {
    let log = depth.ln();
    let mut nearest: Option<(f64, &Stretch, &Stretch)> = None;
    for a in &narrow.stretches {
        for b in wide.stretches.iter().filter(|b| b.organisation == a.organisation) {
            let mixed = |a: f64, b: f64| a + (b - a) * share;
            let (first, last) = (mixed(a.logs.0, b.logs.0), mixed(a.logs.1, b.logs.1));
            let distance = (first - log).max(log - last).max(0.0);
            if nearest.is_none_or(|(known, _, _)| distance < known) {
                nearest = Some((distance, a, b));
            }
        }
    }
    let (rows, fit) = match nearest {
        Some((distance, a, b)) if distance <= NEAR => {
            let fit = if distance > 0.0 { Fit::BetweenOrganisations } else { Fit::BetweenWidths };
            ([&a.rows, &b.rows], fit)
        }
        _ => ([&narrow.rows, &wide.rows], Fit::BetweenOrganisations),
    };
    let [a, b] = rows.map(|rows| along(rows, depth).0);
    (a.towards_geometrically(b, share), fit)
}
