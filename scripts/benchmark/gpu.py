"""Runs the tests on a GPU, and measures d2l there in interleaved rounds with PyTorch and JAX if this Python has them.

usage: run [--device "cpu(0)"] [--quick] [phase...]

All of it ends within six minutes; each phase has a limit of its own, and what is missing is named. Results are written
to results.md, results.json and tests.log as they come, and to the folder $OUT as well if that variable is set. Phases:

  first    first step and first evaluation, with new caches and with those that a process left; GPU memory
  chapter  TrainCh5 whole, drawn as in a notebook
  lenet    LeNet at batch 256, against all variants of PyTorch and JAX
  large    AlexNet and ResNet-18
  seeds    does a seed give the same bits again?
  batches  the net of exercise 2, and LeNet at other batches
  tests    of d2l, d2l/internal/xla and lenet, on the device

  --device  cpu(0), to try this program out; CUDA_VISIBLE_DEVICES chooses among GPUs
  --quick   next to no steps, to see that everything runs
"""

import argparse
import contextlib
import datetime
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

from processes import Failed, Process, describe, patience
from results import OURS

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent  # of the archive
# Seconds that each phase may take. The last one also gets what the others leave.
PHASES = {"first": 30, "chapter": 25, "lenet": 105, "large": 80, "seeds": 15, "batches": 50, "tests": 50}
CUDA_GRAPH, JAX_SCAN, TF32 = "PyTorch, CUDA graph", "JAX, scan", "ours, TF32"
ALEXNET, RESNET = "AlexNet 128, 224 × 224", "ResNet-18 256, 96 × 96"
LENET = {
    OURS: "", "ours, single steps": "step", TF32: "tf32", "ours, deterministic": "deterministic",
    "ours, convolutions by cuDNN": "cudnn", "ours, loops outside of CUDA graphs": "apart",
    "PyTorch eager": "", "PyTorch channels_last": "channels_last", "PyTorch compiled": "compiled",
    "PyTorch reduce-overhead": "reduce-overhead", CUDA_GRAPH: "graph",
    "PyTorch compiled, CUDA graph": "compiled+graph",
    "PyTorch compiled, CUDA graph, figures every 50 steps": "compiled+graph+read50",
    "JAX jitted": "", JAX_SCAN: "scan",
}
LARGE = {
    OURS: "", TF32: "tf32", "PyTorch, TF32": "tf32", "PyTorch, TF32, channels_last": "tf32+channels_last",
    "PyTorch, TF32, channels_last, CUDA graph": "tf32+channels_last+graph",
}
# Variants of ours that a variable chooses.
ENVIRONMENT = {
    "cudnn": {"D2L_GPU_CONVOLUTIONS": "cudnn"}, "apart": {"XLA_FLAGS": "--xla_gpu_enable_command_buffer=-WHILE"},
}
# Of this project before steps were made in one program: one H200, 27 November 2026.
BEFORE = {"step": 1219e-6, "chapter": 15.0, "evaluation": 0.034, "first": 3.8, "memory": 900.0}


class OutOfTime(Failed):
    """A phase's time is over."""


class Bench:
    def __init__(self, args: argparse.Namespace, work: Path) -> None:
        self.args, self.work = args, work
        self.gpu = args.device == "gpu(0)"
        self.rounds, self.seconds = (2, 0.05) if args.quick else (5, 0.4)
        self.patience = 1 if self.gpu else 20
        self.end = time.monotonic() + self.patience * sum(PHASES.values())
        self.until = self.end
        self.lock = threading.Lock()
        self.results: dict = {
            "date": datetime.datetime.now().isoformat(timespec="seconds"), "machine": describe(), "device": args.device,
            "gpu": smi("name,driver_version,memory.total"), "python": sys.version.split()[0], "versions": {},
            "phases": {}, "missing": [], "rates": {}, "first_step": {}, "chapter_seconds": [], "tests": {},
        } | json.loads((FOLDER / "files/bundle.json").read_text())
        plugins = find_plugins(work)
        self.env = {
            "PJRT_PLUGIN_LIBRARY_PATH": ":".join(plugins), "GOMLX_NO_AUTO_INSTALL": "1",
            "D2L_DATA": str(FOLDER / "files/data"), "D2L_TEST_DEVICE": args.device,
            # What is tuned and compiled in one process is there for the next one, and for none of an earlier run.
            "XDG_CACHE_HOME": str(work / "cache"), "CUDA_CACHE_PATH": str(work / "cache/cuda"),
            "TORCHINDUCTOR_CACHE_DIR": str(work / "inductor"), "TRITON_CACHE_DIR": str(work / "triton"),
        }
        if self.gpu and not any(list(Path(plugin).glob("pjrt_c_api_cuda*_plugin.so")) for plugin in plugins):
            self.miss("there is no CUDA plugin for XLA: set PJRT_PLUGIN_LIBRARY_PATH to the folder of "
                      f"pjrt_c_api_cuda_plugin.so, or install jax[cuda13] for {sys.executable}")
        elif not plugins:
            del self.env["PJRT_PLUGIN_LIBRARY_PATH"]
        if self.gpu and not self.results["gpu"]:
            self.miss("there is no GPU to be seen (nvidia-smi)")
        self.frameworks = {"ours"}
        for name, module in (("PyTorch", "torch"), ("JAX", "jax")):
            if importlib.util.find_spec(module) and importlib.util.find_spec("numpy"):
                self.frameworks.add(name)
            else:
                self.miss(f"{name} was not measured: {sys.executable} does not have it, or no NumPy")

    # ---- what is known so far ------------------------------------------------------------------------------------

    def miss(self, text: str) -> None:
        say(sentence(text))
        self.results["missing"].append(text)

    def save(self) -> None:
        with self.lock:
            for folder in {FOLDER, Path(os.environ.get("OUT") or FOLDER)}:
                write(folder / "results.json", json.dumps(self.results, indent=1) + "\n")
                write(folder / "results.md", "\n".join(report(self.results)) + "\n")

    def left(self) -> float:
        """Seconds of this phase."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise OutOfTime("its time was over")
        return left

    # ---- programs ------------------------------------------------------------------------------------------------

    def ours(self, *flags: str, name: str = OURS, variant: str = "") -> Process:
        command = [str(FOLDER / "files/bin/benchmark"), f"-gpu={self.gpu}".lower(), "-variant", variant, *flags]
        env = self.env | ENVIRONMENT.get(variant, {})
        if "XLA_FLAGS" in env:
            env["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {env['XLA_FLAGS']}".strip()
        return Process(name, command, env=env, cwd=self.work)

    def worker(self, name: str, net: str, batch: int, variant: str) -> Process:
        if name.startswith(OURS):
            return self.ours("-serve", "-net", net, "-batch", str(batch), name=name, variant=variant)
        script = HERE / ("gpu_jax.py" if name.startswith("JAX") else "gpu_torch.py")
        command = [sys.executable, str(script), "--device", "cuda" if self.gpu else "cpu", "--net", net,
                   "--batch", str(batch), "--variant", variant, "--data", str(FOLDER / "files/data")]
        env = {v: self.env[v] for v in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")}
        return Process(name, command, env=env, cwd=self.work)

    def interleave(self, case: str, net: str, batch: int, programs: dict[str, str]) -> None:
        """Rounds of one program after the other; one that fails or hangs is left out from then on."""
        if self.args.quick and net in ("alexnet", "resnet18"):
            batch = 2
        rates = self.results["rates"][case] = {"batch": batch, "examples_per_second": {}}
        with contextlib.ExitStack() as stack:
            workers = {name: stack.enter_context(self.worker(name, net, batch, variant))
                       for name, variant in programs.items() if name.split()[0].rstrip(",") in self.frameworks}

            def ask(name: str, command: str | None) -> dict:
                seconds = 30 if command and command.startswith("train") else 60  # one that hangs is not all
                try:
                    return workers[name].request(command, min(self.left(), self.patience * seconds))
                except OutOfTime:
                    raise
                except Failed as e:
                    del workers[name]
                    self.miss(f"{case}: {e}")
                    return {}

            def start(name: str) -> None:
                if ready := ask(name, None):
                    self.results["versions"][name.split()[0].rstrip(",")] = ready["ready"]
                    ask(name, "first")

            # What chooses kernels by the clock, XLA and cuDNN with its benchmark, starts alone. Meanwhile PyTorch is
            # imported; then its other variants, which take long to compile, start together.
            together = [n for n in workers if n.startswith("PyTorch") and "TF32" not in n]
            for name in [n for n in workers if n not in together]:
                start(name)
            with ThreadPoolExecutor(16) as pool:
                list(pool.map(start, together))
            for name in list(workers):
                ask(name, f"train {self.seconds}")
            for number in range(self.rounds if workers else 0):
                say(f"{case}: round {number + 1}")
                for name in list(workers):
                    if answer := ask(name, f"train {self.seconds}"):
                        rate = answer["examples"] / answer["seconds"]
                        rates["examples_per_second"].setdefault(name, []).append(rate)
                self.save()

    # ---- phases --------------------------------------------------------------------------------------------------

    def first(self) -> None:
        """From new caches, then twice with what the first process has left there."""
        for number in range(3):
            before, start = smi("memory.used"), time.monotonic()
            with self.worker(OURS, "lenet", 256, "") as worker:
                ready = worker.request(None, self.left())
                self.results["versions"][OURS] = ready["ready"]
                step = worker.request("first", self.left())["seconds"]
                total = time.monotonic() - start
                first_evaluation = worker.request("eval", self.left())["seconds"]
                self.results["first_step"]["cold" if number == 0 else f"warm {number}"] = {
                    "client": ready["seconds"], "first_step": step, "process": total,
                    "first_evaluation": first_evaluation}
                self.save()
                if number:
                    evaluations = [worker.request("eval", self.left())["seconds"] for _ in range(10)]
                    self.results["evaluation_seconds"] = evaluations
                    if used := smi("memory.used"):  # containers hide which process uses it
                        self.results["gpu_memory_mb"] = float(used) - float(before)

    def chapter(self) -> None:
        epochs = 1 if self.args.quick else 10
        for number in range(2 if self.args.quick else 4):  # the first one fills the cache
            start = time.monotonic()
            with self.ours("-chapter", "-draw", "-epochs", str(epochs), variant="deterministic") as process:
                self.results["chapter_printed"] = process.run(self.left())[0].strip()
            if number:
                self.results["chapter_seconds"].append(time.monotonic() - start)
            self.save()

    def lenet(self) -> None:
        self.interleave("LeNet 256", "lenet", 256, LENET)

    def large(self) -> None:
        self.interleave(RESNET, "resnet18", 256, LARGE)
        self.interleave(ALEXNET, "alexnet", 128, LARGE)

    def batches(self) -> None:
        for batch in (1024,) if self.args.quick else (64, 128, 512, 1024, 4096):
            others = {CUDA_GRAPH: "graph", JAX_SCAN: "scan"} if batch == 1024 else {}
            self.interleave(f"LeNet {batch}", "lenet", batch, {OURS: "", **others})
        self.interleave("exercise 2's net 128", "improved", 128, {OURS: ""})

    def seeds(self) -> None:
        """Twice in a process, which compares, and in two processes."""
        seen = set()
        for number in range(2):
            file = self.work / f"seeds-{number}.json"
            command = [str(FOLDER / "files/bin/seeds"), "-n", "1", "-repeat", "-json", str(file), "-epochs",
                       "1" if self.args.quick else "3"]
            backend = "xla:cuda" if self.gpu else "xla:cpu"
            with Process("seeds", command, env=self.env | {"GOMLX_BACKEND": backend}, cwd=self.work) as process:
                process.run(self.left())
            seen.add(file.read_text())
        self.results["seed_repeats"] = len(seen) == 1

    def tests(self) -> None:
        """Several processes share the tests. One that ends its process is a failure, and the others go on."""
        log = FOLDER / "tests.log"
        log.write_text("")
        shares = []
        for package in ("d2l", "d2l/internal/xla", "lenet"):
            tree = FOLDER / "files/book" / package
            binary = FOLDER / f"files/bin/{tree.name}.test"
            try:
                with Process(package, [str(binary), "-test.list", "."], env=self.env, cwd=tree) as process:
                    names = process.run(self.left())[0].split()
            except Failed as e:
                self.miss(f"tests: {e}")
                continue
            names = names[:12] if self.args.quick else names
            self.results["tests"] |= {f"{package}.{name}": "not run" for name in names}
            n = max(1, min(4, len(os.sched_getaffinity(0)) // 3)) if package == "d2l" else 1
            shares += [(package, binary, tree, names[i::n]) for i in range(n)]
        with ThreadPoolExecutor(max(1, len(shares))) as pool:
            list(pool.map(lambda share: self.share(log, *share), shares))
        if out := os.environ.get("OUT"):
            shutil.copy(log, out)

    def share(self, log: Path, package: str, binary: Path, tree: Path, names: list[str]) -> None:
        waiting = list(names)
        while waiting and time.monotonic() < self.until:
            command = [str(binary), "-test.v=test2json", "-test.run", f"^({'|'.join(waiting)})$"]
            running, said = "", []
            with Process(package, command, env=self.env | {"TMPDIR": str(self.work)}, cwd=tree,
                         stderr=subprocess.STDOUT) as process:
                with patience(process.popen.pid, self.left()):
                    for line in process.popen.stdout:
                        said.append(line)
                        if m := re.search(r"(?:^|\x16)=== RUN +(\w+)$", line):
                            running = m[1]
                        if (m := re.search(r"(?:^|\x16)--- (\w+): (\w+) ", line)) and m[2] in waiting:
                            self.results["tests"][f"{package}.{m[2]}"] = {
                                "PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}[m[1]]
                            waiting.remove(m[2])
            with self.lock, log.open("a") as file:
                file.writelines(said)
            self.save()
            if time.monotonic() < self.until:
                if running not in waiting:
                    break
                self.results["tests"][f"{package}.{running}"] = "ended the process"
                waiting.remove(running)

    def run(self, phases: list[str]) -> None:
        for number, name in enumerate(phases, 1):
            start = time.monotonic()
            self.until = self.end if number == len(phases) else min(self.end, start + self.patience * PHASES[name])
            say(f"{name}: at most {self.until - start:.0f} s")
            status = "done"
            try:
                self.left()
                getattr(self, name)()
            except Exception as e:  # the figures so far are kept, and the next phase has its turn
                status = "failed"
                self.miss(f"{name}: {'' if isinstance(e, Failed) else type(e).__name__ + ': '}{e}")
            if time.monotonic() >= self.until:
                status = "out of time"
            self.results["phases"][name] = {"seconds": round(time.monotonic() - start, 1), "status": status}
            self.save()


def smi(query: str) -> str:
    """What nvidia-smi says, of the first GPU; nothing where it cannot be asked."""
    try:
        said = subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader,nounits"],
                              capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.strip().splitlines()[0] if said.strip() else ""


def find_plugins(work: Path) -> list[str]:
    """The folders that have XLA's plugins: those that the user names, those of scripts/setup, or one made here of the
    plugin of this Python's JAX. It has the layout of scripts/setup --cuda, with NVIDIA's libraries at ../nvidia seen
    from the plugin, which is a copy: d2l follows a link to where the plugin really lies."""
    if named := os.environ.get("PJRT_PLUGIN_LIBRARY_PATH"):
        return named.split(":")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "d2l-go/pjrt"
    found = [str(cache / kind) for kind in ("cpu", "nvidia") if any((cache / kind).glob("pjrt_c_api_*_plugin.so"))]
    if str(cache / "nvidia") in found:
        return found
    for spec in (importlib.util.find_spec(name) for name in ("jax_plugins", "nvidia")):
        if spec is None:
            return found
    of_jax = [file for place in importlib.util.find_spec("jax_plugins").submodule_search_locations
              for file in Path(place).glob("xla_cuda1[0-9]/xla_cuda_plugin.so")]
    if not of_jax:
        return found
    folder = work / "pjrt/nvidia"
    (folder / "bin").mkdir(parents=True)
    shutil.copy(max(of_jax), folder / "pjrt_c_api_cuda_plugin.so")
    for place in importlib.util.find_spec("nvidia").submodule_search_locations:
        for library in Path(place).iterdir():
            if library.is_dir() and not (folder / library.name).exists():
                (folder / library.name).symlink_to(library)
            for program in library.glob("bin/ptxas"):
                (folder / "bin/ptxas").unlink(missing_ok=True)
                (folder / "bin/ptxas").symlink_to(program)
    return [*found, str(folder)]


def report(results: dict) -> list[str]:
    """The results in Markdown: the targets, then what they come from."""
    lines = [f"# d2l on {results['gpu'] or results['device']}", "",
             f"{results['date']}; {results['machine']}; commit {results['commit']}; "
             + ", ".join(results["versions"].values()) + ".", ""]
    if not results["device"].startswith("gpu"):
        lines += ["This was a trial without a GPU: the ratios mean nothing.", ""]
    lines += ["| goal | measured | ratio | at least | |", "|---|--:|--:|--:|---|"]
    for goal, measured, ratio, least in targets(results):
        met = "not measured" if ratio is None else "reached" if ratio >= least else "**missed**"
        lines.append(f"| {goal} | {measured} | {'–' if ratio is None else f'{ratio:.2f} ×'} | {least} × | {met} |")
    for case, rates in results["rates"].items():
        values = rates["examples_per_second"]
        lines += ["", f"| {case} | ours is better by | µs a step | examples/s, median | min | max |",
                  "|---|--:|--:|--:|--:|--:|"]
        for program, rounds in values.items():
            by = "1" if program == OURS else f"{faster(values, program):.2f} ×" if OURS in values else "–"
            cells = [rates["batch"] / median(rounds) * 1e6, median(rounds), min(rounds), max(rounds)]
            lines.append(f"| {program} | {by} | " + " | ".join(f"{cell:,.0f}" for cell in cells) + " |")
    if first := results["first_step"]:
        lines += ["", "| LeNet, seconds | client | first step | start to first step | first evaluation |",
                  "|---|--:|--:|--:|--:|"]
        lines += [f"| {name} cache | " + " | ".join(f"{v:.2f}" for v in times.values()) + " |"
                  for name, times in first.items()]
    if "seed_repeats" in results:
        said = "gave the same figures" if results["seed_repeats"] else "gave **other figures**"
        lines += ["", f"One seed, four trainings in two processes: {said}."]
    if tests := results["tests"]:
        count = {status: list(tests.values()).count(status) for status in dict.fromkeys(tests.values())}
        lines += ["", "Tests: " + ", ".join(f"{n} {status}" for status, n in count.items()) + "."]
        lines += [f"* {name}: {status}" for name, status in tests.items() if status in ("failed", "ended the process")]
    lines += ["", "Phases: " + ", ".join(f"{name} {phase['seconds']} s ({phase['status']})"
                                         for name, phase in results["phases"].items()) + "."]
    lines += ["", "Missing:" if results["missing"] else "Nothing was missing."]
    return lines + [f"* {sentence(text)}" for text in results["missing"]]


def sentence(text: str) -> str:
    """Of what a program wrote, the last line that names an error, or else the last one."""
    first, *rest = text.splitlines()
    said = [line for line in rest if re.match(r"\s*[\w.]*(Error|Exception)\b", line)] or rest
    return " ".join([first, *(line.strip() for line in said[-1:])])


def faster(rates: dict[str, list[float]], program: str, ours: str = OURS) -> float:
    """How many times as fast as the program ours is: the median over the rounds that both made."""
    return median(a / b for a, b in zip(rates[ours], rates[program]))


def targets(results: dict) -> list[tuple[str, str, float | None, float]]:
    """Each goal, what was measured, how many times better ours is, and how many times it should be."""
    rows = []

    def against(goal: str, case: str, least: float, other: str, ours: str = OURS) -> None:
        rates = results["rates"].get(case, {"examples_per_second": {}})["examples_per_second"]
        by = {n: faster(rates, n, ours) for n in rates if n.startswith(other) and ours in rates}
        best = min(by, key=by.get, default="–")
        rows.append((goal, best, by.get(best), least))

    def before(goal: str, key: str, value: float | None, unit: str, least: float) -> None:
        measured = "–" if value is None else f"{value:,.4g} {unit}"
        rows.append((goal, measured, BEFORE[key] / value if value else None, least))

    against("LeNet 256: fastest PyTorch", "LeNet 256", 1.5, "PyTorch")
    against("LeNet 256: JAX's scan", "LeNet 256", 1.2, JAX_SCAN)
    ours = results["rates"].get("LeNet 256", {"examples_per_second": {}})["examples_per_second"].get(OURS)
    before("LeNet 256: a step, before 1,219 µs", "step", 256 / median(ours) if ours else None, "s", 5)
    chapter = results["chapter_seconds"]
    before("TrainCh5, ten epochs: before 15 s", "chapter", median(chapter) if chapter else None, "s", 4)
    evaluations = results.get("evaluation_seconds")
    before("evaluation of 10,000: before 34 ms", "evaluation", median(evaluations) if evaluations else None, "s", 8)
    for ours in (OURS, TF32):
        against(f"ResNet-18, {ours}: fastest PyTorch", RESNET, 1.8, "PyTorch", ours)
        against(f"AlexNet, {ours}: fastest PyTorch", ALEXNET, 1.2, "PyTorch", ours)
    warm = [times["first_step"] for name, times in results["first_step"].items() if name != "cold"]
    before("first step of a second process: before 3.8 s", "first", median(warm) if warm else None, "s", 2.5)
    before("GPU memory of LeNet: before 0.9 GB", "memory", results.get("gpu_memory_mb"), "MB", 1)
    return rows


def write(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".tmp")
    new.write_text(text, encoding="utf-8")
    os.replace(new, path)


def unpack() -> None:
    """What the archive has compressed once more, to its own folder."""
    packed, files = FOLDER / "files.tar.xz", FOLDER / "files"
    if files.exists():
        return
    say("unpacking")
    new = FOLDER / "files.tmp"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        with tarfile.open(packed) as archive:
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(new)
    except tarfile.ReadError:  # this Python is without xz
        subprocess.run(["tar", "-xJf", packed, "-C", new], check=True)
    new.rename(files)


def say(text: str) -> None:
    print(f"gpu: {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="gpu(0)", choices=["gpu(0)", "cpu(0)"])
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("phases", nargs="*")
    args = parser.parse_args()
    if unknown := set(args.phases) - set(PHASES):
        parser.error(f"there is no phase {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    unpack()
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as work:
        bench = Bench(args, Path(work))
        try:
            bench.run([name for name in PHASES if name in (args.phases or PHASES)])
        except KeyboardInterrupt:
            return 130
        finally:
            bench.save()
    print("\n".join(["", *report(bench.results), ""]))
    say(f"written to {FOLDER}/results.md and results.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
