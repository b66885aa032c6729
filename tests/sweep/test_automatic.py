"""The L1 penalty that empties a network, and ``auto:logN``, whose upper end it is."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize

import results
from kernels import reference
from sweep import Sweep
from sweep.data.fold import Fold, fold_of
from sweep.plan.automatic import lambda_max
from sweep.plan.experiment import prepare
from tests.sweep.console import rows

SOFTMAX = Sweep(
    data="wine",
    hidden="none",
    l1_method="proximal",
    batch_size="full",
    lr=0.3,
    epochs=1500,
    seeds=1,
    l2=[0, 0.01],
)


@pytest.mark.parametrize("data", ["iris", "wine", "breast_cancer"])
def test_softmax_regression_is_empty_from_it_on_and_not_below(data):
    spec = SOFTMAX.replace(data=data)
    dataset = prepare(spec).dataset
    most = lambda_max(fold_of(spec, dataset, 1, 0), len(dataset.classes), layers=1)
    found = spec.replace(l1=[0.98 * most, 1.02 * most]).run()
    assert ((found.nonzero == 0) == (found.l1 > most)).all()
    assert found.unused_inputs.max() == dataset.X.shape[1]
    # Empty, it gives each sample the shares of the classes: their entropy is its loss.
    y = dataset.y[fold_of(spec, dataset, 1, 0).train]
    shares = np.bincount(y) / len(y)
    empty = found[found.nonzero == 0].final_loss
    np.testing.assert_allclose(empty, -(shares * np.log(shares)).sum(), rtol=1e-9)


def test_penalised_biases_do_not_move_it_in_softmax_regression():
    """The inputs have mean zero, so their correlation with what a bias explains is zero."""
    spec = SOFTMAX.replace(l1_on="all", l2_on="all", l2=0.1)
    axis = prepare(spec.replace(l1="auto:log2")).spec.l1
    assert axis == prepare(SOFTMAX.replace(l1="auto:log2")).spec.l1
    assert spec.replace(l1=axis).run().nonzero.tolist()[1] == 0


def test_the_axis_spans_all_seeds_and_folds():
    spec = SOFTMAX.replace(seeds=[1, 2, 3], folds=3, l2=0)
    axis = prepare(spec.replace(l1="auto:log7")).spec.l1
    assert len(axis) == 7 and axis[0] == pytest.approx(axis[-1] / 1000)
    ratios = np.divide(axis[1:], axis[:-1])
    np.testing.assert_allclose(ratios, ratios[0])
    assert float(f"{axis[-1]:.2e}") == pytest.approx(axis[-1], rel=1e-15)  # three digits
    found = spec.replace(l1=[0.98 * axis[-1], axis[-1]]).run()
    assert (found[found.l1 == axis[-1]].nonzero == 0).all()
    assert found[found.l1 < axis[-1]].nonzero.any()  # of the fold that it is largest in


@pytest.mark.parametrize("activation", reference.ACTIVATIONS)
def test_a_deep_network_is_emptied_too(activation):
    spec = Sweep(
        **{"data": "wine", "hidden": "8,6", "activation": activation, "l1": "auto:log2", "l2": 0},
        **{"l1_method": "proximal", "seeds": [1, 2]},
    )
    found = spec.replace(epochs=300, lr=0.03, momentum=0).run()
    assert (found[found.l1 == found.l1.max()].nonzero == 0).all()
    assert (found[found.l1 == found.l1.min()].effective > 0).all()


def most_gain(x, y, v, widths, tries, random, activation="relu"):
    """Search for the network that lowers the loss most for each unit of its L1 norm.

    Biases are free, and the loss is compared with that of the best biases alone. That quotient
    is the largest penalty that some network bears.
    """
    shapes = {}
    for layer, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        shapes |= {f"w{layer}": (outputs, inputs), f"b{layer}": (outputs,)}
    bounds = np.cumsum([math.prod(shape) for shape in shapes.values()])

    def unpack(flat):
        parts = np.split(flat, bounds[:-1])
        return {name: part.reshape(shapes[name]) for name, part in zip(shapes, parts, strict=True)}

    shares = np.bincount(y, weights=v) / v.sum()
    entropy = -sum(p * math.log(p) for p in shares if p > 0)
    settings = reference.Settings({}, {}, activation=activation)

    def loss(flat):
        p = unpack(flat)
        activations = reference.forward(p, x, settings)
        gain = entropy - reference.cross_entropy(activations[-1], y, v)
        norm = sum(np.abs(p[name]).sum() for name in p if name[0] == "w") + 1e-12
        gradient = reference.backward(p, activations, y, v, settings)
        by_norm = {name: np.sign(p[name]) if name[0] == "w" else 0 * p[name] for name in p}
        slope = [(-gradient[name] - gain / norm * by_norm[name]) / norm for name in p]
        return -gain / norm, -np.concatenate([part.ravel() for part in slope])

    return max(
        -minimize(loss, scale * random.standard_normal(bounds[-1]), jac=True).fun
        for scale in np.geomspace(0.1, 5, tries)
    )


@pytest.mark.parametrize(
    ("layers", "activation", "least"),
    [
        *((layers, "relu", 1 / 3) for layers in (1, 2, 3)),
        *((2, activation, 1 / 3) for activation in ("leaky_relu", "tanh", "elu", "identity")),
        (2, "logistic", 1 / 6),  # it is less steep than the bound has it
        (3, "logistic", 1 / 8),
    ],
)
@pytest.mark.parametrize("seed", [1, 3, 10])
def test_no_network_found_is_worth_a_larger_penalty(seed, layers, activation, least):
    random = np.random.RandomState(seed)
    n, inputs, classes = random.randint(2, 7), random.randint(1, 4), random.randint(2, 4)
    # Off centre, and each sample counts differently: the bound needs neither.
    x = random.standard_normal((n, inputs)) + random.choice([0, 2])
    y, v = np.arange(n) % classes, random.randint(1, 4, n).astype(float)
    fold = Fold(x, y, v, np.arange(n), np.arange(0), np.arange(0))
    widths = (inputs, *[random.randint(1, 4)] * (layers - 1), classes)
    with np.errstate(all="ignore"):  # the search strays
        found = most_gain(x, y, v, widths, tries=8, random=random, activation=activation)
    most = lambda_max(fold, classes, layers)
    assert most * least < found <= most * (1 + 1e-9)


def test_a_hidden_layer_may_find_what_correlates_with_nothing():
    x, y, v = np.array([[-1.0], [0.0], [1.0]]), np.array([0, 1, 0]), np.ones(3)
    fold = Fold(x, y, v, np.arange(3), np.arange(0), np.arange(0))
    assert lambda_max(fold, 2, layers=1) == 0
    found = most_gain(x, y, v, (1, 2, 2), tries=8, random=np.random.RandomState(0))
    assert 0 < found <= lambda_max(fold, 2, layers=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "article"], "does not act on w1,"),
        (["--data", "article", "--l1-on", "weights"], "b1, b3 may never be empty"),
        (
            ["--data", "article", "--l1-on", "weights", "--l2-on", "weights"],
            "biases alone are best",
        ),
        (["--data", "iris", "--l1-on", "w2"], "does not act on w1, w3,"),
        (["--data", "iris", "--l1-on", "all"], "b1, b2, b3 may never be empty"),
        (["--data", "iris", "--vary", "l1_w2=0,0.1"], "does not act on w2,"),
        (["--data", "iris", "--vary", "l2_b3=0,0.1"], "b3 may never be empty"),
        (["--data", "flat.csv"], "biases alone are best"),
    ],
)
def test_where_nothing_empties_the_network_there_is_no_axis(words, said, typed, tmp_path):
    (tmp_path / "flat.csv").write_text("x,y\n" + "1,a\n1,b\n" * 5)
    status, out, err = typed("run", *words, "--l1", "auto:log5", "--out", "r")
    assert (status, out) == (2, "") and err.count("\n") == 1 and said in err
    assert "--l1" in err and not (tmp_path / "r").exists()


def test_no_l2_penalty_empties_a_network(typed):
    status, _, err = typed("run", "--data", "iris", "--l2", "auto:log5")
    assert status == 2 and err.count("\n") == 1 and "no L2 penalty empties" in err


def test_the_same_command_goes_on_with_the_same_axis(typed, tmp_path):
    words = ["--data", "iris", "--hidden", 3, "--l2", 0, "--epochs", 1, "--seeds", "0:3"]
    words += ["--l1", "auto:log4", "--out", "r", "--json"]
    assert typed("run", *words)[0] == 0
    before = rows(results.load(tmp_path / "r"))
    assert len(before) == 13
    status, out, _ = typed("run", *words)
    assert status == 0 and json.loads(out)["trained"] == 0
    status, out, _ = typed("run", "r/sweep.toml", "--out", "r", "--json")
    assert status == 0 and json.loads(out)["trained"] == 0
    assert rows(results.load(tmp_path / "r")) == before


def test_a_path_may_follow_it():
    spec = SOFTMAX.replace(l1="auto:log6", path="l1", epochs=300, l2=0)
    found = spec.run()
    assert found.nonzero.is_monotonic_decreasing and found.nonzero.iloc[-1] == 0
