"""The kernels that a specification chooses, and those of a plan made ready."""

from typing import Any

from kernels.choice import Choice
from kernels.frozen import freezes
from kernels.lane.lanes import computes_halves, vector_registers
from kernels.network import Network, by_column, by_unit, network
from kernels.prepare import prepare
from sweep.errors import InputError
from sweep.gpus import OnGpu
from sweep.machine import lanes
from sweep.plan.cost import multiply_adds
from sweep.plan.plan import Plan
from sweep.specification.choices import (
    ACTIVATIONS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    PENALTIES,
    SCORES,
)
from sweep.specification.spec import Specification

#: Weights from which on half a pack's parameters are better in the caches than all of them.
_LARGE = 2**12

#: What drops units.
DROPOUT = Choice("kernels.dropout.inverted")

#: By name, what is added to the loss.
ADDED = {word: Choice(penalty.module) for word, penalty in PENALTIES.items()}


def network_of(widths: tuple[int, ...], options: Any) -> Network:
    """Return a network of some widths, with the loss and the activation of some options.

    Parameters
    ----------
    widths : tuple of int
    options : Specification or Model
    """
    modules = LOSSES[options.loss].module, ACTIVATIONS[options.activation].module
    return network(widths, *map(Choice, modules))


def planned_network(plan: Plan) -> Network:
    """Return the network of a plan: what it drops, and groups of weights that are penalised."""
    spec = plan.spec
    net = network_of(plan.widths, spec)
    if any(spec.dropout):
        net = net._replace(dropout=DROPOUT)
    if not spec.groups_weights:
        return net
    return by_unit(net) if spec.l21_on == "units" else by_column(net, plan.columns)


def step_of(spec: Specification) -> Choice:
    """Return how the parameters of a specification's runs move."""
    chosen = OPTIMIZERS[spec.optimizer]
    return Choice(chosen.grouped if spec.groups_weights else getattr(chosen, spec.l1_method))


def measured_of(spec: Specification) -> dict[str, Choice]:
    """Return, by name, what is measured beside the loss and is a mean over samples."""
    return {word: choice for word, choice in _metrics(spec).items() if hasattr(choice, "measure")}


def scored_of(spec: Specification) -> dict[str, Choice]:
    """Return, by name, what is measured of all samples at once."""
    return {word: choice for word, choice in _metrics(spec).items() if hasattr(choice, "score")}


def _metrics(spec: Specification) -> dict[str, Choice]:
    always = METRICS[LOSSES[str(spec.loss)].target]
    modules = {word: metric.module for word, metric in always.items()}
    modules |= {word: SCORES[word].module for word in spec.metrics}
    return {word: Choice(module) for word, module in modules.items()}


def shape_of(
    spec: Specification, widths: tuple[int, ...], samples: int, freeze: bool, runs: int
) -> tuple[bool, int]:
    """Return whether a network is frozen, and the lane width of its packs.

    ``freeze`` is whether there is work enough to compile code for this very network, ``runs`` how
    many there are in all. With dropout it is not frozen: each unit that may be dropped would make
    its code longer by a hundred lines.

    Where half a vector takes half the time, packs of half as many runs are taken where a few runs
    would leave the rest idle; and for a large network, which is trained as fast in them, so that
    fewer lanes are idle as patience takes runs away.
    """
    freeze = freeze and not any(spec.dropout)
    batch = min(spec.batch_size or samples, samples)
    frozen = freeze and freezes(widths, samples, batch, step_of(spec))
    # A tiny network waits for results: two vectors a value hide the wait, if registers are free.
    vectors: float = 2 if frozen and vector_registers() == 32 else 1
    if not frozen and computes_halves():
        few = 2 * runs <= lanes(spec.precision)
        vectors = 0.5 if few or multiply_adds(widths) >= _LARGE else 1
    return frozen, lanes(spec.precision, vectors)


def compile_kernels(plan: Plan) -> None:
    """Compile the kernels of a plan, or load them, before threads would wait for each other."""
    of_each_kind = {_kind(part): part for part in plan.parts}
    for part in of_each_kind.values():
        _compile(part)


def _kind(plan: Plan) -> tuple:
    """Return what decides which kernels the runs of a part take."""
    spec, freeze = plan.spec, plan.worth_freezing
    shape = frozen, _ = shape_of(spec, plan.widths, plan.samples, freeze, plan.runs)
    chosen = spec.activation, spec.optimizer, spec.l1_method, spec.groups_weights, spec.l21_on
    ends = any(spec.dropout), bool(spec.finish)
    return *shape, *chosen, *ends, (plan.widths, spec.batch_size) if frozen or plan.gpus else None


def _compile(plan: Plan) -> None:
    spec = plan.spec
    freeze = plan.worth_freezing
    freeze, width = shape_of(spec, plan.widths, plan.samples, freeze, plan.runs)
    batch = min(spec.batch_size or plan.samples, plan.samples)
    net, step = planned_network(plan), step_of(spec)
    choices = tuple(measured_of(spec).values()), tuple(ADDED.values())
    shape = net, spec.precision, width, batch, step
    scored = bool(scored_of(spec))
    if plan.gpus:  # code for the batches of the finish is made when the first task comes to it
        prepare(*shape, *choices, scored=scored, train=OnGpu().train, epoch=plan.samples)
        return
    prepare(*shape, *choices, scored=scored, freeze=freeze)
    if spec.finish and freeze:  # whose batches are too long for code of their own
        prepare(*shape, *choices)


def refuse_what_no_gpu_trains(plan: Plan) -> None:
    """Raise InputError if the runs of a plan cannot be trained on a GPU, which says why."""
    from kernels.cuda.training import refuses

    for part in plan.parts:
        if reason := refuses(planned_network(part)):
            raise InputError(reason)
