"""What a GPU does of the work of ``sweep bench``, beside the most that it can do.

Of work it is the time of the kernel that counts: what is copied there and back is left out.
"""

from itertools import pairwise
from typing import Any

from kernels.cuda import NoDevice
from sweep.commands.fixed_work import PRECISIONS, Trainer, Work, specification
from sweep.gpus import OnGpu

#: Runs of the article, which fill a GPU, and of other work; fewer where the weights of so many
#: take more room than these bytes.
_ARTICLES, _RUNS, _ROOM = 2**16, 2**10, 2**30

#: Times that work is done, of which the best counts.
_ROUNDS = 3


def measure(works: tuple[Work, ...]) -> dict[str, Any] | None:
    """Measure some work in both precisions on the first GPU.

    Returns
    -------
    dict or None
        ``name`` of the GPU; ``peak`` and ``work``, lists of what was measured. None without one.
    """
    try:
        device = OnGpu().device
    except NoDevice:
        return None
    from kernels.cuda.peak import peak

    peaks = {precision: float(peak(device, precision)) for precision in PRECISIONS}
    return {
        "name": device.name,
        "peak": [{"precision": name, "gflops": rate / 1e9} for name, rate in peaks.items()],
        "work": [
            _found(device, work, name, rate) for work in works for name, rate in peaks.items()
        ],
    }


def _found(device: Any, work: Work, precision: str, peak: float) -> dict[str, Any]:
    trainer = _trainer(work, precision)
    seconds = min(_seconds(device, trainer) for _ in range(_ROUNDS))
    rate = trainer.flops / seconds
    done = trainer.packs.size * (trainer.epochs if work.widths else 1)
    return {
        "work": work.name,
        "precision": precision,
        "unit": "epochs" if work.widths else "runs",
        "runs": trainer.packs.size,
        "a_second": done / seconds,
        "gflops": rate / 1e9,
        "of_peak": rate / peak,
    }


def _trainer(work: Work, precision: str) -> Trainer:
    """Return the runs of all cells for as many seeds as make enough of them."""
    spec = specification(work, precision)
    weights = sum(a * b for a, b in pairwise(work.widths))
    runs = min(_RUNS, max(_ROOM // (8 * weights), 1)) if work.widths else _ARTICLES
    cells = len(spec.l1) * len(spec.l2)
    spec = spec.replace(seeds=range(-(-runs // cells)))
    return Trainer(spec, range(runs), 1 if work.widths else spec.epochs)


def _seconds(device: Any, trainer: Trainer) -> float:
    """Train from the initial weights; return how long the GPU was at work."""
    from kernels.cuda.training import train

    trainer.reset()
    packs = trainer.packs
    how = packs.net, packs.runs, trainer.samples, packs.step, trainer.batch, trainer.epochs
    return train(device, *how)


def tables(found: dict[str, Any]) -> list[str]:
    """Return the lines of what `measure` found, at most 100 columns wide."""
    lines = [f"{found['name']}: time of the kernels"]
    for row in found["peak"]:
        cells = ["", "", f"{row['gflops']:,.1f}"]
        lines.append(_line("multiply-adds alone", row["precision"], cells))
    lines += ["", _line("training", "", ["runs", "a second", "GFLOP/s", "of peak"])]
    for row in found["work"]:
        cells = [f"{row['runs']:,}", f"{row['a_second']:,.0f}", f"{row['gflops']:,.1f}"]
        lines.append(_line(row["work"], row["precision"], [*cells, f"{row['of_peak']:.0%}"]))
    return lines


def _line(name: str, precision: str, cells: list[str]) -> str:
    return f"{name:26}{precision:8}" + "".join(f"{cell:>14}" for cell in cells)
