"""Code for GPUs, on the processor in their place: its bytes, and what PTX is made of it."""

import re
from collections import Counter

import numpy as np
import pytest

from kernels.choice import Choice
from kernels.cuda import training
from kernels.cuda.host import Host
from kernels.cuda.program import assembly, for_gpu, gpu_code, program_of
from kernels.network import by_unit, network
from sweep.commands.fixed_work import Trainer, Work, specification
from sweep.specification.spec import Specification
from tests.kernels.assembler import assembled, assembler

#: An instruction of PTX that rounds, and one of LLVM's.
PTX = re.compile(
    r"^\s*(add|sub|mul|fma|div|sqrt|rcp|ex2|lg2|tanh|sin|cos)\.(\S*f(?:32|64))\s", re.M
)
LLVM = re.compile(r"(?<![.\w])(fadd|fsub|fmul|fdiv|llvm\.fma|llvm\.sqrt)\b(?!.*declare)")

#: What LLVM calls what PTX calls so.
CALLED = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv", "fma": "llvm.fma"}


def program(widths, batch, dtype, step="nesterov", activation="relu"):
    loss, made = "kernels.losses.cross_entropy", f"kernels.activations.{activation}"
    net, step = network(widths, Choice(loss), Choice(made)), Choice(f"kernels.steps.{step}")
    if "grouped" in step.kind:
        net = by_unit(net)
    parameters = np.zeros((1, net.size, 8), dtype)
    remembered = step.start(parameters).shape[1]
    return program_of(
        net, step, parameters, remembered, (3 * batch + 1 if batch > 1 else 1, batch), 2**16
    )


PROGRAMS = {
    "a thread": ((3, 2, 2), 1, "float64"),
    "a thread, float32": ((3, 2, 2), 1, "float32"),
    "a block": ((5, 4, 3), 6, "float64", "proximal_adam", "tanh"),
    "a block, float32": ((5, 4, 3), 6, "float32", "proximal_adam", "tanh"),
    "a block with groups": ((5, 4, 3), 6, "float64", "grouped.adam", "tanh"),
}


@pytest.mark.parametrize("capability", [80, 90, 100])
@pytest.mark.parametrize("name", PROGRAMS)
def test_ptx_rounds_as_the_code_says_and_no_oftener(name, capability):
    asked = program(*PROGRAMS[name])
    assert (asked.threads == 1) == ("thread" in name)
    text = gpu_code(asked)
    found = PTX.findall(assembly(text, capability))
    assert {kind for _, kind in found} == {"rn.f64" if asked.size == 8 else "rn.ftz.f32"}
    # One instruction for each of LLVM's: none is fused, taken apart or left to an approximation.
    body = [
        line for line in str(for_gpu(text, capability)[0]).splitlines() if "declare" not in line
    ]
    wanted = Counter(one for line in body for one in LLVM.findall(line))
    given = Counter(operation for operation, _ in found)
    assert given["fma"] > 10 and set(given) <= {*CALLED, "rcp", "sqrt"}
    # A difference may be the sum with the opposite, twice x be x + x; one divided by x is rcp.rn.
    for some in (("add", "sub", "mul"), ("fma",), ("div", "rcp")):
        assert sum(given[one] for one in some) == sum(wanted[CALLED.get(one)] for one in some)


@pytest.mark.skipif(assembler() is None, reason="it needs the package nvidia-cuda-nvcc")
@pytest.mark.parametrize("capability", [80, 90, 100])
@pytest.mark.parametrize("name", PROGRAMS)
def test_ptx_is_taken_by_the_assembler_and_fits_the_registers(name, capability):
    asked = program(*PROGRAMS[name])
    found = assembled(asked, capability)
    assert 32 < found.registers <= asked.registers and found.spilled <= 32


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("small", ["none", "sums", "weights"])
@pytest.mark.parametrize(
    "work", [Work("article"), Work("blocks", (5, 4, 3, 2), 9, 4)], ids=lambda work: work.name
)
def test_subnormal_numbers_are_zero_as_they_are_on_the_processor(work, small, precision):
    """A unit of the second layer is open where its sum is above zero, be it subnormal."""
    spec = specification(work, precision) if work.widths else Specification(precision=precision)
    run = Trainer(spec, range(1 if work.widths else 16), 3)
    packs, runs, net = run.packs, run.packs.runs, run.packs.net
    run.samples = run.samples._replace(x=np.abs(run.samples.x))
    sizes = {"none": (1, 1), "sums": (1e-200, 1e-110), "weights": (1, 1e-310)}[small]
    if precision == "float32":
        sizes = {"none": (1, 1), "sums": (1e-25, 1e-15), "weights": (1, 1e-40)}[small]
    for name, size in zip(("w1", "w2"), sizes, strict=True):
        runs.parameters[:, net.place(name)] = size
    before = runs.parameters.copy(), runs.memory.copy()
    run()
    there = runs.parameters.copy(), runs.memory.copy()
    closed = (there[0][:, net.place("b2")] == before[0][:, net.place("b2")]).all()
    assert closed == (small != "none")
    runs.parameters[...], runs.memory[...] = before
    how = packs.net, runs, run.samples, packs.step, run.batch, run.epochs
    training.train(Host(), *how, factors=run._factors)
    assert [each.tobytes() for each in there] == [runs.parameters.tobytes(), runs.memory.tobytes()]


@pytest.mark.parametrize("hidden, batch", [((2,), 1), ((4, 3), 4)], ids=["thread", "block"])
@pytest.mark.parametrize(
    "optimizer, groups, precision",
    [
        ("nesterov", "inputs", "float64"),
        ("momentum", "units", "float32"),
        ("adam", "units", "float64"),
        ("rmsprop", "inputs", "float32"),
    ],
)
def test_groups_are_shrunk_as_they_are_on_the_processor(
    optimizer, groups, precision, hidden, batch
):
    random = np.random.RandomState(0)
    spec = Specification(
        data=(random.standard_normal((18, 5 if batch > 1 else 2)), np.arange(18) % 3),
        **{"hidden": hidden, "batch_size": batch, "optimizer": optimizer, "lr": 0.03},
        **{"l1": [0, 0.01], "l21": [0, 0.1, 1], "l21_on": groups, "l1_method": "proximal"},
        **{"seeds": 0, "val_fraction": 0, "precision": precision},
    )
    run = Trainer(spec, range(6), 4)
    packs, runs = run.packs, run.packs.runs
    before = runs.parameters.copy(), runs.memory.copy()
    run()
    there = runs.parameters.copy(), runs.memory.copy()
    assert (packs.step.trained(*there)[:, : packs.net.grouped] == 0).mean() > 0.2
    runs.parameters[...], runs.memory[...] = before
    how = packs.net, runs, run.samples, packs.step, run.batch, run.epochs
    training.train(Host(), *how, factors=run._factors)
    assert [each.tobytes() for each in there] == [runs.parameters.tobytes(), runs.memory.tobytes()]


def test_so_many_outputs_are_refused():
    assert training.refuses(network((3, 256))) is None
    assert "257" in str(training.refuses(network((3, 257))))
