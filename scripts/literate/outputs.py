"""Compares the outputs of a new run with the saved ones."""

import base64
import binascii
import difflib
import math
import re

NUMBER = r"([-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|nan|inf))"
DEVICE = r"(?:[cg]pu\(\d+\)(?: in pure Go)?|\[[cg]pu\(\d+\)(?:, [cg]pu\(\d+\))*\])"
SAVED = re.compile(r"\bsaved \d{4}-\d\d-\d\d \d\d:\d\d\b")
# Speed, device and times differ from run to run. Measured numbers have decimals; counts have none.
SPEED = rf"((?:examples|tokens)/sec)(?: on {DEVICE})?"
MEASURED = rf"(?<![\w.])([-+]?\d+\.\d+|[-+]?nan|[-+]?inf)(?: {SPEED}| (sec|s|ms|µs)\b)"


def numbers(text, tolerance):
    """The text with a mark in the place of each number that may differ, and these: (name, value, tolerance)."""
    names = "|".join(map(re.escape, tolerance))
    pattern = MEASURED + (rf"|(?<!\w)({names}) {NUMBER}" if names else "")
    found = []

    def replace(m):
        speed, unit, name, value = m.group(2), m.group(3), *(m.group(4, 5) if names else (None, None))
        found.append((name or speed or unit, float(value or m.group(1)), tolerance[name] if name else math.inf))
        return f"{name} \0" if name else f"\0 {speed or unit}"

    return re.sub(pattern, replace, SAVED.sub("saved \0", text), flags=re.IGNORECASE), found


def texts(saved, got, tolerance, varies=()):
    """How what a cell prints differs from what was saved. Of lines with these beginnings the rest may differ."""
    if varies:
        ends = re.compile(rf"^({'|'.join(map(re.escape, varies))}).+$", re.M)
        saved, got = ends.sub("\\1\0", saved), ends.sub("\\1\0", got)
    same, want = numbers(saved, tolerance)
    other, found = numbers(got, tolerance)
    if same != other:
        a, b = [text if text.endswith("\n") else text + " (no end of line)" for text in (same, other)]
        diff = list(difflib.unified_diff(a.splitlines(), b.splitlines(), "expected", "got", n=2, lineterm=""))
        yield "\n  ".join(["(… may differ)", *diff[:60]]).replace("\0", "…")
        return
    for (name, a, allowed), (_, b, _) in zip(want, found, strict=True):
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
    yield from texts(printed(saved), printed(executed), tolerance, saved.metadata.get("d2l", {}).get("varies", ()))
    a, b = shown(saved), shown(executed)
    kinds = [[" + ".join(sorted(data)) for data in side] for side in (a, b)]
    if kinds[0] != kinds[1]:
        expected, got = [", then ".join(side) or "nothing" for side in kinds]
        yield f"it shows {got}, expected {expected}"
        return
    for want, got in zip(a, b, strict=True):
        for kind in want:
            if not kind.startswith("image/"):
                yield from texts(want[kind], got[kind], tolerance)
            elif not (size := picture(kind, got[kind])):
                yield f"its {kind} is empty or damaged"
            elif size != (expected := picture(kind, want[kind])):
                yield f"its {kind} has {size}, expected {expected or 'an empty one'}"


def compare(saved, executed):
    """How a new run of a notebook differs from the saved one."""
    cells = [[(cell.id, cell.cell_type, cell.source) for cell in nb.cells] for nb in (saved, executed)]
    if cells[0] != cells[1]:
        first = next((a[0] for a, b in zip(*cells, strict=False) if a != b), "their number")
        return [f"this is no run of the saved notebook: {first} differs; run it again with scripts/chapter"]
    found = tolerances(saved)
    for a, b in zip(saved.cells, executed.cells, strict=True):
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
            is_so = f'cell {cell.id}: the tolerance of "{name}" is {value:g}'
            if name not in largest:
                found.append(f'{is_so}, and the cell prints no "{name}" followed by a number')
            elif not 0 < value < largest[name]:
                found.append(f"{is_so}; it must be above 0 and below the number, {largest[name]:g}")
        for name in cell.metadata.get("d2l", {}).get("varies", ()):
            if not name or not re.search(rf"^{re.escape(name)}.", printed(cell), re.M):
                found.append(f'cell {cell.id}: what follows "{name}" may vary, and no line that it prints begins so')
    return found
