//! Bindings applied to a graph.

use std::collections::HashMap;

use super::{BindingError, Bindings, Bound, BoundDim, OpenDim, SizeNames, checked, input_value, shell_word};
use crate::onnx::graph::{Dim, Graph, ValueId};

/// Names that a message lists.
const LISTED: usize = 20;

/// Sizes by axis, where the user states them; `None` for a value of unknown rank of which nothing is stated.
pub(super) type Sizes = Option<Vec<Option<u64>>>;

impl Bindings {
    /// Applies the bindings to a graph.
    pub(in crate::onnx) fn bind(&self, graph: &Graph) -> Result<Bound, BindingError> {
        let mut names = SizeNames::of(graph);
        for (name, size) in &self.dims {
            names.bind(name, *size)?;
        }
        let mut sizes = self.stated_sizes(graph)?;
        let mut values = self.values(graph)?;
        if let Some(phase) = &self.phase {
            values.extend(phase.bind(graph, &mut sizes, &mut names)?);
        }
        for (input, tensor) in &values {
            let place = graph.root.inputs.iter().position(|each| each == input);
            if let Some(place) = place {
                sizes[place] = Some(tensor.dims.iter().map(|size| Some(*size)).collect());
            }
        }
        self.bind_batch(graph, &mut sizes, &names)?;
        for (input, sizes) in graph.root.inputs.iter().zip(&mut sizes) {
            bind_input(graph, *input, sizes, &mut names)?;
        }
        if !self.ignore_unknown_names {
            self.check_names(&names)?;
        }
        names.follow()?;
        self.fill_in(graph, &mut sizes, &mut names)?;
        names.follow()?;
        let shapes = self.shapes_of_values(graph)?;
        Ok(Bound { shapes, values, moe_balance: self.moe_balance, ..collect(graph, sizes, names) })
    }

    /// Binds what is still open to the usual shapes.
    fn fill_in(&self, graph: &Graph, sizes: &mut [Sizes], names: &mut SizeNames) -> Result<(), BindingError> {
        for (&input, sizes) in graph.root.inputs.iter().zip(sizes) {
            let value = &graph[input];
            let Some((_, usual)) = self.usual_shapes.iter().find(|(name, _)| *name == value.name) else { continue };
            let sizes = sizes.get_or_insert_with(|| vec![None; usual.len()]);
            if sizes.len() != usual.len() {
                continue;
            }
            for (axis, (size, usual)) in sizes.iter_mut().zip(usual).enumerate() {
                let Some(usual) = usual.filter(|usual| size.is_none() && checked(*usual).is_ok()) else { continue };
                match value.declared.as_ref().and_then(|declared| declared.get(axis)) {
                    Some(Dim::Named(name)) if names.size(name).is_some() => {}
                    Some(Dim::Named(name)) => names.bind(name, usual)?,
                    _ => *size = Some(usual),
                }
            }
        }
        Ok(())
    }

    /// What the user states of every input, checked for rank.
    fn stated_sizes(&self, graph: &Graph) -> Result<Vec<Sizes>, BindingError> {
        let inputs = &graph.root.inputs;
        let mut stated = vec![None; inputs.len()];
        let of_inputs = self.input_shapes.iter().map(|shape| (shape.name.as_deref(), &shape.dims));
        let of_values = self.shapes.iter().filter(|(name, _)| inputs.iter().any(|input| graph[*input].name == *name));
        for (name, dims) in of_inputs.chain(of_values.map(|(name, dims)| (Some(name.as_str()), dims))) {
            let place = match name {
                Some(name) => match self.input(graph, name)? {
                    Some(place) => place,
                    None => continue,
                },
                None if inputs.len() == 1 => 0,
                None => return Err(BindingError::WhichInput(inputs.len())),
            };
            let value = &graph[inputs[place]];
            if let Some(declared) = &value.declared
                && declared.len() != dims.len()
            {
                return Err(BindingError::Rank {
                    input: value.name.clone(),
                    expected: declared.len(),
                    given: dims.len(),
                });
            }
            let sizes = dims.iter().map(|size| checked(*size).map(Some)).collect::<Result<_, _>>()?;
            stated[place] = Some(sizes);
        }
        Ok(stated)
    }

    /// The place of an input among the network's; `None` where there is none and that is no error.
    fn input(&self, graph: &Graph, name: &str) -> Result<Option<usize>, BindingError> {
        let inputs = &graph.root.inputs;
        let place = inputs.iter().position(|input| graph[*input].name == name);
        if place.is_none() && !self.ignore_unknown_names {
            let known: Vec<_> = inputs.iter().map(|input| graph[*input].name.as_str()).collect();
            return Err(BindingError::UnknownInput { name: name.to_owned(), known: listed(&known) });
        }
        Ok(place)
    }

    fn values(&self, graph: &Graph) -> Result<Vec<(ValueId, crate::onnx::tensor::Tensor)>, BindingError> {
        let mut values = Vec::new();
        for stated in &self.input_values {
            let Some(place) = self.input(graph, &stated.name)? else { continue };
            let input = graph.root.inputs[place];
            values.push((input, input_value::tensor(&graph[input], &stated.elements)?));
        }
        Ok(values)
    }

    /// States the batch for the first dimension of every input that leaves it open.
    fn bind_batch(&self, graph: &Graph, sizes: &mut [Sizes], names: &SizeNames) -> Result<(), BindingError> {
        let Some(batch) = self.batch else { return Ok(()) };
        let (mut is_used, mut fixed_batch) = (false, None);
        for (input, sizes) in graph.root.inputs.iter().zip(sizes) {
            let value = &graph[*input];
            let Some(first) = value.declared.as_ref().and_then(|declared| declared.first()) else { continue };
            match first {
                Dim::Fixed(fixed) => {
                    fixed_batch = fixed_batch.or(Some(*fixed));
                    continue;
                }
                // It is not open: it follows from its parts.
                Dim::Named(name) if names.computed(name).is_some() => continue,
                Dim::Named(_) | Dim::Unknown => {}
            }
            is_used = true;
            let rank = value.declared.as_ref().map_or(0, Vec::len);
            let first = &mut sizes.get_or_insert_with(|| vec![None; rank])[0];
            match *first {
                Some(size) if size != batch => {
                    let name = match value.declared.as_ref().and_then(|declared| declared.first()) {
                        Some(Dim::Named(name)) => name.clone(),
                        _ => format!("0 of input {}", value.name),
                    };
                    return Err(BindingError::Contradiction { name, first: batch, second: size });
                }
                _ => *first = Some(checked(batch)?),
            }
        }
        if !is_used && fixed_batch != self.batch {
            return Err(BindingError::NoBatch { fixed: fixed_batch.unwrap_or_default() });
        }
        Ok(())
    }

    fn check_names(&self, names: &SizeNames) -> Result<(), BindingError> {
        let Some((name, _)) = self.dims.iter().find(|(name, _)| !names.has(name)) else { return Ok(()) };
        let all = names.all();
        let known = if all.is_empty() {
            "no dimension of it has a name".to_owned()
        } else {
            format!("its named dimensions are {}", listed(&all))
        };
        Err(BindingError::UnknownDimension { name: name.clone(), known })
    }

    /// Shapes of values between nodes; of equal names in several bodies, all of them.
    fn shapes_of_values(&self, graph: &Graph) -> Result<HashMap<ValueId, Vec<u64>>, BindingError> {
        let mut shapes = HashMap::new();
        for (name, dims) in &self.shapes {
            dims.iter().try_for_each(|size| checked(*size).map(|_| ()))?;
            let of_name = (0..graph.values.len()).map(ValueId).filter(|value| graph[*value].name == *name);
            let before = shapes.len();
            shapes.extend(of_name.map(|value| (value, dims.clone())));
            if shapes.len() == before && !self.ignore_unknown_names {
                return Err(BindingError::UnknownValue(name.clone()));
            }
        }
        Ok(shapes)
    }
}

/// Completes what is stated of an input by what the file declares, and binds the names of its dimensions.
fn bind_input(graph: &Graph, input: ValueId, sizes: &mut Sizes, names: &mut SizeNames) -> Result<(), BindingError> {
    let value = &graph[input];
    let Some(declared) = &value.declared else { return Ok(()) };
    let sizes = sizes.get_or_insert_with(|| vec![None; declared.len()]);
    for (axis, (dim, size)) in declared.iter().zip(sizes).enumerate() {
        match (dim, *size) {
            (Dim::Fixed(fixed), Some(given)) if *fixed != given => {
                return Err(BindingError::Fixed { input: value.name.clone(), axis, fixed: *fixed, given });
            }
            (Dim::Fixed(fixed), _) => *size = Some(*fixed),
            (Dim::Named(name), Some(given)) => names.bind(name, given)?,
            (Dim::Named(_) | Dim::Unknown, _) => {}
        }
    }
    Ok(())
}

fn collect(graph: &Graph, sizes: Vec<Sizes>, names: SizeNames) -> Bound {
    let mut open: Vec<OpenDim> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut inputs = Vec::with_capacity(sizes.len());
    for (&input, shape) in graph.root.inputs.iter().zip(sizes) {
        let value = &graph[input];
        let resolve = |(axis, size): (usize, Option<u64>)| {
            let declared = value.declared.as_ref().and_then(|declared| declared.get(axis));
            let named = match declared {
                Some(Dim::Named(name)) => names.size(name),
                _ => None,
            };
            if let Some(size) = size.or(named) {
                return BoundDim::Known(size);
            }
            let dim = open_dim(&value.name, axis, declared, &names);
            let next = open.len();
            let place = *places.entry(dim.label.clone()).or_insert(next);
            if place == next {
                open.push(dim);
            }
            BoundDim::Open(place)
        };
        let dims = shape.map(|shape| shape.into_iter().enumerate().map(resolve).collect());
        inputs.push((input, dims));
    }
    Bound { inputs, open, names, ..Bound::default() }
}

/// What a dimension without a size is called, and how one binds it.
fn open_dim(input: &str, axis: usize, declared: Option<&Dim>, names: &SizeNames) -> OpenDim {
    match declared {
        Some(Dim::Named(name)) => {
            let flags = names.flags(name);
            let flag = if axis == 0 { format!("--batch N (or {flags})") } else { flags };
            OpenDim { label: format!("`{name}`"), flag }
        }
        _ => OpenDim {
            label: format!("dimension {axis} of input `{input}`"),
            flag: if axis == 0 { "--batch N".into() } else { format!("--input-shape {}=...", shell_word(input)) },
        },
    }
}

/// Names in quotes; of many the first ones.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > LISTED { format!(" and {} more", names.len() - LISTED) } else { String::new() };
    quoted.join(", ") + &more
}
