//! Writes `map.txt`.

use std::fmt::Write as _;

use crate::architecture::Architecture;
use crate::mapping::{Axis, Loop, Mapping};
use crate::model::Evaluation;
use crate::workload::Problem;

/// The loop nest of an evaluated mapping, as Timeloop's programs print it.
pub fn write(mapping: &Mapping, architecture: &Architecture, problem: &Problem, evaluation: &Evaluation) -> String {
    let mut out = String::new();
    let mut depth = 0;
    let levels = architecture.levels().iter().zip(&mapping.levels).zip(&evaluation.levels);
    for (index, ((level, loops), used)) in levels.enumerate().rev() {
        let mut title = format!("{} [ ", level.name);
        for (space, used) in problem.data_spaces().iter().zip(&used.data_spaces) {
            if let Some(used) = used {
                let _ = write!(title, "{}:{} ({}) ", space.name, used.held, used.tile);
            }
        }
        title.push_str("] ");
        let _ = writeln!(out, "{title}");
        let spatial = loops.spatial.iter().rev().map(|spatial| (spatial.iteration, Some(spatial.axis)));
        let temporal = loops.temporal.iter().rev().map(|iteration| (*iteration, None));
        let lines: Vec<(Loop, Option<Axis>)> =
            temporal.chain(spatial).filter(|(iteration, _)| iteration.bound > 1).collect();
        if lines.is_empty() && index > 0 {
            continue;
        }
        // The rule is as long as the title without its last blank.
        let _ = writeln!(out, "{}", "-".repeat(title.chars().count() - 1));
        for (iteration, axis) in &lines {
            let _ = writeln!(out, "| {}{}", "  ".repeat(depth), line(*iteration, *axis, problem));
            depth += 1;
        }
        if index == 0 {
            let _ = writeln!(out, "| {}<< Compute >>", "  ".repeat(depth));
        } else {
            out.push('\n');
        }
    }
    out
}

fn line(iteration: Loop, axis: Option<Axis>, problem: &Problem) -> String {
    let Loop { dimension, bound, residual } = iteration;
    let letter = problem.dimensions().get(dimension).map_or('?', |(letter, _)| *letter);
    let residual = if iteration.is_perfect() { String::new() } else { format!(",{residual}") };
    let place = match axis {
        None => "",
        Some(Axis::X) => " (Spatial-X)",
        Some(Axis::Y) => " (Spatial-Y)",
    };
    format!("for {letter} in [0:{bound}{residual}){place}")
}
