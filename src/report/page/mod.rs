//! One self-contained page of the results of a run: `report.html`. It fetches nothing and reads without scripts.

mod detail;
mod findings;
mod view;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, HtmlEscape, Value, context};

use crate::results::NetworkResults;

pub use super::provenance::Provenance;

/// The page.
///
/// # Errors
///
/// Never for any results: only if the page's own template is wrong.
pub fn write(results: &[NetworkResults], provenance: &Provenance) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.add_filter("breakable", breakable);
    environment.add_template("report.html", include_str!("report.html"))?;
    environment.get_template("report.html")?.render(context! {
        page => Serde(view::Page::new(results)),
        provenance => Serde(provenance),
        style => include_str!("style.css"),
        script => include_str!("script.js"),
    })
}

/// A name in which lines may end after `_`.
fn breakable(name: &str) -> Value {
    Value::from_safe_string(HtmlEscape(name).to_string().replace('_', "_<wbr>"))
}
