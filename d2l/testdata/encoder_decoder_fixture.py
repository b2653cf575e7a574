"""Writes encoder_decoder.json: what PyTorch computes with a net of three inputs, for TestEncoderDecoderAgainstPyTorch
and TestTrainSeq2SeqAgainstPyTorch. Run it by scripts/pytorch fixtures.

The decoder gets the encoder's last state, and the mean of its outputs over the valid lengths as context. Parameters and
tokens come from formulas that the test shares.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn

BATCH, ENC_STEPS, DEC_STEPS, EMBED, HIDDEN, ENC_VOCAB, DEC_VOCAB, PAD = 4, 5, 3, 3, 4, 7, 6, 1


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding0 = nn.Embedding(ENC_VOCAB, EMBED)
        self.gru0 = nn.GRU(EMBED, HIDDEN, batch_first=True)

    def forward(self, X):
        return self.gru0(self.embedding0(X))


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(DEC_VOCAB, EMBED)
        self.gru = nn.GRU(EMBED + HIDDEN, HIDDEN, batch_first=True)
        self.dense = nn.Linear(HIDDEN, DEC_VOCAB)

    def forward(self, X, outputs, state, lengths):
        valid = (torch.arange(outputs.shape[1])[None] < lengths[:, None]).float()[:, :, None]
        context = (outputs * valid).sum(1) / lengths[:, None]
        x = torch.cat([self.embedding(X), context[:, None].expand(-1, X.shape[1], -1)], -1)
        return self.dense(self.gru(x, state)[0])


class EncoderDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = Encoder(), Decoder()

    def forward(self, enc_X, dec_X, lengths):
        outputs, state = self.encoder(enc_X)
        return self.decoder(dec_X, outputs, state, lengths)


def tokens(vocab, seed, *shape):
    """Tokens that scatter."""
    k = torch.arange(torch.Size(shape).numel())
    return ((k * k * 3 + k * 5 + seed) % vocab).reshape(shape)


def initialized():
    """A net with parameters from formulas."""
    net = EncoderDecoder()
    with torch.no_grad():
        for seed, (name, p) in enumerate(net.named_parameters()):
            if name == "decoder.dense.weight":  # The test has (in, out).
                p.copy_(wave(11 + seed, 1, *p.T.shape).T)
            else:
                p.copy_(wave(11 + seed, 1, *p.shape))
    return net


def translating(steps):
    """The losses of steps with Adam on gradients clipped to a norm of 1; and the sum of the first losses when each
    sentence has the mean over its steps, padding included, divided by the number of tokens, as the book prints it."""
    net = initialized()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.1, eps=1e-6)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        each = nn.functional.cross_entropy(net(enc_X, dec_X, lengths).transpose(1, 2), y, reduction="none")
        each = each * (y != PAD)
        mean = each.sum() / (y != PAD).sum()
        mean.backward()
        if not losses:
            as_book = (each.mean(1).sum() / (y != PAD).sum()).item()
        losses.append(mean.item())
        norm = torch.cat([p.grad.flatten() for p in net.parameters()]).norm()
        for p in net.parameters():
            p.grad *= min(1, 1 / norm)
        optimizer.step()
    return dict(translating=[float(f"{x:.9g}") for x in losses], as_book=float(f"{as_book:.9g}"))


net = initialized()
enc_X, dec_X = tokens(ENC_VOCAB, 0, BATCH, ENC_STEPS), tokens(DEC_VOCAB, 2, BATCH, DEC_STEPS)
lengths, y = torch.tensor([5, 2, 3, 1]), tokens(DEC_VOCAB, 4, BATCH, DEC_STEPS)
output = net(enc_X, dec_X, lengths)
loss = nn.CrossEntropyLoss(ignore_index=PAD)
optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
losses, gradients = [], {}
for _ in range(5):
    optimizer.zero_grad()
    mean = loss(net(enc_X, dec_X, lengths).flatten(0, 1), y.flatten())
    mean.backward()
    losses.append(mean.item())
    if not gradients:
        gradients = {key: numbers(p.grad) for key, p in net.named_parameters()}
    optimizer.step()
write(__file__, dict(
    output=numbers(output), losses=[float(f"{x:.9g}") for x in losses], gradients=gradients,
    after={key: numbers(p) for key, p in net.named_parameters()}, **translating(8)))
