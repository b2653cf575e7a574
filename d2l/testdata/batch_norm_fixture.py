"""Writes batch_norm.json: the outputs of PyTorch's batch normalization for some batches, for
TestBatchNormAgainstPyTorch. Run it by scripts/pytorch fixtures.

Parameters and inputs come from a formula that the test shares. The gradients are those of
the sum of the last output times such numbers.

Two things are not PyTorch's defaults but d2l's: the first ten batches count alike in the
running statistics, and the running variance is divided by n, where PyTorch divides it by n - 1.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn

STEPS = 13  # Beyond the ten that count alike.


def build(name, shape):
    if name == "alone":
        return (nn.BatchNorm1d if len(shape) == 2 else nn.BatchNorm2d)(shape[1])
    return nn.Sequential(nn.Conv2d(shape[1], 2, 3, padding=1), nn.BatchNorm2d(2), nn.Sigmoid(), nn.AvgPool2d(2))


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
    norm.register_forward_pre_hook(lambda norm, args, seen=seen: seen.append(args[0].numel() // norm.num_features))
    for step in range(STEPS):
        X = wave(33 + step, 2, *shape).requires_grad_()
        norm.momentum = max(0.1, 1 / (step + 1))
        output = net(X)
    (output * wave(44, 1, *output.shape)).sum().backward()
    norm.running_var *= (seen[0] - 1) / seen[0]
    net.eval()
    case = dict(
        name=name, input=list(shape), shape=list(output.shape), steps=STEPS, output=numbers(output),
        mean=numbers(norm.running_mean), variance=numbers(norm.running_var), inference=numbers(net(X)),
        gradX=numbers(X.grad), gradients={name: numbers(p.grad) for name, p in parameters.items()})
    cases.append(case)

write(__file__, {"cases": cases})
