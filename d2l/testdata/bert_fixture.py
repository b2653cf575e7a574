"""Writes bert.json: what PyTorch computes with BERT and the losses of its two tasks, for TestBERTAgainstPyTorch. Run it
by scripts/pytorch fixtures.

The blocks are PyTorch's nn.TransformerEncoderLayer, whose attentions have one matrix for three linear functions.
The test reads the parameters from the file, by the names and shapes of the book's classes. All is float64, as sums of
gradients nearly cancel.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn
from torch.nn import functional

VOCAB, HIDDEN, FFN, HEADS, LAYERS, MAX_LEN = 7, 6, 5, 2, 2, 5
TOKENS = [[3, 5, 4, 6], [3, 1, 4, 0]]
SEGMENTS = [[0, 0, 1, 1], [0, 0, 1, 0]]
LENGTHS = [4, 3]
POSITIONS = [[1, 3, 2], [1, 0, 0]]
WEIGHTS = [[1, 1, 1], [1, 0, 0]]
WORDS = [[2, 6, 4], [5, 0, 0]]
IS_NEXT = [1, 0]

leaves = {}


def parameter(name, *shape):
    values = wave(11 + len(leaves), 0.8 if len(shape) > 1 else 0.4, *shape).double()
    if name.endswith((".ln.weight", "mlp.2.weight")):  # Of a normalization: around 1, so that nothing fades away.
        values = 1 + values
    leaves[name] = values.requires_grad_()
    return leaves[name]


def linear(name, n_in, n_out):
    weight, bias = parameter(f"{name}.weight", n_out, n_in), parameter(f"{name}.bias", n_out)
    return lambda x: functional.linear(x, weight, bias)


def norm(name):
    weight, bias = parameter(f"{name}.weight", HIDDEN), parameter(f"{name}.bias", HIDDEN)
    return lambda x: functional.layer_norm(x, (HIDDEN,), weight, bias)


def block(name):
    state = {}
    for kind in "weight", "bias":
        shape = (HIDDEN, HIDDEN) if kind == "weight" else (HIDDEN,)
        q, k, v = (parameter(f"{name}.attention.W_{x}.{kind}", *shape) for x in "qkv")
        state[f"self_attn.in_proj_{kind}"] = torch.cat([q, k, v])
        state[f"self_attn.out_proj.{kind}"] = parameter(f"{name}.attention.W_o.{kind}", *shape)
        for i in 1, 2:
            state[f"norm{i}.{kind}"] = parameter(f"{name}.addnorm{i}.ln.{kind}", HIDDEN)
    for i, sizes in (1, (FFN, HIDDEN)), (2, (HIDDEN, FFN)):
        state[f"linear{i}.weight"] = parameter(f"{name}.ffn.dense{i}.weight", *sizes)
        state[f"linear{i}.bias"] = parameter(f"{name}.ffn.dense{i}.bias", sizes[0])
    layer = nn.TransformerEncoderLayer(HIDDEN, HEADS, dim_feedforward=FFN, dropout=0.0, batch_first=True)
    return lambda x, padding: torch.func.functional_call(layer, state, x, {"src_key_padding_mask": padding})


token, segment = parameter("encoder.token_embedding.weight", VOCAB, HIDDEN), parameter(
    "encoder.segment_embedding.weight", 2, HIDDEN)
position = parameter("encoder.pos_embedding", 1, MAX_LEN, HIDDEN)
blocks = [block(f"encoder.blks.{i}") for i in range(LAYERS)]
hidden = linear("hidden.0", HIDDEN, HIDDEN)
mlp = linear("mlm.mlp.0", HIDDEN, HIDDEN), torch.relu, norm("mlm.mlp.2"), linear("mlm.mlp.3", HIDDEN, VOCAB)
output = linear("nsp.output", HIDDEN, 2)

tokens, segments, positions = torch.tensor(TOKENS), torch.tensor(SEGMENTS), torch.tensor(POSITIONS)
padding = torch.arange(tokens.shape[1])[None] >= torch.tensor(LENGTHS)[:, None]
X = token[tokens] + segment[segments] + position[:, :tokens.shape[1]]
for b in blocks:
    X = b(X, padding)
mlm = X[torch.arange(len(X))[:, None], positions]
for layer in mlp:
    mlm = layer(mlm)
nsp = output(torch.tanh(hidden(X[:, 0])))
# Each token counts with its own loss, as the book's text says and its MXNet edition does.
losses = functional.cross_entropy(mlm.flatten(0, 1), torch.tensor(WORDS).flatten(), reduction="none")
weights = torch.tensor(WEIGHTS).double().flatten()
mlm_loss = (losses * weights).sum() / (weights.sum() + 1e-8)
nsp_loss = functional.cross_entropy(nsp, torch.tensor(IS_NEXT))
(mlm_loss + nsp_loss).backward()

write(__file__, dict(
    tokens=TOKENS, segments=SEGMENTS, lengths=LENGTHS, positions=POSITIONS,
    weights=WEIGHTS, words=WORDS, isNext=IS_NEXT,
    outputs=[numbers(x) for x in (X, mlm, nsp)], losses=[mlm_loss.item(), nsp_loss.item()],
    parameters={name: dict(shape=list(p.shape), values=numbers(p), gradient=numbers(p.grad))
                for name, p in leaves.items()}))
