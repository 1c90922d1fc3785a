//! One self-contained page of the results of a run: `report.html`. It fetches nothing and reads without scripts.

mod costs;
mod detail;
mod energy;
mod findings;
mod layers;
mod number;
mod rooflines;
mod summary;
mod view;
mod zeros;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, HtmlEscape, Value, context};

use crate::report::charts::palette::{DARK, LIGHT, css_classes};
use crate::results::{self, LayerOutcome, LayerResult, MappedLayer, NetworkResults};

pub use super::provenance::Provenance;
pub(crate) use rooflines::{Axis, Mark, path};

/// The text of `report.html`.
///
/// # Errors
///
/// Never for any results: only if the page's own template is wrong.
pub fn write(results: &[NetworkResults], provenance: &Provenance) -> Result<String, minijinja::Error> {
    let mut environment = environment()?;
    environment.add_template("report.html", include_str!("report.html"))?;
    environment.get_template("report.html")?.render(context! {
        page => Serde(view::Page::new(results)),
        provenance => Serde(provenance),
        style => style(&environment)?,
        script => format!("{KIT}{}", include_str!("script.js")),
    })
}

/// What all pages are made with.
pub(crate) fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("breakable", breakable);
    environment.add_template("style.css", include_str!("style.css"))?;
    environment.add_template("kit.html", include_str!("kit.html"))?;
    Ok(environment)
}

/// The style of all pages.
pub(crate) fn style(environment: &Environment) -> Result<String, minijinja::Error> {
    environment.get_template("style.css")?.render(context! {
        light => LIGHT.css_variables(),
        dark => DARK.css_variables(),
        series => css_classes(),
    })
}

/// What the scripts of all pages begin with.
pub(crate) const KIT: &str = include_str!("kit.js");

/// Layers with a mapping.
fn mapped(run: &NetworkResults) -> impl Iterator<Item = (&LayerResult, &MappedLayer)> {
    run.layers.iter().filter_map(|layer| match &layer.outcome {
        LayerOutcome::Mapped(mapped) => Some((layer, &**mapped)),
        LayerOutcome::Failed { .. } => None,
    })
}

/// Layers with a mapping, one per distinct problem, with the number of executions of all that share it.
fn distinct_layers(run: &NetworkResults) -> impl Iterator<Item = (&LayerResult, &MappedLayer, u64)> {
    results::distinct_layers(run).into_iter().filter_map(|(layer, executions)| match &layer.outcome {
        LayerOutcome::Mapped(mapped) => Some((layer, &**mapped, executions)),
        LayerOutcome::Failed { .. } => None,
    })
}

/// A name in which lines may end after `_`.
fn breakable(name: &str) -> Value {
    Value::from_safe_string(HtmlEscape(name).to_string().replace('_', "_<wbr>"))
}
