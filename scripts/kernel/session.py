"""A kernel of the environment and a client for it, for the tests beside it."""

import json
import os
import queue
import re
import signal
import tempfile
import time
import unittest
import uuid
from pathlib import Path

import psutil
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = ROOT / "notebooks/lenet.ipynb"
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
MARK = "D2L_KERNEL_TEST"
PATIENCE = 240  # seconds for what takes a moment, on a busy machine

# A cell that never ends and prints only one line.
FOREVER = '%%\nfmt.Println("begun")\nfor {\n\ttime.Sleep(time.Hour)\n}'


def eventually(holds, what) -> None:
    """Waits until holds returns something true; what says what is waited for."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE} s: {what()}")
        time.sleep(0.005)


def marked(mark: str) -> dict[int, str]:
    """The processes that a kernel with this mark started, and itself, by their numbers: what each runs."""
    found = {}
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and (command := " ".join(process.cmdline())):
                found[process.pid] = command
        except (psutil.Error, OSError):
            pass  # it has just ended, or is another user's
    return found


class Answer:
    """What a cell has shown so far, and how it ended: "ok" or "error"; "" while it runs."""

    def __init__(self, number: str) -> None:
        self.number = number
        self.status, self.stdout, self.stderr, self.error, self.pictures = "", "", "", "", 0
        self.plot = ""  # what the last picture says of itself

    def note(self, kind: str, content: dict) -> None:
        if kind == "stream":
            setattr(self, content["name"], getattr(self, content["name"]) + content["text"])
        elif kind == "error":
            self.error += ANSI.sub("", "\n".join(content["traceback"]))
        elif kind in ("display_data", "update_display_data", "execute_result"):
            self.pictures += 1
            self.plot = content["data"].get("text/plain", "")
        elif kind == "status" and content["execution_state"] == "idle":
            self.status = "error" if self.error else "ok"

    def begun(self) -> bool:
        return "begun" in self.stdout

    def __str__(self) -> str:
        texts = "\n".join(text[-2000:] for text in (self.stdout, self.stderr, self.error))
        return f"status {self.status!r}, {self.pictures} pictures\n{texts}"


class Kernel:
    """One kernel, which runs in a folder. All that it starts is marked, so that it can be found.

    One that completes names, as in JupyterLab, starts gopls, which loads all packages.
    """

    def __init__(
        self, folder: Path, notebook: Path | None = None, root: Path = ROOT, completes: bool = False, **variables: str
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.temporary = tempfile.TemporaryDirectory(prefix="d2l-test-")
        self.log = open(Path(self.temporary.name, "kernel.log"), "w")
        kernels = KernelSpecManager(kernel_dirs=[str(root / ".venv/share/jupyter/kernels")])
        self.manager = KernelManager(kernel_name="gonb", kernel_spec_manager=kernels)
        env = dict(os.environ, TMPDIR=self.temporary.name, **{MARK: self.mark})
        env.pop("JPY_SESSION_NAME", None)
        env.update({} if completes else {"D2L_HEADLESS": "1"}, **variables)
        if notebook:
            env["JPY_SESSION_NAME"] = str(notebook)  # as Jupyter does
        self.manager.start_kernel(cwd=str(folder), env=env, stdout=self.log, stderr=self.log)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=PATIENCE)

    def send(self, source: str) -> Answer:
        """Begins to run a cell."""
        return Answer(self.client.execute(source))

    def follow(self, answer: Answer, until=lambda answer: answer.status, seconds: float = PATIENCE) -> Answer:
        """Goes on until the cell has ended, or something else holds."""
        end = time.monotonic() + seconds
        while not until(answer):
            if answer.status:
                raise AssertionError(f"it has ended: {answer}")
            try:
                message = self.client.get_iopub_msg(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                self.interrupt()  # The next cell would wait for it.
                raise AssertionError(f"not within {seconds} s; so far: {answer}") from None
            if message["parent_header"].get("msg_id") == answer.number:
                answer.note(message["msg_type"], message["content"])
        return answer

    def run(self, source: str) -> Answer:
        return self.follow(self.send(source))

    def interrupt(self) -> None:
        self.manager.interrupt_kernel()

    def restart(self, now: bool = False) -> None:
        self.manager.restart_kernel(now=now)
        self.client.wait_for_ready(timeout=PATIENCE)

    def kill(self) -> None:
        """Ends the kernel, and nothing else, as the system does when memory is short."""
        os.kill(self.manager.provisioner.pid, signal.SIGKILL)

    def processes(self) -> dict[int, str]:
        """The processes of this kernel by their numbers: what each runs."""
        return marked(self.mark)

    def at_work(self) -> dict[int, str]:
        """Those that build and run a cell: all but the kernel and gopls, which has a group of its own."""
        kernel, found = self.manager.provisioner.pid, {}
        for number, command in self.processes().items():
            try:
                if number != kernel and os.getpgid(number) == kernel:
                    found[number] = command
            except ProcessLookupError:
                pass
        return found

    def close(self) -> None:
        try:
            self.client.stop_channels()
            self.manager.shutdown_kernel(now=True)
            for number in self.processes():
                try:
                    os.kill(number, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        finally:
            self.log.close()
            self.temporary.cleanup()


class OneKernel(unittest.TestCase):
    """Tests that share a kernel, self.kernel."""

    def run(self, result=None):
        """Behind a test that fails, a cell may still run, for which all others would wait."""
        failed = len(result.errors) + len(result.failures)
        super().run(result)
        if len(result.errors) + len(result.failures) > failed:
            self.kernel.restart(now=True)


class KernelTest(OneKernel):
    """Tests with one kernel, in a folder of its own."""

    completes = False

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="d2l-test-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = Path(folder.name)
        cls.kernel = Kernel(cls.folder, completes=cls.completes)
        cls.addClassCleanup(cls.kernel.close)


def cells(notebook: Path = CHAPTER) -> dict[str, str]:
    """The code cells of a notebook by their ids."""
    return {
        cell["id"]: "".join(cell["source"])
        for cell in json.loads(notebook.read_text())["cells"]
        if cell["cell_type"] == "code"
    }


def train(epochs: int) -> str:
    """A cell that needs no other: it trains LeNet."""
    return f"""
import (
	"github.com/d2l-go/book/d2l"
	"github.com/d2l-go/book/lenet"
)

%%
d2l.Seed(42)
trainIter, testIter := d2l.LoadDataFashionMnist(256)
d2l.Must(d2l.TrainCh5(lenet.New(), trainIter, testIter, {epochs}, d2l.Adam(0.003), d2l.TryGPU(0)))
"""
