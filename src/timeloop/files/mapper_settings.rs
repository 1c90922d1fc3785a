//! Reads the sections `mapper` and `mapspace.template` (docs/search.md section 2).

use serde_yaml::Value;

use super::node::{FormatError, Node};
use super::warning::{Warning, suggestion};
use crate::mapper::{Algorithm, Metric, SearchSettings, Template};

/// Keys that say how the program talks, not what it finds, with the values that say nothing at all.
const SILENT: [(&str, &str); 17] = [
    ("version", "0.4"),
    ("out_prefix", "timeloop-mapper"),
    ("live_status", "false"),
    ("diagnostics", "false"),
    ("log_stats", "false"),
    ("log_interval", "1"),
    ("log_suboptimal", "false"),
    ("log_all", "false"),
    ("log_oaves", "false"),
    ("log_oaves_mappings", "false"),
    ("log_oave_mappings", "false"),
    ("log_all_mappings", "false"),
    ("log_mappings_yaml", "false"),
    ("log_mappings_verbose", "false"),
    ("log_orojenesis_mappings", "false"),
    ("log_index_factor_best", "false"),
    ("emit_whoop_nest", "false"),
];

/// Keys that are read, with the defaults of Timeloop or its front end.
const KEYS: [(&str, &str); 14] = [
    ("algorithm", "hybrid"),
    ("optimization_metrics", "edp"),
    ("optimization_metric", "edp"),
    ("num_threads", "8"),
    ("timeout", "1000"),
    ("heartbeat", "1000"),
    ("victory_condition", "500"),
    ("search_size", "0"),
    ("sync_interval", "0"),
    ("filter_revisits", "false"),
    ("max_permutations_per_if_visit", "16"),
    ("penalize_consecutive_bypass_fails", "false"),
    ("max_temporal_loops_in_a_mapping", "-1"),
    ("search", ""),
];

/// Threads that a file may ask for.
const MAX_THREADS: usize = 4096;

/// What a document tells the mapper.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadSettings {
    /// The settings, with timeloop-mapper's defaults where nothing is stated.
    pub settings: SearchSettings,
    /// `num_threads`, if it is stated.
    pub threads: Option<usize>,
    /// `max_temporal_loops_in_a_mapping`, if it is a limit.
    pub max_temporal_loops: Option<usize>,
    /// Keys that state something else than the defaults, as they are written.
    pub stated: Vec<String>,
    /// What has no effect.
    pub warnings: Vec<Warning>,
}

/// Reads what a document tells the mapper; `levels` is the number of storage levels, which some metrics count.
///
/// # Errors
///
/// Where a setting departs from its form.
pub fn read(document: &Value, levels: usize) -> Result<ReadSettings, FormatError> {
    let root = Node::root(document);
    let defaults = SearchSettings::default();
    let mut read = ReadSettings {
        settings: defaults,
        threads: None,
        max_temporal_loops: None,
        stated: Vec::new(),
        warnings: Vec::new(),
    };
    if let Some(template) = root.first(&["mapspace", "mapspace_constraints"]).and_then(|node| node.get("template")) {
        read.settings.template = one_of(&template, &Template::ALL, Template::name)?;
    }
    let Some(mapper) = root.get("mapper") else { return Ok(read) };
    for (key, value) in mapper.entries()? {
        let default = KEYS.iter().chain(&SILENT).find(|(name, _)| *name == key).map(|(_, default)| *default);
        let items = value.value.as_sequence();
        match default {
            None => {
                let hint = suggestion(&key, KEYS.iter().map(|(name, _)| *name));
                read.warnings.push(value.warning(format!("unknown key, ignored{hint}")));
            }
            Some(default) if value.scalar().as_deref() == Some(default) => {}
            Some(_) if items.is_some_and(Vec::is_empty) || key == "version" => {}
            Some(_) => read.stated.push(key),
        }
    }
    let count = |names: &[&str], default: u64| mapper.first(names).map_or(Ok(default), |node| node.count());
    let flag = |name: &str| mapper.get(name).map_or(Ok(false), |node| node.flag());
    let settings = &mut read.settings;
    if let Some(algorithm) = mapper.get("algorithm") {
        settings.algorithm = one_of(&algorithm, &Algorithm::ALL, Algorithm::name)?;
    }
    settings.metrics = metrics(&mapper, levels)?;
    settings.timeout = count(&["timeout", "heartbeat"], settings.timeout)?;
    settings.victory_condition = count(&["victory_condition"], settings.victory_condition)?;
    settings.search_size = count(&["search_size"], 0)?;
    settings.sync_interval = count(&["sync_interval"], 0)?;
    settings.filter_revisits = flag("filter_revisits")?;
    settings.max_permutations_per_if_visit =
        count(&["max_permutations_per_if_visit"], settings.max_permutations_per_if_visit)?;
    settings.penalize_consecutive_bypass_fails = flag("penalize_consecutive_bypass_fails")?;
    if let Some(threads) = mapper.get("num_threads") {
        let stated = usize::try_from(threads.count()?).ok().filter(|count| (1..=MAX_THREADS).contains(count));
        let stated = stated.ok_or_else(|| threads.invalid(format!("it must be at least 1, at most {MAX_THREADS}")))?;
        (settings.threads, read.threads) = (stated, Some(stated));
    }
    if let Some(loops) = mapper.get("max_temporal_loops_in_a_mapping") {
        // A negative number means that the number is not limited.
        read.max_temporal_loops = usize::try_from(loops.integer()?).ok();
    }
    Ok(read)
}

fn one_of<T: Copy>(node: &Node, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, FormatError> {
    let text = node.text()?;
    // The oldest files have hyphens.
    let plain = text.replace('-', "_");
    all.iter().copied().find(|value| name(*value) == plain).ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|value| name(*value)).collect();
        let hint = suggestion(&plain, names.iter().copied());
        node.invalid(format!("`{text}` is none of {}{hint}", names.join(", ")))
    })
}

fn metrics(mapper: &Node, levels: usize) -> Result<Vec<Metric>, FormatError> {
    let mut found = Vec::new();
    // The published front end writes the first as an empty list beside the other.
    for key in ["optimization_metric", "optimization_metrics"] {
        let Some(stated) = mapper.get(key).filter(|_| found.is_empty()) else { continue };
        let items = if stated.value.is_sequence() { stated.list()? } else { vec![stated] };
        for item in items {
            let metrics = Metric::named(&item.text()?, levels);
            found.extend(metrics.map_err(|error| item.invalid(error.to_string()))?);
        }
    }
    Ok(if found.is_empty() { vec![Metric::Edp] } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeloop::files::parse_document;

    fn read_text(text: &str) -> Result<ReadSettings, FormatError> {
        read(&parse_document(text).unwrap(), 2)
    }

    #[test]
    fn all_mapper_settings_are_read() {
        let read = read_text(
            "mapper: {version: 0.4, optimization_metrics: [delay, accesses-1], algorithm: random-pruned, num_threads: 4, \
             timeout: 10, victory_condition: 20, search_size: 30, sync_interval: 40, max_temporal_loops_in_a_mapping: 7, \
             max_permutations_per_if_visit: 2, filter_revisits: true, penalize_consecutive_bypass_fails: True}\n\
             mapspace: {template: ruby}",
        )
        .unwrap();
        let expected = SearchSettings {
            metrics: vec![Metric::Delay, Metric::Accesses(1)],
            algorithm: Algorithm::RandomPruned,
            threads: 4,
            timeout: 10,
            victory_condition: 20,
            search_size: 30,
            sync_interval: 40,
            max_permutations_per_if_visit: 2,
            filter_revisits: true,
            penalize_consecutive_bypass_fails: true,
            template: Template::Ruby,
        };
        assert_eq!((&read.settings, read.threads, read.max_temporal_loops), (&expected, Some(4), Some(7)));
        assert_eq!((read.warnings, read.stated.len()), (vec![], 11));
    }

    /// Nothing, and what the front end writes for nothing.
    #[test]
    fn absent_and_null_settings_are_the_defaults() {
        let nothing = read_text("").unwrap();
        assert_eq!(nothing.settings, SearchSettings::default());
        let defaults = read_text(
            "mapper: {optimization_metric: [], search_size: null, timeout: 1000, victory_condition: null, \
             max_temporal_loops_in_a_mapping: -1, log_stats: false, algorithm: hybrid, out_prefix: timeloop-mapper}",
        )
        .unwrap();
        assert_eq!(defaults, nothing);
        let logs = read_text("mapper: {log_stats: true, optimization_metric: energy, tmeout: 3}").unwrap();
        assert_eq!(logs.settings.metrics, [Metric::Energy]);
        assert_eq!(logs.stated, ["log_stats", "optimization_metric"]);
        assert_eq!(logs.warnings[0].to_string(), "mapper.tmeout: unknown key, ignored (did you mean `timeout`?)");
    }

    #[test]
    fn errors_say_where() {
        let error = |text: &str| read_text(text).unwrap_err().to_string();
        assert!(error("mapper: {algorithm: randm}").starts_with("`mapper.algorithm`: `randm` is none of"));
        assert!(
            error("mapper: {optimization_metrics: [edp, accesses-2]}").starts_with("`mapper.optimization_metrics[1]`")
        );
        assert!(error("mapper: {timeout: soon}").starts_with("`mapper.timeout` must be a whole number"));
        assert!(error("mapper: {num_threads: 0}").contains("at least 1"));
        assert!(error("mapspace: {template: rubi}").contains("(did you mean `ruby`?)"));
        assert!(error("mapper: 3").contains("must be a map"));
    }
}
