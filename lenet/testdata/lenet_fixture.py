"""Writes lenet.json: what PyTorch makes of LeNet, for TestAgainstPyTorch.

    python3 -m venv venv && venv/bin/pip install torch==2.15.0 numpy==2.4.6
    venv/bin/python lenet_fixture.py

Parameters and images come from a formula that the test shares, so the file has
only results: of the parameters after one and after five steps, every stride-th
value and the sum, in PyTorch's own order.
"""
import json
import pathlib

import torch
from torch import nn

LR, BATCH = 0.9, 4
LABELS = [9, 2, 1, 6]


def wave(seed, scale, *shape):
    """Numbers in [-scale, scale] that a quadratic generator scatters."""
    k = torch.arange(torch.Size(shape).numel(), dtype=torch.int64) + seed
    values = (k * k * 31 + k * 7) % 2003
    return ((values.double() / 1001 - 1) * scale).float().reshape(shape)


torch.set_num_threads(1)
net = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2),
    nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Flatten(),
    nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))
names = ["conv0", "conv1", "dense0", "dense1", "dense2"]
layers = [layer for layer in net if hasattr(layer, "weight")]
with torch.no_grad():
    for i, layer in enumerate(layers):
        layer.weight.copy_(wave(1000 * i, 2 * layer.weight[0].numel() ** -0.5, *layer.weight.shape))
        layer.bias.copy_(wave(1000 * i + 500, 0.1, *layer.bias.shape))


def sample():
    values = {}
    for name, layer in zip(names, layers):
        for kind, p in (("weights", layer.weight), ("biases", layer.bias)):
            flat = p.detach().flatten()
            stride = max(1, len(flat) // 100)
            values[f"{name}/{kind}"] = {
                "stride": stride, "sum": flat.double().sum().item(), "values": flat[::stride].tolist()}
    return values


X = wave(77, 0.5, BATCH, 1, 28, 28) + 0.5
y = torch.tensor(LABELS)
optimizer = torch.optim.SGD(net.parameters(), LR)
losses, correct, after = [], [], {}
for step in range(1, 6):
    logits = net(X)
    loss = nn.functional.cross_entropy(logits, y)
    if step == 1:
        first = logits.flatten().tolist()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item() * BATCH)
    correct.append(int((logits.argmax(1) == y).sum()))
    if step in (1, 5):
        after[step] = sample()

path = pathlib.Path(__file__).with_name("lenet.json")
path.write_text(json.dumps({"torch": torch.__version__, "lr": LR, "labels": LABELS, "logits": first,
                            "lossSums": losses, "correct": correct, "after1": after[1], "after5": after[5]}) + "\n")
print(path, path.stat().st_size, "bytes; losses", losses, correct)
