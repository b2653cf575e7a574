#!/usr/bin/env bash
# lammps-jax-pjrt-cpu 0.11.2, XLA's CPU plugin as a wheel for x86-64, with JAX and jaxlib 0.10.2.
#
# Expected: the plugin computes convolutions as jaxlib does, by Eigen: the compiled programs of neither name another
# library, and jaxlib ignores the flag --xla_cpu_experimental_onednn_custom_call.
# Seen: the plugin contains oneDNN. With that flag, which is off by default, a convolution of eight channels becomes a
# call of oneDNN's, and takes half the time.
#
# Why it matters: nets of few channels, such as a small ResNet, are slower than in PyTorch without it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/python -m pip install --quiet jax==0.10.2 jaxlib==0.10.2
venv/bin/python -m pip install --quiet --no-deps --target plugin lammps-jax-pjrt-cpu==0.11.2
library=$(find "$dir/plugin" -name 'pjrt_c_api_cpu_plugin.so')
cat >probe.py <<'END'
import statistics
import time

import jax
import numpy as np
from jax import lax

rng = np.random.default_rng(0)
x = jax.device_put(rng.normal(size=(256, 14, 14, 8)).astype(np.float32))
w = jax.device_put(rng.normal(size=(3, 3, 8, 8)).astype(np.float32))


def convolution(x, w):
    return lax.conv_general_dilated(x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))


compiled = jax.jit(convolution).lower(x, w).compile()
times = []
for _ in range(100):
    start = time.perf_counter()
    compiled(x, w).block_until_ready()
    times.append(time.perf_counter() - start)
print("oneDNN" if "onednn" in compiled.as_text() else "Eigen", statistics.median(times))
END
flag=--xla_cpu_experimental_onednn_custom_call=true
with_plugin() { env JAX_PLATFORMS=plugin PJRT_NAMES_AND_LIBRARY_PATHS=plugin:"$library" "$@" venv/bin/python probe.py; }
read -r by _ < <(XLA_FLAGS=$flag JAX_PLATFORMS=cpu venv/bin/python probe.py)
echo "jaxlib with the flag: by $by"
[ "$by" = Eigen ]
read -r by before < <(with_plugin XLA_FLAGS= 2>/dev/null)
echo "the plugin: by $by, $before s"
[ "$by" = Eigen ]
read -r by after < <(with_plugin XLA_FLAGS=$flag 2>/dev/null)
echo "the plugin with the flag: by $by, $after s"
[ "$by" = oneDNN ]
awk -v before="$before" -v after="$after" 'BEGIN { exit !(before > 1.2 * after) }'
