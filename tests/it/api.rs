//! The library's face: what a program that uses it sees.

use std::fs;

use onnx2timeloop::api::{
    Architecture, ArchitectureOptions, Budget, Cache, Description, Energies, EnergySource, ErrorKind, ExactMapper,
    MapperOptions, Metric, Network, NetworkOptions, NoProgress, Run, SearchMethod, TimeloopVersion, Variant,
    check_output, provenance, write_network, write_report,
};
use onnx2timeloop::mapper::Template;
use onnx2timeloop::results;

const RESNET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/resnet18__ts_rbn.onnx");

/// Two levels and 16 multipliers, without any energies.
const ROW: &str = "
architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: DRAM, class: DRAM, attributes: {width: 64, word-bits: 16}}
    subtree:
    - name: chip
      local:
      - {name: buffer, class: SRAM, attributes: {depth: 8192, width: 64, word-bits: 16}}
      - {name: 'mac[0..15]', class: intmac, attributes: {datawidth: 16, meshX: 16}}
";

fn short() -> ExactMapper {
    ExactMapper { budget: Budget { evaluations: Some(200), ..Budget::default() }, ..ExactMapper::default() }
}

#[test]
fn a_file_and_its_bytes_are_the_same_network() {
    let opened = Network::open(RESNET).unwrap();
    let bytes = fs::read(RESNET).unwrap();
    let read = Network::from_bytes(bytes, "resnet18__ts_rbn", &NetworkOptions::default()).unwrap();
    assert_eq!(opened.name(), "resnet18__ts_rbn");
    assert_eq!(opened.layers(), read.layers());
    assert_eq!(opened.input().blake3, read.input().blake3);
    let twin = opened.with_variant(Variant::SameSize).unwrap();
    assert_eq!((twin.name(), twin.layers().len()), ("resnet18__ts_rbn.same-size", 21));
}

#[test]
fn a_mapping_that_was_found_costs_the_same_when_it_is_read_again() {
    let network = Network::open(RESNET).unwrap();
    let problem = &network.problems()[11].problem;
    let on_architecture = Architecture::open("simple_output_stationary").unwrap().for_problem(problem).unwrap();
    let best = on_architecture.search(&short()).unwrap();
    for (name, text) in on_architecture.files(&best.best.mapping, &best.evaluation) {
        if name != "stats.txt" {
            let again = on_architecture.read_mapping(&text).unwrap().value;
            assert_eq!(on_architecture.evaluate(&again).unwrap(), best.evaluation, "{name}");
        }
    }
}

#[test]
fn errors_say_what_was_noticed_before_them() {
    let error = Architecture::from_text("own", "colour: red\narchitecture: {version: 0.3, subtree: []}").unwrap_err();
    assert_eq!(error.warnings, ["colour: unknown key, ignored"]);
    assert!(format!("{error:?}").ends_with("\nnote: earlier warning: colour: unknown key, ignored"), "{error:?}");
}

#[test]
fn unknown_names_are_errors_of_their_own() {
    let error = Architecture::open("eyeriss_lik").unwrap_err();
    assert!(matches!(*error.kind, ErrorKind::UnknownArchitecture(_)));
    assert!(error.to_string().contains("did you mean"), "{error}");
    assert!(matches!(*Architecture::preset("eyeriss").unwrap_err().kind, ErrorKind::UnknownPreset(_)));
    assert!(matches!(*Network::open("no/such.onnx").unwrap_err().kind, ErrorKind::Import(_)));
}

#[test]
fn energies_that_nothing_states_are_named_unless_estimates_were_asked_for() {
    let open = |source| {
        let mut description = Description::default();
        description.add_text("row", ROW);
        let energies = Energies { source, ..Energies::default() };
        Architecture::read(&description, &ArchitectureOptions { energies, ..ArchitectureOptions::default() }).unwrap()
    };
    assert_eq!(open(EnergySource::default()).guessed_energies(), ["mac", "buffer", "DRAM"]);
    assert_eq!(open(EnergySource::Formulas).guessed_energies(), [""; 0]);
    assert_eq!(Architecture::open("eyeriss_like").unwrap().guessed_energies(), [""; 0]);
}

#[test]
fn random_searches_sample_perfect_factors_only() {
    let options = MapperOptions {
        own: Some(SearchMethod::Random { seed: 1 }),
        template: Template::Ruby,
        ..MapperOptions::default()
    };
    let error = options.mappers(&[Metric::Edp]).err().unwrap();
    assert!(matches!(*error.kind, ErrorKind::RandomRuby));
}

#[test]
fn a_run_leaves_a_folder_that_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    check_output(folder).unwrap();
    let network = Network::open(RESNET).unwrap();
    let architecture = Architecture::from_text("row", ROW).unwrap();
    let run = Run::new(std::slice::from_ref(&network), &[architecture], short());
    let finished = run.execute(&Cache::none(), 2, &NoProgress);
    assert_eq!((finished.done.len(), finished.results[0].totals.failed), (12, 0));

    let version = TimeloopVersion::default();
    assert_eq!(write_network(folder, &network, version).unwrap(), None);
    run.write_search(folder, 0, finished.done[0].as_ref().unwrap()).unwrap();
    run.write_results(folder, &finished, version).unwrap();
    write_report(folder, &finished.results, &run.provenance()).unwrap();
    for file in
        ["layers.json", "problems/001_conv1.yaml", "row/001_conv1/timeloop-mapper.stats.txt", "row/results.json"]
    {
        assert!(folder.join(network.name()).join(file).is_file(), "{file}");
    }
    let read = results::read_folder(folder).unwrap().pop().unwrap().unwrap();
    assert_eq!(read, finished.results[0]);
    // The manifest says the same as the run itself, and which folder it is of.
    let (own, manifest) = (run.provenance(), provenance(&[folder.to_owned()]));
    assert_eq!(manifest.inputs, [(RESNET.to_owned(), network.input().blake3.unwrap())]);
    assert!(own.inputs.starts_with(&manifest.inputs) && manifest.facts.ends_with(&own.facts));
}
