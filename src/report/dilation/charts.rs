//! Pictures of the study: bars by rate.

use super::{DilationStudy, StudiedLayer, StudyNumbers, Way, architectures};
use crate::model::Footprint;
use crate::report::charts::{Bar, BarGroup, Bars, Chart, ChartKind, Point, Quantity, Roofline, Series, bar_chart};
use crate::workload::Variant;

/// What is compared: a name for files, one for people, and the number.
type Measure = (&'static str, &'static str, fn(&StudyNumbers) -> Option<f64>);

const MEASURES: [Measure; 4] = [
    ("edp", "Energy-delay product", |numbers| Some(numbers.edp_j_cycle)),
    ("energy", "Energy", |numbers| Some(numbers.energy_pj)),
    ("cycles", "Cycles", |numbers| Some(super::real(numbers.cycles))),
    ("input_reads", "Inputs read from the outermost level", |numbers| {
        numbers.inputs.last().map(|level| super::real(level.reads))
    }),
];

/// Per architecture, what every variant costs relative to the layer of the same size without dilation; and how often the array's
/// rows are shared, if the mesh is one.
pub fn charts(study: &DilationStudy) -> Vec<Chart> {
    let measured = |architecture: &String| MEASURES.map(|measure| relative(study, architecture, measure));
    let mut charts: Vec<Chart> = architectures(study).iter().flat_map(measured).collect();
    charts.extend(MEASURES.map(|measure| by_rate(study, measure)));
    charts.push(sharing(study));
    charts
}

/// Every native layer as a point: its cost relative to same-size against its rate, per architecture.
fn by_rate(study: &DilationStudy, (stem, name, number): Measure) -> Chart {
    let architectures = architectures(study);
    let mut points = Vec::new();
    let mut missing = 0;
    for layer in &study.layers {
        for (series, architecture) in architectures.iter().enumerate() {
            let of_variant =
                |variant| layer.variant(variant)?.numbers(architecture, Footprint::BoundingBox).and_then(number);
            let ratio =
                of_variant(Variant::Native).zip(of_variant(Variant::SameSize)).map(|(native, same)| native / same);
            let rate = layer.dilation.iter().max().map(|rate| super::real(*rate));
            match rate.zip(ratio.filter(|ratio| ratio.is_finite())) {
                Some((x, y)) => points.push(Point { label: layer.name.clone(), series, x, y, note: String::new() }),
                None => missing += 1,
            }
        }
    }
    let notes = if missing == 0 { Vec::new() } else { vec![format!("Not drawn: {missing} not known, or no mapping")] };
    Chart {
        stem: format!("dilation_{stem}_by_rate"),
        title: format!("{name} of the dilated layers of {} against their rate, relative to same-size", study.network),
        kind: ChartKind::Roofline(Roofline {
            x: Quantity::linear("Dilation rate", ""),
            y: Quantity::linear(&format!("{name} / same-size"), ""),
            series: Series::in_order(architectures),
            points,
            peak: None,
            slope: None,
        }),
        notes,
    }
}

/// The rate stands behind the name: where there is little room, names lose their beginning.
fn label(layer: &StudiedLayer) -> String {
    format!("{} (rate {})", layer.name, layer.rate())
}

fn relative(study: &DilationStudy, architecture: &str, (stem, name, number): Measure) -> Chart {
    // Exact footprints only where tiles have holes.
    let is_studied = |way: &Way| {
        let mut rows = study.layers.iter().filter_map(|layer| layer.variant(*way));
        rows.any(|row| row.cells.iter().any(|cell| cell.architecture == architecture))
    };
    let rows = Way::ALL.into_iter().filter(is_studied).map(|way| (way, Footprint::BoundingBox));
    let rows: Vec<(Way, Footprint)> = rows.chain([(Variant::Native.into(), Footprint::Exact)]).collect();
    let value = |layer: &StudiedLayer, way: Way, footprint: Footprint| {
        let of_variant =
            |way: Way, footprint: Footprint| layer.variant(way)?.numbers(architecture, footprint).and_then(number);
        let ratio: f64 = of_variant(way, footprint)? / of_variant(Variant::SameSize.into(), Footprint::BoundingBox)?;
        ratio.is_finite().then_some(ratio)
    };
    let series = |(way, footprint): &(Way, Footprint)| {
        if *footprint == Footprint::Exact { format!("{}, exact footprints", way.name()) } else { way.name().to_owned() }
    };
    let bar = |layer: &StudiedLayer, index: usize, row: &(Way, Footprint)| {
        Bar::new(series(row), index, value(layer, row.0, row.1).ok_or("not known, or no mapping"))
    };
    let groups = study.layers.iter().map(|layer| BarGroup {
        label: label(layer),
        bars: rows.iter().enumerate().map(|(index, row)| bar(layer, index, row)).collect(),
    });
    let bars = Bars {
        axis: Quantity::linear(&format!("{name} / same-size"), ""),
        is_stacked: false,
        series: Series::in_order(rows.iter().map(series)),
        groups: groups.collect(),
    };
    let title = format!("{name} of the dilated layers of {} on {architecture}, relative to same-size", study.network);
    bar_chart(&format!("dilation_{stem}_{architecture}"), title, bars, false)
}

fn sharing(study: &DilationStudy) -> Chart {
    let group = |layer: &StudiedLayer| BarGroup {
        label: label(layer),
        bars: vec![Bar::new("native".to_owned(), 0, layer.row_sharing.ok_or("not known"))],
    };
    let bars = Bars {
        axis: Quantity::linear("PEs per row of inputs, if all rows of the kernel lie on the array", ""),
        is_stacked: false,
        series: Series::in_order(["native".to_owned()]),
        groups: study.layers.iter().map(group).collect(),
    };
    let title = format!(
        "In closed form: how often a row-stationary array of 14 columns shares a row of inputs: {}",
        study.network
    );
    bar_chart("dilation_row_sharing", title, bars, false)
}
