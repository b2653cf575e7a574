"""LeNet, AlexNet and ResNet-18 in PyTorch on a GPU, for gpu.py.

The variant is words joined by +: channels_last; compiled or reduce-overhead; graph, the step captured as a CUDA graph
by hand; tf32, which also lets cuDNN tune itself; read50, which reads the figures of 50 steps at once. Without words the
net is as the book writes it, and the figures are read after each step.
"""

import itertools

import torch
import torch.nn.functional as F
import worker
from torch import nn
from torch_nets import NETS, xavier


def build(args):
    recipe = NETS[args.net]
    words = args.variant.split("+")
    if "tf32" in words:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
    layout = torch.channels_last if "channels_last" in words else torch.contiguous_format
    net = recipe.new().to(args.device, memory_format=layout)
    xavier(net)
    forward = net
    if "compiled" in words or "reduce-overhead" in words:
        mode = "reduce-overhead" if "reduce-overhead" in words else None
        forward = torch.compile(net, mode=mode, dynamic=False)
    loss, optimizer = nn.CrossEntropyLoss(), recipe.optimizer(net.parameters())

    def batch(at):
        X = torch.from_numpy(images[at]).to(args.device).float() / 255
        if recipe.side != worker.SIDE:
            X = F.interpolate(X, size=(recipe.side, recipe.side), mode="bilinear")
        return X.contiguous(memory_format=layout), torch.from_numpy(labels[at]).to(args.device).long()

    images, labels = worker.images(args.data, "train"), worker.labels(args.data, "train")
    order = torch.randperm(len(labels)).numpy()
    batches = [batch(order[i * args.batch:(i + 1) * args.batch]) for i in range(min(20, len(order) // args.batch))]
    sums = torch.zeros(2, device=args.device)  # of the losses, and of the correct predictions

    def step(X, y):
        optimizer.zero_grad()
        y_hat = forward(X)
        mean = loss(y_hat, y)
        mean.backward()
        optimizer.step()
        sums.add_(torch.stack([mean.detach() * len(y), (y_hat.argmax(dim=1) == y).sum().float()]))

    make_step = captured(step, *batches[0]) if "graph" in words else step
    endless, reading = itertools.cycle(batches), 50 if "read50" in words else 1

    def train() -> int:
        for X, y in itertools.islice(endless, reading):
            make_step(X, y)
        sums.tolist()
        return reading

    return train


def captured(step, X, y):
    """The step as one CUDA graph, which a batch is copied into."""
    X, y, aside = X.clone(), y.clone(), torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(5):
            step(X, y)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(X, y)

    def replay(new_X, new_y):
        X.copy_(new_X)
        y.copy_(new_y)
        graph.replay()

    return replay


if __name__ == "__main__":
    args = worker.device_flags().parse_args()
    torch.zeros(1, device=args.device)
    worker.serve_for(args, f"PyTorch {torch.__version__}", lambda: build(args))
