"""Schedules: the factors of PyTorch and scikit-learn, whatever the lanes, calls and turns."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sweep import InputError, Sweep
from sweep.running.driver import Where, run, table_of
from sweep.specification.schedule import factors
from tests.sweep.console import rows

SPEC = Sweep(data="wine", hidden="5", l1=[0, 0.01], l2=[0, 0.1], seeds=[1, 2], epochs=9)

#: As many digits as no float has.
mpmath.mp.dps = 50


#: Of an epoch.
SAMPLES = 37


def published(schedule, warmup, epochs):
    """Return what PyTorch's documentation says of LinearLR and of the scheduler after it.

    Or of the latter scikit-learn's, by the samples seen before an epoch.
    """
    word, *given = schedule.split(":")
    after = {
        "constant": lambda t: mpmath.mpf(1),
        "cosine": lambda t: (1 + mpmath.cos(mpmath.pi * t / (epochs - warmup))) / 2,
        "exponential": lambda t: mpmath.mpf(float(given[0])) ** t,
        "step": lambda t: mpmath.mpf(float(given[1])) ** (t // int(given[0])),
        "invscaling": lambda t: mpmath.mpf(SAMPLES * t + 1) ** -mpmath.mpf(float(given[0])),
    }[word]
    start = mpmath.mpf(1) / warmup if warmup else 1
    rising = [start + (1 - start) * e / max(warmup - 1, 1) for e in range(warmup)]
    return [*rising, *map(after, range(epochs - warmup))]


@pytest.mark.parametrize("epochs", [1, 2, 7, 100, 1001])
@pytest.mark.parametrize("warmup", [0, 1, 6])
@pytest.mark.parametrize(
    "schedule",
    ["constant", "cosine", "exponential:0.97", "step:30:0.1", "invscaling:0.5", "invscaling:0.3"],
)
def test_factors_are_those_published(schedule, warmup, epochs):
    spec = SPEC.replace(schedule=schedule, warmup=warmup, epochs=epochs)
    found = factors(spec, np.arange(epochs), SAMPLES)
    expected = published(schedule, warmup, epochs)[:epochs]
    for e, (factor, right) in enumerate(zip(found.tolist(), expected, strict=True)):
        # A power is one multiplication after another, each rounded.
        word = schedule.split(":")[0]
        roundings = {"cosine": 8, "exponential": e, "step": e // 30}.get(word, 0) or 1
        assert abs(factor - right) <= roundings * 2.0**-53 * right, e


@pytest.mark.parametrize("warmup", [0, 3])
def test_a_cosine_is_the_beginning_of_a_longer_one(warmup):
    spec = SPEC.replace(schedule="cosine", warmup=warmup, epochs=40)
    whole = factors(spec, np.arange(40), SAMPLES)
    assert whole[warmup] == 1 and (np.diff(whole[warmup:]) < 0).all() and whole[-1] > 0
    part = factors(spec.replace(schedule="cosine:40", epochs=11), np.arange(11), SAMPLES)
    np.testing.assert_array_equal(part, whole[:11])


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("constant", "constant"),
        ("cosine", "cosine"),
        ("cosine:030", "cosine:30"),
        ("exponential:.950", "exponential:0.95"),
        ("exponential:1e-1", "exponential:0.1"),
        ("step:5:0.50", "step:5:0.5"),
        ("invscaling:1", "invscaling:1.0"),
        ("invscaling:-0", "invscaling:0.0"),
    ],
)
def test_it_is_kept_in_one_way(typed, kept):
    spec = SPEC.replace(schedule=typed)
    assert spec.schedule == kept and spec.specification().get("schedule", "constant") == kept
    assert spec == SPEC.replace(schedule=kept) == Sweep.from_toml(spec.to_toml())


def test_what_was_written_before_there_were_schedules_means_none():
    spec = SPEC.replace(finish=0)
    assert not {"schedule", "warmup", "tol"} & spec.specification().keys()
    assert Sweep.from_toml(spec.to_toml()).schedule == "constant"
    digests = {spec.replace(**one).digest() for one in ({}, {"warmup": 1}, {"tol": 0})}
    assert len(digests) == 3


def test_a_finish_is_for_a_constant_rate():
    assert SPEC.finish == SPEC.replace(warmup=4).finish == 9
    assert SPEC.replace(schedule="cosine").finish == SPEC.replace(tol=0).finish == 0
    assert SPEC.replace(schedule="cosine", finish=2).finish == 2
    spec = SPEC.replace(schedule="step:3:0.5", finish=6)
    assert factors(spec, np.arange(15), SAMPLES).tolist() == [1] * 3 + [0.5] * 3 + [0.25] * 9
    assert factors(spec.replace(epochs=0), np.arange(3), SAMPLES).tolist() == [1] * 3


schedules = st.fixed_dictionaries(
    {
        "schedule": st.sampled_from(
            ["constant", "cosine", "exponential:0.7", "step:2:0.3", "invscaling:0.2"]
        ),
        "warmup": st.sampled_from([0, 1, 4, 20]),
        "l1_method": st.sampled_from(["subgradient", "proximal"]),
        "batch_size": st.sampled_from([16, "full"]),
        "precision": st.sampled_from(["float64", "float32"]),
        "finish": st.just(0),
    }
)


def table(spec):
    """Return the table of a sweep on one thread."""
    return table_of(run(spec, Where(jobs=1)), None)


@settings(deadline=None, max_examples=25)
@given(options=schedules, width=st.sampled_from([1, 4, 16]), room=st.sampled_from([1, 2**26]))
def test_turns_change_no_bit(options, width, room):
    """Runs that take turns are at different epochs in one pack; of nine epochs none stops them."""
    spec = SPEC.replace(**options)
    expected = rows(table(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SWEEP_LANES", str(width))
        patch.setattr("sweep.plan.tasks.QUANTUM", 2)
        patch.setattr("sweep.plan.cost._ROOM", room)
        patch.setattr("sweep.plan.tasks._EPOCH_SECONDS", 0)
        assert rows(table(spec.replace(tol=0))) == expected


@settings(deadline=None, max_examples=25)
@given(options=schedules, breath=st.sampled_from([0, 1e-6, 1e-4]), history=st.integers(1, 5))
def test_calls_and_pauses_change_no_bit(options, breath, history):
    spec = SPEC.replace(**options | {"finish": 5})
    expected = rows(table(spec))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.training.loop._BREATH", breath)
        patch.setattr("sweep.training.loop._ORDER_ROOM", 200)
        assert rows(table(spec.replace(history=history))) == expected


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("method", ["subgradient", "proximal"])
def test_frozen_code_changes_no_bit(method, precision, monkeypatch):
    spec = Sweep(l1=[0, 0.01], l2=[0, 0.1], seeds=[1, 2], epochs=30, l1_method=method)
    spec = spec.replace(schedule="cosine", warmup=5, precision=precision, lr=0.05)
    found = []
    for worth in (0, float("inf")):
        monkeypatch.setattr("sweep.plan.plan._WORTH_FREEZING", worth)
        found += [rows(table(spec)), rows(table(spec.replace(tol=0, epochs=10)))]
    assert found[:2] == found[2:]
    assert found[0] != rows(table(spec.replace(schedule="constant")))


def test_who_goes_on_in_a_race_is_where_it_was():
    """The last rung has the whole schedule, whatever the epochs of the first one."""
    spec = SPEC.replace(schedule="cosine", warmup=2, halving=3)
    race = spec.run().query("rung == 1")
    assert set(race.epochs) == {9} and len(race) == 4
    alone = spec.replace(halving=None).run().set_index("run").loc[race.run]
    assert race.final_loss.tolist() == alone.final_loss.tolist()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--schedule", "linear"], "--schedule should be constant, cosine"),
        (["--schedule", ""], "--schedule should be constant, cosine"),
        (["--schedule", "constant:3"], "--schedule should be constant, cosine"),
        (["--schedule", "step:30"], "--schedule should be constant, cosine"),
        (["--schedule", "exponential"], "--schedule should be constant, cosine"),
        (["--schedule", "exponential:1"], "--schedule takes a rate above 0 and below 1"),
        (["--schedule", "exponential:-0.5"], "--schedule takes a rate above 0 and below 1"),
        (["--schedule", "exponential:nan"], "--schedule takes a rate above 0 and below 1"),
        (["--schedule", "step:0:0.1"], "--schedule takes whole epochs from 1 up"),
        (["--schedule", "step:2.5:0.1"], "--schedule takes whole epochs from 1 up"),
        (["--schedule", "step:5:half"], "--schedule takes a rate above 0 and below 1"),
        (["--schedule", "cosine:9", "--epochs", "10"], "--schedule cosine:9 is over after 9 of 10"),
        (["--schedule", "invscaling"], "--schedule should be constant, cosine"),
        (["--schedule", "invscaling:-1"], "--schedule takes a power from 0 up"),
        (["--schedule", "invscaling:inf"], "--schedule takes a power from 0 up"),
        (["--schedule", "adaptive"], "--schedule adaptive lowers the rate where a loss no longer"),
        (["--schedule", "adaptive", "--patience", "off,3"], "--schedule adaptive lowers the rate"),
        (["--warmup", "-1"], "--warmup should be greater than or equal to 0"),
        (["--warmup", "9", "--epochs", "8"], "--warmup is 9 epochs and --epochs 8, so the"),
        (["--warmup", "1.5"], "--warmup should be a valid integer"),
        (["--tol", "-1e-4"], "--tol should be greater than or equal to 0"),
        (["--tol", "nan"], "--tol should be a finite number, or 'off'"),
        (["--tol", "1e-4", "--finish", "3"], "--finish follows the last epoch, and with --tol"),
        (["--tol", "0", "--halving", "3"], "--tol and --halving exclude each other"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(typed, tmp_path, words, said):
    status, out, err = typed("run", "--data", "iris", "--l1", "0:1:lin3", *words)
    assert status == 2 and not out and err.count("\n") == 1 and said in err, err
    assert not list(tmp_path.iterdir())


def test_python_is_refused_as_the_command_line_is():
    for schedule in (0.1, ("step", 3, 0.1)):
        with pytest.raises(InputError, match="`schedule` should be constant, cosine"):
            SPEC.replace(schedule=schedule)
