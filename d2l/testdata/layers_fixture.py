"""Writes layers.json: what PyTorch makes of single layers, for TestLayersAgainstPyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy==2.4.6
    venv/bin/python layers_fixture.py

Parameters and inputs come from a formula that the test shares. The gradients
are those of the sum of the output times such numbers.
"""
import json
import pathlib

import torch
from torch import nn


def wave(seed, scale, *shape):
    """Numbers in [-scale, scale] that a quadratic generator scatters."""
    k = torch.arange(torch.Size(shape).numel(), dtype=torch.int64) + seed
    values = (k * k * 31 + k * 7) % 2003
    return ((values.double() / 1001 - 1) * scale).float().reshape(shape)


def conv(kernel, strides, padding, activation=nn.Identity):
    return dict(layer="Conv2D", size=kernel, strides=strides, padding=padding), lambda c: nn.Sequential(
        nn.Conv2d(c, 3, kernel, strides, padding), activation())


def avg(size, strides, padding):
    return dict(layer="AvgPool2D", size=size, strides=strides, padding=padding), lambda c: nn.AvgPool2d(
        size, strides or size, padding)


def greatest(size, strides, padding):
    return dict(layer="MaxPool2D", size=size, strides=strides, padding=padding), lambda c: nn.MaxPool2d(
        size, strides or size, padding)


CASES = [
    (conv(1, 1, 0), (2, 2, 4, 3)),
    (conv(3, 1, 1), (2, 2, 7, 5)),
    (conv(3, 2, 0), (2, 2, 8, 7)),
    (conv(3, 2, 1), (1, 2, 8, 9)),
    (conv(5, 1, 2), (2, 1, 6, 6)),
    (conv(5, 3, 3), (2, 2, 7, 8)),
    (conv(2, 1, 0), (2, 2, 4, 5)),
    (conv(2, 2, 0), (2, 2, 7, 6)),
    (conv(2, 2, 1), (2, 3, 5, 5)),
    (conv(4, 1, 0), (2, 1, 6, 7)),
    (conv(4, 2, 1), (1, 2, 8, 7)),
    (conv(1, 1, 1), (2, 2, 3, 4)),
    (conv(3, 1, 4), (1, 2, 4, 3)),
    (conv(11, 4, 0), (1, 1, 18, 15)),
    (avg(2, 2, 0), (2, 3, 6, 4)),
    (avg(2, 0, 0), (2, 3, 7, 5)),
    (avg(3, 2, 0), (2, 2, 8, 9)),
    (avg(3, 1, 1), (2, 2, 5, 6)),
    (avg(3, 2, 1), (2, 2, 6, 5)),
    (avg(2, 3, 0), (1, 2, 8, 7)),
    (avg(4, 4, 2), (1, 2, 7, 6)),
    (greatest(2, 2, 0), (2, 3, 6, 4)),
    (greatest(2, 0, 0), (2, 3, 7, 5)),
    (greatest(3, 2, 0), (2, 2, 8, 9)),
    (greatest(3, 1, 1), (2, 2, 5, 6)),
    (greatest(3, 2, 1), (2, 2, 6, 5)),
    (greatest(2, 3, 0), (1, 2, 8, 7)),
    ((dict(layer="Dense"), lambda c: nn.Sequential(nn.Flatten(), nn.Linear(c, 3))), (4, 5)),
    ((dict(layer="Dense"), lambda c: nn.Sequential(nn.Flatten(), nn.Linear(c, 3))), (2, 3, 3, 2)),
    ((dict(layer="Flatten"), lambda c: nn.Flatten()), (2, 3, 2, 4)),
    ((dict(layer="Dense", activation="Sigmoid"), lambda c: nn.Sequential(nn.Linear(c, 3), nn.Sigmoid())), (4, 5)),
    ((dict(layer="Dense", activation="ReLU"), lambda c: nn.Sequential(nn.Linear(c, 3), nn.ReLU())), (4, 5)),
    ((dict(layer="Dense", activation="Tanh"), lambda c: nn.Sequential(nn.Linear(c, 3), nn.Tanh())), (4, 5)),
    ((dict(layer="Activation", activation="Sigmoid"), lambda c: nn.Sigmoid()), (2, 3, 2, 4)),
    ((dict(layer="Activation", activation="ReLU"), lambda c: nn.ReLU()), (4, 5)),
    ((dict(layer="GlobalAvgPool2D"), lambda c: nn.AdaptiveAvgPool2d(1)), (2, 3, 2, 4)),
    ((dict(conv(3, 2, 1)[0], activation="Tanh"), conv(3, 2, 1, nn.Tanh)[1]), (2, 2, 5, 6)),
]

torch.set_num_threads(1)
cases = []
for (case, build), shape in CASES:
    inputs = torch.Size(shape[1:]).numel() if case["layer"] == "Dense" else shape[1]
    layer = build(inputs)
    with torch.no_grad():
        for name, p in layer.named_parameters():
            p.copy_(wave(11 if name.endswith("weight") else 22, 0.5, *p.shape))
    X = wave(33, 2, *shape).requires_grad_()
    output = layer(X)
    (output * wave(44, 1, *output.shape)).sum().backward()
    case.update(input=list(shape), shape=list(output.shape), output=output.flatten().tolist(),
                gradX=X.grad.flatten().tolist())
    for name, p in layer.named_parameters():
        case["gradW" if name.endswith("weight") else "gradB"] = p.grad.flatten().tolist()
    cases.append(case)

path = pathlib.Path(__file__).with_name("layers.json")
lines = ",\n".join(json.dumps(case) for case in cases)
path.write_text('{"torch": "%s", "cases": [\n%s\n]}\n' % (torch.__version__, lines))
print(path, path.stat().st_size, "bytes")
