//! Reads the `mapper` section, and the template of the mapspace (specification 6.2).

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::warning::{Warning, suggestion};
use crate::architecture::Architecture;
use crate::mapper::{Algorithm, Metric, Settings, Template};

/// Settings that are read, with their defaults where that is not nothing.
const READ: [(&str, &str); 11] = [
    ("algorithm", "hybrid"),
    ("optimization_metric", ""),
    ("optimization_metrics", ""),
    ("num_threads", "8"),
    ("timeout", "1000"),
    ("victory_condition", ""),
    ("search_size", "0"),
    ("max_temporal_loops_in_a_mapping", "-1"),
    ("max_permutations_per_if_visit", "16"),
    ("filter_revisits", "false"),
    ("penalize_consecutive_bypass_fails", "false"),
];

/// Settings that say nothing about the result, with the values that say nothing at all.
const OTHERS: [(&str, &str); 14] = [
    ("diagnostics", "false"),
    ("emit_whoop_nest", "false"),
    ("live_status", "false"),
    ("log_all_mappings", "false"),
    ("log_interval", "1"),
    ("log_mappings_verbose", "false"),
    ("log_mappings_yaml", "false"),
    ("log_oave_mappings", "false"),
    ("log_oaves", "false"),
    ("log_oaves_mappings", "false"),
    ("log_stats", "false"),
    ("log_suboptimal", "false"),
    ("out_prefix", "timeloop-mapper"),
    ("sync_interval", "0"),
];

/// What the section says.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadSettings {
    /// Its values, and defaults for the others.
    pub settings: Settings,
    /// Keys whose values are others than Timeloop's and its front end's defaults, as they are written.
    pub stated: Vec<String>,
    /// What nothing reads.
    pub warnings: Vec<Warning>,
}

/// Reads the settings of a document; without a `mapper` section they are the defaults.
///
/// # Errors
///
/// Where a value departs from its form, or names what is not there.
pub fn read(document: &Value, architecture: &Architecture) -> Result<ReadSettings, FormatError> {
    let root = Node::root(document);
    let mut settings = Settings { template: template(&root)?, ..Settings::default() };
    let Some(section) = root.get("mapper") else {
        return Ok(ReadSettings { settings, stated: Vec::new(), warnings: Vec::new() });
    };
    let (stated, warnings) = keys(&section)?;
    let names = metric_names(&section)?;
    if !names.is_empty() {
        settings.metrics = Vec::new();
    }
    for name in names {
        let metrics = Metric::named(&name.text()?, architecture.levels().len());
        settings.metrics.extend(metrics.map_err(|error| name.invalid(error.to_string()))?);
    }
    if let Some(node) = section.get("algorithm") {
        settings.algorithm = algorithm(&node)?;
    }
    let count = |key: &str, default: u64| section.get(key).map_or(Ok(default), |node| node.count());
    let flag = |key: &str| section.get(key).map_or(Ok(false), |node| node.flag());
    let defaults = settings.termination;
    settings.termination.timeout = count("timeout", defaults.timeout)?;
    settings.termination.victory_condition = count("victory_condition", defaults.victory_condition)?;
    settings.termination.search_size = count("search_size", defaults.search_size)?;
    settings.termination.penalize_consecutive_bypass_fails = flag("penalize_consecutive_bypass_fails")?;
    settings.max_permutations_per_if_visit =
        count("max_permutations_per_if_visit", settings.max_permutations_per_if_visit)?;
    settings.filter_revisits = flag("filter_revisits")?;
    if let Some(node) = section.get("num_threads") {
        let threads = node.count()?;
        let threads = usize::try_from(threads).ok().filter(|threads| (1..=MOST_THREADS).contains(threads));
        settings.threads =
            Some(threads.ok_or_else(|| node.invalid(format!("there are from 1 to {MOST_THREADS} threads")))?);
    }
    if let Some(node) = section.get("max_temporal_loops_in_a_mapping") {
        // -1 is no limit.
        settings.max_temporal_loops = usize::try_from(node.integer()?).ok();
    }
    Ok(ReadSettings { settings, stated, warnings })
}

const MOST_THREADS: usize = 4096;

/// Keys whose values are no defaults, and remarks on unknown ones.
fn keys(section: &Node) -> Result<(Vec<String>, Vec<Warning>), FormatError> {
    let known = || READ.iter().chain(&OTHERS).map(|(name, _)| *name);
    let mut stated = Vec::new();
    let mut warnings = Vec::new();
    for (key, node) in section.entries()? {
        let default = READ.iter().chain(&OTHERS).find(|(name, _)| *name == key).map(|(_, default)| *default);
        match default {
            _ if key == "version" => {}
            None => warnings.push(node.warning(format!("nothing reads this key{}", suggestion(&key, known())))),
            Some(default) if node.scalar().as_deref() == Some(default) => {}
            Some(_) if node.value.as_sequence().is_some_and(Vec::is_empty) => {}
            Some(_) => stated.push(key),
        }
    }
    Ok((stated, warnings))
}

/// The names under either key: one, or a list.
fn metric_names<'a>(section: &Node<'a>) -> Result<Vec<Node<'a>>, FormatError> {
    for key in ["optimization_metrics", "optimization_metric"] {
        let Some(node) = section.get(key) else { continue };
        let names = if node.value.is_sequence() { node.list()? } else { vec![node] };
        if !names.is_empty() {
            return Ok(names);
        }
    }
    Ok(Vec::new())
}

fn algorithm(node: &Node) -> Result<Algorithm, FormatError> {
    const NAMES: [(&str, Algorithm); 5] = [
        ("random", Algorithm::Random),
        ("random_pruned", Algorithm::RandomPruned),
        ("hybrid", Algorithm::Hybrid),
        ("linear_pruned", Algorithm::LinearPruned),
        ("exhaustive", Algorithm::Exhaustive),
    ];
    let text = node.text()?;
    // The old spelling has hyphens.
    let plain = text.replace('-', "_");
    NAMES.iter().find(|(name, _)| *name == plain).map(|(_, algorithm)| *algorithm).ok_or_else(|| {
        let hint = suggestion(&plain, NAMES.iter().map(|(name, _)| *name));
        node.invalid(format!("`{text}` is none of random, random_pruned, hybrid, linear_pruned, exhaustive{hint}"))
    })
}

fn template(root: &Node) -> Result<Template, FormatError> {
    let section = ["mapspace", "mapspace_constraints"].iter().find_map(|key| root.get(key)?.get("template"));
    let Some(node) = section else { return Ok(Template::default()) };
    match node.text()?.as_str() {
        "uber" => Ok(Template::Uber),
        "ruby" => Ok(Template::Ruby),
        other => Err(node.invalid(format!("`{other}` is none of uber, ruby{}", suggestion(other, ["uber", "ruby"])))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{architecture, parse_document};
    use crate::mapper::Termination;

    fn read_text(text: &str) -> Result<ReadSettings, FormatError> {
        let system = "architecture: {version: 0.4, subtree: [{name: s, local: [{name: DRAM, class: DRAM}, \
                      {name: glb, class: SRAM, attributes: {entries: 64}}, {name: mac, class: mac}]}]}";
        let document = parse_document(&format!("{system}\n{text}")).unwrap();
        let (architecture, _) = architecture::read(&document).unwrap();
        read(&document, &architecture)
    }

    #[test]
    fn all_of_them() {
        let read = read_text(
            "mapper: {version: 0.4, optimization_metrics: [delay, accesses-1], algorithm: random-pruned, num_threads: 4, \
             timeout: 10, victory_condition: 20, search_size: 30, max_temporal_loops_in_a_mapping: 7, \
             max_permutations_per_if_visit: 2, filter_revisits: true, penalize_consecutive_bypass_fails: True}\n\
             mapspace: {template: ruby}",
        )
        .unwrap();
        let termination = Termination {
            timeout: 10,
            victory_condition: 20,
            search_size: 30,
            penalize_consecutive_bypass_fails: true,
        };
        let expected = Settings {
            metrics: vec![Metric::Delay, Metric::Accesses(1)],
            algorithm: Algorithm::RandomPruned,
            threads: Some(4),
            termination,
            max_temporal_loops: Some(7),
            max_permutations_per_if_visit: 2,
            filter_revisits: true,
            template: Template::Ruby,
        };
        assert_eq!((read.settings, read.warnings, read.stated.len()), (expected, vec![], 10));
    }

    /// Nothing, and what the front end writes for nothing.
    #[test]
    fn defaults() {
        let nothing = read_text("").unwrap();
        assert_eq!(nothing.settings, Settings::default());
        let defaults = read_text(
            "mapper: {optimization_metric: [], search_size: null, timeout: null, victory_condition: null, \
             max_temporal_loops_in_a_mapping: -1, log_stats: false, algorithm: hybrid, out_prefix: timeloop-mapper}",
        )
        .unwrap();
        assert_eq!(defaults, nothing);
        let logs = read_text("mapper: {log_stats: true, optimization_metric: energy, tmeout: 3}").unwrap();
        assert_eq!(
            (logs.settings.metrics, logs.stated),
            (vec![Metric::Energy], vec!["log_stats".to_owned(), "optimization_metric".to_owned()])
        );
        assert_eq!(logs.warnings[0].to_string(), "mapper.tmeout: nothing reads this key (did you mean `timeout`?)");
    }

    #[test]
    fn errors_say_where() {
        let error = |text: &str| read_text(text).unwrap_err().to_string();
        assert!(error("mapper: {algorithm: randm}").starts_with("`mapper.algorithm`: `randm` is none of"));
        assert!(
            error("mapper: {optimization_metrics: [edp, accesses-2]}").starts_with("`mapper.optimization_metrics[1]`")
        );
        assert!(error("mapper: {timeout: soon}").starts_with("`mapper.timeout` must be a whole number"));
        assert!(error("mapper: {num_threads: 0}").contains("from 1 to"));
        assert!(error("mapspace: {template: rubi}").contains("(did you mean `ruby`?)"));
        assert!(error("mapper: 3").starts_with("`mapper` must be a map"));
    }
}
