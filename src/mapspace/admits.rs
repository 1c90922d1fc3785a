//! Whether a mapping is within constraints.

use thiserror::Error;

use super::{Constraints, FactorLimits, LevelConstraints, LoopConstraints, SpatialConstraints, parallelism_of};
use crate::architecture::Architecture;
use crate::mapping::{Axis, LevelMapping, Loop, Mapping};
use crate::workload::Problem;

/// The first constraint that a mapping does not meet, from the innermost level outwards.
#[derive(Clone, Debug, PartialEq, Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Violation {
    #[error("level {level}: the {kind} factor of {dimension} must be {wanted}, and it is {found}")]
    Factor { level: String, kind: &'static str, dimension: char, wanted: String, found: u64 },
    #[error(
        "level {level}: the {kind} loops must stand in the order {wanted} from the innermost, and they stand as {found}"
    )]
    Order { level: String, kind: &'static str, wanted: String, found: String },
    #[error(
        "level {level}: the first {split} positions{} lie along X, and the mapping has {} along X and {} along Y",
        of_order(order),
        listed(on_x),
        listed(on_y)
    )]
    Split { level: String, split: usize, order: String, on_x: String, on_y: String },
    #[error("level {level} must {} {data_space}, but the mapping {} it there", if *keep { "keep" } else { "bypass" }, if *keep { "bypasses" } else { "keeps" })]
    Kept { level: String, data_space: String, keep: bool },
    #[error("at least a share of {min_share} of the {units} compute units must work, and {used} do")]
    Parallelism { min_share: f64, units: u64, used: u64 },
    #[error("the mapping may have at most {limit} temporal loops, and it has {found}")]
    TemporalLoops { limit: usize, found: usize },
    #[error("the mapping has {found} levels, the constraints are on {expected}")]
    Levels { found: usize, expected: usize },
}

fn of_order(order: &str) -> String {
    if order.is_empty() { String::new() } else { format!(" of the order {order}") }
}

fn listed(letters: &str) -> &str {
    if letters.is_empty() { "nothing" } else { letters }
}

impl Constraints {
    /// Whether a mapping of `problem` onto `architecture` is within these constraints: its factors, orders, splits, what it
    /// keeps, and how much of the machine it uses. Unit loops stand wherever they suit. Switches such as `no_reuse` are no
    /// matter of membership: a mapper puts them into the mappings it makes.
    ///
    /// A factor that is stated may be smaller where fewer iterations are left, as mappers make it (docs/search.md section 1).
    ///
    /// # Errors
    ///
    /// What is not met.
    pub fn admits(&self, mapping: &Mapping, architecture: &Architecture, problem: &Problem) -> Result<(), Violation> {
        let (found, expected) = (mapping.levels.len(), self.levels.len());
        if found != expected || architecture.levels().len() != expected {
            return Err(Violation::Levels { found, expected });
        }
        let mut left: Vec<u64> = problem.dimensions().iter().map(|(_, bound)| *bound).collect();
        let levels = self.levels.iter().zip(&mapping.levels).zip(architecture.levels());
        for (index, ((stated, mapped), level)) in levels.enumerate() {
            let has_fan_out = architecture.fan_out(index).product() > 1;
            At { level: &level.name, problem, has_fan_out }.check(stated, mapped, &mut left)?;
        }
        if parallelism_of(mapping, architecture) < self.min_parallelism {
            let spatial = mapping.levels.iter().flat_map(|level| &level.spatial);
            let used = spatial.fold(1u64, |product, spatial| product.saturating_mul(spatial.iteration.bound));
            let units = architecture.arithmetic().instances;
            return Err(Violation::Parallelism { min_share: self.min_parallelism, units, used });
        }
        let loops =
            mapping.levels.iter().flat_map(|level| &level.temporal).filter(|iteration| iteration.bound > 1).count();
        match self.max_temporal_loops {
            Some(limit) if loops > limit => Err(Violation::TemporalLoops { limit, found: loops }),
            _ => Ok(()),
        }
    }
}

/// One level of a mapping, while it is looked at.
#[derive(Clone, Copy)]
struct At<'a> {
    level: &'a str,
    problem: &'a Problem,
    /// Where one instance stands below, constraints on spatial loops have nothing to limit.
    has_fan_out: bool,
}

impl At<'_> {
    /// `left`: the iterations of each dimension that the inner levels leave.
    fn check(self, stated: &LevelConstraints, mapped: &LevelMapping, left: &mut [u64]) -> Result<(), Violation> {
        let spatial: Vec<Loop> = mapped.spatial.iter().map(|spatial| spatial.iteration).collect();
        if self.has_fan_out {
            self.factors("spatial", &stated.spatial.loops, &spatial, left)?;
            self.order("spatial", &stated.spatial.loops, &spatial)?;
            self.split(&stated.spatial, mapped)?;
        }
        self.factors("temporal", &stated.temporal, &mapped.temporal, left)?;
        self.order("temporal", &stated.temporal, &mapped.temporal)?;
        for (space, data_space) in self.problem.data_spaces().iter().enumerate() {
            let is_kept = mapped.policy.keep.contains(space);
            let against = if is_kept { stated.bypass } else { stated.policy.keep };
            if against.contains(space) {
                let data_space = data_space.name.clone();
                return Err(Violation::Kept { level: self.level.to_owned(), data_space, keep: !is_kept });
            }
        }
        Ok(())
    }

    fn factors(
        self,
        kind: &'static str,
        stated: &LoopConstraints,
        loops: &[Loop],
        left: &mut [u64],
    ) -> Result<(), Violation> {
        for ((dimension, &(letter, bound)), left) in self.problem.dimensions().iter().enumerate().zip(left) {
            let found =
                loops.iter().find(|iteration| iteration.dimension == dimension).map_or(1, |iteration| iteration.bound);
            let limits = stated.factors.get(dimension).copied().unwrap_or_default().for_bound(bound);
            if !limits.allow_of(found, *left) {
                let (level, wanted) = (self.level.to_owned(), limits.wanted(found));
                return Err(Violation::Factor { level, kind, dimension: letter, wanted, found });
            }
            *left = left.div_ceil(found.max(1));
        }
        Ok(())
    }

    fn order(self, kind: &'static str, stated: &LoopConstraints, loops: &[Loop]) -> Result<(), Violation> {
        let ranks: Vec<usize> = loops
            .iter()
            .filter(|iteration| iteration.bound > 1)
            .map(|iteration| stated.rank(iteration.dimension))
            .collect();
        if ranks.is_sorted() {
            return Ok(());
        }
        let found =
            self.letters(loops.iter().filter(|iteration| iteration.bound > 1).map(|iteration| iteration.dimension));
        Err(Violation::Order { level: self.level.to_owned(), kind, wanted: self.stated_order(stated), found })
    }

    fn split(self, stated: &SpatialConstraints, mapped: &LevelMapping) -> Result<(), Violation> {
        let Some(split) = stated.split else { return Ok(()) };
        let on = |axis: Axis| {
            mapped.spatial.iter().filter(move |spatial| spatial.axis == axis && spatial.iteration.bound > 1)
        };
        let on = |axis: Axis| on(axis).map(|spatial| spatial.iteration.dimension).collect::<Vec<_>>();
        let (x, y) = (on(Axis::X), on(Axis::Y));
        let loops = &stated.loops;
        let count = self.problem.dimensions().len();
        let (prefix, last) = (loops.innermost.len(), count.saturating_sub(loops.outermost.len()));
        // Positions for the dimensions that stand anywhere between the fixed ones.
        let room_x = split.clamp(prefix, last.max(prefix)) - prefix;
        let room_y = last.saturating_sub(prefix) - room_x;
        let fits = |dimensions: &[usize], room: usize, is_on_axis: &dyn Fn(usize) -> bool| {
            let fixed = dimensions.iter().filter_map(|dimension| loops.position(*dimension, count));
            let free = dimensions.iter().filter(|dimension| loops.position(**dimension, count).is_none());
            fixed.into_iter().all(is_on_axis) && free.count() <= room
        };
        if fits(&x, room_x, &|position| position < split) && fits(&y, room_y, &|position| position >= split) {
            return Ok(());
        }
        let (on_x, on_y) = (self.letters(x), self.letters(y));
        let order = self.stated_order(loops);
        Err(Violation::Split { level: self.level.to_owned(), split, order, on_x, on_y })
    }

    fn letters(self, dimensions: impl IntoIterator<Item = usize>) -> String {
        dimensions.into_iter().filter_map(|index| self.problem.dimensions().get(index)).map(|(name, _)| *name).collect()
    }

    /// As constraints write it: `AB_C`, the dimensions that stand anywhere left out.
    fn stated_order(self, loops: &LoopConstraints) -> String {
        let (inner, outer) =
            (self.letters(loops.innermost.iter().copied()), self.letters(loops.outermost.iter().copied()));
        if outer.is_empty() { inner } else { format!("{inner}_{outer}") }
    }
}

impl LoopConstraints {
    /// Grows from the innermost loop outwards; the same for all that stand anywhere between.
    fn rank(&self, dimension: usize) -> usize {
        let position_in = |list: &[usize]| list.iter().position(|listed| *listed == dimension);
        let between = self.innermost.len();
        position_in(&self.innermost).or_else(|| Some(between + 1 + position_in(&self.outermost)?)).unwrap_or(between)
    }

    /// The position of a dimension among all `count`, if the order fixes it.
    fn position(&self, dimension: usize, count: usize) -> Option<usize> {
        let position_in = |list: &[usize]| list.iter().position(|listed| *listed == dimension);
        let first_outer = count.saturating_sub(self.outermost.len());
        position_in(&self.innermost).or_else(|| Some(first_outer + position_in(&self.outermost)?))
    }
}

impl FactorLimits {
    /// What is wanted instead of a factor that is not within the limits, in words.
    fn wanted(self, factor: u64) -> String {
        match self {
            Self { exact: Some(exact), .. } => exact.to_string(),
            Self { at_most: Some(limit), .. } if factor > limit => format!("at most {limit}"),
            Self { at_least, .. } => format!("at least {}", at_least.unwrap_or(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::timeloop::files::constraints::{self, Scope};
    use crate::timeloop::files::{architecture, mapping, parse_document, problem};

    /// Whether constraints on `glb` admit a mapping with these loops there; DRAM has what is left.
    fn admitted(constraints: &str, loops: &str) -> Result<(), String> {
        let text = format!(
            "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {{name: DRAM, class: DRAM}}
    - {{name: glb, class: SRAM, attributes: {{entries: 64}}}}
    - {{name: 'mac[0..15]', class: mac, attributes: {{meshX: 4}}}}
problem:
  instance: {{M: 8, N: 8, K: 8}}
  shape:
    dimensions: [M, N, K]
    data_spaces: [{{name: A, projection: [M, K]}}, {{name: Z, projection: [M, N], read_write: true}}]
architecture_constraints: [{constraints}]
mapping: [{loops}]
"
        );
        let document = parse_document(&text).unwrap();
        let architecture = architecture::read(&document).unwrap().value;
        let problem = problem::read(&document).unwrap().value;
        let read = constraints::read(&document, &architecture, &problem, Scope::Architecture).unwrap();
        let mapping = mapping::read(&document, &architecture, &problem).unwrap().value;
        read.constraints.admits(&mapping, &architecture, &problem).map_err(|violation| violation.to_string())
    }

    const TEMPORAL: &str = "{target: glb, type: temporal, factors: M2 N4 K8, permutation: NMK}, \
        {target: DRAM, type: temporal, factors: M4 N2}";
    const SPATIAL: &str = "{target: glb, type: spatial, factors: M4 N2 K2, permutation: MNK, split: 1}, \
        {target: glb, type: temporal, factors: M2}, {target: DRAM, type: temporal, factors: N4 K4}";

    #[test]
    fn factors_outside_their_limits_are_named() {
        let with =
            |factors: &str| admitted(&format!("{{target: glb, type: temporal, factors: '{factors}'}}"), TEMPORAL);
        assert_eq!(with("M=2 N<=4 N>=4 K=0"), Ok(()));
        assert_eq!(with("M=4").unwrap_err(), "level glb: the temporal factor of M must be 4, and it is 2");
        assert_eq!(with("N<=2").unwrap_err(), "level glb: the temporal factor of N must be at most 2, and it is 4");
        assert_eq!(with("N>=5").unwrap_err(), "level glb: the temporal factor of N must be at least 5, and it is 4");
        assert_eq!(with("M=0").unwrap_err(), "level glb: the temporal factor of M must be 8, and it is 2");
        let spatial =
            |factors: &str| admitted(&format!("{{target: glb, type: spatial, factors: '{factors}'}}"), SPATIAL);
        assert_eq!(spatial("M=4 N<=2"), Ok(()));
        assert_eq!(spatial("K=1").unwrap_err(), "level glb: the spatial factor of K must be 1, and it is 2");
    }

    /// As mappers cut a factor that does not divide: 6 of 8 below leave two iterations for a factor of 4 above.
    #[test]
    fn factors_may_be_cut_short_by_what_is_left() {
        let constraints = "{target: glb, type: temporal, factors: M=6}, {target: DRAM, type: temporal, factors: M=4}";
        let mapping = |outer: &str| {
            format!(
                "{{target: glb, type: temporal, factors: 'M6,2 N8 K8'}}, {{target: DRAM, type: temporal, factors: {outer}}}"
            )
        };
        assert_eq!(admitted(constraints, &mapping("M2")), Ok(()));
        let undivided = "{target: glb, type: temporal, factors: M4 N8 K8}, {target: DRAM, type: temporal, factors: M2}";
        assert!(admitted(constraints, undivided).is_err());
    }

    #[test]
    fn orders_that_are_not_stated_are_refused() {
        let with = |order: &str| admitted(&format!("{{target: glb, type: temporal, permutation: {order}}}"), TEMPORAL);
        for order in ["NMK", "N", "_K", "N_K", "NM"] {
            assert_eq!(with(order), Ok(()), "{order}");
        }
        assert_eq!(
            with("M_K").unwrap_err(),
            "level glb: the temporal loops must stand in the order M_K from the innermost, and they stand as NMK"
        );
        assert!(with("K").is_err() && with("_N").is_err());
        // Unit loops stand anywhere.
        assert_eq!(admitted("{target: DRAM, type: temporal, permutation: KMN}", TEMPORAL), Ok(()));
    }

    #[test]
    fn loops_beyond_the_split_are_refused() {
        let with = |fields: &str| admitted(&format!("{{target: glb, type: spatial, {fields}}}"), SPATIAL);
        for fields in ["split: 1", "permutation: MNK, split: 1", "permutation: _NK, split: 1", "permutation: M"] {
            assert_eq!(with(fields), Ok(()), "{fields}");
        }
        assert_eq!(
            with("permutation: MNK, split: 999").unwrap_err(),
            "level glb: the first 999 positions of the order MNK lie along X, and the mapping has M along X and NK along Y"
        );
        assert_eq!(
            with("split: 0").unwrap_err(),
            "level glb: the first 0 positions lie along X, and the mapping has M along X and NK along Y"
        );
        assert!(with("split: 2").is_err() && with("permutation: MNK, split: 2").is_err());
        assert!(with("permutation: NMK").is_err());
    }

    #[test]
    fn kept_and_bypassed_data_spaces_are_checked() {
        let mapping = format!("{TEMPORAL}, {{target: glb, type: datatype, keep: [Z], bypass: [A]}}");
        let with = |fields: &str| admitted(&format!("{{target: glb, type: bypass, {fields}}}"), &mapping);
        assert_eq!(with("keep: [Z]"), Ok(()));
        assert_eq!(with("bypass: [A]"), Ok(()));
        assert_eq!(with("keep: [A]").unwrap_err(), "level glb must keep A, but the mapping bypasses it there");
        assert_eq!(with("bypass: [Z]").unwrap_err(), "level glb must bypass Z, but the mapping keeps it there");
        let dram = format!("{TEMPORAL}, {{target: DRAM, type: datatype, bypass: [A]}}");
        // What nothing states, nothing refuses.
        assert_eq!(admitted("", &dram), Ok(()));
        assert_eq!(admitted("{target: DRAM, type: bypass, bypass: [A]}", &dram), Ok(()));
    }

    #[test]
    fn too_few_compute_units_are_refused() {
        assert_eq!(admitted("{type: parallelism, min: 1.0}", SPATIAL), Ok(()));
        assert_eq!(
            admitted("{type: parallelism, min: 0.25}", TEMPORAL).unwrap_err(),
            "at least a share of 0.25 of the 16 compute units must work, and 1 do"
        );
    }
}
