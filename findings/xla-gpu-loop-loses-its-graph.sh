#!/usr/bin/env bash
# XLA's compiler for NVIDIA GPUs, in jax-cuda13-pjrt 0.10.2 with JAX 0.10.2; no GPU is needed, since it compiles for one
# that is described to it, here an H100.
#
# Expected: --xla_gpu_enable_command_buffer=+WHILE adds loops to what XLA puts into CUDA graphs, so that a loop is a part
# of a graph, or else stays as it was: a graph for what its body computes. And as the list has CUDNN from the beginning,
# a convolution, which cuDNN computes, is no obstacle.
# Seen: a loop counts as one operation, and a graph has five at least (xla_gpu_graph_min_graph_size). A program that is
# little more than a loop gets no graph at all by adding WHILE: that of the body is gone, too. With a minimum of 2 the loop
# is in one. CUDNN means fusions that cuDNN computes: a convolution is in no graph, and a loop with one neither.
#
# Why it matters: the flag makes some loops faster, and others slower than without it, and XLA does not say which.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install -q --no-deps --target packages jax==0.10.2 jaxlib==0.10.2 jax-cuda13-pjrt==0.10.2 \
	ml_dtypes==0.6.0 numpy==2.3.5 opt_einsum==3.4.0 scipy==1.17.1 nvidia-cuda-nvcc==13.0.88 nvidia-nvvm==13.0.88
cat >probe.py <<'PY'
import glob
import os
import sys

flags, dump = sys.argv[1:]
here = os.getcwd()
sys.path.insert(0, here + "/packages")
os.environ["XLA_FLAGS"] = f"--xla_dump_to={dump} --xla_gpu_cuda_data_dir={here}/packages/nvidia/cu13 {flags}"
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
from jax import lax
from jax import numpy as jnp
from jax._src.interpreters import mlir
from jaxlib import _jax, xla_client
from jaxlib.mlir import ir

H100 = """
gpu_device_info {
  cuda_compute_capability { major: 9 } core_count: 132 fpus_per_core: 128 clock_rate_ghz: 1.98
  threads_per_warp: 32 threads_per_block_limit: 1024 threads_per_core_limit: 2048
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  shared_memory_per_core: 233472 shared_memory_per_block: 49152 shared_memory_per_block_optin: 232448
  device_memory_size: 80000000000 memory_bandwidth: 3350000000000 l2_cache_size: 52428800
  driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0" dnn_version: "9.12.0"
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 12 }
"""


def sums(x):  # each needs the one before it: several kernels
    for _ in range(6):
        x = x + jnp.sum(x)
    return x


def with_convolution(x):
    return sums(lax.conv(sums(x), jnp.ones((8, 8, 3, 3)), (1, 1), "SAME"))


def loop(body):
    return lambda n, x: lax.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, body(s[1])), (0, x))[1]


def place(text):
    """Where the loop is, and whether its body has graphs."""
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if "kWhile" in line)
    if lines[at].startswith(" "):
        return "the loop is in a graph"
    inside = any("kCommandBuffer" in line and line.startswith(" ") for line in lines[at:])
    return "its body has graphs" if inside else "there is no graph"


plugin, = glob.glob(here + "/packages/jax_plugins/*/xla_cuda_plugin.so")
api = xla_client.load_pjrt_plugin_dynamically("cuda", plugin)
xla_client.initialize_pjrt_plugin("cuda")
topology = xla_client.make_c_api_device_topology(api, "H100", target_config=H100, topology="1x1x1")
devices = topology._make_compile_only_devices()
for name, body in ("sums", sums), ("with a convolution", with_convolution):
    shapes = jax.ShapeDtypeStruct((), jnp.int32), jax.ShapeDtypeStruct((16, 8, 64, 64), jnp.float32)
    code = jax.jit(loop(body)).trace(*shapes).lower(lowering_platforms=("cuda",)).as_text()
    context = mlir.make_ir_context()
    with context, ir.Location.unknown(context):
        module, options = ir.Module.parse(code), xla_client.CompileOptions()
        devices[0].client.compile(module, _jax.DeviceList(tuple(devices)), options)
    last = max(glob.glob(dump + "/*thunk_sequence*.txt"), key=os.path.getmtime)  # after XLA's passes, if they did anything
    with open(last) as file:
        print(f"{name}: {place(file.read())}")
    for file in glob.glob(dump + "/*thunk_sequence*.txt"):
        os.remove(file)
PY
for flags in '' '--xla_gpu_enable_command_buffer=+WHILE' \
	'--xla_gpu_enable_command_buffer=+WHILE --xla_gpu_graph_min_graph_size=2'; do
	echo "flags: ${flags:-none}"
	venv/bin/python probe.py "$flags" "$dir/dump" 2>"$dir/errors" || { cat "$dir/errors"; exit 1; }
done | tee "$dir/seen"
diff "$dir/seen" - <<'SEEN' && echo "as described"
flags: none
sums: its body has graphs
with a convolution: its body has graphs
flags: --xla_gpu_enable_command_buffer=+WHILE
sums: there is no graph
with a convolution: its body has graphs
flags: --xla_gpu_enable_command_buffer=+WHILE --xla_gpu_graph_min_graph_size=2
sums: the loop is in a graph
with a convolution: its body has graphs
SEEN
