"""What is made of the measurements: medians, ratios, and tables in Markdown."""

from dataclasses import dataclass, field
from statistics import median

OURS = "ours"


@dataclass
class Quantity:
    """One thing that was measured for several programs, once a round, in the same order."""

    name: str
    unit: str
    digits: int = 0
    more_is_better: bool = True
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, program: str, value: float) -> None:
        self.values.setdefault(program, []).append(value)

    def ratio(self, program: str) -> float:
        """How many times better ours is: above 1 it is faster, or takes less. It is the median of the
        ratios of each round, in which what slows the machine for a while slows both."""
        pairs = zip(self.values[OURS], self.values[program], strict=True)
        return median(a / b if self.more_is_better else b / a for a, b in pairs)

    def best(self, programs: list[str]) -> str | None:
        """Of these, the program that comes closest to ours."""
        measured = [p for p in programs if p in self.values]
        return min(measured, key=self.ratio, default=None) if OURS in self.values else None

    def table(self) -> list[str]:
        lines = [f"| {self.name}, {self.unit} | ours is better by | median | min | max |", "|---|--:|--:|--:|--:|"]
        for program, values in self.values.items():
            ratio = f"{self.ratio(program):.2f} ×" if OURS in self.values else "–"
            cells = [f"{f(values):,.{self.digits}f}" for f in (median, min, max)]
            lines.append("| " + " | ".join([program, "1" if program == OURS else ratio, *cells]) + " |")
        return lines


def summary(quantities: list[Quantity], pytorch: list[str], book: str, jax: str) -> list[str]:
    """The ratios alone, of ours to the fastest PyTorch, to the book's, and to JAX."""
    lines = ["| ours is better by | fastest PyTorch | PyTorch as in the book | JAX |", "|---|--:|--:|--:|"]
    for q in quantities:
        best = q.best(pytorch)
        if best is None:
            continue
        cells = [
            f"{q.ratio(best):.2f} × ({best})",
            *(f"{q.ratio(p):.2f} ×" if p in q.values else "–" for p in (book, jax)),
        ]
        lines.append(f"| {q.name} | " + " | ".join(cells) + " |")
    return lines if len(lines) > 2 else []


def max_difference(losses: dict[str, list[float]]) -> tuple[float, str, int]:
    """Of the losses of each step, the largest difference from the first program's, relative to it;
    whose it is, and at which step, counted from 1."""
    (first, expected), *others = losses.items()
    worst = (0.0, first, 0)
    for program, got in others:
        for step, (a, b) in enumerate(zip(expected, got, strict=True), 1):
            difference = abs(a - b) / abs(a)
            if not difference <= worst[0]:  # also if it is not a number
                worst = (difference, program, step)
                if difference != difference:
                    return worst
    return worst
