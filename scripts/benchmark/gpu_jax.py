"""LeNet in JAX on a GPU, for gpu.py: a jitted step, or, with the variant scan, an epoch as one lax.scan."""

import itertools
import os

import worker

args = worker.device_flags().parse_args()
os.environ.setdefault("JAX_PLATFORMS", "cpu" if args.device == "cpu" else "cuda")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # others use the GPU as well

import jax
import jax_net
import numpy as np
from jax import numpy as jnp


def build():
    rng = np.random.default_rng(0)
    images = jnp.array(worker.images(args.data, "train").transpose(0, 2, 3, 1))
    labels = jnp.array(worker.labels(args.data, "train").astype(np.int32))
    params = jax_net.parameters(worker.xavier(rng))
    steps = len(labels) // args.batch if args.device != "cpu" else 2  # XLA's loops are slow there

    def order():
        return rng.permutation(len(labels))[:steps * args.batch].reshape(steps, args.batch)

    batches = itertools.cycle([jax_net.picked(images, labels, at) for at in order()[:20]])

    def train() -> int:
        nonlocal params
        if args.variant == "scan":
            params, figures = jax_net.epoch(params, images, labels, jnp.array(order()))
        else:
            params, *figures = jax_net.step(params, *next(batches))
        jax.device_get(figures)
        return steps if args.variant == "scan" else 1

    return train


jnp.zeros(1).block_until_ready()
worker.serve_for(args, f"JAX {jax.__version__}", build)
