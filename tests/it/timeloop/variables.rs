//! Values given from outside: templates and entries of `variables`, as notebooks of design-space exploration use them.

use std::path::Path;

use onnx2timeloop::api::{Architecture, ArchitectureOptions, Description, Error};

use crate::kit::{Ran, folder, program_in};

/// A design whose buffer is as deep as a template says, with as many columns as a variable says.
const DESIGN: &str = "variables:
  version: 0.4
  columns: 2
architecture:
  version: 0.4
  nodes:
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: 8}}
  - !Component
    name: buffer
    class: SRAM
    attributes: {depth: {{ DEPTH * 2 }}, width: 64, datawidth: 8}
  - !Container {name: column, spatial: {meshX: columns}}
  - !Component {name: mac, class: intmac}
";

fn opened(variables: &[(&str, serde_json::Value)]) -> Result<Architecture, Error> {
    let mut description = Description::default();
    description.add_text("design.yaml", DESIGN);
    variables.iter().for_each(|(name, value)| description.set_variable(name, value.clone()));
    Architecture::read(&description, &ArchitectureOptions::default())
}

#[test]
fn templates_and_variables_take_the_values_that_are_given() {
    for (depth, columns) in [(8, 2), (32, 5)] {
        let architecture = opened(&[("DEPTH", depth.into()), ("columns", columns.into())]).unwrap();
        let levels = architecture.resolved().levels();
        let buffer = levels.iter().find(|level| level.name == "buffer").unwrap();
        assert_eq!(buffer.size, Some(depth * 2 * 8));
        assert_eq!(architecture.resolved().arithmetic().instances, columns);
        assert_eq!(architecture.warnings, [""; 0]);
    }
}

#[test]
fn an_undefined_variable_is_named_with_its_file_and_line() {
    assert_eq!(
        opened(&[]).unwrap_err().to_string(),
        "design.yaml:11: the template uses `DEPTH`, which nothing defines; give the value from outside, or write \
         `{% set DEPTH = ... %}` above it"
    );
    let text = DESIGN.replace("{{ DEPTH * 2 }}", "DEPHT * 2").replace("columns: 2", "columns: 2\n  DEPTH: 3");
    let error = Architecture::from_text("design.yaml", &text).unwrap_err().to_string();
    assert!(error.starts_with("design.yaml:12: architecture.nodes[1].attributes.depth: "), "{error}");
    assert!(error.contains("did you mean \"DEPTH\"?") && error.contains("`variables`"), "{error}");
}

#[test]
fn a_variable_that_nothing_uses_is_remarked() {
    let architecture = opened(&[("DEPTH", 4.into()), ("depth", 4.into())]).unwrap();
    assert_eq!(
        architecture.warnings,
        ["the variable `depth` has no effect: no template uses it, and `variables` does not define it"]
    );
}

/// As the exercises are laid out: one file at the top that includes the design of a name, its problem, and settings.
#[test]
fn included_files_are_chosen_and_filled_in_by_variables() {
    let top = "{{ add_to_path('designs') }}
architecture: {{ include(design ~ '.yaml', 'architecture') }}
variables: {{ include('settings.yaml', 'variables') }}
{% if layer is defined %}problem: {{ include(layer, 'problem') }}{% endif %}
";
    let folder =
        folder(&[("top.yaml.jinja2", top), ("settings.yaml", "variables: {version: 0.4, columns: {{ COLUMNS }}}")]);
    std::fs::create_dir(folder.path().join("designs")).unwrap();
    let design = DESIGN[DESIGN.find("architecture").unwrap()..].replace("{{ DEPTH * 2 }}", "{{ DEPTH }}");
    std::fs::write(folder.path().join("designs/small.yaml"), design).unwrap();
    let flags = "--var design=small --var DEPTH=64 --var COLUMNS=3";
    let ran = Ran::of(&mut program_in(folder.path(), &format!("arch check top.yaml.jinja2 {flags}")));
    assert_eq!((ran.code, ran.stderr.contains("error")), (0, false), "{}", ran.stderr);
    assert!(ran.stdout.contains("512") && ran.stdout.contains('3'), "{}", ran.stdout);
    let ran = Ran::of(&mut program_in(folder.path(), "arch check top.yaml.jinja2 --var design=small --var COLUMNS=3"));
    assert!(ran.code == 2 && ran.stderr.contains("designs/small.yaml:8: the template uses `DEPTH`"), "{}", ran.stderr);
}

fn checked(folder: &Path, flags: &str) -> Ran {
    Ran::of(&mut program_in(folder, &format!("arch check design.yaml {flags}")))
}

#[test]
fn variables_are_given_on_the_command_line() {
    let folder = folder(&[("design.yaml", DESIGN)]);
    let Ran { code, stdout, stderr } = checked(folder.path(), "--var DEPTH=16 --var columns=7");
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("256") && stdout.contains('7'), "{stdout}");
    let Ran { code, stderr, .. } = checked(folder.path(), "--var columns=7");
    assert_eq!(code, 2);
    assert!(stderr.contains("design.yaml:11: the template uses `DEPTH`"), "{stderr}");
    assert!(stderr.contains("hint: values are given from outside with `--var DEPTH=VALUE`"), "{stderr}");
    let Ran { code, stderr, .. } = checked(folder.path(), "--var DEPTH");
    assert!(code == 2 && stderr.contains("expected NAME=VALUE"), "{stderr}");
}
