//! An evaluation as text for people.

use std::fmt::Write as _;

use super::Evaluated;
use super::sparse::{shares, zeros};
use crate::architecture::{Architecture, Energy, Level, Technology};
use crate::model::{Limit, Roofline, limits, roofline};
use crate::numbers::real;
use crate::report::energies::source_list;
use crate::report::table::{column_blocks, list_entry};
use crate::results::quantity::si;

/// Four lines: cycles, energy, their product, utilization; of a sparse design a fifth: what becomes of the computes.
pub fn summary(evaluated: &Evaluated<'_>) -> String {
    let Evaluated { architecture, evaluation, .. } = evaluated;
    let mut out = String::new();
    let _ = writeln!(out, "Cycles       {}", evaluation.cycles);
    let _ = writeln!(out, "Energy       {}", si(evaluation.energy_pj * 1e-12, "J"));
    let _ = writeln!(out, "EDP          {:.3e} J*cycle", evaluation.edp());
    let units = architecture.arithmetic();
    let used = evaluation.arithmetic.utilized_instances;
    let percent = evaluation.utilization * 100.0;
    let _ = writeln!(out, "Utilization  {percent:.2}% ({used} of {} {})", units.instances, units.name);
    if let Some(sparse) = &evaluation.sparse {
        let _ = writeln!(out, "Computes     {} of dense data: {}", sparse.computes.algorithmic, shares(sparse));
    }
    out
}

/// Where the energy goes, what limits the cycles, and the position under the roofs; tables within so many columns.
pub fn details(evaluated: &Evaluated<'_>, width: Option<usize>) -> String {
    let Evaluated { architecture, evaluation, .. } = evaluated;
    let mut out = energy_table(evaluated, width);
    out.push('\n');
    if let Some(rows) = zeros(evaluated) {
        out.push_str(&aligned(&rows, 3, width));
        out.push('\n');
    }
    for limit in limits(architecture, evaluation) {
        let line = match limit {
            Limit::Compute => format!(
                "Cycles are limited by compute: {} of {} {} work, and no buffer makes them wait",
                evaluation.arithmetic.utilized_instances,
                architecture.arithmetic().instances,
                architecture.arithmetic().name
            ),
            Limit::Bandwidth { level, bandwidth, wanted, available } => format!(
                "Cycles are limited by the {} bandwidth of {level}: {wanted:.2} words/cycle wanted, {available:.2} \
                 available; {} cycles instead of {}",
                bandwidth.name(),
                evaluation.cycles,
                evaluation.arithmetic.cycles
            ),
        };
        let _ = writeln!(out, "{line}");
    }
    out.push('\n');
    out.push_str(&roofline_text(&roofline(architecture, evaluation), width));
    out.push_str("\nSources of energies:\n");
    for source in source_list(architecture, evaluated.tables) {
        out.push_str(&list_entry(&source, width));
    }
    out
}

fn energy_table(evaluated: &Evaluated<'_>, width: Option<usize>) -> String {
    let Evaluated { architecture, problem, evaluation, .. } = evaluated;
    let heads = ["level", "data space", "accesses", "x pJ", "= energy pJ", "share"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let share =
        |pj: f64| format!("{:.1}%", if evaluation.energy_pj > 0.0 { pj / evaluation.energy_pj * 100.0 } else { 0.0 });
    let mut row = |level: &str, what: &str, accesses: u64, pj: f64| {
        let per_access = if accesses > 0 { format!("{:.4}", pj / real(accesses)) } else { "-".to_owned() };
        let count = if accesses > 0 { accesses.to_string() } else { "-".to_owned() };
        rows.push(vec![level.to_owned(), what.to_owned(), count, per_access, format!("{pj:.2}"), share(pj)]);
    };
    let units = &evaluation.arithmetic;
    row(&architecture.arithmetic().name, "computes", evaluation.actual_computes(), units.energy_pj);
    for (index, (level, used)) in architecture.levels().iter().zip(&evaluation.levels).enumerate() {
        for (space, (description, used)) in problem.data_spaces().iter().zip(&used.data_spaces).enumerate() {
            let Some(used) = used else { continue };
            row(&level.name, &description.name, evaluation.actual_accesses(index, space), used.energy_pj);
            if used.address_energy_pj > 0.0 {
                row(&level.name, "addresses", 0, used.address_energy_pj);
            }
        }
        if used.leakage_pj > 0.0 {
            row(&level.name, "leakage", 0, used.leakage_pj);
        }
    }
    for network in evaluation.networks.iter().filter(|network| network.energy_pj > 0.0) {
        row(&network.name, "network", 0, network.energy_pj);
    }
    row("total", "", 0, evaluation.energy_pj);
    aligned(&rows, 2, width)
}

fn roofline_text(roofline: &Roofline, width: Option<usize>) -> String {
    let Roofline { reached, peak, mapped, roofs } = roofline;
    let mut out = format!(
        "Throughput {reached:.2} of {peak:.2} operations/cycle ({:.2}%); the units in use allow {mapped:.2}\n",
        reached / peak * 100.0
    );
    let mut rows = vec![["level", "operations/byte", "roof operations/cycle"].map(str::to_owned).to_vec()];
    for roof in roofs {
        let limit = roof.operations_per_cycle.map_or_else(|| "unlimited".to_owned(), |limit| format!("{limit:.2}"));
        rows.push(vec![roof.level.clone(), format!("{:.3}", roof.intensity), limit]);
    }
    out.push_str(&aligned(&rows, 1, width));
    out
}

/// The levels of an architecture, the compute units first, then inner to outer, within so many columns.
pub fn levels_table(architecture: &Architecture, width: Option<usize>) -> String {
    let heads = ["level", "kind", "words", "instances", "mesh", "read pJ", "fill pJ", "update pJ"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    let units = architecture.arithmetic();
    let (mesh, dash) = (format!("{}x{}", units.mesh.x, units.mesh.y), "-".to_owned());
    rows.push(vec![
        units.name.clone(),
        "compute".to_owned(),
        dash.clone(),
        units.instances.to_string(),
        mesh,
        format!("{:.4}", units.energy.pj),
        dash.clone(),
        dash.clone(),
    ]);
    for level in architecture.levels() {
        let pj = |energy: &Energy| if level.is_fan_out() { dash.clone() } else { format!("{:.4}", energy.pj) };
        rows.push(vec![
            level.name.clone(),
            kind(level).to_owned(),
            if level.is_fan_out() { dash.clone() } else { size(level) },
            level.instances.to_string(),
            format!("{}x{}", level.mesh.x, level.mesh.y),
            pj(&level.energy.read),
            pj(&level.energy.fill),
            pj(&level.energy.update),
        ]);
    }
    aligned(&rows, 2, width)
}

fn size(level: &Level) -> String {
    level.size.map_or_else(|| "unlimited".to_owned(), |words| words.to_string())
}

fn kind(level: &Level) -> &'static str {
    match level.technology {
        _ if level.is_fan_out() => "fan-out",
        Technology::Dram => "DRAM",
        Technology::Sram => "buffer",
    }
}

/// Blanks between two columns.
const GAP: usize = 2;

/// Columns as wide as their widest cell; the first `left` ones flush left, the others flush right. Where lines would be longer than
/// `width`, the columns that have no room beside the left ones stand below them.
fn aligned(rows: &[Vec<String>], left: usize, width: Option<usize>) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell_width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(cell_width).collect();
    // Where there is room for the names only, they are all that is repeated.
    let left_width = widths[..left].iter().map(|width| width + GAP).sum::<usize>();
    let widest = widths[left..].iter().max().copied().unwrap_or(0);
    let keys = if width.is_some_and(|width| left_width + widest > width) { 1 } else { left };
    let line = |row: &Vec<String>, block: &[usize]| {
        let cells = block.iter().filter_map(|&column| {
            let (cell, width) = (row.get(column)?, widths[column]);
            Some(if column < left { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
        });
        let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
        line.trim_end().to_owned() + "\n"
    };
    let block = |block: Vec<usize>| rows.iter().map(|row| line(row, &block)).collect::<String>();
    column_blocks(&widths, keys, GAP, width).into_iter().map(block).collect::<Vec<_>>().join("\n")
}
