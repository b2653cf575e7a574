"""The kernel of this clone for the user's own Jupyter, VS Code and others; called by scripts/setup.

usage: user_kernel.py add | remove | refresh

It has a name of its own beside whatever kernels the user has. refresh brings it up to date if this clone's is there.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

NAME, TITLE = "d2l-go", "Go (D2L)"
ROOT = Path(__file__).resolve().parents[2]
SPEC = ROOT / ".venv/share/jupyter/kernels/gonb"


def registered(kernels: KernelSpecManager) -> dict | None:
    """What the user's kernel of this name is, if it is there."""
    try:
        folder = Path(kernels.get_kernel_spec(NAME).resource_dir)
        return json.loads((folder / "kernel.json").read_text())
    except (NoSuchKernel, OSError, ValueError):
        return None


def clone_of(spec: dict) -> str:
    """The clone whose kernel it is; "" if it is none of ours."""
    program = (spec.get("argv") or [""])[0]
    return program.removesuffix("/.venv/bin/gonb") if program.endswith("/.venv/bin/gonb") else ""


def add(kernels: KernelSpecManager, there: dict | None) -> None:
    spec = json.loads((SPEC / "kernel.json").read_text())
    spec["display_name"] = TITLE
    if there == spec:
        print(f'setup: your Jupyter has the kernel "{TITLE}" already, of this clone')
        return
    if there and not clone_of(there):
        sys.exit(f"setup: your Jupyter has a kernel {NAME} of another program; nothing was changed")
    with tempfile.TemporaryDirectory() as tmp:
        shutil.copytree(SPEC, tmp, dirs_exist_ok=True)
        Path(tmp, "kernel.json").write_text(json.dumps(spec, indent=1) + "\n")
        where = kernels.install_kernel_spec(tmp, NAME, user=True)
    print(f'setup: your Jupyter has the kernel "{TITLE}" now: {where}')
    if there and clone_of(there) != str(ROOT):
        print(f"setup: it was that of the clone {clone_of(there)} before")


def remove(kernels: KernelSpecManager, there: dict | None) -> None:
    if not there:
        print("setup: your Jupyter has no kernel of this project")
    elif not clone_of(there):
        sys.exit(f"setup: the kernel {NAME} of your Jupyter is of another program; nothing was changed")
    else:
        where = kernels.remove_kernel_spec(NAME)
        print(f'setup: the kernel "{TITLE}" is gone from your Jupyter: {where}')


def refresh(kernels: KernelSpecManager, there: dict | None) -> None:
    if there and clone_of(there) == str(ROOT):
        spec = json.loads((SPEC / "kernel.json").read_text())
        if there != spec | {"display_name": TITLE}:
            add(kernels, there)


def main() -> None:
    # The environment of this clone has no say: Jupyter's folders are those of the user.
    kernels = KernelSpecManager(ensure_native_kernel=False)
    kernels.kernel_dirs = [kernels.user_kernel_dir]
    {"add": add, "remove": remove, "refresh": refresh}[sys.argv[1]](kernels, registered(kernels))


if __name__ == "__main__":
    main()
