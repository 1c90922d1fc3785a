//! The bytes of a model, and their decoding.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use bytes::Bytes;
use prost::Message;

use super::error::ImportError;
use super::onnx::ModelProto;

/// Where a model comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, memory-mapped: its weights are never read. External data files are never opened.
    Path(PathBuf),
    /// Standard input, read to its end.
    Stdin,
    /// Bytes in memory.
    Bytes(Bytes),
}

/// Decodes a model. Payloads stay in the source's buffer.
pub(super) fn load(source: &Source) -> Result<ModelProto, ImportError> {
    let bytes = match source {
        Source::Path(path) => read_file(path).map_err(ImportError::Read)?,
        Source::Stdin => read_all(&mut std::io::stdin().lock()).map_err(ImportError::Read)?,
        Source::Bytes(bytes) => bytes.clone(),
    };
    if bytes.is_empty() {
        return Err(ImportError::NotOnnx("it is empty".into()));
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return Err(ImportError::NotOnnx("it is a Git LFS pointer; fetch the file itself with `git lfs pull`".into()));
    }
    let model = ModelProto::decode(bytes).map_err(|error| ImportError::NotOnnx(error.to_string()))?;
    if model.graph.is_none() {
        return Err(ImportError::NotOnnx("it holds no graph".into()));
    }
    Ok(model)
}

fn read_file(path: &std::path::Path) -> std::io::Result<Bytes> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        if metadata.is_dir() {
            return Err(std::io::Error::other("it is a folder"));
        }
        return read_all(&mut file);
    }
    if metadata.len() == 0 {
        return Ok(Bytes::new());
    }
    #[expect(
        unsafe_code,
        reason = "a file that another process cuts short meanwhile raises SIGBUS, as in every tool that maps files"
    )]
    let map = unsafe { memmap2::Mmap::map(&file) };
    match map {
        Ok(map) => Ok(Bytes::from_owner(map)),
        // Some file systems cannot map.
        Err(_) => read_all(&mut file),
    }
}

fn read_all(reader: &mut dyn Read) -> std::io::Result<Bytes> {
    let mut buffer = Vec::new();
    reader.read_to_end(&mut buffer)?;
    Ok(buffer.into())
}
