//! Sweeps over small networks, from the command line.

mod errors;
mod paths;
mod shards;
mod sweeps;

use onnx2timeloop::results::sweep::{DesignOutcome, SweepDesign, SweepResults, from_json};

use crate::cli::place::{Place, network};
use crate::kit::read;

/// A folder with one small network, `net.onnx`.
fn place() -> Place {
    let place = Place::new();
    place.write("net.onnx", network(6, &[(4, 6, 3), (6, 8, 1)]));
    place
}

/// Eighteen designs, of which the larger ones are of no use to so small a network.
const SETS: &str =
    "--set shared_glb.depth=1024,16384,131072 --set PE_column.meshX=2,3,6 --set weights_spad.depth=48,1024";

fn results(place: &Place, folder: &str) -> SweepResults {
    from_json(&read(&place.path(&format!("{folder}/sweep.json")))).unwrap()
}

/// Runs a sweep that must succeed.
fn swept(place: &Place, words: &str, folder: &str) -> SweepResults {
    let ran = place.run(&format!("sweep {words} --chart-format none -o {folder}"));
    assert_eq!(ran.code, 0, "{words}: {}", ran.stderr);
    results(place, folder)
}

fn numbers(designs: impl IntoIterator<Item = usize>) -> Vec<usize> {
    designs.into_iter().collect()
}

fn is_skipped(design: &&SweepDesign) -> bool {
    matches!(design.outcome, DesignOutcome::Skipped { .. })
}
