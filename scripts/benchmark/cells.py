"""Measures how long a notebook's cells take, from Shift-Enter to the end of their output.

usage: cells.py [--rounds N] [--out FILE] [NOTEBOOK]

Runs the code cells of the chapter (or NOTEBOOK) in order on the registered kernel, N rounds after a first
one, and prints a table in markdown, which it also writes to FILE (out/bench-cells.md). Needs what
scripts/setup makes, and a machine with nothing else to do.

In each round each cell is a little different, so that its program is compiled and linked again, as after
an edit. A cell that sets numEpochs trains one epoch. The notebook's files, such as ../out/lenet.params,
are written to a temporary folder.
"""

import argparse
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "scripts/notebook"))
from processes import describe
from run import kill_session

# What any cell takes, one that links the book's package, and one that computes with XLA. Each has a kernel of its own,
# since a cell's declarations, and what they import, are in every later cell's program.
SMALLEST = {
    "no import": "%%\nfmt.Println(1)",
    "imports d2l": 'import "github.com/d2l-go/book/d2l"\n\n%%\nfmt.Println(d2l.NewAccumulator(2))',
    "one XLA computation": """import (
	"github.com/d2l-go/book/d2l"
	"github.com/gomlx/gomlx/core/graph"
)

%%
backend, _, err := d2l.CPU(0).Backend()
d2l.Check(err)
double := d2l.Must(graph.NewExec(backend, func(x *graph.Node) *graph.Node { return graph.Add(x, x) }))
fmt.Println(d2l.Must(double.Exec1(float32(21))))""",
}

EPOCHS = re.compile(r"(\bnumEpochs :?= (?:[\d.]+, *)*)\d+")


def one_epoch(source: str) -> str:
    """The cell, training for one epoch if it says for how many."""
    return EPOCHS.sub(r"\g<1>1", source)


def changed(source: str, number: int) -> str:
    """The cell with another variable in it, which makes another program of it."""
    variable = f"var benchmarkRun = {number}\n"
    body = re.search(r"^%%", source, re.MULTILINE)
    if body is None:
        return f"{source}\n{variable}"
    return f"{source[: body.start()]}{variable}{source[body.start() :]}"


LOGGED = re.compile(r"[IWE]\d{4} (\d\d):(\d\d):(\d\d\.\d+).*?\] (.*)")

# Between which lines of GoNB's log a part of the time lies.
PARTS = {
    "goimports": ("GoImports():", "GoImports(): cursorInFile="),
    "go build": ("ExecuteCell: after s.GoImports()", "ExecuteCell: after s.Compile()"),
    "program": ("ExecuteCell: after s.Compile()", "Execution finished"),
}


def parts(log: str) -> dict[str, float]:
    """Where a cell's time went, in seconds, by GoNB's log of it."""
    lines = [(int(h) * 3600 + int(m) * 60 + float(s), text) for h, m, s, text in LOGGED.findall(log)]

    def at(mark: str) -> float:
        return next((seconds for seconds, text in lines if mark in text), float("nan"))

    return {name: (at(last) - at(first)) % 86400 for name, (first, last) in PARTS.items()}


class CellError(Exception):
    pass


class Kernel:
    """A kernel that runs cells and measures them."""

    def __init__(self, folder: Path) -> None:
        for name in ("notebooks", "out"):
            (folder / name).mkdir()
        self.log = open(folder / "log", "a+", encoding="utf-8", errors="replace")
        self.manager = KernelManager(kernel_name="gonb")
        self.manager.start_kernel(
            extra_arguments=["-vmodule=execcode=2,jpyexec=2"],
            cwd=str(folder / "notebooks"), stdout=self.log, stderr=self.log, env=dict(os.environ, TMPDIR=str(folder)),
        )
        self.client = self.manager.client()
        self.client.start_channels()

    def __enter__(self) -> "Kernel":
        try:
            self.client.wait_for_ready(timeout=180)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.client.stop_channels()
        # GoNB leaves gopls running, which would slow down what is measured next.
        kill_session(self.manager.provisioner.pid)
        self.manager.shutdown_kernel(now=True)
        self.log.close()

    def run(self, source: str) -> dict[str, float]:
        """Runs a cell and returns the seconds it took, in "all" and in parts."""
        said = []
        before = self.log.seek(0, os.SEEK_END)
        start = time.monotonic()
        reply = self.client.execute_interactive(source, output_hook=said.append, timeout=3600, allow_stdin=False)
        seconds = time.monotonic() - start
        if reply["content"]["status"] != "ok":
            text = [m["content"].get("text", "") for m in said if m["msg_type"] == "stream"]
            raise CellError("".join(text) or str(reply["content"]))
        self.log.seek(before)
        return {"all": seconds, **parts(self.log.read())}


def measure(cells: dict[str, str], rounds: int) -> dict[str, list[dict[str, float]]]:
    """The times of each cell, those of the first round first."""
    times = {name: [] for name in cells}
    folder = Path(tempfile.mkdtemp(prefix="d2l-cells-"))
    try:
        with Kernel(folder) as kernel:
            for number in range(rounds + 1):
                for index, (name, source) in enumerate(cells.items()):
                    try:
                        times[name].append(kernel.run(changed(source, number * len(cells) + index)))
                    except CellError as error:
                        raise CellError(f"cell {name}: {error}") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return times


def row(name: str, times: list[dict[str, float]]) -> str:
    warm = times[1:]
    seconds = [t["all"] for t in warm]
    columns = [statistics.median(seconds), min(seconds), max(seconds), times[0]["all"]]
    columns += [statistics.median(t[part] for t in warm) for part in PARTS]
    return " | ".join([f"| {name}"] + [f"{value:.2f}" for value in columns]) + " |"


def machine() -> str:
    return f"{describe()}, load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%d %B %Y').lstrip('0')}"


def report(head: str, smallest: dict[str, list], cells: dict[str, list], trains: set[str]) -> str:
    columns = ["cell", "median", "min", "max", "first", *PARTS]
    lines = [
        f"Seconds from Shift-Enter to the end of output ({head}):", "",
        f"| {' | '.join(columns)} |", "|---" + "|---:" * (len(columns) - 1) + "|",
        *(row(f"*{name}*", times) for name, times in smallest.items()),
        *(row(f"{name} (one epoch)" if name in trains else name, times) for name, times in cells.items()),
    ]
    medians = {
        name: statistics.median(t["all"] for t in times[1:]) for name, times in cells.items() if name not in trains
    }
    if medians:
        slowest = max(medians, key=medians.get)
        lines += [
            "",
            f"Median over {len(next(iter(cells.values()))) - 1} rounds; *first* is the round before them, in a new "
            f"kernel. "
            f"The cells that do not train take {statistics.median(medians.values()):.2f} s (median), "
            f"the slowest of them, {slowest}, {medians[slowest]:.2f} s.",
        ]
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures how long a notebook's cells take.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench-cells.md")
    parser.add_argument("notebook", type=Path, nargs="?", default=ROOT / "notebooks/lenet.ipynb")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds takes 1 or more")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # the kernel must not be left behind
    notebook = nbformat.read(args.notebook, as_version=4)
    cells = {c.id: one_epoch(c.source) for c in notebook.cells if c.cell_type == "code" and c.source.strip()}
    head = f"{args.notebook.name}; {machine()}"
    try:
        times = measure(cells, args.rounds)  # first, as one of them may fail
        smallest = {}
        for name, source in SMALLEST.items():
            smallest.update(measure({name: source}, args.rounds))
    except NoSuchKernel:
        print("cells: the Go kernel is not registered; run scripts/setup", file=sys.stderr)
        return 1
    except CellError as error:
        print(f"cells: FAILED: {error}", file=sys.stderr)
        return 1
    text = report(head, smallest, times, {name for name, source in cells.items() if EPOCHS.search(source)})
    print(text, end="")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
