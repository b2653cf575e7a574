"""Writes attention.json: what PyTorch computes with attentions, for TestAttentionAgainstPyTorch. Run it by
scripts/pytorch fixtures.

Multi-head attention is PyTorch's own, whose mask is True where a key does not count; additive attention is written out.
Parameters, inputs and lengths come from formulas that the test shares. The gradients are those of the sum of the output
times such numbers.
"""
import torch
from fixtures import numbers, wave, write
from torch import nn
from torch.nn import functional

BATCH, QUERIES, KEYS, HIDDEN, HEADS = 2, 3, 4, 6, 2
LENGTHS = None, [3, 1], [[1, 2, 4], [4, 3, 2]]  # None; of examples; of queries.


def padding(lengths):
    """True where a key does not count: (batch, queries, keys)."""
    if lengths is None:
        return torch.zeros(BATCH, QUERIES, KEYS, dtype=torch.bool)
    lengths = torch.tensor(lengths).reshape(BATCH, -1, 1).expand(-1, QUERIES, 1)
    return torch.arange(KEYS)[None, None] >= lengths


class Additive(nn.Module):
    def __init__(self, query_size, key_size):
        super().__init__()
        self.W_q = nn.Linear(query_size, HIDDEN, bias=False)
        self.W_k = nn.Linear(key_size, HIDDEN, bias=False)
        self.w_v = nn.Linear(HIDDEN, 1, bias=False)

    def forward(self, queries, keys, values, mask):
        scores = self.w_v(torch.tanh(self.W_q(queries)[:, :, None] + self.W_k(keys)[:, None])).squeeze(-1)
        weights = scores.masked_fill(mask, -1e6).softmax(-1)
        return weights @ values, weights


class DotProduct(nn.Module):
    def forward(self, queries, keys, values, mask):
        output = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=~mask)
        scores = queries @ keys.mT / queries.shape[-1] ** 0.5
        return output, scores.masked_fill(mask, -1e6).softmax(-1)


class MultiHead(nn.Module):
    """PyTorch's, with its three linear functions as modules of their own."""

    def __init__(self, query_size, key_size, value_size):
        super().__init__()
        self.W_q, self.W_k = nn.Linear(query_size, HIDDEN), nn.Linear(key_size, HIDDEN)
        self.W_v, self.W_o = nn.Linear(value_size, HIDDEN), nn.Linear(HIDDEN, HIDDEN)

    def forward(self, queries, keys, values, mask):
        q, k, v = (x.transpose(0, 1) for x in (self.W_q(queries), self.W_k(keys), self.W_v(values)))
        eye = torch.eye(HIDDEN)
        output, weights = functional.multi_head_attention_forward(
            q, k, v, HIDDEN, HEADS, torch.cat([eye, eye, eye]), None, None, None, False, 0.0,
            self.W_o.weight, self.W_o.bias, attn_mask=mask.repeat_interleave(HEADS, 0), average_attn_weights=False)
        return output.transpose(0, 1), weights


cases = []
for name, build, sizes in (("additive", Additive, (5, 2)), ("dot product", DotProduct, (5, 5)),
                           ("multi-head", MultiHead, (5, 2, 3))):
    for lengths in LENGTHS:
        net = build(*sizes) if name != "dot product" else build()
        with torch.no_grad():
            for seed, p in enumerate(net.parameters()):
                p.copy_(wave(11 + seed, 1, *p.shape))
        queries = wave(33, 2, BATCH, QUERIES, sizes[0]).requires_grad_()
        keys = wave(44, 2, BATCH, KEYS, sizes[1]).requires_grad_()
        values = wave(55, 2, BATCH, KEYS, 3).requires_grad_()
        output, weights = net(queries, keys, values, padding(lengths))
        (output * wave(66, 1, *output.shape)).sum().backward()
        flat = [] if lengths is None else torch.tensor(lengths).flatten().tolist()
        cases.append(dict(
            name=name, lengths=flat, output=numbers(output), weights=numbers(weights),
            parameters={key: numbers(p) for key, p in net.named_parameters()},
            gradients={key: numbers(p.grad) for key, p in net.named_parameters()},
            inputGradients=[numbers(x.grad) for x in (queries, keys, values)]))

# A block is PyTorch's nn.TransformerEncoderLayer or nn.TransformerDecoderLayer, whose attentions have one matrix for
# three linear functions. Weights are small, so that no softmax saturates, and what PyTorch computes is float64: sums of
# gradients nearly cancel.
BLOCKS = {
    "encoder block": {"self_attn": "attention", "norm1": "addnorm1.ln", "norm2": "addnorm2.ln"},
    "decoder block": {"self_attn": "attention1", "multihead_attn": "attention2", "norm1": "addnorm1.ln",
                      "norm2": "addnorm2.ln", "norm3": "addnorm3.ln"}}
FFN = 5
for name, lengths in [(name, lengths) for name in BLOCKS for lengths in (None, [3, 1])]:
    decoder = name == "decoder block"
    build = nn.TransformerDecoderLayer if decoder else nn.TransformerEncoderLayer
    net = build(HIDDEN, HEADS, dim_feedforward=FFN, dropout=0.0, batch_first=True)
    names = {"linear1": "ffn.dense1", "linear2": "ffn.dense2", **BLOCKS[name]}
    leaves, state = {}, {}
    for theirs, p in net.named_parameters():  # In the order of PyTorch's; ours have names of their own.
        module, kind = theirs.rsplit(".", 1)
        if "in_proj" in kind:
            keys = [f"{names[module]}.W_{x}.{kind.removeprefix('in_proj_')}" for x in "qkv"]
            shape = (HIDDEN, *p.shape[1:])
        else:
            attention = module.removesuffix(".out_proj")
            keys = [f"{names[attention]}{'.W_o' if attention != module else ''}.{kind}"]
            shape = p.shape
        for key in keys:
            leaves[key] = wave(11 + len(leaves), 0.4, *shape).double().requires_grad_()
        state[theirs] = torch.cat([leaves[key] for key in keys])
    X = wave(33, 2, BATCH, QUERIES if decoder else KEYS, HIDDEN).double().requires_grad_()
    encoded = wave(44, 2, BATCH, KEYS, HIDDEN).double().requires_grad_()
    mask = None if lengths is None else torch.arange(KEYS)[None] >= torch.tensor(lengths)[:, None]
    if decoder:
        later = torch.ones(QUERIES, QUERIES, dtype=torch.bool).triu(1)
        arguments = (X, encoded), {"tgt_mask": later, "memory_key_padding_mask": mask}
    else:
        arguments = (X,), {"src_key_padding_mask": mask}
    output = torch.func.functional_call(net, state, *arguments)
    (output * wave(66, 1, *output.shape)).sum().backward()
    cases.append(dict(
        name=name, lengths=lengths or [], output=numbers(output), weights=[],
        parameters={key: numbers(p) for key, p in leaves.items()},
        gradients={key: numbers(p.grad) for key, p in leaves.items()},
        inputGradients=[numbers(x.grad) for x in ((X, encoded) if decoder else (X,))]))

write(__file__, {"cases": cases})
