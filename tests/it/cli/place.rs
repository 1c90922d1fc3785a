//! A folder in which runs take place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use prost::Message;
use serde_json::Value;
use tempfile::TempDir;

use crate::kit::onnx::{FLOAT, dims, graph, info, int_list, model_of, node, tensor};
use crate::kit::{Ran, json, program_in};

/// The option of most runs here.
pub(crate) const ONE_DESIGN: &str = "--arch eyeriss_like";

/// A folder with small networks, a cache and an output folder of its own.
pub(crate) struct Place {
    folder: TempDir,
}

/// A chain of convolutions that keep the size: channels in and out, kernel.
pub(crate) fn network(size: i64, layers: &[(i64, i64, i64)]) -> Vec<u8> {
    let mut nodes = Vec::new();
    let mut weights = Vec::new();
    let mut input = "x".to_owned();
    for (index, &(channels_in, channels_out, kernel)) in layers.iter().enumerate() {
        let (weight, output) = (format!("layer{index}.weight"), format!("y{index}"));
        weights.push(tensor(&weight, FLOAT, &[channels_out, channels_in, kernel, kernel]));
        let attributes = vec![int_list("kernel_shape", &[kernel, kernel]), int_list("pads", &[kernel / 2; 4])];
        nodes.push(node("Conv", &format!("{input} {weight}"), &output, attributes));
        input = output;
    }
    let x = info("x", FLOAT, &dims(&[1, layers[0].0, size, size]));
    model_of(21, graph(vec![x], weights, nodes, &input)).encode_to_vec()
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("one.onnx", network(4, &[(4, 8, 3), (8, 8, 1), (8, 4, 3), (4, 8, 3)]));
        place.write("two.onnx", network(4, &[(8, 8, 1), (8, 6, 1)]));
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), bytes).unwrap();
    }

    pub(crate) fn command(&self, words: &str) -> Command {
        program_in(self.folder.path(), words)
    }

    pub(crate) fn run(&self, words: &str) -> Ran {
        Ran::of(&mut self.command(words))
    }

    /// All files of a folder but the times, by their path below it.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(folder);
        let mut files = BTreeMap::new();
        collect(&root, &root, &mut files);
        files.remove("timing.json");
        files
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        json(&self.path(file))
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Two results that should be equal, without their contents in the message.
pub(crate) fn assert_same(left: &BTreeMap<String, Vec<u8>>, right: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    let different: Vec<_> = left.iter().filter(|(name, bytes)| right[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(different.is_empty(), "{different:?}");
}
