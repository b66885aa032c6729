"""``sweep bench``: what it counts, what it says, and that its phases are those of training."""

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import config

import kernels.network
import kernels.training
from kernels import reference
from kernels.timing.phases import PHASES, Phases
from sweep.commands import bench
from sweep.commands.command_line import command_line
from sweep.commands.fixed_work import WORKS, Trainer, Work, flops, specification
from sweep.sweep import Sweep

FROZEN = Work("frozen", (2, 3, 2), samples=4, batch=2)
ROLLED = Work("rolled", (3, 5, 4, 2), samples=9, batch=4)


@pytest.fixture(scope="module")
def found():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "_PEAK_FLOPS", 1e6)
        patch.setattr(bench, "_WORK_FLOPS", 1e5)
        return bench.measure((FROZEN, ROLLED), rounds=1)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5))
def test_flops_are_those_of_three_naive_products(widths):
    multiply_adds = 0
    for layer, (inputs, outputs) in enumerate(pairwise(widths)):
        for _ in range(outputs):
            for _ in range(inputs):
                multiply_adds += 1  # forward: z += w * a
                multiply_adds += 1  # the weight's gradient: g += delta * a
                if layer > 0:
                    multiply_adds += 1  # backward: delta below += w * delta
    assert flops(tuple(widths)) == 2 * multiply_adds


def test_flops_are_those_that_the_kernels_do(monkeypatch):
    """Uncompiled, the kernels are Python: each product that they ask for is counted."""
    counted = []
    product = kernels.network.product

    def count(*arguments):
        (shape,) = (a for a in arguments if type(a) is tuple)
        counted.append(np.prod(shape))
        product(*arguments)

    monkeypatch.setattr(kernels.network, "product", count)
    train = kernels.training._train
    if not config.DISABLE_JIT:
        monkeypatch.setattr(kernels.training, "_train", train.dispatcher.py_func)
    trainer = Trainer(specification(ROLLED, "float64"), [0], epochs=2)
    trainer()
    assert 2 * sum(counted) == trainer.flops


@pytest.mark.parametrize("numbers", [False, True])
def test_a_trainer_trains_the_runs_of_the_sweep(numbers):
    """Also where the data tell that they are numbers, at the rates of a schedule."""
    spec = Sweep(data="iris", hidden="3", l1="0,0.01", l2="0,0.1", seeds="5:7", epochs=3, finish=0)
    if numbers:
        x = np.random.RandomState(0).standard_normal((150, 4))
        spec = spec.replace(data=(x, x[:, 0] * x[:, 1] + 5), schedule="cosine")
    trainer = Trainer(spec, [1, 6], spec.epochs)
    for _ in range(2):  # the second time, from the initial weights again
        trainer.reset()
        trainer()
        weights = trainer.packs.by_run(trainer.packs.weights)
        table = spec.run().set_index("run").loc[[1, 6]]
        nonzero = [(weights[trainer.packs.net.place(name)] != 0).sum(0) for name in ("w1", "w2")]
        norms = [
            sum((weights[trainer.packs.net.place(name), i] ** 2).sum() for name in ("w1", "w2"))
            for i in range(2)
        ]
        assert sum(nonzero).tolist() == table["nonzero"].tolist()
        np.testing.assert_allclose(norms * table["l2"], table["l2_penalty"], rtol=1e-13)


def test_phases_do_what_training_does():
    trainer = Trainer(specification(ROLLED, "float64"), range(8), epochs=1)
    packs = trainer.packs
    before = packs.runs.parameters.copy()
    phases = Phases(packs.net, packs.runs, trainer.samples, packs.step, trainer.batch)
    assert (packs.runs.parameters == before).all()
    _, copies, _, work, _ = phases._arguments
    assert (work.inputs.array != 0).any()  # where the runs share their inputs
    assert (copies.parameters.array == before).all()

    net, samples = packs.net, trainer.samples
    rows = samples.order[0, 8:, 0]  # the last batch, of one sample
    x, y, v = samples.x[rows], samples.y[rows].astype(int), np.ones(1)
    for lane in range(before.shape[2]):
        p = {name: before[0, net.place(name), lane].reshape(net.shape(name)) for name in net.names}
        activations = reference.forward(p, x)
        for layer, expected in enumerate(activations[1:], start=1):
            start = net.room[layer] * trainer.batch
            np.testing.assert_allclose(
                work.units[start : start + expected.size, lane], expected[0], atol=1e-13
            )
        gradient = reference.backward(p, activations, y, v)
        last = f"w{net.layers}"  # its rows are what is in the room for gradients at the end
        np.testing.assert_allclose(
            work.gradient[: gradient[last].size, lane], gradient[last].ravel(), atol=1e-13
        )


def test_the_gradient_is_computed_in_its_phase_and_left_alone_by_the_step():
    trainer = Trainer(specification(ROLLED, "float64"), range(8), epochs=1)
    packs = trainer.packs
    phases = Phases(packs.net, packs.runs, trainer.samples, packs.step, trainer.batch)
    gradient = phases._arguments[3].gradient.array
    for phase in PHASES:
        gradient[...] = 7
        phases.repeat(phase, 1)
        assert (gradient == 7).all() == (phase != "gradient")


def test_frozen_work_is_measured_as_a_sweep_does_it():
    article = Trainer(specification(WORKS[0], "float64"), range(32), epochs=3)
    assert article.packs.frozen
    assert article.packs.net.widths.tolist() == [5, 3, 5, 4]
    assert not Trainer(specification(ROLLED, "float64"), range(8), 1).packs.frozen


def test_what_is_found_fits_together(found):
    peaks = {
        (row["precision"], on["threads"]): on["gflops"] for row in found["peak"] for on in row["on"]
    }
    assert len(found["work"]) == 4
    for row in found["work"]:
        work = FROZEN if row["work"] == "frozen" else ROLLED
        for on in row["on"]:
            epoch = flops(work.widths) * work.samples
            assert on["gflops"] * 1e9 == pytest.approx(on["a_second"] * epoch)
            peak = peaks[row["precision"], on["threads"]]
            assert on["of_peak"] == pytest.approx(on["gflops"] / peak)
        assert row["unit"] == "epochs"
        if work is FROZEN:
            assert row["phases"] is None
        else:
            assert tuple(row["phases"]) == PHASES
            assert min(row["phases"].values()) > 0


def test_all_is_said_in_100_columns(found):
    lines = "\n".join(bench.tables(found)).splitlines()
    assert max(map(len, lines)) <= 100
    for row in found["work"]:
        said = [line for line in lines if line.startswith(f"{row['work']:26}{row['precision']}")]
        assert len(said) == (1 if row["phases"] is None else 2)
        assert f"{row['on'][0]['gflops']:,.1f}" in said[0].split()


def test_json_is_the_same_and_nothing_else(found, monkeypatch, capsys):
    monkeypatch.setattr(bench, "measure", lambda: found)
    assert command_line(["bench", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == found
    assert command_line(["bench"]) == 0
    assert capsys.readouterr().out.splitlines() == "\n".join(bench.tables(found)).splitlines()
