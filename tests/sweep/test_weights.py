"""What rows count: weights and balanced classes, against rows written twice and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.utils.class_weight import compute_class_weight

from kernels import reference
from sweep import InputError, Sweep
from sweep.data.counts import balanced, effective
from sweep.data.fold import fold_of
from sweep.plan.experiment import prepare
from tests.sweep.trained import trained

#: Of all rows, unscaled, in full batches: what is not about weights is out of the way.
PLAIN = {
    "scale": "none", "batch_size": "full", "val_fraction": 0, "hidden": 4, "l1": 0.001, "l2": 0.002,
    "seeds": 3, "epochs": 30,
}  # fmt: skip


def table(rows=90, seed=0):
    random = np.random.RandomState(seed)
    frame = pd.DataFrame(random.normal(size=(rows, 3)).round(3), columns=list("abc"))
    score = frame.a - frame.b + random.normal(size=rows)
    frame["kind"] = np.select([score > 1, score < -1.6], ["high", "low"], "middle")
    return frame


def measured(frame, **options):
    """Return the losses, metrics and counts of a sweep's runs."""
    runs = Sweep(data=frame, **PLAIN | {"target": "kind"} | options).run()
    return runs.drop(columns=["seconds", "data"])


@pytest.mark.parametrize("options", [{}, {"class_weight": "balanced"}, {"hidden": "none"}])
def test_a_weight_of_two_is_a_row_written_twice(options):
    frame, twice = table(), [3, 5, 8, 40, 41]
    heavy = measured(frame.assign(w=np.where(np.isin(np.arange(90), twice), 2, 1)), weight="w",
                     **options)  # fmt: skip
    doubled = measured(pd.concat([frame, frame.iloc[twice]]), **options)
    # Sums of as many terms in another order.
    np.testing.assert_allclose(
        heavy.select_dtypes("number"), doubled.select_dtypes("number"), rtol=1e-9
    )


@pytest.mark.parametrize("options", [{}, {"val_fraction": 0.3, "test": 0.2, "scale": "standard"}])
def test_a_weight_of_zero_is_a_row_left_out(options):
    """To the bit, also where a text or a class occurs in such rows alone."""
    frame = table().assign(colour="red", w=np.tile([1.0, 2.5, 0.3], 30))
    without = frame.drop(index=[0, 7, 8])
    for column, value in (("colour", "blue"), ("kind", "other"), ("a", 1e9)):
        frame.loc[7, column] = value
    frame.loc[[0, 7, 8], "w"] = 0
    told = [measured(some, weight="w", **options) for some in (frame, without)]
    assert told[0].equals(told[1])


def test_equal_weights_are_none():
    frame = table()
    assert measured(frame.assign(w=1), weight="w").equals(measured(frame))
    np.testing.assert_allclose(
        *(some.select_dtypes("number")
          for some in (measured(frame.assign(w=7.3), weight="w"), measured(frame))),
        rtol=1e-9,
    )  # fmt: skip


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_the_optimum_is_that_of_logistic_regression(weight, class_weight):
    frame = table().assign(w=np.random.RandomState(1).uniform(0.1, 5, 90))
    spec = Sweep(
        data=frame if weight else frame.drop(columns="w"), target="kind", weight=weight,
        class_weight=class_weight,
        **PLAIN | {"hidden": "none", "l1": 0, "l2": 0.01, "lr": 0.5, "epochs": 3000},
    )  # fmt: skip
    found, (parameters,) = trained(spec)
    X, y = frame[["a", "b", "c"]].to_numpy(), pd.factorize(frame["kind"], sort=True)[0]
    w = frame["w"].to_numpy() if weight else np.ones(90)
    # Theirs is C sum_i v_i loss_i + |W|^2 / 2, where v_i comes to the sum of the weights too.
    peer = LogisticRegression(C=1 / (2 * 0.01 * w.sum()), tol=1e-10, max_iter=10_000)
    v = w
    if class_weight == "balanced":
        # Theirs would count rows, whatever they weigh.
        by_class = balanced(y, w, 3)
        peer.set_params(class_weight=dict(enumerate(by_class)) if weight else "balanced")
        v = w * by_class[y]
    peer.fit(X, y, sample_weight=w)
    np.testing.assert_allclose(parameters["w1"], peer.coef_, atol=2e-5)
    loss = log_loss(y, peer.predict_proba(X), sample_weight=v)
    assert found["train_loss"][0] == pytest.approx(loss, rel=1e-6)
    assert found["train_accuracy"][0] == pytest.approx(peer.score(X, y, sample_weight=w))


def test_balanced_weights_are_scikit_learns():
    y = np.array([0, 0, 0, 2, 2, 3])
    theirs = compute_class_weight("balanced", classes=np.array([0, 2, 3]), y=y)
    ours = balanced(y, np.ones(6), 5)
    assert ours[[0, 2, 3]].tolist() == theirs.tolist() and ours[[1, 4]].tolist() == [1, 1]
    w = np.array([1, 2, 3, 0.5, 1, 4])
    heavy = balanced(y, w, 5)
    assert np.allclose(heavy[[0, 2, 3]], 11.5 / (3 * np.array([6, 1.5, 4])), rtol=1e-15)


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_balance_is_of_the_loss_and_not_of_the_metrics(precision):
    frame = table(200).assign(w=np.random.RandomState(2).uniform(0.5, 2, 200))
    spec = Sweep(
        data=frame, target="kind", weight="w", class_weight="balanced", hidden=4, l1=0.01, l2=0,
        seeds="0:3", epochs=4, test=0.2, folds=2, precision=precision,
    )  # fmt: skip
    dataset = prepare(spec).dataset
    found, parameters = trained(spec)
    near = {"rel": 1e-12 if precision == "float64" else 1e-5}
    for run in range(6):
        fold = fold_of(spec, dataset, int(found["seed"][run]), int(found["fold"][run]))
        by_class = balanced(fold.y[fold.train], fold.weight[fold.train], 3)
        for part in ("train", "val", "test"):
            rows = getattr(fold, part)
            y, w = fold.y[rows], fold.weight[rows]
            logits = reference.forward(parameters[run], fold.x[rows])[-1]
            p = reference.softmax(logits)
            loss = log_loss(y, p, sample_weight=w * by_class[y])
            assert found[f"{part}_loss"][run] == pytest.approx(loss, **near)
            right = accuracy_score(y, p.argmax(axis=1), sample_weight=w)
            assert found[f"{part}_accuracy"][run] == pytest.approx(right, **near)
        penalty = 0.01 * sum(abs(parameters[run][w]).sum() for w in ("w1", "w2"))
        total = found["train_loss"][run] + penalty
        assert found["final_loss"][run] == pytest.approx(total, **near)
        y, v = fold.y, fold.weight * by_class[fold.y]
        guess = DummyClassifier(strategy="prior")
        guess.fit(fold.x[fold.train], y[fold.train], sample_weight=v[fold.train])
        shares = guess.predict_proba(fold.x[fold.val])
        loss = log_loss(y[fold.val], shares, sample_weight=v[fold.val])
        assert found["baseline_loss"][run] == pytest.approx(loss, rel=1e-12)
        guess.fit(fold.x[fold.train], y[fold.train], sample_weight=fold.weight[fold.train])
        share = guess.score(fold.x[fold.val], y[fold.val], sample_weight=fold.weight[fold.val])
        assert found["baseline_accuracy"][run] == pytest.approx(share, rel=1e-12)


def test_balance_shows_the_rare_class():
    """Of 300 rows 15 are rare, among many of the other: unweighted none is named."""
    random = np.random.RandomState(0)
    rare = np.arange(300) % 20 == 0
    frame = pd.DataFrame(
        {"x": random.normal(size=300) + 1.2 * rare, "rare": np.where(rare, "y", "n")}
    )
    spec = Sweep(data=frame, hidden="none", l1=0, l2=0.001, seeds="0:3", epochs=40, lr=0.1)
    for options, most in (({}, 0.1), ({"class_weight": "balanced"}, 1)):
        _, parameters = trained(spec.replace(**options))
        x = ((frame.x - frame.x.mean()) / frame.x.std()).to_numpy()[rare, None]
        found = [(reference.forward(p, x)[-1].argmax(axis=1) == 1).mean() for p in parameters]
        assert most - 0.5 < np.mean(found) <= most


def test_the_size_of_a_part_is_kishs():
    w = np.array([1.0, 2, 2, 1, 4])
    assert effective(w, np.arange(5)) == pytest.approx(100 / 26)
    assert effective(np.ones(5), np.array([7, 7, 1, 1, 1])) == pytest.approx(25 / 13)
    assert effective(np.ones(6), np.array([1, 1, 2, 2, 3, 3])) == pytest.approx(3)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1, -2, 1], r"column 'w', row 1 \(from 0\): -2.0 is no weight: one is 0, or from 1e-30"),
        ([1, 1e31, 1], "1e.31 is no weight"),
        ([1, np.nan, 1], "row 1 .*: no value"),
        ([1, np.inf, 1], "inf is not a finite number"),
        ([0, 0, 0], "column 'w': every row has the weight 0, so none counts"),
        (["a", "b", "c"], "it holds text or dates, and a weight is a number"),
    ],
)
def test_what_is_no_weight_is_refused(weights, message):
    frame = pd.DataFrame({"x": [1.0, 2, 3], "kind": ["a", "b", "a"], "w": weights})
    with pytest.raises(InputError, match=message):
        prepare(Sweep(data=frame, target="kind", weight="w"))


def test_a_missing_weight_is_never_imputed():
    frame = pd.DataFrame({"x": [1.0, 2, 3], "w": [1, np.nan, 1], "kind": ["a", "b", "a"]})
    with pytest.raises(InputError, match="no value, and that of `weight` is never imputed"):
        prepare(Sweep(data=frame, weight="w", missing="impute"))


def test_weights_written_as_text_count():
    frame = table().assign(w=np.tile([1.0, 2.5, 0.5], 30))
    assert measured(frame.assign(w=frame.w.astype(str)), weight="w").equals(
        measured(frame, weight="w")
    )
