//! Attention.

use super::check;
use crate::kit::onnx::*;

#[test]
fn attention_is_two_products() {
    let qkv = |q: &'static [i64], k: &'static [i64], v: &'static [i64], attributes| {
        single("Attention", &[("q", FLOAT, q), ("k", FLOAT, k), ("v", FLOAT, v)], vec![], "y", attributes, "q k v")
    };
    let expected = [
        "node_y.query_key matmul 24x5x9x16 bits 32/32/32 macs 17280 x1",
        "node_y.score_value matmul 24x5x8x9 bits 32/32/32 macs 8640 x1",
    ];
    check(&qkv(&[2, 12, 5, 16], &[2, 12, 9, 16], &[2, 12, 9, 8], vec![]), &expected);
    let heads = vec![int("q_num_heads", 12), int("kv_num_heads", 12)];
    check(&qkv(&[2, 5, 192], &[2, 9, 192], &[2, 9, 96], heads), &expected);
    // 12 query heads share 4 key heads: 3 x 5 rows of one product each.
    check(
        &qkv(&[2, 12, 5, 16], &[2, 4, 9, 16], &[2, 4, 9, 8], vec![]),
        &[
            "node_y.query_key matmul 8x15x9x16 bits 32/32/32 macs 17280 x1",
            "node_y.score_value matmul 8x15x8x9 bits 32/32/32 macs 8640 x1",
        ],
    );
    let inputs: &[(&str, i32, &[i64])] = &[
        ("q", FLOAT, &[1, 2, 1, 8]),
        ("k", FLOAT, &[1, 2, 1, 8]),
        ("v", FLOAT, &[1, 2, 1, 8]),
        ("pk", FLOAT, &[1, 2, 30, 8]),
        ("pv", FLOAT, &[1, 2, 30, 8]),
    ];
    check(
        &single("Attention", inputs, vec![], "y pk2 pv2", vec![], "q k v _ pk pv"),
        &[
            "node_y.query_key matmul 2x1x31x8 bits 32/32/32 macs 496 x1",
            "node_y.score_value matmul 2x1x8x31 bits 32/32/32 macs 496 x1",
        ],
    );
}

#[test]
fn attention_operators_of_onnx_runtime_become_products() {
    let packed = [
        "at.projection matmul 1x20x192x64 bits 32/32/32 macs 245760 x1",
        "node_y.query_key matmul 8x10x10x16 bits 32/32/32 macs 12800 x1",
        "node_y.score_value matmul 8x10x16x10 bits 32/32/32 macs 12800 x1",
    ];
    let x: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[2, 10, 64])];
    let weights = vec![tensor("at.weight", FLOAT, &[64, 192]), tensor("b", FLOAT, &[192])];
    check(&single("com.microsoft:Attention", x, weights, "y", vec![int("num_heads", 4)], "x at.weight b"), &packed);
    let x: &[(&str, i32, &[i64])] = &[("x", UINT8, &[2, 10, 64])];
    let weights = vec![tensor("at.weight", INT8, &[64, 192]), tensor("b", FLOAT, &[192]), floats("s", &[1.0])];
    let quantised = packed.map(|line| line.replace("192x64 bits 32/32/32", "192x64 bits 8/8/32"));
    check(
        &single("com.microsoft:QAttention", x, weights, "y", vec![int("num_heads", 4)], "x at.weight b s s"),
        &quantised.each_ref().map(String::as_str),
    );

    let inputs: &[(&str, i32, &[i64])] =
        &[("q", FLOAT, &[2, 10, 64]), ("k", FLOAT, &[2, 7, 64]), ("v", FLOAT, &[2, 7, 64])];
    check(
        &single("com.microsoft:MultiHeadAttention", inputs, vec![], "y", vec![int("num_heads", 4)], "q k v"),
        &[
            "node_y.query_key matmul 8x10x7x16 bits 32/32/32 macs 8960 x1",
            "node_y.score_value matmul 8x10x16x7 bits 32/32/32 macs 8960 x1",
        ],
    );
    let inputs: &[(&str, i32, &[i64])] = &[("q", FLOAT, &[2, 10, 4, 3, 16])];
    check(
        &single("com.microsoft:MultiHeadAttention", inputs, vec![], "y", vec![int("num_heads", 4)], "q"),
        &packed[1..],
    );
    // 8 query heads on 2 key heads, one new token after 15 in the cache.
    let inputs: &[(&str, i32, &[i64])] = &[
        ("q", FLOAT, &[1, 1, 128]),
        ("k", FLOAT, &[1, 1, 32]),
        ("v", FLOAT, &[1, 1, 32]),
        ("pk", FLOAT, &[1, 2, 15, 16]),
        ("pv", FLOAT, &[1, 2, 15, 16]),
    ];
    let heads = vec![int("num_heads", 8), int("kv_num_heads", 2)];
    check(
        &single("com.microsoft:GroupQueryAttention", inputs, vec![], "y", heads, "q k v pk pv"),
        &[
            "node_y.query_key matmul 2x4x16x16 bits 32/32/32 macs 2048 x1",
            "node_y.score_value matmul 2x4x16x16 bits 32/32/32 macs 2048 x1",
        ],
    );
}
