//! The distinct problems in Timeloop's form: a YAML document each.

use super::format::{ExportedNetwork, LayerFormat};
use crate::timeloop::files::{ProblemHeader, write_problem};

pub(super) const FORMAT: LayerFormat = LayerFormat {
    name: "problems",
    about: "The Timeloop problems, one YAML document each",
    text: |networks, _| {
        let documents = networks.iter().flat_map(documents);
        Ok(documents.flat_map(|(_, document)| ["---\n".to_owned(), document]).collect())
    },
    files: |network| Ok(documents(network).map(|(id, document)| (format!("problems/{id}.yaml"), document)).collect()),
};

/// The id of every problem and its document.
fn documents<'a>(exported: &ExportedNetwork<'a>) -> impl Iterator<Item = (&'a str, String)> + use<'a> {
    let ExportedNetwork { network, problems, version, .. } = *exported;
    problems.iter().map(move |distinct| {
        let header = ProblemHeader::of(&network.name, distinct, &network.layers);
        (distinct.id.as_str(), write_problem(&distinct.problem, &distinct.densities, &header, version))
    })
}
