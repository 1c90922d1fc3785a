use std::fmt::Write as _;

use super::*;
use crate::mapping::Axis;
use crate::timeloop::files::nest_text::LoopLine;

/// A level as the versions until 2022 print it. `energy` is what one read of the tile of `reads` words costs in all.
fn old_level(number: usize, name: &str, loops: &str, spaces: &[(&str, u64, u64, f64)], closing: &str) -> String {
    let mut text = format!(
        "Level {number}\n-------\n=== {name} ===\n\n    SPECS\n    -----\n    Shared:\n        Technology           : SRAM\n        \
         Size                 : 64\n        Word bits            : 8\n        Instances            : 2 (2*1)\n        \
         Read bandwidth       : 2.67\n        Write bandwidth      : -\n        Area                 : 1.50 um^2\n\n    \
         MAPPING\n    -------\n    Loop nest:\n{loops}\n    STATS\n    -----\n    Cycles               : 48\n    \
         Bandwidth throttling : 1.00\n"
    );
    for (space, reads, updates, energy) in spaces {
        let _ = write!(
            text,
            "    {space}:\n        Partition size                           : 16\n        \
             Utilized capacity                        : 16\n        \
             Utilized instances (max)                 : 2\n        \
             Scalar reads (per-instance)              : {reads}\n        \
             Scalar updates (per-instance)            : {updates}\n        \
             Scalar fills (per-instance)              : 0\n        \
             Energy (per-scalar-access)               : -nan pJ\n        \
             Energy (per-instance)                    : 1.00 pJ\n        \
             Energy (total)                           : {energy:.2} pJ\n        \
             Temporal Reduction Energy (per-instance) : 0.00 pJ\n        \
             Temporal Reduction Energy (total)        : 0.25 pJ\n        \
             Address Generation Energy (total)        : 0.00 pJ\n        \
             Read Bandwidth (per-instance)            : 1.00 bytes/cycle\n"
        );
    }
    text.push_str(closing);
    text.push('\n');
    text
}

const OLD_UNITS: &str = "Buffer and Arithmetic Levels\n----------------------------\nLevel 0\n-------\n=== MACC ===\n\n    SPECS\n    \
    -----\n    Word bits            : 8\n    Instances            : 2 (2*1)\n    Energy-per-op        : 0.60 pJ\n\n    STATS\n    \
    -----\n    Utilized instances   : 2\n    Cycles               : 48\n    Energy (total)       : 57.88 pJ\n    \
    Area (total)         : 0.00 um^2\n\n";

const OLD_NETWORK: &str = "Networks\n--------\nNetwork 0\n---------\nBuffer <==> MACC\n\n    NETWORK SPECS\n    -------------\n    \
    Shared:\n\n    NETWORK STATS\n    -------------\n    Weights:\n        Fanout                                  : 2\n        \
    Multicast factor                        : 2\n        Ingresses                               : 64\n            \
    @multicast 1: 16\n            @multicast 2: 48\n        Energy (total)                          : 0.00 pJ\n        \
    Link transfer energy (total)            : 0.00 pJ\n        Spatial Reduction Energy (total)        : 0.00 pJ\n    \
    Outputs:\n        Ingresses                               : 0\n\n";

/// 2019 to 2021: units per MACC, fractions, totals of the topology, loop nests, bytes, a closing block of areas.
#[test]
fn statistics_of_2019_to_2021_are_read() {
    let loops = "      for P in [0:16)\n        for R in [0:3,2) (Spatial-X)\n";
    let spaces = [("Weights", 48, 0, 40.0), ("Outputs", 32, 48, 60.0)];
    let level = old_level(
        1,
        "Buffer",
        loops,
        &spaces,
        "    Shared:\n        Area (per-instance)                      : 0.00 um2\n",
    );
    let text = format!(
        "{OLD_UNITS}{level}{OLD_NETWORK}\nTotal topology energy: 158.38 pJ\nTotal topology area: 3.00 um^2\nMax topology cycles: 48\n\n\
         Summary Stats\n-------------\nUtilization: 1.00\nCycles: 48\nEnergy: 0.00 uJ\nArea: 0.00 mm^2\n\nMACCs = 96\npJ/MACC\n    \
         MACC                    = 0.60\n    Buffer                  = 1.05\n    Buffer <==> MACC        = 0.00\n    \
         Total                   = 1.65\n\n"
    );
    let statistics = read(&text).unwrap();
    let summary = &statistics.summary;
    assert_eq!((summary.cycles, summary.computes, summary.gflops, summary.edp_j_cycle), (48, 96, None, None));
    assert_eq!((summary.utilization, summary.area_mm2, summary.total.fj_per_compute), (Some(1.0), None, Some(1650.0)));
    let names: Vec<&str> = summary.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["MACC", "Buffer", "Buffer <==> MACC"]);
    assert_eq!((statistics.energy_pj(), statistics.area_um2()), (Some(158.38), Some(3.0)));
    // The sections have more digits than the table: 40 + 60 and twice 0.25, against 1.05 pJ for 96 computes.
    let energy = |name: usize| statistics.energy_pj_of(&summary.components[name]);
    assert_eq!((energy(0), energy(1), energy(2)), (Some(57.88), Some(100.5), Some(0.0)));
    // Two operations for each compute, but one for the first touch of 16 outputs.
    assert_eq!(statistics.gflops(), Some((2.0 * 96.0 - 16.0) / 48.0));
    assert_eq!(statistics.utilization(), Some(1.0));
    let buffer = &statistics.levels[1];
    assert_eq!(
        (buffer.number, buffer.instances, buffer.read_bandwidth, buffer.write_bandwidth),
        (1, Some(2), Some(2.67), None)
    );
    assert_eq!((buffer.word_bits, buffer.area_um2, buffer.energy_source.as_deref()), (Some(8), Some(1.5), None));
    assert_eq!(
        buffer.loops.as_deref().unwrap(),
        [
            LoopLine { dimension: 'P', bound: 16, residual: 16, axis: None },
            LoopLine { dimension: 'R', bound: 3, residual: 2, axis: Some(Axis::X) }
        ]
    );
    let spaces: Vec<_> =
        buffer.data_spaces.iter().map(|space| (space.name.as_str(), space.reads, space.updates)).collect();
    assert_eq!(spaces, [("Weights", Some(48), Some(0)), ("Outputs", Some(32), Some(48))]);
    // 16 words to one and 48 to two at once.
    let network = &statistics.networks[0];
    assert_eq!(
        (network.name.as_str(), network.multicast[0].1, network.multicast[1].1),
        ("Buffer <==> MACC", Some(1.75), None)
    );
}

/// 2021-07 to 2023-09: `Computes`, pJ, and from 2022-04 the longer summary; numbers beyond print.
#[test]
fn statistics_of_2021_to_2023_are_read() {
    let level = old_level(1, "Buffer", "", &[("Outputs", 32, 48, 1.2e6)], "");
    let text = format!(
        "{OLD_UNITS}{level}Summary Stats\n-------------\nGFLOPs (@1GHz): 3.67\nUtilization: 0.50\nCycles: 96\nEnergy: 1.20 uJ\n\
         EDP(J*cycle): 1.15e-04\nArea: 0.02 mm^2\n\nComputes = 96\npJ/Compute\n    MACC   = inf\n    Buffer = 1.25e+04\n    \
         Gone   = -nan\n    Total  = 1.25e+04\n"
    );
    let statistics = read(&text).unwrap();
    let summary = &statistics.summary;
    assert_eq!((summary.gflops, summary.utilization, summary.edp_j_cycle), (Some(3.67), Some(0.5), Some(1.15e-4)));
    assert_eq!((summary.energy_uj, statistics.area_um2()), (Some(1.2), Some(20_000.0)));
    let energies: Vec<Option<f64>> = summary.components.iter().map(|component| component.fj_per_compute).collect();
    assert_eq!(energies, [None, Some(1.25e7), None]);
    // Three digits of the table agree with the sections, which have more.
    assert_eq!(statistics.energy_pj_of(&summary.components[1]), Some(1.2e6 + 0.25));
    // One component is unknown: the total is that of the table.
    assert_eq!(statistics.energy_pj(), Some(1.25e7 * 96.0 / 1000.0));
    assert_eq!(statistics.gflops(), Some(3.67));
    assert_eq!(statistics.levels[1].loops.as_deref(), Some([].as_slice()));
}

/// Sparse runs have two blocks: what would be done, and what is.
#[test]
fn statistics_of_sparse_runs_are_read() {
    let text = "
Level 1
-------
=== Buffer ===

    SPECS
    -----
        Data word bits               : 8
        Instances                    : 1 (1*1)

    STATS
    -----
    Cycles               : 64
    A:
        Partition size                                              : 64
        Max utilized data storage capacity                          : 16
        Max utilized Repr format storage capacity                     
            Rank 1 (metadata, payload): (0, 9)
        Utilized instances (max)                                    : 1
        Algorithmic scalar reads (per-instance)                     : 512
        Actual scalar reads (per-instance)                          : 64
        Skipped scalar reads (per-instance)                         : 448
        Actual scalar fills (per-instance)                          : 16
        Actual scalar updates (per-instance)                        : 0
        Energy (total)                                              : 829.31 pJ

Total topology energy: 1004.73 pJ

Summary Stats
-------------
Utilization: 1.00
Cycles: 64
Energy: 0.00 uJ

Algorithmic Computes = 512
pJ/Algorithmic-Compute
    MAC                        = 0.07
    Buffer                     = 1.62
    BackingStorage <==> Buffer = 0.00
    Total                      = 1.69

Actual Computes = 64
pJ/Compute
    MAC                        = 0.56
    Buffer                     = 12.96
    BackingStorage <==> Buffer = 0.00
    Total                      = 15.70
";
    let statistics = read(text).unwrap();
    let summary = &statistics.summary;
    assert_eq!((summary.computes, summary.algorithmic_computes), (64, Some(512)));
    assert_eq!((summary.components.len(), summary.components[1].fj_per_compute), (3, Some(12960.0)));
    assert_eq!((summary.total.fj_per_compute, statistics.energy_pj()), (Some(15700.0), Some(1004.73)));
    let space = &statistics.levels[0].data_spaces[0];
    assert_eq!((space.tile, space.reads, space.fills, space.updates), (Some(16), Some(64), Some(16), Some(0)));
    assert_eq!((statistics.levels[0].word_bits, statistics.gflops()), (Some(8), None));
}

#[test]
fn texts_without_a_result_are_refused() {
    assert_eq!(read(" \n").unwrap_err(), StatsError::Empty);
    let message = |text: &str| read(text).unwrap_err().to_string();
    assert_eq!(
        message("segmentation fault"),
        "the statistics have no line `Summary Stats`: the file is truncated, or is not a stats file of Timeloop"
    );
    let whole = "Summary Stats\nCycles: 3\nComputes = 2\nfJ/Compute\n    mac = 1.00\n    Total = 1.00\n";
    assert!(read(whole).is_ok());
    // A text that is cut off anywhere is refused.
    let ends = (0..whole.trim_end().len()).filter(|end| read(&whole[..*end]).is_ok());
    // A number that lost decimals cannot be told from a shorter one.
    assert!(ends.map(|end| &whole[..end]).all(|cut| cut.contains("Total = 1")), "cut off, and read");
    assert!(message("Summary Stats\nCycles: many\nComputes = 2\nfJ/Compute\n Total = 1").contains("`Cycles:`"));
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(Level 1|=== a ===|    STATS|    A:|        Energy \\(total\\) : 1|Summary Stats|Cycles: 1|Computes = 1|fJ/Compute|    Total = 1|\\PC{0,9}|\n){0,40}") {
        if let Ok(statistics) = read(&text) {
            statistics.energy_pj();
            statistics.gflops();
            statistics.utilization();
            statistics.area_um2();
        }
    }
}
