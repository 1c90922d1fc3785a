//! Other ways to run a dilated layer, and the undilated twin to compare it with.

use thiserror::Error;

use super::window::Axis;
use super::{Convolution, Counted, Density, Layer, LayerTensor, Network, Operation, TensorDensity};
use crate::numbers::real;

/// Why a layer has no such variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum VariantError {
    #[error("the sizes of the variant overflow 64 bits")]
    Overflow,
    #[error("the layer falls into more than {MAX_PARTS} different dense convolutions")]
    TooManyParts,
}

/// What becomes of the dilated convolutions of a network. Other layers stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Variant {
    /// As stated in the file.
    #[default]
    Native,
    /// Every dilation 1, padding changed so that output sizes stay: the same multiply-accumulates, weights and outputs.
    SameSize,
    /// The kernel with its holes filled by zeros, `dilation * (kernel - 1) + 1` wide: what a machine without dilation runs.
    ZeroInserted,
    /// One dense convolution per phase of the dilation grid, each on a sub-sampled input: the same multiply-accumulates.
    PhaseDecomposed,
}

impl Variant {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::SameSize => "same-size",
            Self::ZeroInserted => "zero-inserted",
            Self::PhaseDecomposed => "phase-decomposed",
        }
    }

    /// The layers of the variant. A phase-decomposed layer becomes several, named `LAYER.phase1` and so on.
    ///
    /// # Errors
    ///
    /// The name of a layer whose sizes overflow, and why.
    pub fn apply(self, layers: Vec<Layer>) -> Result<Vec<Layer>, (String, VariantError)> {
        let mut changed = Vec::with_capacity(layers.len());
        for layer in layers {
            changed.extend(self.parts(layer)?);
        }
        Ok(changed)
    }

    /// What one layer becomes.
    fn parts(self, layer: Layer) -> Result<Vec<Layer>, (String, VariantError)> {
        match (&layer.operation, self) {
            (Operation::Convolution(convolution), Self::SameSize) if has_dilation(convolution) => {
                Ok(vec![rewritten(&layer, convolution, undilated)?])
            }
            (Operation::Convolution(convolution), Self::ZeroInserted) if has_dilation(convolution) => {
                Ok(vec![with_holes(&layer, rewritten(&layer, convolution, zero_inserted)?)])
            }
            (Operation::Convolution(convolution), Self::PhaseDecomposed)
                if convolution.is_dilated() && !convolution.transposed =>
            {
                decomposed(&layer, convolution)
            }
            _ => Ok(vec![layer]),
        }
    }
}

impl Network {
    /// The network with its dilated convolutions rewritten; its name says so. In the graph, the parts of a decomposed layer
    /// are layers of one node.
    ///
    /// # Errors
    ///
    /// The name of a layer whose sizes overflow, and why.
    pub fn with_variant(self, variant: Variant) -> Result<Self, (String, VariantError)> {
        let name = format!("{}.{}", self.name, variant.name());
        let kept = self.layers.iter().filter(|layer| {
            variant == Variant::PhaseDecomposed
                && layer.convolution().is_some_and(|convolution| convolution.transposed && convolution.is_dilated())
        });
        let mut warnings = self.warnings.clone();
        warnings
            .extend(kept.map(|layer| format!("layer `{}`: a transposed convolution is not decomposed", layer.name)));
        let mut layers = Vec::with_capacity(self.layers.len());
        let mut counts = Vec::with_capacity(self.layers.len());
        for layer in self.layers {
            let parts = variant.parts(layer)?;
            counts.push(parts.len());
            layers.extend(parts);
        }
        let (macs, macs_not_on_padding) =
            Network::totals(&layers).ok_or_else(|| (name.clone(), VariantError::Overflow))?;
        let graph = self.graph.with_parts(&counts);
        Ok(Self { name, layers, graph, macs, macs_not_on_padding, warnings, ..self })
    }
}

/// Whether any dilation is stated, one on a single tap included.
fn has_dilation(convolution: &Convolution) -> bool {
    convolution.window.iter().any(|axis| axis.dilation > 1)
}

fn rewritten(
    layer: &Layer,
    convolution: &Convolution,
    rewrite: impl Fn(&Axis) -> Option<Axis>,
) -> Result<Layer, (String, VariantError)> {
    let window = convolution.window.iter().map(rewrite).collect::<Option<Vec<_>>>();
    window
        .and_then(|window| with_window(layer, convolution, window))
        .ok_or_else(|| (layer.name.clone(), VariantError::Overflow))
}

fn with_window(layer: &Layer, convolution: &Convolution, window: Vec<Axis>) -> Option<Layer> {
    let convolution = Convolution { window, ..convolution.clone() };
    Some(Layer {
        input: convolution.input_shape(),
        weight: convolution.weight_shape(),
        output: convolution.output_shape(),
        macs: convolution.macs()?,
        macs_not_on_padding: convolution.macs_not_on_padding()?,
        operation: Operation::Convolution(convolution),
        ..layer.clone()
    })
}

/// Dilation 1; the pads shrink by what the window shrinks, in the proportion they have (half each where both are zero),
/// so that a symmetric padding stays symmetric and a causal one causal.
fn undilated(axis: &Axis) -> Option<Axis> {
    let shrink = i64::try_from((axis.dilation - 1).checked_mul(axis.kernel - 1)?).ok()?;
    let total = i128::from(axis.pad_before) + i128::from(axis.pad_after);
    let before = if total > 0 {
        i64::try_from(i128::from(shrink) * i128::from(axis.pad_before) / total).ok()?
    } else {
        shrink / 2
    };
    Some(Axis {
        dilation: 1,
        pad_before: axis.pad_before.checked_sub(before)?,
        pad_after: axis.pad_after.checked_sub(shrink - before)?,
        ..*axis
    })
}

/// The kernel's holes are zeros of its weights: of `dilation * (kernel - 1) + 1` places along an axis, `kernel` are left.
fn with_holes(native: &Layer, mut layer: Layer) -> Layer {
    let size = |layer: &Layer| layer.weight.iter().product::<u64>();
    let (elements, before) = (size(&layer), size(native));
    let known = native.densities.of(LayerTensor::Weights).copied();
    let density = known.map_or(Density::DENSE, |known| known.density).among_zeros(real(before) / real(elements));
    if let Some(density) = density.filter(|_| elements != before) {
        let counted = known.and_then(|known| known.counted);
        let counted = counted.map(|counted| Counted { elements, pattern: None, ..counted });
        layer.densities.set(LayerTensor::Weights, TensorDensity { density, counted });
    }
    layer
}

fn zero_inserted(axis: &Axis) -> Option<Axis> {
    Some(Axis { kernel: axis.extent()?, dilation: 1, ..*axis })
}

/// Phases of an axis, and different dense convolutions of a layer, that are followed. Real layers have a few dozen; a file
/// that claims more is refused instead of walked through.
const MAX_PARTS: usize = 4096;

/// The phases of one axis, equal ones together with their number.
///
/// Output `p` of phase `f` (`p = phases * i + f`) reads `stride * p + dilation * r - pad = dilation * (s * i + r) + offset`
/// with `g = gcd(stride, dilation)`, `phases = dilation / g`, `s = stride / g`, `offset = stride * f - pad`: a dense
/// convolution of stride `s` over every `dilation`-th input element.
fn phases(axis: &Axis) -> Result<Vec<(Axis, u64)>, VariantError> {
    let overflow = || VariantError::Overflow;
    let signed = |size: u64| i64::try_from(size).map_err(|_| VariantError::Overflow);
    if axis.kernel == 1 || axis.dilation == 1 {
        return Ok(vec![(*axis, 1)]);
    }
    let common = super::footprint::gcd(axis.stride, axis.dilation);
    let (count, stride) = (axis.dilation / common, axis.stride / common);
    let dilation = signed(axis.dilation)?;
    if count.min(axis.output) > MAX_PARTS as u64 {
        return Err(VariantError::TooManyParts);
    }
    let mut found: Vec<(Axis, u64)> = Vec::new();
    for phase in 0..count.min(axis.output) {
        let output = (axis.output - phase).div_ceil(count);
        let offset = signed(axis.stride.checked_mul(phase).ok_or_else(overflow)?)?;
        let offset = offset.checked_sub(axis.pad_before).ok_or_else(overflow)?;
        // The first input element of this phase, and how many padded positions come before it.
        let first = offset.rem_euclid(dilation);
        let input = axis.input.saturating_sub(first.unsigned_abs()).div_ceil(axis.dilation);
        let pad_before = (first - offset) / dilation;
        let reach =
            stride.checked_mul(output - 1).and_then(|reach| reach.checked_add(axis.kernel)).ok_or_else(overflow)?;
        let pad_after = signed(reach)?
            .checked_sub(pad_before)
            .and_then(|rest| rest.checked_sub(i64::try_from(input).ok()?))
            .ok_or_else(overflow)?;
        let dense = Axis { kernel: axis.kernel, stride, dilation: 1, pad_before, pad_after, input, output };
        match found.iter_mut().find(|(known, _)| *known == dense) {
            Some((_, times)) => *times += 1,
            None => found.push((dense, 1)),
        }
    }
    Ok(found)
}

fn decomposed(layer: &Layer, convolution: &Convolution) -> Result<Vec<Layer>, (String, VariantError)> {
    let overflow = || (layer.name.clone(), VariantError::Overflow);
    let mut windows: Vec<(Vec<Axis>, u64)> = vec![(Vec::new(), 1)];
    for axis in &convolution.window {
        let choices = phases(axis).map_err(|problem| (layer.name.clone(), problem))?;
        if windows.len() * choices.len() > MAX_PARTS {
            return Err((layer.name.clone(), VariantError::TooManyParts));
        }
        let mut longer = Vec::with_capacity(windows.len() * choices.len());
        for (window, times) in &windows {
            for (axis, more) in &choices {
                let mut window = window.clone();
                window.push(*axis);
                longer.push((window, times.checked_mul(*more).ok_or_else(overflow)?));
            }
        }
        windows = longer;
    }
    let parts = windows.into_iter().enumerate().map(|(number, (window, times))| {
        let mut part = with_window(layer, convolution, window).ok_or_else(overflow)?;
        part.name = format!("{}.phase{}", layer.name, number + 1);
        part.executions = layer.executions.checked_mul(times).ok_or_else(overflow)?;
        Ok(part)
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn dilated_axis()(
            kernel in 2u64..5, stride in 1u64..5, dilation in 1u64..9, before in 0i64..12, after in 0i64..12, input in 1u64..40,
        )(axis in Just(Axis::convolution(kernel, stride, dilation, (before, after), input))) -> Option<Axis> {
            axis.ok()
        }
    }

    proptest! {
        #[test]
        fn same_size_keeps_the_output(axis in dilated_axis()) {
            let Some(axis) = axis else { return Ok(()) };
            let twin = undilated(&axis).unwrap();
            let again = Axis::convolution(twin.kernel, twin.stride, 1, (twin.pad_before, twin.pad_after), twin.input).unwrap();
            prop_assert_eq!(again.output, axis.output);
        }

        #[test]
        fn zero_insertion_keeps_the_output(axis in dilated_axis()) {
            let Some(axis) = axis else { return Ok(()) };
            let wide = zero_inserted(&axis).unwrap();
            let again = Axis::convolution(wide.kernel, wide.stride, 1, (wide.pad_before, wide.pad_after), wide.input).unwrap();
            prop_assert_eq!(again.output, axis.output);
        }

        /// The phases together touch the same (output, tap) pairs, on and off padding.
        #[test]
        fn phases_partition_the_layer(axis in dilated_axis()) {
            let Some(axis) = axis else { return Ok(()) };
            let phases = phases(&axis).unwrap();
            let outputs: u64 = phases.iter().map(|(phase, times)| phase.output * times).sum();
            let inside: u64 = phases.iter().map(|(phase, times)| phase.pairs_inside(false) * times).sum();
            prop_assert_eq!(outputs, axis.output);
            prop_assert_eq!(inside, axis.pairs_inside(false));
        }
    }

    #[test]
    fn same_size_drops_the_dilation_of_a_single_tap() {
        let axis = Axis::convolution(1, 1, 2, (0, 0), 9).unwrap();
        assert_eq!(undilated(&axis).unwrap(), Axis::convolution(1, 1, 1, (0, 0), 9).unwrap());
        assert!(has_dilation(&Convolution {
            batch: 1,
            groups: 1,
            in_channels_per_group: 1,
            out_channels_per_group: 1,
            window: vec![axis],
            transposed: false,
        }));
    }

    #[test]
    fn same_size_branch_of_deeplab_equals_its_undilated_export() {
        let axis = Axis::convolution(3, 1, 12, (12, 12), 65).unwrap();
        assert_eq!(undilated(&axis).unwrap(), Axis::convolution(3, 1, 1, (1, 1), 65).unwrap());
        let causal = Axis::convolution(3, 1, 4, (8, 0), 50).unwrap();
        assert_eq!(undilated(&causal).unwrap(), Axis::convolution(3, 1, 1, (2, 0), 50).unwrap());
    }
}
