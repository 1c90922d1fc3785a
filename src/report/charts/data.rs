//! What a chart shows: data first, so that every picture has its table.

use super::series::Series;
use crate::report::table::csv_text;

/// A chart as data: what it shows, and what its reader must know.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Beginning of its files' names.
    pub stem: String,
    /// What is compared.
    pub title: String,
    /// What is drawn.
    pub kind: ChartKind,
    /// What the reader must know, such as numbers that are missing.
    pub notes: Vec<String>,
}

/// The kinds of charts.
#[derive(Clone, Debug, PartialEq)]
pub enum ChartKind {
    /// Horizontal bars, single or stacked.
    Bars(Bars),
    /// Lines over the depth of a network.
    Lines(Lines),
    /// Points, such as throughput over operational intensity.
    Roofline(Roofline),
    /// Points on axes that go no further than they do, with a front or joined by lines.
    Scatter(Scatter),
    /// Cells, darker where values are lower.
    HeatMap(HeatMap),
}

/// A quantity and its unit; `unit` may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Name, such as `Energy`.
    pub name: String,
    /// Its unit, without prefix.
    pub unit: String,
    /// Whether the axis is logarithmic.
    pub is_log: bool,
}

/// Bars in groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Bars {
    /// Along the bars.
    pub axis: Quantity,
    /// Whether the values of a bar stand one behind the other (one per series); otherwise a bar has one value, and its colour
    /// is that of the series of its number.
    pub is_stacked: bool,
    /// Series, in the order of the legend.
    pub series: Vec<Series>,
    /// From the top.
    pub groups: Vec<BarGroup>,
}

/// Bars under one heading.
#[derive(Clone, Debug, PartialEq)]
pub struct BarGroup {
    /// Heading above the bars: a layer, or a network.
    pub label: String,
    /// From the top.
    pub bars: Vec<Bar>,
}

/// A bar with its value, or its values where bars are stacked.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub label: String,
    /// Index of its series, where bars are not stacked.
    pub series: usize,
    /// One value per series where bars are stacked, otherwise one. `None` is unknown.
    pub values: Vec<Option<f64>>,
    /// Why no value is known, where none is.
    pub gap: Option<String>,
}

impl Bar {
    /// A bar of one value, or the reason why it is not known.
    pub fn new(label: String, series: usize, value: Result<f64, impl std::fmt::Display>) -> Self {
        match value {
            Ok(value) => Self { label, series, values: vec![Some(value)], gap: None },
            Err(gap) => Self { label, series, values: vec![None], gap: Some(gap.to_string()) },
        }
    }
}

/// Lines over common positions, such as the layers of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Lines {
    /// Quantity of the horizontal axis.
    pub x: Quantity,
    /// Quantity of the vertical axis.
    pub y: Quantity,
    /// Names of the positions across, from 1.
    pub positions: Vec<String>,
    /// Lines, each with a value per position.
    pub lines: Vec<Line>,
}

/// A line: a series, and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Name and colour.
    pub series: Series,
    /// One value per position, in order; `None` is unknown.
    pub values: Vec<Option<f64>>,
}

/// Points, under roofs if there are any.
#[derive(Clone, Debug, PartialEq)]
pub struct Roofline {
    /// Across: operations per byte.
    pub x: Quantity,
    /// Upwards: operations per time.
    pub y: Quantity,
    /// Series, in the order of the legend.
    pub series: Vec<Series>,
    /// Points of all series.
    pub points: Vec<Point>,
    /// The horizontal roof.
    pub peak: Option<f64>,
    /// The slope of the other roof: operations per time per operation per byte.
    pub slope: Option<f64>,
}

/// A point, such as a layer under a roofline.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What it stands for.
    pub label: String,
    /// Index of its series.
    pub series: usize,
    /// Value along the horizontal axis.
    pub x: f64,
    /// Value along the vertical axis.
    pub y: f64,
    /// What else a reader may want to know of it; may be empty.
    pub note: String,
}

/// Points on axes that go no further than they do.
#[derive(Clone, Debug, PartialEq)]
pub struct Scatter {
    /// Across.
    pub x: Quantity,
    /// Upwards.
    pub y: Quantity,
    /// Values that are marked across, with their labels; round numbers if there are none.
    pub marks: Vec<(f64, String)>,
    /// Series, in the order of the legend.
    pub series: Vec<Series>,
    /// Points of all series.
    pub points: Vec<Point>,
    /// Whether lines join the points of a series, from left to right.
    pub is_joined: bool,
    /// The points (by their indices) that no other one beats, from left to right.
    pub front: Vec<usize>,
}

/// Values for pairs of names.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What is across, and upwards.
    pub names: (String, String),
    /// Columns, from the left.
    pub columns: Vec<String>,
    /// Rows, from below.
    pub rows: Vec<String>,
    /// What the cells show.
    pub quantity: Quantity,
    /// Row by row, as many as there are columns in each.
    pub cells: Vec<HeatCell>,
}

/// A cell of a heat map.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct HeatCell {
    /// Its value, if it is known.
    pub value: Option<f64>,
    /// If not, what it is at least.
    pub bound: Option<f64>,
}

impl Quantity {
    /// A linear axis.
    pub fn linear(name: &str, unit: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned(), is_log: false }
    }

    /// `Energy (J)`, `Energy (J, logarithmic)`.
    pub fn caption(&self) -> String {
        let mut parts = Vec::new();
        if !self.unit.is_empty() {
            parts.push(self.unit.as_str());
        }
        if self.is_log {
            parts.push("logarithmic");
        }
        if parts.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, parts.join(", ")) }
    }

    fn column(&self) -> String {
        if self.unit.is_empty() { self.name.clone() } else { format!("{} [{}]", self.name, self.unit) }
    }
}

impl Chart {
    /// Whether no value of it is known.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.kind {
            ChartKind::Bars(bars) => {
                bars.groups.iter().flat_map(|group| &group.bars).all(|bar| bar.values.iter().all(Option::is_none))
            }
            ChartKind::Lines(lines) => lines.lines.iter().all(|line| line.values.iter().all(Option::is_none)),
            ChartKind::Roofline(roofline) => roofline.points.is_empty(),
            ChartKind::Scatter(scatter) => scatter.points.is_empty(),
            ChartKind::HeatMap(map) => map.cells.iter().all(|cell| cell.value.is_none()),
        }
    }

    /// Its series, as its legend shows them.
    pub(super) fn series(&self) -> Vec<Series> {
        match &self.kind {
            ChartKind::Bars(bars) => bars.series.clone(),
            ChartKind::Lines(lines) => lines.lines.iter().map(|line| line.series.clone()).collect(),
            ChartKind::Roofline(roofline) => roofline.series.clone(),
            ChartKind::Scatter(scatter) => scatter.series.clone(),
            ChartKind::HeatMap(_) => Vec::new(),
        }
    }

    /// Exactly what the chart shows, with all digits; unknown numbers are empty.
    ///
    /// # Errors
    ///
    /// None in practice: the text is made in memory.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let rows = match &self.kind {
            ChartKind::Bars(bars) => bars.rows(),
            ChartKind::Lines(lines) => lines.rows(),
            ChartKind::Roofline(roofline) => roofline.rows(),
            ChartKind::Scatter(scatter) => scatter.rows(),
            ChartKind::HeatMap(map) => map.rows(),
        };
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        rows.iter().try_for_each(|row| writer.write_record(row))?;
        csv_text(writer)
    }
}

/// Rows of a table, its head first.
type Rows = Vec<Vec<String>>;

/// All digits; nothing for what is not known.
fn number(value: Option<f64>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn named(series: &[Series], index: usize) -> String {
    series.get(index).map(|series| series.name.clone()).unwrap_or_default()
}

impl Bars {
    fn rows(&self) -> Rows {
        let part = |series: &Series| Quantity { name: series.name.clone(), ..self.axis.clone() }.column();
        let values = if self.is_stacked { self.series.iter().map(part).collect() } else { vec![self.axis.column()] };
        let mut rows: Rows = vec![["group", "bar"].map(str::to_owned).into_iter().chain(values).collect()];
        for group in &self.groups {
            for bar in &group.bars {
                let values = bar.values.iter().map(|value| number(*value));
                rows.push([group.label.clone(), bar.label.clone()].into_iter().chain(values).collect());
            }
        }
        rows
    }
}

impl Lines {
    fn rows(&self) -> Rows {
        let names = self.lines.iter().map(|line| format!("{}: {}", line.series.name, self.y.column()));
        let mut rows: Rows = vec![[self.x.column(), "name".to_owned()].into_iter().chain(names).collect()];
        for (index, position) in self.positions.iter().enumerate() {
            let values = self.lines.iter().map(|line| number(line.values.get(index).copied().flatten()));
            rows.push([(index + 1).to_string(), position.clone()].into_iter().chain(values).collect());
        }
        rows
    }
}

impl Roofline {
    fn rows(&self) -> Rows {
        let head = ["series".into(), "name".into(), self.x.column(), self.y.column()];
        let has_roofs = self.peak.or(self.slope).is_some();
        let roofs = if has_roofs { vec!["Peak [FLOPs]".into(), "Bandwidth [B/s]".into()] } else { Vec::new() };
        let mut rows: Rows = vec![head.into_iter().chain(roofs).collect()];
        for point in &self.points {
            let mut row = vec![named(&self.series, point.series), point.label.clone()];
            row.extend([Some(point.x), Some(point.y)].map(number));
            if has_roofs {
                row.extend([self.peak, self.slope].map(number));
            }
            rows.push(row);
        }
        rows
    }
}

impl Scatter {
    fn rows(&self) -> Rows {
        let mut head = vec!["series".to_owned(), "name".to_owned(), self.x.column(), self.y.column()];
        head.extend((!self.front.is_empty()).then(|| "front".to_owned()));
        let mut rows: Rows = vec![head];
        for (index, point) in self.points.iter().enumerate() {
            let mut row = vec![named(&self.series, point.series), point.label.clone()];
            row.extend([Some(point.x), Some(point.y)].map(number));
            let is_on_front = if self.front.contains(&index) { "yes" } else { "no" };
            row.extend((!self.front.is_empty()).then(|| is_on_front.to_owned()));
            rows.push(row);
        }
        rows
    }
}

impl HeatMap {
    /// The cell of a column and a row.
    pub(crate) fn cell(&self, column: usize, row: usize) -> HeatCell {
        self.cells.get(row * self.columns.len() + column).copied().unwrap_or_default()
    }

    fn rows(&self) -> Rows {
        let (across, upwards) = self.names.clone();
        let at_least = format!("at least: {}", self.quantity.column());
        let mut rows: Rows = vec![vec![across, upwards, self.quantity.column(), at_least]];
        for (row, upwards) in self.rows.iter().enumerate() {
            for (column, across) in self.columns.iter().enumerate() {
                let HeatCell { value, bound } = self.cell(column, row);
                rows.push(vec![across.clone(), upwards.clone(), number(value), number(bound)]);
            }
        }
        rows
    }
}
