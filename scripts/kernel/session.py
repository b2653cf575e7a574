"""A kernel of the environment and a client for it, for the tests beside it."""

import os
import queue
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
KERNELS = ROOT / ".venv/share/jupyter/kernels"
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MARK = "D2L_KERNEL_TEST"
PATIENCE = 180  # seconds for what takes a moment, on a busy machine


class Answer:
    """What a cell has shown so far, and how it ended: "ok" or "error"; "" while it runs."""

    def __init__(self):
        self.status, self.stdout, self.stderr, self.error, self.shown = "", "", "", "", []

    @property
    def said(self):
        return self.stdout + self.stderr + self.error

    def __str__(self):
        return f"status {self.status!r}, {len(self.shown)} displays\n{self.said}"


class Kernel:
    """One kernel, which runs in a folder; all that it starts is marked, so that it can be found."""

    def __init__(self, folder: Path, notebook: Path | None = None, kernels: Path = KERNELS):
        self.mark = uuid.uuid4().hex
        self.temporary = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.manager = KernelManager(kernel_name="gonb", kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(kernels)]))
        env = dict(os.environ, TMPDIR=self.temporary.name, JPY_SESSION_NAME=str(notebook or ""), **{MARK: self.mark})
        self.log = open(Path(self.temporary.name, "kernel.log"), "w")
        self.manager.start_kernel(cwd=str(folder), env=env, stdout=self.log, stderr=self.log)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def send(self, source: str) -> Answer:
        """Begins to run a cell."""
        answer = Answer()
        answer.id = self.client.execute(source, stop_on_error=False)
        return answer

    def follow(self, answer: Answer, until, seconds: float = PATIENCE) -> Answer:
        """Goes on until the condition holds for the answer."""
        end = time.monotonic() + seconds
        while not until(answer):
            try:
                message = self.client.get_iopub_msg(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"not within {seconds} s; so far: {answer}") from None
            if message["parent_header"].get("msg_id") != answer.id:
                continue
            self._note(answer, message["msg_type"], message["content"])
        return answer

    def _note(self, answer: Answer, kind: str, content: dict) -> None:
        if kind == "stream":
            setattr(answer, content["name"], getattr(answer, content["name"]) + content["text"])
        elif kind == "error":
            answer.error += ANSI.sub("", "\n".join(content["traceback"]))
        elif kind in ("display_data", "update_display_data", "execute_result"):
            answer.shown.append(content["data"])
        elif kind == "status" and content["execution_state"] == "idle":
            answer.status = "error" if answer.error else "ok"

    def finish(self, answer: Answer, seconds: float = PATIENCE) -> Answer:
        return self.follow(answer, lambda a: a.status, seconds)

    def run(self, source: str, seconds: float = PATIENCE) -> Answer:
        return self.finish(self.send(source), seconds)

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def restart(self, now: bool = False) -> None:
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(timeout=PATIENCE)

    def processes(self) -> dict[int, str]:
        """The processes of this kernel by their numbers: what each runs."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if f"{MARK}={self.mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                pass  # it has just ended, or is another user's
        return {number: command for number, command in found.items() if command}  # a zombie has no command

    def close(self) -> None:
        try:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            for number in self.processes():
                try:
                    os.kill(number, 9)
                except ProcessLookupError:
                    pass
        finally:
            self.log.close()
            self.temporary.cleanup()
