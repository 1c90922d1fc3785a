"""Makes weights.onnx with weights.data, and what numpy counts in them: expected.json.

    pip install numpy onnx; python make.py

Every layer has weights in another form. The counts are those of numpy on the values that the layer computes with; the patterns
are those that the weights were pruned to, checked here group by group.
"""
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper, numpy_helper

rng = np.random.default_rng(14)
initializers, sparse, nodes, inputs, outputs, expected = [], [], [], [], [], {}


def pruned(shape, axis, keep, group):
    """Random values of which, in every group along the axis, the largest `keep` stay."""
    values = np.moveaxis(rng.uniform(0.1, 1.0, shape), axis, -1).copy()
    flat = values.reshape(-1, group)
    rest = np.argsort(flat, axis=1)[:, : group - keep]
    np.put_along_axis(flat, rest, 0.0, axis=1)
    return np.moveaxis(flat.reshape(values.shape), -1, axis) * rng.choice([-1.0, 1.0], shape)


def random(shape, share):
    return np.where(rng.random(shape) < share, rng.uniform(0.1, 1.0, shape), 0.0)


def expect(layer, values, pattern=None, axis=None):
    """`values`: what the layer multiplies by; zeros are zeros."""
    values = np.asarray(values, dtype=np.float64)
    if pattern:
        keep, group = pattern
        flat = np.moveaxis(values, axis, -1).reshape(-1, group)
        assert (flat != 0).sum(axis=1).max() == keep, layer
    expected[layer] = {
        "nonzeros": int(np.count_nonzero(values)),
        "elements": int(values.size),
        "pattern": f"{pattern[0]}:{pattern[1]}" if pattern else None,
    }


def raw(name, array, dtype=None):
    tensor = numpy_helper.from_array(np.ascontiguousarray(array), name)
    if dtype is not None:
        tensor.data_type = dtype
    initializers.append(tensor)
    return name


def layer(name, op, channels, operands, domain="", x_type=T.FLOAT, rank=4, **attributes):
    """A node that reads an input of its own; `X` among the operands stands for it."""
    x = f"{name}.x"
    shape = [1, channels] + [8] * (rank - 2) if rank > 2 else [4, channels]
    inputs.append(helper.make_tensor_value_info(x, x_type, shape))
    outputs.append(helper.make_empty_tensor_value_info(f"{name}.y"))
    operands = [x if operand == "X" else operand for operand in operands]
    nodes.append(helper.make_node(op, operands, [f"{name}.y"], name=f"/{name}/{op}", domain=domain, **attributes))


def small(name, value, dtype=np.float32):
    return raw(name, np.array(value, dtype=dtype))


def nibbles(array):
    """Two 4-bit numbers in a byte, the first at the low end."""
    flat = (np.asarray(array).astype(np.int64).ravel() & 15).astype(np.uint8)
    flat = np.append(flat, np.zeros(flat.size % 2, np.uint8))
    return flat[0::2] | (flat[1::2] << 4)


# Floats in raw bytes: 2:4 along the input channels, random, dense.
w = pruned((8, 16, 3, 3), 1, 2, 4).astype(np.float32)
w.flat[np.flatnonzero(w == 0)[::2]] = -0.0
layer("raw_2_4", "Conv", 16, ["X", raw("raw_2_4.weight", w)])
expect("raw_2_4", w, (2, 4), 1)
w = random((8, 16, 3, 3), 0.3).astype(np.float32)
layer("raw_random", "Conv", 16, ["X", raw("raw_random.weight", w)])
expect("raw_random", w)
w = rng.uniform(0.1, 1.0, (4, 8, 1, 1)).astype(np.float32)
layer("raw_dense", "Conv", 8, ["X", raw("raw_dense.weight", w)])
expect("raw_dense", w)
# Zeros in 2:4 along another axis than the sums: no pattern that hardware could use.
w = pruned((16, 8, 3, 3), 0, 2, 4).astype(np.float32)
layer("other_axis", "Conv", 8, ["X", raw("other_axis.weight", w)])
expect("other_axis", w)
# Typed fields.
w = random((6, 4, 3, 3), 0.5).astype(np.float32)
initializers.append(helper.make_tensor("typed_float.weight", T.FLOAT, w.shape, w.ravel()))
layer("typed_float", "Conv", 4, ["X", "typed_float.weight"])
expect("typed_float", w)
w = random((6, 4, 3, 3), 0.5)
initializers.append(helper.make_tensor("typed_double.weight", T.DOUBLE, w.shape, w.ravel()))
layer("typed_double", "Conv", 4, ["X", "typed_double.weight"], x_type=T.DOUBLE)
expect("typed_double", w)
w = pruned((8, 16, 3, 3), 1, 1, 4).astype(np.float16)
tensor = T(name="typed_half.weight", data_type=T.FLOAT16, dims=w.shape)
tensor.int32_data.extend(w.view(np.uint16).ravel().tolist())
initializers.append(tensor)
layer("typed_half", "Conv", 16, ["X", "typed_half.weight"], x_type=T.FLOAT16)
expect("typed_half", w, (1, 4), 1)
# Half precision, bfloat16 (2:4 along the rows of a product).
w = pruned((8, 16, 3, 3), 1, 3, 8).astype(np.float16)
layer("half", "Conv", 16, ["X", raw("half.weight", w)], x_type=T.FLOAT16)
expect("half", w, (3, 8), 1)
w = pruned((32, 12), 0, 2, 4).astype(np.float32)
w = (w.view(np.uint32) & 0xFFFF0000).view(np.float32)
raw("brain.weight", (w.view(np.uint32) >> 16).astype(np.uint16), T.BFLOAT16)
layer("brain", "MatMul", 32, ["X", "brain.weight"], x_type=T.BFLOAT16, rank=2)
expect("brain", w, (2, 4), 0)
# External data; transB.
w = pruned((24, 32), 1, 4, 8).astype(np.float32)
v = random((16, 32), 0.25).astype(np.float32)
Path("weights.data").write_bytes(b"\7" * 64 + w.tobytes() + v.tobytes())
for name, array, offset in [("external_4_8", w, 64), ("external_random", v, 64 + w.nbytes)]:
    tensor = T(name=f"{name}.weight", data_type=T.FLOAT, dims=array.shape, data_location=T.EXTERNAL)
    for key, value in [("location", "weights.data"), ("offset", offset), ("length", array.nbytes)]:
        tensor.external_data.add(key=key, value=str(value))
    initializers.append(tensor)
    layer(name, "Gemm", 32, ["X", f"{name}.weight"], rank=2, transB=1)
expect("external_4_8", w, (4, 8), 1)
expect("external_random", v)
# A Constant node, sparse initializers by number and by coordinates.
w = random((5, 4, 3, 3), 0.4).astype(np.float32)
nodes.append(helper.make_node("Constant", [], ["constant.weight"], value=numpy_helper.from_array(w)))
layer("constant", "Conv", 4, ["X", "constant.weight"])
expect("constant", w)
for name, by_number in [("sparse_number", True), ("sparse_places", False)]:
    w = pruned((8, 16, 3, 3), 1, 1, 2).astype(np.float32)
    places = np.flatnonzero(w)
    values = w.ravel()[places]
    if not by_number:
        places = np.argwhere(w)
    index = numpy_helper.from_array(places.astype(np.int64), f"{name}.places")
    sparse.append(helper.make_sparse_tensor(numpy_helper.from_array(values, f"{name}.weight"), index, w.shape))
    layer(name, "Conv", 16, ["X", f"{name}.weight"])
    expect(name, w, (1, 2), 1)
# Quantised: zero is the zero point. QDQ for each channel, the operators' own, 8-bit floats.
q = rng.integers(0, 256, (8, 12, 3, 3)).astype(np.uint8)
zero = rng.integers(100, 156, 8).astype(np.uint8)
q = np.where(rng.random(q.shape) < 0.4, zero[:, None, None, None], q)
raw("qdq.quantized", q), raw("qdq.zero", zero), raw("qdq.scale", np.full(8, 0.1, np.float32))
nodes.append(helper.make_node("DequantizeLinear", ["qdq.quantized", "qdq.scale", "qdq.zero"], ["qdq.weight"], axis=0))
layer("qdq", "Conv", 12, ["X", "qdq.weight"])
expect("qdq", q.astype(int) - zero.astype(int)[:, None, None, None])
v = np.where(pruned((16, 16), 0, 2, 4) != 0, rng.integers(1, 128, (16, 16)), 0).astype(np.int8)
small("qdq_columns.scale", np.full(16, 0.1)), raw("qdq_columns.quantized", v.T)
nodes.append(helper.make_node("DequantizeLinear", ["qdq_columns.quantized", "qdq_columns.scale"], ["qdq_columns.d"], axis=0))
nodes.append(helper.make_node("Transpose", ["qdq_columns.d"], ["qdq_columns.weight"], perm=[1, 0]))
layer("qdq_columns", "MatMul", 16, ["X", "qdq_columns.weight"], rank=2)
expect("qdq_columns", v, (2, 4), 0)
q = np.where(rng.random((6, 4, 3, 3)) < 0.5, 128, rng.integers(0, 128, (6, 4, 3, 3))).astype(np.uint8)
scale, point = small("own.scale", 0.1), small("own.zero", 128, np.uint8)
layer("own", "QLinearConv", 4, ["X", scale, point, raw("own.weight", q), scale, point, scale, point], x_type=T.UINT8)
expect("own", q.astype(int) - 128)
q = rng.integers(-3, 4, (16, 10)).astype(np.int8)
zero = rng.integers(-3, 4, 10).astype(np.int8)
layer("integer", "MatMulInteger", 16, ["X", raw("integer.weight", q), "", raw("integer.zero", zero)], x_type=T.INT8, rank=2)
expect("integer", q.astype(int) - zero.astype(int)[None, :])
f8 = np.array([0x00, 0x80, 0x38, 0xB8], np.uint8)[rng.integers(0, 4, (16, 8))]
raw("float8.quantized", f8, T.FLOAT8E4M3FN), small("float8.scale", 0.5)
nodes.append(helper.make_node("DequantizeLinear", ["float8.quantized", "float8.scale"], ["float8.weight"]))
layer("float8", "MatMul", 16, ["X", "float8.weight"], rank=2)
expect("float8", np.where(f8 & 0x7F, 1, 0))
# Four bits: packed, in blocks with packed zero points, in a typed field with an odd number of elements.
q = rng.integers(-2, 3, (32, 6)).astype(np.int8)
zero = rng.integers(-2, 3, (4, 6)).astype(np.int8)
for name, array in [("four.quantized", q), ("four.zero", zero)]:
    initializers.append(T(name=name, data_type=T.INT4, dims=array.shape, raw_data=nibbles(array).tobytes()))
raw("four.scale", np.full((4, 6), 0.1, np.float32))
nodes.append(helper.make_node("DequantizeLinear", ["four.quantized", "four.scale", "four.zero"], ["four.weight"], axis=0, block_size=8))
layer("four", "MatMul", 32, ["X", "four.weight"], rank=2)
expect("four", q.astype(int) - np.repeat(zero.astype(int), 8, axis=0))
q = rng.integers(0, 3, (5, 7)).astype(np.uint8)
tensor = T(name="odd.quantized", data_type=T.UINT4, dims=q.shape)
tensor.int32_data.extend(nibbles(q).tolist())
initializers.append(tensor)
small("odd.scale", 0.1)
nodes.append(helper.make_node("DequantizeLinear", ["odd.quantized", "odd.scale"], ["odd.weight"]))
layer("odd", "MatMul", 5, ["X", "odd.weight"], rank=2)
expect("odd", q)
# onnxruntime's blocks, with and without zero points, the last block filled up.
for name, k, with_zero in [("blocks", 64, True), ("blocks_middle", 64, False), ("blocks_rest", 40, True)]:
    n, block = 6, 16
    count = -(-k // block)
    zero = rng.integers(6, 10, (n, count)).astype(np.uint8) if with_zero else np.full((n, count), 8, np.uint8)
    q = rng.integers(6, 11, (n, count * block)).astype(np.uint8)
    used = q.astype(int)[:, :k] - np.repeat(zero.astype(int), block, axis=1)[:, :k]
    operands = ["X", raw(f"{name}.weight", nibbles(q).reshape(n, count, block // 2)), raw(f"{name}.scale", np.full(n * count, 0.1, np.float32))]
    if with_zero:
        rows = [nibbles(row) for row in zero]
        operands.append(raw(f"{name}.zero", np.concatenate(rows)))
    layer(name, "MatMulNBits", k, operands, domain="com.microsoft", rank=2, K=k, N=n, bits=4, block_size=block)
    expect(name, used)
# Through views: transposed and reshaped, cut, joined, scaled.
w = pruned((4, 32, 3, 3), 1, 2, 4).astype(np.float32)
raw("views.stored", np.moveaxis(w, 1, 0).reshape(32, 36)), raw("views.shape", np.array([32, 4, 3, 3], np.int64))
nodes.append(helper.make_node("Reshape", ["views.stored", "views.shape"], ["views.four"]))
nodes.append(helper.make_node("Transpose", ["views.four"], ["views.turned"], perm=[1, 0, 2, 3]))
nodes.append(helper.make_node("Identity", ["views.turned"], ["views.weight"]))
layer("views", "Conv", 32, ["X", "views.weight"])
expect("views", w, (2, 4), 1)
w = random((16, 24), 0.5).astype(np.float32)
w[:, 8:] = 0.0
raw("cut.stored", w)
for name, values in [("starts", [0]), ("ends", [-16]), ("axes", [1])]:
    raw(f"cut.{name}", np.array(values, np.int64))
nodes.append(helper.make_node("Slice", ["cut.stored", "cut.starts", "cut.ends", "cut.axes"], ["cut.weight"]))
layer("cut", "MatMul", 16, ["X", "cut.weight"], rank=2)
expect("cut", w[:, :8])
a, b = random((16, 6), 0.2).astype(np.float32), random((16, 4), 0.9).astype(np.float32)
nodes.append(helper.make_node("Concat", [raw("joined.a", a), raw("joined.b", b)], ["joined.weight"], axis=1))
layer("joined", "MatMul", 16, ["X", "joined.weight"], rank=2)
expect("joined", np.concatenate([a, b], axis=1))
w = random((16, 12), 0.6).astype(np.float32)
nodes.append(helper.make_node("Mul", [raw("scaled.stored", w), raw("scaled.scale", np.full(12, 2.0, np.float32))], ["scaled.weight"]))
layer("scaled", "MatMul", 16, ["X", "scaled.weight"], rank=2)
expect("scaled", w)
# Groups, and a transposed convolution, whose sums run over the first axis.
w = pruned((16, 8, 3, 3), 1, 2, 4).astype(np.float32)
layer("grouped", "Conv", 16, ["X", raw("grouped.weight", w)], group=2)
expect("grouped", w, (2, 4), 1)
w = pruned((16, 6, 3, 3), 0, 2, 4).astype(np.float32)
layer("transposed", "ConvTranspose", 16, ["X", raw("transposed.weight", w)])
expect("transposed", w, (2, 4), 0)
# A recurrent layer: two matrices; a constant first operand.
w, r = random((1, 32, 8), 0.5).astype(np.float32), pruned((1, 32, 8), 2, 2, 4).astype(np.float32)
inputs.append(helper.make_tensor_value_info("lstm.x", T.FLOAT, [5, 1, 8]))
outputs.append(helper.make_empty_tensor_value_info("lstm.y"))
nodes.append(helper.make_node("LSTM", ["lstm.x", raw("lstm.w", w), raw("lstm.r", r)], ["lstm.y"], name="/lstm/LSTM", hidden_size=8))
expect("lstm.input", w)
expect("lstm.hidden", r, (2, 4), 2)
w = random((6, 16), 0.5).astype(np.float32)
layer("first", "MatMul", 16, [raw("first.weight", w), "first.turned"], rank=2)
nodes.insert(len(nodes) - 1, helper.make_node("Transpose", ["first.x"], ["first.turned"], perm=[1, 0]))
expect("first", w)

graph = helper.make_graph(nodes, "weights", inputs, outputs, initializers, sparse_initializer=sparse)
opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
Path("weights.onnx").write_bytes(model.SerializeToString(deterministic=True))
Path("expected.json").write_text(json.dumps(expected, indent=1) + "\n")
