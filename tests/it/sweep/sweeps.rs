//! What a sweep finds: the sums of runs, the same front whatever is skipped, the same bytes whatever ran before.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use onnx2timeloop::results::{self, Totals};
use serde_json::Value;

use super::{SETS, is_skipped, numbers, place, results as sweep_results, swept};
use crate::cli::place::assert_same;
use crate::kit::read;

/// Each design is the description with its values, and its sums are those of `run`.
#[test]
fn a_design_costs_what_run_says_of_its_description() {
    let place = place();
    let sweep = swept(&place, "net.onnx two.onnx --set shared_glb.depth=2048 --set PE_column.meshX=6,7", "out");
    let text = place.run("arch show eyeriss_like").stdout;
    let text = text.replace("depth: 16384", "depth: 2048").replace("meshX: 14", "meshX: 7");
    place.write("own.yaml", text);
    assert_eq!(place.run("run net.onnx two.onnx --arch own.yaml -o ran --chart-format none").code, 0);
    let ran: Vec<results::NetworkResults> =
        results::read_folder(&place.path("ran")).unwrap().into_iter().map(Result::unwrap).collect();
    let design = sweep.designs[1].searched().unwrap();
    assert_eq!(design.networks.len(), 2);
    let mut energy = 0.0;
    for (own, run) in design.networks.iter().zip(&ran) {
        let Totals { sums: Some(sums), area_um2, .. } = &run.totals else { panic!() };
        assert_eq!(
            (own.network.as_str(), own.cycles, own.energy_pj),
            (run.network.as_str(), sums.cycles, sums.energy_pj)
        );
        assert_eq!((own.layers, own.proved, design.cost.area_um2), (run.layers.len(), run.layers.len(), *area_um2));
        let parts: f64 = own.components_pj.values().sum();
        assert!((parts - own.energy_pj).abs() <= 1e-9 * own.energy_pj);
        energy += own.energy_pj;
    }
    assert!((design.cost.energy_pj - energy).abs() <= 1e-12 * energy);
    let bounds = sweep.designs[1].bounds.unwrap();
    assert!(bounds.energy_pj > 0.3 * energy && bounds.energy_pj <= energy && bounds.cycles <= design.cost.cycles);
}

#[test]
fn skipping_loses_nothing_and_the_bytes_depend_on_nothing() {
    let place = place();
    let exhaustive = swept(&place, &format!("net.onnx {SETS} --exhaustive --no-cache"), "all");
    assert_eq!(exhaustive.designs.len(), 18);
    assert!(!exhaustive.designs.iter().any(|design| is_skipped(&design)));
    let cold = swept(&place, &format!("net.onnx {SETS} --threads 1"), "cold");
    let skipped = cold.designs.iter().filter(is_skipped).count();
    assert!(skipped > 2, "{skipped}");
    assert_eq!(cold.front, exhaustive.front);
    assert_eq!(cold.pair_fronts.energy_cycles.len(), exhaustive.pair_fronts.energy_cycles.len());
    assert_eq!(cold.best, exhaustive.best);
    // Whatever is skipped was rightly so.
    for design in cold.designs.iter().filter(is_skipped) {
        let cost = exhaustive.designs[design.design].searched().unwrap().cost;
        assert!(
            exhaustive
                .front
                .iter()
                .any(|front| { exhaustive.designs[front.design].searched().unwrap().cost.dominates(&cost) })
        );
        let bounds = design.bounds.unwrap();
        assert!(bounds.energy_pj <= cost.energy_pj && bounds.cycles <= cost.cycles && bounds.area_um2 == cost.area_um2);
    }
    let files = place.files("cold");
    assert_eq!(files.keys().collect::<Vec<_>>(), ["sweep.csv", "sweep.html", "sweep.json"]);
    for words in ["", "--threads 5 --no-cache", "--threads 3 --cache other"] {
        swept(&place, &format!("net.onnx {SETS} {words}"), "again");
        assert_same(&files, &place.files("again"));
    }
}

/// Where factors need not divide, too.
#[test]
fn skipping_loses_nothing_of_imperfect_mappings() {
    let place = place();
    let words = "net.onnx --set shared_glb.depth=1024,131072 --set PE_column.meshX=2,6 --set weights_spad.depth=48,1024 --mapspace ruby --budget 2000mappings --no-cache";
    let exhaustive = swept(&place, &format!("{words} --exhaustive"), "all");
    let cold = swept(&place, words, "cold");
    let skipped = cold.designs.iter().filter(is_skipped).count();
    assert!(skipped > 0 && cold.front == exhaustive.front && cold.best == exhaustive.best, "{skipped}");
    for (design, searched) in cold.designs.iter().zip(&exhaustive.designs) {
        let (Some(bounds), cost) = (design.bounds, searched.searched().unwrap().cost) else { continue };
        assert!(bounds.energy_pj <= cost.energy_pj && bounds.cycles <= cost.cycles, "{bounds:?} {cost:?}");
    }
}

#[test]
fn the_table_has_a_row_for_each_network_on_each_design() {
    let place = place();
    let sweep = swept(&place, "net.onnx two.onnx --set PE_column.meshX=6,7 --exhaustive", "out");
    let text = read(&place.path("out/sweep.csv"));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(&head[..6], ["design", "architecture", "PE_column.meshX", "status", "front", "network"]);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let column = |name: &str| head.iter().position(|own| own == name).unwrap();
    let sum = |design: &str, name: &str| -> f64 {
        let own = rows.iter().filter(|row| &row[0] == design);
        own.map(|row| row[column(name)].parse::<f64>().unwrap()).sum()
    };
    let cost = sweep.designs[1].searched().unwrap().cost;
    assert!((sum("1", "energy_pj") - cost.energy_pj).abs() < 1e-6 * cost.energy_pj);
    assert_eq!(sum("1", "cycles") as u64, cost.cycles);
    let shares: f64 = head.iter().filter(|name| name.starts_with("energy_share ")).map(|name| sum("0", name)).sum();
    assert!((shares - 2.0).abs() < 1e-9, "{shares}");
    // The objects of the JSON have the values beside the costs.
    let json: Value = place.json("out/sweep.json");
    for design in json["front"].as_array().unwrap() {
        let number = design["design"].as_u64().unwrap() as usize;
        assert_eq!(design["PE_column.meshX"], [6, 7][number]);
        assert!(design["energy_pj"].is_f64() && design["cycles"].is_u64() && design["area_um2"].is_f64());
    }
}

/// Products of energy, delay and area; the layers are mapped by the part without the area.
#[test]
fn the_objective_decides_the_best_and_how_layers_are_mapped() {
    let place = place();
    let sets = "--set shared_glb.depth=1024,131072 --set PE_column.meshX=2,6 --set weights_spad.depth=48,1024";
    let best = |objective: &str| {
        let words = format!("two.onnx {sets} --objective {objective} --best 2");
        let sweep = swept(&place, &format!("{words} --exhaustive"), "out");
        let value = |design: usize| {
            let cost = sweep.designs[design].searched().unwrap().cost;
            let (energy, cycles, area) = (cost.energy_pj, cost.cycles as f64, cost.area_um2.unwrap());
            match objective {
                "edp" => energy * cycles,
                "energy" => energy,
                "area" => area,
                _ => energy * cycles * area,
            }
        };
        let mut all = numbers(0..sweep.designs.len());
        all.sort_by(|left, right| value(*left).total_cmp(&value(*right)));
        let found = numbers(sweep.best.iter().map(|best| best.design));
        let (found_values, values): (Vec<f64>, Vec<f64>) = (
            found.iter().map(|design| value(*design)).collect(),
            all[..2].iter().map(|design| value(*design)).collect(),
        );
        assert_eq!(found_values, values, "{objective}");
        // With designs left out the best are the same.
        assert_eq!(swept(&place, &words, "fewer").best, sweep.best, "{objective}");
        (sweep.metric.clone(), value(found[0]))
    };
    assert_eq!((best("edap").0, best("energy").0, best("area").0), ("edp".into(), "energy".into(), "edp".into()));
}

/// Everything that `run` writes, byte for byte what it would write without a sweep.
#[test]
fn the_best_designs_get_the_folders_of_run() {
    let place = place();
    let words = "net.onnx --set shared_glb.depth=1024,2048 --set PE_column.meshX=3,6";
    let sweep = swept(&place, &format!("{words} --best 2"), "out");
    let files = place.files("out");
    for best in &sweep.best {
        for file in ["results.json", "results.csv", "001_layer0/timeloop-mapper.stats.txt"] {
            let name = format!("best/net/{}/{file}", best.name);
            assert!(files.contains_key(&name), "{name}: {:?}", files.keys());
        }
    }
    assert!(files.contains_key("best/report.html") && files.contains_key("best/totals.csv"));
    // The effort of the searches is that of searches without knowledge of other designs.
    let cold = swept(&place, &format!("{words} --best 2 --no-cache"), "cold");
    assert_eq!(cold.best, sweep.best);
    assert_same(&files, &place.files("cold"));
}

#[test]
fn a_sweep_that_is_killed_or_interrupted_goes_on() {
    let place = place();
    place.write("more.onnx", crate::cli::place::network(8, &[(16, 24, 3), (24, 16, 3), (16, 8, 1)]));
    let words = "more.onnx --set shared_glb.depth=1024..8192*2 --set weights_spad.depth=48..96+48 --exhaustive";
    swept(&place, &format!("{words} --no-cache"), "whole");
    let whole = place.files("whole");
    for (signal, code) in [("-KILL", None), ("-INT", Some(130))] {
        let folder = format!("part{signal}");
        let mut command =
            place.command(&format!("sweep {words} --threads 1 --chart-format none --cache c{signal} -o {folder}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // Some results are there, but not all.
        let cache = place.path(&format!("c{signal}"));
        let count = || {
            walkdir::WalkDir::new(&cache)
                .into_iter()
                .filter_map(Result::ok)
                .filter(|entry| entry.file_type().is_file())
                .count()
        };
        for _ in 0..2000 {
            if count() > 5 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        let status = child.wait().unwrap();
        if status.success() {
            // The machine was quicker than the signal.
            continue;
        }
        assert_eq!(status.code(), code, "{signal}");
        assert!(!place.path(&format!("{folder}/sweep.json")).exists());
        if code.is_some() {
            let text = fs::read_to_string(place.path(&format!("{folder}/sweep.csv"))).unwrap();
            assert!(text.contains(",unfinished,"), "{text}");
        }
        let before = count();
        swept(&place, &format!("{words} --cache c{signal}"), &folder);
        assert!(before > 5, "{before}");
        assert_same(&whole, &place.files(&folder));
        assert_eq!(sweep_results(&place, &folder).designs.len(), 8);
    }
}
