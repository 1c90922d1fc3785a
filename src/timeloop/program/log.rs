//! What the mapper says while it searches (docs/search.md section 3.2).

use std::sync::LazyLock;

use regex::Regex;

use crate::mapper::StopReason;
use crate::model::Cost;

/// `[  0] Utilization = 0.19 | pJ/Compute =   18.290 | L6[WIO] ... | Cycles = 8520192`.
static IMPROVED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\[ *\d+\] Utilization = .*\| ([fp])J/(?:Compute|MACC) = +([0-9.]+(?:[eE][+-]?\d+)?) \|.*\| Cycles = (\d+)\s*$",
    )
    .expect("a valid expression")
});

/// `[  0] STATEMENT: 20 suboptimal mappings found since the last upgrade, terminating search.`
static STATEMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\[ *(\d+)\] STATEMENT: (.*?)\s*$").expect("a valid expression"));

/// `[0] INVALID 3 1 2`, `[0] UPDATE 3 1 0 0`: mappings tried, and those of them that were valid.
static TRIED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\[ *(\d+)\] (?:INVALID|UPDATE) (\d+) (\d+) ").expect("a valid expression"));

/// `Mapspace Dimension [IndexFactorization] Size: 1496880`.
static MAPSPACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^Mapspace Dimension \[(\w+)\] Size: (\d+)").expect("a valid expression"));

/// A line that says something.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// A thread has found a mapping that is better than its others. The energy has three decimals of pJ per compute.
    Improved(Cost),
    /// A thread has ended, and why.
    Ended { thread: usize, reason: String },
    /// A thread has tried so many mappings, of which so many were valid.
    Tried { thread: usize, mappings: u64, valid: u64 },
    /// The size of a part of the mapspace.
    Mapspace { part: String, size: u128 },
}

impl Said {
    /// What a line says, of a problem with so many multiply-accumulates.
    pub(super) fn parse(line: &str, computes: u64) -> Option<Self> {
        if let Some(found) = TRIED.captures(line) {
            let number = |group: usize| found[group].parse().ok();
            let thread = usize::try_from(number(1)?).ok()?;
            return Some(Self::Tried { thread, mappings: number(2)?, valid: number(3)? });
        }
        if let Some(found) = IMPROVED.captures(line) {
            let per_compute = found[2].parse::<f64>().ok()? / if &found[1] == "f" { 1000.0 } else { 1.0 };
            let energy_pj = per_compute * amount(computes);
            return Some(Self::Improved(Cost { energy_pj, cycles: found[3].parse().ok()? }));
        }
        if let Some(found) = STATEMENT.captures(line) {
            return Some(Self::Ended { thread: found[1].parse().ok()?, reason: found[2].to_owned() });
        }
        let found = MAPSPACE.captures(line)?;
        Some(Self::Mapspace { part: found[1].to_owned(), size: found[2].parse().ok()? })
    }
}

/// The reason of a thread's last words.
pub(super) fn stop_reason(text: &str) -> StopReason {
    let reasons = [
        ("invalid mappings", StopReason::Timeout),
        ("suboptimal mappings", StopReason::VictoryCondition),
        ("valid mappings found", StopReason::SearchSize),
        ("search algorithm is done", StopReason::Exhausted),
    ];
    let found = reasons.into_iter().find(|(words, _)| text.contains(words));
    found.map_or(StopReason::Unstated, |(_, reason)| reason)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate for the progress")]
fn amount(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_of_threads_are_ranked() {
        for (text, reason) in [
            ("100 suboptimal mappings found since the last upgrade, terminating search.", StopReason::VictoryCondition),
            (
                "200 invalid mappings (129 fanout, 71 capacity) found since the last valid mapping, terminating search.",
                StopReason::Timeout,
            ),
            ("1000 valid mappings found, terminating search.", StopReason::SearchSize),
            ("search algorithm is done, terminating search.", StopReason::Exhausted),
            ("global termination flag activated, terminating search.", StopReason::Unstated),
        ] {
            assert_eq!(stop_reason(text), reason, "{text}");
        }
    }

    #[test]
    fn lines_of_the_log_are_understood() {
        let said = |line: &str| Said::parse(line, 1000);
        let cost = |energy_pj, cycles| Some(Said::Improved(Cost { energy_pj, cycles }));
        assert_eq!(
            said("[  0] Utilization = 0.19 | pJ/Compute =   18.290 | L6[WIO] P43 C8 - L0[O] M4  | Cycles = 8520192"),
            cost(18290.0, 8_520_192)
        );
        let sparse = "[ 12] Utilization = 1.00 | pJ/Algorithmic-Compute =    1.962 | pJ/Compute =   15.500 | L2[A] | Cycles = 64";
        assert_eq!(said(sparse), cost(15500.0, 64));
        assert_eq!(said("[  0] Utilization = -nan | pJ/Compute =     -nan | L2[A] | Cycles = 64"), None);
        // Before 2022 without cycles, which say too little.
        assert_eq!(said("[  0] Utilization = 0.19 | pJ/Compute =   18.290 | L6[WIO] P43"), None);
        let reason =
            "200 invalid mappings (129 fanout, 71 capacity) found since the last valid mapping, terminating search.";
        assert_eq!(
            said(&format!("[  3] STATEMENT: {reason}")),
            Some(Said::Ended { thread: 3, reason: reason.to_owned() })
        );
        assert_eq!(said("[0] INVALID 65 17 1"), Some(Said::Tried { thread: 0, mappings: 65, valid: 17 }));
        assert_eq!(said("[1] UPDATE 3 1 0 0"), Some(Said::Tried { thread: 1, mappings: 3, valid: 1 }));
        let size = "340282366920938463463374607431768211455";
        assert_eq!(
            said(&format!("Mapspace Dimension [Spatial] Size: {size}")),
            Some(Said::Mapspace { part: "Spatial".to_owned(), size: u128::MAX })
        );
        assert_eq!(said(&format!("Mapspace Dimension [Spatial] Size: {size}0")), None);
        assert_eq!(said("\u{fffd}\u{fffd}[  0] STATEMENT:"), None);
    }
}
