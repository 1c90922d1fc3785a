//! What a network asks of an accelerator: layers, their windows, and the Timeloop problems they are.
//!
//! Nothing here knows of ONNX, files or architectures.

mod density;
mod distinct;
pub mod footprint;
mod graph;
mod layer;
mod number;
mod problem;
mod variant;
mod window;

pub use density::{
    Counted, Densities, Density, DensityError, Distribution, LayerDensities, LayerTensor, Pattern, TensorDensity,
};
pub use distinct::{DistinctProblem, distinct_problems};
pub(crate) use graph::{GraphBuilder, NewNode};
pub use graph::{GraphNode, NetworkGraph, Operands, Producer, Tensor};
pub use layer::{Bits, Convolution, Formats, Layer, MatMul, Network, NotLowered, Operation, UnknownLayer};
pub use number::{Datawidth, Number, NumberFormat, OperandNumbers};
pub use problem::{Coefficient, DataSpace, Problem, ProblemError, ProblemStyle, Term};
pub use variant::{Variant, VariantError};
pub use window::{Axis, WindowError};
