//! Templates, includes, merge keys and the combination of several files.

use onnx2timeloop::timeloop::frontend::{Document, ErrorKind, Errors, LoadOptions, Source, load_files, load_sources};
use std::path::PathBuf;

/// Writes files into a fresh directory and gives its path.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    root
}

fn load(root: &std::path::Path, names: &[&str]) -> Result<Document, Errors> {
    load_files(&names.iter().map(|name| root.join(name)).collect::<Vec<_>>(), &LoadOptions::default())
}

fn text(source: &str) -> Result<Document, Errors> {
    load_sources(&[Source::Text { name: "text".into(), text: source.into() }], &LoadOptions::default())
}

fn json(document: &Document, key: &str) -> String {
    serde_json::to_string(&document.keys.get(key).expect(key).to_value()).unwrap()
}

fn kind(result: Result<Document, Errors>) -> ErrorKind {
    result.expect_err("an error").errors.remove(0).kind
}

#[test]
fn template_functions_insert_files_and_values() {
    let root = folder(
        "functions",
        &[
            (
                "top.yaml",
                "{{ add_to_path('lib') }}\nproblem: {{ include('base.yaml', 'problem') }}\nall: {{ include_all('parts/*.yaml', 'part') }}\n{{ include_text('more.yaml') }}\ndir: {{ cwd() }}\nfound: {{ find_path('base.yaml') }}\nyes: {{ path_exists('more.yaml') }}\nno: {{ path_exists('none.yaml') }}\n{% for i in range(3) %}k{{ i }}: {{ i * 2 }}\n{% endfor %}",
            ),
            ("lib/base.yaml", "problem: {instance: {C: 1}, q: \"a * b\"}\n"),
            ("parts/a.yaml", "part: {x: 1}\n"),
            ("parts/b.yaml", "part: {x: {{ include('../lib/base.yaml', 'problem.instance.C') }}}\n"),
            ("more.yaml", "more: {{ 1 + 2 }} # it's text\n"),
        ],
    );
    let document = load(&root, &["top.yaml"]).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(json(&document, "problem"), r#"{"instance":{"C":1},"q":"a * b"}"#);
    assert_eq!(json(&document, "all"), r#"[{"x":1},{"x":1}]"#);
    assert_eq!(json(&document, "more"), "3");
    assert_eq!(json(&document, "k2"), "4");
    assert_eq!((json(&document, "yes"), json(&document, "no")), ("true".into(), "false".into()));
    assert!(json(&document, "dir").contains("functions"));
    assert!(json(&document, "found").ends_with("base.yaml\""));
}

#[test]
fn yaml_tags_insert_files_and_values() {
    let root = folder(
        "tags",
        &[
            ("top.yaml", "a: !include sub/one.yaml\nb: !includedir sub\nc: !Component {name: x}\n"),
            ("sub/one.yaml", "x: 1"),
            ("sub/two.yaml", "y: !include one.yaml"),
        ],
    );
    let document = load(&root, &["top.yaml"]).unwrap();
    assert_eq!(json(&document, "a"), r#"{"x":1}"#);
    assert_eq!(json(&document, "b"), r#"[{"x":1},{"y":{"x":1}}]"#);
}

#[test]
fn templates_see_the_data_they_are_given() {
    let options = LoadOptions { variables: [("depth".to_owned(), 64.into())].into(), root: None };
    let source = Source::Text { name: "t".into(), text: "a: {{ depth * 2 }}".into() };
    assert_eq!(json(&load_sources(&[source], &options).unwrap(), "a"), "128");
    assert!(matches!(kind(text("a: {{ depth }}")), ErrorKind::UndefinedVariable(names) if names == ["depth"]));
}

#[test]
fn includes_that_cannot_work_are_refused_with_their_place() {
    let root = folder(
        "broken",
        &[
            ("missing.yaml", "a: {{ include('none.yaml') }}"),
            ("missing_tag.yaml", "a: !include none.yaml"),
            ("several.yaml", "a: {{ include('c*.yaml') }}"),
            ("cycle1.yaml", "a: {{ include('cycle2.yaml') }}"),
            ("cycle2.yaml", "{{ include_text('cycle1.yaml') }}"),
            ("cycle3.yaml", "a: !include cycle3.yaml"),
            ("key.yaml", "a: {{ include('good.yaml', 'x.z') }}"),
            ("good.yaml", "x: {y: 1}"),
            ("bad.yaml", "x: [1"),
            ("nested.yaml", "a: {{ include('bad.yaml') }}"),
            ("inner/outside.yaml", "a: {{ include('../good.yaml') }}"),
        ],
    );
    let refusal = |name: &str| kind(load(&root, &[name]));
    assert!(matches!(refusal("missing.yaml"), ErrorKind::NotFound { wanted, .. } if wanted == "none.yaml"));
    assert!(matches!(refusal("missing_tag.yaml"), ErrorKind::NotFound { .. }));
    assert!(matches!(refusal("several.yaml"), ErrorKind::ManyFound { count: 3, .. }));
    assert!(matches!(refusal("cycle1.yaml"), ErrorKind::IncludeCycle(chain) if chain.contains("cycle2.yaml ->")));
    assert!(matches!(refusal("cycle3.yaml"), ErrorKind::IncludeCycle(_)));
    assert!(matches!(refusal("key.yaml"), ErrorKind::Unknown { name, known, .. } if name == "z" && known == ["y"]));
    let nested = load(&root, &["nested.yaml"]).unwrap_err();
    assert!(nested.errors[0].place.file.ends_with("bad.yaml"), "{nested}");
    assert!(matches!(refusal("none.yaml"), ErrorKind::Read(_)));
    let confined = LoadOptions { root: Some(root.join("inner")), ..LoadOptions::default() };
    let refused = load_files(&[root.join("inner/outside.yaml")], &confined);
    assert!(matches!(kind(refused), ErrorKind::OutsideRoot(_)));
    assert!(load_files(&[root.join("inner/outside.yaml")], &LoadOptions::default()).is_ok());
}

#[test]
fn absurd_expansion_is_refused() {
    let large = |source: &str| match kind(text(source)) {
        ErrorKind::TooLarge { .. } => {}
        other => panic!("{other}"),
    };
    large("{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}");
    large("a: {{ 'x' * 90000000 }}");
    large("{% set s = 'x' * 1000000 %}{% for i in range(1000) %}{{ s }}{% endfor %}");
    large(
        "{% macro f() %}{% for i in range(9000) %}{{ i }}{% endfor %}{% endmacro %}{% for i in range(9000) %}{{ f() }}{% endfor %}",
    );
    let root = folder(
        "fork",
        &[("a.yaml", "x: [{% for i in range(3000) %}{{ include('b.yaml') }},{% endfor %}]"), ("b.yaml", "y: 1")],
    );
    assert!(matches!(kind(load(&root, &["a.yaml"])), ErrorKind::TooLarge { .. }));
    let chain: Vec<(String, String)> =
        (0..40).map(|i| (format!("{i}.yaml"), format!("a: !include {}.yaml", i + 1))).collect();
    let chain: Vec<(&str, &str)> = chain.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let root = folder("chain", &chain);
    assert!(matches!(kind(load(&root, &["0.yaml"])), ErrorKind::TooLarge { what, .. } if what.contains("depth")));
    let nested: Vec<(String, String)> =
        (0..30).map(|i| (format!("{i}.yaml"), format!("{}!include {}.yaml", "- ".repeat(110), i + 1))).collect();
    let mut nested: Vec<(&str, &str)> = nested.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    nested.push(("30.yaml", "x"));
    let root = folder("nested", &nested);
    assert!(matches!(kind(load(&root, &["0.yaml"])), ErrorKind::TooLarge { what, .. } if what.contains("nesting")));
    for text in ["a: {{ include('NEXT') }}", "{{ include_text('NEXT') }}"] {
        let deep: Vec<(String, String)> =
            (0..31).map(|i| (format!("{i}.yaml"), text.replace("NEXT", &format!("{}.yaml", i + 1)))).collect();
        let mut deep: Vec<(&str, &str)> = deep.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        deep.push(("31.yaml", "x: 1"));
        assert!(load(&folder("deep", &deep), &["0.yaml"]).is_ok());
    }
    large(&" ".repeat(5 << 20));
    assert!(text(&"[".repeat(100_000)).is_err());
    assert!(text(&"- ".repeat(100_000)).is_err());
    assert!(text(&"{% if 1 %}".repeat(10_000)).is_err());
    assert!(text(&format!("a: {{{{ {}1 }}}}", "(".repeat(10_000))).is_err());
}

#[test]
fn top_level_keys_of_several_files_are_combined() {
    let root = folder(
        "combine",
        &[
            ("1.yaml", "variables: {a: 1}\nconstraints: {targets: [{x: 1}]}\ncompound_components: {classes: [p]}\n"),
            ("2.yaml", "variables: {b: 2, a: 1}\nmy_constraints: [{x: 2}]\nother_components: {classes: [q]}\n"),
            ("3.yaml", "variables: {a: 3}\n"),
            ("empty.yaml", "# nothing\n"),
            ("list.yaml", "- 1\n"),
            ("dup.yaml", "variables: {a: 1}\nvariables: {b: 1}\n"),
        ],
    );
    let document = load(&root, &["1.yaml", "2.yaml", "1.yaml", "empty.yaml"]).unwrap();
    assert!(document.keys.contains_key("my_constraints"));
    let document = document.standardised().unwrap();
    assert_eq!(json(&document, "variables"), r#"{"a":1,"b":2}"#);
    assert_eq!(json(&document, "constraints"), r#"{"targets":[{"x":1},{"x":2}]}"#);
    assert_eq!(json(&document, "components"), r#"{"classes":["p","q"]}"#);
    let errors = load(&root, &["1.yaml", "3.yaml", "list.yaml", "dup.yaml"]).unwrap_err().errors;
    assert_eq!(errors.len(), 3);
    assert!(matches!(&errors[0].kind, ErrorKind::Respecified { first } if first.ends_with("1.yaml")));
    assert_eq!(errors[0].place.path, "variables.a");
    assert!(matches!(&errors[1].kind, ErrorKind::WrongType { .. }));
    assert!(errors[2].to_string().contains("duplicate"), "{}", errors[2]);
}

#[test]
fn merge_keys_reach_across_includes() {
    let root = folder(
        "merge",
        &[
            (
                "base.yaml",
                "problem_base: &problem_base {shape: {name: conv, dimensions: [C]}, instance: {C: 1, M: 1}}\n",
            ),
            ("layer.yaml", "{{ include_text('base.yaml') }}\nproblem:\n  <<<: *problem_base\n  instance: {C: 64}\n"),
        ],
    );
    let document = load(&root, &["layer.yaml"]).unwrap();
    assert_eq!(json(&document, "problem"), r#"{"instance":{"C":64,"M":1},"shape":{"name":"conv","dimensions":["C"]}}"#);
}
