"""Compares what the cells of an executed notebook printed and showed with what was saved before.

usage: compare.py SAVED EXECUTED

Printed text must be the same, but for two things: the speed and the device of a line such as
`8123.4 examples/sec on cpu(0)`, and the figures named in the saved cell's metadata, each within its
tolerance: {"d2l": {"tolerance": {"loss": 0.03}}} is for lines such as `loss 0.471, train acc 0.822`.
Of pictures the kind must be the same, and they must not be empty. Exits with 1 on a difference.
What a cell wrote to stderr, such as a warning about this machine's devices, is only mentioned.
"""

import json
import re
import sys
from pathlib import Path

NUMBER = r"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|nan|inf)"


def differences(saved: dict, executed: dict) -> list[str]:
    """One text for each difference between two notebooks, as read from their files."""
    old, new = code_cells(saved), code_cells(executed)
    if [text(c["source"]) for c in old] != [text(c["source"]) for c in new]:
        return ["the two notebooks do not hold the same code"]
    found = []
    for number, (a, b) in enumerate(zip(old, new), 1):
        tolerance = a.get("metadata", {}).get("d2l", {}).get("tolerance", {})
        for what, expected, got in cell_differences(a["outputs"], b["outputs"], tolerance):
            found.append(f"{name(number, a)}: {what}\n  expected: {expected}\n  got:      {got}")
    return found


def remarks(executed: dict) -> list[str]:
    """One text for each cell that wrote to stderr."""
    found = []
    for number, cell in enumerate(code_cells(executed), 1):
        lines = printed(cell["outputs"], "stderr")
        if lines:
            found.append("\n  ".join([f"remark: {name(number, cell)} wrote to stderr:", *lines]))
    return found


def code_cells(nb: dict) -> list[dict]:
    return [c for c in nb["cells"] if c["cell_type"] == "code"]


def name(number: int, cell: dict) -> str:
    return f"code cell {number} ({first_line(text(cell['source']))})"


def cell_differences(old: list, new: list, tolerance: dict):
    a, b = (printed(outputs, "stdout") for outputs in (old, new))
    for i in range(max(len(a), len(b))):
        x, y = (lines[i] if i < len(lines) else None for lines in (a, b))
        if x is None or y is None or not same_line(x, y, tolerance):
            yield f"line {i + 1}", show(x), show(y)
            break  # what follows is likely to be off as well
    a, b = (sorted(kinds(o) for o in outputs if "data" in o) for outputs in (old, new))
    if a != b:
        yield "what it shows", a or "nothing", b or "nothing"
    for output in new:
        for kind, data in output.get("data", {}).items():
            if not text(data):
                yield f"the {kind} it shows", "something", "nothing"


def same_line(a: str, b: str, tolerance: dict) -> bool:
    a, b = (re.sub(rf"{NUMBER} examples/sec on .*", "# examples/sec on #", line) for line in (a, b))
    for name, allowed in tolerance.items():
        figure = re.compile(rf"(?<!\w){re.escape(name)} ({NUMBER})")
        x, y = figure.findall(a), figure.findall(b)
        if len(x) != len(y) or not all(abs(float(p) - float(q)) <= allowed + 1e-9 for p, q in zip(x, y)):
            return False
        a, b = (figure.sub(f"{name} #", line) for line in (a, b))
    return a == b


def printed(outputs: list, stream: str) -> list[str]:
    return "".join(text(o["text"]) for o in outputs if o.get("name") == stream).splitlines()


def kinds(output: dict) -> str:
    return " + ".join(sorted(output["data"]))


def text(value) -> str:
    """The notebook format keeps text whole or as a list of lines."""
    return "".join(value) if isinstance(value, list) else str(value)


def first_line(source: str) -> str:
    """The first line of a cell that says what the cell is about."""
    lines = [line.strip() for line in source.splitlines()]
    said = [line for line in lines if line and not line.startswith("%")]
    code = re.sub(r"(?s)^\s*import\s*(\(.*?\)|[^\n]*)", "", "\n".join(said)).strip()
    text = (code or "\n".join(said) or source.strip()).partition("\n")[0]
    return text if len(text) <= 90 else text[:87] + "..."


def show(line: str | None) -> str:
    return "no such line" if line is None else repr(line)


def main() -> int:
    saved, executed = (json.loads(Path(p).read_text(encoding="utf-8")) for p in sys.argv[1:3])
    found = differences(saved, executed)
    for said in remarks(executed) + found:
        print(f"{sys.argv[1]}: {said}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
