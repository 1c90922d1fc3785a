//! Element types of tensors, and the width they have.

use super::proto::tensor_proto::DataType;
use crate::workload::{Number, NumberFormat};

/// Bits of one element; `None` where a type has no fixed width (strings, undefined).
pub(super) fn bits(dtype: DataType) -> Option<u32> {
    use DataType::{
        Bfloat16, Bool, Complex64, Complex128, Double, Float, Float4e2m1, Float6e2m3, Float6e3m2, Float8e4m3fn,
        Float8e4m3fnuz, Float8e5m2, Float8e5m2fnuz, Float8e8m0, Float16, Int2, Int4, Int8, Int16, Int32, Int64, String,
        Uint2, Uint4, Uint8, Uint16, Uint32, Uint64, Undefined,
    };
    match dtype {
        Undefined | String => None,
        Int2 | Uint2 => Some(2),
        Int4 | Uint4 | Float4e2m1 => Some(4),
        Float6e2m3 | Float6e3m2 => Some(6),
        Bool | Int8 | Uint8 | Float8e4m3fn | Float8e4m3fnuz | Float8e5m2 | Float8e5m2fnuz | Float8e8m0 => Some(8),
        Float16 | Bfloat16 | Int16 | Uint16 => Some(16),
        Float | Int32 | Uint32 => Some(32),
        Double | Int64 | Uint64 | Complex64 => Some(64),
        Complex128 => Some(128),
    }
}

/// Width and representation of one element; `None` where a type has no fixed width.
pub(super) fn number(dtype: DataType) -> Option<Number> {
    Some(Number { bits: bits(dtype)?, format: format(dtype) })
}

/// How elements are represented. Floats for inference have no sign or no infinity, which changes no width of a part.
fn format(dtype: DataType) -> NumberFormat {
    use DataType::{
        Bfloat16, Complex64, Complex128, Double, Float, Float4e2m1, Float6e2m3, Float6e3m2, Float8e4m3fn,
        Float8e4m3fnuz, Float8e5m2, Float8e5m2fnuz, Float8e8m0, Float16,
    };
    let (exponent, mantissa) = match dtype {
        Double | Complex128 => (11, 52),
        Float | Complex64 => (8, 23),
        Float16 => (5, 10),
        Bfloat16 => (8, 7),
        Float8e4m3fn | Float8e4m3fnuz => (4, 3),
        Float8e5m2 | Float8e5m2fnuz => (5, 2),
        Float8e8m0 => (8, 0),
        Float6e2m3 => (2, 3),
        Float6e3m2 => (3, 2),
        Float4e2m1 => (2, 1),
        _ => return NumberFormat::Integer,
    };
    NumberFormat::Float { exponent, mantissa }
}

/// Whether elements are real numbers with a fraction, of any width.
pub(super) fn is_float(dtype: DataType) -> bool {
    use DataType::{
        Bfloat16, Double, Float, Float4e2m1, Float6e2m3, Float6e3m2, Float8e4m3fn, Float8e4m3fnuz, Float8e5m2,
        Float8e5m2fnuz, Float8e8m0, Float16,
    };
    matches!(
        dtype,
        Bfloat16
            | Double
            | Float
            | Float4e2m1
            | Float6e2m3
            | Float6e3m2
            | Float8e4m3fn
            | Float8e4m3fnuz
            | Float8e5m2
            | Float8e5m2fnuz
            | Float8e8m0
            | Float16
    )
}

/// The type with this number in the format; `None` where unknown or undefined.
pub(super) fn from_number(number: i32) -> Option<DataType> {
    DataType::try_from(number).ok().filter(|dtype| *dtype != DataType::Undefined)
}
