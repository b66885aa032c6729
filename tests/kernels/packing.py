"""What the tests of the kernels work with: runs, packed into lanes and taken out again."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from kernels import reference
from kernels.choice import Choice
from kernels.evaluation import evaluate, group_penalties, penalty_values
from kernels.lane.lanes import aligned_zeros
from kernels.network import Network, by_column, by_unit, network
from kernels.runs import Runs
from kernels.samples import Samples
from kernels.training import train

#: By the optimizer, and whether L1 acts through its proximal step.
STEPS = {
    (optimizer, proximal): Choice(f"kernels.steps.{module}")
    for optimizer, modules in {
        "nesterov": ("nesterov", "fista"),
        "momentum": ("heavy_ball", "proximal_heavy_ball"),
        "adam": ("adam", "proximal_adam"),
        "adamw": ("adamw", "proximal_adamw"),
        "rmsprop": ("rmsprop", "proximal_rmsprop"),
    }.items()
    for proximal, module in zip((False, True), modules, strict=True)
}
NESTEROV = STEPS["nesterov", False]
OPTIMIZERS = tuple(dict.fromkeys(optimizer for optimizer, _ in STEPS))
#: By the optimizer, with groups.
GROUPED = {
    optimizer: Choice(f"kernels.steps.grouped.{module}")
    for optimizer, module in zip(
        OPTIMIZERS, ("fista", "heavy_ball", "adam", "adamw", "rmsprop"), strict=True
    )
}
METRICS = (Choice("kernels.metrics.accuracy"),)
PENALTIES = (Choice("kernels.penalties.l1"), Choice("kernels.penalties.l2"))
INVERTED = Choice("kernels.dropout.inverted")

#: Lanes of a pack, where it is not they that are tried.
LANES = {"float64": 8, "float32": 16}

#: Begins a program whose Numba was not tried, and has not all that is reached for in others.
UNTRIED = """
import numba
from numba.core import caching, codegen
numba.__version__ = "1.0.0"
del caching._CacheLocator, codegen.JITCodeLibrary
"""


class Run(NamedTuple):
    """One run: its initial parameters as the network lays them out, and what is its own."""

    parameters: np.ndarray
    l1: np.ndarray
    l2: np.ndarray
    rate: float
    momentum: float
    stream: int = 0
    dropout: float = 0.0
    key: tuple[int, int] = (0, 0)
    epoch: int = 0
    l21: float = 0.0
    beta2: float = 0.999
    epsilon: float = 1e-8


class Experiment(NamedTuple):
    """Some runs on the same data; ``factors`` are those of the learning rate, by epoch."""

    net: Network
    runs: list[Run]
    samples: Samples
    batch_size: int
    epochs: int
    proximal: bool
    leak: float = 0.0
    dropping: bool = False
    columns: tuple[int, ...] = ()
    optimizer: str = "nesterov"
    factors: Sequence[float] | None = None

    @property
    def step(self) -> Choice:
        grouped = self.net.grouped
        return GROUPED[self.optimizer] if grouped else STEPS[self.optimizer, self.proximal]


class Outcome(NamedTuple):
    """What became of each run; the first axis is the run."""

    parameters: np.ndarray
    loss: np.ndarray
    accuracy: np.ndarray
    largest: np.ndarray
    one: np.ndarray
    two: np.ndarray
    groups: np.ndarray

    def bytes(self, run: int) -> bytes:
        arrays = (array for array in self if len(array))
        return b"".join(np.ascontiguousarray(array[run]).tobytes() for array in arrays)

    def hash(self) -> str:
        return hashlib.sha256(b"".join(map(self.bytes, range(len(self.loss))))).hexdigest()


def train_runs(experiment: Experiment, width: int, freeze: bool = False) -> Outcome:
    """Train in packs of ``width`` lanes, and evaluate; lanes beyond the runs repeat the last."""
    net, runs, samples, *_ = experiment
    packed, weights = _trained(experiment, width, freeze)
    loss, (accuracy,), largest = evaluate(net, packed, weights, samples, METRICS)
    found = (weights, loss, accuracy, largest, *penalty_values(net, weights, PENALTIES))
    of_groups = _by_run(group_penalties(net, weights)) if net.grouped else np.zeros((0, 0))
    return Outcome(*(_by_run(array)[: len(runs)] for array in found), of_groups[: len(runs)])


def weights_of(experiment: Experiment, width: int) -> np.ndarray:
    """Train, and leave out what would only be compiled: the parameters of each run."""
    _, weights = _trained(experiment, width)
    return _by_run(weights)[: len(experiment.runs)]


def _trained(experiment: Experiment, width: int, freeze: bool = False) -> tuple[Runs, np.ndarray]:
    """Return the packs that were trained, and their parameters."""
    net, runs, samples, batch_size, epochs, _, leak, *_ = experiment
    step = experiment.step
    hyper = [leak] * len(net.activation.HYPER)
    packed = pack(runs, width, samples.x.dtype, step, hyper)
    net = net._replace(dropout=INVERTED) if experiment.dropping else net
    factors = None if experiment.factors is None else np.array(experiment.factors)
    train(net, packed, samples, step, batch_size, epochs, factors=factors, freeze=freeze)
    return packed, step.trained(packed.parameters, packed.memory)


def pack(runs, width, dtype, step=NESTEROV, hyper=()) -> Runs:
    packs = -(-len(runs) // width)
    padded = [*runs, *[runs[-1]] * (packs * width - len(runs))]

    def by_lane(values, dtype=dtype):
        values = np.array(values)
        lanes = aligned_zeros((packs, *values.shape[1:], width), dtype)
        lanes[...] = np.moveaxis(values.reshape(packs, width, *values.shape[1:]), 1, -1)
        return lanes

    parameters, l1, l2, rate, _, stream, *_ = zip(*padded, strict=True)
    taken = [[getattr(run, name) for name in step.HYPER] for run in padded]
    packed = by_lane(parameters)
    return Runs(
        parameters=packed,
        memory=step.start(packed),
        l1=by_lane(l1),
        l2=by_lane(l2),
        l21=by_lane([run.l21 for run in padded]),
        rate=by_lane(rate),
        factor=by_lane(np.ones(len(padded))),
        step_hyper=by_lane(taken),
        activation_hyper=by_lane(np.tile(hyper, (len(padded), 1))),
        words=by_lane([(*run.key, int(run.dropout * 2**32)) for run in padded], np.uint32),
        scale=by_lane([1 / (1 - run.dropout) for run in padded]),
        epoch=by_lane([run.epoch for run in padded], np.uint32),
        streams=by_lane(stream, np.int64),
    )


def _by_run(array):
    lanes = np.moveaxis(array, -1, 1)
    return lanes.reshape(-1, *lanes.shape[2:])


def named(net: Network, flat) -> dict[str, np.ndarray]:
    """Return the parameters, or what else is laid out like them, by name."""
    return {name: flat[net.place(name)].reshape(net.shape(name)) for name in net.names}


def reference_run(experiment: Experiment, i: int) -> np.ndarray:
    """Train one run of an experiment with `kernels.reference`; return its parameters, flat."""
    net, runs, samples, batch_size, epochs, proximal, leak, _, columns, *rest = experiment
    optimizer, factors = rest
    run = runs[i]
    settings = reference.Settings(
        dict(zip(net.names, run.l1, strict=True)),
        dict(zip(net.names, run.l2, strict=True)),
        run.rate,
        run.momentum,
        proximal,
        net.activation.kind.rpartition(".")[2],
        leak,
        net.loss.kind.rpartition(".")[2],
        run.dropout,
        run.key,
        run.l21,
        groups_of(net, columns),
        optimizer,
        run.beta2,
        run.epsilon,
    )
    data = (samples.x, truth(net, samples), samples.weight)
    order = samples.order[:, :, run.stream]
    start = named(net, run.parameters)
    trained = reference.train(start, settings, data, order, batch_size, epochs, factors)
    return np.concatenate([trained[name].ravel() for name in net.names])


def with_room(experiment: Experiment, i: int) -> tuple[np.ndarray, float]:
    """Return a run of the reference, and how far from it rounding may take one.

    A step that divides by the root of a mean of squares takes what a small gradient was rounded by
    up to rate / epsilon times as large, and the next steps follow. How much comes of it, the
    reference says of itself, begun a few units of the last place beside.
    """
    expected = reference_run(experiment, i)
    run = experiment.runs[i]
    beside = run._replace(parameters=run.parameters * (1 + 2**-50))
    runs = [*experiment.runs[:i], beside, *experiment.runs[i + 1 :]]
    moved = reference_run(experiment._replace(runs=runs), i)
    return expected, 1e-11 + 100 * abs(moved - expected).max()


def groups_of(net: Network, columns: tuple[int, ...]) -> tuple[dict, ...]:
    """Return the groups as the reference has them: of columns of inputs, or else of units."""
    if columns:
        ends = np.cumsum(columns)
        pairs = zip(ends - columns, ends, strict=True)
        return tuple({"w1": (slice(None), slice(a, b))} for a, b in pairs)
    layers = range(1, net.layers if net.grouped else 1)
    units = ((i, slice(unit, unit + 1)) for i in layers for unit in range(net.widths[i]))
    return tuple({f"w{layer}": unit, f"b{layer}": unit} for layer, unit in units)


@st.composite
def experiments(draw, precisions=("float64",), least=2, kind=None, **more) -> Experiment:
    """Draw shapes, and ``more``; the numbers in them come from a seed that is drawn as well.

    What code is compiled for is drawn too, but for what a ``kind`` says of it.
    """
    drawn = {"proximal": st.booleans(), "precision": st.sampled_from(precisions)} | more
    drawn |= {option: st.just(value) for option, value in (kind or {}).items()}
    hidden = draw(st.lists(st.integers(1, 14), max_size=4))
    return experiment(
        seed=draw(st.integers(0, 2**32 - 1)),
        widths=(draw(st.integers(1, 14)), *hidden, draw(st.integers(least, 12))),
        runs=draw(st.integers(1, 5)),
        n=draw(st.integers(1, 40)),
        batch_size=draw(st.integers(1, 45)),
        epochs=draw(st.integers(1, 4)),
        streams=draw(st.integers(1, 3)),
        **{name: draw(strategy) for name, strategy in drawn.items()},
    )


def experiment(
    seed,
    widths,
    runs=1,
    n=20,
    batch_size=7,
    epochs=3,
    streams=1,
    proximal=False,
    precision="float64",
    activation="relu",
    leak=0.0,
    loss="cross_entropy",
    dropping=False,
    together="none",
    optimizer="nesterov",
) -> Experiment:
    """Make an experiment on random data; with groups it is proximal."""
    random = np.random.RandomState(seed)
    kinds = f"kernels.losses.{loss}", f"kernels.activations.{activation}"
    net = network(widths, *map(Choice, kinds))
    net, columns = grouped(net, together, seed)
    proximal = proximal or net.grouped > 0
    samples = Samples(
        x=random.normal(size=(n, widths[0])).astype(precision),
        y=_targets(random, loss, n, widths[-1]).astype(precision),
        weight=random.uniform(0.2, 3, size=n).astype(precision),
        order=np.stack(
            [[random.permutation(n) for _ in range(streams)] for _ in range(2)]
        ).transpose(0, 2, 1),
    )
    chosen = [
        Run(
            initial(random, net).astype(precision),
            l1=_penalties(random, net).astype(precision),
            l2=_penalties(random, net).astype(precision),
            rate=random.uniform(0.001, 0.1),
            momentum=random.choice([0.0, 0.5, 0.9]),
            stream=random.randint(streams),
            **_dropping(random) if dropping else {},
        )
        for _ in range(runs)
    ]
    if optimizer != "nesterov":  # whose experiments are drawn as they always were
        # An epsilon beside which the rounding of a gradient is small: a step divides by it.
        chosen = [
            run._replace(beta2=random.choice([0.9, 0.999]), epsilon=random.choice([1e-6, 0.1]))
            for run in chosen
        ]
    if net.grouped:
        strengths = np.random.RandomState(seed).choice([0.0, 0.01, 0.1], size=runs)
        chosen = [run._replace(l21=l21) for run, l21 in zip(chosen, strengths, strict=True)]
    samples = _c_ordered(samples)
    return Experiment(
        net, chosen, samples, batch_size, epochs, proximal, leak, dropping, columns, optimizer
    )


def _dropping(random) -> dict:
    """Draw how much a run drops, and what says which."""
    key = tuple(random.randint(0, 2**32, size=2, dtype=np.uint32).tolist())
    return {"dropout": random.choice([0.0, 0.1, 0.5, 0.9]), "key": key}


def _targets(random, loss: str, n: int, outputs: int) -> np.ndarray:
    """Draw what is true of samples: a class, or numbers or answers of each output."""
    if loss == "cross_entropy":
        return random.randint(0, outputs, size=(n, 1))
    if loss == "logistic":
        return random.randint(0, 2, size=(n, outputs))
    if loss == "poisson":
        return random.poisson(1.5, size=(n, outputs))
    return random.normal(size=(n, outputs))


def truth(net: Network, samples: Samples) -> np.ndarray:
    """Return what is true of samples as the oracles take it: classes, or numbers of outputs."""
    return samples.y if net.loss.BY_OUTPUT else samples.y[:, 0].astype(int)


def grouped(net: Network, how: str, seed: int = 0) -> tuple[Network, tuple[int, ...]]:
    """Return a network with groups of "columns", of "units" or "none"; and the columns' sizes."""
    if how == "columns":
        inputs = int(net.widths[0])
        cuts = np.flatnonzero(np.random.RandomState(seed).uniform(size=inputs - 1) < 0.6) + 1
        columns = tuple(np.diff([0, *cuts, inputs]).tolist())
        return by_column(net, columns), columns
    return (by_unit(net) if how == "units" and net.layers > 1 else net), ()


def dying(precision: str, proximal: bool = False) -> Experiment:
    """Return runs all of whose weights an L2 penalty takes to the end of the normal range."""
    drawn = experiment(
        seed=4,
        widths=(4, 6, 5, 3),
        runs=3,
        epochs=2400,
        proximal=proximal,
        precision=precision,
    )
    nothing = np.zeros_like(drawn.runs[0].l1)
    runs = [run._replace(l1=nothing, l2=nothing + 1, rate=0.05, momentum=0.0) for run in drawn.runs]
    return drawn._replace(runs=runs)


def broken(run: Run, how: str) -> Run:
    """Return a run that diverges: ``too fast``, or weights that are ``NaN`` or ``infinite``."""
    if how == "too fast":
        return run._replace(rate=1e6)
    parameters = np.full_like(run.parameters, np.nan if how == "NaN" else np.inf)
    return run._replace(parameters=parameters)


def initial(random, net: Network) -> np.ndarray:
    """Draw weights as `he` does, and biases around zero."""
    flat = random.normal(scale=0.3, size=net.size)
    for name in net.names[::2]:
        flat[net.place(name)] *= np.sqrt(2 / net.shape(name)[1]) / 0.3
    return flat


def _penalties(random, net: Network) -> np.ndarray:
    values = 10 ** random.uniform(-4, -1, size=len(net.names))
    return np.where(random.uniform(size=len(net.names)) < 0.3, 0, values)


def _c_ordered(samples: Samples) -> Samples:
    return Samples(*map(np.ascontiguousarray, samples))
