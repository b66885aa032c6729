"""NVIDIA's assembler of PTX, which needs no GPU: ``python -m tests.kernels.assembler``.

Prints for each kind of fixed work, precision and generation of GPUs how many registers a thread
has, and how many bytes of it do not fit them and are spilled to memory.
"""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kernels.cuda import training
from kernels.cuda.program import CAPABILITIES, Program, ptx
from sweep.commands.fixed_work import PRECISIONS, WORKS, Trainer, Work, specification

#: Bytes of shared memory that a block may have, by the CUDA C++ Programming Guide.
CHIP = {80: 163 * 1024, 90: 227 * 1024, 100: 227 * 1024}


class Assembled(NamedTuple):
    """What a thread of a kernel holds.

    Attributes
    ----------
    registers : int
    spilled : int
        Bytes written to memory since registers were wanting.
    """

    registers: int
    spilled: int


def assembler() -> str | None:
    """Return where the assembler is: in the package nvidia-cuda-nvcc, or on the PATH.

    That on the PATH may be of an older CUDA, which does not know each generation.
    """
    package = find_spec("nvidia")
    folders = package.submodule_search_locations or [] if package else []
    found = (str(path) for folder in folders for path in Path(folder).glob("cu*/bin/ptxas"))
    return next(found, None) or shutil.which("ptxas")


def assembled(program: Program, capability: int) -> Assembled:
    """Assemble the code of a program for a generation of GPUs."""
    told = [str(assembler()), "--verbose", f"--gpu-name=sm_{capability}"]
    told += [f"--maxrregcount={program.registers}", "--output-file=/dev/null", "-"]
    text = ptx(program, capability)
    done = subprocess.run(told, input=text, capture_output=True, text=True, check=True)
    used, spilled = (
        re.search(pattern, done.stderr)
        for pattern in (r"Used (\d+) registers", r"(\d+) bytes spill stores")
    )
    assert used and spilled, done.stderr
    return Assembled(int(used[1]), int(spilled[1]))


class Asked:
    """A stand-in for a GPU that trains nothing, and keeps what program it was given."""

    def __init__(self, capability: int) -> None:
        self.chip = CHIP[capability]

    def run(self, program: Program, arrays: dict[str, np.ndarray], counts: dict[str, int]) -> float:
        self.program = program
        return 0.0


def program_for(work: Work, precision: str, capability: int) -> Program:
    """Return the program that trains fixed work."""
    run, device = Trainer(specification(work, precision), range(8), 1), Asked(capability)
    packs = run.packs
    training.train(device, packs.net, packs.runs, run.samples, packs.step, run.batch, run.epochs)
    return device.program


def main() -> None:
    """Print a line for each."""
    if assembler() is None:
        sys.exit("there is no ptxas: pip install nvidia-cuda-nvcc")
    for work in WORKS:
        for precision in PRECISIONS:
            for capability in CAPABILITIES:
                program = program_for(work, precision, capability)
                found = assembled(program, capability)
                print(
                    f"{work.name}, {precision}, sm_{capability}: {found.registers} registers of "
                    f"{program.registers}, {found.spilled} bytes spilled",
                    flush=True,
                )


if __name__ == "__main__":
    main()
