"""A program: all that shapes the code of a kernel, and that code as LLVM has it."""

from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types

from kernels.choice import Choice
from kernels.cuda import block, thread
from kernels.cuda.arguments import NAMES, WORD, Frame, types_of
from kernels.cuda.flushing import Builder, FlushingBuilder
from kernels.cuda.layout import Layout, layout_of
from kernels.cuda.machine import Alone, Machine, Threads, thread_number
from kernels.frozen import freezes
from kernels.lane.lanes import Lane
from kernels.network import NO_DROPOUT, Network, network

#: The name of every kernel.
KERNEL = "train"

#: Threads of a block where each has a run.
THREADS = 64

#: Generations of NVIDIA's processors of which LLVM knows, by their capability; newer ones take
#: the code of the last before them.
CAPABILITIES = (80, 90, 100)

#: Registers of a multiprocessor; the most that a thread may have; and so many that fewer were
#: slower though more blocks went on at once.
_REGISTERS, _MOST_REGISTERS, _ENOUGH_REGISTERS = 65536, 255, 128

#: For float32 the processor has a mode in which subnormal numbers are zero.
_MODE = '"denormal-fp-math-f32"="preserve-sign,preserve-sign"'


class Program(NamedTuple):
    """What a kernel is compiled for.

    Attributes
    ----------
    widths : tuple of int
    loss, activation, dropout, step : str
        The kinds of choices.
    groups : tuple of tuple of int
        The parameters of each group of them.
    dtype : str
    batch, lanes, remembered : int
        Samples of a batch, lanes of a pack in memory, and what the step remembers of a run.
    threads : int
        That train a run: one, or those of a block.
    chip : int
        Bytes of shared memory that a block may have.
    """

    widths: tuple[int, ...]
    loss: str
    activation: str
    dropout: str
    step: str
    groups: tuple[tuple[int, ...], ...]
    dtype: str
    batch: int
    lanes: int
    remembered: int
    threads: int
    chip: int

    @property
    def size(self) -> int:
        """Bytes of a number."""
        return np.dtype(self.dtype).itemsize

    @property
    def layout(self) -> Layout:
        """Where a block keeps what its run works with."""
        return layout_of(self.net, self.batch, self.remembered, self.chip // self.size)

    @property
    def registers(self) -> int:
        """How many a thread may have: so many that as many blocks go on as memory holds."""
        if self.threads == 1:
            return _MOST_REGISTERS
        blocks = max(1, self.chip // max(1, self.layout.on_chip * self.size))
        share = _REGISTERS // (self.threads * blocks) // 8 * 8
        return min(max(share, _ENOUGH_REGISTERS), _MOST_REGISTERS)

    @property
    def net(self) -> Network:
        """The network."""
        plain = network(self.widths, Choice(self.loss), Choice(self.activation))
        return plain._replace(dropout=Choice(self.dropout)).with_groups(self.groups)

    def frame(self, values: dict[str, Any]) -> Frame:
        """Return the arguments of the kernel."""
        net, step = self.net, Choice(self.step)
        hypers = len(step.HYPER), len(net.activation.HYPER)
        lane = Lane(_number(self.dtype), 1)
        return Frame(values, net, lane, self.lanes, self.remembered, hypers)


def _number(dtype: str) -> types.Float:
    return types.float64 if dtype == "float64" else types.float32


def host_code(program: Program) -> str:
    """Return the code with which the processor trains all runs, one after another."""
    module, function, values = _function(program)
    builder = ir.IRBuilder(function.append_basic_block())
    if program.threads == 1:
        kind = ir.FunctionType(ir.VoidType(), [*(each.type for each in function.args), WORD])
        once = ir.Function(module, kind, "once")
        with cgutils.for_range(builder, values["runs"], intp=WORD) as run:
            builder.call(once, [*function.args, run.index])
        body = ir.IRBuilder(once.append_basic_block())
        frame = program.frame(dict(zip(NAMES, once.args, strict=False)))
        thread.emit_run(frame, program.batch, Choice(program.step), body, once.args[-1], False)
        body.ret_void()
    else:
        machine = Alone(program.threads)
        builder = _flushing(builder)
        _emit_block(program, builder, machine, values)
    builder.ret_void()
    return str(module)


@cache
def ptx(program: Program, capability: int) -> str:
    """Return the code of a kernel for processors of a capability, 90 for 9.0, and later ones."""
    return assembly(gpu_code(program), capability)


def gpu_code(program: Program) -> str:
    """Return the code of a kernel as LLVM has it."""
    module, function, values = _function(program)
    builder = ir.IRBuilder(function.append_basic_block())
    flushes = program.dtype == "float32"
    if program.threads == 1:
        run = thread_number(builder)
        with builder.if_then(builder.icmp_unsigned("<", run, values["runs"])):
            body = ir.IRBuilder(builder.block)
            frame = program.frame(values)
            thread.emit_run(frame, program.batch, Choice(program.step), body, run, flushes)
            builder.position_at_end(body.block)
    else:
        builder = Builder(builder.block) if flushes else _flushing(builder)
        _emit_block(program, builder, Threads(builder, program.threads), values)
    builder.ret_void()
    return str(module)


def _flushing(builder: ir.IRBuilder) -> FlushingBuilder:
    trouble = cgutils.alloca_once(builder, ir.IntType(32))
    return FlushingBuilder(builder.block, trouble, trusting=False)


def _emit_block(program: Program, builder: Builder, machine: Machine, values: dict) -> None:
    frame, step = program.frame(values), Choice(program.step)
    block.emit_runs(frame, program.batch, step, builder, machine, program.layout)


def _function(program: Program) -> tuple[ir.Module, ir.Function, dict[str, Any]]:
    module = ir.Module()
    kind = ir.FunctionType(ir.VoidType(), types_of(_number(program.dtype)))
    function = ir.Function(module, kind, KERNEL)
    return module, function, dict(zip(NAMES, function.args, strict=True))


def assembly(text: str, capability: int) -> str:
    """Return code of LLVM's as PTX."""
    module, machine = for_gpu(text, capability)
    return machine.emit_assembly(module)


def for_gpu(text: str, capability: int) -> tuple[llvm.ModuleRef, llvm.TargetMachine]:
    """Return code of LLVM's made ready for a processor, and what makes PTX of it."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    target = llvm.Target.from_triple("nvptx64-nvidia-cuda")
    machine = target.create_target_machine(cpu=f"sm_{capability}", opt=3)
    lines = text.replace('triple = "unknown-unknown-unknown"', 'triple = "nvptx64-nvidia-cuda"')
    lines = lines.replace("define void", "define ptx_kernel void")
    lines = lines.replace(")\n{", ") #0\n{") + f"\nattributes #0 = {{ {_MODE} }}\n"
    module = llvm.parse_assembly(lines)
    module.data_layout = str(machine.target_data)
    optimised(module, machine)
    return module, machine


def optimised(module: llvm.ModuleRef, machine: llvm.TargetMachine) -> None:
    """Run LLVM's usual passes over a module: none of them changes a bit of what is computed."""
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)


def program_of(
    net: Network, step: Choice, parameters: np.ndarray, remembered: int, sizes: tuple, chip: int
) -> Program:
    """Return the program that trains runs of a network.

    Parameters
    ----------
    net : Network
    step : Choice
    parameters : ndarray, shape (packs, parameters, lanes)
    remembered : int
        Numbers that the step remembers of a run.
    sizes : tuple of int
        Samples of an epoch, and of a batch.
    chip : int
        Bytes of shared memory that a block may have.
    """
    samples, batch = sizes
    widths = tuple(net.widths.tolist())
    alone = net.dropout.kind == NO_DROPOUT.kind and freezes(widths, samples, batch, step)
    return Program(
        widths,
        net.loss.kind,
        net.activation.kind,
        net.dropout.kind,
        step.kind,
        net.groups,
        parameters.dtype.name,
        batch,
        parameters.shape[2],
        remembered,
        1 if alone else _threads(widths, batch),
        0 if alone else chip,
    )


def _threads(widths: tuple[int, ...], batch: int) -> int:
    """Return how many threads train a run together: some sixteen numbers of a product for each."""
    most = max(max(a * b, batch * b) for a, b in pairwise(widths))
    threads = 32
    while threads < 256 and 16 * threads < most:
        threads *= 2
    return threads
