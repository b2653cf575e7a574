"""Writes rnn.json: what PyTorch computes with recurrent layers, for TestRecurrentLayersAgainstPyTorch. Run it by
scripts/pytorch fixtures.

Parameters, inputs and initial states come from a formula that the test shares. The gradients are those of the sum of
the output times such numbers.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn

BATCH, STEPS, FEATURES, HIDDEN = 2, 4, 3, 2

cases = []
for name, build in (("RNN", nn.RNN), ("GRU", nn.GRU), ("LSTM", nn.LSTM), ("RNN of ReLU", nn.RNN)):
    for layers, bidirectional, start in ((1, False, False), (2, False, True), (2, True, True)):
        settings = {"nonlinearity": "relu"} if name == "RNN of ReLU" else {}
        net = build(FEATURES, HIDDEN, layers, batch_first=True, bidirectional=bidirectional, **settings)
        with torch.no_grad():
            for seed, p in enumerate(net.parameters()):
                p.copy_(wave(11 + seed, 1, *p.shape))
        X = wave(33, 2, BATCH, STEPS, FEATURES).requires_grad_()
        cells = layers * (1 + bidirectional)
        states = 2 if name == "LSTM" else 1
        size = (cells, BATCH, HIDDEN)
        initial = [wave(66 + s, 1, *size) if start else torch.zeros(*size) for s in range(states)]
        output, last = net(X, tuple(initial) if states > 1 else initial[0])
        (output * wave(44, 1, *output.shape)).sum().backward()
        last = last if states > 1 else [last]
        cases.append(dict(
            name=name, layers=layers, bidirectional=bidirectional, start=start, output=numbers(output),
            last=[numbers(s) for s in last], gradX=numbers(X.grad),
            gradients={key: numbers(p.grad) for key, p in net.named_parameters()}))

write(__file__, {"cases": cases})
