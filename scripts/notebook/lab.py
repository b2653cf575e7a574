"""JupyterLab as scripts/lab starts it; usage: lab.py LOG [option of jupyter lab...]

It is without the settings that the machine has for every Jupyter, in /etc/jupyter and /usr/local/etc/jupyter: those
could take the token away, or have others listen. JUPYTER_NO_CONFIG=1 is no way to keep them out: it keeps out the
environment's own settings too.

What the kernels write goes into the file LOG, for those who look for a fault of the kernel, and not to the terminal.
"""

import logging
import os
import signal
import sys
import threading
from logging.handlers import RotatingFileHandler

from jupyter_core import paths

paths.SYSTEM_CONFIG_PATH.clear()  # the list itself, which other modules hold

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager  # noqa: E402
from jupyterlab.labapp import main  # noqa: E402


def pipe_into(file: str) -> int:
    """The end to write to of a pipe into a file, which begins anew after a megabyte, with the last one beside it."""
    read, write = os.pipe()
    handler = RotatingFileHandler(file, maxBytes=1_000_000, backupCount=1, errors="replace", delay=True)
    handler.handleError = lambda record: None  # A full disk is no reason to fill the terminal.

    def copy() -> None:
        with open(read, errors="replace") as lines:
            for line in lines:
                handler.emit(logging.makeLogRecord({"msg": line.rstrip("\n")}))

    threading.Thread(target=copy, daemon=True).start()
    return write


class KernelManager(ServerKernelManager):
    """One kernel, of which the terminal shows a line when it dies."""

    said: int  # where what kernels write goes
    file: str  # and ends up
    notebook = ""

    async def _async_launch_kernel(self, kernel_cmd, **kw):
        self.notebook = os.path.basename((kw.get("env") or {}).get("JPY_SESSION_NAME", ""))
        kw |= {"stdout": self.said, "stderr": self.said}
        await super()._async_launch_kernel(kernel_cmd, **kw)

    def start_restarter(self):
        first = self._restarter is None
        super().start_restarter()
        if first:
            self.add_restart_callback(lambda: self.died("a new one is started, which knows no cell yet"), "restart")
            self.add_restart_callback(lambda: self.died("a new one does not start"), "dead")

    def died(self, then: str) -> None:
        process = getattr(self.provisioner, "process", None)
        status = process.poll() if process else None
        how = f"status {status}" if status is None or status >= 0 else signal.Signals(-status).name
        whose = f"the kernel of {self.notebook}" if self.notebook else "a kernel"
        self.log.error(f"{whose} ended ({how}); {then}; what it wrote is in {self.file}")


if __name__ == "__main__":
    KernelManager.file = sys.argv.pop(1)
    KernelManager.said = pipe_into(KernelManager.file)
    sys.argv.append("--MultiKernelManager.kernel_manager_class=__main__.KernelManager")
    sys.exit(main())
