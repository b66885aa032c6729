"""What is measured of runs: losses, metrics, penalties, and how sparse they are."""

from collections.abc import Mapping

import numpy as np

from kernels.choice import Choice
from kernels.evaluation import (
    EVALUATION_BATCH,
    Measures,
    evaluate,
    group_penalties,
    loss_of_one,
    penalty_values,
)
from kernels.lane.lanes import aligned_room
from kernels.scoring import evaluate_and_score
from sweep.specification.spec import Specification
from sweep.training.chosen_kernels import ADDED, measured_of, scored_of
from sweep.training.packs import Packs
from sweep.training.sparsity import sparsity, tolerances


def record(packs: Packs, spec: Specification) -> dict[str, np.ndarray]:
    """Return what the history says of each run."""
    if spec.follows_loss_alone:
        return {"loss": loss_of(packs, spec), **_held_out(packs, spec)}
    metrics, largest = _measured(packs, spec, ("val",))
    weights = packs.by_run(packs.weights)
    zeros = sparsity(packs.net, weights, largest, tolerances(packs, spec))
    return {**metrics, "sparsity": zeros["sparsity"]}


def loss_of(packs: Packs, spec: Specification, part: str = "train") -> np.ndarray:
    """Return the loss of each run on a part: with penalties where it is the training part."""
    rows, metrics = getattr(packs.folds, part)[None], _metrics(spec)
    told = packs.net, packs.runs, packs.weights, packs.folds.samples(rows, of_loss=True), metrics
    # All lanes hold a run that is alone: where they have work enough, they share it.
    alone = packs.size == 1 and rows.shape[1] >= 2 * EVALUATION_BATCH * packs.weights.shape[-1]
    loss = loss_of_one(*told)[:, None] if alone else evaluate(*told, units=False).loss
    if part == "train":
        loss = _penalised(loss, _penalties(packs))
    return packs.by_run(loss).astype(np.float64)


def first_loss(packs: Packs, spec: Specification, draw: np.ndarray | None) -> np.ndarray:
    """Return the loss of each run before its first epoch, as `loss_of` does.

    Runs of one draw and one fold differ in their penalties at the most: their network is measured
    once, for all tasks with these folds. ``draw`` is `State.draw`.
    """
    if draw is None:
        return loss_of(packs, spec)
    hyper = packs.by_run(packs.runs.activation_hyper).astype(np.float64)
    alike = np.stack([packs.by_run(packs.runs.streams), *hyper])
    networks, first, place = np.unique(alike, axis=1, return_index=True, return_inverse=True)
    known, names = packs.folds.first_losses, list(map(tuple, networks.T.tolist()))
    new = np.array([name not in known for name in names])
    if 2 * new.sum() > packs.size:
        return loss_of(packs, spec)
    if new.any():
        found = _loss_of_each(packs, spec, first[new]).tolist()
        known.update(zip((names[i] for i in np.flatnonzero(new)), found, strict=True))
    loss = np.array([known[name] for name in names], packs.weights.dtype)[place.ravel()]
    penalties = {name: packs.by_run(value) for name, value in _penalties(packs).items()}
    return _penalised(loss, penalties).astype(np.float64)


def _loss_of_each(packs: Packs, spec: Specification, lanes: np.ndarray) -> np.ndarray:
    """Return the loss, without penalties, of the networks in some lanes."""
    runs = packs.runs._replace(
        streams=_in_all_lanes(packs.runs.streams, lanes),
        activation_hyper=_in_all_lanes(packs.runs.activation_hyper, lanes),
    )
    weights = _in_all_lanes(packs.weights, lanes)
    samples = packs.folds.samples(packs.folds.train[None], of_loss=True)
    return loss_of_one(packs.net, runs, weights, samples, _metrics(spec))


def _in_all_lanes(values: np.ndarray, lanes: np.ndarray) -> np.ndarray:
    """Return a pack for each of some lanes of ``values [pack, ..., lane]``, full of its values."""
    width = values.shape[-1]
    pack, lane = np.divmod(lanes, width)
    chosen = values[pack, ..., lane]
    out = aligned_room((*chosen.shape, width), values.dtype)
    out[...] = chosen[..., None]
    return out


def _held_out(packs: Packs, spec: Specification) -> dict[str, np.ndarray]:
    """Return losses and metrics of each run on the held-out part, nothing where there is none."""
    if not len(packs.folds.val):
        return {}
    found, scores = _evaluated(packs, spec, "val", units=False)
    return _by_run(packs, _named(found, spec, "val")) | scores


def measure(packs: Packs, spec: Specification) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return losses, metrics and penalties of each run, and its `Trained.largest`."""
    return _measured(packs, spec, ("val", "test"))


def _measured(
    packs: Packs, spec: Specification, others: tuple[str, ...]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Do what `measure` does, on the training part and some others."""
    found, scores = _evaluated(packs, spec, "train")
    penalties = _penalties(packs)
    metrics = {"loss": _penalised(found.loss, penalties), **_named(found, spec, "train")}
    for part in others:
        if len(getattr(packs.folds, part)):
            of_part, scores_of_part = _evaluated(packs, spec, part, units=False)
            metrics |= _named(of_part, spec, part)
            scores |= scores_of_part
    metrics |= {f"{name}_penalty": penalty for name, penalty in penalties.items()}
    return _by_run(packs, metrics) | scores, packs.by_run(found.largest)


def _by_run(packs: Packs, metrics: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return numbers of each run, float64."""
    return {name: packs.by_run(value).astype(np.float64) for name, value in metrics.items()}


def _evaluated(
    packs: Packs, spec: Specification, part: str, *, units: bool = True
) -> tuple[Measures, dict[str, np.ndarray]]:
    """Return what is measured on a part, and by their columns what takes all of its samples."""
    net, runs, weights, folds = packs.net, packs.runs, packs.weights, packs.folds
    order, metrics = getattr(folds, part)[None], _metrics(spec)
    scored = scored_of(spec) if part != "train" or spec.scores_training else {}
    found, scores = evaluate_and_score(
        *(net, runs, weights, folds.samples(order), metrics),
        *(tuple(scored.values()), packs.size, folds.truth),
        units=units,
    )
    if folds.loss_weight is not folds.weight:
        # Classes that the loss counts alike are none to the metrics: these count rows.
        samples = folds.samples(order, of_loss=True)
        loss = evaluate(net, runs, weights, samples, metrics, units=False).loss
        found = found._replace(loss=loss)
    return found, {f"{part}_{name}": of for name, of in zip(scored, scores, strict=True)}


def _metrics(spec: Specification) -> tuple[Choice, ...]:
    return tuple(measured_of(spec).values())


def _named(found: Measures, spec: Specification, part: str) -> dict[str, np.ndarray]:
    """Return the loss, and metrics that are means, over a part by their columns of the table."""
    metrics = zip(measured_of(spec), found.metrics, strict=True)
    return {f"{part}_loss": found.loss, **{f"{part}_{name}": value for name, value in metrics}}


def _penalties(packs: Packs) -> dict[str, np.ndarray]:
    """Return the penalty of each kind ``[pack, lane]``."""
    costs = zip(ADDED, penalty_values(packs.net, packs.weights, tuple(ADDED.values())), strict=True)
    with np.errstate(invalid="ignore", over="ignore"):  # of runs that diverge
        found = {name: _summed(getattr(packs.runs, name) * cost) for name, cost in costs}
        if packs.net.grouped:
            found["l21"] = packs.runs.l21 * group_penalties(packs.net, packs.weights)
    return found


def _penalised(loss: np.ndarray, penalties: Mapping[str, np.ndarray]) -> np.ndarray:
    with np.errstate(invalid="ignore", over="ignore"):
        return sum(penalties.values(), start=loss)


def _summed(terms: np.ndarray) -> np.ndarray:
    """Sum ``[pack, parameter, lane]`` over the parameters, in their order.

    NumPy's own sum may change its order with the shape, and with it the last bit.
    """
    total = np.zeros_like(terms[:, 0])
    for i in range(terms.shape[1]):
        total += terms[:, i]
    return total
