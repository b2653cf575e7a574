#!/usr/bin/env bash
# JAX and jaxlib 0.10.2 on a CPU.
#
# Expected: the gradient of a convolution with respect to its weights takes about as long as the same sums written as
# one product of matrices, whatever the number of input channels.
# Seen: for images of one channel, as in the first layer of a net on grey images, the product is two to five times
# faster, with all copies that it needs: the nine images that the window of 3 × 3 sees are put side by side.
#
# Why it matters: the first layer of a net can take more time than all others together.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet jax==0.10.2 jaxlib==0.10.2
cat >probe.py <<'END'
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

SIDE, OUT = 96, 64
rng = np.random.default_rng(0)
x = jax.device_put(rng.normal(size=(64, SIDE, SIDE, 1)).astype(np.float32))
w = jax.device_put(rng.normal(size=(3, 3, 1, OUT)).astype(np.float32))
dy = jax.device_put(rng.normal(size=(64, SIDE, SIDE, OUT)).astype(np.float32))


def convolution(w):
    return lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


@jax.jit
def by_xla(dy):
    return jax.vjp(convolution, w)[1](dy)[0]


@jax.jit
def by_product(dy):
    padded = jnp.pad(x[..., 0], ((0, 0), (1, 1), (1, 1)))
    seen = [padded[:, i:i + SIDE, j:j + SIDE].reshape(len(x), 1, -1) for i in range(3) for j in range(3)]
    product = jnp.concatenate(seen, 1) @ dy.reshape(len(x), SIDE * SIDE, OUT)
    return product.sum(0).reshape(w.shape)


a, b = by_xla(dy), by_product(dy)
assert jnp.abs(a - b).max() < 1e-3 * jnp.abs(a).max()
ratios = []
for _ in range(9):
    times = []
    for gradient in by_xla, by_product:
        start = time.perf_counter()
        gradient(dy).block_until_ready()
        times.append(time.perf_counter() - start)
    ratios.append(times[0] / times[1])
print(f"{statistics.median(ratios):.1f}")
END
ratio=$(venv/bin/python probe.py)
echo "XLA's gradient takes $ratio times as long as the product of matrices"
[ "${ratio%.*}" -ge 2 ]
