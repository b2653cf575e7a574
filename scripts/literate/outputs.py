"""Compares the outputs of a new run with the saved ones."""

import base64
import binascii
import difflib
import math
import re

NUMBER = r"([-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|nan|inf))"
DEVICE = r"(?:[cg]pu\(\d+\)(?: in pure Go)?|\[[cg]pu\(\d+\)(?:, [cg]pu\(\d+\))*\])"
# Speed, device and times differ from run to run. Measured numbers have decimals; counts have none.
MEASURED = rf"(?<![\w.])([-+]?\d+\.\d+|[-+]?nan|[-+]?inf)(?: (examples/sec)(?: on {DEVICE})?| (sec|s|ms|µs)\b)"


def numbers(text, tolerance):
    """The text with a mark in the place of each number that may differ, and these: (name, value, tolerance)."""
    names = "|".join(map(re.escape, tolerance))
    pattern = MEASURED + (rf"|(?<!\w)({names}) {NUMBER}" if names else "")
    found = []

    def replace(m):
        speed, unit, name, value = m.group(2), m.group(3), *(m.group(4, 5) if names else (None, None))
        found.append((name or speed or unit, float(value or m.group(1)), tolerance[name] if name else math.inf))
        return f"{name} \0" if name else f"\0 {speed or unit}"

    return re.sub(pattern, replace, text, flags=re.IGNORECASE), found


def texts(saved, got, tolerance):
    """How what a cell prints differs from what was saved."""
    same, want = numbers(saved, tolerance)
    other, found = numbers(got, tolerance)
    if same != other:
        lines = [(text if text.endswith("\n") else text + " (no end of line)").replace("\0", "…").splitlines() for text in (same, other)]
        diff = list(difflib.unified_diff(*lines, "expected", "got", n=2, lineterm=""))
        yield "\n  ".join(["(… may differ)", *diff[:60]])
        return
    for (name, a, allowed), (_, b, _) in zip(want, found):
        if not math.isfinite(a) or not math.isfinite(b):
            yield f"{name} is {b:g}, expected {a:g}; both must be finite"
        elif abs(a - b) > allowed + 1e-9:
            yield f"{name}: {b:g} differs from {a:g} by {abs(a - b):.3g}, more than the tolerance of {allowed:g}"


def picture(kind, data):
    """The size of a picture, or "" for one that is empty or damaged."""
    if kind == "image/svg+xml":
        head = re.search(r"<svg\b([^>]*)>", data)
        drawn = re.search(r"<(path|text|image|line|rect|circle|poly)", data) and data.rstrip().endswith("</svg>")
        return ", ".join(re.findall(r"\b(?:width|height|viewBox)=\"[^\"]*\"", head.group(1))) if head and drawn else ""
    try:
        content = base64.b64decode(data)
    except binascii.Error:
        return ""
    if not content.startswith(b"\x89PNG") or not content.endswith(b"IEND\xaeB`\x82"):
        return ""
    return f"{int.from_bytes(content[16:20], 'big')} × {int.from_bytes(content[20:24], 'big')} pixels"


def printed(cell):
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def shown(cell):
    """What a cell shows other than by printing. Its order among the printed lines differs from run to run."""
    return [output.data for output in cell.outputs if "data" in output]


def compare_cell(saved, executed, tolerance):
    for output in executed.outputs:
        if output.output_type == "error":
            yield f"it failed, {output.ename}: {output.evalue.strip()}"
    yield from texts(printed(saved), printed(executed), tolerance)
    a, b = shown(saved), shown(executed)
    kinds = [[" + ".join(sorted(data)) for data in side] for side in (a, b)]
    if kinds[0] != kinds[1]:
        yield f"it shows {', then '.join(kinds[1]) or 'nothing'}, expected {', then '.join(kinds[0]) or 'nothing'}"
        return
    for want, got in zip(a, b):
        for kind in want:
            if not kind.startswith("image/"):
                yield from texts(want[kind], got[kind], tolerance)
            elif not picture(kind, got[kind]):
                yield f"its {kind} is empty or damaged"
            elif picture(kind, got[kind]) != picture(kind, want[kind]):
                yield f"its {kind} has {picture(kind, got[kind])}, expected {picture(kind, want[kind]) or 'an empty one'}"


def compare(saved, executed):
    """How a new run of a notebook differs from the saved one."""
    cells = [[(cell.id, cell.cell_type, cell.source) for cell in nb.cells] for nb in (saved, executed)]
    if cells[0] != cells[1]:
        other = [a[0] for a, b in zip(*cells) if a != b][:1] or ["count"]
        return [f"this is no run of the saved notebook, the cells differ (first: {other[0]}); run it again with scripts/chapter"]
    found = tolerances(saved)
    for a, b in zip(saved.cells, executed.cells):
        if a.cell_type == "code":
            found += [f"cell {a.id}: {problem}" for problem in compare_cell(a, b, tolerance_of(a))]
    return found


def tolerance_of(cell):
    return cell.metadata.get("d2l", {}).get("tolerance", {})


def tolerances(nb):
    """Tolerances that switch a comparison off, or seem to be in force and are not."""
    found = []
    for cell in nb.cells:
        tolerance, largest = tolerance_of(cell), {}
        for text in [printed(cell), *(data.get("text/html", "") for data in shown(cell))] if tolerance else []:
            for name, value, _ in numbers(text, tolerance)[1]:
                largest[name] = max(largest.get(name, 0), abs(value))
        for name, value in tolerance.items():
            if name not in largest:
                found.append(f'cell {cell.id}: there is a tolerance for "{name}", and the cell prints no "{name}" followed by a number')
            elif not 0 < value < largest[name]:
                found.append(f'cell {cell.id}: the tolerance of "{name}" is {value:g}; it must be above 0 and below the number, {largest[name]:g}')
    return found
