//! Constant tensors: always their shape and type, their elements only where few. Where zeros are counted, all of them are read
//! from the payload (`zeros`).

use std::sync::Arc;

use bytes::Bytes;

use super::dtype;
use super::proto::tensor_proto::{DataLocation, DataType};
use super::proto::{SparseTensorProto, TensorProto};

/// Elements of a constant are read only up to this many: operands of Reshape, Slice, Resize and the like are small.
pub(super) const MAX_ELEMENTS: u64 = 4096;

/// A constant tensor of the file. Its payload stays where it is until asked for.
#[derive(Clone, Debug)]
pub(super) struct Tensor {
    pub(super) dtype: DataType,
    pub(super) dims: Vec<u64>,
    payload: Payload,
}

#[derive(Clone, Debug)]
pub(super) enum Payload {
    /// Stripped, or of no use here.
    Absent,
    /// Stored in a file beside the model.
    External(External),
    /// Elements that are not zero, and where they are.
    Sparse(Arc<Sparse>),
    /// Little-endian, as in memory.
    Raw(Bytes),
    /// Packed varints of the type's own field.
    Varints(Bytes),
    /// Values made by the importer itself.
    Ints(Vec<i64>),
    /// The same, for floats.
    Floats(Vec<f64>),
}

/// Where a file beside the model has the elements of a tensor.
#[derive(Clone, Debug)]
pub(super) struct External {
    /// A path below the model's folder.
    pub(super) location: String,
    /// First byte.
    pub(super) offset: u64,
}

/// The elements of a sparse tensor.
#[derive(Clone, Debug)]
pub(super) struct Sparse {
    /// Those that are stored, in a list.
    pub(super) values: Tensor,
    /// Their places: one number each, or a row with a number for each dimension.
    pub(super) indices: Tensor,
}

impl Tensor {
    /// Reads dims and type.
    ///
    /// # Errors
    ///
    /// What is wrong with the dims, in words.
    pub(super) fn read(proto: &TensorProto) -> Result<Self, String> {
        let dims = checked_dims(&proto.dims)?;
        let dtype = DataType::try_from(proto.data_type).unwrap_or(DataType::Undefined);
        let external = proto.data_location == DataLocation::External as i32 || !proto.external_data.is_empty();
        let typed = match dtype {
            DataType::Float => Payload::Raw(proto.float_data.clone()),
            DataType::Double => Payload::Raw(proto.double_data.clone()),
            DataType::Int64 => Payload::Varints(proto.int64_data.clone()),
            DataType::Uint64 | DataType::Uint32 => Payload::Varints(proto.uint64_data.clone()),
            _ => Payload::Varints(proto.int32_data.clone()),
        };
        let payload = if external {
            external_place(proto).map_or(Payload::Absent, Payload::External)
        } else if proto.raw_data.is_empty() {
            typed
        } else {
            Payload::Raw(proto.raw_data.clone())
        };
        Ok(Self { dtype, dims, payload })
    }

    /// Reads the dims of a sparse tensor, and where its elements are.
    pub(super) fn read_sparse(proto: &SparseTensorProto) -> Result<Self, String> {
        let number = proto.values.as_ref().map_or(0, |values| values.data_type);
        let dtype = DataType::try_from(number).unwrap_or(DataType::Undefined);
        let payload = match (&proto.values, &proto.indices) {
            (Some(values), Some(indices)) => {
                Payload::Sparse(Arc::new(Sparse { values: Self::read(values)?, indices: Self::read(indices)? }))
            }
            _ => Payload::Absent,
        };
        Ok(Self { dtype, dims: checked_dims(&proto.dims)?, payload })
    }

    /// A tensor of integers made by the importer (a Constant's `value_int`, `value_ints`).
    pub(super) fn of_ints(dims: Vec<u64>, values: Vec<i64>) -> Self {
        Self { dtype: DataType::Int64, dims, payload: Payload::Ints(values) }
    }

    /// A tensor of floats made by the importer.
    pub(super) fn of_floats(dims: Vec<u64>, values: Vec<f64>) -> Self {
        Self { dtype: DataType::Float, dims, payload: Payload::Floats(values) }
    }

    /// The same elements in another type.
    pub(super) fn with_type(self, dtype: DataType) -> Self {
        Self { dtype, ..self }
    }

    /// A tensor whose elements do not matter.
    pub(super) fn opaque(dtype: DataType, dims: Vec<u64>) -> Self {
        Self { dtype, dims, payload: Payload::Absent }
    }

    /// Where its elements are.
    pub(super) fn payload(&self) -> &Payload {
        &self.payload
    }

    /// Number of elements.
    pub(super) fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// The elements of an integer or boolean tensor, if they are few and there.
    pub(super) fn ints(&self) -> Option<Vec<i64>> {
        if dtype::is_float(self.dtype) || self.elements() > MAX_ELEMENTS {
            return None;
        }
        let count = usize::try_from(self.elements()).ok()?;
        let values = match &self.payload {
            Payload::Ints(values) => values.clone(),
            Payload::Raw(raw) => {
                let width = usize::try_from(dtype::bits(self.dtype)?).ok()? / 8;
                let signed = matches!(self.dtype, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64);
                if width == 0 || raw.len() != count.checked_mul(width)? {
                    return None;
                }
                raw.chunks_exact(width).map(|bytes| little_endian(bytes, signed)).collect()
            }
            Payload::Varints(packed) => varints(packed, count)?,
            Payload::Absent | Payload::External(_) | Payload::Sparse(_) | Payload::Floats(_) => return None,
        };
        (values.len() == count).then_some(values)
    }

    /// The elements of a float tensor, if they are few and there.
    pub(super) fn floats(&self) -> Option<Vec<f64>> {
        if self.elements() > MAX_ELEMENTS {
            return None;
        }
        let count = usize::try_from(self.elements()).ok()?;
        let values: Vec<f64> = match (&self.payload, self.dtype) {
            (Payload::Floats(values), _) => values.clone(),
            (Payload::Raw(raw), DataType::Float) => {
                raw.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]]))).collect()
            }
            (Payload::Raw(raw), DataType::Double) => raw
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
                .collect(),
            (Payload::Raw(raw), DataType::Float16) => {
                raw.chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]]))).collect()
            }
            (Payload::Raw(raw), DataType::Bfloat16) => {
                raw.chunks_exact(2).map(|b| f64::from(f32::from_le_bytes([0, 0, b[0], b[1]]))).collect()
            }
            (Payload::Varints(packed), DataType::Float16) => {
                varints(packed, count)?.into_iter().map(|v| half(u16::try_from(v).unwrap_or(0))).collect()
            }
            _ => return None,
        };
        (values.len() == count).then_some(values)
    }
}

/// Where the file says that the elements are; `None` where it says it not or badly.
fn external_place(proto: &TensorProto) -> Option<External> {
    let stated = |key: &str| proto.external_data.iter().find(|entry| entry.key == key).map(|entry| &*entry.value);
    let offset = stated("offset").map_or(Ok(0), str::parse).ok()?;
    Some(External { location: stated("location")?.to_owned(), offset })
}

fn checked_dims(dims: &[i64]) -> Result<Vec<u64>, String> {
    let dims: Vec<u64> = dims
        .iter()
        .map(|&dim| u64::try_from(dim).map_err(|_| format!("has the negative dimension {dim}")))
        .collect::<Result<_, _>>()?;
    check_size(&dims)?;
    Ok(dims)
}

/// No dimension above 2^31 and no tensor above 2^56 elements: beyond that a file lies, and sums and products of the
/// sizes below are safe.
pub(super) fn check_size(dims: &[u64]) -> Result<(), String> {
    if dims.len() > 64 {
        return Err(format!("has {} dimensions, more than any tensor can have", dims.len()));
    }
    let mut elements: u64 = 1;
    for &dim in dims {
        elements = elements.saturating_mul(dim.max(1));
        if dim > 1 << 31 || elements > 1 << 56 {
            return Err(format!("has the shape {dims:?}, larger than any tensor can be"));
        }
    }
    Ok(())
}

fn little_endian(bytes: &[u8], signed: bool) -> i64 {
    let negative = signed && bytes.last().is_some_and(|top| top & 0x80 != 0);
    let mut value = if negative { !0u64 } else { 0 };
    for byte in bytes.iter().rev() {
        value = (value << 8) | u64::from(*byte);
    }
    value.cast_signed()
}

pub(super) fn varints(packed: &Bytes, count: usize) -> Option<Vec<i64>> {
    let mut rest = packed.clone();
    let mut values = Vec::with_capacity(count);
    while !rest.is_empty() && values.len() <= count {
        values.push(prost::encoding::decode_varint(&mut rest).ok()?.cast_signed());
    }
    Some(values)
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    match exponent {
        0 => sign * fraction * 2f64.powi(-14),
        31 => sign * if fraction == 0.0 { f64::INFINITY } else { f64::NAN },
        _ => sign * (1.0 + fraction) * 2f64.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prost::encoding::encode_varint;

    fn proto(dtype: DataType, dims: &[i64]) -> TensorProto {
        TensorProto { data_type: dtype as i32, dims: dims.to_vec(), ..TensorProto::default() }
    }

    #[test]
    fn raw_and_typed_storage_read_alike() {
        let values = [-1i64, 0, 513];
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let raw = TensorProto { raw_data: raw.into(), ..proto(DataType::Int64, &[3]) };
        let mut packed = Vec::new();
        for value in values {
            encode_varint(value.cast_unsigned(), &mut packed);
        }
        let typed = TensorProto { int64_data: packed.into(), ..proto(DataType::Int64, &[3]) };
        for tensor in [raw, typed] {
            assert_eq!(Tensor::read(&tensor).unwrap().ints(), Some(values.to_vec()));
        }
        let bytes = TensorProto { raw_data: vec![0xfe, 2].into(), ..proto(DataType::Int8, &[2]) };
        assert_eq!(Tensor::read(&bytes).unwrap().ints(), Some(vec![-2, 2]));
    }

    #[test]
    fn floats_are_read_from_every_storage() {
        let floats = TensorProto {
            float_data: [1.5f32, 8.0].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>().into(),
            ..proto(DataType::Float, &[2])
        };
        assert_eq!(Tensor::read(&floats).unwrap().floats(), Some(vec![1.5, 8.0]));
        // 0x4100 = 2.5 in binary16.
        let halves = TensorProto { raw_data: vec![0x00, 0x41].into(), ..proto(DataType::Float16, &[1]) };
        assert_eq!(Tensor::read(&halves).unwrap().floats(), Some(vec![2.5]));
        let brain = TensorProto { raw_data: vec![0x20, 0x40].into(), ..proto(DataType::Bfloat16, &[1]) };
        assert_eq!(Tensor::read(&brain).unwrap().floats(), Some(vec![2.5]));
    }

    #[test]
    fn stripped_lying_and_huge_tensors_have_no_values() {
        let stripped = Tensor::read(&proto(DataType::Int64, &[4])).unwrap();
        assert_eq!(stripped.ints(), None);
        let lying = TensorProto { raw_data: vec![0; 9].into(), ..proto(DataType::Int64, &[1 << 40]) };
        assert!(Tensor::read(&lying).is_err());
        assert!(Tensor::read(&proto(DataType::Float, &[-1])).is_err());
        assert!(Tensor::read(&proto(DataType::Float, &[1 << 30, 1 << 30])).is_err());
    }
}
