"""Dropout: which units a run drops, where nothing is dropped, and what is refused."""

import numpy as np
import pytest
from sklearn.datasets import load_iris

from kernels.choice import Choice
from kernels.lane.compiled import entry
from kernels.lane.lanes import as_lanes
from kernels.network import forward, network
from kernels.runs import workspace
from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV, Sweep
from sweep.errors import InputError
from sweep.models.retraining import train_again
from sweep.plan.experiment import prepare
from sweep.training import loop
from sweep.training.chosen_kernels import DROPOUT, shape_of
from sweep.training.draws import dropout_key, initial_weights
from tests import naive
from tests.kernels.packing import Run, pack
from tests.sweep.console import rows

LEAKY = Choice("kernels.activations.leaky_relu")

#: A sweep that trains in no time.
FEW = Sweep(data="iris", hidden="6,4", l1=[0, 0.01], l2=0, seeds=[1, 2], epochs=5, finish=0)

#: How many standard errors a share may be from what is expected: with luck once in a million.
FAR = 5


# --- which units are dropped ------------------------------------------------------------------


@entry
def _forward(net, weights, work, runs, batch, epoch, step):
    net.dropout.begin(work, runs, 0, epoch, step)
    forward(net, weights, work, batch, False)


class Layers:
    """A network of eight runs, of neighbouring seeds, on samples that are all alike."""

    def __init__(self, widths, share, parameters, n):
        self.net = network(widths, activation=LEAKY)._replace(dropout=DROPOUT)
        none = np.zeros(2 * self.net.layers)
        runs = [
            Run(parameters, none, none, 0.0, 0.0, dropout=share, key=tuple(dropout_key(seed, 0)))
            for seed in range(8)
        ]
        runs = pack(runs, 8, np.dtype(np.float64), hyper=(1.0,))  # with that leak all is linear
        self.work, self.n = workspace(self.net, runs.parameters, n, dropping=True), n
        self.work.hyper[0], self.work.passed[:] = 1.0, 1.0
        self._arguments = self.net.flat(), as_lanes(runs.parameters), self.work, runs.flat(), n

    def factors(self, epoch, step):
        """Return the factors ``[sample, unit, run]`` of the first hidden layer in a step."""
        _forward(*self._arguments, epoch, step)
        return self._of(self.work.factors, 1)

    def logits(self, epoch, step):
        """Return the logits ``[sample, unit, run]`` in a step."""
        _forward(*self._arguments, epoch, step)
        return self._of(self.work.units, self.net.layers)

    def _of(self, flat, layer):
        first, pitch = int(self.net.room[layer]) * self.n, int(self.net.pitch[layer])
        found = flat.array[first : first + self.n * pitch].reshape(self.n, pitch, 8)
        return found[:, : int(self.net.widths[layer])].copy()


@pytest.mark.parametrize("share", [0.5, 0.1, 0.9, 2**-10])
def test_units_are_dropped_by_a_share_and_apart_from_their_neighbours(share):
    """A million draws; of neighbours, both are dropped as often as two that know nothing."""
    widths = (1, 64, 2)
    layers = Layers(widths, share, np.zeros(network(widths).size), n=64)
    found = np.array([[layers.factors(e, s) for s in range(8)] for e in range(4)])
    assert set(np.unique(found)) == {0, 1 / (1 - share)} and found.size > 10**6
    dropped = found == 0  # [epoch, step, sample, unit, run]

    def far(events, chance):
        return abs(events.mean() - chance) / np.sqrt(chance * (1 - chance) / events.size)

    assert far(dropped, share) < FAR
    for axis in range(dropped.ndim):
        ahead = np.moveaxis(dropped, axis, 0)
        assert far(ahead[1:] & ahead[:-1], share**2) < FAR, axis
        assert far(ahead[1:] ^ ahead[:-1], 2 * share * (1 - share)) < FAR, axis


def test_what_is_expected_is_what_is_given():
    """Of units that are linear: the mean over masks is what the whole network gives."""
    widths, share = (2, 5, 3), 0.3
    p = np.random.RandomState(1).normal(size=network(widths).size)
    layers = Layers(widths, share, p, n=64)
    found = np.concatenate([layers.logits(0, step) for step in range(400)])  # [sample, unit, run]
    w1, b1, w2, b2 = np.split(p, [10, 15, 30])
    hidden = w1.reshape(5, 2).sum(axis=1) + b1
    errors = found.std(axis=0) / np.sqrt(len(found))
    whole = w2.reshape(3, 5) @ hidden + b2
    assert (abs(found.mean(axis=0) - whole[:, None]) < FAR * errors).all()
    variance = (w2.reshape(3, 5) * hidden) ** 2 @ np.full(5, share / (1 - share))
    np.testing.assert_allclose(found.var(axis=0), variance[:, None].repeat(8, 1), rtol=0.05)


def test_a_trajectory_is_that_of_another_program():
    random = np.random.RandomState(3)
    x, y = random.standard_normal((50, 4)), np.arange(50) % 3
    spec = Sweep(
        **{"data": (x, y), "hidden": "7,4", "activation": "leaky_relu", "leak": 0.1, "seeds": 5},
        **{"l1": 0, "l2": 1e-3, "dropout": [0.4], "lr": 0.03, "batch_size": 16, "epochs": 20},
        **{"l1_method": "subgradient", "scale": "none", "val_fraction": 0},
    )
    _, before, after = train_again(prepare(spec), np.array([0]))
    net = network((4, 7, 4, 3))
    p = [before[net.place(name), 0].reshape(net.shape(name)) for name in net.names]
    settings = {"rate": 0.03, "momentum": 0.9, "l2": 1e-3, "leak": 0.1}
    expected = naive.dropped_out(p, x, y, 5, 0.4, epochs=20, batch_size=16, **settings)
    for name, value in zip(net.names, expected, strict=True):
        found = after[net.place(name), 0].reshape(net.shape(name))
        assert abs(found - value).max() <= 1e-12 * abs(value).max()


def test_runs_of_a_seed_and_fold_share_what_they_drop_and_move_no_other_draw():
    keys = {(seed, fold): tuple(dropout_key(seed, fold)) for seed in (1, 2) for fold in (0, 1)}
    assert len(set(keys.values())) == 4
    net = network((4, 6, 3))
    for spec in (FEW, FEW.replace(dropout=0.5)):
        assert initial_weights(net, spec, 1).tobytes() == initial_weights(net, FEW, 1).tobytes()


# --- where nothing is dropped -----------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [{}, {"patience": 2}, {"path": "l1"}, {"precision": "float32"}, {"finish": 3, "history": 2}],
)
def test_a_run_that_drops_nothing_is_the_one_of_a_sweep_without_dropout(more):
    plain = FEW.replace(**more).run()
    beside = FEW.replace(**more, dropout=[0, 0.4]).run()
    alone = beside[beside.dropout == 0].drop(columns=["dropout", "run"])
    assert rows(alone) == rows(plain.drop(columns="run"))
    assert (beside[beside.dropout > 0].train_loss.values != plain.train_loss.values).all()


def test_one_value_is_no_column():
    assert "dropout" not in FEW.replace(dropout=0.4).run()
    assert FEW.replace(dropout=0) == FEW
    assert "dropout" not in FEW.to_toml() and "dropout" in FEW.replace(dropout=0.4).to_toml()


def test_in_the_finish_no_unit_is_dropped(monkeypatch):
    called = []
    train = loop.train
    monkeypatch.setattr(
        loop, "train", lambda *some, **more: called.append(more["dropping"]) or train(*some, **more)
    )
    FEW.replace(dropout=0.4, finish=3, seeds=[1]).run(jobs=1)
    assert called == sorted(called, reverse=True) and {True, False} == set(called)


def test_nothing_is_frozen():
    widths = (5, 3, 5, 4)
    for dropout, frozen in ((0, True), ([0, 0.1], False)):
        assert shape_of(Sweep(dropout=dropout), widths, 1, True, 64)[0] is frozen


def test_each_run_of_a_path_begins_at_the_first_epoch():
    """So a path whose runs all begin from what their seeds draw is one of runs by themselves."""
    cold = FEW.replace(dropout=0.4, path="l1", path_order="cold").run()
    alone = FEW.replace(dropout=0.4).run()
    assert rows(cold.drop(columns="path")) == rows(alone)


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("values", ["1", "-0.1", "0,0.5,1", "0:1:lin3", "1e9"])
def test_a_share_is_from_0_to_below_1(values, typed):
    status, out, err = typed("run", "--data", "iris", "--dropout", values)
    assert status == 2 and out == "" and len(err.splitlines()) == 1
    assert err.startswith("sweep: --dropout: ")


def test_there_have_to_be_hidden_units(typed):
    status, _, err = typed("run", "--data", "iris", "--hidden", "none", "--dropout", "0,0.5")
    assert status == 2
    assert err == (
        "sweep: --dropout drops hidden units, and --hidden is none: leave it out, or give "
        "--hidden\n"
    )
    assert Sweep(data="iris", hidden="none", dropout=0).dropout == (0.0,)


def test_a_share_just_below_1_is_one():
    least = np.nextafter(1, 0)
    found = FEW.replace(dropout=least, epochs=2, seeds=1, l1=0).run()
    assert found.status.tolist() == ["done"]


def test_a_directory_without_the_column_grows_one(tmp_path):
    FEW.run(out=tmp_path / "one")
    more = FEW.replace(dropout=[0, 0.4])
    grown = more.run(out=tmp_path / "one", extend=True)
    assert rows(grown) == rows(more.run())
    grown = more.replace(dropout=[0, 0.2, 0.4]).run(out=tmp_path / "one", extend=True)
    assert rows(grown) == rows(more.replace(dropout=[0, 0.2, 0.4]).run())


# --- in scikit-learn --------------------------------------------------------------------------


def test_an_estimator_drops_what_a_sweep_does():
    X, y = load_iris(return_X_y=True)
    one = RegularizedMLPClassifier((6, 4), l1=0.01, l2=0, dropout=0.4, max_iter=5, random_state=2)
    one.fit(X, y)
    spec = FEW.replace(dropout=0.4, seeds=2, l1=0.01, val_fraction=0, scale="none")
    assert one.loss_ == spec.run().final_loss.item()
    assert one.fit(X, y).loss_ != one.set_params(dropout=0).fit(X, y).loss_
    with pytest.raises(InputError, match="`dropout` should be one number"):
        one.set_params(dropout=[0, 0.5]).fit(X, y)


def test_a_search_has_it_as_an_axis():
    X, y = load_iris(return_X_y=True)
    grid = {"hidden_layer_sizes": (6,), "l1": 0, "l2": [0, 0.01], "max_iter": 5, "random_state": 0}
    search = RegularizedMLPClassifierCV(**grid, dropout=[0, 0.9], cv=3).fit(X, y)
    dropped = search.cv_results_["param_dropout"] == 0.9
    assert dropped.sum() == (~dropped).sum() == 2
    assert search.best_estimator_.dropout == search.best_params_["dropout"]
    alone = RegularizedMLPClassifierCV(**grid, dropout=0.9, cv=3).fit(X, y)
    assert "param_dropout" not in alone.cv_results_
    for name in ("mean_test_score", "split0_test_score"):
        assert search.cv_results_[name][dropped].tolist() == alone.cv_results_[name].tolist()
