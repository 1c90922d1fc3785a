//! The sections `mapper` and `mapspace`.

use std::fmt::{Display, Write as _};

use crate::mapper::SearchSettings;
use crate::timeloop::files::yaml::list;

/// Both sections. The program is told to log how many mappings it has tried, and never to wait for a key.
pub(super) fn write(settings: &SearchSettings, max_temporal_loops: Option<usize>) -> String {
    let mut out = "mapper:\n".to_owned();
    let mut line = |key: &str, value: &dyn Display| {
        let _ = writeln!(out, "  {key}: {value}");
    };
    line("version", &"0.4");
    line("live_status", &false);
    line("out_prefix", &"timeloop-mapper");
    line("log_stats", &true);
    line("diagnostics", &false);
    line("algorithm", &settings.algorithm.name());
    line("optimization_metrics", &list(&settings.metrics));
    line("num_threads", &settings.threads);
    line("timeout", &settings.timeout);
    line("victory_condition", &settings.victory_condition);
    line("search_size", &settings.search_size);
    line("sync_interval", &settings.sync_interval);
    line("filter_revisits", &settings.filter_revisits);
    line("max_permutations_per_if_visit", &settings.max_permutations_per_if_visit);
    line("penalize_consecutive_bypass_fails", &settings.penalize_consecutive_bypass_fails);
    match max_temporal_loops {
        Some(loops) => line("max_temporal_loops_in_a_mapping", &loops),
        None => line("max_temporal_loops_in_a_mapping", &-1),
    }
    let _ = writeln!(out, "mapspace: {{version: 0.4, template: {}}}", settings.template.name());
    out
}
