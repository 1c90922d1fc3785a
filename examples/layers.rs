//! The layers of a network and the Timeloop problems that they are: `cargo run --example layers [MODEL.onnx]`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example shows what it finds")]

use onnx2timeloop::api::{Error, Network};

fn main() -> Result<(), Error> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx");
    let model = std::env::args().nth(1).unwrap_or_else(|| shipped.to_owned());
    let network = Network::open(model)?;
    network.warnings().iter().for_each(|warning| eprintln!("warning: {warning}"));
    for layer in network.layers() {
        println!(
            "{:<28} {:?} x {:?} -> {:?}: {} MACs",
            layer.name, layer.input, layer.weight, layer.output, layer.macs
        );
    }
    println!("\n{} layers are {} distinct problems:", network.layers().len(), network.problems().len());
    for distinct in network.problems() {
        let bounds: Vec<String> =
            distinct.problem.dimensions().iter().map(|(dimension, bound)| format!("{dimension}={bound}")).collect();
        println!("{:<32} {} ({} times)", distinct.id, bounds.join(" "), distinct.count);
    }
    Ok(())
}
