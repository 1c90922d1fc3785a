//! The files in which timeloop-model and timeloop-mapper leave a mapping and what it costs.

use super::stats::StatsOptions;
use super::{map_txt, mapping, stats};
use crate::architecture::Architecture;
use crate::mapping::{LoopOrder, Mapping};
use crate::model::Evaluation;
use crate::workload::Problem;

/// Ends of the names of the files, in the order in which they are written.
pub const EXTENSIONS: [&str; 3] = ["stats.txt", "map.txt", "map.yaml"];

/// The texts of statistics, loop nest and mapping, each with the end of its file's name: see [`EXTENSIONS`].
pub fn texts(
    architecture: &Architecture,
    problem: &Problem,
    nest: &Mapping,
    evaluation: &Evaluation,
    options: StatsOptions,
) -> [(&'static str, String); 3] {
    let order = LoopOrder::of(nest, problem.dimensions().len());
    texts_in_order(architecture, problem, (nest, &order), evaluation, options)
}

/// The same of a mapping whose loops of one iteration have an order, too.
pub fn texts_in_order(
    architecture: &Architecture,
    problem: &Problem,
    (nest, order): (&Mapping, &LoopOrder),
    evaluation: &Evaluation,
    options: StatsOptions,
) -> [(&'static str, String); 3] {
    let [statistics, loop_nest, yaml] = EXTENSIONS;
    [
        (statistics, stats::write(architecture, problem, evaluation, options)),
        (loop_nest, map_txt::write(nest, architecture, problem, evaluation)),
        (yaml, mapping::write_in_order(nest, order, architecture, problem)),
    ]
}
