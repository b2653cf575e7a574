#!/usr/bin/env bash
# JAX and jaxlib 0.10.2 on a CPU, with glibc.
#
# Expected: a compiled program that is called again and again keeps the memory for its intermediate values.
# Seen: it allocates that memory at each call, as one block. glibc maps a block above 32 MB anew each time, so that the
# system clears it page by page: 16,385 page faults a call for a matrix of 64 MB, none for one of 16 MB.
#
# Why it matters: examples per second fall suddenly where a batch grows beyond some size. With
# GLIBC_TUNABLES=glibc.malloc.hugetlb=1 there are some 35 faults, of large pages.
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


def faults(n):
    """Page faults a call of a program that has a value of (n, n) float32 between small ones."""
    product = jax.jit(lambda a, b: ((a @ b) @ a).sum())
    a, b = jax.device_put(np.ones((n, 8), np.float32)), jax.device_put(np.ones((8, n), np.float32))
    for calls in 5, 10:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(calls):
            product(a, b).block_until_ready()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // calls


print(faults(2048), faults(4096))
END
unset GLIBC_TUNABLES
read -r small large < <(venv/bin/python probe.py)
echo "page faults a call: $small with 16 MB between, $large with 64 MB"
read -r _ tuned < <(GLIBC_TUNABLES=glibc.malloc.hugetlb=1 venv/bin/python probe.py)
echo "with large pages: $tuned"
[ "$small" -lt 100 ] && [ "$large" -gt 10000 ]
