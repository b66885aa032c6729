"""One epoch more, from where a network stands: what `partial_fit` trains."""

from typing import NamedTuple, Self

import numpy as np

from kernels.choice import Choice
from sweep.data.fold import deepest
from sweep.estimators.fits import Fit, Portion, group_of
from sweep.plan.plan import Plan
from sweep.seeded import generator
from sweep.specification import schedule
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import step_of
from sweep.training.draws import BatchOrder, initial_weights
from sweep.training.loop import scheduled
from sweep.training.measures import loss_of
from sweep.training.state import State


class Standing(NamedTuple):
    """Where a network stands, to go on with it.

    Attributes
    ----------
    seed : int
        Of all that is drawn.
    state : State, or None
        Its parameters and what its step remembers; None before the initial weights are drawn.
    step : Choice, or None
        What it has moved by; None where that remembers nothing.
    draw : RandomState
        What draws the order of the next batches.
    """

    seed: int
    state: State | None
    step: Choice | None
    draw: np.random.RandomState

    @classmethod
    def fresh(cls, seed: int) -> Self:
        """Return that of a network before the first order of its batches."""
        return cls(seed, None, None, generator(seed, "batch order", "0"))

    @classmethod
    def after(cls, fit: Fit, seed: int) -> Self:
        """Return that after a fit; one that may have stopped early is at rest."""
        fresh = cls.fresh(seed)
        if fit.standing is None:
            return fresh._replace(state=State.fresh(fit.parameters[:, None]))
        state, order = fit.standing()
        return cls(seed, state, step_of(fit.spec), (*order.generators, fresh.draw)[0])

    def at(self, parameters: np.ndarray) -> Self:
        """Return it where the network has these parameters: at rest if they are others."""
        if self.state is None:
            return self
        known = self.state.parameters if self.step is None else self.state.weights(self.step)
        if np.array_equal(known[:, 0], parameters):
            return self
        state = State.fresh(parameters[:, None])._replace(epochs=self.state.epochs)
        return self._replace(state=state, step=None)

    def moved_by(self, step: Choice) -> Self:
        """Return it for a step to go on from; another one than before remembers nothing."""
        if self.state is None or self.step is None or self.step.kind == step.kind:
            return self._replace(step=step)
        weights = self.state.weights(self.step)
        return self._replace(state=self.state._replace(parameters=weights, memory=None), step=step)


def one_epoch(
    spec: Specification, learnt: Portion, standing: Standing, seen: int
) -> tuple[Fit, Standing]:
    """Train an epoch, the next one of the schedule.

    Parameters
    ----------
    spec : Specification
        With one value of everything.
    learnt : Portion
        Nothing of it is held out.
    standing : Standing
        Where it begins; its generator is drawn from in place.
    seen : int
        Samples before, by which "invscaling" goes.

    Returns
    -------
    fit : Fit
    standing : Standing
        Where it has come to.
    """
    samples = len(learnt.fold.train)
    widths = (learnt.fold.X.shape[1], *deepest(spec), learnt.outputs)
    plan = Plan(spec, widths, samples, "data", columns=(1,) * widths[0])
    # Calls may differ in size, and none is worth code of its own.
    group = group_of(plan, [learnt], [(0, 0)])._replace(freeze=False)
    standing = standing.moved_by(step_of(spec))
    state = standing.state
    if state is None:
        state = State.fresh(initial_weights(group.net, spec, standing.seed)[:, None])
    packs, epoch = group.pack(np.zeros(1, dtype=np.int64), state), state.epochs
    shuffled = spec.shuffles and 0 < spec.batch_size < samples
    order = BatchOrder(group.folds.train, [standing.draw] if shuffled else [])
    way = schedule.parse(spec.schedule)

    def rates(numbers: np.ndarray) -> np.ndarray:
        if way.word == "invscaling":
            return np.full(len(numbers), schedule.inverse(seen, way.rate))
        return schedule.factors(spec, numbers, samples)

    scheduled(
        packs._replace(order=order),
        *(way, rates, spec.batch_size, range(epoch, epoch + 1), plan.cost.pace),
        stopped=lambda: False,
    )
    metrics = {"epochs": 1, "final_loss": loss_of(packs, spec)[0].item()}
    now = State(
        packs.by_run(packs.runs.parameters), packs.by_run(packs.runs.memory),
        state.initial_loss, epoch + 1,
    )  # fmt: skip
    weights = packs.by_run(packs.weights)[:, 0].copy()
    history = [{"loss": metrics["final_loss"]}]
    return Fit(spec, widths, weights, metrics, history, 0.0), standing._replace(state=now)
