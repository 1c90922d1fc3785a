//! Compiles `proto/onnx.proto` to Rust without protoc, and packs the table of CACTI's runs.

#[path = "build/sram.rs"]
mod sram;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=proto/onnx.proto");
    let descriptors = protox::compile(["proto/onnx.proto"], ["proto"])?;
    prost_build::Config::new()
        // Shared with the input buffer instead of copied: a file's weights cost no memory.
        .bytes(["."])
        // Keeps the many small attributes of a graph small in memory.
        .boxed(".onnx.AttributeProto.t")
        .boxed(".onnx.AttributeProto.g")
        .boxed(".onnx.AttributeProto.sparse_tensor")
        .compile_fds(descriptors)?;
    println!("cargo::rerun-if-changed={}", sram::TABLE);
    let folder = std::env::var("OUT_DIR")?;
    std::fs::write(std::path::Path::new(&folder).join("sram.bin"), sram::pack()?)?;
    Ok(())
}
