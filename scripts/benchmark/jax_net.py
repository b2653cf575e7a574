"""LeNet in JAX, for scripts/bench: one jitted step with donated parameters."""

import functools
import os
import sys

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
import worker
from jax import lax

# Channels last, which is JAX's habit, and on a CPU a good deal faster than channels first.
LAYOUT = ("NHWC", "HWIO", "NHWC")


def parameters(values):
    """Five (weights, biases), made of PyTorch's layout."""
    values = [jnp.array(v) for v in values]
    values[0], values[2] = (values[i].transpose(2, 3, 1, 0) for i in (0, 2))
    values[4] = values[4].reshape(120, 16, 5, 5).transpose(0, 2, 3, 1).reshape(120, 400)
    for i in (4, 6, 8):
        values[i] = values[i].T
    return [tuple(values[i:i + 2]) for i in range(0, 10, 2)]


def lenet(params, X):
    def conv(X, weights, biases, padding):
        y = lax.conv_general_dilated(X, weights, (1, 1), [(padding, padding)] * 2, dimension_numbers=LAYOUT)
        return jax.nn.sigmoid(y + biases)

    def pool(X):
        window = (1, 2, 2, 1)
        return lax.reduce_window(X, 0.0, lax.add, window, window, "VALID") / 4

    X = pool(conv(X, *params[0], 2))
    X = pool(conv(X, *params[1], 0))
    X = X.reshape(len(X), -1)
    for weights, biases in params[2:-1]:
        X = jax.nn.sigmoid(X @ weights + biases)
    weights, biases = params[-1]
    return X @ weights + biases


def correct(logits, y):
    return jnp.sum(jnp.argmax(logits, axis=-1) == y)


@functools.partial(jax.jit, donate_argnames="params")
def step(params, X, y):
    """The new parameters, the sum of the losses and the correct predictions."""

    def mean_loss(params):
        logits = lenet(params, X)
        log_p = jax.nn.log_softmax(logits)
        return -jnp.take_along_axis(log_p, y[:, None], axis=-1).mean(), logits

    (loss, logits), grads = jax.value_and_grad(mean_loss, has_aux=True)(params)
    params = jax.tree.map(lambda p, g: p - worker.LR * g, params, grads)
    return params, loss * len(y), correct(logits, y)


def picked(images, labels, at):
    return images[at].astype(jnp.float32) / 255, labels[at]


@functools.partial(jax.jit, donate_argnames="params")
def epoch(params, images, labels, order):
    """Steps in one program, on images of bytes and in the order, (steps, batch), that is given."""

    def in_loop(params, at):
        params, loss, hits = step(params, *picked(images, labels, at))
        return params, (loss, hits)

    return lax.scan(in_loop, params, order)


@jax.jit
def count(params, X, y):
    return correct(lenet(params, X), y)


def host(X: np.ndarray, y: np.ndarray):
    """A batch as a loader for this layout would yield it, on the device."""
    return jax.block_until_ready(jax.device_put((X.transpose(0, 2, 3, 1), y.astype(np.int32))))


def serve(args) -> None:
    params = parameters(worker.weights(args.start))

    def train(batches):
        nonlocal params
        sums = []
        for X, y in batches:  # Steps are queued; only their metrics are waited for, at the end.
            params, loss, hits = step(params, X, y)
            sums.append((loss, hits))
        jax.block_until_ready(params)
        return [float(loss) / args.batch for loss, _ in jax.device_get(sums)]

    def evaluate(batches):
        return sum(float(n) for n in jax.device_get([count(params, X, y) for X, y in batches]))

    worker.serve(args, f"JAX {jax.__version__}", host, train, evaluate)


def chapter(args) -> None:
    """The chapter as a script: load, train with an evaluation after each epoch, print."""
    rng = np.random.default_rng()
    X, y = host(worker.scaled(worker.images(args.data, "train")), worker.labels(args.data, "train"))
    test_X, test_y = host(worker.scaled(worker.images(args.data, "t10k")), worker.labels(args.data, "t10k"))
    params = parameters(worker.xavier(rng))
    batches = -(-len(y) // args.batch)
    for epoch in range(args.epochs):
        loss = hits = seen = 0
        for i, at in enumerate(np.split(rng.permutation(len(y)), range(args.batch, len(y), args.batch))):
            params, batch_loss, batch_hits = step(params, X[at], y[at])
            loss, hits, seen = loss + batch_loss, hits + batch_hits, seen + len(at)
            if (i + 1) % 50 == 0:
                print(
                    f"epoch {epoch + i / batches:.2f}  train loss {loss / seen:.3f}  train acc {hits / seen:.3f}",
                    file=sys.stderr,
                )
        right = sum(count(params, test_X[i:i + args.batch], test_y[i:i + args.batch])
                    for i in range(0, len(test_y), args.batch))
        print(f"epoch {epoch + 1}  test acc {right / len(test_y):.3f}", file=sys.stderr)
    print(f"loss {loss / seen:.3f}, train acc {hits / seen:.3f}, test acc {right / len(test_y):.3f}")


def main() -> None:
    args = worker.flags("jitted").parse_args()
    worker.require_cores(args.threads)
    (chapter if args.chapter else serve)(args)


if __name__ == "__main__":
    main()
