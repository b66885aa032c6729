"""The L1 penalty that empties a network, and ``auto:logN``, whose upper end it is."""

import json
import math
from itertools import pairwise, product

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Lasso

import results
from kernels import reference
from sweep import Sweep
from sweep.data.constant import best_constant
from sweep.data.fold import Fold, fold_of
from sweep.data.scaling import Scaling
from sweep.data.unit import unit_of
from sweep.errors import InputError
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
    most = lambda_max(fold_of(spec, dataset, 1, 0), "cross_entropy", dataset.outputs, layers=1)
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


def least_of_biases(y, v, loss):
    """Return the loss of the best biases alone."""
    if loss == "cross_entropy":
        shares = np.bincount(y, weights=v) / v.sum()
        return -sum(p * math.log(p) for p in shares if p > 0)
    return reference.mean_loss(np.tile(best_biases(y, v, loss), (len(v), 1)), y, v, loss)


def best_biases(y, v, loss):
    link = {"poisson": np.log, "logistic": lambda p: np.log(p / (1 - p))}.get(loss, np.asarray)
    return link(best_constant(loss, y, v, np.arange(len(v))))


def most_of_one_weight(x, y, v, loss, small=1e-6):
    """Return how much one small weight of the best lowers the loss, for each unit of it."""
    gains = []
    for output in range(y.shape[1]):
        for weight, column in product((small, -small), x.T):
            z = np.tile(best_biases(y, v, loss), (len(v), 1))
            z[:, output] += weight * column
            gains.append(least_of_biases(y, v, loss) - reference.mean_loss(z, y, v, loss))
    return max(gains) / small


def most_gain(x, y, v, widths, tries, random, loss="cross_entropy", activation="relu"):
    """Search for the network that lowers a loss most for each unit of its L1 norm.

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

    settings = reference.PLAIN._replace(loss=loss, activation=activation)
    least = least_of_biases(y, v, loss)

    def lost(flat):
        p = unpack(flat)
        activations = reference.forward(p, x, settings)
        gain = least - reference.mean_loss(activations[-1], y, v, loss)
        norm = sum(np.abs(p[name]).sum() for name in p if name[0] == "w") + 1e-12
        gradient = reference.backward(p, activations, y, v, settings)
        by_norm = {name: np.sign(p[name]) if name[0] == "w" else 0 * p[name] for name in p}
        slope = [(-gradient[name] - gain / norm * by_norm[name]) / norm for name in p]
        return -gain / norm, -np.concatenate([part.ravel() for part in slope])

    return max(
        -minimize(lost, scale * random.standard_normal(bounds[-1]), jac=True).fun
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
    most = lambda_max(fold, "cross_entropy", classes, layers)
    assert most * least < found <= most * (1 + 1e-9)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("loss", ["squared", "absolute", "huber", "poisson", "logistic"])
def test_nor_is_one_of_numbers_or_answers(loss, layers):
    ratios = []
    for seed in range(6):
        random = np.random.RandomState(seed)
        n, inputs, outputs = random.randint(3, 8), random.randint(1, 4), random.randint(1, 3)
        x = random.standard_normal((n, inputs)) + random.choice([0, 2])
        v = random.randint(1, 4, n).astype(float)
        if loss == "logistic":
            y = np.stack([random.permutation(n) % 2 for _ in range(outputs)], axis=1).astype(float)
        else:
            y = random.randint(0, 5, (n, outputs)) + 0.5 * np.arange(n)[:, None]
        fold = Fold(x, y, v, np.arange(n), np.arange(0), np.arange(0))
        if loss != "logistic":
            fold = fold._replace(unit=unit_of(loss, y, v, np.arange(n)))
        widths = (inputs, *[random.randint(1, 4)] * (layers - 1), outputs)
        with np.errstate(all="ignore"):  # the search strays
            found = most_gain(x, fold.targets, v, widths, 8, random, loss)
        most = lambda_max(fold, loss, outputs, layers)
        assert found <= most * (1 + 1e-9)
        ratios.append(found / most)
        if layers == 1 and loss != "absolute":
            steepest = most_of_one_weight(x, fold.targets, v, loss)
            assert most == pytest.approx(steepest, rel=1e-4)
    assert max(ratios) > (0.9 if layers == 1 else 0.3)  # it is no wild bound


@pytest.mark.parametrize("outputs", [1, 2])
def test_squared_errors_are_empty_where_scikit_learns_lasso_is(outputs):
    X, y = load_diabetes(return_X_y=True)
    y = np.stack([y, X[:, 0] - y / 50], axis=1)[:, :outputs]
    fold = Fold(X, y, np.ones(len(y)), np.arange(len(y)), np.arange(0), np.arange(0))
    fold = fold._replace(
        scaling=Scaling(X.mean(axis=0), X.std(axis=0)),
        unit=unit_of("squared", y, fold.weight, fold.train),
    )
    # (y - f)^2 has no half, and is the mean over the outputs: twice their alpha, over these.
    alpha = lambda_max(fold, "squared", outputs, layers=1) * outputs / 2
    for share, empty in ((1 + 1e-9, True), (0.999, False)):
        lasso = Lasso(alpha=alpha * share, tol=1e-12).fit(fold.x, fold.targets)
        assert (not lasso.coef_.any()) == empty


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber", "poisson", "logistic"])
@pytest.mark.parametrize("hidden", ["none", "5"])
def test_training_is_empty_from_it_on(loss, hidden):
    X, y = load_diabetes(return_X_y=True)
    target = y > 100 if loss == "logistic" else y
    spec = Sweep(data=(X, target), loss=loss, hidden=hidden, l1="auto:log2", l2=0, seeds=1)
    low, top = prepare(spec).spec.l1
    # Absolute errors pull on however small they are: a bias swings about the median, and moves it.
    margin = 0.3 if loss == "absolute" else 0.02
    spec = spec.replace(l1=[low, (1 - margin) * top, (1 + margin) * top])
    found = spec.replace(epochs=600, batch_size="full", lr=0.05).run()
    assert (found.status == "done").all()
    assert found.effective[0] > 0 and found.nonzero[2] == 0
    assert found.nonzero[1] > 0 or hidden != "none"


@pytest.mark.parametrize("loss", ["absolute", "huber", "logistic"])
def test_a_penalised_bias_that_is_not_best_at_zero_is_refused(loss):
    y = np.arange(30) % 2 if loss == "logistic" else np.arange(30.0) ** 2
    spec = Sweep(data=(np.eye(30), y), loss=loss, hidden="none", l1="auto:log2", l1_on="all")
    with pytest.raises(InputError, match=f"a penalty on b1 and `loss` {loss}"):
        prepare(spec)


def test_a_hidden_layer_may_find_what_correlates_with_nothing():
    x, y, v = np.array([[-1.0], [0.0], [1.0]]), np.array([0, 1, 0]), np.ones(3)
    fold = Fold(x, y, v, np.arange(3), np.arange(0), np.arange(0))
    assert lambda_max(fold, "cross_entropy", 2, layers=1) == 0
    found = most_gain(x, y, v, (1, 2, 2), tries=8, random=np.random.RandomState(0))
    assert 0 < found <= lambda_max(fold, "cross_entropy", 2, layers=2)


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
