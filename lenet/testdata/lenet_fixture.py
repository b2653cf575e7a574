"""Writes what PyTorch computes with LeNet, for TestAgainstPyTorch: lenet.safetensors, the initial
parameters, and lenet.json, the results. Run it with scripts/pytorch fixtures.

Parameters and images come from a formula; the test shares that of the images. Of gradients, and of
parameters after one and after twenty steps, lenet.json has every stride-th value in PyTorch's order
and a sum of all, each times a number of the formula; the exact ones are those of float64.
"""
import pathlib
import sys
from collections import OrderedDict

import safetensors.torch
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "d2l/testdata"))
from fixtures import numbers, wave, write  # noqa: E402

LR, BATCH, STEPS = 0.9, 64, 20


def lenet():
    """The layers that have parameters are called as in Go."""
    return nn.Sequential(OrderedDict(
        conv0=nn.Conv2d(1, 6, 5, padding=2), sigmoid0=nn.Sigmoid(), pool0=nn.AvgPool2d(2, 2),
        conv1=nn.Conv2d(6, 16, 5), sigmoid1=nn.Sigmoid(), pool1=nn.AvgPool2d(2, 2), flatten0=nn.Flatten(),
        dense0=nn.Linear(400, 120), sigmoid2=nn.Sigmoid(), dense1=nn.Linear(120, 84), sigmoid3=nn.Sigmoid(),
        dense2=nn.Linear(84, 10)))


def batch(step):
    """Images with a bright band each, whose position is the label, so that there is something to learn."""
    X = wave(77 + 10007 * step, 0.5, BATCH, 1, 28, 28) + 0.5
    labels = [(i * i + i // 7) % 10 for i in range(BATCH)]
    for image, label in zip(X, labels):
        image[:, 2 * label:2 * label + 8] += 1
    return X, torch.tensor(labels)


def sample(tensors):
    values = {}
    for name, tensor in tensors.items():
        flat = tensor.detach().flatten()
        stride = max(1, len(flat) // 100)
        values[name] = {"stride": stride, "values": numbers(flat[::stride]),
                        "sum": (flat.double() * wave(5, 1, len(flat))).sum().item()}
    return values


def train(net, dtype):
    """The losses, correct predictions, the first logits and gradients, and the parameters after one and all steps."""
    optimizer = torch.optim.SGD(net.parameters(), LR)
    results = {"lossSums": [], "correct": []}
    for step in range(STEPS):
        X, y = batch(step)
        logits = net(X.to(dtype))
        loss = nn.functional.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            results["logits"] = numbers(logits)
            results["gradients"] = sample({name: p.grad for name, p in net.named_parameters()})
        optimizer.step()
        results["lossSums"].append(loss.item() * BATCH)
        results["correct"].append(int((logits.argmax(1) == y).sum()))
        if step == 0:
            results["after1"] = sample(net.state_dict())
    results["after20"] = sample(net.state_dict())
    return results


def xavier():
    """PyTorch's own initialization: mean and variance of the weights that it draws for each layer, and the
    bound that follows from fan-in and fan-out."""
    torch.manual_seed(1)
    drawn = {}
    for name, p in lenet().named_parameters():
        if name.endswith("weight"):
            nn.init.xavier_uniform_(p)
            p = p.double()
            drawn[name] = {"bound": (6 / sum(nn.init._calculate_fan_in_and_fan_out(p))) ** 0.5,
                           "mean": p.mean().item(), "variance": p.var(correction=0).item()}
    return drawn


net = lenet()
with torch.no_grad():
    for i, layer in enumerate(layer for layer in net if hasattr(layer, "weight")):
        layer.weight.copy_(wave(1000 * i, 2 * layer.weight[0].numel() ** -0.5, *layer.weight.shape))
        layer.bias.copy_(wave(1000 * i + 500, 0.1, *layer.bias.shape))
safetensors.torch.save_file(net.state_dict(), pathlib.Path(__file__).with_name("lenet.safetensors"))
exact = lenet().double()
exact.load_state_dict(net.state_dict())
exactly = train(exact, torch.float64)
write(__file__, {"lr": LR, "batch": BATCH, **train(net, torch.float32),
                 "exactGradients": exactly["gradients"], "exact20": exactly["after20"], "xavier": xavier()})
