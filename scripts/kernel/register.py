"""Registers the GoNB kernel inside the environment; called by scripts/setup.

usage: register.py ROOT CACHE GO GOFLAGS

ROOT is the project's folder, CACHE the folder with the PJRT plugins, GO the real go command,
GOFLAGS what `go env GOFLAGS` says. Prints a line when something changed.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

# XLA allocates the arrays of a program when it runs, and frees them at its end. With these settings glibc keeps that
# memory for the next step; otherwise a step on 512 images or more gets it anew from the system, page by page
# (scripts/benchmark/README.md).
# One arena: glibc keeps what is free by arena and gives threads different ones, and Go runs a program in one thread
# after another. The last two: glibc cuts an aligned block out of a larger one. In caches for small blocks the pieces
# are not joined to it again, and the next one of its size does not fit.
ALLOCATOR = ("glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=18446744073709551615:glibc.malloc.arena_max=1:"
             "glibc.malloc.tcache_count=0:glibc.malloc.mxfast=0")


def kernel_env(root: Path, cache: Path, go: str, goflags: str) -> dict[str, str]:
    """The variables the kernel runs with, as literal values (but for ${PATH})."""

    def literal(value: object) -> str:
        # Jupyter fills in ${NAME} in these values, so a dollar sign of ours is doubled.
        return str(value).replace("$", "$$")

    # Most of a cell's time goes into linking: a program without tables for debuggers links in half the
    # time, and packages compiled without them (by setup, with the same flag) save another tenth.
    # -mod and -modfile cannot be had in a workspace.
    flags = [f for f in shlex.split(goflags) if not f.lstrip("-").startswith(("mod=", "modfile="))]
    # Without net/http there is less to link: what a cell reads, set-up has fetched (d2l/internal/fetch).
    tags = [t for f in flags if f.lstrip("-").startswith("tags=") for t in f.partition("=")[2].split(",")]
    flags = ["-gcflags=all=-dwarf=false", *flags, f"-tags={','.join([*tags, 'd2l_no_download'])}", "-ldflags=-s -w"]

    # As in d2l's pluginDirs, the user's own list is the whole list.
    plugins = [os.environ.get("PJRT_PLUGIN_LIBRARY_PATH", "")]
    if not plugins[0]:
        plugins = [cache / "pjrt/cpu", cache / "pjrt/nvidia"]
        # Where go-xla's own installer puts them.
        home = Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/lib")
        for lib in (home, Path("/usr/local/lib")):
            plugins += [lib / "go-xla", lib / "go-xla/nvidia"]

    return {
        "GLIBC_TUNABLES": literal(os.environ.get("GLIBC_TUNABLES") or ALLOCATOR),
        "PATH": literal(f"{root}/scripts/kernel:{root}/.venv/bin:") + "${PATH}",
        "D2L_GO": literal(go),
        "GOFLAGS": literal(" ".join(f"'{f}'" if " " in f else f for f in flags)),
        # The workspace and the Go version are the project's, whatever the user's settings are.
        "GOWORK": "auto",
        "GOTOOLCHAIN": "local",
        "GOMLX_NO_AUTO_INSTALL": "1",
        "PJRT_PLUGIN_LIBRARY_PATH": literal(":".join(map(str, plugins))),
    }


def main() -> None:
    root, cache, go, goflags = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    gonb = root / ".venv/bin/gonb"
    home = root / ".venv/share/jupyter/kernels/gonb"
    home.parent.mkdir(parents=True, exist_ok=True)

    # GoNB writes its description beside the final place; it is completed there and then moved.
    with tempfile.TemporaryDirectory(prefix=".gonb-", dir=root / ".venv") as tmp:
        path = f"{root}/scripts/kernel:{root}/.venv/bin:{os.environ['PATH']}"
        env = dict(os.environ, JUPYTER_DATA_DIR=tmp, PATH=path)
        install = [gonb, "--install", "-raw_error", f"-go_work={root}"]
        done = subprocess.run(install, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}\nsetup: gonb could not register itself (above)")
        made = Path(tmp, "kernels/gonb")
        spec = json.loads((made / "kernel.json").read_text())
        spec["argv"][0] = str(gonb)  # GoNB copies itself if its folder looks like a temporary one
        spec["env"] = kernel_env(root, cache, go, goflags)
        # A message reaches the program of a cell alone, a signal also the go command that still builds it.
        spec["interrupt_mode"] = "signal"
        text = json.dumps(spec, indent=1) + "\n"

        if (home / "kernel.json").is_file() and (home / "kernel.json").read_text() == text:
            return
        home.mkdir(exist_ok=True)
        (made / "kernel.json").write_text(text)
        for name in ("logo-svg.svg", "kernel.json"):
            os.replace(made / name, home / name)
    print("setup: the Go kernel is registered in .venv")


if __name__ == "__main__":
    main()
