"""Writes layers.json: what PyTorch computes with single layers, and of a convolution with the pooling
after it, for TestLayersAgainstPyTorch. Run it by scripts/pytorch fixtures.

Parameters and inputs come from a formula that the test shares. The gradients are those of the sum of
the output times such numbers. Inputs with ties have -1, 0 and 1 alone.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn

ACTIVATIONS = {"": nn.Identity, "Sigmoid": nn.Sigmoid, "ReLU": nn.ReLU, "Tanh": nn.Tanh}
POOLS = {"AvgPool2D": nn.AvgPool2d, "MaxPool2D": nn.MaxPool2d}


def window(size, strides, padding):
    """A window as the test reads it: numbers, or pairs of height and width."""
    if isinstance(size, int):
        return dict(size=size, strides=strides, padding=padding)
    return dict(sizeHW=size, stridesHW=strides, paddingHW=padding)


def conv(kernel, strides, padding, activation="", bias=True):
    return dict(
        layer="Conv2D", **window(kernel, strides, padding), activation=activation, noBias=not bias
    ), lambda c: nn.Sequential(nn.Conv2d(c, 3, kernel, strides, padding, bias=bias), ACTIVATIONS[activation]())


def transposed(kernel, strides, padding, bias=True):
    return dict(
        layer="Conv2DTranspose", **window(kernel, strides, padding), noBias=not bias
    ), lambda c: nn.ConvTranspose2d(c, 3, kernel, strides, padding, bias=bias)


def avg(size, strides, padding):
    return pool("AvgPool2D", size, strides, padding)


def max_pool(size, strides, padding):
    return pool("MaxPool2D", size, strides, padding)


def pool(layer, size, strides, padding):
    return dict(layer=layer, **window(size, strides, padding)), lambda c: POOLS[layer](
        size, strides or size, padding
    )


def together(kernel, padding, activation, pool):
    """A convolution and the pooling of 2 x 2 after it, which are computed together."""
    return dict(
        layer="Conv2D", size=kernel, strides=1, padding=padding, activation=activation, pool=pool
    ), lambda c: nn.Sequential(nn.Conv2d(c, 3, kernel, padding=padding), ACTIVATIONS[activation](), POOLS[pool](2))


def dense(activation="", bias=True):
    return dict(layer="Dense", activation=activation, noBias=not bias), lambda c: nn.Sequential(
        nn.Flatten(), nn.Linear(c, 3, bias=bias), ACTIVATIONS[activation]()
    )


def layer_norm():
    return dict(layer="LayerNorm"), nn.LayerNorm


class Branches(nn.Module):
    """Two convolutions and a pooling side by side; their outputs are concatenated."""

    def __init__(self, c):
        super().__init__()
        self.one = nn.Conv2d(c, 2, 1)
        self.three = nn.Sequential(nn.Conv2d(c, 2, 1), nn.ReLU(), nn.Conv2d(2, 3, 3, padding=1))
        self.pool = nn.MaxPool2d(3, 1, 1)

    def forward(self, x):
        return torch.cat([self.one(x), self.three(x), self.pool(x)], 1)


class Residual(nn.Module):
    """A convolution, with a shortcut of 1 x 1 where channels or sizes change."""

    def __init__(self, c, channels, strides):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(c, channels, 3, strides, 1), nn.Tanh())
        self.shortcut = nn.Conv2d(c, channels, 1, strides) if strides > 1 else nn.Identity()

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def alone(activation):
    return dict(layer="Activation", activation=activation), lambda c: ACTIVATIONS[activation]()


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
    (conv(3, 2, 1, "Tanh"), (2, 2, 5, 6)),
    (conv(3, 2, 1, "ReLU"), (2, 2, 5, 6)),
    (conv(3, 1, 0, "Sigmoid"), (2, 2, 5, 7)),
    (avg(2, 2, 0), (2, 3, 6, 4)),
    (avg(2, 0, 0), (2, 3, 7, 5)),
    (avg(3, 2, 0), (2, 2, 8, 9)),
    (avg(3, 1, 1), (2, 2, 5, 6)),
    (avg(3, 2, 1), (2, 2, 6, 5)),
    (avg(2, 3, 0), (1, 2, 8, 7)),
    (avg(4, 4, 2), (1, 2, 7, 6)),
    (max_pool(2, 2, 0), (2, 3, 6, 4)),
    (max_pool(2, 0, 0), (2, 3, 7, 5)),
    (max_pool(3, 2, 0), (2, 2, 8, 9)),
    (max_pool(3, 1, 1), (2, 2, 5, 6)),
    (max_pool(3, 2, 1), (2, 2, 6, 5)),
    (max_pool(2, 3, 0), (1, 2, 8, 7)),
    (max_pool(4, 4, 2), (1, 2, 7, 6)),
    (dense(), (4, 5)),
    (dense(), (2, 3, 3, 2)),
    (dense("Sigmoid"), (4, 5)),
    (dense("ReLU"), (4, 5)),
    (dense("Tanh"), (4, 5)),
    ((dict(layer="Flatten"), lambda c: nn.Flatten()), (2, 3, 2, 4)),
    ((dict(layer="GlobalAvgPool2D"), lambda c: nn.AdaptiveAvgPool2d(1)), (2, 3, 2, 4)),
    ((dict(layer="GlobalAvgPool2D"), lambda c: nn.AdaptiveAvgPool2d(1)), (3, 2, 7, 5)),
    ((dict(layer="Dropout"), lambda c: nn.Dropout(0.5).eval()), (2, 3, 2, 4)),
    (alone("Sigmoid"), (2, 3, 2, 4)),
    (alone("ReLU"), (2, 3, 2, 4)),
    (alone("ReLU"), (4, 5)),
    (alone("Tanh"), (2, 3, 5, 3)),
    (conv((1, 2), (1, 1), (0, 0)), (2, 1, 6, 8)),
    (conv((5, 3), (1, 1), (2, 1)), (2, 2, 6, 7)),
    (conv((3, 5), (3, 4), (0, 1)), (2, 2, 8, 8)),
    (conv((2, 3), (1, 2), (3, 0)), (1, 2, 5, 8)),
    (conv((3, 4), (2, 1), (1, 5), "Tanh"), (2, 2, 6, 5)),
    (conv(3, 1, 1, bias=False), (2, 2, 6, 5)),
    (avg((2, 3), (2, 3), (0, 0)), (2, 2, 7, 8)),
    (avg((2, 3), (2, 3), (0, 1)), (2, 2, 4, 4)),
    (avg((3, 2), (1, 3), (1, 1)), (1, 2, 6, 7)),
    (max_pool((2, 3), (2, 3), (0, 0)), (2, 2, 7, 8)),
    (max_pool((2, 3), (2, 3), (0, 1)), (2, 2, 4, 4)),
    (max_pool((3, 2), (1, 3), (1, 1)), (1, 2, 6, 7)),
    (dense(bias=False), (4, 5)),
    (layer_norm(), (4, 5)),
    (layer_norm(), (2, 3, 6)),
    (transposed(2, 1, 0), (2, 1, 2, 3)),
    (transposed(2, 2, 0), (2, 3, 3, 4)),
    (transposed(2, 1, 1), (2, 2, 4, 5)),
    (transposed(5, 3, 2), (2, 2, 4, 5)),
    (transposed(3, 2, 1, bias=False), (2, 2, 4, 3)),
    (transposed(1, 2, 1), (1, 2, 4, 5)),
    (transposed(2, 2, 3), (1, 2, 5, 6)),
    (transposed((3, 4), (1, 2), (0, 1)), (2, 2, 3, 4)),
    ((dict(layer="Branches"), Branches), (2, 2, 5, 6)),
    ((dict(layer="Residual", strides=1), lambda c: Residual(c, c, 1)), (2, 2, 5, 6)),
    ((dict(layer="Residual", strides=2), lambda c: Residual(c, 3, 2)), (2, 2, 5, 6)),
    (together(5, 2, "Sigmoid", "AvgPool2D"), (3, 1, 12, 12)),
    (together(5, 0, "Sigmoid", "AvgPool2D"), (2, 6, 10, 14)),
    (together(5, 0, "Sigmoid", "AvgPool2D"), (33, 2, 7, 6)),
    (together(5, 2, "ReLU", "MaxPool2D"), (2, 3, 9, 12)),
    (together(5, 1, "Tanh", "AvgPool2D"), (2, 2, 11, 8)),
    (together(7, 3, "", "MaxPool2D"), (2, 2, 9, 11)),
    (together(4, 0, "Sigmoid", "MaxPool2D"), (2, 1, 8, 9)),
    (together(3, 1, "ReLU", "AvgPool2D"), (2, 3, 9, 8)),
    (together(1, 0, "Tanh", "MaxPool2D"), (2, 3, 5, 4)),
]
# Where a window has several maxima, and where ReLU gets zero.
TIES = [
    (max_pool(2, 2, 0), (2, 2, 6, 4)),
    (max_pool(3, 2, 1), (2, 2, 6, 5)),
    (max_pool(3, 1, 1), (2, 2, 5, 6)),
    (max_pool(2, 3, 0), (1, 2, 8, 7)),
    (max_pool(4, 3, 2), (1, 2, 9, 8)),
    (alone("ReLU"), (2, 3, 2, 4)),
    (together(1, 0, "", "MaxPool2D"), (2, 1, 6, 7)),
    (together(1, 0, "ReLU", "MaxPool2D"), (2, 1, 6, 7)),
]

cases = []
for ties, listed in ((False, CASES), (True, TIES)):
    for (case, build), shape in listed:
        inputs = {"Dense": torch.Size(shape[1:]).numel(), "LayerNorm": shape[-1]}.get(case["layer"], shape[1])
        layer = build(inputs)
        with torch.no_grad():
            for p in layer.parameters() if case["layer"] != "LayerNorm" else []:  # Ones and zeros there.
                p.copy_(wave(22 if p.dim() == 1 else 11, 0.5, *p.shape))
        X = wave(33, 2, *shape)
        X = (X.clamp(-1.4, 1.4).round() if ties else X).requires_grad_()
        output = layer(X)
        (output * wave(44, 1, *output.shape)).sum().backward()
        case = dict(
            case, ties=ties, input=list(shape), shape=list(output.shape), output=numbers(output), gradX=numbers(X.grad)
        )
        case["gradients"] = [numbers(p.grad) for p in layer.parameters()]
        cases.append(case)
write(__file__, {"cases": cases})
