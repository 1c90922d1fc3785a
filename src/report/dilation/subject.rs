//! The layers of the study, and the networks of their variants.

use super::row_sharing;
use crate::workload::{Axis, Convolution, Layer, Network, NetworkGraph, Variant, VariantError};

/// Columns of the array of Eyeriss, and of the shipped design after it.
const COLUMNS: u64 = 14;

/// A dilated convolution, standing for all equal ones of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The first of them.
    pub layer: Layer,
    /// How often one run of the network executes all of them.
    pub count: u64,
}

/// A layer of a variant's network.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Index of the subject that it is a part of.
    pub subject: usize,
    /// The first layer of this shape.
    pub layer: Layer,
    /// How often it is run for one execution of the subject.
    pub times: u64,
}

impl Subject {
    fn convolution(&self) -> Option<&Convolution> {
        self.layer.convolution()
    }

    /// A property of every axis, height before width.
    pub(super) fn axes(&self, size: impl Fn(&Axis) -> u64) -> Vec<u64> {
        self.convolution().map(|convolution| convolution.window.iter().map(size).collect()).unwrap_or_default()
    }

    /// Of the rows: the axis before the last, or the only one.
    pub(super) fn row_sharing(&self) -> Option<f64> {
        let axes = &self.convolution()?.window;
        let axis = axes.get(axes.len().saturating_sub(2))?;
        row_sharing(axis.kernel, COLUMNS.min(axis.output), axis.stride, axis.dilation)
    }
}

/// The dilated convolutions of a network, equal ones once, in graph order. Transposed ones have no phases and are left out.
pub fn subjects(network: &Network) -> Vec<Subject> {
    let mut found: Vec<Subject> = Vec::new();
    for layer in &network.layers {
        let is_subject = |convolution: &Convolution| convolution.is_dilated() && !convolution.transposed;
        if !layer.convolution().is_some_and(is_subject) {
            continue;
        }
        match found.iter_mut().find(|subject| subject.layer.operation == layer.operation) {
            Some(subject) => subject.count = subject.count.saturating_add(layer.executions),
            None => found.push(Subject { layer: layer.clone(), count: layer.executions }),
        }
    }
    found
}

/// The network of one variant of all subjects, named by the variant, and what its layers are parts of. Every layer of it is
/// executed once.
///
/// # Errors
///
/// The name of a layer whose sizes overflow, and why.
pub fn twin(
    network: &Network,
    subjects: &[Subject],
    variant: Variant,
) -> Result<(Network, Vec<Part>), (String, VariantError)> {
    let mut parts = Vec::new();
    for (subject, Subject { layer, .. }) in subjects.iter().enumerate() {
        let once = Layer { executions: 1, ..layer.clone() };
        for layer in variant.apply(vec![once])? {
            let times = layer.executions;
            parts.push(Part { subject, layer: Layer { executions: 1, ..layer }, times });
        }
    }
    let layers: Vec<Layer> = parts.iter().map(|part| part.layer.clone()).collect();
    let (macs, macs_not_on_padding) =
        Network::totals(&layers).ok_or_else(|| (variant.name().to_owned(), VariantError::Overflow))?;
    let twin = Network {
        name: variant.name().to_owned(),
        layers,
        macs,
        macs_not_on_padding,
        unknown_layers: Vec::new(),
        not_lowered: Vec::new(),
        // The layers stand side by side: nothing flows between them.
        graph: NetworkGraph::default(),
        warnings: Vec::new(),
        ..network.clone()
    };
    Ok((twin, parts))
}
