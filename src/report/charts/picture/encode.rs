//! Pictures of pixels as PNG files (ISO/IEC 15948). Charts have many rows that equal the one above; the compressor is made for what
//! filters leave of them.

use std::cmp::Ordering;

use super::pixels::Pixels;
use crate::report::charts::ChartError;

/// Filters of a row: the differences from the pixels to the left, or from those above.
const SUB: u8 = 1;
const UP: u8 = 2;

/// The file; it says how many pixels make a metre on paper, if that is known.
pub(super) fn png(picture: &Pixels, per_metre: Option<u32>) -> Result<Vec<u8>, ChartError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.size().0, picture.size().1);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(picture.colors());
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(per_metre.map(|pixels| png::PixelDimensions { xppu: pixels, yppu: pixels, unit }));
    let compressed = compressed(picture).map_err(|error| ChartError::Draw(error.to_string()))?;
    let written = encoder.write_header().and_then(|mut writer| writer.write_chunk(png::chunk::IDAT, &compressed));
    written.map_err(|error| ChartError::Draw(error.to_string()))?;
    Ok(bytes)
}

/// The rows, each behind the number of the filter that leaves more zeros of it.
fn compressed(picture: &Pixels) -> std::io::Result<Vec<u8>> {
    let columns = picture.size().0 as usize;
    let mut compressor = fdeflate::Compressor::new(Vec::new())?;
    let (mut up, mut sub) = (vec![UP; columns + 1], vec![SUB; columns + 1]);
    let mut above = &vec![0; columns][..];
    for row in picture.indices().chunks_exact(columns) {
        subtract(&mut up[1..], row, above);
        let chosen = if row == above {
            &up
        } else {
            sub[1] = row[0];
            subtract(&mut sub[2..], &row[1..], row);
            let changes = |row: &[u8]| row.iter().filter(|change| **change != 0).count();
            match changes(&sub).cmp(&changes(&up)) {
                Ordering::Less => &sub,
                _ => &up,
            }
        };
        compressor.write_data(chosen)?;
        above = row;
    }
    compressor.finish()
}

fn subtract(differences: &mut [u8], from: &[u8], what: &[u8]) {
    for ((difference, from), what) in differences.iter_mut().zip(from).zip(what) {
        *difference = from.wrapping_sub(*what);
    }
}

#[cfg(test)]
mod tests {
    use plotters::prelude::*;

    use super::*;

    /// What a reader of the file gets: red, green and blue of every pixel.
    fn decoded(file: &[u8]) -> Vec<u8> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels
    }

    #[test]
    fn a_reader_gets_the_pixels_that_were_drawn() {
        for size in [(1, 1), (1, 300), (300, 1), (257, 40)] {
            let mut picture = Pixels::new(size);
            let area = (&mut picture).into_drawing_area();
            for shade in 0..40 {
                let (color, step) = (RGBColor(20 * (shade % 3), 5 * shade, 255), i32::from(shade));
                area.draw(&PathElement::new([(7 * step, 0), (3 * step, 39)], color.stroke_width(1))).unwrap();
                area.draw(&Rectangle::new([(5 * step, step), (5 * step + 60, step + 3)], color.filled())).unwrap();
            }
            drop(area);
            let colors = picture.colors();
            let drawn: Vec<u8> =
                picture.indices().iter().flat_map(|index| colors[3 * usize::from(*index)..][..3].to_vec()).collect();
            assert!(size.0 < 257 || colors.len() > 3 * 40, "{}", colors.len());
            assert!(decoded(&png(&picture, Some(11_811)).unwrap()) == drawn, "{size:?}");
        }
    }
}
