"""Writes batch_norm.json: what PyTorch's batch normalization makes of some batches, for
TestBatchNormAgainstPyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy==2.4.6
    venv/bin/python batch_norm_fixture.py

Parameters and inputs come from a formula that the test shares. The gradients are those of
the sum of the last output times such numbers.

Two things are not PyTorch's defaults but d2l's: the first ten batches count alike in the
running statistics, and the running variance is divided by n, where PyTorch divides it by n - 1.
"""
import json
import pathlib

import torch
from torch import nn

STEPS = 13  # Beyond the ten that count alike.


def wave(seed, scale, *shape):
    """Numbers in [-scale, scale] that a quadratic generator scatters."""
    k = torch.arange(torch.Size(shape).numel(), dtype=torch.int64) + seed
    values = (k * k * 31 + k * 7) % 2003
    return ((values.double() / 1001 - 1) * scale).float().reshape(shape)


def build(name, shape):
    if name == "alone":
        return (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(shape[1])
    return nn.Sequential(nn.Conv2d(shape[1], 2, 3, padding=1), nn.BatchNorm2d(2), nn.Sigmoid(), nn.AvgPool2d(2))


torch.set_num_threads(1)
cases = []
for name, shape in [("alone", (6, 3)), ("alone", (4, 3, 5, 2)), ("after a convolution", (3, 1, 6, 6))]:
    net = build(name, shape)
    norm = net if name == "alone" else net[1]
    # Of the scale PyTorch says weight, of the offset bias.
    parameters = {"weights" if p.dim() > 1 else "biases": p for p in net[0].parameters()} if name != "alone" else {}
    parameters.update(scale=norm.weight, offset=norm.bias)
    with torch.no_grad():
        for seed, p in enumerate(parameters.values()):
            p.copy_(wave(11 + seed, 0.5, *p.shape))
    seen = []
    norm.register_forward_pre_hook(lambda _, args: seen.append(args[0].numel() // norm.num_features))
    for step in range(STEPS):
        X = wave(33 + step, 2, *shape).requires_grad_()
        norm.momentum = max(0.1, 1 / (step + 1))
        output = net(X)
    (output * wave(44, 1, *output.shape)).sum().backward()
    norm.running_var *= (seen[0] - 1) / seen[0]
    net.eval()
    case = dict(
        name=name, input=list(shape), shape=list(output.shape), steps=STEPS, output=output.flatten().tolist(),
        mean=norm.running_mean.tolist(), variance=norm.running_var.tolist(), inference=net(X).flatten().tolist(),
        gradX=X.grad.flatten().tolist(), gradients={name: p.grad.flatten().tolist() for name, p in parameters.items()})
    cases.append(case)

path = pathlib.Path(__file__).with_name("batch_norm.json")
lines = ",\n".join(json.dumps(case) for case in cases)
path.write_text('{"torch": "%s", "cases": [\n%s\n]}\n' % (torch.__version__, lines))
print(path, path.stat().st_size, "bytes")
