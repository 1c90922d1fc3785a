"""The same layers on the same machine, mapped by AccelForge and by onnx2timeloop, one after the other on one core.

    pip install accelforge            # Python 3.12 or newer, and Graphviz's `dot`
    python benches/accelforge.py target/release/onnx2timeloop [SECONDS]

Prints a table in Markdown. SECONDS (400) is the time after which AccelForge is stopped. Both minimise energy; the machine
has a DRAM, a buffer of 128 Ki words and an array of 16 x 16 units with 256 words each, without limits on bandwidth and without
leakage. In `keeps` every level keeps everything; in `free` the mappers choose. The two models count some things differently
(partial sums, for instance), so that energies are close but not equal.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

LAYERS = {
    "gemm 512 x 512 x 512": {"m": 512, "n": 512, "k": 512},
    "gemm 4096 x 11008 x 2048": {"m": 4096, "n": 11008, "k": 2048},
    "conv 1x1, 64 to 256, 56 x 56": {"c": 64, "m": 256, "p": 56, "q": 56},
    "conv 3x3, 64 to 64, 56 x 56": {"c": 64, "m": 64, "p": 56, "q": 56, "r": 3, "s": 3},
}
LEVELS = [("DRAM", None, 64.0), ("GLB", 131072, 4.0), ("RF", 256, 0.25)]
MAC_PJ = 0.2


def tensors(dims):
    """Per data space: the indices of its ranks, each a list of dimensions that are added."""
    if "c" not in dims:
        return {"I": [["m"], ["k"]], "W": [["k"], ["n"]], "O": [["m"], ["n"]]}
    if "r" not in dims:
        return {"I": [["c"], ["p"], ["q"]], "W": [["c"], ["m"]], "O": [["m"], ["p"], ["q"]]}
    return {"I": [["c"], ["p", "r"], ["q", "s"]], "W": [["c"], ["m"], ["r"], ["s"]], "O": [["m"], ["p"], ["q"]]}


def accelforge_arch(keeps):
    nodes = []
    for name, words, energy in LEVELS:
        kept = "keep: All" if keeps or words is None else "may_keep: All"
        size = "inf" if words is None else words * 8
        if name == "RF":
            axes = "".join(f"\n    - {{name: {axis}, fanout: 16, may_reuse: All}}" for axis in "XY")
            nodes.append(f"  - !Container\n    name: PE\n    spatial:{axes}")
        action = f"energy: {energy}, throughput: inf, bits_per_action: 8"
        nodes.append(
            f"  - !Memory\n    name: {name}\n    size: {size}\n    leak_power: 0\n    area: 0\n    tensors: {{{kept}}}\n"
            f"    actions:\n    - {{name: read, {action}}}\n    - {{name: write, {action}}}"
        )
    compute = f"    actions:\n    - {{name: compute, energy: {MAC_PJ}, throughput: 1}}"
    nodes.append(f"  - !Compute\n    name: MAC\n    leak_power: 0\n    area: 0\n{compute}")
    return "arch:\n  nodes:\n" + "\n".join(nodes) + "\n"


def accelforge_workload(dims):
    shape = "\n".join(f"    {dim}: 0 <= {dim} < {size}" for dim, size in dims.items())
    ranks = {name: ", ".join(f"{name}{i}: {' + '.join(rank)}" for i, rank in enumerate(all_ranks))
             for name, all_ranks in tensors(dims).items()}
    accesses = "\n".join(f"    - {{name: {name}, projection: {{{ranks[name]}}}{', output: True' if name == 'O' else ''}}}"
                         for name in ranks)
    return (f"workload:\n  iteration_space_shape:\n{shape}\n  bits_per_value: {{All: 8}}\n  einsums:\n  - name: L\n"
            f"    tensor_accesses:\n{accesses}\n")


def timeloop(dims, keeps):
    def spaces():
        for name, ranks in tensors(dims).items():
            projection = [[[dim] for dim in rank] for rank in ranks]
            yield {"name": name, "projection": projection, **({"read_write": True} if name == "O" else {})}

    def attributes(instances, words):
        mesh = {"meshX": 16, "meshY": 16} if instances > 1 else {"meshX": 1, "meshY": 1}
        return {**mesh, "word_bits": 8, "block_size": 1, **({"entries": words} if words else {})}

    counts = {"DRAM": 1, "GLB": 1, "RF": 256}
    local = [{"name": f"{name}[1..{counts[name]}]", "class": "SRAM" if words else "DRAM", "attributes": attributes(counts[name], words)}
             for name, words, _ in LEVELS]
    local.append({"name": "mac[1..256]", "class": "intmac", "attributes": {"meshX": 16, "meshY": 16}})
    costs = lambda energy: [{"name": action, "energy": energy} for action in ("read", "write", "update")]
    tables = [{"name": f"system.{name}[1..{counts[name]}]", "actions": [*costs(energy), {"name": "leak", "energy": 0}]}
              for name, _, energy in LEVELS]
    tables.append({"name": "system.mac[1..256]", "actions": [{"name": "compute", "energy": MAC_PJ}]})
    document = {
        "architecture": {"version": 0.4, "subtree": [{"name": "system", "local": local}]},
        "ERT": {"version": 0.4, "tables": tables},
        "problem": {"version": 0.4, "instance": dims,
                    "shape": {"name": "layer", "dimensions": list(dims), "data_spaces": list(spaces())}},
    }
    if keeps:
        document["architecture_constraints"] = {"targets": [
            {"target": name, "type": "bypass", "keep": ["I", "W", "O"], "bypass": []} for name in ("GLB", "RF")]}
    return json.dumps(document)


RUN = """
import sys, time
import accelforge
accelforge.set_n_parallel_jobs(1)
spec = accelforge.Spec.from_yaml("arch.yaml", "workload.yaml")
begun = time.perf_counter()
found = spec.map_workload_to_arch()
print("RESULT", time.perf_counter() - begun, float(found.energy()))
"""


def by_accelforge(folder, dims, keeps, limit):
    (folder / "arch.yaml").write_text(accelforge_arch(keeps))
    (folder / "workload.yaml").write_text(accelforge_workload(dims))
    try:
        done = subprocess.run([sys.executable, "-c", RUN], cwd=folder, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return f"not done in {limit} s", "-"
    results = [line.split() for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not results:
        raise SystemExit(f"AccelForge failed:\n{done.stderr[-2000:]}")
    return f"{float(results[0][1]):.1f}", f"{float(results[0][2]) / 1e6:.1f}"


def by_onnx2timeloop(program, folder, dims, keeps):
    (folder / "in.yaml").write_text(timeloop(dims, keeps))
    begun = time.perf_counter()
    done = subprocess.run([program, "map", "in.yaml", "--metric", "energy", "--threads", "1", "--quiet", "-o", "out"],
                          cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - begun
    if done.returncode:
        raise SystemExit(f"onnx2timeloop failed:\n{done.stderr}")
    search = json.loads((folder / "out" / "timeloop-mapper.json").read_text())["search"]
    assert search["optimality"]["kind"] == "proved", search["optimality"]
    return f"{seconds:.3f}", f"{search['proof'][0]['value'] / 1e6:.1f}"


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    program = str(pathlib.Path(sys.argv[1]).resolve())
    limit = float(sys.argv[2]) if len(sys.argv) > 2 else 400
    print("| layer | levels | AccelForge, s | its energy, uJ | onnx2timeloop with its start, s | energy, uJ |")
    print("|---|---|---|---|---|---|")
    for name, dims in LAYERS.items():
        for keeps in (True, False):
            with tempfile.TemporaryDirectory() as made:
                folder = pathlib.Path(made)
                ours = by_onnx2timeloop(program, folder, dims, keeps)
                theirs = by_accelforge(folder, dims, keeps, limit)
            print(f"| {name} | {'keeps' if keeps else 'free'} | {theirs[0]} | {theirs[1]} | {ours[0]} | {ours[1]} |", flush=True)


if __name__ == "__main__":
    main()
