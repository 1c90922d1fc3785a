//! What the manual says beyond the help of the commands: examples, files, environment, exit codes.

/// A command line, and what it does.
pub(super) struct Example {
    pub(super) line: &'static str,
    pub(super) about: &'static str,
}

impl Example {
    /// The command that it shows; a path alone is `run`.
    pub(super) fn command(&self) -> &'static str {
        self.line.split(' ').nth(1).filter(|word| !word.contains('.')).unwrap_or("run")
    }
}

const fn example(line: &'static str, about: &'static str) -> Example {
    Example { line, about }
}

/// Every command has at least one.
pub(super) const EXAMPLES: &[Example] = &[
    example(
        "onnx2timeloop model.onnx",
        "Everything: the best mapping of every layer on three presets, with the report in onnx2timeloop-out.",
    ),
    example(
        "onnx2timeloop run a.onnx b.onnx --arch eyeriss_like --arch my_design.yaml --ert my_energy.yaml -o out",
        "Two networks on a preset and on a design of your own.",
    ),
    example(
        "onnx2timeloop run model.onnx --batch 1 --dim height=513 --dim width=513 -o out",
        "A network whose input sizes are left open in the file.",
    ),
    example(
        "onnx2timeloop run model.onnx --budget 10s -o out",
        "At most ten seconds a search; what is not proved is stated as a gap.",
    ),
    example(
        "onnx2timeloop run model.onnx --mapper both -o out",
        "The built-in mapper and timeloop-mapper side by side.",
    ),
    example("onnx2timeloop convert model.onnx", "The layers as a table."),
    example("onnx2timeloop convert zoo -o layers", "Layers and Timeloop problems of every .onnx file below a folder."),
    example("onnx2timeloop convert model.onnx --format csv > layers.csv", "The layers as CSV."),
    example(
        "onnx2timeloop dilation model.onnx --arch eyeriss_like -o study",
        "What the dilated layers cost, in four variants.",
    ),
    example(
        "onnx2timeloop sweep model.onnx --arch eyeriss_like --set shared_glb.depth=4096..131072*2 --set PE_column.meshX=7,14,28 -o swept",
        "Eighteen designs, and which of them are best in energy, cycles and area.",
    ),
    example("onnx2timeloop sweep experiment.yaml --shard 1/4", "The first quarter of an experiment that is a file."),
    example("onnx2timeloop report before after -o compared", "What changed between two runs, layer by layer."),
    example("onnx2timeloop report outputs_resnet18", "The totals of a folder that the real Timeloop wrote."),
    example(
        "onnx2timeloop report out -o paper --chart-size one-column --chart-format svg --chart-metric reads:DRAM:Inputs",
        "Figures for a paper; nothing is searched.",
    ),
    example("onnx2timeloop check model.onnx --expect layers.yaml --update", "Writes what the layers are today."),
    example(
        "onnx2timeloop check model.onnx --expect layers.yaml",
        "Compares with it; exits with 1 if a layer differs.",
    ),
    example("onnx2timeloop map arch.yaml problem.yaml constraints.yaml -o mapped", "In place of timeloop-mapper."),
    example("onnx2timeloop map --arch eyeriss_like --problem problem.yaml -o mapped", "A problem on a preset."),
    example(
        "onnx2timeloop evaluate --arch eyeriss_like --problem problem.yaml --mapping mapped/timeloop-mapper.map.yaml -o cost -v",
        "What a mapping costs, level by level.",
    ),
    example("onnx2timeloop arch list", "The presets."),
    example("onnx2timeloop arch show eyeriss_like > my_design.yaml", "A preset, to start a design of your own from."),
    example("onnx2timeloop arch check my_design.yaml", "What was understood of a design, and what in it is wrong."),
    example(
        "onnx2timeloop completions bash > ~/.local/share/bash-completion/completions/onnx2timeloop",
        "Completions for the user's bash.",
    ),
    example("onnx2timeloop man > ~/.local/share/man/man1/onnx2timeloop.1", "Installs this page for the user."),
    example("onnx2timeloop man run | man -l -", "Reads the page of a command."),
];

/// A file or an environment variable: what it is, and the commands that it concerns.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) about: &'static str,
    pub(super) commands: &'static [&'static str],
}

const fn entry(name: &'static str, about: &'static str, commands: &'static [&'static str]) -> Entry {
    Entry { name, about, commands }
}

const RUNS: &[&str] = &["run", "dilation"];
const CACHED: &[&str] = &["run", "dilation", "sweep"];
const NETWORKS: &[&str] = &["run", "convert"];
const PROBLEMS: &[&str] = &["map", "evaluate"];

/// Paths are below the folder of `-o`, unless they begin otherwise.
pub(super) const FILES: &[Entry] = &[
    entry("NETWORK/layers.json, NETWORK/layers.csv", "The layers.", NETWORKS),
    entry("NETWORK/problems/NNN_NAME.yaml", "A Timeloop problem for each distinct layer.", NETWORKS),
    entry(
        "NETWORK/ARCHITECTURE/results.json, results.csv",
        "A row for each layer: cycles, energy, how good its mapping is.",
        &["run", "report"],
    ),
    entry(
        "NETWORK/ARCHITECTURE/NNN_NAME/timeloop-mapper.{stats.txt,map.txt,map.yaml}",
        "The best mapping of a distinct layer, as timeloop-mapper writes it.",
        &["run", "report"],
    ),
    entry(
        "totals.csv, report.html, charts/",
        "The report: totals, page, pictures with the data of each.",
        &["run", "report"],
    ),
    entry("comparison.json, comparison.csv", "What changed between runs.", &["report"]),
    entry("sweep.csv, sweep.json", "Every design of a sweep, and the Pareto fronts.", &["sweep", "report"]),
    entry("sweep.shard-I-of-N.json", "A part of a sweep; `report` brings all together.", &["sweep", "report"]),
    entry("best/", "What `run` writes, of the best designs of a sweep.", &["sweep"]),
    entry("NETWORK/dilation.json, dilation.csv, dilation.md", "The study of the dilated layers.", &["dilation"]),
    entry("manifest.json, timing.json", "What went in, with hashes and versions; how long each search took.", NETWORKS),
    entry("timeloop-mapper.{stats.txt,map.txt,map.yaml,json}", "The best mapping, and what it costs.", &["map"]),
    entry("timeloop-model.{stats.txt,map.txt,map.yaml,json}", "What the mapping costs.", &["evaluate"]),
    entry("an expectation (any name, YAML)", "The layers as they should be; `--update` writes it.", &["check"]),
    entry(
        "$XDG_CACHE_HOME/onnx2timeloop/, ~/.cache/onnx2timeloop/ (macOS: ~/Library/Caches, Windows: %LOCALAPPDATA%)",
        "Finished searches, shared by all runs; `--cache DIR` is another place, `--no-cache` is none.",
        CACHED,
    ),
];

/// The variables that the program reads.
pub(super) const ENVIRONMENT: &[Entry] = &[
    entry(
        "TIMELOOP_MAPPER",
        "Where `--mapper timeloop` finds the program, unless `--timeloop-bin` says it: the program or its folder.",
        RUNS,
    ),
    entry("PATH", "Where timeloop-mapper and accelergy are found otherwise.", &["run", "dilation", "map", "evaluate"]),
    entry("XDG_CACHE_HOME, HOME, LOCALAPPDATA", "Where the cache of finished searches is.", CACHED),
    entry(
        "SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_COUNT, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_STEP",
        "Which part of a sweep `--shard auto` is, in an array job of Slurm.",
        &["sweep"],
    ),
    entry("JOB_COMPLETION_INDEX, JOB_COMPLETIONS", "The same in an indexed job of Kubernetes.", &["sweep"]),
    entry(
        "TIMELOOP_PROBLEM_SHAPE_DIR, TIMELOOP_PROBLEM_SHAPE_DIRS, TIMELOOP_DIR",
        "Where a problem finds the shape that it names.",
        PROBLEMS,
    ),
    entry("TIMELOOP_HIDE_INCONSEQUENTIAL_STATS", "0 prints also what is zero in stats.txt, as in Timeloop.", PROBLEMS),
    entry("TIMELOOP_OUTPUT_STAT_SCIENTIFIC", "1 prints numbers in stats.txt as 1.5e+03, as in Timeloop.", PROBLEMS),
    entry(
        "NO_COLOR, TERM",
        "With NO_COLOR set, or TERM=dumb, messages have no colours unless `--color always` is given.",
        &["run", "convert", "dilation", "sweep", "report", "check", "map", "evaluate", "arch"],
    ),
];

/// What the process returns.
pub(super) const EXIT_CODES: [(&str, &str); 4] = [
    ("0", "Everything is done."),
    ("1", "A part failed (a file, a layer, a search without result), or a check differs."),
    ("2", "Bad usage or input; nothing was written."),
    ("130", "Interrupted; what was finished is written."),
];
