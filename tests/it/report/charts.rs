//! Charts: the data behind them, and that nothing makes drawing fail.

use std::collections::BTreeMap;
use std::fs;

use onnx2timeloop::report::charts::{
    Bar, BarGroup, Bars, Chart, ChartKind, ChartOptions, HeatCell, HeatMap, LayerChoice, Line, Lines, PictureFormat,
    PictureSize, Point, Quantity, Roofline, Scatter, Series, charts, draw, png, svg,
};
use onnx2timeloop::report::page;
use onnx2timeloop::results::{LayerOutcome, NetworkResults, Totals};
use proptest::prelude::*;

use super::page::{between, provenance};
use crate::kit::sample;

fn chart(stem: &str, options: &ChartOptions) -> Chart {
    let charts = charts(&sample(), options).unwrap();
    charts.into_iter().find(|chart| chart.stem == stem).unwrap()
}

#[test]
fn charts_show_the_data_of_the_results() {
    let options = ChartOptions::default();
    let charts = charts(&sample(), &options).unwrap();
    let list: Vec<String> = charts.iter().map(|chart| format!("{}: {}", chart.stem, chart.title)).collect();
    insta::assert_snapshot!("charts", list.join("\n"));
    for stem in ["energy_by_component_networks", "cycles_deeplabv3_resnet50", "cumulative_energy_deeplabv3_resnet50"] {
        let chart = chart(stem, &options);
        insta::assert_snapshot!(
            format!("chart_{stem}"),
            format!("{}\n{}", chart.csv().unwrap(), chart.notes.join("\n"))
        );
    }
    let roofline = chart("roofline_eyeriss_like-shipped", &options);
    insta::assert_snapshot!("chart_roofline", format!("{}\n{}", roofline.csv().unwrap(), roofline.notes.join("\n")));
}

#[test]
fn metrics_are_found_by_name() {
    let named = |metric: &str| {
        let options = ChartOptions { metrics: vec![metric.to_owned()], ..ChartOptions::default() };
        charts(&sample(), &options).map(|charts| charts.len()).map_err(|error| error.to_string())
    };
    let usual = charts(&sample(), &ChartOptions::default()).unwrap().len();
    // Its chart of networks is one of the usual.
    assert_eq!(named("DRAM"), Ok(usual + 1));
    assert_eq!(named("reads:shared_glb:Inputs"), Ok(usual + 2));
    assert_eq!(named("energy, energy:DRAM"), Ok(usual + 2));
    let options = ChartOptions { metrics: vec!["energy,energy:DRAM".into()], ..ChartOptions::default() };
    let csv = chart("energy_and_energy_DRAM_deeplabv3_resnet50", &options).csv().unwrap();
    // Nine layers on five designs, two metrics each.
    assert_eq!(csv.lines().count(), 1 + 9 * 5 * 2, "{csv}");
    let messages = ["cycels", "reads:shared_gbl:Inputs", "fills:DRAM:Input", "reads:DRAM", "cycles,energy", "energy:x"];
    let messages: Vec<String> = messages.iter().map(|metric| named(metric).unwrap_err()).collect();
    insta::assert_snapshot!("chart_metrics", messages.join("\n"));
}

/// The colour of a name does not depend on the order of the results.
#[test]
fn colours_do_not_depend_on_the_order_of_results() {
    let colours = |results: &[onnx2timeloop::results::NetworkResults]| -> Vec<String> {
        let charts = charts(results, &ChartOptions::default()).unwrap();
        let mut found: Vec<String> = charts
            .iter()
            .map(|chart| match &chart.kind {
                ChartKind::Bars(bars) => format!("{}: {:?}", chart.stem, bars.series),
                ChartKind::Lines(lines) => {
                    format!("{}: {:?}", chart.stem, lines.lines.iter().map(|line| &line.series).collect::<Vec<_>>())
                }
                ChartKind::Roofline(roofline) => format!("{}: {:?}", chart.stem, roofline.series),
                ChartKind::Scatter(_) | ChartKind::HeatMap(_) => panic!("a chart of a sweep"),
            })
            .collect();
        found.sort();
        found
    };
    let results = sample();
    let mut reversed = results.clone();
    reversed.reverse();
    assert_eq!(colours(&results), colours(&reversed));
}

/// The texts of a picture, each with its colour and the colour of the last shape before it.
fn texts(svg: &str) -> Vec<(String, String, String)> {
    let color = |line: &str| line.split_once("fill=\"#").map(|(_, rest)| format!("#{}", rest[..6].to_lowercase()));
    let (mut shape, mut texts) = (String::new(), Vec::new());
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        match color(line) {
            Some(color) if line.starts_with("<text") => {
                texts.push((lines.next().unwrap().to_owned(), color, shape.clone()));
            }
            Some(color) if !line.starts_with("<polyline") => shape = color,
            _ => {}
        }
    }
    texts
}

/// What stands between marks, every time.
fn all_between<'a>(text: &'a str, from: &'a str, to: &'a str) -> Vec<&'a str> {
    text.split(from).skip(1).map(|rest| rest.split_once(to).unwrap().0).collect()
}

/// Two networks, the second on two of the five designs only.
fn networks_on_different_designs() -> Vec<NetworkResults> {
    let mut results = sample();
    let twins = results[3..].to_vec();
    results.extend(twins.into_iter().map(|run| NetworkResults { network: "another_network".into(), ..run }));
    results
}

/// A component, an architecture and a network have one colour in all pictures and on the page of a run.
#[test]
fn colours_of_pictures_are_those_of_the_page() {
    let results = networks_on_different_designs();
    let mut colours: BTreeMap<String, String> = BTreeMap::new();
    let charts = charts(&results, &ChartOptions::default()).unwrap();
    let mut legends = 0;
    for chart in &charts {
        let series: Vec<&str> = match &chart.kind {
            ChartKind::Bars(bars) => bars.series.iter().map(|series| series.name.as_str()).collect(),
            ChartKind::Roofline(roofline) => roofline.series.iter().map(|series| series.name.as_str()).collect(),
            // Keys of lines have no area.
            ChartKind::Lines(_) | ChartKind::Scatter(_) | ChartKind::HeatMap(_) => continue,
        };
        let texts = texts(&svg(chart, PictureSize::Screen).unwrap()[0]);
        for name in series {
            // The legend comes before everything that has the same text.
            let (.., colour) = texts.iter().find(|(text, ..)| text == name).unwrap();
            let known = colours.entry(name.to_owned()).or_insert_with(|| colour.clone());
            assert_eq!(known, colour, "{name} in {}", chart.stem);
            legends += 1;
        }
    }
    assert!(legends > 100, "{legends}");

    let page = page::write(&results, &provenance()).unwrap();
    let palette: Vec<&str> =
        (0..8).map(|index| between(&page, &format!("--c{index}:"), ";").trim_end_matches('}')).collect();
    let colour = |class: &str| palette[class[1..2].parse::<usize>().unwrap()].to_owned();
    let energy = between(&page, "<section id=\"energy\">", "</section>");
    let roofline = between(&page, "<section id=\"roofline\">", "</section>");
    let components = all_between(between(energy, "<ul class=\"legend\"", "</ul>"), "<li><i class=\"", "</li>");
    let networks = all_between(between(roofline, "<ul class=\"legend\"", "</ul>"), "<li>", "</li>");
    assert_eq!((components.len(), networks.len()), (10, 2));
    for (class, name) in components.iter().map(|entry| entry.split_once("\"></i>").unwrap()) {
        assert_eq!(colour(class), colours[name], "{name}");
        let row = format!("<i class=\"{class}\"></i>{name}</th>");
        assert!(page.contains(&row), "{row}");
    }
    for entry in networks {
        let (class, name) = (between(entry, "class=\"c", "\""), entry.rsplit_once('>').unwrap().1);
        assert_eq!(colour(&format!("c{class}")), colours[name], "{name}");
    }
    // Architectures have no legend on the page.
    assert_eq!(colours.len(), 10 + 2 + 5);
}

/// Axes of the page are those of the pictures: the same values are marked, with the same labels.
#[test]
fn ticks_of_pictures_are_those_of_the_page() {
    let results = networks_on_different_designs();
    let page = page::write(&results, &provenance()).unwrap();
    let charts = charts(&results, &ChartOptions::default()).unwrap();
    // Ticks are soft, and come before what else is.
    let ticks = |stem: &str, count: usize| -> Vec<String> {
        let chart = charts.iter().find(|chart| chart.stem == stem).unwrap();
        let texts = texts(&svg(chart, PictureSize::Screen).unwrap()[0]);
        let soft = texts.into_iter().filter(|(_, colour, _)| colour == "#5b6470").map(|(text, ..)| text);
        soft.take(count).collect()
    };
    let energy = between(&page, "<section id=\"energy\">", "</section>");
    let on_page: Vec<&str> = all_between(between(energy, "class=\"axis\"", "</span><span></span>"), "%\">", "</span>");
    assert!(on_page.len() > 3, "{on_page:?}");
    assert_eq!(ticks("energy_by_component_networks", on_page.len()), on_page);
    let figures = all_between(&page, "aria-label=\"Roofline of ", "</svg>");
    assert_eq!(figures.len(), 5);
    for figure in figures {
        let design = figure.split_once('"').unwrap().0;
        let texts = all_between(figure, "<text", "</text>");
        let ticks_of_page: Vec<&str> = texts
            .iter()
            .filter(|text| !text.contains("transform"))
            .map(|text| text.split_once('>').unwrap().1)
            .filter(|text| !text.starts_with("peak") && !text.starts_with("Operations"))
            .collect();
        assert!(ticks_of_page.len() > 4, "{ticks_of_page:?}");
        let of_picture = ticks(&format!("roofline_{design}"), ticks_of_page.len() + 1);
        assert_eq!(of_picture[..ticks_of_page.len()], ticks_of_page);
        // If something soft is behind them, it is a note.
        let next = of_picture.get(ticks_of_page.len());
        assert!(next.is_none_or(|note| note.len() > 20), "{of_picture:?}");
    }
}

/// Names that files cannot tell apart are numbered; no chart is dropped.
#[test]
fn equal_names_of_charts_are_numbered() {
    let (mut results, mut names) = (sample(), ["networks", "a?", "a*", "A_"].into_iter().cycle());
    results.truncate(4);
    results.iter_mut().for_each(|run| run.network = names.next().unwrap().into());
    let charts = charts(&results, &ChartOptions::default()).unwrap();
    let stems: std::collections::HashSet<String> = charts.iter().map(|chart| chart.stem.to_lowercase()).collect();
    assert_eq!(stems.len(), charts.len());
    for stem in ["cycles_networks", "cycles_networks_2", "cycles_a_", "cycles_a__2", "cycles_A__3"] {
        assert!(charts.iter().any(|chart| chart.stem == stem), "{stem}");
    }
}

/// A layer without a mapping is a gap with a note; so is what is not finite.
#[test]
fn layers_without_a_mapping_are_gaps_with_a_note() {
    let mut results = sample();
    if let LayerOutcome::Mapped(mapped) = &mut results[0].layers[0].outcome {
        (mapped.energy_pj, mapped.edp_j_cycle) = (f64::NAN, f64::INFINITY);
    }
    results[0].totals = Totals::of(&results[0].layers, results[0].cycle_seconds);
    let charts = charts(&results, &ChartOptions::default()).unwrap();
    let find = |stem: &str| charts.iter().find(|chart| chart.stem == stem).unwrap();
    let energy = find("energy_deeplabv3_resnet50");
    assert!(
        energy.notes[0].starts_with("– not known: ") && energy.notes[1].contains("layer1_3x3_64"),
        "{:?}",
        energy.notes
    );
    let edp = find("edp_deeplabv3_resnet50");
    assert!(edp.notes[0].contains("aspp") && edp.csv().unwrap().contains("eyeriss_like-shipped,\n"), "{:?}", edp.notes);
    assert!(!charts.iter().any(|chart| chart.csv().unwrap().contains("NaN") || chart.csv().unwrap().contains("inf")));
    // A network of which a layer has failed has no sums, and what a design lacks is not unknown.
    for stem in ["cycles_networks", "energy_by_component_networks"] {
        let (chart, name) = (find(stem), "simple_output_stationary-intended");
        let note = format!("– 1 of 9 layers has no mapping: deeplabv3_resnet50 ({name})");
        assert!(chart.notes.contains(&note), "{stem}: {:?}", chart.notes);
        let row = chart.csv().unwrap().lines().find(|line| line.contains(name)).unwrap().to_owned();
        assert!(row.ends_with(&format!("{name},{}", ",".repeat(row.matches(',').count() - 2))), "{row}");
    }
    let notes = &find("fj_per_compute_psum_spad_networks").notes;
    assert!(notes.iter().any(|note| note.starts_with("– the architecture has no such component: ")), "{notes:?}");
    let depth = find("cumulative_energy_deeplabv3_resnet50");
    assert!(depth.notes[0].contains("eyeriss_like-shipped and simple_output_stationary-intended"), "{:?}", depth.notes);
}

/// The same files for any number of threads; all layers by choice; sizes on paper.
#[test]
fn files_are_the_same_for_any_number_of_threads() {
    let results = sample();
    let folder = tempfile::tempdir().unwrap();
    let options = ChartOptions { formats: vec![PictureFormat::Svg], ..ChartOptions::default() };
    let charts = charts(&results, &options).unwrap();
    let files = draw(&charts, &options, &folder.path().join("charts")).unwrap();
    assert_eq!(files.len(), 2 * charts.len());
    let all = || files.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let first = all();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    alone.install(|| draw(&charts, &options, &folder.path().join("charts"))).unwrap();
    assert!(first == all());
    let small = chart("energy_by_component_networks", &options);
    let column = svg(&small, PictureSize::OneColumn).unwrap().remove(0);
    assert!(column.contains("width=\"88mm\" height=\""), "{}", &column[..200]);
    let bytes = png(&small, PictureSize::OneColumn).unwrap().remove(0);
    // Width and height of a PNG stand in its first chunk: 88 mm at 300 dots per inch.
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 1040);
    // And how many make a metre in another: 1040 in 88 mm.
    let at = bytes.windows(4).position(|name| name == b"pHYs").unwrap();
    assert_eq!((u32::from_be_bytes(bytes[at + 4..at + 8].try_into().unwrap()), bytes[at + 12]), (11_818, 1));
    let every = ChartOptions { layers: LayerChoice::All, ..options };
    assert!(chart("cycles_deeplabv3_resnet50", &every).title.contains("all layers"));
}

/// A network of a thousand layers has pages of a height that fits paper and memory, all on one scale.
#[test]
fn a_chart_of_many_layers_has_several_pages() {
    let group = |index: usize| {
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let bar = |design: usize| Bar::new(format!("design {design}"), design, Ok::<f64, String>((index + 1) as f64));
        BarGroup { label: format!("layer {index}"), bars: (0..3).map(bar).collect() }
    };
    let series = Series::in_order((0..3).map(|design| format!("design {design}")));
    let groups = (0..1000).map(group).collect();
    let bars = Bars { axis: Quantity::linear("Cycles", ""), is_stacked: false, series, groups };
    let chart = Chart { stem: "cycles".into(), title: "Cycles".into(), kind: ChartKind::Bars(bars), notes: vec![] };
    let pages = svg(&chart, PictureSize::OneColumn).unwrap();
    for (index, page) in pages.iter().enumerate() {
        let height: f64 = page.split_once("mm\" height=\"").unwrap().1.split_once("mm").unwrap().0.parse().unwrap();
        assert!(height <= 240.0, "{height}");
        // The largest value, a thousand, is on every axis.
        assert!(page.contains("1 k") && page.contains(&format!("({} of {})", index + 1, pages.len())));
    }
    let labels: usize = pages.iter().map(|page| page.matches("layer ").count()).sum();
    assert_eq!(labels, 1000);
    for page in svg(&chart, PictureSize::Screen).unwrap() {
        let height = page.split_once("height=\"").unwrap().1.split_once('"').unwrap().0.parse::<u32>().unwrap();
        assert!(height <= 4000, "{height}");
    }
    let folder = tempfile::tempdir().unwrap();
    let options = ChartOptions { formats: vec![PictureFormat::Svg], ..ChartOptions::default() };
    let other = Chart { stem: "cycles_1".into(), ..chart.clone() };
    let files = draw(&[chart, other], &options, folder.path()).unwrap();
    let names: std::collections::HashSet<_> = files.iter().collect();
    assert_eq!(names.len(), files.len());
    assert!(folder.path().join("cycles_1_.svg").exists() && folder.path().join("cycles_2.svg").exists());
}

fn text() -> impl Strategy<Value = String> + Clone {
    prop_oneof!["[a-z<&\"'>]{0,12}", Just("x".repeat(300)), "\\PC{0,8}"]
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        Just(None),
        any::<f64>().prop_map(Some),
        (0.0..1e9).prop_map(Some),
        Just(Some(0.0)),
        Just(Some(f64::MIN_POSITIVE)),
        Just(Some(f64::MAX)),
    ]
}

fn quantity() -> impl Strategy<Value = Quantity> {
    (text(), text(), any::<bool>()).prop_map(|(name, unit, is_log)| Quantity { name, unit, is_log })
}

fn kind() -> impl Strategy<Value = ChartKind> {
    let bar = (text(), 0..12usize, prop::collection::vec(value(), 0..4)).prop_map(|(label, series, values)| Bar {
        label,
        series,
        values,
        gap: None,
    });
    let group = (text(), prop::collection::vec(bar, 0..4)).prop_map(|(label, bars)| BarGroup { label, bars });
    let names = prop::collection::vec(text(), 0..4).prop_map(Series::in_order);
    let bars = (quantity(), any::<bool>(), names.clone(), prop::collection::vec(group, 0..4))
        .prop_map(|(axis, is_stacked, series, groups)| ChartKind::Bars(Bars { axis, is_stacked, series, groups }));
    let values = prop::collection::vec(prop::collection::vec(value(), 0..6), 4);
    let lines = (quantity(), quantity(), prop::collection::vec(text(), 0..4), names.clone(), values).prop_map(
        |(x, y, positions, series, values)| {
            let lines = series.into_iter().zip(values).map(|(series, values)| Line { series, values });
            ChartKind::Lines(Lines { x, y, positions, lines: lines.collect() })
        },
    );
    let point = (text(), 0..9usize, any::<f64>(), any::<f64>(), text()).prop_map(|(label, series, x, y, note)| Point {
        label,
        series,
        x,
        y,
        note,
    });
    let points = prop::collection::vec(point, 0..5);
    let roofline = (quantity(), quantity(), names, points.clone(), value(), value()).prop_map(
        |(x, y, series, points, peak, slope)| ChartKind::Roofline(Roofline { x, y, series, points, peak, slope }),
    );
    let marks = prop::collection::vec((any::<f64>(), text()), 0..3);
    let series = prop::collection::vec(text(), 0..4).prop_map(Series::in_order);
    let front = prop::collection::vec(0..7usize, 0..4);
    let scatter = (quantity(), quantity(), marks, series, points, any::<bool>(), front).prop_map(
        |(x, y, marks, series, points, is_joined, front)| {
            ChartKind::Scatter(Scatter { x, y, marks, series, points, is_joined, front })
        },
    );
    let names = || prop::collection::vec(text(), 0..4);
    let cells = prop::collection::vec((value(), value()), 0..9);
    let map = (text(), names(), names(), quantity(), cells).prop_map(|(name, columns, rows, quantity, cells)| {
        let cells = cells.into_iter().map(|(value, bound)| HeatCell { value, bound }).collect();
        ChartKind::HeatMap(HeatMap { names: (name.clone(), name), columns, rows, quantity, cells })
    });
    prop_oneof![bars, lines, roofline, scatter, map]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn anything_can_be_drawn(kind in kind(), title in text(), notes in prop::collection::vec(text(), 0..2)) {
        let chart = Chart { stem: "chart".into(), title, kind, notes };
        for size in [PictureSize::Screen, PictureSize::OneColumn] {
            let picture = svg(&chart, size).unwrap().remove(0);
            prop_assert!(picture.starts_with("<svg") && picture.trim_end().ends_with("</svg>"));
        }
        png(&chart, PictureSize::OneColumn).unwrap();
        chart.csv().unwrap();
    }
}

#[test]
#[ignore = "writes pictures to look at"]
fn pictures_to_look_at() {
    let mut results = sample();
    let mut twin = results.clone();
    twin.iter_mut().for_each(|run| run.network = "deeplabv3_resnet50_undilated".into());
    results.extend(twin);
    let options = ChartOptions::default();
    let charts = charts(&results, &options).unwrap();
    draw(&charts, &options, &std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("charts")).unwrap();
}
