//! The sizes that a file leaves open, as the user states them.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use super::graph::{Dim, Graph, ValueId};

/// A shape that the user states for an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputShape {
    /// The input's name; `None` means the network's only input.
    pub name: Option<String>,
    /// The sizes of its dimensions, in order.
    pub dims: Vec<u64>,
}

/// Sizes for dynamic dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings {
    /// Size of the first dimension of every input that leaves it open.
    pub batch: Option<u64>,
    /// Sizes of named dimensions.
    pub dims: Vec<(String, u64)>,
    /// Shapes of whole inputs.
    pub input_shapes: Vec<InputShape>,
    /// Pass over names that the network does not have: the bindings are for many networks.
    pub ignore_unknown_names: bool,
}

/// Why bindings do not fit a network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BindingError {
    #[error("no input has a dimension named `{name}`; {known}")]
    UnknownDimension { name: String, known: String },
    #[error("the network has no input `{name}`; its inputs are {known}")]
    UnknownInput { name: String, known: String },
    #[error("the network has {0} inputs; name the one that has this shape, as in `--input-shape NAME=1,3,224,224`")]
    WhichInput(usize),
    #[error("input `{input}` has {expected} dimensions, the given shape has {given}")]
    Rank { input: String, expected: usize, given: usize },
    #[error(
        "dimension {axis} of input `{input}` is fixed at {fixed} in the file and cannot be {given}; export it as a dynamic dimension"
    )]
    Fixed { input: String, axis: usize, fixed: u64, given: u64 },
    #[error("dimension `{name}` is bound to {first} and to {second}")]
    Contradiction { name: String, first: u64, second: u64 },
    #[error("`--batch` was given, but no input leaves its first dimension open; it is fixed at {fixed} in the file")]
    NoBatch { fixed: u64 },
    #[error("a size must be at most 2^31, not {0}")]
    Size(u64),
}

/// A dimension of an input that is still open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenDim {
    /// `height`, or `dimension 2 of input x` where it has no name.
    pub(super) label: String,
    /// The flag that binds it.
    pub(super) flag: String,
}

/// A dimension of an input after binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BoundDim {
    Known(u64),
    /// Index into [`Bound::open`]; equal names share one.
    Open(usize),
}

/// The network's inputs with the user's bindings applied.
#[derive(Clone, Debug, Default)]
pub(super) struct Bound {
    /// Shapes of the inputs; `None` where not even the rank is known.
    pub(super) inputs: Vec<(ValueId, Option<Vec<BoundDim>>)>,
    pub(super) open: Vec<OpenDim>,
    /// Bound names, for shapes declared elsewhere in the graph.
    pub(super) names: BTreeMap<String, u64>,
}

impl Bindings {
    /// Applies the bindings to the inputs of a graph.
    pub(super) fn bind(&self, graph: &Graph) -> Result<Bound, BindingError> {
        let mut names = BTreeMap::new();
        for (name, size) in &self.dims {
            bind_name(&mut names, name, *size)?;
        }
        let stated = self.stated_shapes(graph)?;
        let mut sizes: Vec<Option<Vec<Option<u64>>>> = Vec::new();
        let mut batch_used = self.batch.is_none();
        let mut fixed_batch = None;
        for (&input, stated) in graph.root.inputs.iter().zip(&stated) {
            let value = &graph[input];
            let mut shape = match (&value.declared, stated) {
                (None, None) => {
                    sizes.push(None);
                    continue;
                }
                (None, Some(stated)) => stated.iter().map(|size| Some(*size)).collect(),
                (Some(declared), _) => vec![None; declared.len()],
            };
            for (axis, dim) in value.declared.iter().flatten().enumerate() {
                let given = stated.as_ref().map(|stated| stated[axis]);
                match (dim, given) {
                    (Dim::Fixed(fixed), Some(given)) if *fixed != given => {
                        return Err(BindingError::Fixed { input: value.name.clone(), axis, fixed: *fixed, given });
                    }
                    (Dim::Fixed(fixed), _) => {
                        shape[axis] = Some(*fixed);
                        if axis == 0 {
                            fixed_batch = fixed_batch.or(Some(*fixed));
                        }
                    }
                    (Dim::Named(name), Some(given)) => bind_name(&mut names, name, given)?,
                    (Dim::Unknown, Some(given)) => shape[axis] = Some(checked(given)?),
                    (Dim::Named(name), None) => {
                        if let (0, Some(batch)) = (axis, self.batch) {
                            bind_name(&mut names, name, batch)?;
                            batch_used = true;
                        }
                    }
                    (Dim::Unknown, None) => {
                        if let (0, Some(batch)) = (axis, self.batch) {
                            shape[axis] = Some(checked(batch)?);
                            batch_used = true;
                        }
                    }
                }
            }
            sizes.push(Some(shape));
        }
        if !batch_used && fixed_batch != self.batch {
            return Err(BindingError::NoBatch { fixed: fixed_batch.unwrap_or_default() });
        }
        if !self.ignore_unknown_names {
            self.check_names(graph)?;
        }
        Ok(collect(graph, sizes, names))
    }

    /// The user's shape for every input, checked for rank.
    fn stated_shapes(&self, graph: &Graph) -> Result<Vec<Option<Vec<u64>>>, BindingError> {
        let inputs = &graph.root.inputs;
        let mut stated = vec![None; inputs.len()];
        for shape in &self.input_shapes {
            let place = match &shape.name {
                Some(name) if self.ignore_unknown_names && !inputs.iter().any(|input| graph[*input].name == *name) => {
                    continue;
                }
                Some(name) => inputs.iter().position(|input| graph[*input].name == *name).ok_or_else(|| {
                    let known: Vec<_> = inputs.iter().map(|input| format!("`{}`", graph[*input].name)).collect();
                    BindingError::UnknownInput { name: name.clone(), known: known.join(", ") }
                })?,
                None if inputs.len() == 1 => 0,
                None => return Err(BindingError::WhichInput(inputs.len())),
            };
            let value = &graph[inputs[place]];
            if let Some(declared) = &value.declared
                && declared.len() != shape.dims.len()
            {
                return Err(BindingError::Rank {
                    input: value.name.clone(),
                    expected: declared.len(),
                    given: shape.dims.len(),
                });
            }
            for size in &shape.dims {
                checked(*size)?;
            }
            stated[place] = Some(shape.dims.clone());
        }
        Ok(stated)
    }

    fn check_names(&self, graph: &Graph) -> Result<(), BindingError> {
        let mut known: Vec<&str> = Vec::new();
        for input in &graph.root.inputs {
            for dim in graph[*input].declared.iter().flatten() {
                if let Dim::Named(name) = dim
                    && !known.contains(&name.as_str())
                {
                    known.push(name);
                }
            }
        }
        match self.dims.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some((name, _)) => {
                let known = if known.is_empty() {
                    "no dimension of an input has a name".to_owned()
                } else {
                    let quoted: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
                    format!("the named dimensions are {}", quoted.join(", "))
                };
                Err(BindingError::UnknownDimension { name: name.clone(), known })
            }
        }
    }
}

fn checked(size: u64) -> Result<u64, BindingError> {
    if size <= 1 << 31 { Ok(size) } else { Err(BindingError::Size(size)) }
}

fn bind_name(names: &mut BTreeMap<String, u64>, name: &str, size: u64) -> Result<(), BindingError> {
    match names.insert(name.to_owned(), checked(size)?) {
        Some(first) if first != size => Err(BindingError::Contradiction { name: name.to_owned(), first, second: size }),
        _ => Ok(()),
    }
}

fn collect(graph: &Graph, sizes: Vec<Option<Vec<Option<u64>>>>, names: BTreeMap<String, u64>) -> Bound {
    let mut bound = Bound { names, ..Bound::default() };
    let mut places: HashMap<String, usize> = HashMap::new();
    for (&input, shape) in graph.root.inputs.iter().zip(sizes) {
        let value = &graph[input];
        let dims = shape.map(|shape| {
            let resolve = |(axis, size): (usize, &Option<u64>)| {
                if let Some(size) = size {
                    return BoundDim::Known(*size);
                }
                let open = match value.declared.as_ref().and_then(|declared| declared.get(axis)) {
                    Some(Dim::Named(name)) => match bound.names.get(name) {
                        Some(size) => return BoundDim::Known(*size),
                        None => OpenDim {
                            label: format!("`{name}`"),
                            flag: if axis == 0 {
                                format!("--batch N (or --dim {}=N)", shell_word(name))
                            } else {
                                format!("--dim {}=N", shell_word(name))
                            },
                        },
                    },
                    _ => OpenDim {
                        label: format!("dimension {axis} of input `{}`", value.name),
                        flag: if axis == 0 {
                            "--batch N".into()
                        } else {
                            format!("--input-shape {}=...", shell_word(&value.name))
                        },
                    },
                };
                let next = bound.open.len();
                let place = *places.entry(open.label.clone()).or_insert(next);
                if place == next {
                    bound.open.push(open);
                }
                BoundDim::Open(place)
            };
            shape.iter().enumerate().map(resolve).collect()
        });
        bound.inputs.push((input, dims));
    }
    bound
}

/// A name as one can type it after a flag.
pub(super) fn shell_word(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:/,@+".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}
