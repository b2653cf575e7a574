"""What the measurements were made on."""

import os
from pathlib import Path


def cores(n: int) -> list[int]:
    """n of the processors that this process may use, of different cores while there are any."""
    allowed = sorted(os.sched_getaffinity(0))
    chosen = sorted(allowed, key=lambda cpu: (sibling_number(cpu), cpu))[:n]
    if len(chosen) < n:
        raise SystemExit(f"bench: {n} cores are needed, and there are {len(chosen)} to be used")
    return chosen


def sibling_number(cpu: int) -> int:
    """0 for the first hardware thread of a core."""
    try:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list").read_text()
    except OSError:
        return 0
    return numbers(siblings).index(cpu)


def numbers(text: str) -> list[int]:
    """The numbers in a list such as 0-2,8."""
    found = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def describe(cpuinfo: str) -> str:
    """The processor as /proc/cpuinfo has it, such as "2 cores of Intel(R) Xeon(R) Processor (AVX-512)"."""
    processors = [dict(pair(line) for line in block.splitlines()) for block in cpuinfo.strip().split("\n\n")]
    flags = processors[0].get("flags", "").split()
    vectors = "AVX-512" if "avx512f" in flags else "AVX2, no AVX-512" if "avx2" in flags else "no AVX2"
    return f"{len(processors)} × {processors[0].get('model name', 'processor')}, {vectors}"


def used() -> float:
    """Seconds that the processors have not been idle since the machine started, added up. What a
    hypervisor took for others counts as well."""
    first, *_ = Path("/proc/stat").read_text().splitlines()
    user, nice, system, _, _, irq, softirq, steal, *_ = map(int, first.split()[1:])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip(), value.strip()
