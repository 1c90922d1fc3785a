//! `report` from the command line.

use std::fs;

use serde_json::{Value, json};

use super::place::{ONE_DESIGN, Place, network};
use crate::kit::{Ran, data};

#[test]
fn report_draws_finished_runs_anew() {
    let place = Place::new();
    assert_eq!(place.run(&format!("run one.onnx two.onnx {ONE_DESIGN} -o a")).code, 0);
    assert_eq!(place.run(&format!("run one.onnx {ONE_DESIGN} --metric delay -o b")).code, 0);
    let ran = place.run("run one.onnx two.onnx --arch eyeriss_like -o a");
    let report = place.run("report a");
    assert_eq!((report.code, &report.stdout), (0, &ran.stdout));
    let both = place.run("report a b -o c --format csv");
    let networks: Vec<&str> = both.stdout.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((both.code, networks), (0, vec!["one (a)", "two", "one (b)"]), "{}", both.stderr);
    assert_eq!(fs::read_to_string(place.path("c/totals.csv")).unwrap(), both.stdout);
    // The page says where its numbers come from, also long after the run.
    let page = fs::read_to_string(place.path("c/report.html")).unwrap();
    let hash = blake3::hash(&fs::read(place.path("one.onnx")).unwrap()).to_hex().to_string();
    assert!(page.contains(&hash) && page.contains("mapspace uber, metric edp, no limit"));
    assert!(page.contains("mapspace uber, metric delay, no limit"));
    let json: Value = serde_json::from_str(&place.run("report a --format json").stdout).unwrap();
    assert_eq!(json[0]["totals"]["macs"], place.json("a/one/eyeriss_like/results.json")["totals"]["macs"]);
    for (words, expected) in [("report nowhere", "nowhere"), ("report .  -o one.onnx/x", "one.onnx/x")] {
        let ran = place.run(words);
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{words}: {}", ran.stderr);
    }
    fs::create_dir(place.path("empty")).unwrap();
    let empty = place.run("report empty");
    assert!(empty.code == 2 && empty.stderr.contains("hint: "), "{}", empty.stderr);
    place.write("a/one/eyeriss_like/results.json", "{\"schema\": 99}");
    let newer = place.run("report a");
    assert!(newer.code == 1 && newer.stderr.contains("the results have schema 99"), "{}", newer.stderr);
}

#[test]
fn report_compares_two_networks() {
    let place = Place::new();
    place.write("a.onnx", network(4, &[(4, 8, 3), (8, 8, 1)]));
    place.write("b.onnx", network(4, &[(4, 8, 3), (8, 8, 3), (8, 8, 1)]));
    assert_eq!(place.run(&format!("run a.onnx b.onnx {ONE_DESIGN} -o out --chart-format none")).code, 0);
    let ran = place.run("report out --compare networks -o compared --chart-format none");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (_, compared) = ran.stdout.split_once("\n\n").unwrap();
    insta::assert_snapshot!("comparison", compared);
    let csv = String::from_utf8(fs::read(place.path("compared/comparison.csv")).unwrap()).unwrap();
    // A header, two pairs, the layer without counterpart, the mean and the total.
    assert_eq!(csv.lines().count(), 6, "{csv}");
    assert_eq!(place.json("compared/comparison.json")[0]["only_other"][0], "layer2");
    // Two folders of the same: nothing changes.
    fs::create_dir(place.path("again")).unwrap();
    assert_eq!(place.run(&format!("run a.onnx b.onnx {ONE_DESIGN} -o again --chart-format none")).code, 0);
    let ran = place.run("report out again");
    assert!(ran.stdout.contains("2 layers") && ran.stdout.contains("nothing"), "{}", ran.stdout);
    // Each network with itself.
    assert_eq!(ran.stdout.matches(" / ").count(), 2, "{}", ran.stdout);
    let ran = place.run("report out --compare architectures");
    assert!(ran.code == 0 && ran.stderr.contains("nothing is compared"), "{}", ran.stderr);
}

#[test]
fn layers_that_are_not_compared_are_named() {
    let place = Place::new();
    for (out, words) in [("a", ""), ("b", ""), ("c", "--footprint exact")] {
        let ran = place.run(&format!("run two.onnx {ONE_DESIGN} {words} -o {out} --chart-format none"));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    // Hull against exact: the table says which is which.
    let ran = place.run("report a c");
    assert!(ran.stdout.contains("two on eyeriss_like (exact footprints) / two on eyeriss_like\n"), "{}", ran.stdout);
    assert!(ran.stdout.lines().any(|line| line.starts_with("two") && line.contains("(exact footprints)")));
    assert!(!ran.stderr.contains("not compared"), "{}", ran.stderr);
    let ran = place.run("report a b c");
    assert!(ran.stdout.contains("two (b) on eyeriss_like / two (a) on eyeriss_like\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("not compared") && ran.stderr.contains("(exact footprints)"), "{}", ran.stderr);
    // A metric that no result has is found before anything is written.
    let ran = place.run("report a -o d --chart-metric cycels");
    assert!(ran.code == 2 && ran.stderr.contains("cycels") && !place.path("d").exists(), "{}", ran.stderr);
}

#[test]
fn report_leaves_out_what_is_broken_and_says_so() {
    let place = Place::new();
    assert_eq!(place.run("run two.onnx --arch eyeriss_like --arch simba_like -o out --chart-format none").code, 0);
    let broken = place.path("out/two/simba_like/results.json");
    let text = fs::read_to_string(&broken).unwrap();
    fs::write(&broken, &text[..text.len() / 2]).unwrap();
    let ran = place.run("report out");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("eyeriss_like") && !ran.stdout.contains("simba_like"), "{}", ran.stdout);
    assert!(ran.stderr.contains("results.json"), "{}", ran.stderr);
    fs::remove_dir_all(place.path("out/two/eyeriss_like")).unwrap();
    assert_eq!(place.run("report out").code, 2);
}

/// The notebook's names, and any text of the statistics; per level, or the outermost.
#[test]
fn charts_show_metrics_by_the_names_of_statistics() {
    let place = Place::new();
    let metrics = [
        "GFLOPs (@1GHz):",
        "EDP(J*cycle):",
        "Utilization:",
        "Op per Byte",
        "shared_glb:Op per Byte",
        "Utilized instances (max)",
    ];
    let mut run = place.command(&format!("run two.onnx {ONE_DESIGN} -o a --chart-format svg"));
    let ran = Ran::of(run.args(metrics.iter().flat_map(|metric| ["--chart-metric", metric])));
    assert_eq!((ran.code, ran.stderr.contains("--chart-metric")), (0, false), "{}", ran.stderr);
    let stats = fs::read_to_string(place.path("a/two/eyeriss_like/001_layer0/timeloop-mapper.stats.txt")).unwrap();
    let printed: Vec<&str> = stats.lines().filter(|line| line.trim_start().starts_with("Op per Byte")).collect();
    let number = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    let chart = |stem: &str, folder: &str| {
        let csv = fs::read_to_string(place.path(&format!("{folder}/charts/{stem}_two.csv"))).unwrap();
        let first = csv.lines().nth(1).unwrap().to_owned();
        first.rsplit(',').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(chart("op_per_byte", "a"), number(printed.last().unwrap()));
    assert_ne!(chart("shared_glb_op_per_byte", "a"), chart("op_per_byte", "a"));
    assert!(chart("utilized_instances__max_", "a") >= 1.0);
    // A report of the folder reads the same numbers; what no line has is an error before anything is written.
    let mut report = place.command("report a -o b --chart-format svg");
    let ran = Ran::of(report.args(["--chart-metric", "Op per Byte"]));
    assert_eq!((ran.code, chart("op_per_byte", "b")), (0, chart("op_per_byte", "a")), "{}", ran.stderr);
    let ran = Ran::of(place.command("report a -o c").args(["--chart-metric", "Ops per Byte"]));
    assert!(ran.code == 2 && ran.stderr.contains("Ops per Byte") && !place.path("c").exists(), "{}", ran.stderr);
}

/// The folder of a design, copied without the files of the whole run, has the same totals.
#[test]
fn copied_folders_keep_the_executions_of_their_layers() {
    let place = Place::new();
    place.write("repeats.onnx", network(4, &[(8, 8, 1), (8, 8, 1), (8, 6, 1), (6, 8, 1), (8, 8, 1)]));
    assert_eq!(place.run(&format!("run repeats.onnx {ONE_DESIGN} -o a --chart-format none")).code, 0);
    let count = fs::read_to_string(place.path("a/repeats/eyeriss_like/001_layer0/count.txt")).unwrap();
    assert_eq!(count, "3\nlayer0\nlayer1\nlayer4\n");
    for file in ["results.json", "results.csv"] {
        fs::remove_file(place.path("a/repeats/eyeriss_like").join(file)).unwrap();
    }
    let totals = |words: &str| {
        let ran = place.run(words);
        let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
        let titles = reader.headers().unwrap().clone();
        let row = reader.records().next().unwrap().unwrap();
        let column = |name: &str| row[titles.iter().position(|title| title == name).unwrap()].to_owned();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        [column("layers"), column("macs"), column("cycles")]
    };
    let copied = totals("report a/repeats --format csv");
    assert_eq!(place.run(&format!("run repeats.onnx {ONE_DESIGN} -o a --chart-format none")).code, 0);
    assert_eq!(copied, totals("report a --format csv"));
    // Its layers have their own names again, so that they meet those of another run.
    fs::create_dir_all(place.path("copy/repeats/eyeriss_like")).unwrap();
    for folder in ["001_layer0", "002_layer2", "003_layer3"] {
        fs::rename(
            place.path("a/repeats/eyeriss_like").join(folder),
            place.path("copy/repeats/eyeriss_like").join(folder),
        )
        .unwrap();
    }
    let compared = place.run("report copy/repeats a --compare architectures");
    assert!(compared.stdout.contains("All 5 layers have the same energy-delay product."), "{}", compared.stdout);
    place.write("bad/outputs_x/conv/count.txt", "many\n");
    fs::copy(
        place.path("copy/repeats/eyeriss_like/001_layer0/timeloop-mapper.stats.txt"),
        place.path("bad/outputs_x/conv/timeloop-mapper.stats.txt"),
    )
    .unwrap();
    let ran = place.run("report bad");
    assert!(ran.code == 0 && ran.stderr.contains("count.txt"), "{}", ran.stderr);
}

/// Recorded outputs of Timeloop: two networks with one layer in common, and one of 19.9 G and 0.5 M computes.
#[test]
fn layers_of_other_sizes_never_pair() {
    let place = Place::new();
    let folders = ["outputs_A", "outputs_B"].map(|name| data("pairing").join(name));
    let mut report = place.command("report --compare networks -o out --chart-format none");
    let ran = Ran::of(report.args(&folders));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let compared = &place.json("out/comparison.json")[0];
    assert_eq!((&compared["only_base"][0], &compared["only_other"][0]), (&json!("big_conv"), &json!("tiny_conv")));
    assert_eq!(compared["layers"].as_array().unwrap().len(), 1);
    assert_eq!((&compared["layers"][0]["base"], &compared["layers"][0]["paired_by"]), (&json!("same"), &json!("name")));
    assert_eq!(compared["totals"], Value::Null);
    assert!(ran.stdout.contains("only in the base: big_conv"), "{}", ran.stdout);
    // The summary prints 0.00 mm^2; the levels have areas: 106752 + 256 x (3 x 95.68 + 1419.81) + 429745.62 um^2.
    let json = Ran::of(place.command("report --format json --compare none").args(&folders)).json();
    let area = json[0]["totals"]["area_um2"].as_f64().unwrap();
    assert!((area - 973_451.62).abs() < 20.0, "{area}");
}

/// Each file that cannot be read is named, and its layer is a row with the reason.
#[test]
fn unreadable_statistics_are_named_and_end_with_1() {
    let place = Place::new();
    let same = fs::read_to_string(data("pairing/outputs_A/same/timeloop-mapper.stats.txt")).unwrap();
    place.write("outputs_A/good/timeloop-mapper.stats.txt", &same);
    place.write("outputs_A/half/timeloop-mapper.stats.txt", &same[..same.len() / 2]);
    let ran = place.run("report outputs_A");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`outputs_A/half/timeloop-mapper.stats.txt`: the statistics have no line"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("1 of 2") && !ran.stderr.contains("good"), "{}{}", ran.stdout, ran.stderr);
}

/// No line of a table is wider than the terminal, whatever the number of columns; what is left out is named.
#[test]
fn tables_keep_to_the_width_of_the_terminal() {
    let place = Place::new();
    place.write("a_network_with_a_rather_long_name.onnx", network(4, &[(4, 8, 3), (8, 8, 1)]));
    let designs = "--arch eyeriss_like --arch simple_weight_stationary --arch simple_output_stationary";
    let words = format!("run two.onnx a_network_with_a_rather_long_name.onnx {designs} -o out --chart-format none");
    let width = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let narrow = |words: &str, columns: &str| Ran::of(place.command(words).env("COLUMNS", columns));
    let ran = narrow(&words, "60");
    assert!(ran.code == 0 && width(&ran.stdout) <= 60, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("Too narrow for GFLOPs") && ran.stdout.contains("EDP"), "{}", ran.stdout);
    for words in [
        "report out",
        "report out --compare architectures",
        "arch check eyeriss_like",
        "convert two.onnx",
        "convert two.onnx one.onnx",
    ] {
        for columns in ["60", "80", "40"] {
            let ran = narrow(words, columns);
            assert!(width(&ran.stdout) <= columns.parse().unwrap(), "{words} {columns}:\n{}", ran.stdout);
        }
    }
    // Of names that are alike, what tells them apart is kept.
    let rows = |text: &str| {
        let names =
            text.lines().skip(2).take(6).map(|line| line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
        names.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(rows(&narrow("report out", "60").stdout).len(), 6, "{}", narrow("report out", "60").stdout);
    assert!(width(&place.run("report out").stdout) > 140, "a pipe has no width");
}
