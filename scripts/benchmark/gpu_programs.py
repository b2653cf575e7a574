"""Compiles for an NVIDIA GPU what d2l trains and evaluates with, on any machine, and counts what a GPU has to do.

XLA's compiler for GPUs needs none: it compiles for one that is described to it. It then measures nothing, so that for
some products of matrices it takes other kernels than on a machine with a GPU. What d2l gives to XLA is taken from the
tests, in which the CPU's plugin stands for the GPU; XLA writes it down.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

# The numbers are NVIDIA's, of an H200 with CUDA 13.0.
H200 = """
gpu_device_info {
  name: "NVIDIA H200"
  cuda_compute_capability { major: 9 feature_extension: ACCELERATED_FEATURES }
  core_count: 132 fpus_per_core: 128 clock_rate_ghz: 1.98
  threads_per_warp: 32 threads_per_block_limit: 1024 threads_per_core_limit: 2048
  thread_dim_limit_x: 1024 thread_dim_limit_y: 1024 thread_dim_limit_z: 64
  block_dim_limit_x: 2147483647 block_dim_limit_y: 65535 block_dim_limit_z: 65535
  registers_per_core_limit: 65536 registers_per_block_limit: 65536
  shared_memory_per_core: 233472 shared_memory_per_block: 49152 shared_memory_per_block_optin: 232448
  device_memory_size: 150000000000 memory_bandwidth: 4800000000000 l2_cache_size: 52428800
  driver_version: "13.0.0" runtime_version: "13.0.0" compile_time_toolkit_version: "13.0.0" dnn_version: "9.12.0"
}
platform_name: "CUDA"
runtime_version { major: 13 }
dnn_version_info { major: 9 minor: 12 }
"""
NETS = ("LeNet", "exercise 2's net")
GRAPH = "kCommandBuffer"  # XLA's name for a CUDA graph


def compile_for_gpu(program: Path, plugin: Path, dump: Path, flags: str) -> None:
    """Compiles StableHLO, or a module as XLA writes it (HloProto)."""
    os.environ["XLA_FLAGS"] = f"--xla_gpu_cuda_data_dir={plugin.parent} --xla_dump_to={dump} {flags}"
    from jax._src.interpreters import mlir
    from jaxlib import _hlo, _jax, xla_client
    from jaxlib.mlir import ir

    text = program.read_bytes()
    if program.suffix == ".pb":
        text = _jax.mlir.xla_computation_to_mlir_module(_hlo.XlaComputation(first_field(text)))
    api = xla_client.load_pjrt_plugin_dynamically("cuda", str(plugin))
    xla_client.initialize_pjrt_plugin("cuda")
    topology = xla_client.make_c_api_device_topology(api, "H200", target_config=H200, topology="1x1x1")
    devices = topology._make_compile_only_devices()
    context = mlir.make_ir_context()
    with context, ir.Location.unknown(context):
        devices[0].client.compile(ir.Module.parse(text), _jax.DeviceList(tuple(devices)), xla_client.CompileOptions())


def first_field(message: bytes) -> bytes:
    """The first field of a protocol buffer that is a message: the module in an HloProto."""
    size, shift, at = 0, 0, 1
    while True:
        byte = message[at]
        size, shift, at = size | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return message[at:at + size]


def loop_of(thunks: str) -> tuple[list[str], bool]:
    """The names of what each round of the program's loop starts, and whether the whole loop is part of a CUDA graph."""
    names, inside, indent, graph = [], False, 0, False
    for line in thunks.splitlines():
        if not (m := re.match(r"( *)\d+: (\w+)", line)):
            inside = inside or line.strip() == "body:"
        elif m[2] == "kWhile":
            indent, graph = len(m[1]), len(m[1]) > 0
        elif inside and len(m[1]) <= indent:
            break
        elif inside:
            names.append(m[2])
    return names, graph


def row(name: str, program: Path, flags: str, args: argparse.Namespace) -> str:
    with tempfile.TemporaryDirectory() as dump:
        command = [sys.executable, __file__, "--plugin", args.plugin, "--compile", str(program), dump,
                   f"--flags={flags}"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"gpu_programs: {name} cannot be compiled for a GPU:\n{done.stderr[-4000:]}")
        found = list(Path(dump).glob("*thunk_sequence_after_thunk_passes.txt"))
        names, graph = loop_of(found[0].read_text()) if len(found) == 1 else ([], False)
        if not names:
            sys.exit(f"gpu_programs: XLA wrote no sequence with a loop for {name}: has its dump changed?")
    graphs = "one for all steps" if graph else str(names.count(GRAPH))
    kernels, convolutions = (sum(n == kind for n in names) for kind in ("kCustomKernel", "kConvolution"))
    others = len([n for n in names if n != GRAPH]) - kernels - convolutions
    return f"| {name} | {kernels} | {convolutions} | {others} | {graphs} |"


def program_of_d2l(net: str, part: str, args: argparse.Namespace, work: Path) -> tuple[Path, str]:
    """The program of a test, that with the full batches if there are two, and d2l's flags for XLA."""
    dump = work / f"{net} {part}".replace("'", "")
    environment = os.environ | {
        "D2L_TEST_REHEARSAL": args.cpu_plugins, "D2L_TEST_DEVICE": "gpu", "D2L_COMPILATION_CACHE": "off",
        "XLA_FLAGS": f'--xla_dump_to="{dump}" --xla_dump_hlo_as_proto'}
    test = [args.test, "-test.v", "-test.run", f"^TestGPUPrograms$/^{net.replace(' ', '_')}$/^{part}$"]
    done = subprocess.run(test, cwd=args.tree, env=environment, capture_output=True, text=True)
    found = [file for file in sorted(dump.glob("*.before_optimizations.hlo.pb")) if b"while" in file.read_bytes()]
    flags = re.search("XLA_FLAGS: (.*)", done.stdout)
    if done.returncode or not found or not flags:
        sys.exit(f"gpu_programs: the test of {net} failed, or compiled no loop:\n{done.stdout}{done.stderr}")
    return found[0], flags[1]


def jax_scan(work: Path) -> Path:
    import jax
    import jax_net
    import numpy as np

    params = jax_net.parameters(jax_net.worker.xavier(np.random.default_rng(0)))
    shapes = [jax.ShapeDtypeStruct(*of) for of in (
        ((60000, 28, 28, 1), np.uint8), ((60000,), np.int32), ((234, 256), np.int32))]
    program = work / "jax.mlir"
    program.write_text(jax_net.epoch.trace(params, *shapes).lower(lowering_platforms=("cuda",)).as_text())
    return program


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plugin", required=True, help="XLA's plugin for CUDA")
    parser.add_argument("--compile", nargs=2, metavar=("PROGRAM", "DUMP"))
    parser.add_argument("--flags", default="", help="for XLA, with --compile")
    parser.add_argument("--cpu-plugins", help="the folder of XLA's plugin for the CPU")
    parser.add_argument("--test", help="the tests of d2l, compiled")
    parser.add_argument("--tree", help="the folder of d2l")
    args = parser.parse_args()
    if args.compile:
        program, dump = args.compile
        compile_for_gpu(Path(program), Path(args.plugin), Path(dump), args.flags)
        return
    lines = ["| each step of | kernels | cuDNN's convolutions | others | CUDA graphs |", "|---|--:|--:|--:|--:|"]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for net in NETS:
            for part in ("training", "evaluation"):
                lines.append(row(f"{net}, {part}", *program_of_d2l(net, part, args, work), args))
        lines.append(row("LeNet in JAX, training (lax.scan)", jax_scan(work), "", args))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
