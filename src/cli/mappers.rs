//! The mappers that a run asks for.

use anyhow::{Context, bail};

use super::accelerators::Described;
use super::map_args::{MapspaceChoice, SearchChoice};
use super::run_args::SearchArgs;
use crate::mapper::{EmbeddedMapper, Mapper, Metric, RandomMapper, SearchSettings};

/// Streams of a random search: as many on every machine, because the result depends on it.
const STREAMS: usize = 8;

/// The mappers of each accelerator, in the same order for all.
pub(super) fn of_each(args: &SearchArgs, accelerators: &[Described]) -> anyhow::Result<Vec<Vec<Box<dyn Mapper>>>> {
    accelerators.iter().map(|described| of(args, described)).collect()
}

fn of(args: &SearchArgs, described: &Described) -> anyhow::Result<Vec<Box<dyn Mapper>>> {
    let levels = described.architecture.levels().len();
    let named = args.metric.iter().map(|name| Metric::named(name, levels)).collect::<Result<Vec<_>, _>>();
    let metrics: Vec<Metric> = named
        .with_context(|| format!("`--metric` on {}", described.accelerator.name))?
        .into_iter()
        .flatten()
        .collect();
    let budget = args.budget.unwrap_or_default();
    if args.mapspace == MapspaceChoice::Ruby {
        bail!("--mapspace ruby: not yet");
    }
    Ok(vec![match args.search {
        SearchChoice::Exact => Box::new(EmbeddedMapper { metrics, budget }),
        SearchChoice::Random => {
            let settings = SearchSettings { metrics, ..SearchSettings::of_exercises(STREAMS) };
            Box::new(RandomMapper { settings, seed: args.seed, budget })
        }
    }])
}
