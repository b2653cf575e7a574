"""Runs notebooks headless, cell by cell; called by scripts/chapter.

usage: run.py [--out FOLDER] NOTEBOOK...

Writes FOLDER/<name>.ipynb with the outputs and FOLDER/<name>.html, and pages of the notebooks that it links to and that
have none; or FOLDER/<name>.failed.ipynb if a cell fails or is interrupted: then those of an earlier run stay, and it
says so. Without --out the folder is the
project's out or, of a notebook elsewhere, the out beside it. Exits with 1 if a notebook fails,
with 130 if it is interrupted.
"""

import signal
import sys


class Interruption:
    """Whether the program is to end. It is asked between one step and the next.

    An exception out of the handler would come in the middle of anything, as of a cleanup, and Python
    drops those that come in a destructor.
    """

    PATIENCE = 10  # seconds

    def __init__(self) -> None:
        self.came = False
        self.task = None  # the asyncio.Task that executes a notebook, if one does: it is cancelled
        self.cell = None  # while a cell runs, what interrupts it

    def watch(self) -> None:
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._handle)

    def _handle(self, sig, _) -> None:
        self.came = True
        if self.task is not None:
            self.task.get_loop().call_soon_threadsafe(self._end, sig)

    def _end(self, sig: int) -> None:
        """Lets a cell end by itself after Ctrl-C, as a training does that saves its parameters; not after a second."""
        if self.task is None:
            return
        if sig == signal.SIGINT and self.cell is not None:
            interrupt, self.cell = self.cell, None
            interrupt()
            self.task.get_loop().call_later(self.PATIENCE, self.task.cancel)
        else:
            self.task.cancel()


interruption = Interruption()
if __name__ == "__main__":
    interruption.watch()  # the imports below take a second

import argparse
import asyncio
import atexit
import logging
import os
import re
import shutil
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote, unquote

import d2l_export
import exports
import nbformat
import psutil
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parents[2]
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Screen:
    """What the person sees: lines, and while a cell takes long its time and the status of its plot."""

    def __init__(self) -> None:
        self.tty = sys.stdout.isatty()
        self.lock = threading.Lock()
        self.status = ""  # the last line, as shown
        self.since: float | None = None  # when the running cell started
        self.plot = ""  # what the cell's plot says of itself, as "epoch 2 of 10, ..."
        threading.Thread(target=self._tick, daemon=True).start()

    def line(self, text: str = "") -> None:
        if not self.tty:
            text = ANSI.sub("", text)
        with self.lock:
            self._clear()
            print(text, flush=True)

    def _clear(self) -> None:
        if self.status:
            print("\r\x1b[K", end="")
            self.status = ""

    def _tick(self) -> None:
        """On a terminal keeps the last line up to date, elsewhere writes one each minute."""
        while True:
            time.sleep(1)
            with self.lock:
                seconds = round(time.monotonic() - self.since) if self.since is not None else 0
                if seconds < 2 or not self.tty and seconds % 60:
                    continue
                self._clear()
                status = f"       {seconds} s ... {self.plot}".rstrip()
                if self.tty:
                    self.status = status[: shutil.get_terminal_size().columns - 1]
                    print(self.status, end="", flush=True)
                else:
                    print(status, flush=True)


def first_line(source: str) -> str:
    """The first line of a cell that says what the cell is about."""
    lines = [line.strip() for line in source.splitlines()]
    said = [line for line in lines if line and not line.startswith(("%", "//d2l:"))]
    code = re.sub(r"(?s)^\s*import\s*(\(.*?\)|[^\n]*)", "", "\n".join(said)).strip()
    # A declaration's comment often runs over several lines; the first alone would stop in mid-sentence.
    code = re.sub(r"^(//[^\n]*\n)+(?=(func|type|const|var) \(?\w)", "", code)
    text = (code or "\n".join(said) or source.strip()).partition("\n")[0]
    return text if len(text) <= 90 else text[:87] + "..."


def kill_session(leader: int) -> None:
    """Kills all processes of the session that this process leads."""
    for pid in psutil.pids():
        try:
            if os.getsid(pid) == leader:
                os.kill(pid, signal.SIGKILL)
        except OSError:
            pass  # it has just ended, or is another user's


class Loop(asyncio.SelectorEventLoop):
    """An event loop that leaves the signals to Interruption: nbclient would have handlers of its own while it runs."""

    def add_signal_handler(self, sig, callback, *args):
        pass

    def remove_signal_handler(self, sig):
        return False


class Runner(NotebookClient):
    """Runs one notebook and tells the screen what happens."""

    def __init__(self, nb, screen: Screen, **kwargs) -> None:
        super().__init__(nb, **kwargs)
        self.screen = screen
        self.numbers = {}  # index of a code cell that has code → its number, from 1
        for index, cell in enumerate(nb.cells):
            if cell.cell_type == "code" and cell.source.strip():
                self.numbers[index] = len(self.numbers) + 1
        self.running: int | None = None  # index of the cell that runs, or ran last
        self.partial = {}  # stream → text of its last line, when the line is not complete yet
        self.leader: int | None = None  # the kernel's process, which leads a session
        self.failed = False  # whether a cell has, before any interruption
        self.interrupting = None  # the asyncio.Task that does
        self.on_cell_start = self._cell_started
        self.on_cell_execute = self._cell_executes
        self.on_cell_executed = self._cell_executed

    def label(self) -> str:
        """Names the cell that runs: its number and what it is about."""
        assert self.running is not None
        about = first_line(self.nb.cells[self.running].source)
        return f"cell {self.numbers[self.running]} of {len(self.numbers)}: {about}"

    def where(self, path: Path) -> str:
        """Names the notebook, and the cell that runs or ran last."""
        return path.name if self.running is None else f"{path.name}, {self.label()}"

    async def run(self, **popen) -> None:
        # A task of its own, so that an interruption cancels it and not the cleanup.
        interruption.task = asyncio.create_task(self.async_execute(**popen))
        if interruption.came:
            interruption.task.cancel()
        try:
            await interruption.task
        except CellExecutionError:
            self.failed = not interruption.came
            raise
        finally:
            interruption.task = interruption.cell = None
            # After a hard end GoNB's helpers and the program of the cell may still run: all of the
            # kernel's session, as gopls has a process group of its own.
            if self.leader is not None:
                kill_session(self.leader)
            # nbclient forgets a kernel that did not come up.
            atexit.unregister(self._cleanup_kernel)
            if self.km is not None and self.km.has_kernel:
                await self._async_cleanup_kernel()

    async def async_start_new_kernel(self, **kwargs) -> None:
        try:
            await super().async_start_new_kernel(**kwargs)
        finally:
            self.leader = self.km.provisioner and self.km.provisioner.pid

    def _cell_started(self, cell, cell_index) -> None:
        if interruption.came:  # Python 3.11's wait_for drops a cancellation that comes together with what it waits for.
            raise asyncio.CancelledError
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if re.match(r"#+ ", line):
                    self.screen.line(line)

    def _cell_executes(self, cell, cell_index) -> None:
        self.running = cell_index
        number, total = self.numbers[cell_index], len(self.numbers)
        self.screen.line(f"[{number:{len(str(total))}}/{total}] {first_line(cell.source)}")
        self.screen.plot = ""
        self.screen.since = time.monotonic()
        interruption.cell = self._interrupt

    def _interrupt(self) -> None:
        self.screen.line("chapter: interrupting the cell; Ctrl-C again ends it at once")
        self.interrupting = asyncio.create_task(self.km.interrupt_kernel())

    def _cell_executed(self, cell, cell_index, execute_reply) -> None:
        self.finish_cell()

    def finish_cell(self) -> None:
        interruption.cell = None
        for name, rest in self.partial.items():
            self._stream_line(name, rest)
        self.partial.clear()
        if self.screen.since is not None:
            seconds = time.monotonic() - self.screen.since
            self.screen.since = None
            self.screen.line(f"       {seconds:.1f} s")

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "stream":
            self._echo(msg["content"]["name"], msg["content"]["text"])
        elif msg["msg_type"] in ("display_data", "update_display_data"):
            self.screen.plot = msg["content"]["data"].get("text/plain", "").replace("<figure>", "")
        return super().process_message(msg, cell, cell_index)

    def _echo(self, name: str, text: str) -> None:
        *lines, rest = (self.partial.pop(name, "") + text).split("\n")
        for line in lines:
            self._stream_line(name, line)
        if rest:
            self.partial[name] = rest

    def _stream_line(self, name: str, line: str) -> None:
        shown = line.rstrip("\r").rpartition("\r")[2]  # of a progress line, its last state
        self.screen.line(f"     {'!' if name == 'stderr' else '|'} {shown}".rstrip())


def write(texts: dict[Path, str]) -> None:
    """Writes files whole, all of them or none."""
    temporary = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in texts}
    try:
        for path, tmp in temporary.items():
            tmp.write_text(texts[path], encoding="utf-8")
        for path, tmp in temporary.items():
            tmp.replace(path)
    finally:
        for tmp in temporary.values():
            tmp.unlink(missing_ok=True)


def page(nb, path: Path, out: Path, screen: Screen) -> dict[Path, str]:
    """The page of a notebook, with its pictures inside, and those of the notebooks that it links to and have none."""

    def of(notebook: Path) -> Path:
        return Path(out, f"{notebook.stem}.html")  # All pages are in one folder.

    pages, todo, owners = {}, [(nb, path)], {of(path): path.resolve()}
    while todo:
        nb, path = todo.pop()
        links = {}
        texts = [cell.source for cell in nb.cells if cell.cell_type == "markdown"]
        for link in re.findall(r"\]\(([^()\s:]+)\)", "\n".join(texts)):
            name, fragment = re.fullmatch(r"([^#]*)(.*)", link).groups()
            other = path.parent.joinpath(unquote(name)).resolve()
            if other.suffix != ".ipynb" or not other.is_file():
                continue
            to = of(other)
            if owners.get(to, other) != other:
                screen.line(f"chapter: no page of {other}: {to.name} is that of {owners[to]}; give one another name")
                continue
            if to not in owners and not to.exists():
                try:
                    todo.append((nbformat.read(other, as_version=4), other))
                except Exception as error:  # which is no reason to lose this one's page
                    screen.line(f"chapter: no page of {other.name}, which cannot be read as a notebook: {error}")
                    continue
            owners[to] = other
            links[link] = quote(to.name) + fragment
        # Without the scripts that only interactive widgets need; formulas are drawn by MathJax.
        exporter = HTMLExporter(
            template_name="d2l", extra_template_basedirs=[str(exports.TEMPLATES)],
            preprocessors=[d2l_export.Page(pages=links)], embed_images=True, require_js_url="", jquery_url="",
        )
        html, _ = exporter.from_notebook_node(nb, {"metadata": {"name": path.stem}})
        pages[of(path)] = html.replace('<script src=""></script>', "")
    return pages


def cell_report(cell, error: CellExecutionError) -> list[str]:
    """What a failed cell said, for a person."""
    said = []
    for output in cell.outputs:
        if output.output_type == "error":
            said += output.traceback
        elif output.get("name") == "stderr":
            said += output.text.rstrip().split("\n")[-40:]
    lines = "\n".join(said or [f"{error.ename}: {error.evalue}"]).split("\n")
    return [f"  {line}" for line in lines if line.strip()]


def last_words(log: list[str]) -> list[str]:
    """The line with which a kernel says why it ends, and some that follow; without one, the last that it wrote."""
    lines = [line for text in log if (line := ANSI.sub("", text.rstrip()))]
    ends = [i for i, line in enumerate(lines) if re.match(r"panic: |fatal error: |SIG[A-Z]+: |F\d{4} ", line)]
    return lines[ends[0] :][:15] if ends else lines[-1:]


def earlier(screen: Screen, *files: Path) -> None:
    """After a failure, says which files are not of this run."""
    kept = [str(file) for file in files if file.exists()]
    if kept:
        screen.line(f"chapter: of an earlier run, not this one: {' and '.join(kept)}")


def run_notebook(path: Path, out: Path, screen: Screen) -> int:
    done, failed, html = (out / f"{path.stem}{end}" for end in (".ipynb", ".failed.ipynb", ".html"))
    failed.unlink(missing_ok=True)
    try:
        nb = nbformat.read(path, as_version=4)
    except Exception as error:
        screen.line(f"chapter: FAILED: {path.name} is not a notebook that can be read: {error}")
        earlier(screen, done, html)
        return 1
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None

    kernel = nb.metadata.get("kernelspec", {}).get("name", "gonb")
    start = time.monotonic()
    screen.line(f"chapter: running {path.name}")
    # The kernel's own log is of interest only if the kernel dies. Its temporary files go with it.
    with (
        tempfile.TemporaryDirectory(prefix="d2l-") as tmp,
        open(Path(tmp, "kernel.log"), "w+", errors="replace") as log,
    ):
        runner = Runner(
            nb, screen,
            kernel_name=kernel,
            resources={"metadata": {"path": str(path.parent)}},
            timeout=None, startup_timeout=180, record_timing=False, coalesce_streams=True,
        )
        problem: list[str] = []
        try:
            # JPY_SESSION_NAME is how Jupyter names the notebook to its kernel; nobody will complete names in it.
            env = dict(os.environ, TMPDIR=tmp, JPY_SESSION_NAME=str(path), D2L_HEADLESS="1")
            with asyncio.Runner(loop_factory=Loop) as asyncio_runner:
                asyncio_runner.run(runner.run(stdout=log, stderr=log, env=env))
        except NoSuchKernel:
            problem = [
                f'{path.name} names the kernel {kernel}, which is not there; choose "Go (gonb)" for it in '
                f'scripts/lab'
            ]
        except (
            CellExecutionError,
            DeadKernelError,
            RuntimeError,
            OSError,
            asyncio.CancelledError,
        ) as error:
            where = runner.where(path)
            if isinstance(error, CellExecutionError):
                problem = [where] + cell_report(nb.cells[runner.running], error)
            elif interruption.came:
                problem = [where]
            else:
                log.seek(0)
                words = last_words(log.readlines())
                problem = [f"{where}: {error}{''.join(f': {word}' for word in words[:1])}"]
                problem += [f"  kernel: {line}" for line in words[1:]]
        runner.finish_cell()

    pages = {} if problem or interruption.came else page(nb, path, out, screen)
    interrupted = interruption.came and not runner.failed
    word = "FAILED"
    if interrupted:
        word, problem = "interrupted", problem or [f"{path.name}, after its last cell"]
    if problem:
        if runner.running is not None:
            write({failed: nbformat.writes(nb) + "\n"})
        screen.line(f"chapter: {word}: {problem[0]}")
        for line in problem[1:]:
            screen.line(line)
        if runner.running is not None:
            screen.line(f"chapter: the outputs so far are in {failed}")
        earlier(screen, done, html)
        return 130 if interrupted else 1
    # The numbers of the cells are others with every run, and no part of a notebook: what is written here can be
    # committed as it is, which `literate check` requires, unless a cell wrote to stderr.
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.execution_count = None
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = None
    write({done: nbformat.writes(nb) + "\n", **pages})
    screen.line(f"chapter: {path.name}: {len(runner.numbers)} cells in {time.monotonic() - start:.0f} s")
    screen.line(f"chapter: notebook {done}")
    screen.line(f"chapter: page     {html}")
    if others := sorted(file.name for file in pages if file != html):
        screen.line(f"chapter: pages of notebooks that it links to, with their saved outputs: {', '.join(others)}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("notebooks", type=Path, nargs="+")
    args = parser.parse_args()
    logging.getLogger("traitlets").setLevel(logging.CRITICAL)  # the messages that matter are printed here
    screen = Screen()
    result = 0
    try:
        for path in map(Path.resolve, args.notebooks):
            if interruption.came:
                screen.line("chapter: interrupted; what is in out/ may be of an earlier run")
                return 130
            out = args.out or (ROOT if path.is_relative_to(ROOT) else path.parent) / "out"
            out.mkdir(parents=True, exist_ok=True)
            code = run_notebook(path, out, screen)
            if code == 130:
                return code
            result = result or code
    except OSError as error:  # the disk is full, a file may not be written, ...
        screen.line(f"chapter: FAILED: {error}")
        return 1
    return result


if __name__ == "__main__":
    sys.exit(main())
