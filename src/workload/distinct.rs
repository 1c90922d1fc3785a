//! Layers with equal problems are one problem with a count.

use indexmap::IndexMap;

use super::{Layer, Problem, ProblemError, ProblemStyle};

/// One Timeloop problem and the layers that are it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinctProblem {
    /// `NNN_NAME`, NAME being that of the first of its layers.
    pub id: String,
    /// The problem that all its layers share.
    pub problem: Problem,
    /// Indices of its layers, in graph order; never empty.
    pub layers: Vec<usize>,
    /// How often one run of the network executes it.
    pub count: u64,
}

/// The distinct problems of the layers, in order of first appearance.
pub fn distinct_problems(layers: &[Layer], style: ProblemStyle) -> Result<Vec<DistinctProblem>, ProblemError> {
    let mut by_problem: IndexMap<Problem, Vec<usize>> = IndexMap::new();
    for (index, layer) in layers.iter().enumerate() {
        by_problem.entry(Problem::of(&layer.operation, style)?).or_default().push(index);
    }
    let digits = by_problem.len().to_string().len().max(3);
    let distinct = by_problem.into_iter().enumerate().map(|(number, (problem, indices))| DistinctProblem {
        id: format!("{:0digits$}_{}", number + 1, layers[indices[0]].name),
        problem,
        count: indices.iter().fold(0, |sum, &index| layers[index].executions.saturating_add(sum)),
        layers: indices,
    });
    Ok(distinct.collect())
}
