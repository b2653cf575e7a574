"""LeNet in PyTorch, for scripts/bench: eager as in the book, channels_last, compiled, and both."""

import sys
from pathlib import Path

import numpy as np
import torch
import worker
from torch import nn

VARIANTS = ("eager", "channels_last", "compiled", "compiled_channels_last", "book")


def lenet() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5), nn.Sigmoid(), nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10))


def xavier(net: nn.Module) -> None:
    for layer in net.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)


def accuracy(y_hat: torch.Tensor, y: torch.Tensor) -> float:
    """How many predictions are correct."""
    return float((y_hat.argmax(dim=1) == y).sum())


class Net:
    """LeNet in one of the variants, with the steps that train_ch5 makes."""

    def __init__(self, variant: str) -> None:
        self.net = lenet()
        self.format = torch.channels_last if "channels_last" in variant else torch.contiguous_format
        self.net.to(memory_format=self.format)
        self.forward = torch.compile(self.net, dynamic=False) if "compiled" in variant else self.net
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=worker.LR)

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


def load(net: nn.Module, start: Path) -> None:
    with torch.no_grad():
        for parameter, value in zip(net.parameters(), worker.weights(start), strict=True):
            parameter.copy_(torch.from_numpy(value))


def serve(args) -> None:
    net = Net(args.variant)
    load(net.net, args.start)

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
    net = Net(args.variant)
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
    """Writes what every worker starts from: weights, and an order of the training images."""
    from safetensors.torch import save_file  # not there on every machine with a GPU

    torch.manual_seed(0)
    net = lenet()
    xavier(net)
    save_file(dict(zip(worker.SHAPES, net.state_dict().values(), strict=True)), start / worker.WEIGHTS)
    torch.randperm(60000).numpy().astype(np.int32).tofile(start / "order.i32")


def main() -> None:
    parser = worker.flags(*VARIANTS)
    parser.add_argument("--make", action="store_true", help="write the files in the folder --start")
    args = parser.parse_args()
    if args.make:
        make(args.start)
        return
    worker.require_cores(args.threads)
    torch.set_num_threads(args.threads)
    (chapter if args.chapter else serve)(args)


if __name__ == "__main__":
    main()
