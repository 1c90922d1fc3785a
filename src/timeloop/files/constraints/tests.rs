use super::*;
use crate::mapspace::FactorLimits;
use crate::timeloop::files::{architecture, parse_document, problem};

const SYSTEM: &str = "
architecture:
  version: 0.4
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM}
    - {name: glb, class: SRAM, attributes: {entries: 64}}
    - {name: 'mac[0..15]', class: mac, attributes: {meshX: 4}}
problem:
  instance: {M: 4, N: 4, K: 4, B: 1}
  shape:
    dimensions: [M, N, K, B]
    data_spaces:
    - {name: A, projection: [M, K]}
    - {name: Z, projection: [M, N], read_write: true}
";

fn read_in(scope: Scope, constraints: &str) -> Result<ReadConstraints, FormatError> {
    let document = parse_document(&format!("{SYSTEM}{constraints}")).unwrap();
    let architecture = architecture::read(&document).unwrap().value;
    let problem = problem::read(&document).unwrap().value;
    read(&document, &architecture, &problem, scope)
}

fn of(target: &str) -> Result<ReadConstraints, FormatError> {
    read_in(Scope::Architecture, &format!("architecture_constraints: {{targets: [{target}]}}"))
}

fn error(target: &str) -> String {
    of(target).unwrap_err().to_string()
}

fn texts(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

fn idle(constraint: &str) -> Vec<String> {
    texts(&of(&format!("{{target: glb, type: spatial, {constraint}}}")).unwrap().idle_axes)
}

/// What the published front end makes of `permutation: [K, M], split: 1`.
#[test]
fn a_split_shifted_by_inserted_dimensions_is_warned_about() {
    assert_eq!(
        idle("permutation: BNKM, split: 1, factors: 'B=1,N=1'"),
        [
            "architecture_constraints.targets[0]: no dimension can be spread along X below glb: at most one of 4 instances works there"
        ]
    );
    assert_eq!(idle("permutation: BNKM, split: 3, factors: 'B=1,N=1'"), [""; 0]);
    assert_eq!(idle("permutation: BNKM, split: 999").len(), 1);
    assert_eq!(idle("permutation: _MNK, split: 1").len(), 1);
    assert_eq!(idle("factors: [B=1, N1, K<=1, M=16]"), [""; 0]);
    assert_eq!(idle("factors: B=1 N1 K<=1 M=1").len(), 2);
    assert_eq!(idle("default_max_factor: 1, factors: K=4"), [""; 0]);
    assert_eq!(idle("default_max_factor: 1").len(), 2);
}

#[test]
fn factors_and_permutations_are_read() {
    let read = of("{type: temporal, target: DRAM, factors: 'M=0;N<=2 , K>=2/B=1', permutation: 'M N_K'}").unwrap();
    assert_eq!(read.warnings, []);
    let loops = &read.constraints.levels[1].temporal;
    let none = FactorLimits::default();
    assert_eq!(
        loops.factors,
        [
            FactorLimits { exact: Some(4), ..none },
            FactorLimits { at_most: Some(2), ..none },
            FactorLimits { at_least: Some(2), ..none },
            FactorLimits { exact: Some(1), ..none },
        ]
    );
    assert_eq!((&loops.innermost, &loops.outermost), (&vec![0, 1], &vec![2]));

    let read = of("{type: temporal, target: 0, factors: 'M=5,N=2 M=3', default_max_factor: 3, default_min_factor: 2}")
        .unwrap();
    let loops = &read.constraints.levels[0].temporal;
    assert_eq!(loops.factors[0].exact, Some(3));
    assert_eq!(loops.factors[2], FactorLimits { at_most: Some(3), at_least: Some(2), exact: None });
    assert_eq!(
        texts(&read.warnings),
        [
            "architecture_constraints.targets[0].factors: `M=5` has no effect: the problem has M = 4; `M=0` means all of it"
        ]
    );
}

#[test]
fn reuse_switches_keep_and_utilization_are_read() {
    let read = of("{type: spatial, target: glb, split: 2, no_reuse: [Z], no_link_transfer: [A, Z]},
        {type: temporal, name: glb, attributes: {no_temporal_reuse: [A], rmw_first_update: [Z]}},
        {type: datatype, target: glb, keep: [A], bypass: [Z], no_coalesce: [A]},
        {type: bypass, target: DRAM, bypass: [A]}, {type: bypass, target: DRAM, keep: [Z]},
        {type: utilization, target: glb, min: 0.5}")
    .unwrap();
    assert_eq!(read.warnings, []);
    let sets = |indices: &[usize]| indices.iter().copied().collect();
    let [glb, dram] = read.constraints.levels.as_slice() else { panic!() };
    assert_eq!(
        (glb.spatial.split, glb.policy.no_multicast, glb.policy.no_link_transfer),
        (Some(2), sets(&[1]), sets(&[0, 1]))
    );
    assert_eq!((glb.policy.no_temporal_reuse, glb.policy.rmw_first_update), (sets(&[0]), sets(&[1])));
    assert_eq!((glb.policy.keep, glb.bypass, glb.policy.no_coalesce), (sets(&[0]), sets(&[1]), sets(&[0])));
    assert_eq!((dram.policy.keep, dram.bypass), (sets(&[1]), sets(&[0])));
    assert!((read.constraints.min_parallelism - 0.5).abs() < 1e-12);
    // What the outermost level keeps may be said again, and otherwise.
    let read = of("{type: bypass, target: DRAM, keep: [A]}, {type: bypass, target: DRAM, bypass: [A]}").unwrap();
    assert_eq!((read.constraints.levels[1].policy.keep, read.constraints.levels[1].bypass), (sets(&[]), sets(&[0])));
}

#[test]
fn constraints_are_read_from_every_section() {
    let entry = |level: &str| format!("[{{target: {level}, type: temporal, factors: M=2}}]");
    for (section, scope) in [
        ("architecture_constraints: {targets: @}", Scope::Architecture),
        ("architecture_constraints: {constraints: @}", Scope::Architecture),
        ("arch_constraints: @", Scope::Architecture),
        ("mapspace: {version: 0.4, template: uber, targets: @}", Scope::All),
        ("mapspace_constraints: {constraints: @}", Scope::All),
        ("constraints: {targets: @}", Scope::All),
    ] {
        let text = section.replace('@', &entry("glb"));
        let read = read_in(scope, &text).unwrap();
        assert_eq!(read.constraints.levels[0].temporal.factors[0].exact, Some(2), "{text}");
        assert_eq!(read.warnings, [], "{text}");
    }
    // timeloop-model does not look at the mapspace.
    let read = read_in(Scope::Architecture, "mapspace: {targets: [{target: nowhere}]}").unwrap();
    assert_eq!(read.constraints.levels[0].temporal.factors[0].exact, None);
    // Both together, and what one says the other must not say again.
    let both = |level: &str| {
        format!("architecture_constraints: {{targets: {}}}\nmapspace: {{targets: {}}}", entry("DRAM"), entry(level))
    };
    let read = read_in(Scope::All, &both("glb")).unwrap();
    assert!(read.constraints.levels.iter().all(|level| level.temporal.factors[0].exact == Some(2)));
    assert_eq!(
        read_in(Scope::All, &both("DRAM")).unwrap_err().to_string(),
        "`architecture_constraints.targets[0].factors`: re-specification of the factor of M at level DRAM (temporal): `M=2`, then `M=2`"
    );
    let twice = read_in(Scope::All, "mapspace: {targets: []}\nmapspace_constraints: {targets: []}");
    assert!(twice.unwrap_err().to_string().starts_with("`mapspace_constraints`: is given together with `mapspace`"));
    let read =
        read_in(Scope::All, &format!("arch_constraints: {0}\narchitecture_constraints: {0}", entry("glb"))).unwrap();
    assert_eq!(
        texts(&read.warnings),
        ["architecture_constraints: is ignored because `arch_constraints` is given (like Timeloop)"]
    );
}

#[test]
fn errors_say_where() {
    let loops = |fields: &str| error(&format!("{{target: glb, type: temporal, {fields}}}"));
    assert_eq!(
        loops("factors: X=2"),
        "`architecture_constraints.targets[0].factors`: `X` is not a dimension of the problem, which has MNKB"
    );
    assert!(loops("factors: M<3").contains("expected a factor such as `C=4`, `C<=4` or `C>=4` at `M<3`"));
    assert!(loops("factors: M<=0").contains("`M<=0`: the limit of a factor is at least 1"));
    assert!(loops("factors: 12").contains("expected a factor"));
    assert!(loops("factors: M=99999999999999999999999").contains("expected a factor"));
    assert!(loops("permutation: MM").contains("`M` is named twice"));
    assert!(loops("permutation: M_N_K").contains("has two `_`"));
    assert!(loops("no_reuse: [B]").contains("no_reuse[0]`: `B` is not a data space of the problem"));
    assert!(loops("no_reuse: A").contains("must be a list"));
    let level = error("{target: glbs, type: temporal}");
    assert_eq!(
        level,
        "`architecture_constraints.targets[0].target`: `glbs` is not a storage level of the architecture (did you mean `glb`?)"
    );
    assert!(error("{target: sram, type: temporal}").contains("of the architecture, which has glb, DRAM"));
    assert!(error("{target: mac, type: temporal}").contains("`mac` stores nothing"));
    assert!(error("{target: DRAM, type: spatial}").contains("there cannot be a spatial fanout"));
    assert!(error("{target: glb, type: tempral}").contains("(did you mean `temporal`?)"));
    assert!(error("{target: glb}").contains("`architecture_constraints.targets[0].type` is missing"));
    assert!(error("{type: temporal}").contains("target` is missing"));
    assert!(error("glb").contains("must be a map"));
    assert!(error("{type: utilization, min: 2}").contains("from 0 to 1"));
    assert!(error("{type: utilization, target: DRAM, min: 0.5}").contains("the innermost level, `glb`"));
    let twice = |first: &str, second: &str| error(&format!("{first}, {second}"));
    let spatial = "{target: glb, type: spatial, split: 1}";
    assert!(
        twice(spatial, spatial).contains("targets[1].split`: re-specification of the split at level glb (spatial)")
    );
    let order = "{target: glb, type: temporal, permutation: M}";
    assert!(twice(order, order).contains("re-specification of the permutation at level glb (temporal)"));
    let kept = twice("{target: glb, type: bypass, keep: [A]}", "{target: glb, type: bypass, bypass: [A]}");
    assert!(kept.contains("targets[1].bypass[0]`: re-specification of whether A is kept"), "{kept}");
    let share = "{type: parallelism, min: 0.5}";
    assert!(twice(share, share).contains("re-specification"));
}

#[test]
fn keys_without_effect_are_warned_about() {
    let warnings = |target: &str| texts(&of(target).unwrap().warnings).join("\n");
    assert_eq!(
        warnings("{target: glb, type: temporal, permuation: M, attributes: {factor: M=2}}"),
        "architecture_constraints.targets[0].permuation: unknown key, ignored (did you mean `permutation`?)\n\
         architecture_constraints.targets[0].attributes.factor: unknown key, ignored (did you mean `factors`?)"
    );
    assert!(warnings("{target: glb, type: max_overbooked_proportion, proportion: 0.1}").contains("has no effect"));
    assert!(warnings("{target: glb, type: temporal, remainders: 1}").contains("has no effect"));
    let read = read_in(Scope::All, "mapspace: {tagets: []}").unwrap();
    assert_eq!(texts(&read.warnings), ["mapspace.tagets: unknown key, ignored (did you mean `targets`?)"]);
}
