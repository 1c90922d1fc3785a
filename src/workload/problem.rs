//! A Timeloop problem: dimensions with their bounds, coefficients, and the projections of the data spaces.
//!
//! # Axes
//!
//! Timeloop's own convolution shape pairs R and P with the width and S and Q with the height. Decided once, in
//! [`SPATIAL`]:
//!
//! | axis   | kernel | output | stride  | dilation  | ONNX position of 1-D / 2-D / 3-D |
//! |--------|--------|--------|---------|-----------|----------------------------------|
//! | width  | R      | P      | Wstride | Wdilation | 0 / 1 / 2                        |
//! | height | S      | Q      | Hstride | Hdilation | - / 0 / 1                        |
//! | depth  | T      | O      | Dstride | Ddilation | - / - / 0                        |
//!
//! N is the batch, C and M are input and output channels (of one group), G the groups where there is more than one. A
//! transposed convolution is stated over its input positions (Q, P): the same multiply-accumulates as the framework
//! counts, no zero-inserted input. A matrix product has M rows, N columns, sums of K, and B independent products.

use std::collections::HashSet;

use thiserror::Error;

use super::layer::{Convolution, MatMul, Operation};

/// A coefficient of a projection (a stride or a dilation).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Coefficient {
    /// Its name, such as `Wstride`.
    pub name: String,
    /// Its value where the instance does not state it.
    pub default: i64,
    /// Its value in this problem.
    pub value: i64,
}

/// One term of a projection: a dimension, alone or times a coefficient. Both are indices into the problem's lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    /// Index into [`Problem::dimensions`].
    pub dimension: usize,
    /// Index into [`Problem::coefficients`].
    pub coefficient: Option<usize>,
}

/// A tensor of the problem: every rank is a sum of terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DataSpace {
    /// Its name, such as `Weights`.
    pub name: String,
    /// One list of terms per rank.
    pub projection: Vec<Vec<Term>>,
    /// Whether the data space is written (the outputs).
    pub read_write: bool,
}

/// A Timeloop problem: shape and instance together. Immutable, and valid by construction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Problem {
    name: String,
    dimensions: Vec<(char, u64)>,
    coefficients: Vec<Coefficient>,
    data_spaces: Vec<DataSpace>,
}

/// Which dimensions a problem has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ProblemStyle {
    /// As few as the layer has: a matrix product is M, N, K, a 1-D convolution has no S and Q.
    #[default]
    Native,
    /// The seven of a 2-D convolution, for architectures whose constraints name them: a matrix product is a 1x1
    /// convolution whose rows run down the height (Q), a batch of products its groups (G). A 3-D convolution keeps its two
    /// further dimensions.
    Conv2d,
}

impl ProblemStyle {
    /// Its name on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Conv2d => "conv2d",
        }
    }
}

/// Why parts do not make a problem.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ProblemError {
    #[error("dimension `{0}` is named twice")]
    DuplicateDimension(char),
    #[error("dimension `{0}` has bound {1}; it must be at least 1")]
    EmptyDimension(char, u64),
    #[error("coefficient `{0}` is named twice")]
    DuplicateCoefficient(String),
    #[error("data space `{0}` is named twice")]
    DuplicateDataSpace(String),
    #[error("data space `{0}` refers to a dimension or coefficient that the problem does not have")]
    Term(String),
    #[error("exactly one data space must be read_write, found {0}")]
    ReadWrite(usize),
    #[error("a convolution over {0} spatial axes has no Timeloop problem (1 to 3 have)")]
    Axes(usize),
    #[error("the product of the dimensions overflows 64 bits")]
    Overflow,
}

/// Letters and coefficient names of one spatial axis.
struct Spatial {
    kernel: char,
    position: char,
    stride: &'static str,
    dilation: &'static str,
}

/// Width, height, depth. See the module's table.
const SPATIAL: [Spatial; 3] = [
    Spatial { kernel: 'R', position: 'P', stride: "Wstride", dilation: "Wdilation" },
    Spatial { kernel: 'S', position: 'Q', stride: "Hstride", dilation: "Hdilation" },
    Spatial { kernel: 'T', position: 'O', stride: "Dstride", dilation: "Ddilation" },
];

impl Problem {
    /// A problem from its parts, checked.
    pub fn new(
        name: String,
        dimensions: Vec<(char, u64)>,
        coefficients: Vec<Coefficient>,
        data_spaces: Vec<DataSpace>,
    ) -> Result<Self, ProblemError> {
        let mut letters = HashSet::new();
        for (letter, bound) in &dimensions {
            if !letters.insert(letter) {
                return Err(ProblemError::DuplicateDimension(*letter));
            }
            if *bound == 0 {
                return Err(ProblemError::EmptyDimension(*letter, *bound));
            }
        }
        let mut names = HashSet::new();
        if let Some(again) = coefficients.iter().find(|coefficient| !names.insert(&coefficient.name)) {
            return Err(ProblemError::DuplicateCoefficient(again.name.clone()));
        }
        let mut names = HashSet::new();
        if let Some(again) = data_spaces.iter().find(|space| !names.insert(&space.name)) {
            return Err(ProblemError::DuplicateDataSpace(again.name.clone()));
        }
        let known = |term: &Term| {
            term.dimension < dimensions.len() && term.coefficient.is_none_or(|index| index < coefficients.len())
        };
        if let Some(space) = data_spaces.iter().find(|space| !space.projection.iter().flatten().all(known)) {
            return Err(ProblemError::Term(space.name.clone()));
        }
        let written = data_spaces.iter().filter(|space| space.read_write).count();
        if written != 1 {
            return Err(ProblemError::ReadWrite(written));
        }
        let product = dimensions.iter().try_fold(1u64, |product, (_, bound)| product.checked_mul(*bound));
        product.ok_or(ProblemError::Overflow)?;
        Ok(Self { name, dimensions, coefficients, data_spaces })
    }

    /// The problem of a layer.
    pub fn of(operation: &Operation, style: ProblemStyle) -> Result<Self, ProblemError> {
        match (operation, style) {
            (Operation::Convolution(convolution), _) => Self::of_convolution(convolution, style),
            (Operation::MatMul(matmul), ProblemStyle::Native) => Self::of_matmul(*matmul),
            (Operation::MatMul(matmul), ProblemStyle::Conv2d) => Self::of_matmul_as_convolution(*matmul),
        }
    }

    fn of_convolution(convolution: &Convolution, style: ProblemStyle) -> Result<Self, ProblemError> {
        let axes = convolution.window.len();
        if !(1..=SPATIAL.len()).contains(&axes) {
            return Err(ProblemError::Axes(axes));
        }
        // Width first, as in the table; ONNX has the width last.
        let mut rows: Vec<SpatialSize> = convolution
            .window
            .iter()
            .rev()
            .map(|axis| SpatialSize {
                kernel: axis.kernel,
                position: if convolution.transposed { axis.input } else { axis.output },
                stride: axis.stride,
                dilation: axis.dilation,
            })
            .collect();
        if style == ProblemStyle::Conv2d && rows.len() == 1 {
            rows.push(SpatialSize { kernel: 1, position: 1, stride: 1, dilation: 1 });
        }
        let kind = if convolution.transposed { "conv_transpose" } else { "conv" };
        let name = format!("{kind}{}d{}", rows.len(), if convolution.groups > 1 { "_grouped" } else { "" });
        Self::convolution_shape(
            name,
            convolution.transposed,
            convolution.groups,
            convolution.in_channels_per_group,
            convolution.out_channels_per_group,
            convolution.batch,
            &rows,
        )
    }

    fn of_matmul_as_convolution(matmul: MatMul) -> Result<Self, ProblemError> {
        let unit = |position| SpatialSize { kernel: 1, position, stride: 1, dilation: 1 };
        let name = if matmul.batch > 1 { "matmul_as_conv2d_grouped" } else { "matmul_as_conv2d" };
        Self::convolution_shape(name.into(), false, matmul.batch, matmul.k, matmul.n, 1, &[unit(1), unit(matmul.m)])
    }

    fn convolution_shape(
        name: String,
        transposed: bool,
        groups: u64,
        in_channels: u64,
        out_channels: u64,
        batch: u64,
        rows: &[SpatialSize],
    ) -> Result<Self, ProblemError> {
        let mut dimensions = vec![('C', in_channels), ('M', out_channels)];
        dimensions.extend(SPATIAL.iter().zip(rows).map(|(names, row)| (names.kernel, row.kernel)));
        dimensions.push(('N', batch));
        dimensions.extend(SPATIAL.iter().zip(rows).map(|(names, row)| (names.position, row.position)));
        if groups > 1 {
            dimensions.push(('G', groups));
        }
        let mut coefficients = Vec::new();
        for (names, row) in SPATIAL.iter().zip(rows) {
            for (name, value) in [(names.stride, row.stride), (names.dilation, row.dilation)] {
                let value = i64::try_from(value).map_err(|_| ProblemError::Overflow)?;
                coefficients.push(Coefficient { name: name.into(), default: 1, value });
            }
        }
        let index = |letter: char| dimensions.iter().position(|(name, _)| *name == letter).unwrap_or_default();
        let plain = |letter: char| vec![Term { dimension: index(letter), coefficient: None }];
        // As in Timeloop's own shape: a convolution's inputs have the width first, positions have it last.
        let sliding = |axis: usize| {
            vec![
                Term { dimension: index(SPATIAL[axis].kernel), coefficient: Some(2 * axis + 1) },
                Term { dimension: index(SPATIAL[axis].position), coefficient: Some(2 * axis) },
            ]
        };
        let slid: Vec<_> = (0..rows.len()).map(sliding).collect();
        let positions: Vec<_> = SPATIAL.iter().take(rows.len()).rev().map(|names| plain(names.position)).collect();
        let with_channels = |channel: char, spatial: Vec<Vec<Term>>| {
            let mut projection = vec![plain('N'), plain(channel)];
            projection.extend(spatial);
            projection
        };
        let mut weights = vec![plain('C'), plain('M')];
        weights.extend(SPATIAL.iter().take(rows.len()).map(|names| plain(names.kernel)));
        let (inputs, outputs) = if transposed {
            (with_channels('C', positions), with_channels('M', slid.into_iter().rev().collect()))
        } else {
            (with_channels('C', slid), with_channels('M', positions))
        };
        let mut data_spaces = vec![
            DataSpace { name: "Weights".into(), projection: weights, read_write: false },
            DataSpace { name: "Inputs".into(), projection: inputs, read_write: false },
            DataSpace { name: "Outputs".into(), projection: outputs, read_write: true },
        ];
        if groups > 1 {
            for space in &mut data_spaces {
                space.projection.push(plain('G'));
            }
        }
        Self::new(name, dimensions, coefficients, data_spaces)
    }

    fn of_matmul(matmul: MatMul) -> Result<Self, ProblemError> {
        let mut dimensions = vec![('M', matmul.m), ('N', matmul.n), ('K', matmul.k)];
        let mut name = "matmul";
        if matmul.batch > 1 {
            dimensions.push(('B', matmul.batch));
            name = "matmul_batched";
        }
        let plain = |dimension: usize| vec![Term { dimension, coefficient: None }];
        let space = |name: &str, first: usize, second: usize, read_write: bool| {
            let mut projection = vec![plain(first), plain(second)];
            if matmul.batch > 1 {
                projection.push(plain(3));
            }
            DataSpace { name: name.into(), projection, read_write }
        };
        let data_spaces =
            vec![space("Weights", 2, 1, false), space("Inputs", 0, 2, false), space("Outputs", 0, 1, true)];
        Self::new(name.into(), dimensions, Vec::new(), data_spaces)
    }

    /// The shape's name; Timeloop ignores it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Dimensions and their bounds, in order.
    pub fn dimensions(&self) -> &[(char, u64)] {
        &self.dimensions
    }

    /// Coefficients and their values, in order.
    pub fn coefficients(&self) -> &[Coefficient] {
        &self.coefficients
    }

    /// Data spaces, in order.
    pub fn data_spaces(&self) -> &[DataSpace] {
        &self.data_spaces
    }

    /// Bound of a dimension.
    pub fn bound(&self, letter: char) -> Option<u64> {
        self.dimensions.iter().find(|(name, _)| *name == letter).map(|(_, bound)| *bound)
    }

    /// Multiply-accumulates: the product of all bounds.
    pub fn macs(&self) -> u64 {
        self.dimensions.iter().map(|(_, bound)| bound).product()
    }
}

struct SpatialSize {
    kernel: u64,
    position: u64,
    stride: u64,
    dilation: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::Axis;

    fn rendered(problem: &Problem, space: usize) -> String {
        let rank = |terms: &Vec<Term>| {
            let term = |term: &Term| {
                let letter = problem.dimensions()[term.dimension].0;
                match term.coefficient {
                    Some(index) => format!("{letter}*{}", problem.coefficients()[index].name),
                    None => letter.to_string(),
                }
            };
            format!("[{}]", terms.iter().map(term).collect::<Vec<_>>().join("+"))
        };
        problem.data_spaces()[space].projection.iter().map(rank).collect()
    }

    /// A 3x5 kernel (height 3, width 5), stride (2,1), dilation (1,6): nothing square hides a swap.
    fn odd(transposed: bool) -> Operation {
        let height = Axis::convolution(3, 2, 1, (1, 1), 33).unwrap();
        let width = Axis::convolution(5, 1, 6, (12, 12), 47).unwrap();
        Operation::Convolution(Convolution {
            batch: 2,
            groups: 3,
            in_channels_per_group: 4,
            out_channels_per_group: 7,
            window: vec![height, width],
            transposed,
        })
    }

    #[test]
    fn r_and_p_run_along_the_width() {
        let problem = Problem::of(&odd(false), ProblemStyle::Native).unwrap();
        let bounds: String = problem.dimensions().iter().map(|(name, bound)| format!("{name}{bound} ")).collect();
        assert_eq!(bounds, "C4 M7 R5 S3 N2 P47 Q17 G3 ");
        let value = |name: &str| problem.coefficients().iter().find(|c| c.name == name).unwrap().value;
        assert_eq!((value("Hstride"), value("Wstride"), value("Hdilation"), value("Wdilation")), (2, 1, 1, 6));
        assert_eq!(rendered(&problem, 0), "[C][M][R][S][G]");
        assert_eq!(rendered(&problem, 1), "[N][C][R*Wdilation+P*Wstride][S*Hdilation+Q*Hstride][G]");
        assert_eq!(rendered(&problem, 2), "[N][M][Q][P][G]");
        assert_eq!(Some(problem.macs()), odd(false).macs());
    }

    #[test]
    fn transposed_convolution_is_stated_over_its_input() {
        let problem = Problem::of(&odd(true), ProblemStyle::Native).unwrap();
        assert_eq!((problem.bound('P'), problem.bound('Q')), (Some(47), Some(33)));
        assert_eq!(rendered(&problem, 1), "[N][C][Q][P][G]");
        assert_eq!(rendered(&problem, 2), "[N][M][S*Hdilation+Q*Hstride][R*Wdilation+P*Wstride][G]");
        assert_eq!(Some(problem.macs()), odd(true).macs());
    }

    /// The problem's own projection, walked point by point: cropped by the pads it makes exactly the framework's output, and
    /// every output gets as many products as the framework's definition scatters to it.
    #[test]
    fn transposed_problem_makes_the_framework_output() {
        let height = Axis::transposed(3, 2, 1, (1, 0), 0, 4).unwrap();
        let width = Axis::transposed(4, 3, 2, (2, 1), 0, 5).unwrap();
        let convolution = Convolution {
            batch: 1,
            groups: 1,
            in_channels_per_group: 1,
            out_channels_per_group: 1,
            window: vec![height, width],
            transposed: true,
        };
        let problem = Problem::of(&Operation::Convolution(convolution), ProblemStyle::Native).unwrap();
        let bound = |letter| problem.bound(letter).unwrap();
        let mut made = std::collections::BTreeMap::new();
        for (q, p, s, r) in (0..bound('Q')).flat_map(|q| {
            let (taps, columns) = (bound('R'), bound('P'));
            (0..columns).flat_map(move |p| (0..3).flat_map(move |s| (0..taps).map(move |r| (q, p, s, r))))
        }) {
            let value = |letter: char| match letter {
                'Q' => q,
                'P' => p,
                'S' => s,
                'R' => r,
                _ => 0,
            };
            let rank = |terms: &Vec<Term>| {
                let term = |term: &Term| {
                    let factor = term.coefficient.map_or(1, |index| problem.coefficients()[index].value);
                    value(problem.dimensions()[term.dimension].0) as i64 * factor
                };
                terms.iter().map(term).sum::<i64>()
            };
            let point: Vec<i64> = problem.data_spaces()[2].projection[2..].iter().map(rank).collect();
            let point = (point[0] - height.pad_before, point[1] - width.pad_before);
            if (0..height.output as i64).contains(&point.0) && (0..width.output as i64).contains(&point.1) {
                *made.entry(point).or_insert(0u64) += 1;
            }
        }
        let mut expected = std::collections::BTreeMap::new();
        for (y, x) in (0..height.input).flat_map(|y| (0..width.input).map(move |x| (y, x))) {
            for (s, r) in (0..height.kernel).flat_map(|s| (0..width.kernel).map(move |r| (s, r))) {
                let point = ((y * 2 + s) as i64 - 1, (x * 3 + r * 2) as i64 - 2);
                if (0..height.output as i64).contains(&point.0) && (0..width.output as i64).contains(&point.1) {
                    *expected.entry(point).or_insert(0u64) += 1;
                }
            }
        }
        assert_eq!(made, expected);
    }

    #[test]
    fn matmul_is_stated_in_both_styles() {
        let operation = Operation::MatMul(MatMul { batch: 12, m: 197, n: 64, k: 96 });
        let native = Problem::of(&operation, ProblemStyle::Native).unwrap();
        assert_eq!(native.dimensions(), [('M', 197), ('N', 64), ('K', 96), ('B', 12)]);
        assert_eq!((rendered(&native, 0), rendered(&native, 1)), ("[K][N][B]".into(), "[M][K][B]".into()));
        let conv = Problem::of(&operation, ProblemStyle::Conv2d).unwrap();
        assert_eq!(conv.bound('Q'), Some(197));
        assert_eq!((conv.bound('C'), conv.bound('M'), conv.bound('G')), (Some(96), Some(64), Some(12)));
        assert_eq!(conv.macs(), native.macs());
    }

    #[test]
    fn one_and_three_dimensional_convolutions_are_stated() {
        let axis = |size| Axis::convolution(3, 1, 1, (1, 1), size).unwrap();
        let sizes = |window, style| {
            let convolution = Convolution {
                batch: 1,
                groups: 1,
                in_channels_per_group: 2,
                out_channels_per_group: 3,
                window,
                transposed: false,
            };
            let problem = Problem::of(&Operation::Convolution(convolution), style)?;
            Ok::<String, ProblemError>(
                problem.dimensions().iter().map(|(name, bound)| format!("{name}{bound}")).collect(),
            )
        };
        assert_eq!(sizes(vec![axis(9)], ProblemStyle::Native).unwrap(), "C2M3R3N1P9");
        assert_eq!(sizes(vec![axis(9)], ProblemStyle::Conv2d).unwrap(), "C2M3R3S1N1P9Q1");
        assert_eq!(sizes(vec![axis(4), axis(5), axis(6)], ProblemStyle::Native).unwrap(), "C2M3R3S3T3N1P6Q5O4");
        assert_eq!(sizes(vec![axis(9); 4], ProblemStyle::Native), Err(ProblemError::Axes(4)));
    }
}
