//! The elements of a constant, wherever the file keeps them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;

use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::tensor::{External, Payload, Sparse, Tensor, varints};
use crate::onnx::{dtype, external, load};

/// Elements of a sparse tensor whose places are kept; of larger ones only their number.
const MAX_PLACES: u64 = 1 << 28;

/// Elements as they are stored, in row-major order.
#[derive(Clone, Debug)]
pub(super) struct Elements {
    bytes: Bytes,
    /// Bits of one element: 1, 2, 4, 8, 16, 32 or 64. Elements of less than a byte begin at its low end.
    bits: u32,
    /// Those of its bits that are 0 in a zero; none if no element can be zero.
    significant: u64,
}

/// What has been counted already, of a sparse tensor too large to keep its places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) nonzeros: u64,
}

/// Elements, or their number.
#[derive(Clone, Debug)]
pub(super) enum Read {
    Elements(Arc<Elements>),
    Known(Known),
}

impl Elements {
    /// Elements of these bits, packed.
    pub(super) fn packed(bytes: Bytes, bits: u32) -> Self {
        Self { bytes, bits, significant: ones(bits) }
    }

    /// The bits of an element; 0 beyond the end.
    pub(super) fn code(&self, index: u64) -> u64 {
        let bits = u64::from(self.bits);
        if bits < 8 {
            let Some(byte) = usize::try_from(index * bits / 8).ok().and_then(|at| self.bytes.get(at)) else { return 0 };
            return (u64::from(*byte) >> (index * bits % 8)) & ones(self.bits);
        }
        let width = self.bits as usize / 8;
        let start = usize::try_from(index).ok().and_then(|index| index.checked_mul(width));
        let Some(bytes) = start.and_then(|start| self.bytes.get(start..start + width)) else { return 0 };
        bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte))
    }

    /// Its bits without the sign of a zero.
    pub(super) fn significant(&self, index: u64) -> u64 {
        self.code(index) & self.significant
    }

    /// Whether an element may be zero at all.
    pub(super) fn has_zero(&self) -> bool {
        self.significant != 0
    }

    /// The bytes, the bits of an element, and those of them that count.
    pub(super) fn parts(&self) -> (&Bytes, u32, u64) {
        (&self.bytes, self.bits, self.significant)
    }

    /// The low bits of a number, as an element of this width has them.
    pub(super) fn as_code(&self, value: i64) -> u64 {
        value.cast_unsigned() & ones(self.bits)
    }
}

fn ones(bits: u32) -> u64 {
    if bits >= 64 { u64::MAX } else { (1 << bits) - 1 }
}

/// Bits that are 0 in a zero of a type, and its width. `None` for texts and numbers that are not read.
fn form(dtype: DataType) -> Option<(u32, u64)> {
    use DataType::{
        Bfloat16, Complex64, Complex128, Double, Float, Float4e2m1, Float6e2m3, Float6e3m2, Float8e4m3fn, Float8e5m2,
        Float8e8m0, Float16,
    };
    let bits = dtype::bits(dtype)?;
    let significant = match dtype {
        Complex128 | Float6e2m3 | Float6e3m2 => return None,
        // The two signs of zero.
        Float | Double | Float16 | Bfloat16 | Float8e4m3fn | Float8e5m2 | Float4e2m1 => ones(bits - 1),
        Complex64 => 0x7fff_ffff_7fff_ffff,
        // Powers of two only.
        Float8e8m0 => 0,
        _ => ones(bits),
    };
    Some((bits, significant))
}

/// The files beside a model, mapped once each.
#[derive(Debug)]
pub(super) struct Files {
    /// The model's folder; `None` of a model that is no file.
    folder: Option<PathBuf>,
    mapped: HashMap<String, Result<Bytes, String>>,
}

impl Files {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, mapped: HashMap::new() }
    }

    /// The elements of a constant.
    ///
    /// # Errors
    ///
    /// Why they cannot be read, in words that follow the tensor's name.
    pub(super) fn read(&mut self, tensor: &Tensor) -> Result<Read, String> {
        if let Payload::Sparse(sparse) = tensor.payload() {
            return self.sparse(tensor, sparse);
        }
        self.dense(tensor).map(|elements| Read::Elements(Arc::new(elements)))
    }

    fn dense(&mut self, tensor: &Tensor) -> Result<Elements, String> {
        let stored = |bytes: Bytes, bits, significant| Ok(Elements { bytes, bits, significant });
        match tensor.payload() {
            // Numbers of the importer are wider than their type.
            Payload::Ints(values) => {
                return stored(
                    values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into(),
                    64,
                    ones(64),
                );
            }
            Payload::Floats(values) => {
                return stored(
                    values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>().into(),
                    64,
                    ones(63),
                );
            }
            _ => {}
        }
        let (bits, significant) = form(tensor.dtype)
            .ok_or_else(|| format!("has elements of the type {:?}, which are not read", tensor.dtype))?;
        let size = tensor.elements().checked_mul(u64::from(bits)).map(|bits| bits.div_ceil(8));
        let size = size.and_then(|size| usize::try_from(size).ok()).ok_or("has more elements than can be read")?;
        let bytes = match tensor.payload() {
            Payload::Raw(bytes) => bytes.clone(),
            Payload::Varints(packed) => unpacked(packed, tensor.elements(), bits).unwrap_or_default(),
            Payload::External(external) => self.external(external, size)?,
            Payload::Absent | Payload::Sparse(_) | Payload::Ints(_) | Payload::Floats(_) => Bytes::new(),
        };
        if bytes.is_empty() && size > 0 {
            return Err("without elements in the file, which was stripped of them".to_owned());
        }
        if bytes.len() != size {
            return Err(format!("of {size} bytes, of which the file has {}", bytes.len()));
        }
        stored(bytes, bits, significant)
    }

    fn external(&mut self, External { location, offset }: &External, size: usize) -> Result<Bytes, String> {
        let unread =
            |problem: &str| format!("in the file `{location}` beside the model, which cannot be read: {problem}");
        let Some(folder) = &self.folder else {
            return Err(unread("the model is not read from a file, so that nothing lies beside it"));
        };
        let open = || {
            let file = external::open(folder, location)?;
            load::mapped(&file).ok_or_else(|| "its file system cannot map it".to_owned())
        };
        let bytes = self.mapped.entry(location.clone()).or_insert_with(open).clone();
        let bytes = bytes.map_err(|problem| unread(&problem))?;
        let range = usize::try_from(*offset).ok().and_then(|start| Some(start..start.checked_add(size)?));
        match range.filter(|range| range.end <= bytes.len()) {
            Some(range) => Ok(bytes.slice(range)),
            None => Err(unread("it is too short")),
        }
    }

    /// One bit for each place, if they are not too many.
    fn sparse(&mut self, tensor: &Tensor, Sparse { values, indices }: &Sparse) -> Result<Read, String> {
        let stored = self.dense(values)?;
        let count = values.elements();
        let is_nonzero = |index: &u64| !stored.has_zero() || stored.significant(*index) != 0;
        if tensor.elements() > MAX_PLACES {
            return Ok(Read::Known(Known { nonzeros: (0..count).filter(is_nonzero).count() as u64 }));
        }
        let places = self.dense(indices)?;
        let rank = tensor.dims.len() as u64;
        let rows = match indices.dims[..] {
            [length] if length == count => 1,
            [length, numbers] if length == count && numbers == rank => rank,
            _ => return Err("with places that do not fit its elements".to_owned()),
        };
        let mut bitmap = vec![0u8; usize::try_from(tensor.elements().div_ceil(8)).unwrap_or(0)];
        for index in (0..count).filter(is_nonzero) {
            let place = if rows == 1 && rank != 1 {
                places.code(index)
            } else {
                let numbers = (0..rank).map(|axis| places.code(index * rank + axis));
                numbers
                    .zip(&tensor.dims)
                    .fold(0u64, |place, (number, size)| place.wrapping_mul(*size).wrapping_add(number))
            };
            if place < tensor.elements()
                && let Some(byte) = usize::try_from(place / 8).ok().and_then(|at| bitmap.get_mut(at))
            {
                *byte |= 1 << (place % 8);
            }
        }
        Ok(Read::Elements(Arc::new(Elements::packed(bitmap.into(), 1))))
    }
}

/// The elements of a type's own field as bytes: a number holds one element, or one byte of smaller ones.
fn unpacked(packed: &Bytes, elements: u64, bits: u32) -> Option<Bytes> {
    if packed.is_empty() {
        return None;
    }
    let count = if bits < 8 { (elements * u64::from(bits)).div_ceil(8) } else { elements };
    // A number takes at least a byte.
    let count = usize::try_from(count).ok().filter(|count| *count <= packed.len())?;
    let values = varints(packed, count).filter(|values| values.len() == count)?;
    let width = (bits as usize / 8).max(1);
    Some(values.iter().flat_map(|value| value.to_le_bytes().into_iter().take(width)).collect::<Vec<u8>>().into())
}
