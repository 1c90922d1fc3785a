//! The printed table.

/// `UPDATE=1 cargo test --test it operators` prints the document anew.
#[test]
fn the_document_shows_the_table_of_operators() {
    let path = crate::kit::path("docs/operators.md");
    let printed = onnx2timeloop::onnx::operators_markdown();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == printed, "docs/operators.md is not what src/onnx/ops/ says: run this test with UPDATE=1");
}
