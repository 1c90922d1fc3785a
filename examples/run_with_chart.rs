//! A network on two architectures, with results, report and charts in a folder: `cargo run --example run_with_chart [FOLDER]`.

#![expect(clippy::print_stdout, reason = "an example shows what it finds")]

use std::path::PathBuf;

use onnx2timeloop::api::{
    Architecture, Cache, ChartOptions, Error, ExactMapper, Network, NoProgress, PictureFormat, Run, TimeloopVersion,
    charts, draw_charts, write_network, write_report,
};

fn main() -> Result<(), Error> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("run_with_chart"), PathBuf::from);
    let network = Network::open(concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx"))?;
    let architectures = [Architecture::open("eyeriss_like")?, Architecture::open("simple_output_stationary")?];

    let run = Run::new(std::slice::from_ref(&network), &architectures, ExactMapper::default());
    let finished = run.execute(&Cache::none(), 2, &NoProgress);
    for results in &finished.results {
        let (network, architecture) = (&results.network, &results.architecture);
        match &results.totals.sums {
            Some(sums) => {
                println!("{network} on {architecture}: {} cycles, {:.1} uJ", sums.cycles, sums.energy_pj / 1e6);
            }
            None => println!("{network} on {architecture}: {} layers have no mapping", results.totals.failed),
        }
    }

    let version = TimeloopVersion::default();
    write_network(&folder, &network, version)?;
    run.write_results(&folder, &finished, version)?;
    write_report(&folder, &finished.results, &run.provenance())?;
    let options = ChartOptions { formats: vec![PictureFormat::Svg], ..ChartOptions::default() };
    draw_charts(&folder.join("charts"), &charts(&finished.results, &options)?.value, &options)?;
    println!("energy.svg and others are in {}", folder.join("charts").display());
    Ok(())
}
