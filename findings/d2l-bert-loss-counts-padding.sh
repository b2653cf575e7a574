#!/usr/bin/env bash
# d2l 0.17.6, its PyTorch edition, with torch 2.15.0.
#
# Expected: the loss of BERT's masked language model is the mean over the words that are to be predicted: mlm_weights are 0
# for those that only fill up a row, and the book says that they leave these out.
# Seen: nn.CrossEntropyLoss() has made one mean of all, filling included, before the weights are applied to it, so that they
# cancel. What the net says at a place of weight 0 changes the loss, and its gradient there is not 0.
#
# Why it matters: sentences have different numbers of masked words, so some of what is trained is to predict token 0 at
# position 0; and losses that another implementation reports can only be compared if it does the same. (The MXNet edition
# weights each word's loss.)
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q torch==2.15.0 numpy==2.4.6
venv/bin/pip install -q --no-deps d2l==0.17.6 # Its plots need much more, and its loss does not.
cat >look.py <<'END'
import ast
import pathlib
import sysconfig

import torch
from torch import nn

source = pathlib.Path(sysconfig.get_path("purelib"), "d2l", "torch.py").read_text()
function = next(n for n in ast.parse(source).body if getattr(n, "name", "") == "_get_batch_loss_bert")
exec(compile(ast.Module([function], []), "d2l", "exec"))


def mlm_loss(at_filling):
    """Of one row with a word to predict, whose logits are 2 and 0 and which is word 0, and a place of weight 0."""
    logits = torch.tensor([[[2.0, 0], [0, at_filling]]], requires_grad=True)
    loss, _, _ = _get_batch_loss_bert(
        lambda *inputs: (None, logits, torch.zeros(1, 2)), nn.CrossEntropyLoss(), 2, None, None, torch.tensor([2]), None,
        torch.tensor([[1.0, 0]]), torch.tensor([[0, 0]]), torch.tensor([0]))
    loss.sum().backward()
    return loss, logits.grad[0, 1].abs().max() > 0


word = nn.functional.cross_entropy(torch.tensor([[2.0, 0]]), torch.tensor([0]))
for at_filling in 0, 5:
    loss, trained = mlm_loss(at_filling)
    print(f"the word's loss {word:.4f}, d2l's", *(f"{l:.4f}" for l in loss.flatten()), "trained at the filling:", bool(trained))
END
seen=$(venv/bin/python look.py)
echo "$seen"
[ "$seen" = "the word's loss 0.1269, d2l's 0.4100 trained at the filling: True
the word's loss 0.1269, d2l's 2.5668 trained at the filling: True" ]
