"""Trains the chapter's LeNet in PyTorch with several seeds and compares with ours; called by
scripts/pytorch seeds.

usage: seeds.py --data FOLDER --ours FILE [--n N] [--epochs N] [--threads N]

FILE is what `go run ./scripts/seeds -json FILE` wrote. Both train as the book does: batches of 256, a
learning rate of 0.9, Xavier's uniform distribution. Seeds are no common ground, as the two draw other
numbers from one and the same seed; what can be compared is how the results are distributed.
"""

import json
import sys
from pathlib import Path
from statistics import fmean, stdev

METRICS = ("loss", "train acc", "test acc")


def row(name: str, cells: list[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"


def table(title: str, results: list[tuple[float, ...]]) -> list[str]:
    """The seeds' results, with mean and standard deviation, as `go run ./scripts/seeds` prints them."""
    lines = [row(title, list(METRICS)), "|---|---|---|---|"]
    lines += [row(str(seed), [f"{x:.3f}" for x in result]) for seed, result in enumerate(results, 1)]
    if len(results) > 1:
        lines.append(row("mean ± standard deviation", [f"{fmean(x):.3f} ± {stdev(x):.3f}" for x in zip(*results)]))
    return lines


def comparison(ours: list[tuple[float, ...]], theirs: list[tuple[float, ...]]) -> list[str]:
    """How far the means are apart, and how often samples of one and the same distribution would be
    as far apart: by Welch's t-test for the means, by Mann and Whitney's for the ranks."""
    from scipy import stats

    lines = [
        row(
            "ours − PyTorch", ["difference of the means", "in standard errors", "Welch's t-test: p", "Mann–Whitney: p"]
        ),
        "|---|---|---|---|---|",
    ]
    for name, a, b in zip(METRICS, zip(*ours), zip(*theirs)):
        error = (stdev(a) ** 2 / len(a) + stdev(b) ** 2 / len(b)) ** 0.5
        difference = fmean(a) - fmean(b)
        lines.append(
            row(
                name,
                [
                    f"{difference:+.4f}",
                    f"{difference / error:+.1f}",
                    f"{stats.ttest_ind(a, b, equal_var=False).pvalue:.2f}",
                    f"{stats.mannwhitneyu(a, b).pvalue:.2f}",
                ],
            )
        )
    return lines


def main() -> None:
    import pytorch
    import torch
    import worker

    parser = worker.flags(*pytorch.VARIANTS)
    parser.add_argument("--n", type=int, default=10, help="number of seeds, 1 to n")
    parser.add_argument("--ours", type=Path, required=True, help="results of our seeds")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    theirs = []
    for seed in range(1, args.n + 1):
        print(f"seed {seed}", file=sys.stderr)
        torch.manual_seed(seed)
        theirs.append(pytorch.chapter(args))
    ours = [tuple(r) for r in json.loads(args.ours.read_text())]
    print()
    print(*table("PyTorch: seed", theirs), "", *table("ours: seed", ours), sep="\n")
    if args.n > 1 and len(ours) > 1:
        print("", *comparison(ours, theirs), sep="\n")


if __name__ == "__main__":
    main()
