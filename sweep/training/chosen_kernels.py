"""The kernels that a specification chooses, and those of a plan made ready."""

from kernels.choice import Choice
from kernels.frozen import freezes
from kernels.lane.lanes import vector_registers
from kernels.network import Network, by_column, by_unit, network
from kernels.prepare import prepare
from sweep.machine import lanes
from sweep.plan.plan import Plan
from sweep.specification.choices import ACTIVATIONS, LOSS, METRICS, OPTIMIZERS, PENALTIES, SCORES
from sweep.specification.spec import Specification

#: Beside the loss, by name, what is always measured, and what is where it is asked for.
MEASURED, SCORED = (
    {word: Choice(metric.module) for word, metric in table.items()} for table in (METRICS, SCORES)
)

#: By name, what is added to the loss.
ADDED = {word: Choice(penalty.module) for word, penalty in PENALTIES.items()}


def network_of(widths: tuple[int, ...], activation: str) -> Network:
    """Return a network of some widths whose hidden units give what a word stands for."""
    modules = LOSS.module, ACTIVATIONS[activation].module
    return network(widths, *map(Choice, modules))


def planned_network(plan: Plan) -> Network:
    """Return the network of a plan, with its groups of weights where they are penalised."""
    spec = plan.spec
    net = network_of(plan.widths, spec.activation)
    if not spec.groups_weights:
        return net
    return by_unit(net) if spec.l21_on == "units" else by_column(net, plan.columns)


def step_of(spec: Specification) -> Choice:
    """Return how the parameters of a specification's runs move."""
    chosen = OPTIMIZERS[spec.optimizer]
    return Choice(chosen.grouped if spec.groups_weights else getattr(chosen, spec.l1_method))


def scored_of(spec: Specification) -> tuple[Choice, ...]:
    """Return what a specification measures beside what always is."""
    return tuple(SCORED[word] for word in spec.metrics)


def shape_of(
    spec: Specification, widths: tuple[int, ...], samples: int, freeze: bool
) -> tuple[bool, int]:
    """Return whether a network is frozen, and the lane width of its packs.

    ``freeze`` is whether there is work enough to compile code for this very network.
    """
    batch = min(spec.batch_size or samples, samples)
    frozen = freeze and freezes(widths, samples, batch, step_of(spec))
    # A tiny network waits for results: two vectors a value hide the wait, if registers are free.
    vectors = 2 if frozen and vector_registers() == 32 else 1
    return frozen, lanes(spec.precision, vectors)


def compile_kernels(plan: Plan) -> None:
    """Compile the kernels of a plan, or load them, before threads would wait for each other."""
    spec = plan.spec
    freeze, width = shape_of(spec, plan.widths, plan.samples, plan.worth_freezing)
    batch = min(spec.batch_size or plan.samples, plan.samples)
    net, step = planned_network(plan), step_of(spec)
    choices = tuple(MEASURED.values()), tuple(ADDED.values())
    scored = scored_of(spec)
    prepare(net, spec.precision, width, batch, step, *choices, scored=scored, freeze=freeze)
    if freeze and spec.finish:  # whose batches are too long for code of their own
        prepare(net, spec.precision, width, batch, step, *choices)
