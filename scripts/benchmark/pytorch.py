"""LeNet and other nets in PyTorch, for scripts/bench: eager as in the book, channels_last, compiled, and both."""

import sys
from pathlib import Path

import numpy as np
import torch
import worker
from safetensors.torch import load_file, save_file
from torch import nn
from torch_nets import NETS, xavier

VARIANTS = ("eager", "channels_last", "compiled", "compiled_channels_last", "book")


def accuracy(y_hat: torch.Tensor, y: torch.Tensor) -> float:
    """How many predictions are correct."""
    return float((y_hat.argmax(dim=1) == y).sum())


class Net:
    """A net in one of the variants, with the steps that train_ch5 makes."""

    def __init__(self, name: str, variant: str) -> None:
        recipe = NETS[name]
        self.net = recipe.new()
        self.format = torch.channels_last if "channels_last" in variant else torch.contiguous_format
        self.net.to(memory_format=self.format)
        self.forward = torch.compile(self.net, dynamic=False) if "compiled" in variant else self.net
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = recipe.optimizer(self.net.parameters())

    def step(self, X: torch.Tensor, y: torch.Tensor) -> tuple[float, float]:
        """The sum of the losses and the correct predictions."""
        self.optimizer.zero_grad()
        X = X.to("cpu", memory_format=self.format)
        y_hat = self.forward(X)
        loss = self.loss(y_hat, y)
        loss.backward()
        self.optimizer.step()
        with torch.no_grad():
            return float(loss * len(y)), accuracy(y_hat, y)

    def correct(self, X: torch.Tensor, y: torch.Tensor) -> float:
        with torch.no_grad():
            return accuracy(self.forward(X.to("cpu", memory_format=self.format)), y)


def serve(args) -> None:
    net = Net(args.net, args.variant)
    net.net.load_state_dict(load_file(args.start / worker.WEIGHTS))

    def train(batches):
        net.forward.train()
        return [net.step(X, y)[0] / len(y) for X, y in batches]

    def evaluate(batches):
        net.forward.eval()
        return sum(net.correct(X, y) for X, y in batches)

    worker.serve(args, f"PyTorch {torch.__version__}",
                 lambda X, y: (torch.from_numpy(X), torch.from_numpy(y.astype(np.int64))), train, evaluate)


class Resident:
    """The cheapest loading: all images are one tensor, a batch is its rows at some indices."""

    def __init__(self, X: torch.Tensor, y: torch.Tensor, batch: int, shuffle: bool) -> None:
        self.X, self.y, self.batch, self.shuffle = X, y, batch, shuffle

    def __len__(self) -> int:
        return -(-len(self.y) // self.batch)

    def __iter__(self):
        if not self.shuffle:
            yield from zip(self.X.split(self.batch), self.y.split(self.batch))
            return
        for at in torch.randperm(len(self.y)).split(self.batch):
            yield self.X[at], self.y[at]


def loader(args, part: str, shuffle: bool):
    X = torch.from_numpy(worker.scaled(worker.images(args.data, part)))
    y = torch.from_numpy(worker.labels(args.data, part).astype(np.int64))
    if args.variant != "book":
        return Resident(X, y, args.batch, shuffle)
    # As the book loads, but for its transformation of each image.
    return torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(X, y), args.batch, shuffle=shuffle, num_workers=4)


def chapter(args) -> tuple[float, float, float]:
    """The chapter as a script: load, train with an evaluation after each epoch, print. Loss, training
    and test accuracy at the end."""
    train_iter, test_iter = loader(args, "train", True), loader(args, "t10k", False)
    net = Net("lenet", args.variant)
    xavier(net.net)
    for epoch in range(args.epochs):
        loss = correct = seen = 0.0
        net.forward.train()
        for i, (X, y) in enumerate(train_iter):
            batch_loss, batch_correct = net.step(X, y)
            loss, correct, seen = loss + batch_loss, correct + batch_correct, seen + len(y)
            if (i + 1) % 50 == 0:
                print(
                    f"epoch {epoch + i / len(train_iter):.2f}  train loss {loss / seen:.3f}  train acc "
                    f"{correct / seen:.3f}",
                    file=sys.stderr,
                )
        net.forward.eval()
        tested = [(net.correct(X, y), len(y)) for X, y in test_iter]
        test_acc = sum(c for c, _ in tested) / sum(n for _, n in tested)
        print(f"epoch {epoch + 1}  test acc {test_acc:.3f}", file=sys.stderr)
    print(f"loss {loss / seen:.3f}, train acc {correct / seen:.3f}, test acc {test_acc:.3f}")
    return loss / seen, correct / seen, test_acc


def make(start: Path) -> None:
    """Writes what every worker starts from, for each net to a folder: weights, and an order of the training images."""
    for name, recipe in NETS.items():
        if recipe.side == worker.SIDE:
            torch.manual_seed(0)
            net = recipe.new()
            xavier(net)
            (start / name).mkdir()
            save_file(net.state_dict(), start / name / worker.WEIGHTS)
            torch.randperm(60000).numpy().astype(np.int32).tofile(start / name / "order.i32")


def main() -> None:
    parser = worker.flags(*VARIANTS)
    parser.add_argument("--make", action="store_true", help="write what workers start from to folders in --start")
    args = parser.parse_args()
    if args.make:
        make(args.start)
        return
    worker.require_cores(args.threads)
    torch.set_num_threads(args.threads)
    (chapter if args.chapter else serve)(args)


if __name__ == "__main__":
    main()
