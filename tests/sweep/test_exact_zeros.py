"""The proximal method from end to end: the right optimum, and zeros that are exact."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sweep import Sweep
from tests import naive
from tests.sweep.trained import samples, trained


def elastic_net(x, y, l1, l2):
    """Minimise mean cross-entropy + l1 |w| + l2 w^2 with scikit-learn's saga."""
    strength = l1 + 2 * l2
    model = LogisticRegression(
        solver="saga",
        C=1 / (len(y) * strength),
        l1_ratio=l1 / strength,
        tol=1e-13,
        max_iter=50_000,
        random_state=0,
    )
    if model.get_params().get("penalty") == "l2":  # before scikit-learn 1.8
        model.set_params(penalty="elasticnet")
    model.fit(x, y)
    return model.coef_, model.intercept_


@pytest.mark.parametrize(("data", "lr"), [("iris", 0.6), ("wine", 0.4)])
def test_a_sweep_of_softmax_regressions_comes_to_sagas_optima(data, lr):
    spec = Sweep(
        data=data,
        hidden="none",
        l1=[0.01, 0.03, 0.1],
        l2=[1e-3, 0.02],
        momentum=[0, 0.5, 0.9],
        lr=lr,
        batch_size="full",
        epochs=8000,
        seeds=3,
        l1_method="proximal",
    )
    table = spec.run()
    columns, parameters = trained(spec)
    assert columns["final_loss"].tolist() == table.final_loss.tolist()
    x, y, v = samples(spec, 3)
    for (l1, l2), runs in table.groupby(["l1", "l2"]):
        w, b = elastic_net(x, y, l1, l2)
        least = naive.objective([w, b], x, y, v, [l1, 0], [l2, 0])
        for run in runs.itertuples():
            # saga is as far from the optimum as its tolerance lets it be; 1e-8 covers both.
            assert run.final_loss == pytest.approx(least, rel=0, abs=1e-8)
            found = parameters[run.run]["w1"]
            np.testing.assert_array_equal(found == 0, w == 0)
            assert run.nonzero == np.count_nonzero(w)
            # Without momentum the last digits of weights that matter little come slowly.
            np.testing.assert_allclose(found, parameters[runs.run.iloc[0]]["w1"], atol=5e-5)
    assert table.nonzero.nunique() > 2


@pytest.mark.parametrize("momentum", [0, 0.9])
@pytest.mark.parametrize("on", ["w1", "w2", "w1,b2", "biases", "all"])
def test_zeros_are_exact_on_any_placement_with_mini_batches(on, momentum):
    spec = Sweep(data="wine", hidden="6", l1=0.2, l2=0, l1_on=on, seeds=2, epochs=25, lr=0.05)
    proximal = spec.replace(l1_method="proximal", batch_size=16, momentum=momentum)
    columns, (p,) = trained(proximal)
    for name in ("w1", "w2", "b2"):
        assert (p[name] == 0).any() == (name in proximal.l1_on)
    assert ("b1" not in proximal.l1_on) or not p["b1"].any()
    for name in ("w1", "w2"):
        assert columns[f"sparsity_{name}"] == pytest.approx(np.mean(p[name] == 0))
    _, (p,) = trained(proximal.replace(l1_method="subgradient"))
    assert all(p[name].all() for name in ("w1", "w2", "b2"))
