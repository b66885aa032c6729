"""``--activation``: from the option to the model, and what is refused."""

import json
import tomllib

import numpy as np
import onnxruntime
import pytest

from kernels import reference
from sweep import RegularizedMLPClassifier, RegularizedMLPClassifierCV, Sweep, load_model
from sweep.data.fold import fold_of
from sweep.errors import InputError
from sweep.plan.experiment import prepare
from tests.sweep.trained import drawn, samples, trained

SPEC = Sweep(
    data="iris",
    hidden="6,4",
    activation="leaky_relu",
    leak=0.1,
    l1=[0, 1e-2],
    l2=1e-3,
    seeds=[3],
    epochs=5,
    batch_size="full",
)


EACH = pytest.mark.parametrize("activation", reference.ACTIVATIONS)


def of(activation, **more):
    """Return what a sweep or an estimator is told to have an activation."""
    return {
        "activation": activation,
        **({"leak": 0.1} if activation == "leaky_relu" else {}),
    } | more


@EACH
@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_a_sweep_trains_what_the_reference_trains(activation, method):
    spec = SPEC.replace(**of(activation, l1_method=method))
    columns, parameters = trained(spec)
    x, y, v = samples(spec, 3)
    for run, l1 in enumerate(spec.l1):
        names = parameters[run].keys()
        chosen = reference.Settings(
            {name: l1 for name in names if name[0] == "w"},
            {name: 1e-3 for name in names if name[0] == "w"},
            proximal=method == "proximal",
            **of(activation),
        )
        order = np.arange(len(y))[None]
        found = reference.train(drawn(spec, 3), chosen, (x, y, v), order, len(y), 5)
        for name, value in found.items():
            np.testing.assert_allclose(parameters[run][name], value, rtol=0, atol=1e-12)
        logits = reference.forward(found, x, chosen)[-1]
        loss = reference.cross_entropy(logits, y, v) + reference.penalty(found, chosen)
        assert columns["final_loss"][run] == pytest.approx(loss, abs=1e-12)


@EACH
def test_a_path_goes_on_from_the_weights_before(activation):
    spec = SPEC.replace(**of(activation, path="l1", l1=[1e-3, 1e-2], finish=0))
    table = spec.run()
    x, y, v = samples(spec, 3)
    p = drawn(spec, 3)
    for _, row in table.iterrows():
        both = [dict.fromkeys(("w1", "w2", "w3"), value) for value in (row.l1, 1e-3)]
        chosen = reference.Settings(*both, proximal=True, **of(activation))
        p = reference.train(p, chosen, (x, y, v), np.arange(len(y))[None], len(y), 5)
        logits = reference.forward(p, x, chosen)[-1]
        assert row.train_loss == pytest.approx(reference.cross_entropy(logits, y, v), abs=1e-12)


@EACH
def test_patience_keeps_the_best_weights(activation):
    """So many steps that the held-out loss rises again, and no epoch is as good as the best."""
    spec = SPEC.replace(**of(activation, patience=4, epochs=400, lr=0.5, l1=0, l2=0))
    (row,) = spec.run().itertuples()
    (x, y, v), (held, right, counts) = samples(spec, 3), samples(spec, 3, part="val")
    chosen = reference.Settings({}, {}, 0.5, proximal=True, **of(activation))

    def loss(epochs):
        order = np.arange(len(y))[None]
        p = reference.train(drawn(spec, 3), chosen, (x, y, v), order, len(y), epochs)
        logits = reference.forward(p, held, chosen)[-1]
        return reference.cross_entropy(logits, right, counts)

    assert row.epochs == row.best_epoch + 4 < 400
    losses = [loss(row.best_epoch + more) for more in (0, 1, 4)]
    assert row.val_loss == pytest.approx(losses[0], abs=1e-10) and losses[0] == min(losses)


def test_a_leak_is_for_who_leaks():
    with pytest.raises(InputError, match=r"^`leak` is for `activation` leaky_relu, and it is relu"):
        Sweep(data="iris", leak=0.2)
    with pytest.raises(InputError, match=r"^`activation` should be 'relu', 'leaky_relu', .* or"):
        Sweep(data="iris", activation="softsign")
    with pytest.raises(InputError, match=r"^`leak` is for `activation` leaky_relu, and it is tanh"):
        Sweep(data="iris", activation="tanh", leak=0.01)
    for leak in (-0.1, 1.1, "much", float("nan")):
        with pytest.raises(InputError, match="`leak` should be "):
            Sweep(data="iris", activation="leaky_relu", leak=leak)


def test_another_activation_drops_the_leak_that_a_file_or_a_sweep_has(tmp_path, typed):
    assert SPEC.replace(activation="relu") == SPEC.replace(activation=None, leak=None)
    with pytest.raises(InputError, match=r"^`leak` is for"):
        SPEC.replace(activation="relu", leak=0.2)
    (tmp_path / "s.toml").write_text(SPEC.to_toml())
    status, told, _ = typed("plan", tmp_path / "s.toml", "--activation", "relu", "--json")
    assert status == 0 and json.loads(told)["runs"] == 2
    status, _, said = typed("plan", tmp_path / "s.toml", "--activation", "relu", "--leak", "0.2")
    assert status == 2 and said.startswith("sweep: --leak is for --activation leaky_relu")


def test_a_specification_says_so_where_it_matters_and_nowhere_else():
    plain, leaky = Sweep(data="iris"), Sweep(data="iris", activation="leaky_relu", leak=0.3)
    assert not {"activation", "leak"} & plain.specification().keys()
    assert plain.digest() == Sweep(data="iris", activation="relu").digest() != leaky.digest()
    assert leaky.specification()["leak"] == 0.3 and leaky != leaky.replace(leak=0.2)
    for spec in (plain, leaky, SPEC):
        assert Sweep.from_toml(spec.to_toml()) == spec
    assert not {"activation", "leak"} & tomllib.loads(plain.to_toml()).keys()
    assert {"activation", "leak"} < tomllib.loads(leaky.to_toml()).keys()


@EACH
def test_a_saved_model_is_the_same_anywhere(tmp_path, monkeypatch, typed, activation):
    monkeypatch.chdir(tmp_path)
    words = "--data iris --hidden 6,4 --l1 0,1e-2 --l2 0 --seeds 0:2 --epochs 10 --quiet --out r"
    chosen = [word for name, value in of(activation).items() for word in (f"--{name}", value)]
    assert typed("run", *words.split(), *chosen)[0] == 0
    spec = Sweep.from_toml(tmp_path / "r/sweep.toml")
    x = prepare(spec).dataset.X
    settings = reference.Settings({}, {}, **of(activation))
    for ending in ("npz", "safetensors", "onnx"):
        assert typed("best", "r", "--save", f"m.{ending}", "--json")[0] == 0
        model = load_model(f"m.{ending}")
        leaks = {"leak": 0.1} if activation == "leaky_relu" else {}
        assert (model.activation, model.hyper) == (activation, leaks)
        p = {name: model.parameter(name) for name in model.network.names}
        logits = reference.forward(p, (x - model.mean) / model.scale, settings)[-1]
        found = model.predict_proba(x)
        np.testing.assert_allclose(found, reference.softmax(logits), rtol=1e-11, atol=1e-13)
        if ending == "onnx":
            session = onnxruntime.InferenceSession(f"m.{ending}")
            for rows in (x, 100 * x):  # where units saturate too
                _, theirs = session.run(None, {"X": rows})
                np.testing.assert_allclose(theirs, model.predict_proba(rows), rtol=0, atol=1e-12)
        told = json.loads(typed("predict", f"m.{ending}", "iris", "--json")[1])
        np.testing.assert_array_equal(np.array(told["p_setosa"]), found[:, 0])


@EACH
def test_pruning_folds_what_a_constant_unit_gives(activation):
    fold = fold_of(SPEC, prepare(SPEC).dataset, 3, 0)
    x = fold.x[fold.train]
    how = of(activation, max_iter=5, random_state=0)
    model = RegularizedMLPClassifier((6, 4), **how).fit(x, fold.y[fold.train]).model_
    model.parameter("w1")[2] = 0.0  # a unit that is constant
    model.parameter("b1")[2] = -3.0
    model.parameter("w1")[3] = model.parameter("b1")[3] = 0.0  # one that has nothing at all
    model.parameter("w2")[1] = 0.0  # one that is constant, and whose sum is above zero
    model.parameter("b2")[1] = 2.0
    small, exact = model.prune(exact=False), model.prune()
    widths = {"relu": (4, 4), "logistic": (6, 4)}
    assert exact.widths[1:3] == widths.get(activation, (5, 4))
    assert small.widths[1:3] == (4, 3)
    np.testing.assert_array_equal(exact.predict_proba(x), model.predict_proba(x))
    np.testing.assert_allclose(small.predict_proba(x), model.predict_proba(x), rtol=0, atol=1e-13)


@EACH
def test_an_estimator_is_fitted_as_a_sweep_is_trained(activation):
    fold = fold_of(SPEC, prepare(SPEC).dataset, 3, 0)
    x, y = fold.x[fold.train], fold.y[fold.train]
    how = {"l1": 0, "l2": 1e-3, "max_iter": 5, "batch_size": "full", "random_state": 3}
    fitted = RegularizedMLPClassifier((6, 4), **of(activation), **how).fit(x, y)
    _, parameters = trained(SPEC.replace(**of(activation)))
    np.testing.assert_array_equal(fitted.coefs_[0].T, parameters[0]["w1"])


def test_an_estimator_leaks_as_a_sweep_does():
    fold = fold_of(SPEC, prepare(SPEC).dataset, 3, 0)
    x, y = fold.x[fold.train], fold.y[fold.train]
    how = {"l1": 0, "l2": 1e-3, "max_iter": 5, "batch_size": "full", "random_state": 3}
    fitted = RegularizedMLPClassifier((6, 4), activation="leaky_relu", leak=0.1, **how).fit(x, y)
    _, parameters = trained(SPEC)
    np.testing.assert_array_equal(fitted.coefs_[0].T, parameters[0]["w1"])
    assert fitted.model_.hyper == {"leak": 0.1}
    plain = RegularizedMLPClassifier((6, 4), activation="relu", leak=0.5, **how).fit(x, y)
    assert plain.model_.activation == "relu" and plain.model_.hyper == {}
    with pytest.raises(InputError, match=r"^`activation` should not be None: leave it out for its"):
        RegularizedMLPClassifier((6, 4), activation=None, **how).fit(x, y)
    search = RegularizedMLPClassifierCV(
        (6, 4), activation="leaky_relu", leak=0.1, cv=3, **{**how, "l1": [0, 1e-2]}
    ).fit(x, y)
    assert search.best_estimator_.model_.hyper == {"leak": 0.1}


@pytest.mark.parametrize("kind", [RegularizedMLPClassifier, RegularizedMLPClassifierCV])
@pytest.mark.parametrize("option", ["activation", "l1_method"])
@pytest.mark.parametrize("word", ["nothing of ours", [1], 3])
def test_an_estimator_refuses_a_word_that_is_none(kind, option, word):
    data = prepare(SPEC).dataset
    with pytest.raises(InputError, match=f"^`{option}` should be '"):
        kind(**{option: word}).fit(data.X, data.y)
