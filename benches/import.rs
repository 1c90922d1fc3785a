//! How long it takes to read a network. `cargo bench --bench import`.
//!
//! The models are the shipped ones with their weights stripped, and DeepLabv3-ResNet50 at its full 158 MB: its payloads are
//! synthesised into a temporary file, so that the bench needs nothing but the repository.

#[path = "../tests/it/kit/files.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod files;

use std::path::PathBuf;
use std::process::Command;

use divan::Bencher;
use onnx2timeloop::onnx::proto::ModelProto;
use onnx2timeloop::onnx::{Bindings, Source, import};
use prost::Message;

use files::model;

fn main() {
    divan::main();
}

/// The shipped DeepLabv3-ResNet50 with every stripped payload filled: 158 MB.
fn full_deeplab() -> PathBuf {
    let path = std::env::temp_dir().join("onnx2timeloop-bench-deeplabv3-resnet50.onnx");
    if !path.exists() {
        let bytes = std::fs::read(model("deeplabv3_resnet50_513__ts_rbn")).expect("the shipped model");
        let mut full = ModelProto::decode(bytes.as_slice()).expect("a model");
        for tensor in full.graph.iter_mut().flat_map(|graph| &mut graph.initializer) {
            let elements: i64 = tensor.dims.iter().product();
            if tensor.data_type == 1 && tensor.raw_data.is_empty() {
                tensor.raw_data = vec![0; usize::try_from(elements).expect("a size") * 4].into();
            }
        }
        onnx2timeloop::output::write_whole(&path, &full.encode_to_vec()).expect("room for 158 MB");
    }
    path
}

/// Decoding, shapes and lowering, in this process.
#[divan::bench(args = ["deeplabv3_resnet50_513__ts_rbn", "deeplabv3_resnet50_513__dynamo_rbn", "vit_b_16__dynamo_op23"])]
fn stripped(bencher: Bencher, name: &str) {
    let source = Source::Path(model(name));
    bencher.bench(|| import(&source, name, &Bindings::default()).expect("a network"));
}

/// The same for the full file: the weights must cost nothing.
#[divan::bench]
fn full_158_mb(bencher: Bencher) {
    let source = Source::Path(full_deeplab());
    bencher.bench(|| import(&source, "deeplab", &Bindings::default()).expect("a network"));
}

/// The whole tool as a process, from start to exit.
#[divan::bench]
fn process_158_mb(bencher: Bencher) {
    let path = full_deeplab();
    bencher.bench(|| {
        let output = Command::new(env!("CARGO_BIN_EXE_onnx2timeloop"))
            .args(["convert", "--format", "json"])
            .arg(&path)
            .output()
            .expect("the tool runs");
        assert!(output.status.success());
        output.stdout.len()
    });
}
