"""Starts and questions the programs that are compared, and says what the machine does besides."""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

try:
    import psutil
except ImportError:  # only what the machine does besides needs it
    psutil = None

PATIENCE = 900  # seconds; compiling takes long


class Failed(Exception):
    """A program that did not do what it had to; the text says which and what it wrote."""


class Process:
    """A program, on some cores and nothing else if they are given; what it writes to stderr is kept for when it
    fails."""

    def __init__(self, name: str, command: list[str], cores: list[int] | None = None,
                 env: dict[str, str] | None = None, **options) -> None:
        self.name, self.stderr = name, tempfile.TemporaryFile("w+", errors="replace")
        options.setdefault("stderr", self.stderr)
        if cores:
            options["preexec_fn"] = lambda: os.sched_setaffinity(0, cores)
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            start_new_session=True, env=os.environ | (env or {}), **options)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_) -> None:
        """Ends the program and all that it started."""
        if self.popen.returncode is None:
            try:
                os.killpg(self.popen.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.popen.wait()
        for file in (self.popen.stdin, self.popen.stdout, self.stderr):
            try:
                file.close()
            except BrokenPipeError:
                pass

    def failed(self, what: str, printed: str = "") -> Failed:
        self.stderr.seek(0)
        said = (printed + self.stderr.read()).strip().splitlines()[-20:]
        return Failed("\n  ".join([f"{self.name} {what}; it wrote:", *said]))

    def request(self, command: str | None, seconds: float | None = None) -> dict:
        """The answer to a command; None waits for output without a command. After so many seconds it is killed."""
        with patience(self.popen.pid, seconds or PATIENCE) as clock:
            try:
                if command is not None:
                    self.popen.stdin.write(command + "\n")
                    self.popen.stdin.flush()
                for line in self.popen.stdout:
                    if line.startswith("{"):  # libraries may say something as well
                        return json.loads(line)
            except BrokenPipeError:
                pass
        how = f"said nothing for {clock.timer.interval:.0f} s" if clock.over else "ended"
        raise self.failed(f"{how} on the command {command or 'start'}")

    def cpu_seconds(self) -> float:
        """What it and its children have used of the processor."""
        return sum(of_family(self.popen.pid, lambda process: sum(process.cpu_times()[:2])))

    def run(self, seconds: float | None = None) -> tuple[str, float, float]:
        """Lets the program run to its end. Returns what it printed, and the peak memory in MB of its largest process,
        and of it and its children together."""
        together, ended = [0], threading.Event()

        def sample() -> None:
            """The kernel keeps the peak of one process; of several it is looked at now and then."""
            while not ended.wait(0.5):
                shares = of_family(self.popen.pid, lambda process: process.memory_full_info().pss)
                together.append(sum(shares) if len(shares) > 1 else 0)

        sampler = threading.Thread(target=sample, daemon=True)
        sampler.start()
        with patience(self.popen.pid, seconds or PATIENCE):
            printed = self.popen.stdout.read()
            _, status, usage = os.wait4(self.popen.pid, 0)
        ended.set()
        sampler.join()
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        if self.popen.returncode != 0:
            raise self.failed(f"ended with status {self.popen.returncode}", printed)
        largest = usage.ru_maxrss / 1024
        return printed, largest, max(largest, max(together) / 2**20)


class patience:
    """Kills a program that takes too long."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.pid, self.over = pid, False
        self.timer = threading.Timer(seconds, self.kill)
        self.timer.daemon = True

    def kill(self) -> None:
        self.over = True
        os.killpg(self.pid, signal.SIGKILL)

    def __enter__(self) -> "patience":
        self.timer.start()
        return self

    def __exit__(self, *_) -> None:
        self.timer.cancel()


def of_family(pid: int, measure) -> list[float]:
    """What is measured of a process and of each of its descendants, of those that have not ended."""
    found = []
    if psutil is None:
        return found
    try:
        top = psutil.Process(pid)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return found
    for process in family:
        try:
            found.append(measure(process))
        except psutil.Error:
            pass
    return found


def settle() -> None:
    """Threads spin for a moment before they sleep: not while another program is measured."""
    time.sleep(0.3)


def cores(n: int) -> list[int]:
    """n of the processors that this process may use, of different cores while there are any."""

    def core(cpu: int) -> str:
        try:
            return Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
        except OSError:
            return str(cpu)

    allowed = sorted(os.sched_getaffinity(0))
    first = {core(cpu): cpu for cpu in reversed(allowed)}
    chosen = sorted(allowed, key=lambda cpu: (first[core(cpu)] != cpu, cpu))[:n]
    if len(chosen) < n:
        raise SystemExit(f"bench: {n} cores are needed, and there are {len(chosen)} to be used")
    return chosen


def describe() -> str:
    """The processor, such as "2 × Intel(R) Xeon(R) Processor, AVX-512"."""
    text = Path("/proc/cpuinfo").read_text()
    name = re.search(r"^model name\s*: (.*)", text, re.M)
    vectors = "AVX-512" if " avx512f" in text else "AVX2, no AVX-512" if " avx2" in text else "no AVX2"
    return f"{os.cpu_count()} × {name[1] if name else 'processor'}, {vectors}"


def machine_seconds() -> float:
    """Seconds that the processors have not been idle since the machine started, added up. What a hypervisor took for
    others counts as well."""
    t = psutil.cpu_times()
    return t.user + t.nice + t.system + t.irq + t.softirq + t.steal
