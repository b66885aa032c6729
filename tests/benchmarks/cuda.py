"""A GPU beside the processor and beside JAX: ``python -m tests.benchmarks.cuda``.

First, whether both give the same bytes; then how long the kernels take, and JAX for the same runs
on the same GPU, compiled before; last a whole sweep. Without a GPU it says so and ends.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kernels.cuda import NoDevice, peak, training
from kernels.cuda.driver import Gpu
from sweep.commands.fixed_work import WORKS, Trainer, flops, specification
from sweep.sweep import Sweep
from tests.benchmarks.problem import Problem, problem

#: What is sampled of all that can be chosen: an option each, with what is taken beside it.
CHOICES: tuple[dict[str, Any], ...] = (
    {"optimizer": "adam", "activation": "tanh", "l1_method": "proximal"},
    {"optimizer": "adamw", "activation": "logistic", "l1_method": "subgradient"},
    {"optimizer": "rmsprop", "activation": "elu", "l1_method": "proximal", "dropout": 0.2},
    {"optimizer": "momentum", "activation": "leaky_relu", "l1_method": "subgradient"},
    {"optimizer": "nesterov", "activation": "identity", "l1_method": "proximal"},
    {"optimizer": "nesterov", "activation": "relu", "l1_method": "proximal", "dropout": 0.5},
    {"optimizer": "nesterov", "l1_method": "proximal", "l21": 0.01},
    {"optimizer": "adam", "l1_method": "proximal", "l21": 0.01, "l21_on": "units"},
)
LOSSES = ("squared", "absolute", "huber", "poisson")
SIZES = (64, 1024, 16384)


def on_gpu(gpu: Gpu, work: Trainer) -> float:
    """Train on the GPU; return the seconds of the kernel."""
    packs = work.packs
    how = (packs.net, packs.runs, work.samples, packs.step, work.batch, work.epochs)
    return training.train(gpu, *how, factors=work._factors, dropping=packs.dropping)


def compare(gpu: Gpu, name: str, work: Trainer) -> None:
    """Say whether GPU and processor give the same bytes."""
    runs = work.packs.runs
    begun = time.perf_counter()
    seconds = on_gpu(gpu, work)
    whole = time.perf_counter() - begun
    found = runs.parameters.copy(), runs.memory.copy()
    work.reset()
    begun = time.perf_counter()
    work()
    alone = time.perf_counter() - begun
    here = runs.parameters, runs.memory
    same = all(a.tobytes() == b.tobytes() for a, b in zip(found, here, strict=True))
    print(
        f"{name}: {'the same bytes' if same else 'OTHER BYTES'}, {work.packs.size:,} runs, "
        f"kernel {seconds:.4f} s, with compiling {whole:.1f} s, a core {alone:.1f} s",
        flush=True,
    )


def compared() -> Iterator[tuple[str, Trainer]]:
    """Yield what GPU and processor are to give the same bytes of."""
    rng = np.random.RandomState(0)
    x = rng.standard_normal((150, 4))
    y = np.abs(np.round(3 * x[:, 0] + rng.standard_normal(150)))
    for precision in ("float64", "float32"):
        yield f"article, {precision}", Trainer(Sweep(precision=precision), range(1280), 1000)
        yield f"digits, {precision}", Trainer(specification(WORKS[1], precision), range(1), 3)
        yield f"wide, {precision}", Trainer(specification(WORKS[3], precision), range(1), 2)
        grid = {"l1": (0, 1e-3), "l2": (0, 1e-2), "seeds": (0, 1), "finish": 0}
        for chosen in CHOICES:
            spec = Sweep(data="iris", hidden=(6, 5), precision=precision, **grid, **chosen)
            yield f"{chosen}, {precision}", Trainer(spec, range(8), 20)
        for loss in LOSSES:
            spec = Sweep(data=(x, y), loss=loss, hidden=(6,), precision=precision, **grid)
            yield f"{loss}, {precision}", Trainer(spec, range(8), 20)


def best(times: int, run: Callable[[], float]) -> float:
    """Return the least of some seconds."""
    return min(run() for _ in range(times))


def beside(gpu: Gpu, name: str, asked: Problem, size: int) -> None:
    """Say what our kernels and JAX take for some runs."""
    some = asked.take(size)
    work = Trainer(some.spec, some.runs, some.epochs)

    def ours() -> float:
        work.reset()
        return on_gpu(gpu, work)

    mine = best(3, ours)
    done = size * some.epochs * work.samples.order.shape[1] * flops(some.widths)
    line = f"{name}, {size:,} runs: {1000 * mine / some.epochs:.3f} ms an epoch, "
    line += f"{done / mine / 1e9:,.0f} GFLOP/s"
    print(line + _jax(some, mine), flush=True)


def _jax(some: Problem, mine: float) -> str:
    try:
        import jax

        from tests.benchmarks import jax_vmap
    except ImportError:
        return "; JAX is not there"
    if jax.default_backend() != "gpu":
        return "; JAX sees no GPU"
    train = jax_vmap._compiled(some)
    l1, l2 = jax.device_put(some.l1), jax.device_put(some.l2)

    def once() -> float:
        begun = time.perf_counter()
        train(l1, l2).block_until_ready()
        return time.perf_counter() - begun

    first = once()
    theirs = best(2, once)
    share = f"{theirs / mine:.2f} times as long ({first:.0f} s with compiling)"
    return f"; JAX {1000 * theirs / some.epochs:.3f} ms, {share}"


def main() -> int:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="bytes,article,digits,sweep")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    asked = parser.parse_args()
    try:
        gpu = Gpu()
    except NoDevice as reason:
        print(reason)
        return 2
    parts = asked.only.split(",")
    print(f"{gpu.name}, {gpu.processors} multiprocessors")
    if "bytes" in parts:
        for name, work in compared():
            compare(gpu, name, work)
    if "article" in parts:
        for precision in ("float64", "float32"):
            spec = Sweep(precision=precision)
            million = np.arange(2**20) % 1280
            work = Trainer(spec, million, 1000)

            def ours(work: Trainer = work) -> float:
                work.reset()
                return on_gpu(gpu, work)

            print(f"article, {precision}, {2**20:,} runs: {best(2, ours):.3f} s", flush=True)
        many = "0,1e-4:1e-1:log255"
        for precision in ("float64", "float32"):
            spec = Sweep(l1=many, l2=many, seeds=42, precision=precision)
            beside(gpu, f"article, {precision}", problem("article", spec, 1000), 65536)
    if "digits" in parts:
        from sklearn.datasets import load_digits

        x, y = load_digits(return_X_y=True)
        many = "0,1e-4:1e-1:log127"
        for precision in ("float64", "float32"):
            peaked = peak.peak(gpu, precision)
            print(f"{precision}: at most {peaked / 1e9:,.0f} GFLOP/s", flush=True)
            spec = Sweep(
                data=(x[:1440], y[:1440]),
                loss="cross_entropy",
                l1=many,
                l2=many,
                l1_method="subgradient",
                val_fraction=0,
                seeds=42,
                precision=precision,
            )
            whole = problem("digits", spec, 4)
            for size in map(int, asked.sizes.split(",")):
                beside(gpu, f"digits, {precision}", whole, size)
    if "sweep" in parts:
        with tempfile.TemporaryDirectory() as folder:
            begun = time.perf_counter()
            Sweep(seeds=f"0:{2**20 // 64}").run(out=Path(folder) / "million", backend="cuda")
            took = time.perf_counter() - begun
        print(f"a sweep of {2**20:,} article runs, all of it: {took:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
