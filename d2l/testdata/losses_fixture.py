"""Writes losses.json: what PyTorch computes with loss functions, for TestLossesAgainstPyTorch. Run it by
scripts/pytorch fixtures.

Outputs and labels come from a formula that the test shares. The gradients are those of the mean loss. Some
outputs are 0, and some differences too, where absolute values have a corner.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn

STEPS, CLASSES, PADDING = 5, 4, 1


def classes(*shape):
    k = torch.arange(torch.Size(shape).numel())
    return ((k * k + k // 3) % CLASSES).reshape(shape)


def cross_entropy(**settings):
    def loss(output, y):
        return nn.CrossEntropyLoss(**settings)(output.reshape(-1, CLASSES), y.reshape(-1))

    return loss


def halved(output, y):
    return nn.MSELoss()(output, y) / 2


CASES = [
    ("SoftmaxCrossEntropyLoss", cross_entropy(), (6, CLASSES), classes(6)),
    ("SoftmaxCrossEntropyLoss", cross_entropy(), (3, STEPS, CLASSES), classes(3, STEPS)),
    ("MaskedSoftmaxCELoss", cross_entropy(ignore_index=PADDING), (3, STEPS, CLASSES), classes(3, STEPS)),
    ("L2Loss", halved, (6, 3), wave(55, 2, 6, 3)),
    ("L2Loss", halved, (6, 1), wave(55, 2, 6, 1)),
    ("MSELoss", nn.MSELoss(), (4, 2, 3), wave(55, 2, 4, 2, 3)),
    ("L1Loss", nn.L1Loss(), (6, 3), wave(55, 2, 6, 3)),
    ("HuberLoss", nn.SmoothL1Loss(), (6, 3), wave(55, 2, 6, 3)),
    ("HuberLoss of 0.5", nn.SmoothL1Loss(beta=0.5), (6, 3), wave(55, 2, 6, 3)),
    ("SigmoidBinaryCrossEntropyLoss", nn.BCEWithLogitsLoss(), (6, 3), (wave(55, 0.5, 6, 3) + 0.5)),
    ("SigmoidBinaryCrossEntropyLoss", nn.BCEWithLogitsLoss(), (6, 1), (wave(55, 1, 6, 1) > 0).float()),
]

cases = []
for name, loss, shape, y in CASES:
    output = wave(33, 30 if name.startswith("Sigmoid") else 2, *shape)
    output[1] = 0
    if y.shape == output.shape:
        output[2] = y[2]
    output.requires_grad_()
    mean = loss(output, y)
    mean.backward()
    cases.append(dict(name=name, output=list(shape), y=list(y.shape), loss=mean.item(), gradient=numbers(output.grad)))

write(__file__, {"cases": cases})
