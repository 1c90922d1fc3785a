//! Small integer tensors that a model keeps in files beside it: shapes and axes, which other shapes depend on. Weights stay
//! where they are.
//!
//! A location is a path below the model's folder, as the format demands; anything else is not opened.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use super::dtype;
use super::proto::tensor_proto::{DataLocation, DataType};
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use super::tensor::MAX_ELEMENTS;

/// Bytes that are read in all.
const MAX_BYTES: u64 = 16 << 20;

/// Subgraphs in subgraphs; the decoder has the same limit.
const MAX_DEPTH: usize = 100;

/// Reads the elements of small integer tensors from the files beside a model in `folder`. Returns a warning for every file that
/// is not there or cannot be read.
pub(super) fn read_small_tensors(model: &mut ModelProto, folder: &Path) -> Vec<String> {
    let mut reader = Reader { folder, left: MAX_BYTES, unread: Vec::new() };
    if let Some(graph) = &mut model.graph {
        reader.graph(graph, 0);
    }
    for function in &mut model.functions {
        reader.nodes(&mut function.node, 0);
    }
    reader.unread
}

struct Reader<'f> {
    folder: &'f Path,
    left: u64,
    unread: Vec<String>,
}

impl Reader<'_> {
    fn graph(&mut self, graph: &mut GraphProto, depth: usize) {
        graph.initializer.iter_mut().for_each(|tensor| self.tensor(tensor));
        self.nodes(&mut graph.node, depth);
    }

    fn nodes(&mut self, nodes: &mut [NodeProto], depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for attribute in nodes.iter_mut().flat_map(|node| &mut node.attribute) {
            if let Some(tensor) = &mut attribute.t {
                self.tensor(tensor);
            }
            for graph in attribute.g.iter_mut().map(AsMut::as_mut).chain(&mut attribute.graphs) {
                self.graph(graph, depth + 1);
            }
        }
    }

    fn tensor(&mut self, tensor: &mut TensorProto) {
        if tensor.data_location != DataLocation::External as i32 {
            return;
        }
        let Some(length) = bytes_of_small(tensor) else { return };
        let stated = |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| &*entry.value);
        let Some(location) = stated("location").map(str::to_owned) else { return };
        let offset = stated("offset").map_or(Ok(0), str::parse);
        let Some(rest) = self.left.checked_sub(length) else { return };
        let read = match offset {
            Ok(offset) => read(self.folder, &location, offset, length),
            Err(_) => Err("its offset is not a number".to_owned()),
        };
        match read {
            Ok(bytes) => {
                self.left = rest;
                tensor.raw_data = bytes.into();
                tensor.data_location = DataLocation::Default as i32;
                tensor.external_data.clear();
            }
            Err(problem) if !self.unread.iter().any(|known| known.contains(&format!("`{location}`"))) => {
                self.unread.push(format!(
                    "the elements of tensor `{}` lie in `{location}`, which cannot be read ({problem}); shapes that depend on them are not known",
                    tensor.name
                ));
            }
            Err(_) => {}
        }
    }
}

/// Length of a tensor of few integers, in bytes.
fn bytes_of_small(tensor: &TensorProto) -> Option<u64> {
    let dtype = DataType::try_from(tensor.data_type).ok()?;
    let elements = tensor.dims.iter().try_fold(1u64, |product, dim| product.checked_mul(u64::try_from(*dim).ok()?))?;
    let bits = u64::from(dtype::bits(dtype)?);
    let is_integer = matches!(dtype, DataType::Int32 | DataType::Int64 | DataType::Bool);
    (is_integer && elements <= MAX_ELEMENTS).then_some(elements * bits / 8)
}

/// A file below the model's folder; anything else is not opened.
///
/// # Errors
///
/// Why it is not, in words.
pub(super) fn open(folder: &Path, location: &str) -> Result<File, String> {
    let location = Path::new(location);
    if !location.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("it is no path below the model's folder".to_owned());
    }
    let path = folder.join(location);
    let told = |error: std::io::Error| error.to_string();
    // A pipe would be waited for.
    if !path.metadata().map_err(told)?.is_file() {
        return Err("it is no file".to_owned());
    }
    File::open(path).map_err(told)
}

fn read(folder: &Path, location: &str, offset: u64, length: u64) -> Result<Vec<u8>, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut file = open(folder, location)?;
    file.seek(SeekFrom::Start(offset)).map_err(told)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 == length { Ok(bytes) } else { Err("it is too short".to_owned()) }
}
