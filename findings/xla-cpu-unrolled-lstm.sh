#!/usr/bin/env bash
# JAX and jaxlib 0.10.2, on the CPU.
#
# Expected: a loop over the steps of an LSTM that Python unrolls takes longer to compile than lax.scan, and at most as long
# to run: JAX's documentation offers scan's parameter unroll for speed.
# Seen: for 35 steps of 256 units and batches of 32, a step of training takes more than 1.3 times as long as with lax.scan
# (2.2 times on two cores of an EPYC), and to compile it more than 5 times as long (18 times). The losses are the same.
#
# Why it matters: GoMLX has no gradient of a loop, so recurrent layers written with it are unrolled. Without a kernel, an
# LSTM of this size is several times as slow as PyTorch's.
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

BATCH, STEPS, INPUTS, UNITS = 32, 35, 28, 256
rng = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(rng.normal(size=shape), jnp.float32)


params = {"x": normal(INPUTS, 4 * UNITS) / 10, "h": normal(UNITS, 4 * UNITS) / 16, "b": jnp.zeros(4 * UNITS)}
inputs = normal(STEPS, BATCH, INPUTS)
zeros = jnp.zeros((BATCH, UNITS))


def lstm(params, state, x):
    h, c = state
    i, f, g, o = jnp.split(x @ params["x"] + h @ params["h"] + params["b"], 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    h = jax.nn.sigmoid(o) * jnp.tanh(c)
    return (h, c), (h * h).mean()


def scanned(params):
    return jax.lax.scan(lambda state, x: lstm(params, state, x), (zeros, zeros), inputs)[1].sum()


def unrolled(params):
    state, total = (zeros, zeros), 0
    for x in inputs:
        state, loss = lstm(params, state, x)
        total += loss
    return total


def measure(loss):
    begin = time.perf_counter()
    step = jax.jit(jax.value_and_grad(loss)).lower(params).compile()
    compilation, times = time.perf_counter() - begin, []
    for _ in range(20):
        begin = time.perf_counter()
        value, _ = jax.block_until_ready(step(params))
        times.append(time.perf_counter() - begin)
    return compilation, statistics.median(times), float(value)


scan, loop = measure(scanned), measure(unrolled)
for name, (compilation, step, loss) in (("lax.scan", scan), ("unrolled", loop)):
    print(f"{name}: compiled in {compilation:.1f} s, {step * 1000:.1f} ms a step, loss {loss:.6f}")
assert abs(loop[2] - scan[2]) < 1e-5
assert loop[0] > 5 * scan[0]
assert loop[1] > 1.3 * scan[1]
END
JAX_PLATFORMS=cpu venv/bin/python probe.py
