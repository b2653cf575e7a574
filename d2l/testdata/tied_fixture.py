"""Writes tied.safetensors, a net with one layer in the places 2 and 10 of an nn.Sequential, as
safetensors.torch.save_model writes it, and tied.json, its output, for TestLoadTiedParameters. Run it by
scripts/pytorch fixtures.
"""
import pathlib

import torch
from fixtures import numbers, wave, write
from safetensors.torch import save_model
from torch import nn

layers = [nn.Tanh() for _ in range(11)]
for place in 0, 2, 5:
    layers[place] = nn.Linear(3, 3)
layers[10] = layers[2]
net = nn.Sequential(*layers)
with torch.no_grad():
    for seed, p in enumerate(net.parameters()):
        p.copy_(wave(5 + seed, 1, *p.shape))
path = pathlib.Path(__file__).with_name("tied.safetensors")
save_model(net, path)
print(path, path.stat().st_size, "bytes")
write(__file__, dict(output=numbers(net(wave(1, 1, 2, 3)))))
