"""The nets of nets.go in PyTorch, for pytorch.py and gpu_torch.py. Parameters have the names that d2l gives them."""

import collections
import itertools
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch.nn.functional as F
import worker
from torch import nn, optim

KINDS = {
    "Conv2d": "conv", "ConvTranspose2d": "convtranspose", "Linear": "dense", "BatchNorm2d": "batchnorm",
}


def sequential(*layers: nn.Module) -> nn.Sequential:
    named, counts = collections.OrderedDict(), collections.Counter()
    for layer in layers:
        kind = type(layer).__name__
        kind = KINDS.get(kind, kind.lower())
        named[f"{kind}{counts[kind]}"] = layer
        counts[kind] += 1
    return nn.Sequential(named)


def lenet(pool: type[nn.Module] = nn.AvgPool2d) -> nn.Sequential:
    return sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(), pool(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(), pool(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))


def improved() -> nn.Sequential:
    return sequential(
        nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Flatten(),
        nn.Linear(32 * 5 * 5, 256), nn.ReLU(), nn.Linear(256, 10))


def mlp() -> nn.Sequential:
    return sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


class Rows(nn.Module):
    """An image as a sequence of its rows."""

    def forward(self, X):
        return X.squeeze(1)


class Last(nn.Module):
    """The last output of a recurrent layer."""

    def forward(self, outputs):
        return outputs[0][:, -1]


def row_by_row(layer: type[nn.Module]) -> nn.Sequential:
    return sequential(Rows(), layer(28, 256, batch_first=True), Last(), nn.Linear(256, 10))


class Residual(nn.Module):
    def __init__(self, inputs: int, channels: int, stride: int) -> None:
        super().__init__()
        self.main = sequential(
            nn.Conv2d(inputs, channels, 3, stride, 1), nn.BatchNorm2d(channels), nn.ReLU(),
            nn.Conv2d(channels, channels, 3, 1, 1), nn.BatchNorm2d(channels))
        self.shortcut = nn.Conv2d(inputs, channels, 1, stride) if stride > 1 else nn.Identity()

    def forward(self, X):
        return F.relu(self.main(X) + self.shortcut(X))


def resnet() -> nn.Sequential:
    return sequential(
        nn.Conv2d(1, 8, 5, 2, 2), nn.BatchNorm2d(8), nn.ReLU(), Residual(8, 8, 1), Residual(8, 16, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))


def vgg() -> nn.Sequential:
    layers, inputs = [], 1
    for convolutions, channels in (2, 64), (2, 128), (1, 256):
        for _ in range(convolutions):
            layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
            inputs = channels
        layers.append(nn.MaxPool2d(2))
    return sequential(*layers, nn.Flatten(), nn.Linear(256 * 3 * 3, 256), nn.ReLU(), nn.Linear(256, 10))


def hourglass() -> nn.Sequential:
    return sequential(
        nn.Conv2d(1, 64, 4, 2, 1), nn.ReLU(), nn.Conv2d(64, 128, 4, 2, 1), nn.ReLU(),
        nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(64, 32, 4, 2, 1), nn.ReLU(),
        nn.AvgPool2d(4), nn.Flatten(), nn.Linear(32 * 7 * 7, 10))


def resnet18() -> nn.Sequential:
    widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
    blocks = [Residual(i, o, 1 if i == o else 2) for i, o in itertools.pairwise(widths)]
    return sequential(
        nn.Conv2d(1, 64, 7, 2, 3), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


def alexnet() -> nn.Sequential:
    def conv(*shape, **options):
        return [nn.Conv2d(*shape, **options), nn.ReLU()]

    def dense(inputs):
        return [nn.Linear(inputs, 4096), nn.ReLU(), nn.Dropout(0.5)]

    return sequential(
        *conv(1, 96, 11, stride=4), nn.MaxPool2d(3, 2), *conv(96, 256, 5, padding=2), nn.MaxPool2d(3, 2),
        *conv(256, 384, 3, padding=1), *conv(384, 384, 3, padding=1), *conv(384, 256, 3, padding=1),
        nn.MaxPool2d(3, 2), nn.Flatten(), *dense(256 * 5 * 5), *dense(4096), nn.Linear(4096, 10))


class Recipe(NamedTuple):
    new: Callable[[], nn.Sequential]
    side: int  # height and width of the images
    optimizer: Callable


NETS = {
    "lenet": Recipe(lenet, worker.SIDE, partial(optim.SGD, lr=worker.LR)),
    "lenet_max": Recipe(partial(lenet, nn.MaxPool2d), worker.SIDE, partial(optim.SGD, lr=0.5)),
    "improved": Recipe(improved, worker.SIDE, partial(optim.Adam, lr=0.003)),
    "mlp": Recipe(mlp, worker.SIDE, partial(optim.SGD, lr=0.1)),
    "resnet": Recipe(resnet, worker.SIDE, partial(optim.SGD, lr=0.2)),
    "vgg": Recipe(vgg, worker.SIDE, partial(optim.SGD, lr=0.05)),
    "hourglass": Recipe(hourglass, worker.SIDE, partial(optim.SGD, lr=0.1)),
    "gru": Recipe(partial(row_by_row, nn.GRU), worker.SIDE, partial(optim.SGD, lr=0.1)),
    "lstm": Recipe(partial(row_by_row, nn.LSTM), worker.SIDE, partial(optim.SGD, lr=0.1)),
    "alexnet": Recipe(alexnet, 224, partial(optim.SGD, lr=0.01)),
    "resnet18": Recipe(resnet18, 96, partial(optim.SGD, lr=0.05)),
}


def xavier(net: nn.Module) -> None:
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
