//! Matrix products and contractions.

use onnx2timeloop::onnx::proto::ModelProto;

use super::check;
use crate::kit::onnx::*;

#[test]
fn matmul_and_gemm_become_matrix_products() {
    let product = |op: &str, a: &[i64], b: &[i64], attributes| {
        single(op, &[("a", FLOAT, a)], vec![tensor("l.weight", FLOAT, b)], "y", attributes, "a l.weight")
    };
    check(&product("Gemm", &[3, 5], &[7, 5], vec![int("transB", 1)]), &["l matmul 1x3x7x5 bits 32/32/32 macs 105 x1"]);
    check(
        &product("com.microsoft:FusedGemm", &[5, 3], &[5, 7], vec![int("transA", 1)]),
        &["l matmul 1x3x7x5 bits 32/32/32 macs 105 x1"],
    );
    check(&product("MatMul", &[2, 4, 3, 5], &[4, 5, 7], vec![]), &["l matmul 4x6x7x5 bits 32/32/32 macs 840 x1"]);
    check(
        &product("com.microsoft:FusedMatMul", &[4, 3, 5], &[4, 7, 5], vec![int("transB", 1)]),
        &["l matmul 4x3x7x5 bits 32/32/32 macs 420 x1"],
    );
    check(
        &product("com.microsoft:TransposeMatMul", &[4, 5, 3], &[5, 7], vec![int("transA", 1)]),
        &["l matmul 1x12x7x5 bits 32/32/32 macs 420 x1"],
    );
    // transBatchA: [3, 4, 5] is read as [4, 3, 5].
    check(
        &product("com.microsoft:FusedMatMul", &[3, 4, 5], &[4, 5, 7], vec![int("transBatchA", 1)]),
        &["l matmul 4x3x7x5 bits 32/32/32 macs 420 x1"],
    );

    let int8 = || {
        vec![tensor("l.weight", INT8, &[5, 7]), floats("s", &[1.0]), tensor("z", UINT8, &[]), tensor("wz", INT8, &[])]
    };
    let a: &[(&str, i32, &[i64])] = &[("a", UINT8, &[3, 5])];
    check(
        &single("MatMulInteger", a, int8(), "y", vec![], "a l.weight z wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    check(
        &single("QLinearMatMul", a, int8(), "y", vec![], "a s z l.weight s wz s z"),
        &["l matmul 1x3x7x5 bits 8/8/8 macs 105 x1"],
    );
    check(
        &single("com.microsoft:QGemm", a, int8(), "y", vec![], "a s z l.weight s wz _ s z"),
        &["l matmul 1x3x7x5 bits 8/8/8 macs 105 x1"],
    );
    check(
        &single("com.microsoft:QGemm", a, int8(), "y", vec![], "a s z l.weight s wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    check(
        &single("com.microsoft:MatMulIntegerToFloat", a, int8(), "y", vec![], "a l.weight s s z wz"),
        &["l matmul 1x3x7x5 bits 8/8/32 macs 105 x1"],
    );
    let a: &[(&str, i32, &[i64])] = &[("a", FLOAT, &[2, 3, 5])];
    check(
        &single("com.microsoft:DynamicQuantizeMatMul", a, int8(), "y", vec![], "a l.weight s wz"),
        &["l matmul 1x6x7x5 bits 8/8/32 macs 210 x1"],
    );
    let packed = vec![tensor("l.weight", UINT8, &[7, 1, 16]), tensor("s", FLOAT, &[7])];
    let a: &[(&str, i32, &[i64])] = &[("a", FLOAT, &[2, 3, 32])];
    let bits = |bits| vec![int("K", 32), int("N", 7), int("bits", bits), int("block_size", 32)];
    check(
        &single("com.microsoft:MatMulNBits", a, packed.clone(), "y", bits(4), "a l.weight s"),
        &["l matmul 1x6x7x32 bits 32/4/32 macs 1344 x1"],
    );
    check(
        &single("com.microsoft:MatMulNBits", a, packed, "y", bits(2), "a l.weight s"),
        &["l matmul 1x6x7x32 bits 32/2/32 macs 1344 x1"],
    );
}

fn einsum(equation: &str, shapes: &[&[i64]]) -> ModelProto {
    let names = ["a", "b", "c"];
    let inputs: Vec<_> = shapes.iter().zip(names).map(|(shape, name)| (name, FLOAT, *shape)).collect();
    single("Einsum", &inputs, vec![], "y", vec![text("equation", equation)], &names[..shapes.len()].join(" "))
}

#[test]
fn einsum_becomes_matrix_products() {
    let line = |equation, shapes: &[&[i64]]| lines(&read(&einsum(equation, shapes)).unwrap()).join(";");
    assert_eq!(
        line("bhid,bhjd->bhij", &[&[2, 3, 5, 7], &[2, 3, 11, 7]]),
        "node_y matmul 6x5x11x7 bits 32/32/32 macs 2310 x1"
    );
    assert_eq!(line("bnm , md -> bnd", &[&[2, 3, 5], &[5, 7]]), "node_y matmul 1x6x7x5 bits 32/32/32 macs 210 x1");
    assert_eq!(line("...ij,...jk", &[&[4, 2, 3], &[4, 3, 5]]), "node_y matmul 4x2x5x3 bits 32/32/32 macs 120 x1");
    assert_eq!(line("ij,jk", &[&[2, 3], &[3, 5]]), "node_y matmul 1x2x5x3 bits 32/32/32 macs 30 x1");
    // An index of one operand alone is summed before the product.
    assert_eq!(line("ijx,jk->ik", &[&[2, 3, 9], &[3, 5]]), "node_y matmul 1x2x5x3 bits 32/32/32 macs 30 x1");
    // A broadcast operand is shared by the batch.
    assert_eq!(line("bij,bjk->bik", &[&[1, 2, 3], &[4, 3, 5]]), "node_y matmul 1x2x20x3 bits 32/32/32 macs 120 x1");
    assert_eq!(line("ij,ij->ij", &[&[2, 3], &[2, 3]]), "");
    assert_eq!(line("ij->ji", &[&[2, 3]]), "");

    let three = read(&einsum("ij,jk,kl->il", &[&[2, 3], &[3, 4], &[4, 5]])).unwrap();
    assert_eq!((three.layers.len(), three.mac_coverage), (0, Some(0.0)));
    assert!(three.not_lowered[0].reason.contains("3 operands"), "{:?}", three.not_lowered);
    assert!(read(&einsum("ij,jk->ik", &[&[2, 3], &[4, 5]])).is_err());
    assert!(read(&einsum("ij->ik", &[&[2, 3]])).is_err());
    assert!(read(&einsum("ij,jk->ik", &[&[2, 3]])).is_err());
}
