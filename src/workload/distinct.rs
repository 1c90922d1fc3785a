//! Layers with equal problems are one problem with a count.

use indexmap::IndexMap;

use super::{Datawidth, Densities, Layer, OperandNumbers, Problem, ProblemError, ProblemStyle};

/// One Timeloop problem and the layers that are it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DistinctProblem {
    /// `NNN_NAME`, NAME being that of the first of its layers.
    pub id: String,
    /// The problem that all its layers share.
    pub problem: Problem,
    /// What the multipliers of all its layers take, where layers run at their own widths.
    pub operands: Option<OperandNumbers>,
    /// The zeros of its data spaces.
    pub densities: Densities,
    /// Indices of its layers, in graph order; never empty.
    pub layers: Vec<usize>,
    /// How often one run of the network executes it.
    pub count: u64,
}

/// The distinct problems of the layers, in order of first appearance. Equal shapes with different densities are different
/// problems, and where layers run at their own widths, so are those of different operands.
pub fn distinct_problems(
    layers: &[Layer],
    style: ProblemStyle,
    datawidth: Datawidth,
) -> Result<Vec<DistinctProblem>, ProblemError> {
    let mut by_problem: IndexMap<(Problem, Option<OperandNumbers>, Densities), Vec<usize>> = IndexMap::new();
    for (index, layer) in layers.iter().enumerate() {
        let operands = (datawidth == Datawidth::FromNetwork).then(|| layer.operands());
        let problem = Problem::of(&layer.operation, style)?;
        let densities = Densities::of_layer(&problem, &layer.densities);
        by_problem.entry((problem, operands, densities)).or_default().push(index);
    }
    let digits = by_problem.len().to_string().len().max(3);
    let numbered = by_problem.into_iter().enumerate();
    let distinct = numbered.map(|(number, ((problem, operands, densities), indices))| DistinctProblem {
        id: format!("{:0digits$}_{}", number + 1, layers[indices[0]].name),
        problem,
        operands,
        densities,
        count: indices.iter().fold(0, |sum, &index| layers[index].executions.saturating_add(sum)),
        layers: indices,
    });
    Ok(distinct.collect())
}
