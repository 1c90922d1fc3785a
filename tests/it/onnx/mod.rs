//! Networks from ONNX files: every operator, graphs as exporters write them, and files that lie.

mod cases;
mod flow;
mod graphs;
mod hostile;
mod network_graph;
mod operators;
mod oracle;
mod random_files;
mod rebuilt;
mod runtime_blocks;
mod zeros;
