"""Measures how long a notebook's cells take, from Shift-Enter to the end of their output.

usage: cells.py [--rounds N] [--out FILE] [--against ROOT NAME] [NOTEBOOK]

Runs the code cells of the chapter (or NOTEBOOK) in order on the registered kernel, N rounds after a first
one, and prints a table in markdown, which it also writes to FILE (out/bench-cells.md). Needs what
scripts/setup makes, and a machine with nothing else to do.

In each round each cell is a little different, so that its program is compiled and linked again, as after
an edit. A cell that sets numEpochs trains one epoch. The notebook's files, such as ../out/lenet.params,
are written to a temporary folder.

With --against, each cell also runs on the kernel of another revision, NAME, of which scripts/setup has been run in the
folder ROOT: with that revision's chapter and packages, one right after the other, in turns first.
"""

import argparse
import math
import os
import re
import shutil
import signal
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
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
    """The cell with another constant in it, which makes another program of it."""
    constant = f"const benchmarkRun = {number}\n"
    body = re.search(r"^%%", source, re.MULTILINE)
    if body is None:
        return f"{source}\n{constant}"
    return f"{source[: body.start()]}{constant}{source[body.start() :]}"


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
    """The kernel of a clone, which runs cells and measures them."""

    def __init__(self, root: Path, folder: Path) -> None:
        for name in ("notebooks", "out"):
            (folder / name).mkdir(parents=True)
        self.log = open(folder / "log", "a+", encoding="utf-8", errors="replace")
        specs = KernelSpecManager(kernel_dirs=[str(root / ".venv/share/jupyter/kernels")], ensure_native_kernel=False)
        self.manager = KernelManager(kernel_name="gonb", kernel_spec_manager=specs)
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


Times = dict[str, list[dict[str, float]]]


def measure(cells: dict[Path, dict[str, str]], rounds: int) -> dict[Path, Times]:
    """The times of the cells of each clone, which have the same names, those of the first round first."""
    times = {root: {name: [] for name in sources} for root, sources in cells.items()}
    names = list(next(iter(cells.values())))
    folder = Path(tempfile.mkdtemp(prefix="d2l-cells-"))
    try:
        with ExitStack() as stack:
            kernels = [(root, stack.enter_context(Kernel(root, folder / str(i)))) for i, root in enumerate(cells)]
            for number in range(rounds + 1):
                for index, name in enumerate(names):
                    for root, kernel in kernels[:: 1 if (number + index) % 2 else -1]:
                        try:
                            run = kernel.run(changed(cells[root][name], number * len(names) + index))
                        except CellError as error:
                            where = f" of {root}" if len(cells) > 1 else ""
                            raise CellError(f"cell {name}{where}: {error}") from None
                        times[root][name].append(run)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return times


def compared(head: str, before: Times, now: Times, trains: set[str]) -> str:
    """A table of the cells of both revisions, and the median of what does not train."""
    lines = [
        f"Seconds from Shift-Enter to the end of output ({head}):", "",
        "| cell | before, median (min–max) | now | now / before, median |", "|---|---:|---:|---:|",
    ]
    ratios = {}
    for name in now:
        seconds = [[t["all"] for t in times[name][1:]] for times in (before, now)]
        ratios[name] = statistics.median(b / a for a, b in zip(*seconds))
        columns = [f"{statistics.median(s):.2f} ({min(s):.2f}–{max(s):.2f})" for s in seconds]
        label = f"{name} (one epoch)" if name in trains else name
        lines.append(f"| {label} | {' | '.join(columns)} | {ratios[name]:.2f} |")
    counted = [name for name in now if name not in trains]
    medians = [
        statistics.median(statistics.median(t["all"] for t in times[name][1:]) for name in counted)
        for times in (before, now)
    ]
    lines += [
        "",
        f"The cells that do not train take {medians[0]:.2f} s before and {medians[1]:.2f} s now (medians of their "
        f"medians; the ratio is {medians[1] / medians[0]:.2f}); the median of their ratios is "
        f"{statistics.median(ratios[name] for name in counted):.2f}.",
    ]
    return "\n".join(lines) + "\n"


def row(name: str, times: list[dict[str, float]]) -> str:
    warm = times[1:]
    seconds = [t["all"] for t in warm]
    columns = [statistics.median(seconds), min(seconds), max(seconds), times[0]["all"]]
    columns += [statistics.median(t[part] for t in warm) for part in PARTS]
    # What only declares has no program.
    return " | ".join([f"| {name}"] + ["–" if math.isnan(value) else f"{value:.2f}" for value in columns]) + " |"


def machine() -> str:
    return f"{describe()}, load {os.getloadavg()[0]:.1f} at the start, {time.strftime('%d %B %Y').lstrip('0')}"


def report(head: str, smallest: Times, cells: Times, trains: set[str]) -> str:
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


def code_cells(notebook: Path) -> dict[str, str]:
    read = nbformat.read(notebook, as_version=4)
    return {c.id: one_epoch(c.source) for c in read.cells if c.cell_type == "code" and c.source.strip()}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures how long a notebook's cells take.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--out", type=Path, default=ROOT / "out/bench-cells.md")
    parser.add_argument("--against", nargs=2, metavar=("ROOT", "NAME"))
    parser.add_argument("notebook", type=Path, nargs="?", default=ROOT / "notebooks/lenet.ipynb")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds takes 1 or more")

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))  # the kernel must not be left behind
    notebooks = {ROOT: args.notebook}
    if args.against:
        notebooks[Path(args.against[0]).resolve()] = Path(args.against[0], "notebooks/lenet.ipynb")
    cells = {root: code_cells(path) for root, path in notebooks.items()}
    both = set.intersection(*(set(sources) for sources in cells.values()))
    cells = {root: {name: code for name, code in sources.items() if name in both} for root, sources in cells.items()}
    left_out = sorted(set.union(*(set(code_cells(path)) for path in notebooks.values())) - both)
    trains = {name for name, source in cells[ROOT].items() if EPOCHS.search(source)}
    head = f"{args.notebook.name}; {machine()}"
    if args.against and not both - trains:
        parser.error("the notebooks have no cell in common that does not train")
    smallest = {}
    try:
        times = measure(cells, args.rounds)  # first, as one of them may fail
        if not args.against:
            for name, source in SMALLEST.items():
                smallest.update(measure({ROOT: {name: source}}, args.rounds)[ROOT])
    except NoSuchKernel:
        print("cells: the Go kernel is not registered; run scripts/setup", file=sys.stderr)
        return 1
    except CellError as error:
        print(f"cells: FAILED: {error}", file=sys.stderr)
        return 1
    if args.against:
        before = next(root for root in times if root != ROOT)
        head += f", against {args.against[1]}" + (f", without {', '.join(left_out)}" if left_out else "")
        text = compared(head, times[before], times[ROOT], trains)
    else:
        text = report(head, smallest, times[ROOT], trains)
    print(text, end="")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
