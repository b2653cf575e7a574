"""What the workers in Python share: their flags, the data, and the conversation with run.py.

A worker starts, says `{"ready": ...}` with its versions, and then answers each line it is given with a line of JSON:

    train N   makes N training steps on the next N batches; seconds, mean loss and the loss of each step
    eval N    classifies N batches; seconds and how many of the examples it got right
    quit      ends

The batches lie where they are used, on the CPU, before the clock starts, which stops when the last result is there:
what is timed is forward pass, gradients, update and reading loss and accuracy.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

SIDE, LR = 28, 0.9
# The parameters in their order, by the names that they have in the file of weights.
SHAPES = {
    "conv0.weight": (6, 1, 5, 5), "conv0.bias": (6,), "conv1.weight": (16, 6, 5, 5), "conv1.bias": (16,),
    "dense0.weight": (120, 400), "dense0.bias": (120,), "dense1.weight": (84, 120), "dense1.bias": (84,),
    "dense2.weight": (10, 84), "dense2.bias": (10,),
}
WEIGHTS = "weights.safetensors"


def flags(*variants: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=variants, default=variants[0])
    parser.add_argument("--net", default="lenet")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--data", type=Path, help="folder with the four plain files of Fashion-MNIST")
    parser.add_argument("--start", type=Path, help="folder with weights.safetensors and order.i32")
    parser.add_argument("--chapter", action="store_true", help="run the whole chapter instead")
    parser.add_argument("--epochs", type=int, default=10)
    return parser


def require_cores(threads: int) -> None:
    cores = len(os.sched_getaffinity(0))
    if cores != threads:
        sys.exit(
            f"this worker is to have {threads} threads but may run on {cores} cores: start it by scripts/bench or "
            f"under taskset"
        )


def images(data: Path, part: str) -> np.ndarray:
    """All images of a part, train or t10k, as bytes (n, 1, 28, 28)."""
    return np.fromfile(data / f"{part}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 1, SIDE, SIDE)


def labels(data: Path, part: str) -> np.ndarray:
    return np.fromfile(data / f"{part}-labels-idx1-ubyte", np.uint8, offset=8)


def scaled(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / np.float32(255)


def weights(start: Path) -> list[np.ndarray]:
    """The parameters that every worker starts from, in PyTorch's layout."""
    from safetensors.numpy import load_file  # not there on every machine with a GPU

    values = load_file(start / WEIGHTS)
    return [values[name] for name in SHAPES]


def xavier(rng: np.random.Generator) -> list[np.ndarray]:
    """New parameters, Xavier uniform and zero biases, in PyTorch's layout."""
    values = []
    for shape in SHAPES.values():
        window = int(np.prod(shape[2:]))
        bound = (6 / (window * sum(shape[:2]))) ** 0.5 if len(shape) > 1 else 0
        values.append(rng.uniform(-bound, bound, shape).astype(np.float32))
    return values


class Batches:
    """The training images in the order that all workers follow, over and over."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.images, self.labels = images(args.data, "train"), labels(args.data, "train")
        self.order = np.fromfile(args.start / "order.i32", np.int32)
        self.size, self.position = args.batch, 0

    def next(self, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """The next n batches: float32 (batch, 1, 28, 28) in [0, 1], and bytes (batch)."""
        batches = []
        for _ in range(n):
            at = self.order[np.arange(self.position, self.position + self.size) % len(self.order)]
            batches.append((scaled(self.images[at]), self.labels[at]))
            self.position = (self.position + self.size) % len(self.order)
        return batches


def serve(args: argparse.Namespace, versions: str, prepare, train, evaluate) -> None:
    """Answers run.py. prepare(X, y) turns a batch into what the framework's loader would yield, in
    the CPU's memory; train(batches) returns the mean loss of each, evaluate(batches) the correct ones."""
    batches = Batches(args)
    say({"ready": versions})
    for line in sys.stdin:
        command, *count = line.split()
        if command == "quit":
            return
        examples = [prepare(X, y) for X, y in batches.next(int(count[0]))]
        answer = {"examples": args.batch * len(examples)}
        start = time.perf_counter()
        if command == "train":
            losses = train(examples)
            answer |= {"seconds": time.perf_counter() - start, "loss": sum(losses) / len(losses), "losses": losses}
        else:
            correct = evaluate(examples)
            answer |= {"seconds": time.perf_counter() - start, "correct": correct}
        del examples
        say(answer)


def device_flags() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    parser.add_argument("--net", default="lenet")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--variant", default="", help="words joined by +")
    parser.add_argument("--device", choices=["cpu", "cuda"])
    parser.add_argument("--data", type=Path, help="folder with the four plain files of Fashion-MNIST")
    return parser


def serve_for(args: argparse.Namespace, versions: str, build) -> None:
    """Answers gpu.py: `first` builds the net and makes its first steps, `train S` trains for at least S seconds.
    build() returns what makes one or more steps, waits for their figures, and says how many steps they were."""
    say({"ready": versions})
    for line in sys.stdin:
        command, *seconds = line.split()
        if command == "quit":
            return
        steps, start = 0, time.perf_counter()
        if command == "first":
            train = build()
        while not steps or command == "train" and time.perf_counter() - start < float(seconds[0]):
            steps += train()
        say({"seconds": time.perf_counter() - start, "steps": steps, "examples": steps * args.batch})


def say(answer: dict) -> None:
    print(json.dumps(answer), flush=True)
