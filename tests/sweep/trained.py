"""Sweeps taken apart: the weights that the runs end with, and the samples that they saw."""

import numpy as np

from kernels import reference
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from sweep.training.batch import Batch
from sweep.training.draws import initial_weights


def trained(spec):
    """Train all runs of a sweep together: their table's columns, and their parameters by name."""
    experiment = prepare(spec)
    numbers = np.arange(experiment.plan.grid.total)
    batch = Batch(experiment.plan, experiment.dataset, numbers, lambda: False)
    columns, state = batch.train(numbers, batch.drawn(), spec.epochs)
    weights = state().weights(batch.step)
    return columns, [named(batch.net, weights[:, run]) for run in numbers]


def drawn(spec, seed):
    """Return the parameters that the runs of a seed begin with, by name."""
    from kernels.network import network

    net = network(prepare(spec).plan.widths)
    return named(net, initial_weights(net, spec, seed))


def named(net, parameters):
    return {name: parameters[net.place(name)].reshape(net.shape(name)) for name in net.names}


def held_out(spec, seed, fold=0):
    """Return the rows of the data that a seed and fold hold out."""
    return fold_of(spec, prepare(spec).dataset, seed, fold).val


def samples(spec, seed, fold=0, part="train", outer=0):
    """Return what `kernels.reference` takes for the samples of a part."""
    data = fold_of(spec, prepare(spec).dataset, seed, fold, outer)
    rows = getattr(data, part)
    return data.x[rows], data.y[rows], data.weight[rows]


def cross_entropy(parameters, part):
    x, y, v = part
    return reference.cross_entropy(reference.forward(parameters, x)[-1], y, v)


def accuracy(parameters, part):
    x, y, v = part
    return reference.accuracy(reference.forward(parameters, x)[-1], y, v)
