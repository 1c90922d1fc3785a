#!/usr/bin/env python3
"""Make the ONNX files of this folder from torchvision's networks.

Every network has random weights from a fixed seed; nothing is downloaded. By default the weight payloads are removed:
names, dimensions and types stay, so that every layer shape can still be derived, but the file cannot be run.

Needs Python 3.10 or newer and

    pip install torch torchvision onnx onnxscript onnxruntime

(onnxscript only for the *__dynamo* files, onnxruntime only for the *int8* file). Made and tested with torch 2.15.0,
torchvision 0.29.2, onnx 1.23.2, onnxscript 0.7.2, onnxruntime 1.32.0. Other versions may name nodes differently.

What the names say:

    __ts           the TorchScript exporter of PyTorch (dynamo=False)
    __dynamo       the torch.export exporter (dynamo=True, the default of PyTorch today)
    _rbn           BatchNorm statistics made random before the export, so that folding leaves every layer its own bias
    _undilated     every dilation is 1 and the padding is less by as much, so that every output size stays the same
    int8_qoperator quantised by onnxruntime to QLinearConv and the like, calibrated on noise
"""

import argparse
import math
import sys
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

SEED = 0
KEEP_ELEMENTS = 64  # tensors up to this size stay whole: scales, zero points, sizes
INSTALL = "pip install torch torchvision onnx onnxscript onnxruntime"
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Recipe:
    """How one file is made."""

    network: str  # torchvision's name
    size: int  # input height and width; batch 1, 3 channels
    dynamo: bool = False
    opset: int = 20
    random_batch_norm: bool = False
    undilated: bool = False
    int8: bool = False
    shipped: bool = True  # part of this folder; the others are made only when named


RESNET, MOBILENET = "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large"
RECIPES = {
    "deeplabv3_resnet50_513__ts_rbn": Recipe(RESNET, 513, random_batch_norm=True),
    "deeplabv3_resnet50_513__dynamo_rbn": Recipe(RESNET, 513, dynamo=True, random_batch_norm=True),
    "deeplabv3_resnet50_undilated_513__ts": Recipe(RESNET, 513, undilated=True),
    "deeplabv3_resnet50_undilated_513__dynamo": Recipe(RESNET, 513, dynamo=True, undilated=True),
    "deeplabv3_mobilenet_v3_large_513__ts_rbn": Recipe(MOBILENET, 513, random_batch_norm=True),
    "deeplabv3_mobilenet_v3_large_513__dynamo_rbn": Recipe(MOBILENET, 513, dynamo=True, random_batch_norm=True),
    "deeplabv3_mobilenet_v3_large_undilated_513__ts": Recipe(MOBILENET, 513, undilated=True),
    "deeplabv3_mobilenet_v3_large_undilated_513__dynamo": Recipe(MOBILENET, 513, dynamo=True, undilated=True),
    "resnet18__ts_rbn": Recipe("resnet18", 224, random_batch_norm=True),
    "mobilenet_v2__int8_qoperator": Recipe("mobilenet_v2", 224, opset=17, int8=True),
    "vit_b_16__dynamo_op23": Recipe("vit_b_16", 224, dynamo=True, opset=23),
    "deeplabv3_resnet50_513__ts": Recipe(RESNET, 513, shipped=False),
}


def build(recipe):
    """The network in eval mode, with random weights."""
    import torch
    import torchvision

    class SegmentationOutput(torch.nn.Module):
        """A segmentation network that returns its one output instead of a dict."""

        def __init__(self, m):
            super().__init__()
            self.m = m

        def forward(self, x):
            return self.m(x)["out"]

    torch.manual_seed(SEED)
    if recipe.network.startswith("deeplabv3"):
        network = torchvision.models.get_model(recipe.network, weights=None, weights_backbone=None, aux_loss=False)
        network = SegmentationOutput(network)
    else:
        network = torchvision.models.get_model(recipe.network, weights=None)
    if recipe.random_batch_norm:
        randomise_batch_norm(network)
    if recipe.undilated:
        remove_dilation(network)
    return network.eval()


def randomise_batch_norm(network):
    """Give every BatchNorm its own statistics, scale and shift, as training would."""
    import torch

    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.normal_(module.running_mean, std=0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.1)


def remove_dilation(network):
    """Set every dilation to 1. 2*padding - dilation*(kernel-1) and the strides stay, so output sizes stay."""
    import torch

    for name, conv in network.named_modules():
        if not isinstance(conv, torch.nn.Conv2d) or conv.dilation == (1, 1):
            continue
        surplus = [(d - 1) * (k - 1) for d, k in zip(conv.dilation, conv.kernel_size)]
        padding = tuple(p - s // 2 for p, s in zip(conv.padding, surplus))
        if any(s % 2 for s in surplus) or min(padding) < 0:
            raise ValueError(f"{name}: no symmetric padding keeps the output size at dilation 1")
        conv.dilation, conv.padding = (1, 1), padding


def export(recipe, folder):
    """Export the recipe's network with its weights; the loaded ONNX model. `folder` is for scratch files."""
    import onnx
    import torch

    network = build(recipe)
    path = folder / "exported.onnx"
    image = torch.randn(1, 3, recipe.size, recipe.size)
    options = {"external_data": False, "verbose": False} if recipe.dynamo else {}
    torch.onnx.export(
        network,
        (image,),
        path,
        dynamo=recipe.dynamo,
        opset_version=recipe.opset,
        input_names=["input"],
        output_names=["output"],
        **options,
    )
    return onnx.load(quantise(path, recipe.size) if recipe.int8 else path)


def quantise(path, size):
    """Quantise statically to 8 bit with integer operators, one scale per tensor; the path of the new file."""
    import numpy
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Noise(CalibrationDataReader):
        def __init__(self):
            random = numpy.random.default_rng(SEED)
            shape = (1, 3, size, size)
            self.images = iter([{"input": random.standard_normal(shape, dtype=numpy.float32)} for _ in range(2)])

        def get_next(self):
            return next(self.images, None)

    prepared, quantised = path.with_name("prepared.onnx"), path.with_name("quantised.onnx")
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    quantize_static(
        str(prepared),
        str(quantised),
        Noise(),
        quant_format=QuantFormat.QOperator,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )
    return quantised


def graphs_and_functions(model):
    """The main graph, every function and every graph nested in a node."""
    waiting = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [attribute.g] if attribute.HasField("g") else []
                waiting += attribute.graphs


def tensors(graph):
    """Every constant tensor of one graph or function: initializers and node attributes."""
    yield from getattr(graph, "initializer", [])  # a function has none
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def strip_weights(model):
    """Empty every large float or 8 bit tensor. Wider integers stay whole: shapes can depend on them."""
    from onnx import TensorProto

    weight_types = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
    weight_types |= {TensorProto.INT8, TensorProto.UINT8}
    for graph in graphs_and_functions(model):
        for tensor in tensors(graph):
            if tensor.data_type in weight_types and math.prod(tensor.dims) > KEEP_ELEMENTS:
                for field in ("raw_data", "float_data", "double_data", "int32_data", "external_data", "data_location"):
                    tensor.ClearField(field)


def remove_debug_text(model):
    """Drop what the dynamo exporter notes for debugging: large, and full of paths of the exporting machine."""
    for graph in graphs_and_functions(model):
        for node in graph.node:
            kept = [entry for entry in node.metadata_props if not entry.key.endswith((".stack_trace", ".fx_node"))]
            del node.metadata_props[:]
            node.metadata_props.extend(kept)


def make(name, out, strip):
    """Write `out`/`name`.onnx; its path."""
    with tempfile.TemporaryDirectory() as scratch:
        model = export(RECIPES[name], Path(scratch))
    remove_debug_text(model)
    if strip:
        strip_weights(model)
    path = out / f"{name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    return path


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="files to make (default: all files of this folder)")
    parser.add_argument("--list", action="store_true", help="print the names and stop")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to write (default: the folder of this script)")
    payload = parser.add_mutually_exclusive_group()
    payload.add_argument("--strip", action="store_true", default=True, help="remove weight payloads (the default)")
    payload.add_argument("--full", dest="strip", action="store_false", help="keep the weights; needs --out")
    arguments = parser.parse_args()
    arguments.names = [name.removesuffix(".onnx") for name in arguments.names]
    unknown = [name for name in arguments.names if name not in RECIPES]
    if unknown:
        parser.error(f"unknown name: {', '.join(unknown)} (--list prints the known ones)")
    if not arguments.strip and arguments.out is None:
        parser.error("--full needs --out DIR, so that the small files of this folder are not overwritten")
    return arguments


def prepare(out):
    """Create the folder `out` and try to write there: an export takes a while, so a bad folder is best found first."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        sys.exit(f"error: cannot write to {out}: {error.strerror}; choose another folder with --out DIR")


def main():
    arguments = parse_arguments()
    if arguments.list:
        for name, recipe in RECIPES.items():
            print(name if recipe.shipped else f"{name} (only when named)")
        return
    warnings.simplefilter("ignore", DeprecationWarning)  # PyTorch's own, about dynamo=False: meant here
    out = arguments.out or HERE
    prepare(out)
    try:
        for name in arguments.names or [name for name, recipe in RECIPES.items() if recipe.shipped]:
            path = make(name, out, arguments.strip)
            print(f"{path} {path.stat().st_size:,} bytes", flush=True)
    except ModuleNotFoundError as error:
        sys.exit(f"error: no Python package {error.name!r}; run: {INSTALL}")


if __name__ == "__main__":
    main()
