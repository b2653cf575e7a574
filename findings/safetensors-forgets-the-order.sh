#!/usr/bin/env bash
# safetensors 0.8.0 with numpy 2.4.6.
#
# Expected: a dict of tensors comes back in the order in which it was saved, as from numpy.savez, so that
# the usual way to rename parameters, dict(zip(new_names, loaded.values())), works.
# Seen: the file has the tensors by type and then by name as text, and every function of the library gives them so:
# layer 10 comes before layer 2, bias before weight. With twelve layers of one shape ten get another one's weights, and
# a normalization's weight and bias, which have one shape too, change places. Nothing is said; all shapes fit.
#
# Why it matters: PyTorch names the layers of nn.Sequential by numbers, and to match them with the layers of another
# program one has to go by order; who takes the file's gets a net that loads and computes something else, from eleven
# layers on or from the first normalization.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q safetensors==0.8.0 numpy==2.4.6
cat >look.py <<'END'
import numpy
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

layers = {f"{i}.weight": numpy.full((4, 4), i, numpy.float32) for i in range(12)}
norm = {"weight": numpy.ones(4, numpy.float32), "bias": numpy.zeros(4, numpy.float32)}
for name, state in ("layers", layers), ("norm", norm):
    save_file(state, name)
    numpy.savez(name + ".npz", **state)
    with safe_open(name, "numpy") as file:
        orders = [list(load_file(name)), list(file.keys()), list(file.offset_keys())]
    renamed = dict(zip(state, load_file(name).values()))
    wrong = sum(not numpy.array_equal(renamed[key], state[key]) for key in state)
    print(f"{name}: numpy.savez keeps the order: {list(numpy.load(name + '.npz')) == list(state)}")
    print(f"{name}: by safetensors {' '.join(key.split('.')[0] for key in orders[0])}, in all its functions:",
          orders[0] == orders[1] == orders[2])
    print(f"{name}: renamed by order, {wrong} of {len(state)} are another one's")
END
seen=$(venv/bin/python look.py)
echo "$seen"
[ "$seen" = "layers: numpy.savez keeps the order: True
layers: by safetensors 0 1 10 11 2 3 4 5 6 7 8 9, in all its functions: True
layers: renamed by order, 10 of 12 are another one's
norm: numpy.savez keeps the order: True
norm: by safetensors bias weight, in all its functions: True
norm: renamed by order, 2 of 2 are another one's" ]
