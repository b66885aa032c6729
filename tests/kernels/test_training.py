"""Training in lanes does what one run in plain NumPy does."""

import numpy as np
import pytest
from hypothesis import example, given, settings

from kernels import reference
from tests.kernels.packing import Run, experiment, experiments, named, reference_run, train_runs


@settings(deadline=None, max_examples=40)
@given(experiments())
# Wide enough for blocks of a gradient, in rows and in columns, and for strips of a product.
@example(experiment(seed=8, widths=(45, 37, 43, 3), n=70, batch_size=70))
@example(experiment(seed=9, widths=(45, 43, 37, 3), runs=5, n=70, batch_size=35, streams=2))
def test_a_lane_is_a_run_of_the_reference(drawn):
    outcome = train_runs(drawn, width=8)
    samples, net = drawn.samples, drawn.net
    for i, run in enumerate(drawn.runs):
        expected = reference_run(drawn, i)
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=0, atol=1e-11)
        p = named(net, outcome.parameters[i])
        rows = samples.order[0, :, run.stream]
        y, v = samples.y[rows, 0].astype(int), samples.weight[rows]
        *hidden, logits = reference.forward(p, samples.x[rows])
        assert outcome.loss[i] == pytest.approx(reference.cross_entropy(logits, y, v), abs=1e-11)
        assert outcome.accuracy[i] == pytest.approx(reference.accuracy(logits, y, v), abs=1e-12)
        largest = np.concatenate([a.max(axis=0) for a in hidden[1:]] or [[]])
        inner = slice(net.unit[1], net.unit[net.layers])
        np.testing.assert_allclose(outcome.largest[i][inner], largest, rtol=0, atol=1e-11)
        one = [abs(value).sum() for value in p.values()]
        two = [(value**2).sum() for value in p.values()]
        np.testing.assert_allclose(outcome.one[i], one, rtol=1e-13)
        np.testing.assert_allclose(outcome.two[i], two, rtol=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_single_precision_is_the_same_but_for_rounding(seed):
    random = np.random.RandomState(seed)
    widths = (random.randint(1, 12), *random.randint(1, 15, size=seed % 4), 2 + seed)
    drawn = experiment(seed, widths, runs=3, proximal=seed % 2 == 1, precision="float32")
    outcome = train_runs(drawn, width=16)
    for i in range(len(drawn.runs)):
        # Rounding errors of 6e-8 over 9 steps. Fixed seeds, since a weight or a unit that is 0
        # but for rounding may go another way.
        np.testing.assert_allclose(outcome.parameters[i], reference_run(drawn, i), atol=5e-6)


def test_epochs_in_parts_are_epochs_at_once():
    whole = experiment(seed=1, widths=(4, 6, 3), epochs=5)
    orders = whole.samples.order
    # The velocity is not carried from call to call here, so there must be none.
    still = [run._replace(momentum=0.0) for run in whole.runs]
    expected = train_runs(whole._replace(runs=still), width=8)
    for epoch in range(5):
        part = whole.samples._replace(order=orders[[epoch % 2]])
        found = train_runs(whole._replace(runs=still, epochs=1, samples=part), width=8)
        still = [still[0]._replace(parameters=found.parameters[0])]
    assert (found.parameters == expected.parameters).all()


def test_a_sample_of_weight_two_is_a_sample_seen_twice():
    twice = experiment(seed=2, widths=(4, 6, 3), n=12, batch_size=12)
    rows = np.append(np.arange(12), [3, 5])
    order = np.ascontiguousarray(rows[None, :, None])
    samples = twice.samples._replace(weight=np.ones(12), order=order)
    twice = twice._replace(samples=samples, batch_size=14)
    weight = np.where(np.isin(np.arange(12), [3, 5]), 2.0, 1.0)
    samples = samples._replace(weight=weight, order=np.ascontiguousarray(order[:, :12]))
    once = twice._replace(samples=samples)
    for a, b in zip(train_runs(twice, width=8), train_runs(once, width=8), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("proximal", [False, True])
def test_a_batch_in_which_no_sample_weighs_teaches_nothing(freeze, proximal):
    """There only the penalties and the momentum move parameters."""
    drawn = experiment(seed=2, widths=(4, 3, 2), n=12, batch_size=3, proximal=proximal)
    order = drawn.samples.order
    weight = np.where(np.isin(np.arange(12), order[0, 3:6, 0]), 0.0, 1.5)
    drawn = drawn._replace(samples=drawn.samples._replace(weight=weight, order=order[:1].copy()))
    found = train_runs(drawn, width=8, freeze=freeze).parameters[0]
    np.testing.assert_allclose(found, reference_run(drawn, 0), rtol=0, atol=1e-11)


def test_extreme_logits_neither_overflow_nor_vanish():
    """The loss of a logit that lies 1e4 below the other is 1e4, and of 1e5 above it is 0."""
    two = experiment(seed=3, widths=(1, 2), n=1, epochs=0)
    for bias, loss, accuracy in ((1e4, 1e4, 0.0), (-1e5, 0.0, 1.0)):
        parameters = np.array([0.0, 0.0, 0.0, bias])
        samples = two.samples._replace(y=np.zeros((1, 1)))
        run = Run(parameters, np.zeros(2), np.zeros(2), 0.1, 0.0)
        outcome = train_runs(two._replace(runs=[run], samples=samples), width=8)
        assert outcome.loss[0] == pytest.approx(loss, rel=1e-12)
        assert outcome.accuracy[0] == accuracy


def test_of_equal_logits_the_first_class_is_the_prediction():
    even = experiment(seed=4, widths=(2, 3), n=3, epochs=0)
    samples = even.samples._replace(y=np.arange(3.0)[:, None], weight=np.array([1.0, 2.0, 5.0]))
    run = even.runs[0]._replace(parameters=np.zeros(9))
    outcome = train_runs(even._replace(runs=[run], samples=samples), width=8)
    assert outcome.accuracy[0] == 1 / 8
    assert outcome.loss[0] == pytest.approx(np.log(3), rel=1e-15)
