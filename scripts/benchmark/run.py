"""Measures LeNet in Go, PyTorch and JAX in interleaved rounds on the same cores; called by scripts/bench.

usage: run.py --ours PROGRAM [--kernels TESTS | --before PROGRAM TREE] --data FOLDER --out FILE [--quick] [--rounds N]
       [--epochs N] [section...]
"""

import argparse
import contextlib
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from processes import Failed, Process, cores, describe, machine_seconds, settle
from results import OURS, Quantity, max_difference, summary

SECTIONS = ("rates", "nets", "start", "chapter", "scaling", "animator", "host", "guard", "roofline")
EAGER, JAX = "PyTorch eager", "JAX jitted"
BOOK = "PyTorch eager, DataLoader"  # the chapter with the book's way to load
VARIANTS = {
    EAGER: "eager", "PyTorch channels_last": "channels_last",
    "PyTorch compiled": "compiled", "PyTorch compiled, channels_last": "compiled_channels_last",
}
TOLERANCE = 1e-5  # of the losses; rounding alone made 3e-7 of it within CHECKED steps
CHECKED = 60  # steps
BATCHES = (32, 64, 128, 256, 512, 1024)
# Other nets, the steps within which their losses agree, and those of a measurement. Adam divides the smallest gradients
# by their own size, and batch normalization likewise: there rounding alone changes the updates. In a ReLU's millions of
# values one sooner or later is rounded to the other side of 0.
NETS = {
    "lenet_max": ("LeNet with maximum pooling", CHECKED, 117), "improved": ("exercise 2's net, with Adam", 1, 117),
    "resnet": ("a small ResNet", 2, 117), "mlp": ("an MLP, 784-256-10", 20, 117),
    "vgg": ("a small VGG", 5, 10), "hourglass": ("transposed convolutions", 5, 10),
    "gru": ("a GRU of 256 units, row by row", CHECKED, 40), "lstm": ("an LSTM of 256 units, row by row", CHECKED, 40),
}
BEFORE = "before"  # ours, built from another revision


class Bench:
    def __init__(self, args: argparse.Namespace, work: Path) -> None:
        self.args, self.work, self.start = args, work, work / "start"
        self.rounds = args.rounds or (2 if args.quick else 7)
        self.long_rounds = args.rounds or (1 if args.quick else 3)  # of what takes minutes
        self.report: list[str] = []
        self.quantities: list[Quantity] = []
        self.machine = describe()
        self.missing = cannot_compile()
        self.variants = {n: v for n, v in VARIANTS.items() if not ("compiled" in v and self.missing)}
        self.versions: dict[str, str] = {}
        self.waiting: list[float] = []  # cores used in each measurement by the programs that wait
        self.others: list[float] = []  # and by all else
        self.fastest = "PyTorch channels_last"  # until the rates are known

    def process(self, name: str, *flags: str, net="lenet", batch=256, threads=2, cache="inductor") -> Process:
        flags = (
            "--batch",
            str(batch),
            "--threads",
            str(threads),
            "--data",
            str(self.args.data),
            "--start",
            str(self.start / net),
            *([] if net == "lenet" else ["--net", net]),  # older revisions have no other
            *flags,
        )
        here = Path(__file__).parent
        if name == OURS:
            command = [self.args.ours]
        elif name == BEFORE:
            command = [self.args.before[0]]
        elif name == JAX:
            command = [sys.executable, str(here / "jax_net.py")]
        else:
            variant = "book" if name == BOOK else VARIANTS[name]
            command = [sys.executable, str(here / "pytorch.py"), "--variant", variant]
        tree = Path(self.args.before[1]) if name == BEFORE else Path(__file__).resolve().parents[2]
        env = {
            "TORCHINDUCTOR_CACHE_DIR": str(self.work / cache),
            "D2L_COMPILATION_CACHE": str(self.work / f"{cache}-d2l"),
            "D2L_DATA": str(self.args.data),
            **allocator(tree),
        }
        return Process(name, [*command, *flags], cores(threads), env)

    def prepare(self) -> None:
        self.start.mkdir()
        subprocess.run(
            [sys.executable, Path(__file__).parent / "pytorch.py", "--make", "--start", self.start], check=True
        )

    def write(self, title: str, *lines: str) -> None:
        self.report += [f"## {title}", "", *lines, ""]
        print("\n".join(["", title, "", *lines]), flush=True)

    # ---- sections --------------------------------------------------------------------------------

    def rates(self) -> None:
        train = Quantity("training rate", "examples/s")
        evaluate = Quantity("evaluation rate", "examples/s")
        names = [OURS, *self.variants, JAX]
        with self.workers(names) as workers:
            self.check(workers)
            self.alternate(workers, "train", 40 if self.args.quick else 117, train)
            self.alternate(workers, "eval", 80, evaluate)
        self.quantities += [train, evaluate]
        self.fastest = train.best(list(VARIANTS))
        self.write("Rates with batches of 256, on 2 cores", *train.table(), "", *evaluate.table(), "", self.quiet())

    def quiet(self) -> str:
        """What the machine did besides, in the measurements so far."""
        waiting, others = max(self.waiting), sum(self.others) / len(self.others)
        return (
            f"In these {len(self.others)} measurements the programs that waited used at most {100 * waiting:.1f} % "
            f"of a core, "
            f"and all else on the machine used {100 * others:.1f} % on average"
            + (": **too much** for results to rely on." if others > 0.1 else ".")
        )

    @contextlib.contextmanager
    def workers(self, names: list[str], **options):
        with contextlib.ExitStack() as stack:
            workers = {}
            for name in names:
                say(f"starting {name}")
                workers[name] = stack.enter_context(self.process(name, **options))
                self.versions[name] = workers[name].request(None)["ready"]
            yield workers

    def same_losses(self, workers: dict[str, Process], steps: int) -> tuple[float, str, int]:
        """The same mathematics, or there is nothing to compare. It also warms everything up."""
        losses = {}
        for name, worker in workers.items():
            say(f"checking {name}")
            losses[name] = worker.request(f"train {CHECKED}")["losses"][:steps]
        difference, name, step = max_difference(losses)
        if not difference <= TOLERANCE:
            raise Failed(
                f"the programs do not compute the same: at step {step} the loss of {name} is off by {difference:.1e} "
                f"of {next(iter(losses))}'s"
            )
        return difference, name, step

    def check(self, workers: dict[str, Process]) -> None:
        difference, name, step = self.same_losses(workers, CHECKED)
        correct = {name: worker.request("eval 40")["correct"] for name, worker in workers.items()}
        spread = max(correct.values()) - min(correct.values())
        if spread > 0.01 * 40 * 256:
            raise Failed(f"the programs do not compute the same: correct predictions are {correct}")
        self.write(
            "The same mathematics",
            f"From the same weights and on the same batches, the losses of {CHECKED} training steps differ by "
            f"at most {difference:.1e}, relative to each other ({name}, step {step}); of {40 * 256} images the "
            f"programs then classify "
            f"{min(correct.values()):.0f} to {max(correct.values()):.0f} correctly.",
        )

    def alternate(
        self, workers: dict[str, Process], command: str, batches: int, quantity: Quantity, rounds: int | None = None,
        waiting: Iterable[Process] = (),
    ) -> None:
        """Interleaved rounds: A B C … A B C … Others that there are only wait."""
        everyone = {*workers.values(), *waiting}
        for _ in range(rounds or self.rounds):
            say(f"{quantity.name}: round {len(quantity.values.get(next(iter(workers)), ())) + 1}")
            for name, worker in workers.items():
                settle()
                machine_before, before, start = (
                    machine_seconds(),
                    {w: w.cpu_seconds() for w in everyone},
                    time.monotonic(),
                )
                answer = worker.request(f"{command} {batches}")
                took = time.monotonic() - start
                cpu = {w: w.cpu_seconds() - before[w] for w in everyone}
                self.others.append(max(0.0, machine_seconds() - machine_before - sum(cpu.values())) / took)
                self.waiting.append(max((cpu[w] for w in everyone if w is not worker), default=0) / took)
                quantity.add(name, answer["examples"] / answer["seconds"])

    def nets(self) -> None:
        """Other nets than LeNet, against PyTorch."""
        lines = ["| training | ours, examples/s | fastest PyTorch | ours is better by | steps with the same losses |",
                 "|---|--:|--:|--:|--:|"]
        for net, (title, steps, measured) in NETS.items():
            q = Quantity(f"training rate of {title}", "examples/s")
            with self.workers([OURS, *self.variants], net=net) as workers:
                self.same_losses(workers, steps)
                self.alternate(workers, "train", 40 if self.args.quick else measured, q)
            best = q.best(list(VARIANTS))
            ours, theirs = (median(q.values[n]) for n in (OURS, best))
            lines.append(f"| {title} | {ours:,.0f} | {theirs:,.0f} ({best}) | {q.ratio(best):.2f} × | {steps} |")
        self.write("Other nets with batches of 256, on 2 cores", *lines, "", self.quiet())

    def first_step(self) -> None:
        q = Quantity("time to the first step", "s", digits=2, more_is_better=False)
        compiled = [n for n, v in self.variants.items() if "compiled" in v]
        for number in range(-1, self.long_rounds):
            say(f"{q.name}: round {number + 1}" if number >= 0 else f"{q.name}: all files read once")
            for name in [OURS, EAGER, "PyTorch channels_last", *compiled, JAX]:
                if number < 0 and name in compiled:
                    continue
                # The first time there is no cache of compiled code, the second time there is.
                for again in (False, True) if name in [OURS, *compiled] else (False,):
                    settle()
                    start = time.monotonic()
                    with self.process(name, cache=f"first-{number}-{VARIANTS.get(name)}") as worker:
                        self.versions[name] = worker.request(None)["ready"]
                        worker.request("train 1")
                        if number >= 0:
                            q.add(name + (", from its cache" if again else ""), time.monotonic() - start)
        self.quantities.append(q)
        self.write("From the start of the program to the loss of the first training step", *q.table())

    def chapter(self) -> None:
        seconds = Quantity("whole chapter", "s", digits=1, more_is_better=False)
        memory = Quantity("peak memory, with children", "MB", more_is_better=False)
        single = Quantity("peak memory of one process", "MB", more_is_better=False)
        printed = {}
        compiled = [n for n, v in self.variants.items() if v == "compiled_channels_last"]
        for number in range(self.long_rounds):
            for name in [OURS, BOOK, EAGER, "PyTorch channels_last", *compiled, JAX]:
                say(f"{seconds.name}: round {number + 1}, {name}")
                settle()
                start = time.monotonic()
                # Code is compiled the first time, as on the day of a reader; not again after that.
                with self.process(
                    name, "--chapter", "--epochs", str(self.args.epochs), cache=f"chapter-{number}"
                ) as process:
                    text, largest, together = process.run()
                seconds.add(name, time.monotonic() - start)
                memory.add(name, together)
                single.add(name, largest)
                printed[name] = text.strip().splitlines()[0]
        self.quantities += [seconds, memory]
        self.write(
            f"The chapter as a script: load, {self.args.epochs} epochs with an evaluation after each, print",
            *seconds.table(),
            "",
            *memory.table(),
            "",
            *single.table(),
            "",
            f"“{BOOK}” loads with four processes, as the book does; the others of PyTorch take rows of one tensor. "
            f"Ours is a program "
            "that was built before. The last run of each printed:",
            "",
            *(f"- {name}: {text}" for name, text in printed.items()),
        )

    def scaling(self) -> None:
        others = list(dict.fromkeys([self.fastest, EAGER]))
        lines = []
        for threads in (1, 2):
            heads = "".join(f" to {n} |" for n in others) + "".join(f" {n} |" for n in [OURS, *others])
            lines += [f"| batch, {threads} thread{'s'[:threads - 1]} |{heads} to the batch above |",
                      "|--:" * (3 + 2 * len(others)) + "|"]
            rates = {batch: Quantity(f"batch {batch}, {threads} threads", "examples/s") for batch in BATCHES}
            with contextlib.ExitStack() as stack:
                workers = {batch: stack.enter_context(self.workers([OURS, *others], batch=batch, threads=threads))
                           for batch in BATCHES}
                for number in range(-1, self.long_rounds):
                    for batch, q in rates.items():
                        steps = 30720 // batch  # as many images of each size
                        if number >= 0:
                            waiting = [worker for of_batch in workers.values() for worker in of_batch.values()]
                            self.alternate(workers[batch], "train", steps, q, 1, waiting)
                        else:
                            for worker in workers[batch].values():
                                worker.request(f"train {steps}")
            above = None
            for batch, q in rates.items():
                cells = [f"{q.ratio(n):.2f} ×" for n in others] + [
                    f"{median(q.values[n]):,.0f}" for n in [OURS, *others]
                ]
                now = q.values[OURS]
                cells.append(f"{median(a / b for a, b in zip(now, above, strict=True)):.2f} ×" if above else "")
                above = now
                lines.append(f"| {batch} | " + " | ".join(cells) + " |")
            lines.append("")
        title = "Training rate by batch and threads: ratio of ours, examples/s, and ours to ours in the line above"
        self.write(title, *lines[:-1])

    def against(self) -> None:
        """Ours against ours of another revision."""
        lines = ["| batch | training | evaluation |", "|--:|--:|--:|"]
        for batch in BATCHES:
            with self.workers([OURS, BEFORE], batch=batch) as workers:
                cells = []
                for command in ("train", "eval"):
                    q = Quantity(f"{command}, batch {batch}", "examples/s")
                    steps = 30720 // batch  # as many images of each size
                    for worker in workers.values():
                        worker.request(f"{command} {steps}")
                    self.alternate(workers, command, steps, q)
                    now, before = (median(q.values[name]) for name in (OURS, BEFORE))
                    cells.append(f"{q.ratio(BEFORE):.2f} × ({now:,.0f}, before {before:,.0f})")
            lines.append(f"| {batch} | " + " | ".join(cells) + " |")
        self.write("Rates by batch, and examples/s", *lines, "", self.quiet())

    def animator(self) -> None:
        with self.process(OURS, "-animator", "-epochs", "2", "-rounds", str(self.long_rounds)) as process:
            rates = json.loads(process.run()[0].splitlines()[-1])
        off = median(rates["off"])
        lines = ["| two epochs | to off | median | min | max |", "|---|--:|--:|--:|--:|"]
        for key, name in (
            ("off", "TrainCh5 outside a notebook"),
            ("on", "TrainCh5 drawing as in a notebook"),
        ):
            v = rates[key]
            lines.append(f"| {name} | {median(v) / off:.3f} | {median(v):,.0f} | {min(v):,.0f} | {max(v):,.0f} |")
        self.write(
            "Training rate with the Animator, examples/s, compilation included",
            *lines,
            "",
            f"Drawing, which these rates leave out as the book's do, took {1000 * median(rates['drawing']):.0f} ms a "
            f"point.",
        )

    def host(self) -> None:
        profile = self.args.out.with_name("bench-host.pprof")
        with self.process(OURS, "-host", "-profile", str(profile)) as process:
            times = json.loads(process.run()[0].splitlines()[-1])
        lines = ["| a training step, µs | median | 99 of 100 below |", "|---|--:|--:|"]
        for name, (middle, p99) in times.items():
            lines.append(f"| {name} | {middle:.0f} | {p99:.0f} |")
        self.write(
            "What Go, cgo and dispatch take at most of a step",
            *lines,
            "",
            f"`go tool pprof -top {profile.relative_to(profile.parents[1])}` shows where, of both nets together; "
            f"code of the plugin is listed under its name.",
        )

    def guard(self) -> None:
        flags = ["-test.v", "-test.run=^$", "-test.bench=^BenchmarkGuard$", "-test.benchtime=300x"]
        tree = Path(__file__).resolve().parents[2]
        title = "What the search for NaN and infinity takes of a training step"
        train, guards = Quantity("training rate beside the guard's", "examples/s"), []
        with self.workers([OURS]) as workers:
            workers[OURS].request(f"train {CHECKED}")
            for _ in range(self.rounds):
                self.alternate(workers, "train", 117, train, 1)
                settle()
                with Process("the guard's benchmark", [self.args.kernels, *flags], cores(2), allocator(tree)) as p:
                    said = p.run()[0]
                if "--- SKIP" in said:
                    self.write(title, "Not measured: there are no kernels for this processor.")
                    return
                found = re.search(r"([-\d.]+) ns/guard", said)
                if not found:
                    raise Failed(f"the guard's benchmark gave no figure; it wrote:\n{said}")
                guards.append(float(found[1]) / 1e3)
        steps = [256e6 / rate for rate in train.values[OURS]]
        share = median(guard / step for guard, step in zip(guards, steps, strict=True))
        self.write(
            title,
            f"{median(guards):.1f} µs ({min(guards):.1f}–{max(guards):.1f}) of a step on 256 images, which takes "
            f"{median(steps):,.0f} µs; the median of the {self.rounds} rounds' ratios is {share:.2%}.",
            "",
            self.quiet(),
        )

    def roofline(self) -> None:
        with self.process(OURS, "-roofline") as process:
            measured = json.loads(process.run()[0].splitlines()[-1])
        peak, bandwidth, batch = measured["GFLOPS"], measured["GBs"], measured["batch"]
        lines = [
            "| part | kFLOP an image | kB | forward, ms | GFLOP/s | with gradients, ms | GFLOP/s |",
            "|---|--:|--:|--:|--:|--:|--:|",
        ]
        total = {"KFLOP": 0.0, "work": 0.0, "KB": 0.0, "Forward": 0.0, "Both": 0.0}
        for part in measured["parts"]:
            part["work"] = part["KFLOP"] * (1 + part["Gradients"])
            for key in total:
                total[key] += part[key]
        for part in [*measured["parts"], {"Name": "all", **total}]:
            rates = [
                work * batch / seconds / 1e6
                for work, seconds in ((part["KFLOP"], part["Forward"]), (part["work"], part["Both"]))
            ]
            lines.append(
                f"| {part['Name']} | {part['KFLOP']:.0f} | {part['KB']:.1f} | {part['Forward'] * 1e3:.2f} | "
                f"{rates[0]:.0f}, {rates[0] / peak:.0%} of the best"
                f" | {part['Both'] * 1e3:.2f} | {rates[1]:.0f}, {rates[1] / peak:.0%} |"
            )
        intensity = min(part["KFLOP"] / part["KB"] for part in measured["parts"])
        bound = "arithmetic" if intensity * bandwidth > peak else "memory"
        self.write(
            f"Where the arithmetic of a batch of {batch} goes",
            *lines,
            "",
            f"At its best, in a product of 2048 × 2048 matrices, XLA does {peak:.0f} GFLOP/s on these cores, and "
            f"reads {bandwidth:.0f} GB/s from memory. The "
            f"smallest number of operations per byte is {intensity:.0f}, so memory would allow for "
            f"{intensity * bandwidth:.0f} GFLOP/s: {bound} is the bound. A training step "
            f"takes {total['work'] / 1e3:.2f} MFLOP an image: at the best rate, {peak / total['work'] * 1e6:,.0f} "
            f"images/s; evaluation {total['KFLOP'] / 1e3:.2f}: {peak / total['KFLOP'] * 1e6:,.0f}.",
        )

    # ---- the whole -------------------------------------------------------------------------------

    def run(self) -> None:
        print("\n".join(filter(None, ["", self.machine, self.missing, ""])))
        self.prepare()
        for section in self.args.sections:
            getattr(self, {"start": "first_step"}.get(section, section))()
            self.save()
        if ratios := self.ratios():
            print("\n".join(["", *ratios]))
        say(f"written to {self.args.out}")

    def ratios(self) -> list[str]:
        return summary(self.quantities, [*VARIANTS, BOOK], EAGER, JAX)

    def save(self) -> None:
        """What is known so far; a later section may fail."""
        lines = [
            "# LeNet in Go, PyTorch and JAX",
            "",
            f"{self.machine}, {datetime.date.today():%-d %B %Y}; made by `scripts/bench`.",
            "",
        ]
        if self.versions:
            lines += ["; ".join(sorted(set(self.versions.values()))) + ".", ""]
        if self.missing:
            lines += [self.missing, ""]
        if ratios := self.ratios():
            lines += [
                *ratios,
                "",
                "A ratio is the median of the rounds' ratios; above 1 ours is faster, or takes less.",
                "",
            ]
        new = self.args.out.with_suffix(".tmp")
        new.write_text("\n".join(lines + self.report), encoding="utf-8")
        os.replace(new, self.args.out)


def say(text: str) -> None:
    print(f"bench: {text}", flush=True)


def cannot_compile() -> str:
    """Why torch.compile cannot work here, if so."""
    if not (os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")):
        return "PyTorch compiled was not run: torch.compile needs a C++ compiler (on Debian: apt install g++)."
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").exists():
        return (
            "PyTorch compiled was not run: torch.compile needs Python's headers (on Debian: apt install python3-dev)."
        )
    return ""


def allocator(tree: Path) -> dict[str, str]:
    """The settings of glibc's allocator that a notebook's cells have there; PyTorch and JAX get them as well."""
    code = ("import pathlib, register\n"
            "print(register.kernel_env(pathlib.Path(), pathlib.Path(), '', '').get('GLIBC_TUNABLES', ''))")
    said = subprocess.run([sys.executable, "-c", code], cwd=tree / "scripts/kernel", text=True, check=True,
                          stdout=subprocess.PIPE).stdout.strip()
    return {"GLIBC_TUNABLES": said} if said else {}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ours", required=True)
    parser.add_argument("--kernels", help="the tests of d2l/internal/kernels")
    parser.add_argument("--before", nargs=2, metavar=("PROGRAM", "TREE"), help="ours of another revision")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("sections", nargs="*")
    args = parser.parse_args()
    args.sections = args.sections or [s for s in SECTIONS if not (args.quick and s in ("nets", "chapter", "scaling"))]
    if args.before:
        args.sections = ["against"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="bench-") as work:
        try:
            Bench(args, Path(work)).run()
        except Failed as e:
            print(f"bench: {e}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
