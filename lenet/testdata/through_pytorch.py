"""Takes a net of ours through PyTorch, for TestNetsThroughPyTorch.

usage: through_pytorch.py lenet|batchnorm FROM TO

Loads FROM, which Net.SaveParameters wrote, into the same net in PyTorch, saves that to TO as a user
of PyTorch does, and prints its outputs for a batch that the test shares, as JSON.
"""
import json
import pathlib
import sys
from collections import OrderedDict

import safetensors.torch
import torch
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "d2l/testdata"))
from fixtures import numbers, wave  # noqa: E402

NETS = {
    "lenet": lambda: OrderedDict(
        conv0=nn.Conv2d(1, 6, 5, padding=2), sigmoid0=nn.Sigmoid(), pool0=nn.AvgPool2d(2, 2),
        conv1=nn.Conv2d(6, 16, 5), sigmoid1=nn.Sigmoid(), pool1=nn.AvgPool2d(2, 2), flatten0=nn.Flatten(),
        dense0=nn.Linear(400, 120), sigmoid2=nn.Sigmoid(), dense1=nn.Linear(120, 84), sigmoid3=nn.Sigmoid(),
        dense2=nn.Linear(84, 10)),
    "batchnorm": lambda: OrderedDict(
        conv0=nn.Conv2d(1, 4, 3, padding=1), batchnorm0=nn.BatchNorm2d(4), relu0=nn.ReLU(), pool0=nn.MaxPool2d(2),
        sequential0=nn.Sequential(OrderedDict(
            conv0=nn.Conv2d(4, 3, 2, stride=3), batchnorm0=nn.BatchNorm2d(3), tanh0=nn.Tanh())),
        flatten0=nn.Flatten(), dropout0=nn.Dropout(0.5), dense0=nn.Linear(75, 10)),
}

name, source, target = sys.argv[1:]
net = nn.Sequential(NETS[name]())
net.load_state_dict(safetensors.torch.load_file(source))
net.eval()
with torch.no_grad():
    print(json.dumps(numbers(net(wave(3, 1, 5, 1, 28, 28)))))
safetensors.torch.save_file(net.state_dict(), target)
