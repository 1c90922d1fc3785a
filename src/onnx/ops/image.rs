//! Resampling and cropping of images, and regions of them.
//!
//! * <https://onnx.ai/onnx/operators/onnx__Resize.html>: opset 10 takes scales alone, opset 11 regions, scales and sizes; axes
//!   since 18.
//! * <https://onnx.ai/onnx/operators/onnx__Upsample.html>: the scales are an input since opset 9; `Resize` since 10.
//! * <https://onnx.ai/onnx/operators/onnx__CenterCropPad.html>, <https://onnx.ai/onnx/operators/onnx__Col2Im.html> (opset 18),
//!   <https://onnx.ai/onnx/operators/onnx__GridSample.html> (16), <https://onnx.ai/onnx/operators/onnx__AffineGrid.html> (20).
//! * <https://onnx.ai/onnx/operators/onnx__RoiAlign.html> (opset 10),
//!   <https://onnx.ai/onnx/operators/onnx__MaxRoiPool.html>.

use super::node_shapes::{Dims, NodeShapes, ShapeDim, known, stated_sizes};
use super::operator::{Family, OperatorSet, TypeRule, microsoft, onnx, row};
use crate::onnx::graph::Attribute;
use crate::onnx::proto::tensor_proto::DataType;

/// The rows of this family.
pub(super) const FAMILY: Family = Family {
    title: "images and regions of them",
    operators: &[
        onnx("AffineGrid").shape(grid),
        onnx("CenterCropPad").shape(cropped),
        onnx("Col2Im").shape(columns_to_image),
        onnx("GridSample"),
        onnx("ImageDecoder")
            .shape(|inputs| {
                let channels = if inputs.node.text("pixel_format") == Some("Grayscale") { 1 } else { 3 };
                Some(vec![ShapeDim::Unknown, ShapeDim::Unknown, ShapeDim::Known(channels)])
            })
            .dtype(TypeRule::Always(DataType::Uint8)),
        onnx("MaxRoiPool").shape(|inputs| {
            let pooled = <[i64; 2]>::try_from(inputs.node.ints("pooled_shape")?).ok()?;
            regions(inputs, pooled)
        }),
        onnx("Resize").sizes_from(1),
        onnx("RoiAlign").shape(|inputs| {
            regions(inputs, ["output_height", "output_width"].map(|name| inputs.node.int(name).unwrap_or(1)))
        }),
        onnx("Upsample").shape(upsampled),
        onnx("Crop").declared(),
        onnx("ImageScaler").same_shape(),
        microsoft("CropAndResize").shape(|inputs| {
            let size = <[i64; 2]>::try_from(inputs.ints(3)?).ok()?;
            regions(inputs, size)
        }),
        microsoft("GridSample").shape(|inputs| sampled(inputs, false)),
        row(OperatorSet::Blocked, "Upsample").shape(|inputs| {
            let dims = inputs.dims(0)?;
            let scales = inputs.node.ints("scales").filter(|scales| scales.len() == dims.len())?;
            let scaled = |(dim, scale): (ShapeDim, &i64)| match dim {
                ShapeDim::Known(size) => size.checked_mul(u64::try_from(*scale).ok()?).map(ShapeDim::Known),
                ShapeDim::Unknown => Some(dim),
            };
            dims.into_iter().zip(scales).map(scaled).collect()
        }),
        row(OperatorSet::ChannelsLast, "GridSample").shape(|inputs| sampled(inputs, true)),
        row(OperatorSet::ChannelsLast, "Resize").shape(resized),
        row(OperatorSet::QonnxChannelsLast, "Resize").shape(resized),
    ],
};

/// Upsample (opset 7 to 9): `floor(size * scale)`, the product rounded first where it is all but whole, for scales such as
/// 513/65 are stored in 32 bits.
fn upsampled(inputs: &NodeShapes) -> Option<Dims> {
    let scales = match inputs.node.attribute("scales") {
        Some(Attribute::Floats(scales)) => scales.iter().map(|scale| f64::from(*scale)).collect(),
        _ => inputs.floats(1)?,
    };
    scaled(inputs.dims(0)?, &scales)
}

/// Resize with its operands in order (opset 11 on): the sizes, or else the scales.
fn resized(inputs: &NodeShapes) -> Option<Dims> {
    let dims = inputs.dims(0)?;
    match inputs.ints(3).filter(|sizes| !sizes.is_empty()) {
        Some(sizes) => Some(known(stated_sizes(&sizes).filter(|sizes| sizes.len() == dims.len())?)),
        None => scaled(dims, &inputs.floats(2)?),
    }
}

/// GridSample: the channels of the image at the places of the grid.
fn sampled(inputs: &NodeShapes, channels_last: bool) -> Option<Dims> {
    let (image, mut dims) = (inputs.dims(0)?, inputs.dims(1)?);
    dims.pop()?;
    let (place, channels) = if channels_last { (dims.len(), *image.last()?) } else { (1, *image.get(1)?) };
    if place > dims.len() {
        return None;
    }
    dims.insert(place, channels);
    Some(dims)
}

fn scaled(dims: Dims, scales: &[f64]) -> Option<Dims> {
    if scales.len() != dims.len() {
        return None;
    }
    let scaled = |(dim, scale): (ShapeDim, f64)| {
        let ShapeDim::Known(size) = dim else {
            return if scale.to_bits() == 1f64.to_bits() { dim } else { ShapeDim::Unknown };
        };
        #[expect(clippy::cast_precision_loss, reason = "sizes are below 2^40")]
        let product = size as f64 * scale;
        let nearest = product.round();
        let whole = if (product - nearest).abs() <= 1e-4 { nearest } else { product.floor() };
        if !(1.0..=1e12).contains(&whole) {
            return ShapeDim::Unknown;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just above")]
        ShapeDim::Known(whole as u64)
    };
    Some(dims.into_iter().zip(scales.iter().copied()).map(scaled).collect())
}

/// One pooled region for each row of input 1.
fn regions(inputs: &NodeShapes, [height, width]: [i64; 2]) -> Option<Dims> {
    let count = *inputs.dims(1)?.first()?;
    let channels = *inputs.dims(0)?.get(1)?;
    let size = |value: i64| u64::try_from(value).ok().map(ShapeDim::Known);
    Some(vec![count, channels, size(height)?, size(width)?])
}

fn columns_to_image(inputs: &NodeShapes) -> Option<Dims> {
    let columns = inputs.shape(0).ok()?;
    let image = stated_sizes(&inputs.ints(1)?)?;
    let block: u64 = stated_sizes(&inputs.ints(2)?)?.into_iter().try_fold(1u64, u64::checked_mul)?;
    let channels = columns.get(1)?.checked_div(block)?;
    Some(known([*columns.first()?, channels].into_iter().chain(image)))
}

fn cropped(inputs: &NodeShapes) -> Option<Dims> {
    let mut dims = inputs.dims(0)?;
    let wanted = stated_sizes(&inputs.ints(1)?)?;
    let axes = inputs.axes_attribute(dims.len())?;
    if axes.len() != wanted.len() {
        return None;
    }
    for (axis, size) in axes.into_iter().zip(wanted) {
        dims[axis] = ShapeDim::Known(size);
    }
    Some(dims)
}

fn grid(inputs: &NodeShapes) -> Option<Dims> {
    let size = stated_sizes(&inputs.ints(1)?)?;
    let spatial = size.get(2..)?;
    let last = spatial.len() as u64;
    Some(known([*size.first()?].into_iter().chain(spatial.iter().copied()).chain([last])))
}
