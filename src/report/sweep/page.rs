//! The page of a sweep: `sweep.html`. It fetches nothing; its charts and its table read without scripts, which sort, filter, and open
//! the details of a design.

use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};

use super::charts::sweep_charts;
use super::findings::{findings, settings};
use crate::numbers::real;
use crate::report::Provenance;
use crate::report::charts::palette::shade_percent;
use crate::report::charts::plot::{PlacedPoint, SHADES, ScatterPlot, placed_cells};
use crate::report::charts::{Chart, ChartKind, HeatMap, Point, Scatter, Series};
use crate::report::page::{Axis, KIT, Mark, environment, path, style};
use crate::report::phrases::{counted, distinct, listed};
use crate::results::quantity::{UNKNOWN, percent, si, significant};
use crate::results::sweep::{DesignCost, DesignNetwork, DesignOutcome, SweepDesign, SweepResults};

/// Width and height of the field of a chart, in the units of the picture.
const FIELD: (f64, f64) = (440.0, 280.0);

/// The text of `sweep.html`. `link` gives the folder of a design's full results on a network, if there is one.
///
/// # Errors
///
/// Never for any results: only if the page's own template is wrong.
pub fn write(
    results: &SweepResults,
    provenance: &Provenance,
    link: &dyn Fn(&SweepDesign, &str) -> Option<String>,
) -> Result<String, minijinja::Error> {
    let mut environment = environment()?;
    environment.add_template("sweep.html", include_str!("sweep.html"))?;
    environment.get_template("sweep.html")?.render(context! {
        page => Serde(Page::new(results)),
        provenance => Serde(provenance),
        data => data(results, link).to_string().replace('<', "\\u003c"),
        style => format!("{}{}", style(&environment)?, include_str!("sweep.css")),
        script => format!("{KIT}{}", include_str!("sweep.js")),
    })
}

/// What the page shows.
#[derive(Debug, Serialize)]
struct Page {
    title: String,
    subtitle: String,
    findings: Vec<String>,
    warnings: Vec<String>,
    /// Charts of points, and maps.
    scatters: Vec<Picture>,
    maps: Vec<Map>,
    /// Titles of the columns of the table: whether numbers stand in it.
    columns: Vec<(String, bool)>,
    rows: Vec<Row>,
    /// Designs that are not valid, by their reason.
    failures: Vec<(String, String)>,
    facts: Vec<(String, String)>,
}

/// A chart of points.
#[derive(Debug, Serialize)]
struct Picture {
    title: String,
    field: (f64, f64),
    x: Axis,
    y: Axis,
    legend: Vec<Mark>,
    /// The path of the front; may be empty.
    front: String,
    /// Colours, dashes and paths of lines.
    lines: Vec<(usize, String, String)>,
    dots: Vec<Dot>,
    notes: Vec<String>,
}

/// A point: its mark, what it says, and its place from the left.
#[derive(Debug, Serialize)]
struct Dot {
    mark: Mark,
    label: String,
    x: String,
    /// The number of its design, as far as its name has one.
    design: String,
}

/// A heat map, as a table.
#[derive(Debug, Serialize)]
struct Map {
    title: String,
    names: (String, String),
    columns: Vec<String>,
    /// From above, each with its name.
    rows: Vec<(String, Vec<MapCell>)>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct MapCell {
    text: String,
    /// How dark it is, in percent; nothing where no value is known.
    shade: Option<u16>,
    is_dark: bool,
}

/// A row of the table.
#[derive(Debug, Serialize)]
struct Row {
    design: usize,
    cells: Vec<Cell>,
}

/// A cell: a number that sorts, if it is one, and its text.
#[derive(Debug, Serialize)]
struct Cell {
    exact: Option<String>,
    text: String,
}

impl Page {
    fn new(results: &SweepResults) -> Self {
        let charts = sweep_charts(results);
        let labels: Vec<String> = results.parameters.iter().map(|parameter| parameter.label().to_owned()).collect();
        let failures = results.designs.iter().filter_map(|design| {
            let DesignOutcome::Failed { reason } = &design.outcome else { return None };
            Some((reason.clone(), settings(results, design)))
        });
        let mut by_reason: Vec<(String, Vec<String>)> = Vec::new();
        for (reason, settings) in failures {
            match by_reason.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, designs)) => designs.push(settings),
                None => by_reason.push((reason, vec![settings])),
            }
        }
        Self {
            title: listed(&results.networks),
            subtitle: format!(
                "{} of {}, by {}",
                counted(results.designs.len(), "design"),
                listed(&results.architectures),
                listed(&labels)
            ),
            findings: findings(results),
            warnings: results.warnings.clone(),
            scatters: charts.iter().filter_map(Picture::new).collect(),
            maps: charts.iter().filter_map(Map::new).collect(),
            columns: columns(results),
            rows: results.designs.iter().map(|design| Row::new(results, design)).collect(),
            failures: by_reason.into_iter().map(|(reason, designs)| (reason, few(&designs))).collect(),
            facts: facts(results),
        }
    }
}

/// The first of some designs.
fn few(designs: &[String]) -> String {
    match designs {
        [first, second, third, rest @ ..] if !rest.is_empty() => {
            format!("{first}; {second}; {third}; and {} more", rest.len())
        }
        _ => designs.join("; "),
    }
}

fn facts(results: &SweepResults) -> Vec<(String, String)> {
    let mut facts = vec![
        ("best design by".to_owned(), results.objective.to_string()),
        ("mappings by".to_owned(), results.metric.clone()),
        ("mapper".to_owned(), results.mapper.clone()),
    ];
    for parameter in &results.parameters {
        let values: Vec<String> = parameter.values.iter().map(ToString::to_string).collect();
        facts.push((parameter.path.clone(), values.join(", ")));
    }
    facts.extend(results.conditions.iter().map(|condition| ("condition".to_owned(), condition.clone())));
    facts
}

impl Picture {
    /// `None` for a chart of another kind.
    fn new(chart: &Chart) -> Option<Self> {
        let ChartKind::Scatter(scatter) = &chart.kind else { return None };
        let plot = ScatterPlot::new(scatter, FIELD);
        let line = |(series, line): &(usize, Vec<(f64, f64)>)| {
            let swatch = scatter.series.get(*series)?.swatch;
            let dashes: Vec<String> = swatch.dashes().iter().map(ToString::to_string).collect();
            Some((swatch.color(), dashes.join(" "), path(line)))
        };
        Some(Self {
            title: chart.title.clone(),
            field: FIELD,
            x: Axis::new(&plot.x, |place| place),
            y: Axis::new(&plot.y, |place| FIELD.1 - place),
            legend: if scatter.series.len() > 1 {
                scatter.series.iter().map(Mark::of_legend).collect()
            } else {
                vec![]
            },
            front: path(&plot.front),
            lines: plot.lines.iter().filter_map(line).collect(),
            dots: dots(scatter, &plot),
            notes: chart.notes.clone(),
        })
    }
}

fn dots(scatter: &Scatter, plot: &ScatterPlot) -> Vec<Dot> {
    let dot = |(point, placed): (&Point, &PlacedPoint)| {
        let mark = Mark::new(scatter.series.get(point.series)?, (placed.x, placed.y), 4.0);
        // The name of a design ends with its number.
        let design = point.label.rsplit_once('-').map(|(_, number)| number.to_owned()).unwrap_or_default();
        Some(Dot { mark, label: placed.label.clone(), x: format!("{:.1}", placed.x), design })
    };
    scatter.points.iter().zip(&plot.points).filter_map(dot).collect()
}

impl Map {
    /// `None` for a chart of another kind.
    fn new(chart: &Chart) -> Option<Self> {
        let ChartKind::HeatMap(map) = &chart.kind else { return None };
        Some(Self {
            title: chart.title.clone(),
            names: map.names.clone(),
            columns: map.columns.clone(),
            rows: rows_of(map),
            notes: chart.notes.clone(),
        })
    }
}

fn rows_of(map: &HeatMap) -> Vec<(String, Vec<MapCell>)> {
    let placed = placed_cells(map);
    let cells = |row: usize| {
        let own = placed.iter().filter(|cell| cell.row == row);
        own.map(|cell| MapCell {
            text: cell.label.clone(),
            shade: cell.shade.map(|step| shade_percent(step, SHADES)),
            is_dark: cell.shade.is_some_and(|step| 2 * step >= SHADES),
        })
        .collect()
    };
    map.rows.iter().enumerate().rev().map(|(row, name)| (name.clone(), cells(row))).collect()
}

/// The columns of the table: parameters, then costs.
fn columns(results: &SweepResults) -> Vec<(String, bool)> {
    let mut columns = vec![("Design".to_owned(), true)];
    columns.extend((results.architectures.len() > 1).then(|| ("Architecture".to_owned(), false)));
    let is_number = |path: &str| {
        let mut values = results.designs.iter().filter_map(|design| design.values.get(path));
        values.all(|value| value.number().is_some())
    };
    columns
        .extend(results.parameters.iter().map(|parameter| (parameter.label().to_owned(), is_number(&parameter.path))));
    let costs = [("Energy", true), ("Cycles", true), ("EDP", true), ("Area", true), ("Became", false)];
    columns.extend(costs.map(|(name, is_number)| (name.to_owned(), is_number)));
    columns
}

impl Row {
    fn new(results: &SweepResults, design: &SweepDesign) -> Self {
        let text = |text: String| Cell { exact: None, text };
        let mut cells = Vec::new();
        cells.extend((results.architectures.len() > 1).then(|| text(design.architecture.clone())));
        cells.extend(results.parameters.iter().map(|parameter| {
            let value = design.values.get(&parameter.path);
            let exact = value.and_then(|value| Some(value.number()?.to_string()));
            Cell { exact, text: value.map_or_else(|| UNKNOWN.to_owned(), ToString::to_string) }
        }));
        let (cost, sign) = match (&design.outcome, design.bounds) {
            (DesignOutcome::Searched(searched), _) => (Some(searched.cost), ""),
            (_, bounds) => (bounds, "≥ "),
        };
        let number = |value: Option<f64>, shown: &dyn Fn(f64) -> String, sign: &str| match value {
            Some(value) => Cell { exact: Some(format!("{value:.6e}")), text: format!("{sign}{}", shown(value)) },
            None => Cell { exact: Some(String::new()), text: UNKNOWN.to_owned() },
        };
        let [energy, cycles, edp, area] = parts(cost);
        cells.push(number(energy, &|value| si(value, "J"), sign));
        cells.push(number(cycles, &|value| si(value, ""), sign));
        cells.push(number(edp, &significant, sign));
        cells.push(number(area, &|value| format!("{} mm²", significant(value)), ""));
        cells.push(text(became(results, design)));
        Self { design: design.design, cells }
    }
}

/// Energy in J, cycles, EDP in J*cycle, area in mm^2.
fn parts(cost: Option<DesignCost>) -> [Option<f64>; 4] {
    let Some(DesignCost { energy_pj, cycles, area_um2 }) = cost else { return [None; 4] };
    let (energy, cycles) = (energy_pj * 1e-12, real(cycles));
    [Some(energy), Some(cycles), Some(energy * cycles), area_um2.map(|area| area * 1e-6)]
}

/// What became of a design, in a word or two.
fn became(results: &SweepResults, design: &SweepDesign) -> String {
    let number = design.design;
    let is_first = results.best.first().is_some_and(|best| best.design == number);
    match &design.outcome {
        DesignOutcome::Searched(_) if is_first => "best".to_owned(),
        DesignOutcome::Searched(_) if results.front.iter().any(|own| own.design == number) => "on the front".to_owned(),
        DesignOutcome::Searched(_) => "searched".to_owned(),
        DesignOutcome::Skipped { .. } => "skipped".to_owned(),
        DesignOutcome::Failed { .. } => "not valid".to_owned(),
        DesignOutcome::Unfinished => "unfinished".to_owned(),
    }
}

/// What opens with a design: names once, and lists of texts for every design.
fn data(results: &SweepResults, link: &dyn Fn(&SweepDesign, &str) -> Option<String>) -> Value {
    let searched = || results.designs.iter().filter_map(SweepDesign::searched);
    let components: Vec<&str> =
        distinct(searched().flat_map(|design| &design.networks).flat_map(|network| network.components_pj.keys()))
            .into_iter()
            .map(String::as_str)
            .collect();
    let designs: Vec<Value> =
        results.designs.iter().map(|design| of_design(results, design, &components, link)).collect();
    let series = Series::in_order(components.iter().map(|name| (*name).to_owned()));
    let named: Vec<Value> = series.iter().map(|series| json!([series.name, series.swatch.css_class()])).collect();
    let settings = results.parameters.len() + usize::from(results.architectures.len() > 1);
    json!({ "networks": results.networks, "components": named, "settings": settings, "designs": designs })
}

fn of_design(
    results: &SweepResults,
    design: &SweepDesign,
    components: &[&str],
    link: &dyn Fn(&SweepDesign, &str) -> Option<String>,
) -> Value {
    let says = match &design.outcome {
        DesignOutcome::Searched(_) if results.front.iter().any(|own| own.design == design.design) => {
            "No other design is at least as good in energy, cycles and area, and better in one of them.".to_owned()
        }
        DesignOutcome::Searched(_) => String::new(),
        DesignOutcome::Skipped { dominated_by } => format!(
            "Not searched: design {dominated_by} is better than anything that this one could reach. Its numbers are lower bounds."
        ),
        DesignOutcome::Failed { reason } => format!("Not valid: {reason}"),
        DesignOutcome::Unfinished => "The sweep ended before it.".to_owned(),
    };
    let networks: Vec<Value> = design.searched().map_or_else(Vec::new, |searched| {
        searched
            .networks
            .iter()
            .map(|network| of_network(network, components, link(design, &network.network)))
            .collect()
    });
    json!([design.design, design.name(), says, networks])
}

fn of_network(network: &DesignNetwork, components: &[&str], link: Option<String>) -> Value {
    let proof = if network.proved == network.layers {
        format!("all {} layers proved", network.layers)
    } else {
        let gap =
            network.gap.map_or_else(String::new, |gap| format!("; the sum can be {} lower at most", percent(gap)));
        format!("{} of {} layers proved{gap}", network.proved, network.layers)
    };
    let share = |name: &&str| {
        let energy = network.components_pj.get(*name)?;
        let share = energy / network.energy_pj * 1000.0;
        #[expect(clippy::cast_possible_truncation, reason = "a thousand at most")]
        let permille = if share.is_finite() { share.round() as i32 } else { 0 };
        Some(permille)
    };
    let shares: Vec<Option<i32>> = components.iter().map(share).collect();
    let costs = [
        si(network.energy_pj * 1e-12, "J"),
        si(real(network.cycles), ""),
        significant(network.edp_j_cycle),
        percent(network.utilization),
        proof,
    ];
    json!([costs, shares, link.unwrap_or_default()])
}
