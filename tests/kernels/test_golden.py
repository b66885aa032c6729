"""The article's experiment: its own numbers, and others that follow its steps."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.network import network
from kernels.samples import Samples
from tests import naive
from tests.kernels.packing import Experiment, Run, named, train_runs

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "article.json").read_text())
NET = network((5, 3, 5, 4))
EPOCHS = sorted({case["epochs"] for case in GOLDEN["cases"]})


def penalties(case, kind):
    return {name: case[kind] for name in GOLDEN["placement"][kind]}


def drawn(seed):
    """Return the inputs and the initial parameters, flat, as the article draws them."""
    random = np.random.RandomState(seed)
    x = random.randint(1, 100, size=(1, 5)) / 100
    start = np.zeros(NET.size)
    for name in ("w1", "w2", "w3"):
        start[NET.place(name)] = random.random_sample(NET.shape(name)).ravel()
    return x, start


def train(seed, epochs, penalties_of_runs, rate=0.01, momentum=0.9):
    """Train with the kernels; return the final loss and the parameters by name of each run."""
    x, start = drawn(seed)
    runs = [
        Run(start, *([on.get(name, 0.0) for name in NET.names] for on in (l1, l2)), rate, momentum)
        for l1, l2 in penalties_of_runs
    ]
    samples = Samples(x, np.ones((1, 1)), np.ones(1), np.zeros((1, 1, 1), np.int64))
    outcome = train_runs(Experiment(NET, runs, samples, 1, epochs, False), width=8)
    found = []
    for i, run in enumerate(runs):
        loss = outcome.loss[i] + np.dot(run.l1, outcome.one[i]) + np.dot(run.l2, outcome.two[i])
        found.append({"final_loss": loss} | named(NET, outcome.parameters[i]))
    return found


def check(found, expected):
    assert found["final_loss"] == pytest.approx(expected["final_loss"], rel=0, abs=1e-12)
    for name in NET.names:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=1e-10)


@pytest.mark.parametrize("epochs", EPOCHS)
def test_the_kernels_give_the_articles_numbers(epochs):
    cases = [case for case in GOLDEN["cases"] if case["epochs"] == epochs]
    on = [(penalties(case, "l1"), penalties(case, "l2")) for case in cases]
    assert len(cases) == 4
    for case, start, end in zip(
        cases, train(GOLDEN["seed"], 0, on), train(GOLDEN["seed"], epochs, on), strict=True
    ):
        assert start["final_loss"] == pytest.approx(case["initial_loss"], rel=0, abs=1e-12)
        check(end, case)
        parameters = {name: end[name] for name in NET.names}
        logits = reference.forward(parameters, np.array([GOLDEN["inputs"]]))[-1]
        np.testing.assert_allclose(
            reference.softmax(logits)[0], case["prediction"], rtol=0, atol=1e-12
        )


@pytest.mark.parametrize(
    "case", GOLDEN["cases"], ids=lambda case: "l1={l1} l2={l2} epochs={epochs}".format(**case)
)
def test_the_reference_gives_the_articles_numbers(case):
    x, start = drawn(GOLDEN["seed"])
    chosen = reference.Settings(penalties(case, "l1"), penalties(case, "l2"))
    sample = (x, np.ones(1, int), np.ones(1))
    order = np.zeros((1, 1), int)
    found = reference.train(named(NET, start), chosen, sample, order, 1, case["epochs"])
    logits = reference.forward(found, x)[-1]
    loss = reference.cross_entropy(logits, *sample[1:]) + reference.penalty(found, chosen)
    check(found | {"final_loss": loss}, case)


def test_the_naive_script_gives_the_articles_numbers():
    for case in GOLDEN["cases"]:
        found = naive.article(
            GOLDEN["seed"], case["epochs"], penalties(case, "l1"), penalties(case, "l2")
        )
        check(found, case)
        assert found["initial_loss"] == pytest.approx(case["initial_loss"], rel=0, abs=1e-12)
        np.testing.assert_allclose(found["x"], GOLDEN["inputs"], rtol=0, atol=0)


placements = st.dictionaries(st.sampled_from(NET.names), st.floats(1e-5, 0.1))


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 2**32 - 1),
    on=st.lists(st.tuples(placements, placements), min_size=1, max_size=4),
    rate=st.floats(1e-4, 0.02),
    momentum=st.floats(0, 0.95),
    epochs=st.integers(1, 60),
)
def test_other_seeds_penalties_and_placements_follow_the_article(seed, on, rate, momentum, epochs):
    for (l1, l2), found in zip(on, train(seed, epochs, on, rate, momentum), strict=True):
        check(found, naive.article(seed, epochs, l1, l2, rate, momentum))
