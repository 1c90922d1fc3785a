//! What is drawn, and in which forms and sizes.

use super::Statistics;

/// A form of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// Vector graphics.
    Svg,
    /// Pictures of pixels.
    Png,
}

/// How wide pictures are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureSize {
    /// 960 pixels; PNG has twice as many.
    #[default]
    Screen,
    /// A column of a paper with two: 88 mm; PNG at 300 dots per inch.
    OneColumn,
    /// A page of a paper with two columns: 180 mm; PNG at 300 dots per inch.
    TwoColumn,
}

/// Which layers charts by layer show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LayerChoice {
    /// One per distinct problem, with the number of executions.
    #[default]
    Distinct,
    /// Every layer, equal ones too.
    All,
}

/// How charts are drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChartOptions {
    /// The forms of every picture.
    pub formats: Vec<PictureFormat>,
    /// Width of every picture.
    pub size: PictureSize,
    /// Layers of charts by layer.
    pub layers: LayerChoice,
    /// Metrics that are drawn besides the usual charts: each a name, or several of one unit with commas between.
    pub metrics: Vec<String>,
    /// Where the statistics are that metrics may name a line of.
    pub statistics: Statistics,
}

impl Default for ChartOptions {
    fn default() -> Self {
        Self {
            formats: vec![PictureFormat::Svg, PictureFormat::Png],
            size: PictureSize::default(),
            layers: LayerChoice::default(),
            metrics: Vec::new(),
            statistics: Statistics::default(),
        }
    }
}
