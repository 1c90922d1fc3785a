//! `report` from the command line.

use std::fs;

use serde_json::Value;

use super::place::{ONE_DESIGN, Place, network};

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
