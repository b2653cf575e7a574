#!/usr/bin/env bash
# JAX and jaxlib 0.10.2 on a CPU, with glibc 2.36.
#
# Expected: where glibc is told to keep freed memory (mmap_max=0, trim_threshold), a compiled program that is called again
# and again finds room for its intermediate values where those of its last call were.
# Seen: XLA asks for aligned memory. glibc takes such a block out of a larger one and frees the rests beside it, which the
# thread keeps for small ones: when the block is free again, one of the same size does not fit. A program with an
# intermediate value of 256 MB comes to hold two or three of them. Without the thread's cache and fast bins
# (tcache_count=0, mxfast=0) it is one.
#
# Why it matters: kept memory makes large batches faster, and a net that needs two gigabytes can end up with six.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet jax==0.10.2 jaxlib==0.10.2
cat >probe.py <<'END'
import resource

import jax
import numpy as np

n = 8192
product = jax.jit(lambda a, b: ((a @ b) @ a).sum())
a, b = jax.device_put(np.ones((n, 8), np.float32)), jax.device_put(np.ones((8, n), np.float32))
small = jax.jit(lambda a: a + 1)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
kept = []
for _ in range(10):
    product(a, b).block_until_ready()
    kept.append(small(np.float32(1)))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / (n * n * 4))
END
KEEP=glibc.malloc.arena_max=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=18446744073709551615
blocks() { GLIBC_TUNABLES=$1 venv/bin/python probe.py; }
kept=$(blocks $KEEP)
bare=$(blocks $KEEP:glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0)
echo "held for an intermediate value, in its size: $kept; without caches of small blocks: $bare"
