"""Writes optimizers.json: what a small net is after steps of PyTorch's optimizers, for TestOptimizersAgainstPyTorch.
Run it by scripts/pytorch fixtures.

Parameters and batches come from a formula that the test shares. The losses are
those of every step, the parameters those after the last one.
"""
import math

import torch
from fixtures import numbers, wave, write
from torch import nn

STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 20, 6, 5, 7, 4


def sgd(lr, momentum=0.0):
    return lambda p: torch.optim.SGD(p, lr, momentum=momentum)


def by_name(make, groups):
    """An optimizer with settings for parameters by name; those that are not named do not train."""

    def optimizer(p):
        parameters = dict(zip(["dense0.weight", "dense0.bias", "dense1.weight", "dense1.bias"], p))
        for name, parameter in parameters.items():
            parameter.requires_grad_(name in groups)
        return make([dict(params=[parameters[name]], **options) for name, options in groups.items()])

    return optimizer


def adam(lr, eps, betas=(0.9, 0.999)):
    return lambda p: torch.optim.Adam(p, lr, betas=betas, eps=eps)


def cosine(t, base=0.3, final=0.01, warmup=5, total=15):
    """The book's CosineScheduler, with a warm-up from 0."""
    if t < warmup:
        return base * t / warmup
    return final + (base - final) * (1 + math.cos(math.pi * (min(t, total) - warmup) / (total - warmup))) / 2


CASES = {
    "SGD": (sgd(0.5), None),
    "Momentum": (sgd(0.1, 0.9), None),
    "Adam": (adam(0.02, 1e-6), None),
    "Adam, betas": (adam(0.02, 1e-6, (0.5, 0.9)), None),
    "Adam of GoMLX": (adam(0.02, 1e-3), None),
    "SGD, cosine": (sgd(0.5), cosine),
    "Momentum, cosine": (sgd(0.5, 0.9), cosine),
    "Adam, factor": (adam(0.5, 1e-6), lambda t: max(0.02, 0.1 * 0.9 ** (t + 1))),
    "Adagrad": (lambda p: torch.optim.Adagrad(p, 0.1), None),
    "RMSProp": (lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9), None),
    "Adadelta": (lambda p: torch.optim.Adadelta(p, 1.0, rho=0.9, eps=1e-6), None),
    "SGD of GoMLX": (sgd(0.5), None),
    "SGD, decay": (lambda p: torch.optim.SGD(p, 0.5, weight_decay=0.1), None),
    "Momentum, decay of weights": (
        by_name(
            lambda groups: torch.optim.SGD(groups, 0.1, momentum=0.9),
            {f"dense{i}.{kind}": dict(weight_decay=0.1 if kind == "weight" else 0)
             for i in (0, 1) for kind in ("weight", "bias")},
        ),
        None,
    ),
    "Adam, decay": (lambda p: torch.optim.Adam(p, 0.02, eps=1e-6, weight_decay=0.1), None),
    "Momentum, clipping, cosine": (sgd(0.5, 0.9), cosine),
    "RMSProp, decay, clipping": (lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, weight_decay=0.1), None),
    "Momentum, rates": (
        by_name(
            lambda groups: torch.optim.SGD(groups, 0.1, momentum=0.9),
            {"dense0.weight": {}, "dense1.weight": dict(lr=0.3), "dense1.bias": {}},
        ),
        None,
    ),
    "Momentum, multi-factor": (sgd(0.5, 0.9), lambda t: 0.2 * 0.5 ** sum(t >= step for step in (4, 11))),
}

cases = []
for name, (make, schedule) in CASES.items():
    net = nn.Sequential(nn.Linear(INPUTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, CLASSES))
    with torch.no_grad():
        for kind, p in net.named_parameters():
            p.copy_(wave(11 if kind.endswith("weight") else 22, 0.5, *p.shape))
    optimizer = make(net.parameters())
    losses = []
    for t in range(STEPS):
        X = wave(100 * t, 2, BATCH, INPUTS)
        y = torch.tensor([(t + i * i) % CLASSES for i in range(BATCH)])
        if schedule:
            optimizer.param_groups[0]["lr"] = schedule(t)
        loss = nn.functional.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        if "clipping" in name:
            nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        optimizer.step()
        losses.append(loss.item())
    case = {"name": name, "losses": losses}
    for layer, linear in (("dense0", net[0]), ("dense1", net[2])):
        case[f"{layer}/weights"] = numbers(linear.weight)
        case[f"{layer}/biases"] = numbers(linear.bias)
    cases.append(case)

write(__file__, {"cases": cases})
