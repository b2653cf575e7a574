"""What the scripts share that write PyTorch's values for the tests.

    scripts/pytorch fixtures

runs them all, with PyTorch as it is pinned by hash in scripts/requirements-bench.txt.
"""
import json
import pathlib

import torch

torch.set_num_threads(1)


def wave(seed, scale, *shape):
    """Numbers in [-scale, scale] that a quadratic generator scatters; d2ltest.Wave makes the same."""
    k = torch.arange(torch.Size(shape).numel(), dtype=torch.int64) + seed
    values = (k * k * 31 + k * 7) % 2003
    return ((values.double() / 1001 - 1) * scale).float().reshape(shape)


def numbers(tensor):
    """The values of a float32 tensor, in as few digits as tell them apart."""
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


def write(script, fixture):
    """Writes the fixture of a script, x.json for x_fixture.py; each case on a line of its own."""
    path = pathlib.Path(script).with_name(pathlib.Path(script).name.replace("_fixture.py", ".json"))
    fixture = {"torch": torch.__version__, **fixture}
    lines = []
    for key, value in fixture.items():
        text = "[\n" + ",\n".join(json.dumps(case) for case in value) + "\n]" if key == "cases" else json.dumps(value)
        lines.append(f"{json.dumps(key)}: {text}")
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(path, path.stat().st_size, "bytes")
