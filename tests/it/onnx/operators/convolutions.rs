//! Convolutions.

use super::{check, conv};
use crate::kit::onnx::*;

#[test]
fn conv_reads_every_form_of_padding() {
    // SAME: ceil(7 / 2) = 4 outputs reach 2 * 3 + 3 = 9 elements: 2 of padding, 1 before.
    let same = |pad| vec![text("auto_pad", pad), int_list("strides", &[2, 2])];
    let expected = "c conv n1g1c3m4 k3s2d1p1,1:7->4 k4s2d1p1,2:9->5 bits 32/32/32 macs 2880 x1";
    check(&conv(&[1, 3, 7, 9], &[4, 3, 3, 4], same("SAME_UPPER")), &[expected]);
    let lower = "c conv n1g1c3m4 k3s2d1p1,1:7->4 k4s2d1p2,1:9->5 bits 32/32/32 macs 2880 x1";
    check(&conv(&[1, 3, 7, 9], &[4, 3, 3, 4], same("SAME_LOWER")), &[lower]);
    let valid = vec![text("auto_pad", "VALID"), int_list("dilations", &[2])];
    check(
        &conv(&[2, 6, 20], &[8, 3, 5], [valid, vec![int("group", 2)]].concat()),
        &["c conv n2g2c3m4 k5s1d2p0,0:20->12 bits 32/32/32 macs 2880 x1"],
    );
    // Asymmetric pads come as all begins, then all ends.
    check(
        &conv(&[1, 1, 5, 6], &[1, 1, 3, 3], vec![int_list("pads", &[1, 0, 2, 3])]),
        &["c conv n1g1c1m1 k3s1d1p1,2:5->6 k3s1d1p0,3:6->7 bits 32/32/32 macs 378 x1"],
    );
    check(
        &conv(&[1, 2, 8, 9, 10], &[4, 2, 3, 3, 3], vec![int_list("dilations", &[1, 2, 3])]),
        &["c conv n1g1c2m4 k3s1d1p0,0:8->6 k3s1d2p0,0:9->5 k3s1d3p0,0:10->4 bits 32/32/32 macs 25920 x1"],
    );
}

#[test]
fn conv_transpose_reads_output_padding_and_shape() {
    let model = |attributes| {
        single(
            "ConvTranspose",
            &[("x", FLOAT, &[1, 4, 5, 5])],
            vec![tensor("u.weight", FLOAT, &[4, 3, 3, 3])],
            "y",
            attributes,
            "x u.weight",
        )
    };
    // 2 * 4 + 1 + 3 - 2 = 10 with output_padding 1; two groups of 2 -> 3 channels. MACs: input 100 x 27.
    let grouped = vec![
        int("group", 2),
        int_list("strides", &[2, 2]),
        int_list("pads", &[1, 1, 1, 1]),
        int_list("output_padding", &[1, 1]),
    ];
    check(&model(grouped), &["u conv_transpose n1g2c2m3 k3s2d1p1,1:5->10 k3s2d1p1,1:5->10 bits 32/32/32 macs 2700 x1"]);
    // output_shape 10 of 11 possible: one element of padding, after for SAME_UPPER, before otherwise, NOTSET included.
    let stated = |pad| vec![int_list("strides", &[2, 2]), int_list("output_shape", &[10, 10]), text("auto_pad", pad)];
    check(
        &model(stated("SAME_UPPER")),
        &["u conv_transpose n1g1c4m3 k3s2d1p0,1:5->10 k3s2d1p0,1:5->10 bits 32/32/32 macs 2700 x1"],
    );
    check(
        &model(stated("SAME_LOWER")),
        &["u conv_transpose n1g1c4m3 k3s2d1p1,0:5->10 k3s2d1p1,0:5->10 bits 32/32/32 macs 2700 x1"],
    );
    let notset = vec![int_list("strides", &[2, 2]), int_list("output_shape", &[1, 3, 10, 10])];
    check(&model(notset), &["u conv_transpose n1g1c4m3 k3s2d1p1,0:5->10 k3s2d1p1,0:5->10 bits 32/32/32 macs 2700 x1"]);
    let same = vec![int_list("strides", &[2, 2]), text("auto_pad", "SAME_UPPER")];
    check(&model(same), &["u conv_transpose n1g1c4m3 k3s2d1p0,1:5->10 k3s2d1p0,1:5->10 bits 32/32/32 macs 2700 x1"]);
}

#[test]
fn quantized_and_fused_convolutions_are_convolutions() {
    let inits = || {
        vec![
            tensor("c.weight", INT8, &[8, 4, 3, 3]),
            floats("s", &[1.0]),
            tensor("z", UINT8, &[]),
            tensor("wz", INT8, &[]),
        ]
    };
    let x: &[(&str, i32, &[i64])] = &[("x", UINT8, &[1, 4, 6, 6])];
    let line = |bits| format!("c conv n1g1c4m8 k3s1d1p0,0:6->4 k3s1d1p0,0:6->4 bits {bits} macs 4608 x1");
    check(&single("ConvInteger", x, inits(), "y", vec![], "x c.weight z wz"), &[&line("8/8/32")]);
    check(&single("QLinearConv", x, inits(), "y", vec![], "x s z c.weight s wz s z"), &[&line("8/8/8")]);
    let last: &[(&str, i32, &[i64])] = &[("x", UINT8, &[1, 6, 6, 4])];
    let channels_last = single(
        "com.microsoft:QLinearConv",
        last,
        inits(),
        "y",
        vec![int("channels_last", 1)],
        "x s z c.weight s wz s z",
    );
    check(&channels_last, &[&line("8/8/8")]);

    let float = vec![tensor("c.weight", FLOAT, &[8, 4, 3, 3]), tensor("b", FLOAT, &[8])];
    let x: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[1, 4, 6, 6])];
    let fused =
        single("com.microsoft:FusedConv", x, float.clone(), "y", vec![text("activation", "Relu")], "x c.weight b");
    check(&fused, &[&line("32/32/32")]);
    assert_eq!(read(&fused).unwrap().parameters, 8 * 4 * 9 + 8);
    let nhwc: &[(&str, i32, &[i64])] = &[("x", FLOAT, &[1, 6, 6, 4])];
    check(
        &single("com.microsoft:NhwcFusedConv", nhwc, float.clone(), "y", vec![], "x c.weight b"),
        &[&line("32/32/32")],
    );
    let mut offsets = x.to_vec();
    offsets.push(("o", FLOAT, &[1, 18, 4, 4]));
    check(&single("DeformConv", &offsets, float, "y", vec![], "x c.weight o b"), &[&line("32/32/32")]);
}
