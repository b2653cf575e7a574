"""Starts and questions the programs that are compared."""

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

PATIENCE = 900  # seconds; compiling takes long
TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """A program that did not do what it was asked; the text says which and what it wrote."""


class Process:
    """A program on some cores and nothing else; what it writes to stderr is kept for when it fails."""

    def __init__(self, name: str, command: list[str], cores: list[int], env: dict[str, str] | None = None) -> None:
        self.name = name
        self.stderr = tempfile.TemporaryFile("w+", errors="replace")
        self.popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr, text=True, start_new_session=True,
            env=os.environ | (env or {}), preexec_fn=lambda: os.sched_setaffinity(0, cores))

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

    def failed(self, what: str) -> Failed:
        self.stderr.seek(0)
        said = self.stderr.read().strip().splitlines()[-20:]
        return Failed("\n  ".join([f"{self.name} {what}; it wrote:", *said]))

    def ask(self, command: str | None) -> dict:
        """The answer to a command; None waits for what is said without one."""
        with patience(self.popen.pid):
            try:
                if command is not None:
                    self.popen.stdin.write(command + "\n")
                    self.popen.stdin.flush()
                for line in self.popen.stdout:
                    if line.startswith("{"):  # libraries may say something as well
                        return json.loads(line)
            except BrokenPipeError:
                pass
        raise self.failed(f"ended, or said nothing for {PATIENCE} s, when asked to {command or 'start'}")

    def cpu_seconds(self) -> float:
        """What it and its children have used of the processor."""
        return sum(ticks(pid) for pid in family(self.popen.pid)) / TICK

    def run(self) -> tuple[str, float, float]:
        """Lets the program run to its end; what it printed, and how much memory it took in MB: at the
        most for one process, and for it and its children together."""
        with patience(self.popen.pid), Sampler(self.popen.pid) as sampler:
            printed = self.popen.stdout.read()
            _, status, usage = os.wait4(self.popen.pid, 0)
        self.popen.returncode = os.waitstatus_to_exitcode(status)
        if self.popen.returncode != 0:
            raise self.failed(f"ended with status {self.popen.returncode}")
        largest = usage.ru_maxrss / 1024
        return printed, largest, max(largest, sampler.most / 1024)


class patience:
    """Kills a program that takes too long."""

    def __init__(self, pid: int) -> None:
        self.timer = threading.Timer(PATIENCE, os.killpg, (pid, signal.SIGKILL))
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *_) -> None:
        self.timer.cancel()


class Sampler:
    """Looks now and then at the memory of a process with its children: pages that several share are
    counted once. A process without children is left alone; the kernel keeps its maximum."""

    def __init__(self, pid: int) -> None:
        self.pid, self.most, self.done = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)

    def __enter__(self) -> "Sampler":
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.done.set()
        self.thread.join()

    def watch(self) -> None:
        while not self.done.wait(0.5):
            pids = family(self.pid)
            if len(pids) > 1:
                self.most = max(self.most, sum(map(proportional, pids)))


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    found = [pid]
    try:
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            for child in children.read_text().split():
                found += family(int(child))
    except OSError:
        pass  # it has ended
    return found


def proportional(pid: int) -> int:
    """The memory of a process in kB, with its share of what it shares."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except OSError:
        return 0


def settle() -> None:
    """Threads spin for a moment before they sleep: not while another program is measured."""
    time.sleep(0.3)
