//! Elements of small inputs, as the user states them.

use super::BindingError;
use crate::onnx::dtype;
use crate::onnx::graph::{Dim, Value};
use crate::onnx::proto::tensor_proto::DataType;
use crate::onnx::tensor::Tensor;

/// Elements that a value may have: a shape, a sampling rate, a switch.
const MAX_ELEMENTS: usize = 64;

/// The elements that the user states for an input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputValue {
    /// The input's name.
    pub name: String,
    /// The elements: one for a scalar. Truth values are 1 and 0.
    pub elements: Vec<f64>,
}

/// The tensor that an input is if it has these elements.
///
/// # Errors
///
/// That its declared type or shape does not permit them, or that they are too many.
pub(super) fn tensor(value: &Value, elements: &[f64]) -> Result<Tensor, BindingError> {
    let refused = |problem: String| BindingError::Value { input: value.name.clone(), problem };
    if elements.is_empty() || elements.len() > MAX_ELEMENTS {
        return Err(refused(format!("it must have 1 to {MAX_ELEMENTS} elements, not {}", elements.len())));
    }
    let count = elements.len() as u64;
    let dims = match &value.declared {
        None if count == 1 => Vec::new(),
        None => vec![count],
        Some(declared) => {
            let open = declared.iter().filter(|dim| !matches!(dim, Dim::Fixed(_))).count();
            // Of one open dimension the elements tell the size.
            let size = |dim: &Dim| match dim {
                Dim::Fixed(size) => *size,
                Dim::Named(_) | Dim::Unknown if open == 1 => count,
                Dim::Named(_) | Dim::Unknown => 1,
            };
            declared.iter().map(size).collect()
        }
    };
    if dims.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim)) != Some(count) {
        return Err(refused(format!("its shape is {dims:?}, and {count} elements are given")));
    }
    let dtype = value.dtype.unwrap_or(DataType::Int64);
    if dtype::is_float(dtype) {
        return Ok(Tensor::of_floats(dims, elements.to_vec()).with_type(dtype));
    }
    let whole = |element: &f64| whole_number(*element).filter(|number| is_in_range(dtype, *number));
    let Some(elements) = elements.iter().map(whole).collect::<Option<Vec<_>>>() else {
        return Err(refused(format!("its elements are of type {}", dtype.as_str_name())));
    };
    Ok(Tensor::of_ints(dims, elements).with_type(dtype))
}

#[expect(clippy::cast_possible_truncation, reason = "a whole number below 2^53 in magnitude")]
fn whole_number(element: f64) -> Option<i64> {
    (element.fract() == 0.0 && element.abs() < 9_007_199_254_740_992.0).then_some(element as i64)
}

/// Whether an integer type has this number.
fn is_in_range(dtype: DataType, number: i64) -> bool {
    use DataType::{Bool, Int2, Int4, Int8, Int16, Int32, Int64, Uint2, Uint4, Uint8, Uint16, Uint32, Uint64};
    let Some(bits) = dtype::bits(dtype) else { return false };
    match dtype {
        Bool => (0..=1).contains(&number),
        Int64 => true,
        Int2 | Int4 | Int8 | Int16 | Int32 => (-(1i64 << (bits - 1))..1 << (bits - 1)).contains(&number),
        Uint64 => number >= 0,
        Uint2 | Uint4 | Uint8 | Uint16 | Uint32 => (0..1i64 << bits).contains(&number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(dtype: DataType, declared: Option<Vec<Dim>>) -> Value {
        let name = "sr".to_owned();
        Value { name, dtype: Some(dtype), declared, tensor: None, producer: None, consumers: Vec::new() }
    }

    #[test]
    fn elements_fit_type_and_shape() {
        let scalar = |dtype| input(dtype, Some(Vec::new()));
        let sr = tensor(&scalar(DataType::Int64), &[16000.0]).unwrap();
        assert_eq!((sr.dims.as_slice(), sr.ints()), ([].as_slice(), Some(vec![16000])));
        let sizes = tensor(&input(DataType::Int32, Some(vec![Dim::Unknown])), &[3.0, 4.0]).unwrap();
        assert_eq!((sizes.dims.as_slice(), sizes.ints()), ([2].as_slice(), Some(vec![3, 4])));
        let switch = tensor(&input(DataType::Bool, Some(vec![Dim::Fixed(1)])), &[1.0]).unwrap();
        assert_eq!(switch.ints(), Some(vec![1]));
        let scale = tensor(&scalar(DataType::Float), &[0.5]).unwrap();
        assert_eq!(scale.floats(), Some(vec![0.5]));
        for (value, elements) in [
            (scalar(DataType::Int64), vec![0.5]),
            (scalar(DataType::Int64), vec![1.0, 2.0]),
            (scalar(DataType::Int8), vec![128.0]),
            (scalar(DataType::Uint8), vec![-1.0]),
            (scalar(DataType::Bool), vec![2.0]),
            (scalar(DataType::String), vec![1.0]),
            (input(DataType::Int64, Some(vec![Dim::Fixed(3)])), vec![1.0]),
            (input(DataType::Int64, Some(vec![Dim::Unknown])), vec![1.0; 65]),
            (scalar(DataType::Int64), vec![]),
        ] {
            assert!(tensor(&value, &elements).is_err(), "{value:?} {elements:?}");
        }
    }
}
