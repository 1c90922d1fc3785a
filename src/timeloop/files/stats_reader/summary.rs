//! The summary at the end, in the words of every version.

use std::sync::LazyLock;

use regex::Regex;

use super::StatsError;
use super::number::{count, real, resolution, share};

/// Energy per compute of one component, in fJ.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentEnergy {
    /// Its name; of a network, `outer <==> inner`.
    pub name: String,
    /// Absent if it is `inf` or `nan`.
    pub fj_per_compute: Option<f64>,
    /// By how much it may differ from the true one, as it was rounded for print.
    pub resolution_fj: f64,
}

/// What the summary states.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Cycles, stalls included.
    pub cycles: u64,
    /// Multiply-accumulates that were done: of a sparse run those that were not skipped.
    pub computes: u64,
    /// Multiply-accumulates of a sparse run without skipping.
    pub algorithmic_computes: Option<u64>,
    /// Operations per nanosecond at 1 GHz.
    pub gflops: Option<f64>,
    /// From 0 to 1.
    pub utilization: Option<f64>,
    /// In uJ, with two decimals.
    pub energy_uj: Option<f64>,
    /// In J*cycle.
    pub edp_j_cycle: Option<f64>,
    /// In square millimetres. Newer versions always print 0, which is not taken for an area.
    pub area_mm2: Option<f64>,
    /// The components, in the order printed.
    pub components: Vec<ComponentEnergy>,
    /// Of all together.
    pub total: ComponentEnergy,
    /// Whether numbers are printed with three digits and an exponent (`TIMELOOP_OUTPUT_STAT_SCIENTIFIC`).
    pub has_exponents: bool,
}

static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(GFLOPs \(@1GHz\)|Utilization|Cycles|Energy|EDP\(J\*cycle\)|Area): *(.*?)\s*$")
        .expect("a valid expression")
});

static COMPUTES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(Algorithmic |Actual )?(?:Computes|MACCs) = (\d+)\s*$").expect("a valid expression")
});

static UNIT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^([fp])J/(Algorithmic-)?(?:Compute|MACC)s?\s*$").expect("a valid expression"));

static COMPONENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s+(\S.*?)\s*= (\S+)\s*$").expect("a valid expression"));

/// Reads the last summary of a text.
pub(super) fn read(text: &str) -> Result<Summary, StatsError> {
    const TITLE: &str = "Summary Stats";
    if text.trim().is_empty() {
        return Err(StatsError::Empty);
    }
    let (_, text) = text.rsplit_once(TITLE).ok_or(StatsError::Missing("`Summary Stats`"))?;
    let mut lines = text.lines();
    let mut field = [None; 6];
    let mut computes = None;
    let mut algorithmic_computes = None;
    let mut table = None;
    while let Some(line) = lines.next() {
        if let Some(found) = FIELD.captures(line) {
            let value = found.get(2).map_or("", |value| value.as_str());
            let names = ["GFLOPs (@1GHz)", "Utilization", "Cycles", "Energy", "EDP(J*cycle)", "Area"];
            names.iter().zip(&mut field).filter(|(name, _)| **name == &found[1]).for_each(|(_, at)| *at = Some(value));
        } else if let Some(found) = COMPUTES.captures(line) {
            let number = count(&found[2]);
            if found.get(1).is_some_and(|kind| kind.as_str() == "Algorithmic ") {
                algorithmic_computes = number;
            } else {
                computes = number;
            }
        } else if let Some(found) = UNIT.captures(line) {
            let of_unit = if &found[1] == "p" { 1000.0 } else { 1.0 };
            let block = components(&mut lines, of_unit);
            if found.get(2).is_none() {
                table = Some(block);
            }
        }
    }
    let [gflops, utilization, cycles, energy, edp, area] = field;
    let cycles = cycles.and_then(count).ok_or(StatsError::Missing("`Cycles:`"))?;
    let computes = computes.ok_or(StatsError::Missing("`Computes =`"))?;
    let (components, total) = table.ok_or(StatsError::Missing("the energies per compute"))?;
    Ok(Summary {
        cycles,
        computes,
        algorithmic_computes,
        gflops: gflops.and_then(real),
        utilization: utilization.and_then(share),
        energy_uj: energy.and_then(real),
        edp_j_cycle: edp.and_then(real),
        area_mm2: area.and_then(real).filter(|area| *area > 0.0),
        components,
        has_exponents: energy.is_some_and(|energy| energy.contains(['e', 'E'])),
        total: total.ok_or(StatsError::Missing("`Total =`"))?,
    })
}

/// The lines of a table of energies until it ends: the components, and their total.
fn components<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
    of_unit: f64,
) -> (Vec<ComponentEnergy>, Option<ComponentEnergy>) {
    let mut components = Vec::new();
    for found in lines.map_while(|line| COMPONENT.captures(line)) {
        let component = ComponentEnergy {
            name: found[1].to_owned(),
            fj_per_compute: real(&found[2]).map(|energy| energy * of_unit),
            resolution_fj: resolution(&found[2]) * of_unit,
        };
        if component.name == "Total" {
            return (components, Some(component));
        }
        components.push(component);
    }
    (components, None)
}
