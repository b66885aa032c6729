"""Dropout: its random words, and what units pass on while they learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import reference
from kernels.frozen import Frozen
from kernels.lane.compiled import entry
from kernels.lane.lanes import aligned_zeros, as_lanes
from kernels.lane.threefry import draw
from tests import naive
from tests.kernels.kinds import kinds
from tests.kernels.packing import (
    INVERTED,
    Run,
    experiment,
    experiments,
    named,
    reference_run,
    train_runs,
    weights_of,
)

#: Key, counter and words of the published test of Threefry-2x32-20 (Random123, kat_vectors).
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@entry
def _draw(words, found, counter):
    found[0], found[1] = draw(words[0], words[1], words[2], counter)
    found[2], found[3] = draw(words[0], words[1], 0, counter)


@pytest.mark.parametrize("width", [1, 2, 8, 16])
@pytest.mark.parametrize(("key", "counter", "words"), KNOWN)
def test_known_words(key, counter, words, width):
    given, found = (aligned_zeros((rows, width), np.uint32) for rows in (3, 4))
    given[:] = np.array([*key, counter[0]], np.uint32)[:, None]
    _draw(as_lanes(given), as_lanes(found), counter[1])
    assert found[:2].T.tolist() == [list(words)] * width
    alone = [np.array([word], np.uint32) for word in (*key, *counter)]
    assert [word.tolist() for word in draw(*alone)] == [[word] for word in words]
    if not counter[0]:  # a whole number is a Word that is the same for all
        assert (found[2:] == found[:2]).all()


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(kinds("activation", reference.ACTIVATIONS)).flatmap(
        lambda kind: experiments(
            kind=kind | {"precision": "float64", "dropping": True, "leak": 0.1}
        )
    )
)
def test_a_lane_is_a_run_of_the_reference(drawn):
    # Slowly, for units that have no bound may diverge where nine of ten are dropped.
    drawn = drawn._replace(runs=[run._replace(rate=run.rate / 20) for run in drawn.runs])
    outcome = train_runs(drawn, width=8)
    for i in range(len(drawn.runs)):
        expected = reference_run(drawn, i)
        np.testing.assert_allclose(outcome.parameters[i], expected, rtol=1e-10, atol=1e-11)


#: Either step in either precision, in lanes of two widths beside eight: each is compiled for long.
#: Every width is tried with either step and in either precision.
WIDTHS = list(zip(kinds("dropping", [True] * 4), [(1, 16)] * 2 + [(2, 4)] * 2, strict=True))


@pytest.mark.parametrize(("kind", "widths"), WIDTHS, ids=str)
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_the_width_of_a_pack_changes_no_bit(kind, widths, data):
    drawn = data.draw(experiments(kind=kind))
    found = {train_runs(drawn, width).hash() for width in (8, *widths)}
    assert len(found) == 1


@settings(deadline=None, max_examples=15)
@given(st.sampled_from(kinds("leak", [0.1] * 2)).flatmap(lambda kind: experiments(kind=kind)))
def test_dropping_nothing_is_no_dropout_to_the_bit(drawn):
    dropping = drawn._replace(dropping=True)
    assert train_runs(dropping, width=8).hash() == train_runs(drawn, width=8).hash()


@settings(deadline=None, max_examples=10)
@given(
    seed=st.integers(0, 2**32 - 1),
    hidden=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    share=st.sampled_from([0.1, 0.5, 0.8]),
)
def test_gradients_are_central_differences_of_what_is_left(seed, hidden, share):
    widths = (4, *hidden, 3)
    drawn = experiment(seed, widths, n=6, batch_size=6, epochs=1, activation="leaky_relu")
    key, nothing = (seed, 7), np.zeros(2 * len(widths) - 2)
    run = Run(drawn.runs[0].parameters, nothing, nothing, 1.0, 0.0, dropout=share, key=key)
    samples = drawn.samples._replace(weight=np.ones(6), order=np.arange(6)[None, :, None].copy())
    step = drawn._replace(runs=[run], samples=samples, leak=0.2, dropping=True)
    after = weights_of(step, width=8)[0]
    gradients = list(named(drawn.net, run.parameters - after).values())
    p = [value.astype(np.longdouble) for value in named(drawn.net, run.parameters).values()]
    x, y = samples.x.astype(np.longdouble), samples.y.astype(int).ravel()
    factors = naive.factors(share, key, 0, 0, 6, widths)
    h = np.finfo(np.longdouble).eps ** (1 / 3)
    for value, gradient in zip(p, gradients, strict=True):
        for place in np.ndindex(*value.shape):
            middle, found = value[place], []
            for moved in (middle + h, middle - h):
                value[place] = moved
                found.append(naive.masked_loss(p, x, y, factors, leak=0.2))
            value[place] = middle
            difference = (found[0] - found[1]) / (2 * h)
            assert abs(gradient[place] - difference) < 1e-6 * abs(gradient).max() + 1e-13


def test_the_twin_has_the_published_words():
    for key, counter, words in KNOWN:
        assert tuple(map(int, naive.threefry(key, counter))) == words


def test_nothing_is_dropped_in_frozen_code():
    net = experiment(seed=1, widths=(2, 3, 2)).net
    with pytest.raises(ValueError, match="not frozen"):
        Frozen.of(net._replace(dropout=INVERTED), 4)
