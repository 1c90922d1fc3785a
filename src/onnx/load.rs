//! The bytes of a model, and their decoding.
//!
//! A file is mapped, and its tensors' payloads are slices of the map that nothing ever touches. The structure around them is
//! read through a small window instead of the map: touching a page of a map makes the kernel map its neighbours too, a
//! quarter of a megabyte for every tensor's header.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes};
use prost::Message;

use super::decoded_size;
use super::error::ImportError;
use super::proto::ModelProto;

/// Protobuf messages end here; larger models keep their tensors outside.
const MAX_MESSAGE: u64 = 2 << 30;

/// Where a model comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file, memory-mapped: its weights are never read, and of external data files only small tensors of shapes.
    Path(PathBuf),
    /// Standard input, read to its end.
    Stdin,
    /// Bytes in memory.
    Bytes(Bytes),
}

/// Decodes a model. Payloads stay in the source's buffer.
pub(super) fn load(source: &Source) -> Result<ModelProto, ImportError> {
    let model = match source {
        Source::Path(path) => load_file(path)?,
        Source::Stdin => decode(&read_all(std::io::stdin().lock())?)?,
        Source::Bytes(bytes) => decode(bytes)?,
    };
    if model.graph.is_none() {
        return Err(ImportError::NotOnnx("it holds no graph".into()));
    }
    Ok(model)
}

fn load_file(path: &Path) -> Result<ModelProto, ImportError> {
    let file = File::open(path).map_err(ImportError::Read)?;
    let metadata = file.metadata().map_err(ImportError::Read)?;
    if metadata.is_dir() {
        return Err(ImportError::NotOnnx("it is a folder".into()));
    }
    if !metadata.is_file() || metadata.len() == 0 {
        return decode(&read_all(&file)?);
    }
    // Some file systems cannot map.
    let Some(map) = mapped(&file) else { return decode(&read_all(&file)?) };
    #[cfg(unix)]
    {
        let mut window = FileWindow::new(&file, map.clone());
        check_start(window.chunk())?;
        decoded_size::check(&mut window).map_err(ImportError::NotOnnx)?;
        let mut window = FileWindow::new(&file, map);
        let model = ModelProto::decode(&mut window);
        match window.failure {
            Some(error) => Err(ImportError::Read(error)),
            None => model.map_err(not_onnx),
        }
    }
    #[cfg(not(unix))]
    decode(&map)
}

/// The bytes of a file, mapped into memory, unless its file system cannot.
pub(super) fn mapped(file: &File) -> Option<Bytes> {
    #[expect(
        unsafe_code,
        reason = "a file that another process cuts short meanwhile raises SIGBUS, as in every tool that maps files"
    )]
    let map = unsafe { memmap2::Mmap::map(file) };
    map.ok().map(Bytes::from_owner)
}

fn decode(bytes: &Bytes) -> Result<ModelProto, ImportError> {
    check_start(bytes)?;
    decoded_size::check(&mut bytes.clone()).map_err(ImportError::NotOnnx)?;
    ModelProto::decode(bytes.clone()).map_err(not_onnx)
}

/// Tells what people give for a model by mistake.
fn check_start(bytes: &[u8]) -> Result<(), ImportError> {
    if bytes.is_empty() {
        return Err(ImportError::NotOnnx("it is empty".into()));
    }
    if bytes.starts_with(b"version https://git-lfs") {
        return Err(ImportError::NotOnnx("it is a Git LFS pointer; fetch the file itself with `git lfs pull`".into()));
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn not_onnx(error: prost::DecodeError) -> ImportError {
    // The path of fields repeats itself in deep nests.
    ImportError::NotOnnx(error.to_string().chars().take(300).collect())
}

fn read_all(reader: impl Read) -> Result<Bytes, ImportError> {
    let mut buffer = Vec::new();
    reader.take(MAX_MESSAGE + 1).read_to_end(&mut buffer).map_err(ImportError::Read)?;
    if buffer.len() as u64 > MAX_MESSAGE {
        return Err(ImportError::NotOnnx("it is larger than 2 GiB, which no protobuf message may be".into()));
    }
    Ok(buffer.into())
}

/// A mapped file as a buffer to decode from: read through a window, long fields handed out as slices of the map.
#[cfg(unix)]
struct FileWindow<'f> {
    file: &'f File,
    map: Bytes,
    position: usize,
    window: Box<[u8]>,
    /// Part of the file that the window holds.
    start: usize,
    end: usize,
    failure: Option<std::io::Error>,
}

#[cfg(unix)]
impl<'f> FileWindow<'f> {
    const WINDOW: usize = 8192;
    /// Fields at least this long are not read.
    const LONG: usize = 4096;

    fn new(file: &'f File, map: Bytes) -> Self {
        let window = vec![0; Self::WINDOW].into_boxed_slice();
        let mut this = Self { file, map, position: 0, window, start: 0, end: 0, failure: None };
        this.fill();
        this
    }

    /// Moves the window to the position. What cannot be read is zeros, and a failure.
    fn fill(&mut self) {
        use std::os::unix::fs::FileExt;
        self.start = self.position;
        self.end = self.map.len().min(self.start + Self::WINDOW);
        let wanted = &mut self.window[..self.end - self.start];
        if self.failure.is_none()
            && let Err(error) = self.file.read_exact_at(wanted, self.start as u64)
        {
            self.failure = Some(error);
        }
        if self.failure.is_some() {
            wanted.fill(0);
        }
    }
}

#[cfg(unix)]
impl Buf for FileWindow<'_> {
    fn remaining(&self) -> usize {
        self.map.len() - self.position
    }

    fn chunk(&self) -> &[u8] {
        &self.window[self.position - self.start..self.end - self.start]
    }

    fn advance(&mut self, count: usize) {
        assert!(count <= self.remaining(), "the decoder checks lengths first");
        self.position += count;
        if self.position >= self.end && self.position < self.map.len() {
            self.fill();
        } else if self.position >= self.end {
            self.start = self.position;
            self.end = self.position;
        }
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        assert!(length <= self.remaining(), "the decoder checks lengths first");
        if length >= Self::LONG {
            let slice = self.map.slice(self.position..self.position + length);
            self.advance(length);
            return slice;
        }
        let mut copy = Vec::with_capacity(length);
        while copy.len() < length {
            let part = self.chunk();
            let part = &part[..part.len().min(length - copy.len())];
            copy.extend_from_slice(part);
            let count = part.len();
            self.advance(count);
        }
        copy.into()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::onnx::proto::{GraphProto, TensorProto};
    use std::io::Write;

    /// Fields around every edge of the window decode as from memory.
    #[test]
    fn the_window_reads_what_memory_holds() {
        let mut graph = GraphProto::default();
        for length in [0, 1, 4095, 4096, 8191, 8192, 8193, 20_000, 7] {
            let name = format!("tensor of {length} {}", "x".repeat(length % 300));
            let raw_data: Vec<u8> = (0..length).map(|index| u8::try_from(index % 251).unwrap()).collect();
            graph.initializer.push(TensorProto {
                name,
                raw_data: raw_data.into(),
                dims: vec![1; 40],
                ..TensorProto::default()
            });
        }
        let model = ModelProto { graph: Some(graph), producer_name: "p".repeat(9000), ..ModelProto::default() };
        let bytes = model.encode_to_vec();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        assert_eq!(load(&Source::Path(file.path().into())).unwrap(), model);
        for cut in [1, 10, 9000, bytes.len() - 1] {
            std::fs::write(file.path(), &bytes[..cut]).unwrap();
            let (window, memory) =
                (load(&Source::Path(file.path().into())), load(&Source::Bytes(bytes[..cut].to_vec().into())));
            assert_eq!(window.is_ok(), memory.is_ok());
        }
    }
}
